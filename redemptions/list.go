package redemptions

import (
	"context"
	"time"

	"github.com/google/uuid"

	"github.com/berlaku/berlaku/internal/actor"
	"github.com/berlaku/berlaku/internal/fault"
	"github.com/berlaku/berlaku/internal/page"
)

// Filter narrows a list. Zero values do not.
type Filter struct {
	BenefitID uuid.UUID
	OutletID  uuid.UUID
	PartnerID uuid.UUID
	Outcome   Outcome
	State     State
	From, To  time.Time // recorded_at, From included, To not

	BranchID      uuid.UUID // the participant's
	SectorID      uuid.UUID
	CallerID      uuid.UUID // till or API key
	CashierID     uuid.UUID
	ParticipantID uuid.UUID // within the branches in reach
	Reason        Reason    // of a refusal, as the actor may know it
	Flag          string    // one that is told now
	Waiting       Waiting   // for the branch
	Online        *bool
	Receipt       string // number or code
}

// Get returns one redemption within the actor's reach, or ErrNotFound.
func (s *Service) Get(ctx context.Context, id uuid.UUID) (Redemption, error) {
	who := actor.From(ctx)
	reach, err := mayRead(who)
	if err != nil {
		return Redemption{}, err
	}
	r, err := s.find(ctx, id)
	if err != nil {
		return Redemption{}, err
	}
	if !r.within(reach) {
		return Redemption{}, ErrNotFound
	}
	one := []Redemption{r}
	if err := s.readStory(ctx, one); err != nil {
		return Redemption{}, err
	}
	return one[0].seenBy(who), nil
}

// ErrRows says: somebody reads figures, not records.
var ErrRows = fault.New(fault.Forbidden, "rows_not_allowed", "This role sees figures of the uses, not single records.")

// mayRead returns how far somebody sees records, and refuses those who may know
// figures only.
func mayRead(who actor.Actor) (actor.Reach, error) {
	if who.Kind == actor.Account && !who.Can(actor.ReadRedemptions) {
		return actor.Reach{}, ErrRows
	}
	return who.Scope(actor.ReadRedemptions), nil
}

// List returns the redemptions within the actor's reach, newest first.
func (s *Service) List(ctx context.Context, f Filter, p page.Request) (page.Of[Redemption], error) {
	who := actor.From(ctx)
	reach, err := mayRead(who)
	if err != nil {
		return page.Of[Redemption]{}, err
	}
	rows, err := s.list(ctx, reach, f, p)
	if err != nil {
		return page.Of[Redemption]{}, err
	}
	if err := s.readStory(ctx, rows); err != nil {
		return page.Of[Redemption]{}, err
	}
	for i := range rows {
		rows[i] = rows[i].seenBy(who)
	}
	return page.Cut(rows, p, func(r Redemption) uuid.UUID { return r.ID }), nil
}

// seenBy returns the record as the actor may know it: flags as they are told
// now, and for a partner nothing of what it must not learn about a membership.
func (r Redemption) seenBy(who actor.Actor) Redemption {
	r.Flags = r.flagsNow()
	reach, err := mayRead(who)
	if err == nil && reach.HasBranch(r.BranchID) {
		return r
	}
	r.Reason = r.Reason.ToPartner()
	if r.Dispute != nil { // the branch's note is the branch's
		seen := *r.Dispute
		seen.Note, seen.byID = "", uuid.Nil
		r.Dispute = &seen
	}
	if r.Exception != nil {
		seen := *r.Exception
		seen.Note, seen.ByID = "", uuid.Nil
		r.Exception = &seen
	}
	r.StatusSeen, r.StatusAsOfSeen, r.SegmentSeen, r.MembershipID, r.ParticipantID = "", "", "", nil, uuid.Nil
	return r
}

// Receipt is what whoever holds a receipt's code may see: nothing of the person.
type Receipt struct {
	Code                 string
	Partner, Outlet      string
	At                   time.Time // in the outlet's zone
	Gross, Discount, Net int64
	State                State
}

// Receipt returns the receipt of a granted redemption by its code, or ErrNotFound.
func (s *Service) Receipt(ctx context.Context, code string) (Receipt, error) {
	if len(code) != 10 {
		return Receipt{}, ErrNotFound
	}
	r, err := s.one(ctx, selectRow+"WHERE r.receipt_code = ? AND r.outcome = 'granted'", code)
	if err != nil {
		return Receipt{}, err
	}
	o, err := s.Partners.Outlet(ctx, r.OutletID)
	if err != nil {
		return Receipt{}, err
	}
	return Receipt{
		Code: r.ReceiptCode, Partner: o.PartnerName, Outlet: o.Name, At: r.at().In(o.Location()),
		Gross: r.Gross, Discount: r.Discount, Net: r.Net, State: r.State,
	}, nil
}
