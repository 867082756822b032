package redemptions_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/berlaku/berlaku/benefits"
	"github.com/berlaku/berlaku/cards"
	"github.com/berlaku/berlaku/internal/clock"
	"github.com/berlaku/berlaku/internal/testkit"
	"github.com/berlaku/berlaku/internal/testkit/shop"
	"github.com/berlaku/berlaku/participants"
	"github.com/berlaku/berlaku/redemptions"
)

// refusal is a way to be refused: what is sent, and the reason it must give.
type refusal struct {
	name   string
	reason redemptions.Reason // as stored; a partner sees ToPartner
	make   func(t *testing.T, s *shop.Shop) redemptions.Request
}

func own(t *testing.T, s *shop.Shop, change func(*benefits.Terms)) redemptions.Request {
	t.Helper()
	_, text := s.Printed(t, s.Person(t))
	return request(text, s.Promo(t, change), 10_000)
}

// used is a request for a promo that the same person used just before.
func used(t *testing.T, s *shop.Shop, change func(*benefits.Terms)) redemptions.Request {
	t.Helper()
	r := own(t, s, change)
	if got, _, err := s.Redemptions.Redeem(s.Till(t, s.Outlet), r); err != nil || got.Outcome != redemptions.Granted {
		t.Fatal(got.Reason, err)
	}
	r.Key = uuid.New()
	return r
}

func member(t *testing.T, s *shop.Shop, change func(*participants.NewMembership)) redemptions.Request {
	t.Helper()
	person := s.Person(t)
	_, text := s.Printed(t, person)
	m := s.Membership(1) // the first person's
	m.StatusAsOf = clock.DayOf(s.Clock.Now(), time.UTC)
	change(m)
	if _, err := s.Participants.SetMembership(testkit.System(t), person, *m); err != nil {
		t.Fatal(err)
	}
	return request(text, s.Promo(t, nil), 10_000)
}

func phoneAt(t *testing.T, s *shop.Shop, off time.Duration) redemptions.Request {
	t.Helper()
	return request(s.Phone(t, s.Person(t)).Show(t, s.Clock.Now().Add(off)), s.Promo(t, nil), 10_000)
}

// replaceField puts text into a field of a card.
func replaceField(card string, field int, text string) string {
	f := strings.Split(card, ".")
	at := len(strings.Split("HTTPS://KARTU.EXAMPLE", ".")) - 1 // the dots of the host
	f[at+field] = text
	return strings.Join(f, ".")
}

var refusals = []refusal{
	{"a foreign QR", redemptions.NotOurCard, func(t *testing.T, s *shop.Shop) redemptions.Request {
		return request("https://example.com/menu", s.Promo(t, nil), 10_000)
	}},
	{"an empty text", redemptions.NotOurCard, func(t *testing.T, s *shop.Shop) redemptions.Request {
		return request("", s.Promo(t, nil), 10_000)
	}},
	{"a card with a line end", redemptions.CardMalformed, func(t *testing.T, s *shop.Shop) redemptions.Request {
		r := own(t, s, nil)
		r.Card += "\n"
		return r
	}},
	{"a short code with a typing error", redemptions.CardMalformed, func(t *testing.T, s *shop.Shop) redemptions.Request {
		card, _ := s.Printed(t, s.Person(t))
		wrong := []byte(card.ShortCode)
		wrong[0] = map[bool]byte{true: '3', false: '2'}[wrong[0] == '2']
		return request(string(wrong), s.Promo(t, nil), 10_000)
	}},
	{"a later version", redemptions.CardVersionUnsupported, func(t *testing.T, s *shop.Shop) redemptions.Request {
		r := own(t, s, nil)
		r.Card = strings.Replace(r.Card, "/1/", "/2/", 1)
		return r
	}},
	{"a key nobody knows", redemptions.CardKeyUnknown, func(t *testing.T, s *shop.Shop) redemptions.Request {
		r := own(t, s, nil)
		kid := r.Card[len("HTTPS://KARTU.EXAMPLE/1/") : len("HTTPS://KARTU.EXAMPLE/1/")+2]
		r.Card = strings.Replace(r.Card, "/1/"+kid, "/1/"+map[bool]string{true: "Z0", false: "Z9"}[kid == "Z9"], 1)
		return r
	}},
	{"a withdrawn key", redemptions.CardKeyRevoked, func(t *testing.T, s *shop.Shop) redemptions.Request {
		card, text := s.Printed(t, s.Person(t))
		if err := s.Cards.RevokeKey(testkit.System(t), card.KID); err != nil {
			t.Fatal(err)
		}
		return request(text, s.Promo(t, nil), 10_000)
	}},
	{"a date that was changed", redemptions.CardForged, func(t *testing.T, s *shop.Shop) redemptions.Request {
		r := own(t, s, nil)
		r.Card = replaceField(r.Card, 2, "29999")
		return r
	}},
	{"a card past its date", redemptions.CardExpired, func(t *testing.T, s *shop.Shop) redemptions.Request {
		_, text := s.Printed(t, s.Person(t))
		s.Clock.Advance(366 * 24 * time.Hour)
		return request(text, s.Promo(t, nil), 10_000)
	}},
	{"a revoked card", redemptions.CardRevoked, func(t *testing.T, s *shop.Shop) redemptions.Request {
		card, text := s.Printed(t, s.Person(t))
		if _, err := s.Cards.Revoke(testkit.System(t), card.ID, "lost"); err != nil {
			t.Fatal(err)
		}
		return request(text, s.Promo(t, nil), 10_000)
	}},
	{"a phone card without its proof", redemptions.ProofMissing, func(t *testing.T, s *shop.Shop) redemptions.Request {
		return request(s.Cards.Text(s.Phone(t, s.Person(t)).Card), s.Promo(t, nil), 10_000)
	}},
	{"a proof by another phone", redemptions.ProofInvalid, func(t *testing.T, s *shop.Shop) redemptions.Request {
		phone := s.Phone(t, s.Person(t))
		key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
		if err != nil {
			t.Fatal(err)
		}
		text, err := cards.Present(s.Cards.Text(phone.Card), key, s.Clock.Now())
		if err != nil {
			t.Fatal(err)
		}
		return request(text, s.Promo(t, nil), 10_000)
	}},
	{"a screenshot of two minutes ago", redemptions.CodeStale, func(t *testing.T, s *shop.Shop) redemptions.Request {
		return phoneAt(t, s, -121*time.Second)
	}},
	{"a phone whose clock is ahead", redemptions.ClockMismatch, func(t *testing.T, s *shop.Shop) redemptions.Request {
		return phoneAt(t, s, 121*time.Second)
	}},
	{"a code that was used", redemptions.CodeReplayed, func(t *testing.T, s *shop.Shop) redemptions.Request {
		r := phoneAt(t, s, 0)
		if got, _, err := s.Redemptions.Redeem(s.Till(t, s.Outlet), r); err != nil || got.Outcome != redemptions.Granted {
			t.Fatal(got.Reason, err)
		}
		r.Key = uuid.New()
		return r
	}},
	{"a printed card without a look at the KTP", redemptions.NeedsIDCheck, func(t *testing.T, s *shop.Shop) redemptions.Request {
		r := own(t, s, nil)
		r.IDChecked = false
		return r
	}},
	{"an ended membership", redemptions.MembershipInactive, func(t *testing.T, s *shop.Shop) redemptions.Request {
		return member(t, s, func(m *participants.NewMembership) { m.Status = participants.Inactive })
	}},
	{"arrears, which a branch does not count as valid", redemptions.MembershipInactive, func(t *testing.T, s *shop.Shop) redemptions.Request {
		return member(t, s, func(m *participants.NewMembership) {
			m.Status, m.ProtectedUntil = participants.InArrears, clock.DayOf(s.Clock.Now(), time.UTC).AddDays(-20)
		})
	}},
	{"a membership that nobody verified", redemptions.MembershipUnknown, func(t *testing.T, s *shop.Shop) redemptions.Request {
		return member(t, s, func(m *participants.NewMembership) { m.Status = participants.Unverified })
	}},
	{"membership data of long ago", redemptions.StatusTooOld, func(t *testing.T, s *shop.Shop) redemptions.Request {
		r := own(t, s, func(b *benefits.Terms) { b.MaxStatusAgeDays = 1 })
		s.Clock.Advance(48 * time.Hour)
		return r
	}},
	{"an outlet outside the promo", redemptions.OutletNotCovered, func(t *testing.T, s *shop.Shop) redemptions.Request {
		return own(t, s, func(b *benefits.Terms) { b.OutletIDs = []uuid.UUID{s.Outlet2} })
	}},
	{"a suspended partner", redemptions.OutletNotCovered, func(t *testing.T, s *shop.Shop) redemptions.Request {
		r := own(t, s, nil)
		if _, err := s.Partners.Suspend(s.Supervisor(t), s.Partner, "uji"); err != nil {
			t.Fatal(err)
		}
		return r
	}},
	{"a paused promo", redemptions.BenefitNotLive, func(t *testing.T, s *shop.Shop) redemptions.Request {
		r := own(t, s, nil)
		if _, err := s.Benefits.Pause(s.Owner(t), r.BenefitID); err != nil {
			t.Fatal(err)
		}
		return r
	}},
	{"a promo that was never published", redemptions.BenefitNotLive, func(t *testing.T, s *shop.Shop) redemptions.Request {
		b, err := s.Benefits.Create(s.Owner(t), s.Partner, "Belum terbit", s.Terms())
		if err != nil {
			t.Fatal(err)
		}
		_, text := s.Printed(t, s.Person(t))
		return request(text, b.ID, 10_000)
	}},
	{"a promo of next week", redemptions.BenefitNotStarted, func(t *testing.T, s *shop.Shop) redemptions.Request {
		return own(t, s, func(b *benefits.Terms) { b.ValidFrom = clock.DayOf(s.Clock.Now(), time.UTC).AddDays(7) })
	}},
	{"a promo of last month", redemptions.BenefitEnded, func(t *testing.T, s *shop.Shop) redemptions.Request {
		return own(t, s, func(b *benefits.Terms) { b.ValidTo = clock.DayOf(s.Clock.Now(), time.UTC).AddDays(-30) })
	}},
	{"an hour at which the promo rests", redemptions.OutsideHours, func(t *testing.T, s *shop.Shop) redemptions.Request {
		return own(t, s, func(b *benefits.Terms) { b.Hours = []benefits.Hours{{From: "01:00", To: "02:00"}} })
	}},
	{"another segment", redemptions.SegmentNotEligible, func(t *testing.T, s *shop.Shop) redemptions.Request {
		return own(t, s, func(b *benefits.Terms) { b.Segments = []benefits.Segment{benefits.PMI} })
	}},
	{"a small bill", redemptions.BelowMinimum, func(t *testing.T, s *shop.Shop) redemptions.Request {
		return own(t, s, func(b *benefits.Terms) { b.MinGross = 10_001 })
	}},
	{"a second use in the month", redemptions.LimitParticipant, func(t *testing.T, s *shop.Shop) redemptions.Request {
		return used(t, s, func(b *benefits.Terms) {
			b.Limits.Participant = &benefits.ParticipantLimit{Count: 1, Per: benefits.PerMonth}
		})
	}},
	{"a use too soon", redemptions.LimitInterval, func(t *testing.T, s *shop.Shop) redemptions.Request {
		return used(t, s, func(b *benefits.Terms) {
			b.Limits.Participant = &benefits.ParticipantLimit{Count: 9, Per: benefits.PerMonth, MinIntervalDays: ptr(7)}
		})
	}},
	{"a full day at the outlet", redemptions.LimitOutlet, func(t *testing.T, s *shop.Shop) redemptions.Request {
		return used(t, s, func(b *benefits.Terms) { b.Limits.OutletPerDay = ptr(int64(1)) })
	}},
	{"a promo all used up", redemptions.LimitTotal, func(t *testing.T, s *shop.Shop) redemptions.Request {
		return used(t, s, func(b *benefits.Terms) { b.Limits.TotalCount = ptr(int64(1)) })
	}},
	{"a budget that is spent", redemptions.BudgetSpent, func(t *testing.T, s *shop.Shop) redemptions.Request {
		return used(t, s, func(b *benefits.Terms) { b.Limits.TotalAmount = ptr(int64(2_500)) })
	}},
	{"another promo on the same receipt", redemptions.NotStackable, func(t *testing.T, s *shop.Shop) redemptions.Request {
		_, text := s.Printed(t, s.Person(t))
		first := request(text, s.Promo(t, nil), 10_000)
		first.ReceiptNumber = "NSC-1"
		if got, _, err := s.Redemptions.Redeem(s.Till(t, s.Outlet), first); err != nil || got.Outcome != redemptions.Granted {
			t.Fatal(got.Reason, err)
		}
		r := request(text, s.Promo(t, func(b *benefits.Terms) { b.Stacking = benefits.Exclusive }), 10_000)
		r.ReceiptNumber = "nsc-1"
		return r
	}},
}

// offlineOnly are the reasons that only a till on its own, or a till that was
// revoked, can meet: a request that comes in online never ends in them.
var offlineOnly = map[redemptions.Reason]bool{
	redemptions.StatusListStale: true, redemptions.OfflineNotAllowed: true, redemptions.OfflineAllowanceSpent: true,
	redemptions.ClockUntrusted: true, redemptions.ProvisionalLimit: true, redemptions.PrintedNotAllowed: true, redemptions.TillRevoked: true,
}

func TestEveryReasonIsReachedOnline(t *testing.T) {
	reached := map[redemptions.Reason]bool{}
	for _, c := range refusals {
		reached[c.reason] = true
		t.Run(c.name, func(t *testing.T) {
			s := shop.New(t)
			r := c.make(t, s)
			till := s.Till(t, s.Outlet)
			got, _, err := s.Redemptions.Redeem(till, r)
			if err != nil {
				t.Fatal(err)
			}
			if got.Outcome != redemptions.Refused || got.Reason != c.reason.ToPartner() || got.Discount != 0 || got.Net != r.Gross {
				t.Errorf("got %s %q and Rp%d off, want it refused for %q", got.Outcome, got.Reason, got.Discount, c.reason.ToPartner())
			}
			again, replayed, err := s.Redemptions.Redeem(till, r)
			if err != nil || !replayed || again.ID != got.ID || again.Reason != got.Reason {
				t.Errorf("the same request again: got %v %q %v %v, want the stored refusal", again.ID, again.Reason, replayed, err)
			}
			seen, err := s.Redemptions.Get(till, got.ID)
			if err != nil || seen.Reason != c.reason.ToPartner() {
				t.Errorf("the till reads %q %v, want %q", seen.Reason, err, c.reason.ToPartner())
			}
			if stored, err := s.Redemptions.Get(testkit.System(t), got.ID); err != nil || stored.Reason != c.reason {
				t.Errorf("stored is %q %v, want %q", stored.Reason, err, c.reason)
			}
			verify(t, s)
		})
	}
	for _, r := range redemptions.Reasons() {
		if !reached[r] && !offlineOnly[r] {
			t.Errorf("no case reaches %s", r)
		}
	}
}
