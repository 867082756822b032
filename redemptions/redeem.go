package redemptions

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/google/uuid"

	"github.com/berlaku/berlaku/benefits"
	"github.com/berlaku/berlaku/cards"
	"github.com/berlaku/berlaku/internal/actor"
	"github.com/berlaku/berlaku/internal/clock"
	"github.com/berlaku/berlaku/internal/fault"
	"github.com/berlaku/berlaku/internal/uid"
	"github.com/berlaku/berlaku/participants"
	"github.com/berlaku/berlaku/partners"
)

// Request asks to redeem a promo. Exactly one of ScanID and Card is given.
type Request struct {
	Key           uuid.UUID  `json:"-"` // the Idempotency-Key
	ScanID        *uuid.UUID `json:"scan_id,omitempty"`
	Card          string     `json:"card,omitempty"` // scanned text or typed short code
	CardGiven     bool       `json:"card_given"`     // an empty text is a text too
	BenefitID     uuid.UUID  `json:"benefit_id"`
	Gross         int64      `json:"gross"` // rupiah
	ReceiptNumber string     `json:"receipt_number,omitempty"`
	OccurredAt    *time.Time `json:"occurred_at,omitempty"`
	CashierID     *uuid.UUID `json:"cashier_id,omitempty"`
	IDChecked     bool       `json:"id_checked"`
}

func (r *Request) hash() []byte {
	b, err := json.Marshal(r)
	if err != nil {
		return nil // a Request always marshals
	}
	sum := sha256.Sum256(b)
	return sum[:]
}

func (r *Request) validate() error {
	if (r.ScanID == nil) != r.CardGiven {
		return ErrScanOrCard
	}
	if r.Gross < 1 || r.Gross > MaxGross {
		return ErrGross.At("/gross")
	}
	if utf8.RuneCountInString(r.ReceiptNumber) > MaxReceipt || strings.ContainsFunc(r.ReceiptNumber, unicode.IsControl) {
		return ErrReceiptNumber.At("/receipt_number")
	}
	return nil
}

// timely is judged for new requests only: a repetition may come at any time.
func (r *Request) timely(now time.Time) error {
	if t := r.OccurredAt; t != nil && (t.Before(now.AddDate(0, 0, -7)) || t.After(now.Add(clockSuspect))) {
		return ErrOccurredAt.At("/occurred_at")
	}
	return nil
}

// caller is the till or till system that asks.
type caller struct {
	kind      string
	id        uuid.UUID
	partnerID uuid.UUID
	outletID  uuid.UUID
}

func callerOf(ctx context.Context) (caller, error) {
	a := actor.From(ctx)
	if a.Kind != actor.APIKey && a.Kind != actor.Till {
		return caller{}, ErrCaller
	}
	return caller{kind: string(a.Kind), id: a.ID, partnerID: a.PartnerID, outletID: a.OutletID}, nil
}

// shown is the card that a request is about, as the counter sees it.
type shown struct {
	presented cards.Presented
	reason    Reason
	scanID    *uuid.UUID
	standing  participants.Standing
}

// attempt is a request with everything looked up that needs no transaction.
type attempt struct {
	caller  caller
	request Request
	hash    []byte
	now     time.Time
	local   time.Time
	shown   shown
	outlet  partners.Outlet
	offer   benefits.Offer
	id      uuid.UUID
	flags   []string // beside those that the times give
}

// Redeem records a discount, or the refusal of one, exactly once for the
// caller's Key. The second result is true when the record existed before.
// It returns ErrCaller, ErrKeyReused, ErrInFlight, ErrScanNotFound, ErrBenefit
// or a fault about the request itself; everything else is in the record.
func (s *Service) Redeem(ctx context.Context, r Request) (Redemption, bool, error) {
	c, err := callerOf(ctx)
	if err != nil {
		return Redemption{}, false, err
	}
	now := s.Clock.Now()
	r.ReceiptNumber = strings.ToUpper(strings.TrimSpace(r.ReceiptNumber))
	if err := r.validate(); err != nil {
		return Redemption{}, false, err
	}
	done, ok := s.running.begin(c.id, r.Key)
	if !ok {
		return Redemption{}, false, ErrInFlight
	}
	defer done()
	out, replayed, err := s.redeem(ctx, c, r, now)
	if err != nil {
		return Redemption{}, false, err
	}
	return out.seenBy(actor.From(ctx)), replayed, nil
}

func (s *Service) redeem(ctx context.Context, c caller, r Request, now time.Time) (Redemption, bool, error) {
	if r.BenefitID == TestBenefit {
		return s.tryOut(ctx, c, r)
	}
	hash := r.hash()
	if old, found, err := s.replay(ctx, c, r.Key, hash); err != nil || found {
		return old, found, err
	}
	if err := r.timely(now); err != nil {
		return Redemption{}, false, err
	}
	a, err := s.prepare(ctx, c, r, now)
	if err != nil {
		return Redemption{}, false, err
	}
	a.hash = hash
	return s.ledger.decide(ctx, a)
}

// prepare looks up what is public or versioned, outside any transaction.
func (s *Service) prepare(ctx context.Context, c caller, r Request, now time.Time) (*attempt, error) {
	outlet, err := s.Partners.Outlet(ctx, c.outletID)
	if err != nil {
		return nil, fmt.Errorf("look up the caller's outlet: %w", err)
	}
	offer, err := s.offer(ctx, c, r.BenefitID)
	if err != nil {
		return nil, err
	}
	a := &attempt{caller: c, request: r, now: now, local: now.In(outlet.Location()), outlet: outlet, offer: offer, id: uid.At(now)}
	unknown, err := s.cashierUnknown(ctx, r.CashierID, outlet.ID)
	if err != nil {
		return nil, err
	}
	if unknown {
		a.flags = append(a.flags, flagCashierUnknown)
	}
	if r.ScanID != nil {
		a.shown, err = s.shownByScan(ctx, c, *r.ScanID, now)
	} else {
		a.shown, err = s.shownAt(ctx, r.Card, now)
	}
	return a, err
}

// offer returns the promo at the tills, or, of the caller's own partner, one
// that never got there. One of another partner does not exist here.
func (s *Service) offer(ctx context.Context, c caller, id uuid.UUID) (benefits.Offer, error) {
	offer, err := s.Benefits.Live(ctx, id)
	if errors.Is(err, benefits.ErrNotFound) {
		offer, err = s.Benefits.Unpublished(ctx, id)
	}
	switch {
	case errors.Is(err, benefits.ErrNotFound), err == nil && offer.PartnerID != c.partnerID:
		return benefits.Offer{}, ErrBenefit
	case err != nil:
		return benefits.Offer{}, fmt.Errorf("look up promo: %w", err)
	}
	return offer, nil
}

// shownAt verifies a scanned text or a typed code as of an instant.
func (s *Service) shownAt(ctx context.Context, text string, at time.Time) (shown, error) {
	p, err := s.Cards.Check(ctx, text, at)
	if err != nil {
		return shown{}, fmt.Errorf("check card: %w", err)
	}
	return s.withStanding(ctx, shown{presented: p, reason: ofCard[p.Code]})
}

// shownByScan takes up an earlier scan of the same caller. Freshness of the
// code was judged then; whether the card still counts is judged now.
func (s *Service) shownByScan(ctx context.Context, c caller, id uuid.UUID, now time.Time) (shown, error) {
	scan, err := s.scan(ctx, c.id, id)
	if err != nil {
		return shown{}, err
	}
	sh := shown{scanID: &id, reason: scan.Reason}
	if scan.CardID == nil {
		return sh, nil
	}
	p, err := s.Cards.Recheck(ctx, *scan.CardID, now)
	if err != nil {
		return shown{}, fmt.Errorf("check card again: %w", err)
	}
	p.ProofAt, p.Typed = scan.ProofAt, scan.Typed
	sh.presented = p
	if r := ofCard[p.Code]; r != "" || scan.Reason == MembershipInactive || scan.Reason == MembershipUnknown {
		sh.reason = r
	}
	if now.Sub(scan.ScannedAt) > ScanLife {
		sh.reason = CodeStale
	}
	return s.withStanding(ctx, sh)
}

func (s *Service) withStanding(ctx context.Context, sh shown) (shown, error) {
	if sh.presented.Card == nil {
		return sh, nil
	}
	st, err := s.Participants.Standing(ctx, sh.presented.Card.ParticipantID)
	if err != nil && fault.KindOf(err) != fault.NotFound {
		return shown{}, fmt.Errorf("look up membership: %w", err)
	}
	sh.standing = st
	return sh, nil
}

// replay returns the record that this key made before.
func (s *Service) replay(ctx context.Context, c caller, key uuid.UUID, hash []byte) (Redemption, bool, error) {
	known, err := s.idempotency(ctx, c.id, key)
	if errors.Is(err, errNoKey) {
		return Redemption{}, false, nil
	}
	if err != nil {
		return Redemption{}, false, err
	}
	if string(known.BodyHash) != string(hash) {
		return Redemption{}, false, ErrKeyReused
	}
	old, err := s.byID(ctx, known.ParticipantID, known.RedemptionID)
	if err != nil {
		return Redemption{}, false, fmt.Errorf("read earlier redemption: %w", err)
	}
	return old, true, nil
}

// record is the row that the decision d makes of the attempt.
func (a *attempt) record(d decision) *Redemption {
	r := &Redemption{
		ID: a.id, CallerKind: a.caller.kind, CallerID: a.caller.id, IdemKey: a.request.Key, CashierID: a.request.CashierID,
		ScanID: a.shown.scanID, BenefitID: a.offer.BenefitID, BenefitVersion: a.offer.Version,
		PartnerID: a.outlet.PartnerID, OutletID: a.outlet.ID, SectorID: a.outlet.SectorID,
		Gross: a.request.Gross, Discount: d.discount, Net: a.request.Gross - d.discount,
		ReceiptNumber: a.request.ReceiptNumber, ReceiptCode: receiptCode(), IDChecked: a.request.IDChecked, Online: true,
		Outcome: Granted, Reason: d.reason, Flags: append([]string{}, a.flags...), OccurredAt: a.now, RecordedAt: a.now,
		LocalOn: a.today(), LocalHour: a.local.Hour(), State: Recorded,
	}
	if d.reason != "" {
		r.Outcome = Refused
	}
	if t := a.request.OccurredAt; t != nil {
		r.OccurredAt = t.UTC().Truncate(time.Microsecond)
		if a.now.Sub(*t).Abs() > clockSuspect {
			r.Flags = append(r.Flags, flagClockSuspect)
		}
	}
	if card := a.shown.presented.Card; card != nil {
		r.ParticipantID, r.BranchID, r.CardID, r.CardForm = card.ParticipantID, card.BranchID, &card.ID, string(card.Form)
		if st := a.shown.standing; st.MembershipID != uuid.Nil {
			r.MembershipID, r.SegmentSeen = &st.MembershipID, string(st.Segment)
			r.StatusSeen, r.StatusAsOfSeen = string(st.Status), st.StatusAsOf
		}
	}
	return r
}

func (a *attempt) today() clock.Day { return clock.DayOf(a.local, a.local.Location()) }

// facts puts together what the rule book asks for, apart from counters.
func (a *attempt) facts() *facts {
	st := a.shown.standing
	return &facts{
		card: a.shown.reason, printed: a.shown.unproven(), idChecked: a.request.IDChecked,
		known: st.Known, member: st.Valid, segment: string(st.Segment), statusAsOf: st.StatusAsOf,
		outletOpen: a.outlet.Open(), outletIn: a.offer.Terms.At(a.outlet.ID), state: a.offer.State, terms: a.offer.Terms,
		local: a.local, gross: a.request.Gross,
	}
}

// unproven reports whether what was shown proves nothing about who shows it.
func (sh shown) unproven() bool {
	return sh.presented.Typed || sh.presented.Form == cards.Printed
}

const receiptAlphabet = "0123456789ABCDEFGHJKMNPQRSTVWXYZ" // Crockford base32

// receiptCode returns ten random characters, 50 bits: a receipt is found by
// whoever holds it and by nobody who guesses.
func receiptCode() string {
	var b [10]byte
	rand.Read(b[:]) //nolint:errcheck // crypto/rand.Read never fails since Go 1.24
	for i := range b {
		b[i] = receiptAlphabet[b[i]%32]
	}
	return string(b[:])
}
