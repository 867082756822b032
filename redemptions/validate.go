package redemptions

import (
	"context"
	"fmt"
	"time"

	"github.com/google/uuid"

	"github.com/berlaku/berlaku/benefits"
	"github.com/berlaku/berlaku/cards"
	"github.com/berlaku/berlaku/internal/clock"
	"github.com/berlaku/berlaku/internal/uid"
	"github.com/berlaku/berlaku/partners"
)

// Scan asks what a card is worth here and now. It burns nothing.
type Scan struct {
	Card      string     // scanned text or typed short code
	BenefitID *uuid.UUID // nil: every promo of the outlet
	Gross     int64      // rupiah; 0: not typed yet
}

// Preview is the sum that a promo would give, in rupiah.
type Preview struct {
	Gross, Discount, Net int64
}

// Eligibility says whether one promo applies.
type Eligibility struct {
	BenefitID uuid.UUID
	Version   int
	Title     string
	Eligible  bool
	Reason    Reason
	Remaining *int64   // nil: unlimited
	Preview   *Preview // nil without a bill, or when not eligible
}

// Validation is the answer to a Scan.
type Validation struct {
	ScanID       uuid.UUID
	Verdict      Verdict
	Reason       Reason
	Form         string // of the card; empty when there is none of ours
	MaskedName   string
	ExpiresOn    clock.Day
	NeedsIDCheck bool
	HasCard      bool
	Benefits     []Eligibility
	CheckedAt    time.Time
}

// Validate verifies the card and says which promos apply. The answer's ScanID
// stands for the scanned code for ScanLife, for the same caller only. It
// returns ErrCaller, ErrGross or ErrBenefit.
func (s *Service) Validate(ctx context.Context, q Scan) (Validation, error) {
	c, err := callerOf(ctx)
	if err != nil {
		return Validation{}, err
	}
	if q.Gross < 0 || q.Gross > MaxGross {
		return Validation{}, ErrGross.At("/gross")
	}
	now := s.Clock.Now()
	outlet, err := s.Partners.Outlet(ctx, c.outletID)
	if err != nil {
		return Validation{}, fmt.Errorf("look up the caller's outlet: %w", err)
	}
	if outlet.Testing() {
		if v, ok, err := s.validateTest(ctx, c, outlet, q); err != nil || ok {
			return v, err
		}
	}
	if !outlet.Open() {
		return s.validateNothing(ctx, c, outlet, now)
	}
	offers, err := s.offers(ctx, c, q.BenefitID)
	if err != nil {
		return Validation{}, err
	}
	sh, err := s.shownAt(ctx, q.Card, now)
	if err != nil {
		return Validation{}, err
	}
	a := &attempt{caller: c, request: Request{Gross: q.Gross, IDChecked: true}, now: now, local: now.In(outlet.Location()), outlet: outlet, shown: sh}
	v, err := s.judge(ctx, a, offers)
	if err != nil {
		return Validation{}, err
	}
	err = s.keepScan(ctx, a, &v)
	return v.toPartner(), err
}

// toPartner tells a till no more about a membership than a partner may know.
func (v Validation) toPartner() Validation {
	v.Reason = v.Reason.ToPartner()
	for i := range v.Benefits {
		v.Benefits[i].Reason = v.Benefits[i].Reason.ToPartner()
	}
	return v
}

// validateNothing is the answer at an outlet that takes no part any more: the
// card is not looked at, so nothing is told about it.
func (s *Service) validateNothing(ctx context.Context, c caller, outlet partners.Outlet, now time.Time) (Validation, error) {
	v := Validation{ScanID: uid.At(now), Reason: OutletNotCovered, Verdict: CannotTell, Benefits: []Eligibility{}, CheckedAt: now}
	return v, s.keepScan(ctx, &attempt{caller: c, now: now, outlet: outlet}, &v)
}

// judge puts the verdict on the card and on each promo.
func (s *Service) judge(ctx context.Context, a *attempt, offers []benefits.Offer) (Validation, error) {
	f := a.facts()
	if err := s.readCodeUse(ctx, a, f); err != nil {
		return Validation{}, fmt.Errorf("read code use: %w", err)
	}
	reason := cardRule(f)
	if reason == "" {
		reason = memberRule(f)
	}
	p := a.shown.presented
	v := Validation{
		ScanID: uid.At(a.now), Reason: reason, Verdict: reason.Verdict(), CheckedAt: a.now,
		HasCard: p.Card != nil, NeedsIDCheck: a.shown.unproven(), Benefits: []Eligibility{},
	}
	if v.HasCard {
		v.Form, v.MaskedName, v.ExpiresOn = string(p.Form), cards.DisplayName(p.MaskedName), p.ExpiresOn
	}
	for i := range offers {
		e, err := s.eligible(ctx, a, &offers[i], reason)
		if err != nil {
			return Validation{}, err
		}
		v.NeedsIDCheck = v.NeedsIDCheck || e.Eligible && offers[i].Terms.NeedsIDCheck
		v.Benefits = append(v.Benefits, e)
	}
	return v, nil
}

func (s *Service) eligible(ctx context.Context, a *attempt, o *benefits.Offer, cardReason Reason) (Eligibility, error) {
	e := Eligibility{BenefitID: o.BenefitID, Version: o.Version, Title: o.Title, Reason: cardReason}
	if cardReason != "" {
		return e, nil
	}
	one := *a
	one.offer = *o
	f := one.facts()
	if err := s.readCounters(ctx, &one, f); err != nil {
		return e, fmt.Errorf("read counters: %w", err)
	}
	d := decide(f)
	e.Reason, e.Eligible, e.Remaining = d.reason, d.reason == "", f.remaining()
	if e.Eligible && f.gross > 0 {
		e.Preview = &Preview{Gross: f.gross, Discount: d.discount, Net: f.gross - d.discount}
	}
	return e, nil
}

func (s *Service) offers(ctx context.Context, c caller, id *uuid.UUID) ([]benefits.Offer, error) {
	if id != nil {
		o, err := s.offer(ctx, c, *id)
		return []benefits.Offer{o}, err
	}
	offers, err := s.Benefits.LiveAt(ctx, c.outletID)
	if err != nil {
		return nil, fmt.Errorf("look up promos: %w", err)
	}
	return offers, nil
}

func (s *Service) keepScan(ctx context.Context, a *attempt, v *Validation) error {
	p := a.shown.presented
	row := scanRow{
		ID: v.ScanID, CallerKind: a.caller.kind, CallerID: a.caller.id, OutletID: a.outlet.ID,
		Verdict: string(v.Verdict), Reason: string(v.Reason), Typed: p.Typed, ScannedAt: a.now,
	}
	if p.Card != nil {
		row.CardID = &p.Card.ID
		row.Idx = &p.Idx
		if p.ProofAt != 0 {
			row.ProofAt = &p.ProofAt
		}
	}
	return s.DB.InTx(ctx, func(ctx context.Context) error { return s.insertScan(ctx, &row) })
}
