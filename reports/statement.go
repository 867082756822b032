package reports

import (
	"context"
	"fmt"
	"time"

	"github.com/google/uuid"

	"github.com/berlaku/berlaku/internal/actor"
	"github.com/berlaku/berlaku/internal/clock"
)

// Statement is what a partner gave in a month: for the partner's own books. It
// is no claim on anybody: the partner carries its discounts.
type Statement struct { //nolint:recvcheck // templates call Open on a value
	PartnerID   uuid.UUID
	Partner     string
	Sector      string
	Branch      string
	Agreements  []string // numbers of those in force in the month
	Period      Period
	Lines       []StatementLine
	Outlets     []UseLine // sums by outlet
	Total       Sums
	Voided      Sums // uses of the month that were taken back; not in Total
	Refused     int64
	Disputed    int64 // uses of the month somebody disputed
	Upheld      int64 // of those, decided: the use stands
	Reversed    int64 // of those, decided: the use was taken back
	GeneratedAt time.Time
}

// Open is how many disputes are not decided.
func (s Statement) Open() int64 { return s.Disputed - s.Upheld - s.Reversed }

// StatementLine is the standing uses of a promo at an outlet.
type StatementLine struct {
	OutletID, BenefitID uuid.UUID
	Outlet, Promo       string
	Sums
}

// ParseMonth reads a month as an address holds it: 2026-01.
func ParseMonth(s string) (Period, error) {
	first, err := clock.ParseDay(s + "-01")
	if err != nil || len(s) != 7 {
		return Period{}, ErrPeriod
	}
	return Period{From: first, To: first.AddMonths(1).AddDays(-1)}, nil
}

// Statement returns the statement of a month for a partner within the actor's
// reach: its owner, the branch that looks after it, headquarters. It returns
// ErrNotFound, or ErrPeriod for a month that has not begun.
func (s *Service) Statement(ctx context.Context, partner uuid.UUID, month Period) (st Statement, err error) {
	if err := month.validate(); err != nil {
		return Statement{}, err
	}
	if month.From > s.Today() {
		return Statement{}, ErrPeriod
	}
	st = Statement{PartnerID: partner, Period: month, GeneratedAt: s.clock.Now(), Lines: []StatementLine{}}
	cond, args := within(actor.From(ctx).Scope(actor.ReadReports), "p.branch_id", "p.id", "")
	var head []struct{ Partner, Sector, Branch string }
	err = s.db.From(ctx).Raw(`SELECT p.name AS partner, d.name_id AS sector, b.name AS branch FROM partners p
		JOIN sectors d ON d.id = p.sector_id JOIN branches b ON b.id = p.branch_id WHERE p.id = ? AND `+cond, append([]any{partner}, args...)...).Scan(&head).Error
	if err != nil {
		return Statement{}, fmt.Errorf("partner's statement: %w", err)
	}
	if len(head) == 0 {
		return Statement{}, ErrNotFound
	}
	st.Partner, st.Sector, st.Branch = head[0].Partner, head[0].Sector, head[0].Branch
	if err := s.fillStatement(ctx, &st); err != nil {
		return Statement{}, fmt.Errorf("partner's statement: %w", err)
	}
	return st, nil
}

func (s *Service) fillStatement(ctx context.Context, st *Statement) error {
	db, args := s.db.From(ctx), []any{st.PartnerID, st.Period.From, st.Period.To}
	const rows = " r.partner_id = ? AND r.local_on BETWEEN ? AND ? "
	err := db.Raw(`SELECT number FROM agreements WHERE partner_id = ? AND starts_on <= ? AND ends_on >= ? ORDER BY starts_on, number`,
		st.PartnerID, st.Period.To, st.Period.From).Scan(&st.Agreements).Error
	if err != nil {
		return err
	}
	err = db.Raw(`SELECT r.outlet_id, r.benefit_id, o.name AS outlet, COALESCE(v.title, '') AS promo,
			count(*) AS uses, CAST(sum(r.gross) AS bigint) AS gross, CAST(sum(r.discount) AS bigint) AS discount, CAST(sum(r.net) AS bigint) AS net
		FROM redemptions r JOIN outlets o ON o.id = r.outlet_id LEFT JOIN benefits b ON b.id = r.benefit_id
		LEFT JOIN benefit_versions v ON v.benefit_id = b.id AND v.version = CASE WHEN b.live_version > 0 THEN b.live_version ELSE b.version END
		WHERE`+rows+`AND `+standing+` GROUP BY r.outlet_id, r.benefit_id, o.name, v.title ORDER BY o.name, r.outlet_id, v.title, r.benefit_id`, args...).Scan(&st.Lines).Error
	if err != nil {
		return err
	}
	st.sum()
	err = db.Raw(`SELECT count(*), COALESCE(sum(r.gross), 0), COALESCE(sum(r.discount), 0), COALESCE(sum(r.net), 0)
		FROM redemptions r WHERE`+rows+`AND r.outcome = 'granted' AND NOT (`+standing+`)`, args...).
		Row().Scan(&st.Voided.Uses, &st.Voided.Gross, &st.Voided.Discount, &st.Voided.Net)
	if err != nil {
		return err
	}
	if err := db.Raw(`SELECT count(*) FROM redemptions r WHERE`+rows+`AND r.outcome = 'refused'`, args...).Row().Scan(&st.Refused); err != nil {
		return err
	}
	return db.Raw(`SELECT COALESCE(sum(CASE WHEN a.action = 'dispute' THEN 1 ELSE 0 END), 0), COALESCE(sum(CASE WHEN a.action = 'uphold' THEN 1 ELSE 0 END), 0),
			COALESCE(sum(CASE WHEN a.action = 'reverse' THEN 1 ELSE 0 END), 0)
		FROM redemption_actions a JOIN redemptions r ON r.participant_id = a.participant_id AND r.id = a.redemption_id WHERE`+rows, args...).
		Row().Scan(&st.Disputed, &st.Upheld, &st.Reversed)
}

// sum adds up the lines.
func (s *Statement) sum() {
	for _, l := range s.Lines {
		s.Total.add(l.Sums)
		if n := len(s.Outlets); n == 0 || s.Outlets[n-1].Key != l.OutletID.String() {
			s.Outlets = append(s.Outlets, UseLine{Key: l.OutletID.String(), Label: l.Outlet})
		}
		s.Outlets[len(s.Outlets)-1].add(l.Sums)
	}
}

func (s *Sums) add(o Sums) {
	s.Uses += o.Uses
	s.Gross += o.Gross
	s.Discount += o.Discount
	s.Net += o.Net
}

// Table returns the statement as lines, the sum last.
func (s Statement) Table() Table {
	t := Table{Name: "statement", Columns: []string{"outlet", "promo", "uses", "gross", "discount", "net"}}
	for _, l := range s.Lines {
		t.Rows = append(t.Rows, []any{l.Outlet, l.Promo, l.Uses, l.Gross, l.Discount, l.Net})
	}
	t.Rows = append(t.Rows, []any{"total", "", s.Total.Uses, s.Total.Gross, s.Total.Discount, s.Total.Net})
	t.Rows = append(t.Rows, []any{"voided", "", s.Voided.Uses, s.Voided.Gross, s.Voided.Discount, s.Voided.Net})
	return t
}
