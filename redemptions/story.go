package redemptions

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/google/uuid"

	"github.com/berlaku/berlaku/benefits"
	"github.com/berlaku/berlaku/internal/actor"
	"github.com/berlaku/berlaku/internal/fault"
	"github.com/berlaku/berlaku/partners"
	"github.com/berlaku/berlaku/tills"
)

// Story is a record with everything that is known of how it came about and what
// became of it, as the actor may know it.
type Story struct {
	Redemption
	At      time.Time // when it took place, in the outlet's zone
	Outlet  partners.Outlet
	Title   string // of the promo, as it was then
	Terms   benefits.Terms
	NoTerms bool // the promo was never at the tills: there are none

	Till      string // its name; empty: a till system's key
	Cashier   string // the name called at the counter; empty: none given or not known
	Masked    string // the holder's name as on the card; empty: no card of ours
	ShortCode string // the last characters of the card's short code
	ScannedAt time.Time
	StatusAge int // days that the status seen was old; -1: none was seen

	Steps  []Step
	Places []Place
	Item   *ItemFacts
	Acts   []Act
	Rooms  []Room // limits beyond which it was, and for which there was room later
	Told   []Comment

	CanVoid, CanDispute, CanDecide, CanComment bool
}

// Step is one line of how a discount came about, in rupiah.
type Step struct {
	Code   string // base, cap, bill, result
	Amount int64
}

// Place is the rank of a use among those that a limit counts.
type Place struct {
	Code  string // participant, outlet
	Rank  int64  // this one included, of those recorded before it
	Limit int64
	Per   benefits.Per
}

// ItemFacts are those of the item by which a till handed the use in.
type ItemFacts struct {
	Seq        int64
	ReceivedAt time.Time
	Delay      time.Duration // from the counter to the server
	Kept       bool          // the item's text is kept for the branch
}

// Act is something that happened to the record later.
type Act struct {
	What   string // void, dispute, uphold, reverse, accept, reject
	At     time.Time
	ByKind string
	ByID   uuid.UUID // zero for whom it does not concern
	Reason string    // a DisputeReason of a dispute, else what was written
	ID     uuid.UUID // of its audit entry's subject
}

// Room is a limit for which a void made room afterwards.
type Room struct {
	Kind string // count, outlet
	At   time.Time
}

// Story returns a record within reach with its whole story, or ErrNotFound.
func (s *Service) Story(ctx context.Context, id uuid.UUID) (Story, error) {
	r, err := s.Get(ctx, id)
	if err != nil {
		return Story{}, err
	}
	raw, err := s.find(ctx, id) // what the steps below need, whoever reads
	if err != nil {
		return Story{}, err
	}
	st := Story{Redemption: r, StatusAge: -1}
	if st.Outlet, err = s.Partners.Outlet(ctx, r.OutletID); err != nil {
		return Story{}, fmt.Errorf("look up outlet of use: %w", err)
	}
	st.At = r.at().In(st.Outlet.Location())
	if r.StatusAsOfSeen != "" {
		st.StatusAge = r.LocalOn.DaysSince(r.StatusAsOfSeen)
	}
	for _, step := range []func(context.Context, *Redemption, *Story) error{s.tellPromo, s.tellCounter, s.tellCard, s.tellPlaces, s.tellActs, s.tellTalk} {
		if err := step(ctx, &raw, &st); err != nil {
			return Story{}, fmt.Errorf("tell use: %w", err)
		}
	}
	st.allow(actor.From(ctx), s.Clock.Now())
	return st, nil
}

// allow says what the actor may do now.
func (st *Story) allow(who actor.Actor, now time.Time) {
	stands := st.Outcome == Granted && st.State != Voided && st.State != Reversed
	st.CanVoid = stands && who.Can(actor.VoidLater) && st.within(who.Scope(actor.VoidLater))
	st.CanDispute = st.Redemption.CanDispute(now) && who.Scope(actor.DisputeUses).HasPartner(st.PartnerID)
	decides := who.Scope(actor.DecideDisputes).HasBranch(st.BranchID)
	st.CanDecide = decides && st.Waits() != "" && (st.Dispute == nil || st.Dispute.byID != who.ID)
	st.CanComment = decides || who.Scope(actor.DisputeUses).HasPartner(st.PartnerID)
}

func (s *Service) tellPromo(ctx context.Context, r *Redemption, st *Story) error {
	offer, err := s.Benefits.AtVersion(ctx, r.BenefitID, r.BenefitVersion)
	if errors.Is(err, benefits.ErrNotFound) {
		st.NoTerms = true
		return nil
	}
	if err != nil {
		return err
	}
	st.Title, st.Terms = offer.Title, offer.Terms
	if r.Outcome == Granted {
		st.Steps = steps(offer.Terms, r.Gross, r.Discount)
	}
	return nil
}

// steps is how the discount of a bill came about, as Terms.Discount does it.
func steps(t benefits.Terms, gross, discount int64) []Step {
	free := t
	free.MaxDiscount = nil
	base := free.Discount(gross)
	if t.Kind == benefits.Amount || t.Kind == benefits.FreeItem {
		base = t.Value
	}
	out := []Step{{"base", base}}
	if t.MaxDiscount != nil && base > *t.MaxDiscount {
		base = *t.MaxDiscount
		out = append(out, Step{"cap", base})
	}
	if base > gross {
		out = append(out, Step{"bill", gross})
	}
	return append(out, Step{"result", discount})
}

// tellCounter fills in who stood at the counter, and the item.
func (s *Service) tellCounter(ctx context.Context, r *Redemption, st *Story) error {
	if r.CallerKind == kindTill {
		t, err := s.Tills.Known(ctx, r.CallerID)
		if err != nil && !errors.Is(err, tills.ErrNotFound) {
			return err
		}
		st.Till = t.Name
		if err := s.tellItem(ctx, r, st); err != nil {
			return err
		}
	}
	if r.CashierID != nil {
		known, err := s.Tills.CashiersForTill(ctx, r.OutletID)
		if err != nil {
			return err
		}
		if i := slices.IndexFunc(known, func(c tills.CashierKey) bool { return c.ID == *r.CashierID }); i >= 0 {
			st.Cashier = known[i].Name
		}
	}
	return s.tellScan(ctx, r, st)
}

// tellCard fills in what of the card's holder everybody at the counter saw.
func (s *Service) tellCard(ctx context.Context, r *Redemption, st *Story) error {
	if r.CardID == nil {
		return nil
	}
	p, err := s.Cards.Recheck(ctx, *r.CardID, r.RecordedAt)
	if err != nil && fault.KindOf(err) != fault.NotFound {
		return err
	}
	if p.Card != nil {
		st.Masked = p.Card.MaskedName
		code := p.Card.ShortCode
		st.ShortCode = code[max(0, len(code)-3):]
	}
	return nil
}

// tellPlaces says which use of its window it was.
func (s *Service) tellPlaces(ctx context.Context, r *Redemption, st *Story) error {
	if r.Outcome != Granted || st.NoTerms {
		return nil
	}
	l := st.Terms.Limits
	if p := l.Participant; p != nil {
		n, err := s.rank(ctx, "r.participant_id = ? AND r.benefit_id = ? AND r.local_on BETWEEN ? AND ? AND r.id <= ?",
			r.ParticipantID, r.BenefitID, st.Terms.Window(p.Per, r.LocalOn), windowEnd(p.Per, r.LocalOn), r.ID)
		if err != nil {
			return err
		}
		st.Places = append(st.Places, Place{"participant", n, p.Count, p.Per})
	}
	if l.OutletPerDay != nil {
		n, err := s.rank(ctx, "r.outlet_id = ? AND r.local_on = ? AND r.benefit_id = ? AND r.id <= ?", r.OutletID, r.LocalOn, r.BenefitID, r.ID)
		if err != nil {
			return err
		}
		st.Places = append(st.Places, Place{"outlet", n, *l.OutletPerDay, benefits.PerDay})
	}
	return nil
}

// tellActs lists what happened to the record, in order.
func (s *Service) tellActs(ctx context.Context, r *Redemption, st *Story) error {
	acts, err := s.actsOn(ctx, r)
	if err != nil {
		return err
	}
	mine := actor.From(ctx)
	branch := st.ParticipantID == r.ParticipantID // seenBy left it: the branch's own
	for i := range acts {
		a := &acts[i]
		act := Act{What: a.Action, At: a.ActedAt.UTC(), ByKind: a.ByKind, ByID: a.ByID, Reason: a.Reason, ID: a.ID}
		if !branch && a.ByID != mine.ID {
			act.ByID = uuid.Nil
			if a.Action == string(Uphold) || a.Action == string(Reverse) {
				act.Reason = ""
			}
		}
		st.Acts = append(st.Acts, act)
	}
	if e := st.Exception; e != nil && !e.MadeOther {
		st.Acts = append(st.Acts, Act{What: string(e.Decision), At: e.At, ByKind: e.ByKind, ByID: e.ByID, Reason: e.Note})
	}
	slices.SortStableFunc(st.Acts, func(a, b Act) int { return a.At.Compare(b.At) })
	st.Rooms, err = s.roomsOf(ctx, r)
	return err
}

func (s *Service) tellTalk(ctx context.Context, r *Redemption, st *Story) error {
	rows, err := s.comments(ctx, r.ID)
	if err != nil {
		return err
	}
	mine, branch := actor.From(ctx), st.ParticipantID == r.ParticipantID
	for i := range rows {
		c := Comment{ID: rows[i].ID, Text: rows[i].Body, At: rows[i].WrittenAt.UTC(), ByPartner: rows[i].ByPartner, ByID: rows[i].ByID}
		if !branch && !c.ByPartner && c.ByID != mine.ID {
			c.ByID = uuid.Nil
		}
		st.Told = append(st.Told, c)
	}
	return nil
}
