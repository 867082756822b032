package api

import (
	"context"
	"time"

	"github.com/google/uuid"

	"github.com/berlaku/berlaku/api/access"
	"github.com/berlaku/berlaku/internal/actor"
	"github.com/berlaku/berlaku/internal/clock"
	"github.com/berlaku/berlaku/internal/page"
	"github.com/berlaku/berlaku/internal/pii"
	"github.com/berlaku/berlaku/partners"
	"github.com/berlaku/berlaku/redemptions"
)

// myRoutes registers what a participant used, may use and wishes.
func (s *Server) myRoutes() {
	own := access.Needs(actor.OwnRecords)
	route(s, say(get("/v1/my/uses", tagMyData, "My uses, newest first"), "Those that were granted, also when they were taken back later."), own, s.myUses)
	route(s, say(get("/v1/my/savings", tagMyData, "What I saved in a year"), "By the outlets' calendar, uses that stand only."), own, s.mySavings)
	route(s, say(act("/v1/my/uses/{id}/dispute", tagMyData, "Say that a use is wrong"),
		"Within 90 days. The branch decides; until then nothing changes. Saying it again changes nothing."), own, s.disputeMine)
	route(s, say(get("/v1/my/benefits", tagMyData, "What each promo of my province is for me now"),
		"By the same rules as at the till, without what only a till knows: the bill, the outlet's day, the card."), own, s.myBenefits)
	route(s, get("/v1/my/wishes", tagMyData, "Sectors, and whether I wish for promos there"), own, s.myWishes)
	route(s, say(put("/v1/my/wishes/{sector_id}", tagMyData, "Wish for promos in a sector"), "One wish a person and sector; a second one replaces the first."), own, s.wish)
	route(s, del("/v1/my/wishes/{sector_id}", tagMyData, "Take a wish back"), own, s.unwish)
	route(s, say(get("/v1/sectors/{id}/wishes", tagPartners, "How many wish for a sector"),
		"Of people whose branch lies within reach. For staff of a branch or headquarters."), access.Needs(actor.ReadSectors), step(s.services.Partners.Wishes, wishCountOf))
}

type ownDispute struct {
	At       time.Time `json:"at"`
	Reason   string    `json:"reason" enum:"not_me,wrong_amount,not_received,other"`
	Decision string    `json:"decision,omitempty" enum:"uphold,reverse" doc:"Left out: not decided yet."`
}

type ownUse struct {
	ID         uuid.UUID    `json:"id"`
	At         time.Time    `json:"at" doc:"In the outlet's zone."`
	LocalOn    clock.Day    `json:"local_on"`
	Partner    string       `json:"partner"`
	Outlet     string       `json:"outlet"`
	Title      string       `json:"title" doc:"Of the promo, as it was then."`
	Gross      int64        `json:"gross"`
	Discount   int64        `json:"discount"`
	Net        int64        `json:"net"`
	State      string       `json:"state" enum:"recorded,voided,disputed,upheld,reversed"`
	Online     bool         `json:"online"`
	CardForm   string       `json:"card_form" enum:"phone,printed"`
	Receipt    *receiptLink `json:"receipt"`
	Dispute    *ownDispute  `json:"dispute,omitempty" doc:"Left out: nobody said that it is wrong."`
	CanDispute bool         `json:"can_dispute"`
}

func (s *Server) ownUseOf(u redemptions.OwnUse) ownUse {
	b := ownUse{
		ID: u.ID, At: u.At, LocalOn: u.LocalOn, Partner: u.Partner, Outlet: u.Outlet, Title: u.Title, Gross: u.Gross, Discount: u.Discount,
		Net: u.Net, State: string(u.State), Online: u.Online, CardForm: u.CardForm, Receipt: s.receiptAt(u.ReceiptCode), CanDispute: u.CanDispute,
	}
	if d := u.Dispute; d != nil {
		b.Dispute = &ownDispute{d.At, string(d.Reason), string(d.Decision)}
	}
	return b
}

func (s *Server) myUses(ctx context.Context, in *Paged) (*out[page.Of[ownUse]], error) {
	req, err := in.request()
	if err != nil {
		return nil, err
	}
	p, err := s.services.Redemptions.Mine(ctx, req)
	return replyPage(p, err, s.ownUseOf)
}

type disputeReason struct {
	Reason string `json:"reason" enum:"not_me,wrong_amount,not_received,other"`
}

func (s *Server) disputeMine(ctx context.Context, in *idAnd[disputeReason]) (*out[ownUse], error) {
	u, err := s.services.Redemptions.DisputeMine(ctx, in.ID, redemptions.DisputeReason(in.Body.Reason))
	return reply(u, err, s.ownUseOf)
}

type monthBody struct {
	Month    string `json:"month" example:"2026-11"`
	Uses     int64  `json:"uses"`
	Discount int64  `json:"discount"`
}

type savingsBody struct {
	Year     int         `json:"year"`
	Uses     int64       `json:"uses"`
	Gross    int64       `json:"gross"`
	Discount int64       `json:"discount"`
	Months   []monthBody `json:"months" nullable:"false" doc:"Those with a use, in order."`
}

func savingsOf(v redemptions.Savings) savingsBody {
	b := savingsBody{Year: v.Year, Uses: v.Uses, Gross: v.Gross, Discount: v.Discount, Months: make([]monthBody, len(v.Months))}
	for i, m := range v.Months {
		b.Months[i] = monthBody{m.Month, m.Uses, m.Discount}
	}
	return b
}

func (s *Server) mySavings(ctx context.Context, in *struct {
	Year int `query:"year" minimum:"2020" maximum:"2199" doc:"The running one at the person's branch when left out."`
}) (*out[savingsBody], error) {
	v, err := s.services.Redemptions.Savings(ctx, in.Year)
	return reply(v, err, savingsOf)
}

type forMeBody struct {
	BenefitID uuid.UUID `json:"benefit_id"`
	Version   int       `json:"version"`
	Eligible  bool      `json:"eligible"`
	Reason    string    `json:"reason" doc:"Empty when eligible. Codes of the counter, and membership_in_arrears."`
	Remaining *int64    `json:"remaining" doc:"Uses left; null: unlimited."`
	Used      int64     `json:"used" doc:"In the running window."`
	Per       string    `json:"per" enum:"day,week,month,year,ever," doc:"What uses are counted in; empty: there is no limit for one person."`
	Until     clock.Day `json:"until" doc:"Last day of the window, or of the promo when that comes first."`
}

type forMeList struct {
	At    time.Time   `json:"at" doc:"When this held."`
	Items []forMeBody `json:"items" nullable:"false"`
}

func (s *Server) myBenefits(ctx context.Context, _ *none) (*out[forMeList], error) {
	all, at, err := s.services.Redemptions.ForMe(ctx)
	return reply(all, err, func(all []redemptions.ForPerson) forMeList {
		b := forMeList{At: at, Items: make([]forMeBody, len(all))}
		for i, p := range all {
			b.Items[i] = forMeBody{p.BenefitID, p.Version, p.Eligible, string(p.Reason), p.Remaining, p.Used, p.Per, p.Until}
		}
		return b
	})
}

type wishSector struct {
	ID     uuid.UUID `json:"id"`
	Code   string    `json:"code"`
	NameID string    `json:"name_id" doc:"Indonesian."`
	NameEN string    `json:"name_en" doc:"English."`
	State  string    `json:"state" enum:"candidate,assessed,open,paused,closed"`
}

type wishBody struct {
	Sector   wishSector `json:"sector"`
	WishedAt *time.Time `json:"wished_at" doc:"null: not wished."`
	Partner  string     `json:"partner" doc:"The business that is missed; may be empty."`
}

func wishOf(w partners.Wish) wishBody {
	return wishBody{
		Sector:   wishSector{w.Sector.ID, w.Sector.Code, w.Sector.NameID, w.Sector.NameEN, string(w.Sector.State)},
		WishedAt: instant(w.WishedAt), Partner: w.Partner.Reveal(),
	}
}

func (s *Server) myWishes(ctx context.Context, _ *none) (*out[listOf[wishBody]], error) {
	all, err := s.services.Partners.MyWishes(ctx)
	return replyList(all, err, wishOf)
}

type newWish struct {
	Partner string `json:"partner,omitempty" maxLength:"200" doc:"The business that is missed; at most 80 characters." example:"Apotek di Jl. Emmy Saelan"`
}

func (s *Server) wish(ctx context.Context, in *struct {
	SectorID uuid.UUID `path:"sector_id"`
	Body     newWish
}) (*out[wishBody], error) {
	w, err := s.services.Partners.Wish(ctx, in.SectorID, pii.Text(in.Body.Partner))
	return reply(w, err, wishOf)
}

func (s *Server) unwish(ctx context.Context, in *struct {
	SectorID uuid.UUID `path:"sector_id"`
}) (*none, error) {
	return done(s.services.Partners.Unwish(ctx, in.SectorID))
}

type regionCount struct {
	RegionCode string `json:"region_code" doc:"Kemendagri; empty: unknown."`
	Count      int64  `json:"count"`
}

type partnerCount struct {
	Text  string `json:"text" doc:"As the most recent person wrote it."`
	Count int64  `json:"count"`
}

type wishCounts struct {
	Count    int64          `json:"count"`
	Regions  []regionCount  `json:"regions" nullable:"false"`
	Partners []partnerCount `json:"partners" nullable:"false" doc:"Businesses that are missed, the most first; at most 50."`
}

func wishCountOf(w partners.WishCount) wishCounts {
	b := wishCounts{Count: w.Count, Regions: make([]regionCount, len(w.Regions)), Partners: make([]partnerCount, len(w.Partners))}
	for i, r := range w.Regions {
		b.Regions[i] = regionCount(r)
	}
	for i, p := range w.Partners {
		b.Partners[i] = partnerCount(p)
	}
	return b
}
