package redemptions

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/google/uuid"

	"github.com/berlaku/berlaku/benefits"
	"github.com/berlaku/berlaku/cards"
	"github.com/berlaku/berlaku/internal/fault"
	"github.com/berlaku/berlaku/internal/pii"
	"github.com/berlaku/berlaku/internal/uid"
	"github.com/berlaku/berlaku/tills"
)

// What a till without a network may rest on.
const (
	StatusMaxAge  = 72 * time.Hour     // of its status list
	OfflinePerDay = 50                 // uses over a limit that come in, per till and local day
	itemBack      = 7 * 24 * time.Hour // how old an item may be
	itemAhead     = clockSuspect       // how far a till's clock may be ahead
)

// use is a use that a till brings in, with all looked up that needs no
// transaction.
type use struct {
	*item
	attempt
	till      tills.Till
	published bool // the version was at the tills
	flags     []string
	sealed    []byte // the text, for quarantine
}

// prepare looks up what an item is about, as of its own times.
func (in *handIn) prepare(ctx context.Context, it *item) (*use, error) {
	s, now := in.s, in.s.Clock.Now()
	till := in.tills[it.kid]
	outlet, err := in.outlet(ctx, till.OutletID)
	if err != nil {
		return nil, err
	}
	u := &use{item: it, till: till, flags: []string{}, sealed: s.Keys.Seal(ItemPlace(it.kid, it.jti), it.text)}
	u.attempt = attempt{
		caller: caller{kind: kindTill, id: it.kid, partnerID: till.PartnerID, outletID: till.OutletID},
		request: Request{
			Key: it.jti, BenefitID: it.benefit, Gross: it.gross, ReceiptNumber: it.receipt, CashierID: it.cashier, IDChecked: it.idChecked,
		},
		hash: it.claims, now: now, local: it.occurredAt.In(outlet.Location()), outlet: outlet, id: uid.At(now),
		offer: benefits.Offer{BenefitID: it.benefit, Version: it.version, State: benefits.Draft},
	}
	offer, err := s.Benefits.Published(ctx, it.benefit, it.version, it.occurredAt)
	switch {
	case err == nil && offer.PartnerID == in.partner:
		u.offer, u.published = offer, true
	case err != nil && !errors.Is(err, benefits.ErrNotFound):
		return nil, fmt.Errorf("look up promo of item: %w", err)
	}
	if err := in.look(ctx, u); err != nil {
		return nil, err
	}
	if u.offer.Terms.Discount(it.gross) != it.discount || it.gross-it.discount != it.net {
		u.flags = append(u.flags, flagAmountDiffers)
	}
	unknown, err := s.cashierUnknown(ctx, it.cashier, outlet.ID)
	if unknown {
		u.flags = append(u.flags, flagCashierUnknown)
	}
	return u, err
}

// look judges the card at the time of the scan. A short code is not looked up:
// no till can tell what it stands for without the server.
func (in *handIn) look(ctx context.Context, u *use) error {
	if cards.IsShortCode(u.card) {
		u.shown = shown{reason: OfflineNotAllowed}
		return nil
	}
	sh, err := in.s.shownAt(ctx, u.card, u.scannedAt)
	if err != nil {
		return err
	}
	changed, err := in.s.asListed(ctx, &sh, u.scannedAt.Add(-u.listAge))
	if changed {
		u.flags = append(u.flags, flagStatusChanged)
	}
	u.shown = sh
	return err
}

// asListed takes back what speaks against a card when it happened after the
// till's list was made, and reports whether it did.
func (s *Service) asListed(ctx context.Context, sh *shown, listed time.Time) (changed bool, err error) {
	card := sh.presented.Card
	if card == nil {
		return false, nil
	}
	switch sh.presented.Code {
	case cards.ERevoked:
		if !card.EndedAt.After(listed) { // also zero: not ours to forgive
			return false, nil
		}
		sh.reason, changed = "", true
	case cards.EInactive, cards.EStatusUnknown:
		sh.reason = ""
	case cards.OK:
	default:
		return false, nil
	}
	if sh.standing.Known && sh.standing.Valid {
		return changed, nil
	}
	then, err := s.Participants.StandingAt(ctx, card.ParticipantID, listed)
	if err != nil && fault.KindOf(err) != fault.NotFound {
		return false, fmt.Errorf("look up membership of then: %w", err)
	}
	if then.Known && then.Valid {
		sh.standing, changed = then, true
	}
	return changed, nil
}

// decide applies the rules to a use that was given without the server, in a
// fixed order. Limits are not among them: they are counted, not judged.
func (u *use) decide(f *facts) decision {
	f.outletOpen, f.state = true, benefits.Live // as the till held them
	if !u.published {
		f.state = benefits.Draft
	}
	for _, rule := range []func(*facts) Reason{u.timeRule, cardRule, memberRule, promoRule, billRule, identityRule, u.offlineRule} {
		if r := rule(f); r != "" {
			return decision{reason: r}
		}
	}
	return decision{discount: f.terms.Discount(f.gross)}
}

func (u *use) timeRule(*facts) Reason {
	switch {
	case u.afterRevocation(u.till):
		return TillRevoked
	case u.impossible(u.now):
		return ClockUntrusted
	case u.occurredAt.Sub(u.scannedAt) > ScanLife:
		return CodeStale
	case u.listAge > StatusMaxAge:
		return StatusListStale
	}
	return ""
}

func (u *use) offlineRule(f *facts) Reason {
	if !f.terms.Offline.Allowed {
		return OfflineNotAllowed
	}
	return ""
}

// afterRevocation reports whether the till had ended when the item was made, as
// far as its clock can tell.
func (it *item) afterRevocation(t tills.Till) bool {
	return !t.RevokedAt.IsZero() && it.occurredAt.After(t.RevokedAt.Add(-clockSuspect))
}

// impossible reports whether the item's times cannot be.
func (it *item) impossible(now time.Time) bool {
	from, to := now.Add(-itemBack), now.Add(itemAhead)
	return it.scannedAt.Before(from) || it.scannedAt.After(to) || it.occurredAt.Before(from) || it.occurredAt.After(to) ||
		it.occurredAt.Before(it.scannedAt)
}

// record is the row that the decision makes of the use.
func (u *use) record(d decision) *Redemption {
	r := u.attempt.record(d)
	r.Online, r.OccurredAt, r.Flags = false, u.occurredAt, u.flags
	if d.reason == TillRevoked || d.reason == ClockUntrusted {
		r.Flags = append(r.Flags, flagQuarantined)
	} else if !u.till.RevokedAt.IsZero() {
		r.Flags = append(r.Flags, flagTillRevoked)
	}
	return r
}

// cashierUnknown reports whether somebody is named who is no cashier of the
// outlet, or no longer.
func (s *Service) cashierUnknown(ctx context.Context, cashier *uuid.UUID, outlet uuid.UUID) (bool, error) {
	if cashier == nil {
		return false, nil
	}
	switch at, active, err := s.Tills.CashierAt(ctx, *cashier); {
	case err == nil:
		return !active || at != outlet, nil
	case fault.KindOf(err) == fault.NotFound:
		return true, nil
	default:
		return false, fmt.Errorf("look up cashier: %w", err)
	}
}

// ItemPlace is where the text of a quarantined item is sealed (pii.Keyring): its
// row is the UUID (version 5) of its jti within its till.
func ItemPlace(till, jti uuid.UUID) pii.Place {
	return pii.Place{Table: "till_items", Column: "text_sealed", Row: uuid.NewSHA1(till, jti[:])}
}
