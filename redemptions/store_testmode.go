package redemptions

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/google/uuid"
	"gorm.io/gorm"

	"github.com/berlaku/berlaku/cards"
	"github.com/berlaku/berlaku/internal/clock"
	"github.com/berlaku/berlaku/internal/database"
	"github.com/berlaku/berlaku/internal/page"
	"github.com/berlaku/berlaku/partners"
)

type testRow struct {
	ID          uuid.UUID
	PartnerID   uuid.UUID
	OutletID    uuid.UUID
	CallerKind  string
	CallerID    uuid.UUID
	Kind        string
	Step        string
	Outcome     string
	Reason      string
	IdemKey     *uuid.UUID
	BodyHash    database.Bytes
	Gross       int64
	Discount    int64
	ReceiptCode string
	At          time.Time
}

func (testRow) TableName() string { return "test_uses" }

// by returns the row with who reported it, where, and what came of it.
func (r testRow) by(c caller, o partners.Outlet, reason Reason, at time.Time) testRow {
	r.PartnerID, r.OutletID, r.CallerKind, r.CallerID, r.At = o.PartnerID, o.ID, c.kind, c.id, at
	r.Outcome, r.Reason = string(Granted), string(reason)
	if reason != "" {
		r.Outcome = string(Refused)
	}
	return r
}

func (r testRow) report() TestReport {
	return TestReport{
		ID: r.ID, OutletID: r.OutletID, CallerID: r.CallerID, CallerKind: r.CallerKind, Kind: cards.TestKind(r.Kind), Step: r.Step,
		Outcome: Outcome(r.Outcome), Reason: Reason(r.Reason), Gross: r.Gross, Discount: r.Discount, ReceiptCode: r.ReceiptCode, At: r.At.UTC(),
	}
}

// redemption is the answer that the till gets; it is kept nowhere.
func (r testRow) redemption(o partners.Outlet) Redemption {
	at := r.At.UTC()
	local := at.In(o.Location())
	out := Redemption{
		ID: r.ID, CallerKind: r.CallerKind, CallerID: r.CallerID, CardForm: string(cards.Printed), BenefitID: TestBenefit, BenefitVersion: 1,
		PartnerID: r.PartnerID, OutletID: r.OutletID, SectorID: o.SectorID, BranchID: o.BranchID, Gross: r.Gross, Discount: r.Discount,
		Net: r.Gross - r.Discount, ReceiptCode: r.ReceiptCode, Online: true, Outcome: Outcome(r.Outcome), Reason: Reason(r.Reason),
		Flags: []string{flagTest}, OccurredAt: at, RecordedAt: at, LocalOn: clock.DayOf(at, o.Location()), LocalHour: local.Hour(), State: Recorded,
	}
	if r.IdemKey != nil {
		out.IdemKey = *r.IdemKey
	}
	return out
}

func (s *Service) insertTest(ctx context.Context, r testRow) error {
	if err := s.DB.From(ctx).Create(&r).Error; err != nil {
		return fmt.Errorf("insert test use: %w", err)
	}
	return nil
}

func (s *Service) testByKey(ctx context.Context, caller, key uuid.UUID) (testRow, bool, error) {
	var row testRow
	err := s.DB.From(ctx).Where("caller_id = ? AND idem_key = ?", caller, key).Take(&row).Error
	if errors.Is(err, gorm.ErrRecordNotFound) {
		return testRow{}, false, nil
	}
	return row, err == nil, err
}

// testScan returns a caller's scan of a test card of the last ScanLife.
func (s *Service) testScan(ctx context.Context, caller, id uuid.UUID) (testRow, error) {
	var row testRow
	err := s.DB.From(ctx).Where("id = ? AND caller_id = ? AND step = 'scan' AND at > ?", id, caller, s.Clock.Now().Add(-ScanLife)).Take(&row).Error
	if errors.Is(err, gorm.ErrRecordNotFound) {
		return testRow{}, ErrScanNotFound
	}
	return row, err
}

// testUses returns one row more than the page holds, newest first.
func (s *Service) testUses(ctx context.Context, partner uuid.UUID, r page.Request) ([]TestReport, error) {
	tx := s.DB.From(ctx).Where("partner_id = ?", partner)
	if r.After != uuid.Nil {
		tx = tx.Where("id < ?", r.After)
	}
	var rows []testRow
	if err := tx.Order("id DESC").Limit(r.Limit + 1).Find(&rows).Error; err != nil {
		return nil, fmt.Errorf("list test uses: %w", err)
	}
	out := make([]TestReport, len(rows))
	for i := range rows {
		out[i] = rows[i].report()
	}
	return out, nil
}

// testsOver returns partners with test cards whose tills are no longer tried out.
func (s *Service) testsOver(ctx context.Context) ([]uuid.UUID, error) {
	var rows []struct{ PartnerID uuid.UUID }
	err := s.DB.From(ctx).Raw(`SELECT DISTINCT c.partner_id FROM test_cards c JOIN partners p ON p.id = c.partner_id
		WHERE c.ended_at IS NULL AND p.state <> ?`, string(partners.Approved)).Scan(&rows).Error
	out := make([]uuid.UUID, len(rows))
	for i, r := range rows {
		out[i] = r.PartnerID
	}
	return out, err
}

func (s *Service) deleteTestUses(ctx context.Context, before time.Time) (int64, error) {
	res := s.DB.From(ctx).Exec("DELETE FROM test_uses WHERE at < ?", before)
	return res.RowsAffected, res.Error
}
