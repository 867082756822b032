package api

import (
	"context"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/google/uuid"

	"github.com/berlaku/berlaku/api/access"
	"github.com/berlaku/berlaku/internal/actor"
	"github.com/berlaku/berlaku/internal/clock"
	"github.com/berlaku/berlaku/internal/page"
	"github.com/berlaku/berlaku/redemptions"
)

func (s *Server) useRoutes() {
	read := access.Needs(actor.ReadRedemptions)
	route(s, get("/v1/redemptions", tagScan, "Records within reach, newest first"), read, s.listUses)
	route(s, get("/v1/redemptions/{id}", tagScan, "One record"), read, step(s.services.Redemptions.Get, s.redemptionOf))
	route(s, say(act("/v1/redemptions/{id}/void", tagScan, "Take a use back"),
		"Whoever recorded it within 15 minutes; later the partner's owner or the branch. The use returns to the participant. Voiding twice is voiding once."),
		access.Needs(actor.VoidOwn, actor.VoidLater), stepWhy(s.services.Redemptions.Void, s.redemptionOf))
	route(s, say(act("/v1/redemptions/{id}/dispute", tagScan, "Dispute a use as the partner's owner"),
		"Within 90 days. Nothing is given back until the branch decides. Disputing twice is disputing once."), access.Needs(actor.DisputeUses), s.disputeUse)
	route(s, say(act("/v1/redemptions/{id}/decide", tagScan, "Decide a dispute or an exception"),
		"Of a dispute, uphold: the use stands; reverse: it is taken back exactly as by a void. Of a use beyond a limit or with a suspect clock, and of one kept aside, accept or reject: "+
			"a rejected use is taken back, an accepted one kept aside becomes a record of its own. In the person's branch, and not by who disputed it."),
		access.Needs(actor.DecideDisputes), s.decideDispute)
}

type decisionBody struct {
	Decision string `json:"decision" enum:"uphold,reverse,accept,reject"`
	Note     string `json:"note" minLength:"1" maxLength:"200" doc:"Why, for those who read it later."`
}

type disputeBody struct {
	At        time.Time  `json:"at"`
	Reason    string     `json:"reason" enum:"not_me,wrong_amount,not_received,other"`
	By        string     `json:"by" enum:"participant,account,job" doc:"The person, or an owner of the partner."`
	Decision  string     `json:"decision,omitempty" enum:"uphold,reverse" doc:"Left out: not decided yet."`
	DecidedAt *time.Time `json:"decided_at,omitempty"`
	Note      string     `json:"note,omitempty" doc:"Of who decided; for staff of the branch."`
}

func disputeOf(d *redemptions.Dispute) *disputeBody {
	if d == nil {
		return nil
	}
	return &disputeBody{d.At, string(d.Reason), d.By, string(d.Decision), instant(d.DecidedAt), d.Note}
}

func (s *Server) disputeUse(ctx context.Context, in *idAnd[disputeReason]) (*out[redemptionBody], error) {
	r, err := s.services.Redemptions.Dispute(ctx, in.ID, redemptions.DisputeReason(in.Body.Reason))
	return reply(r, err, s.redemptionOf)
}

func (s *Server) decideDispute(ctx context.Context, in *idAnd[decisionBody]) (*out[redemptionBody], error) {
	r, err := s.services.Redemptions.Decide(ctx, in.ID, redemptions.Decision(in.Body.Decision), in.Body.Note)
	return reply(r, err, s.redemptionOf)
}

type receiptLink struct {
	Code string `json:"code"`
	URL  string `json:"url" doc:"Where anybody with the receipt can check it."`
}

type redemptionBody struct {
	ID            uuid.UUID      `json:"id"`
	Outcome       string         `json:"outcome" enum:"granted,refused"`
	Reason        string         `json:"reason" doc:"Empty when granted."`
	Message       message        `json:"message"`
	State         string         `json:"state" enum:"recorded,voided,disputed,upheld,reversed"`
	BenefitID     uuid.UUID      `json:"benefit_id"`
	Version       int            `json:"version"`
	OutletID      uuid.UUID      `json:"outlet_id"`
	PartnerID     uuid.UUID      `json:"partner_id"`
	Gross         int64          `json:"gross"`
	Discount      int64          `json:"discount"`
	Net           int64          `json:"net"`
	Remaining     *int64         `json:"remaining" doc:"Uses left to this participant after this one; null: unlimited, or refused."`
	Receipt       *receiptLink   `json:"receipt,omitempty"`
	ReceiptNumber *string        `json:"receipt_number" doc:"Of the till; null: none was given."`
	CardForm      string         `json:"card_form,omitempty"`
	IDChecked     bool           `json:"id_checked"`
	Online        bool           `json:"online"`
	Flags         []string       `json:"flags" nullable:"false"`
	OccurredAt    time.Time      `json:"occurred_at" doc:"At the till."`
	RecordedAt    time.Time      `json:"recorded_at" doc:"At the server."`
	Dispute       *disputeBody   `json:"dispute,omitempty" doc:"What was said against it; left out: nothing, or an answer to a till."`
	Waiting       string         `json:"waiting,omitempty" enum:"dispute,over_limit,clock_suspect,quarantined" doc:"For what decision of the branch it waits; left out: none."`
	Exception     *exceptionBody `json:"exception,omitempty" doc:"What the branch decided about it as one that came in beyond the rules."`
}

type exceptionBody struct {
	Kind     string     `json:"kind" enum:"over_limit,clock_suspect,quarantined"`
	Decision string     `json:"decision" enum:"accept,reject"`
	At       time.Time  `json:"at"`
	Note     string     `json:"note,omitempty" doc:"Of who decided; for staff of the branch."`
	MadeID   *uuid.UUID `json:"made_id,omitempty" doc:"The record that one kept aside became; of that record, the one it was made of."`
}

func exceptionOf(e *redemptions.Exception) *exceptionBody {
	if e == nil {
		return nil
	}
	return &exceptionBody{string(e.Kind), string(e.Decision), e.At, e.Note, e.MadeID}
}

func (s *Server) redemptionOf(r redemptions.Redemption) redemptionBody {
	b := redemptionBody{
		ID: r.ID, Outcome: string(r.Outcome), Reason: string(r.Reason), Message: message(r.Message()), State: string(r.State),
		BenefitID: r.BenefitID, Version: r.BenefitVersion, OutletID: r.OutletID, PartnerID: r.PartnerID,
		Gross: r.Gross, Discount: r.Discount, Net: r.Net, Remaining: r.Remaining,
		CardForm: r.CardForm, IDChecked: r.IDChecked, Online: r.Online, Flags: append([]string{}, r.Flags...),
		OccurredAt: r.OccurredAt, RecordedAt: r.RecordedAt, Dispute: disputeOf(r.Dispute),
		Waiting: string(r.Waits()), Exception: exceptionOf(r.Exception),
	}
	if r.ReceiptNumber != "" {
		b.ReceiptNumber = &r.ReceiptNumber
	}
	if r.ReceiptCode != "" && r.Outcome == redemptions.Granted {
		b.Receipt = s.receiptAt(r.ReceiptCode)
	}
	return b
}

func (s *Server) receiptAt(code string) *receiptLink {
	return &receiptLink{Code: code, URL: s.opts.PublicURL + "/r/" + code}
}

// zone is where a day in a query begins: all regions of the programme lie in it.
const zone = "Asia/Makassar"

// moment is an instant or a calendar day in a query.
type moment struct {
	at    time.Time
	isDay bool
}

// UnmarshalText implements encoding.TextUnmarshaler.
func (m *moment) UnmarshalText(b []byte) error {
	if day, err := clock.ParseDay(string(b)); err == nil {
		loc, err := time.LoadLocation(zone)
		if err != nil {
			return err
		}
		m.at, m.isDay = day.Start(loc), true
		return nil
	}
	at, err := time.Parse(time.RFC3339, string(b))
	m.at = at.UTC()
	return err
}

// Schema implements huma.SchemaProvider.
func (moment) Schema(huma.Registry) *huma.Schema { return &huma.Schema{Type: huma.TypeString} }

// end returns the instant before which the list ends: of a day, its end.
func (m moment) end() time.Time {
	if m.isDay {
		return m.at.AddDate(0, 0, 1)
	}
	return m.at
}

type useQuery struct {
	Paged
	BenefitID uuid.UUID `query:"benefit_id"`
	OutletID  uuid.UUID `query:"outlet_id"`
	PartnerID uuid.UUID `query:"partner_id"`
	Outcome   string    `query:"outcome" enum:"granted,refused"`
	State     string    `query:"state" enum:"recorded,voided,disputed,upheld,reversed"`
	From      moment    `query:"from" doc:"Recorded at this instant (RFC 3339) or on this day or later."`
	To        moment    `query:"to" doc:"Recorded before this instant, or on this day or earlier."`
}

func (s *Server) listUses(ctx context.Context, in *useQuery) (*out[page.Of[redemptionBody]], error) {
	req, err := in.request()
	if err != nil {
		return nil, err
	}
	f := redemptions.Filter{
		BenefitID: in.BenefitID, OutletID: in.OutletID, PartnerID: in.PartnerID, Outcome: redemptions.Outcome(in.Outcome),
		State: redemptions.State(in.State), From: in.From.at, To: in.To.end(),
	}
	p, err := s.services.Redemptions.List(ctx, f, req)
	return replyPage(p, err, s.redemptionOf)
}
