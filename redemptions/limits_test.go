package redemptions_test

import (
	"context"
	"errors"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/berlaku/berlaku/benefits"
	"github.com/berlaku/berlaku/internal/testkit/shop"
	"github.com/berlaku/berlaku/redemptions"
)

const parallel = 200

// outcome of one of many requests at once.
type outcome struct {
	id       uuid.UUID
	granted  bool
	reason   redemptions.Reason
	discount int64
}

// atOnce sends parallel requests from 16 tills at the same time; every fourth
// one repeats the key of the one before it. It returns the record of each key.
func atOnce(t *testing.T, s *shop.Shop, make func(i int) redemptions.Request) map[uuid.UUID]outcome {
	t.Helper()
	tills := [16]context.Context{}
	for i := range tills {
		tills[i] = s.Till(t, s.Outlet)
	}
	type job struct {
		till    context.Context
		request redemptions.Request
	}
	jobs := []job{}
	for i := range parallel {
		j := job{tills[i%len(tills)], make(i)}
		jobs = append(jobs, j)
		if i%4 == 0 {
			jobs = append(jobs, j)
		}
	}
	var mu sync.Mutex
	out := map[uuid.UUID]outcome{}
	var wg sync.WaitGroup
	for _, j := range jobs {
		wg.Go(func() {
			r, _, err := s.Redemptions.Redeem(j.till, j.request)
			for errors.Is(err, redemptions.ErrInFlight) { // what a client does with 409
				time.Sleep(5 * time.Millisecond)
				r, _, err = s.Redemptions.Redeem(j.till, j.request)
			}
			if err != nil {
				t.Error(err)
				return
			}
			mu.Lock()
			defer mu.Unlock()
			o := outcome{r.ID, r.Outcome == redemptions.Granted, r.Reason, r.Discount}
			if old, ok := out[j.request.Key]; ok && old != o {
				t.Errorf("one key, two answers: %+v and %+v", old, o)
			}
			out[j.request.Key] = o
		})
	}
	wg.Wait()
	return out
}

func count(t *testing.T, out map[uuid.UUID]outcome, want redemptions.Reason) (granted int, sum int64) {
	t.Helper()
	for _, o := range out {
		switch {
		case o.granted:
			granted++
			sum += o.discount
		case o.reason != want:
			t.Errorf("refused for %q, want %q", o.reason, want)
		}
	}
	return granted, sum
}

func scalar(t *testing.T, s *shop.Shop, query string, args ...any) int64 {
	t.Helper()
	var n int64
	if err := s.DB.From(t.Context()).Raw(query, args...).Row().Scan(&n); err != nil {
		t.Fatal(err)
	}
	return n
}

func TestAPersonsLimitHoldsUnder200AtOnce(t *testing.T) {
	s := shop.New(t)
	promo := s.Promo(t, func(b *benefits.Terms) {
		b.Limits.Participant = &benefits.ParticipantLimit{Count: 7, Per: benefits.PerMonth}
	})
	_, text := s.Printed(t, s.Person(t))
	out := atOnce(t, s, func(int) redemptions.Request { return request(text, promo, 10_000) })
	if granted, _ := count(t, out, redemptions.LimitParticipant); granted != 7 {
		t.Errorf("granted %d, want exactly 7", granted)
	}
	if n := scalar(t, s, "SELECT sum(used) FROM usages"); n != 7 {
		t.Errorf("the counter says %d, want 7", n)
	}
	if n := scalar(t, s, "SELECT count(*) FROM redemptions"); n != parallel {
		t.Errorf("%d records, want one per key: %d", n, parallel)
	}
	verify(t, s)
}

func TestATotalCountHoldsUnder200AtOnce(t *testing.T) {
	s := shop.New(t)
	limit := int64(40)
	promo := s.Promo(t, func(b *benefits.Terms) { b.Limits.TotalCount = &limit })
	texts := people(t, s, 20)
	out := atOnce(t, s, func(i int) redemptions.Request { return request(texts[i%len(texts)], promo, 10_000) })
	if granted, _ := count(t, out, redemptions.LimitTotal); granted != 40 {
		t.Errorf("granted %d, want exactly 40", granted)
	}
	if n := scalar(t, s, "SELECT used_count FROM benefit_quotas"); n != 40 {
		t.Errorf("the counter says %d, want 40", n)
	}
	verify(t, s)
}

func TestARupiahBudgetHoldsUnder200AtOnce(t *testing.T) {
	s := shop.New(t)
	budget := int64(100_001) // 50 uses of Rp2.000 and one rupiah that nobody gets
	promo := s.Promo(t, func(b *benefits.Terms) { b.Limits.TotalAmount = &budget })
	texts := people(t, s, 20)
	out := atOnce(t, s, func(i int) redemptions.Request { return request(texts[i%len(texts)], promo, 10_000) })
	granted, sum := count(t, out, redemptions.BudgetSpent)
	if granted != 50 || sum != 100_000 {
		t.Errorf("granted %d for Rp%d, want 50 for Rp100000", granted, sum)
	}
	if n := scalar(t, s, "SELECT used_amount FROM benefit_quotas"); n != sum {
		t.Errorf("the counter says Rp%d, want Rp%d", n, sum)
	}
	verify(t, s)
}

func TestAnExclusivePromoStaysAloneUnder200AtOnce(t *testing.T) {
	s := shop.New(t)
	alone := func(b *benefits.Terms) { b.Stacking = benefits.Exclusive }
	promos := []uuid.UUID{s.Promo(t, alone), s.Promo(t, alone)}
	_, text := s.Printed(t, s.Person(t))
	out := atOnce(t, s, func(i int) redemptions.Request {
		r := request(text, promos[i%2], 10_000)
		r.ReceiptNumber = "NJB-1"
		return r
	})
	count(t, out, redemptions.NotStackable)
	if n := scalar(t, s, "SELECT count(DISTINCT benefit_id) FROM redemptions WHERE outcome = 'granted'"); n != 1 {
		t.Errorf("%d promos were used on one receipt, want 1", n)
	}
	verify(t, s)
}

func TestOneCodeOneUseUnder200AtOnce(t *testing.T) {
	s := shop.New(t)
	promo := s.Promo(t, nil)
	code := s.Phone(t, s.Person(t)).Show(t, s.Clock.Now())
	out := atOnce(t, s, func(int) redemptions.Request { return request(code, promo, 10_000) })
	if granted, _ := count(t, out, redemptions.CodeReplayed); granted != 1 {
		t.Errorf("granted %d, want exactly 1", granted)
	}
	verify(t, s)
}

func TestUsesAndVoidsAtOnceKeepTheCountersRight(t *testing.T) {
	s := shop.New(t)
	limit := int64(30)
	promo := s.Promo(t, func(b *benefits.Terms) {
		b.Limits = benefits.Limits{TotalCount: &limit, Participant: &benefits.ParticipantLimit{Count: 3, Per: benefits.PerDay}}
	})
	texts := people(t, s, 15)
	till := s.Till(t, s.Outlet)
	var wg sync.WaitGroup
	for i := range 100 {
		wg.Go(func() {
			r, _, err := s.Redemptions.Redeem(till, request(texts[i%len(texts)], promo, 10_000))
			if err != nil {
				t.Error(err)
				return
			}
			if r.Outcome == redemptions.Granted && i%2 == 0 {
				if _, err := s.Redemptions.Void(till, r.ID, "uji"); err != nil {
					t.Error(err)
				}
			}
		})
	}
	wg.Wait()
	standing := scalar(t, s, `SELECT count(*) FROM redemptions r WHERE r.outcome = 'granted' AND NOT EXISTS
		(SELECT 1 FROM redemption_actions a WHERE a.redemption_id = r.id)`)
	if total, own := scalar(t, s, "SELECT used_count FROM benefit_quotas"), scalar(t, s, "SELECT sum(used) FROM usages"); total != standing || own != standing {
		t.Errorf("%d uses stand, the total says %d, the people's counters %d", standing, total, own)
	}
	verify(t, s)
}

func people(t *testing.T, s *shop.Shop, n int) []string {
	t.Helper()
	texts := make([]string, n)
	for i := range texts {
		_, texts[i] = s.Printed(t, s.Person(t))
	}
	return texts
}
