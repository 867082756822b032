package redemptions

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/google/uuid"
	"gorm.io/gorm"

	"github.com/berlaku/berlaku/internal/clock"
	"github.com/berlaku/berlaku/internal/uid"
)

type row struct {
	ParticipantID  uuid.UUID
	ID             uuid.UUID
	CallerKind     string
	CallerID       uuid.UUID
	IdemKey        uuid.UUID
	CashierID      *uuid.UUID
	CardID         *uuid.UUID
	CardForm       *string
	ScanID         *uuid.UUID
	BenefitID      uuid.UUID
	BenefitVersion int
	PartnerID      uuid.UUID
	OutletID       uuid.UUID
	SectorID       uuid.UUID
	BranchID       uuid.UUID
	MembershipID   *uuid.UUID
	SegmentSeen    *string
	StatusSeen     *string
	StatusAsOfSeen clock.Day
	Gross          int64
	Discount       int64
	Net            int64
	ReceiptNumber  *string
	ReceiptCode    string
	Remaining      *int64
	IDChecked      bool
	Online         bool
	Outcome        string
	Reason         string
	Flags          string
	OccurredAt     time.Time
	RecordedAt     time.Time
	LocalOn        clock.Day
	LocalHour      int
	State          string `gorm:"->"` // from redemption_actions
	CountCleared   bool   `gorm:"->"` // from limit_clearances
	OutletCleared  bool   `gorm:"->"`
}

func (row) TableName() string { return "redemptions" }

type scanRow struct {
	ID         uuid.UUID
	CallerKind string
	CallerID   uuid.UUID
	OutletID   uuid.UUID
	Verdict    string
	Reason     string
	CardID     *uuid.UUID
	Idx        *int64
	ProofAt    *int64
	Typed      bool
	ScannedAt  time.Time
}

func (scanRow) TableName() string { return "scans" }

type idempotencyRow struct {
	CallerID      uuid.UUID
	IdemKey       uuid.UUID
	BodyHash      []byte
	ParticipantID uuid.UUID
	RedemptionID  uuid.UUID
	CreatedAt     time.Time
}

func (idempotencyRow) TableName() string { return "idempotency_keys" }

var errNoKey = errors.New("no such idempotency key")

func (s *Service) idempotency(ctx context.Context, callerID, key uuid.UUID) (idempotencyRow, error) {
	var r idempotencyRow
	err := s.DB.From(ctx).Where("caller_id = ? AND idem_key = ?", callerID, key).Take(&r).Error
	if errors.Is(err, gorm.ErrRecordNotFound) {
		return r, errNoKey
	}
	return r, err
}

// claimKey enters the caller's key; false means that it was there. On
// PostgreSQL it waits for another transaction that is entering the same one.
func (s *Service) claimKey(ctx context.Context, a *attempt) (bool, error) {
	var participant uuid.UUID
	if c := a.shown.presented.Card; c != nil {
		participant = c.ParticipantID
	}
	res := s.DB.From(ctx).Exec(`INSERT INTO idempotency_keys (caller_id, idem_key, body_hash, participant_id, redemption_id, created_at)
		VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT (caller_id, idem_key) DO NOTHING`,
		a.caller.id, a.request.Key, a.hash, participant, a.id, a.now)
	return res.RowsAffected == 1, res.Error
}

func (s *Service) insert(ctx context.Context, r *Redemption) error {
	return s.DB.From(ctx).Create(rowOf(r)).Error
}

func (s *Service) insertScan(ctx context.Context, r *scanRow) error {
	return s.DB.From(ctx).Create(r).Error
}

// scan returns a scan of the caller, or ErrScanNotFound.
func (s *Service) scan(ctx context.Context, callerID, id uuid.UUID) (foundScan, error) {
	var r scanRow
	err := s.DB.From(ctx).Where("id = ? AND caller_id = ?", id, callerID).Take(&r).Error
	if errors.Is(err, gorm.ErrRecordNotFound) {
		return foundScan{}, ErrScanNotFound
	}
	if err != nil {
		return foundScan{}, fmt.Errorf("read scan: %w", err)
	}
	out := foundScan{CardID: r.CardID, Typed: r.Typed, Reason: Reason(r.Reason), ScannedAt: r.ScannedAt.UTC()}
	if r.ProofAt != nil {
		out.ProofAt = *r.ProofAt
	}
	return out, nil
}

type foundScan struct {
	CardID    *uuid.UUID
	ProofAt   int64
	Typed     bool
	Reason    Reason
	ScannedAt time.Time
}

// stateOf is the state of a record r. What weighs more comes first, whatever the
// clocks said: a void, a reversal, an upheld dispute, an open one.
const stateOf = `COALESCE(
	(SELECT CASE max(CASE a.action WHEN 'void' THEN 4 WHEN 'reverse' THEN 3 WHEN 'uphold' THEN 2 ELSE 1 END)
	  WHEN 4 THEN 'voided' WHEN 3 THEN 'reversed' WHEN 2 THEN 'upheld' WHEN 1 THEN 'disputed' END
	 FROM redemption_actions a WHERE a.participant_id = r.participant_id AND a.redemption_id = r.id), 'recorded')`

const selectRow = "SELECT r.*, " + stateOf + ` AS state,
	EXISTS (SELECT 1 FROM limit_clearances c WHERE c.participant_id = r.participant_id AND c.redemption_id = r.id AND c.kind = 'count') AS count_cleared,
	EXISTS (SELECT 1 FROM limit_clearances c WHERE c.participant_id = r.participant_id AND c.redemption_id = r.id AND c.kind = 'outlet') AS outlet_cleared
	FROM redemptions r `

func (s *Service) byID(ctx context.Context, participantID, id uuid.UUID) (Redemption, error) {
	return s.one(ctx, selectRow+"WHERE r.participant_id = ? AND r.id = ?", participantID, id)
}

func (s *Service) one(ctx context.Context, query string, args ...any) (Redemption, error) {
	var rows []row
	if err := s.DB.From(ctx).Raw(query, args...).Scan(&rows).Error; err != nil {
		return Redemption{}, fmt.Errorf("read redemption: %w", err)
	}
	if len(rows) == 0 {
		return Redemption{}, ErrNotFound
	}
	return rows[0].redemption()
}

func rowOf(r *Redemption) *row {
	flags, err := json.Marshal(r.Flags)
	if err != nil || r.Flags == nil {
		flags = []byte("[]")
	}
	return &row{
		ParticipantID: r.ParticipantID, ID: r.ID, CallerKind: r.CallerKind, CallerID: r.CallerID, IdemKey: r.IdemKey,
		CashierID: r.CashierID, CardID: r.CardID, CardForm: orNull(r.CardForm), ScanID: r.ScanID, BenefitID: r.BenefitID,
		BenefitVersion: r.BenefitVersion, PartnerID: r.PartnerID, OutletID: r.OutletID, SectorID: r.SectorID, BranchID: r.BranchID,
		MembershipID: r.MembershipID, SegmentSeen: orNull(r.SegmentSeen), StatusSeen: orNull(r.StatusSeen), StatusAsOfSeen: r.StatusAsOfSeen,
		Gross: r.Gross, Discount: r.Discount, Net: r.Net, ReceiptNumber: orNull(r.ReceiptNumber), ReceiptCode: r.ReceiptCode,
		Remaining: r.Remaining, IDChecked: r.IDChecked, Online: r.Online, Outcome: string(r.Outcome), Reason: string(r.Reason), Flags: string(flags),
		OccurredAt: r.OccurredAt, RecordedAt: r.RecordedAt, LocalOn: r.LocalOn, LocalHour: r.LocalHour,
	}
}

func (r *row) redemption() (Redemption, error) {
	out := Redemption{
		ID: r.ID, ParticipantID: r.ParticipantID, CallerKind: r.CallerKind, CallerID: r.CallerID, IdemKey: r.IdemKey,
		CashierID: r.CashierID, CardID: r.CardID, CardForm: text(r.CardForm), ScanID: r.ScanID, BenefitID: r.BenefitID,
		BenefitVersion: r.BenefitVersion, PartnerID: r.PartnerID, OutletID: r.OutletID, SectorID: r.SectorID, BranchID: r.BranchID,
		MembershipID: r.MembershipID, SegmentSeen: text(r.SegmentSeen), StatusSeen: text(r.StatusSeen), StatusAsOfSeen: r.StatusAsOfSeen,
		Gross: r.Gross, Discount: r.Discount, Net: r.Net, ReceiptNumber: text(r.ReceiptNumber), ReceiptCode: r.ReceiptCode,
		Remaining: r.Remaining, IDChecked: r.IDChecked, Online: r.Online, Outcome: Outcome(r.Outcome), Reason: Reason(r.Reason),
		OccurredAt: r.OccurredAt.UTC(), RecordedAt: r.RecordedAt.UTC(), LocalOn: r.LocalOn, LocalHour: r.LocalHour, State: State(r.State),
	}
	if err := json.Unmarshal([]byte(r.Flags), &out.Flags); err != nil {
		return out, fmt.Errorf("read flags of redemption: %w", err)
	}
	if r.CountCleared {
		out.Cleared = append(out.Cleared, markOverCount)
	}
	if r.OutletCleared {
		out.Cleared = append(out.Cleared, markOverOutlet)
	}
	return out, nil
}

func orNull(s string) *string {
	if s == "" {
		return nil
	}
	return &s
}

func text(s *string) string {
	if s == nil {
		return ""
	}
	return *s
}

func (s *Service) forgetKeys(ctx context.Context, before time.Time) (int64, error) {
	res := s.DB.From(ctx).Exec("DELETE FROM idempotency_keys WHERE created_at < ?", before)
	return res.RowsAffected, res.Error
}

func (s *Service) forgetScans(ctx context.Context, before time.Time) (int64, error) {
	res := s.DB.From(ctx).Exec("DELETE FROM scans WHERE id < ?", uid.Floor(before))
	return res.RowsAffected, res.Error
}
