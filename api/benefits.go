package api

import (
	"context"
	"encoding/hex"
	"time"

	"github.com/google/uuid"

	"github.com/berlaku/berlaku/api/access"
	"github.com/berlaku/berlaku/benefits"
	"github.com/berlaku/berlaku/internal/actor"
	"github.com/berlaku/berlaku/internal/clock"
	"github.com/berlaku/berlaku/internal/fault"
	"github.com/berlaku/berlaku/internal/page"
	"github.com/berlaku/berlaku/redemptions"
)

func (s *Server) benefitRoutes() {
	b := s.services.Benefits
	read, write, approve := access.Needs(actor.ReadBenefits), access.Needs(actor.WriteBenefits), access.Needs(actor.ApproveBenefits)
	route(s, get("/v1/partners/{id}/benefits", tagBenefits, "Promos of a partner, newest first"), read, s.listBenefits)
	route(s, post("/v1/partners/{id}/benefits", tagBenefits, "Propose a promo"), write, s.createBenefit)
	route(s, get("/v1/benefits/{id}", tagBenefits, "One promo"), read, step(b.Get, benefitOf))
	route(s, say(put("/v1/benefits/{id}", tagBenefits, "Rewrite a draft"), "What was submitted does not change any more; make a new version."), write, s.updateBenefit)
	route(s, get("/v1/benefits/{id}/versions", tagBenefits, "Versions of a promo, newest first"), read, s.listVersions)
	route(s, say(post("/v1/benefits/{id}/versions", tagBenefits, "Draft a new version"), "The published one stays at the tills until the new one is published."), write, s.reviseBenefit)
	route(s, act("/v1/benefits/{id}/submit", tagBenefits, "Hand the draft in for approval"), write, step(b.Submit, benefitOf))
	route(s, say(act("/v1/benefits/{id}/approve", tagBenefits, "Approve what was submitted"),
		"Not by its author. With version and terms_hash, approval fails when it is not what was read. What may cost more than the branch approves by itself is approved by two persons of headquarters: after the first it is still submitted."), approve, s.approveBenefit)
	route(s, act("/v1/benefits/{id}/reject", tagBenefits, "Refuse what was submitted"), approve, stepWhy(b.Reject, benefitOf))
	route(s, say(act("/v1/benefits/{id}/publish", tagBenefits, "Put the approved version at the tills"), "Not by its author."), approve, step(b.Publish, benefitOf))
	route(s, act("/v1/benefits/{id}/pause", tagBenefits, "Take a promo from the tills for the time being"), write, step(b.Pause, benefitOf))
	route(s, act("/v1/benefits/{id}/resume", tagBenefits, "Put a paused promo back"), write, step(b.Resume, benefitOf))
	route(s, say(act("/v1/benefits/{id}/simulate", tagBenefits, "What versions would have cost"),
		"Past uses of the promo, granted or refused by its own terms, are decided again by the terms of up to two versions. Nothing is stored."), read, s.simulateBenefit)
	route(s, act("/v1/benefits/{id}/end", tagBenefits, "Take a promo from the tills for good"), write, step(b.End, benefitOf))
}

type hoursBody struct {
	From string `json:"from" pattern:"^[0-9]{2}:[0-9]{2}$" example:"08:00"`
	To   string `json:"to" pattern:"^[0-9]{2}:[0-9]{2}$" example:"17:00" doc:"Not included; earlier than from: over midnight."`
}

type participantLimit struct {
	Count           int64  `json:"count" minimum:"1" maximum:"1000000"`
	Per             string `json:"per" enum:"day,week,month,year,ever" doc:"Cut in the outlet's zone, weeks from Monday."`
	MinIntervalDays *int   `json:"min_interval_days,omitempty" minimum:"0" maximum:"3660" doc:"Days between two uses."`
}

type limitsBody struct {
	Participant  *participantLimit `json:"participant,omitempty" doc:"None or null: no limit."`
	OutletPerDay *int64            `json:"outlet_per_day,omitempty" minimum:"1"`
	TotalCount   *int64            `json:"total_count,omitempty" minimum:"1"`
	TotalAmount  *int64            `json:"total_amount,omitempty" minimum:"1" doc:"Rupiah of discount."`
}

type offlineBody struct {
	Allowed   bool  `json:"allowed"`
	Allowance int64 `json:"allowance,omitempty" minimum:"0" doc:"Uses handed out in advance to a till."`
}

type termsBody struct {
	Title            string       `json:"title" minLength:"1" maxLength:"200" example:"Servis hemat 20%"`
	Kind             string       `json:"kind" enum:"percent,amount,free_item,package_price"`
	Basis            string       `json:"basis" enum:"labour,parts,oil,package,total"`
	Value            int64        `json:"value" minimum:"1" maximum:"1000000000" doc:"Whole percent 1 to 100, or rupiah; of free_item the list price, of package_price what the bill becomes."`
	MaxDiscount      *int64       `json:"max_discount,omitempty" minimum:"1" maximum:"1000000000" doc:"Rupiah."`
	MinGross         int64        `json:"min_gross" minimum:"0" maximum:"1000000000" doc:"Lowest bill in rupiah; 0: none."`
	OutletIDs        []uuid.UUID  `json:"outlet_ids" nullable:"false" minItems:"1" maxItems:"1000"`
	ValidFrom        clock.Day    `json:"valid_from"`
	ValidTo          clock.Day    `json:"valid_to" doc:"Included."`
	Days             []string     `json:"days,omitempty" nullable:"false" maxItems:"7" enum:"mon,tue,wed,thu,fri,sat,sun" doc:"None: every day."`
	Hours            []hoursBody  `json:"hours,omitempty" nullable:"false" maxItems:"24" doc:"None: at any time."`
	Segments         []string     `json:"segments" nullable:"false" maxItems:"4" enum:"pu,bpu,jakon,pmi" doc:"None: all."`
	MaxStatusAgeDays int          `json:"max_status_age_days" minimum:"0" maximum:"3660" doc:"Highest age of what is known of the membership."`
	NeedsIDCheck     bool         `json:"needs_id_check"`
	Stacking         string       `json:"stacking" enum:"exclusive,stackable"`
	Exclusions       string       `json:"exclusions" maxLength:"2000" doc:"For people to read."`
	Limits           limitsBody   `json:"limits"`
	Offline          *offlineBody `json:"offline,omitempty"`
}

func (b termsBody) terms() benefits.Terms {
	t := benefits.Terms{
		Kind: benefits.Kind(b.Kind), Basis: benefits.Basis(b.Basis), Value: b.Value, MaxDiscount: b.MaxDiscount, MinGross: b.MinGross,
		OutletIDs: b.OutletIDs, ValidFrom: b.ValidFrom, ValidTo: b.ValidTo, MaxStatusAgeDays: b.MaxStatusAgeDays,
		NeedsIDCheck: b.NeedsIDCheck, Stacking: benefits.Stacking(b.Stacking), Exclusions: b.Exclusions,
		Limits: benefits.Limits{OutletPerDay: b.Limits.OutletPerDay, TotalCount: b.Limits.TotalCount, TotalAmount: b.Limits.TotalAmount},
	}
	for _, d := range b.Days {
		t.Days = append(t.Days, benefits.Weekday(d))
	}
	for _, h := range b.Hours {
		t.Hours = append(t.Hours, benefits.Hours(h))
	}
	for _, g := range b.Segments {
		t.Segments = append(t.Segments, benefits.Segment(g))
	}
	if p := b.Limits.Participant; p != nil {
		t.Limits.Participant = &benefits.ParticipantLimit{Count: p.Count, Per: benefits.Per(p.Per), MinIntervalDays: p.MinIntervalDays}
	}
	if o := b.Offline; o != nil {
		t.Offline = benefits.Offline(*o)
	}
	return t
}

func termsOf(title string, t benefits.Terms) termsBody {
	offline := offlineBody(t.Offline)
	b := termsBody{
		Title: title, Kind: string(t.Kind), Basis: string(t.Basis), Value: t.Value, MaxDiscount: t.MaxDiscount, MinGross: t.MinGross,
		OutletIDs: append([]uuid.UUID{}, t.OutletIDs...), ValidFrom: t.ValidFrom, ValidTo: t.ValidTo, Segments: []string{},
		MaxStatusAgeDays: t.MaxStatusAgeDays, NeedsIDCheck: t.NeedsIDCheck, Stacking: string(t.Stacking), Exclusions: t.Exclusions,
		Limits:  limitsBody{OutletPerDay: t.Limits.OutletPerDay, TotalCount: t.Limits.TotalCount, TotalAmount: t.Limits.TotalAmount},
		Offline: &offline,
	}
	for _, d := range t.Days {
		b.Days = append(b.Days, string(d))
	}
	for _, h := range t.Hours {
		b.Hours = append(b.Hours, hoursBody(h))
	}
	for _, g := range t.Segments {
		b.Segments = append(b.Segments, string(g))
	}
	if p := t.Limits.Participant; p != nil {
		b.Limits.Participant = &participantLimit{Count: p.Count, Per: string(p.Per), MinIntervalDays: p.MinIntervalDays}
	}
	return b
}

type benefitBody struct {
	ID              uuid.UUID `json:"id"`
	PartnerID       uuid.UUID `json:"partner_id"`
	Version         int       `json:"version" doc:"The newest."`
	VersionState    string    `json:"version_state" enum:"draft,submitted,approved,rejected,published,retired"`
	LiveVersion     int       `json:"live_version,omitempty" doc:"The one at the tills."`
	State           string    `json:"state" enum:"draft,submitted,approved,rejected,live,paused,ended"`
	Title           string    `json:"title"`
	Terms           termsBody `json:"terms" doc:"Of the newest version."`
	TermsHash       string    `json:"terms_hash" doc:"SHA-256 in hexadecimal: what is approved."`
	RemainingCount  *int64    `json:"remaining_count,omitempty"`
	RemainingAmount *int64    `json:"remaining_amount,omitempty"`
	CreatedBy       uuid.UUID `json:"created_by"`
	CreatedAt       time.Time `json:"created_at"`
	UpdatedAt       time.Time `json:"updated_at"`
}

func benefitOf(b benefits.Benefit) benefitBody {
	return benefitBody{
		ID: b.ID, PartnerID: b.PartnerID, Version: b.Version, VersionState: string(b.VersionState), LiveVersion: b.LiveVersion,
		State: string(b.State), Title: b.Title, Terms: termsOf(b.Title, b.Terms), TermsHash: hex.EncodeToString(b.TermsHash),
		RemainingCount: b.Remaining.Count, RemainingAmount: b.Remaining.Amount, CreatedBy: b.CreatedBy, CreatedAt: b.CreatedAt, UpdatedAt: b.UpdatedAt,
	}
}

type versionBody struct {
	Version     int        `json:"version"`
	State       string     `json:"state" enum:"draft,submitted,approved,rejected,published,retired"`
	Terms       termsBody  `json:"terms"`
	TermsHash   string     `json:"terms_hash"`
	AuthorID    uuid.UUID  `json:"author_id"`
	CreatedAt   time.Time  `json:"created_at"`
	SubmittedBy *uuid.UUID `json:"submitted_by,omitempty"`
	SubmittedAt *time.Time `json:"submitted_at,omitempty"`
	DecidedBy   *uuid.UUID `json:"decided_by,omitempty"`
	DecidedAt   *time.Time `json:"decided_at,omitempty"`
	Reason      string     `json:"reason,omitempty" doc:"Why it was rejected."`
	PublishedBy *uuid.UUID `json:"published_by,omitempty"`
	PublishedAt *time.Time `json:"published_at,omitempty"`
}

func versionOf(v benefits.Version) versionBody {
	return versionBody{
		Version: v.Version, State: string(v.State), Terms: termsOf(v.Title, v.Terms), TermsHash: hex.EncodeToString(v.TermsHash),
		AuthorID: v.AuthorID, CreatedAt: v.CreatedAt, SubmittedBy: orNone(v.SubmittedBy), SubmittedAt: instant(v.SubmittedAt),
		DecidedBy: orNone(v.DecidedBy), DecidedAt: instant(v.DecidedAt), Reason: v.DecideReason,
		PublishedBy: orNone(v.PublishedBy), PublishedAt: instant(v.PublishedAt),
	}
}

type seenBody struct {
	Version   int    `json:"version,omitempty" minimum:"1" doc:"The version that was read."`
	TermsHash string `json:"terms_hash,omitempty" pattern:"^[0-9a-f]{64}$" doc:"The hash that was read."`
}

type benefitQuery struct {
	ByID
	Paged
	State string `query:"state" enum:"draft,submitted,approved,rejected,live,paused,ended"`
}

func (s *Server) listBenefits(ctx context.Context, in *benefitQuery) (*out[page.Of[benefitBody]], error) {
	req, err := in.request()
	if err != nil {
		return nil, err
	}
	p, err := s.services.Benefits.List(ctx, in.ID, benefits.Filter{State: benefits.State(in.State)}, req)
	return replyPage(p, err, benefitOf)
}

func benefitAt(b benefits.Benefit) string { return "/v1/benefits/" + b.ID.String() }

func (s *Server) createBenefit(ctx context.Context, in *idAnd[termsBody]) (*created[benefitBody], error) {
	v, err := s.services.Benefits.Create(ctx, in.ID, in.Body.Title, in.Body.terms())
	return replyNew(v, err, benefitOf, benefitAt)
}

func (s *Server) updateBenefit(ctx context.Context, in *idAnd[termsBody]) (*out[benefitBody], error) {
	v, err := s.services.Benefits.Update(ctx, in.ID, in.Body.Title, in.Body.terms())
	return reply(v, err, benefitOf)
}

func (s *Server) reviseBenefit(ctx context.Context, in *idAnd[termsBody]) (*created[benefitBody], error) {
	v, err := s.services.Benefits.Revise(ctx, in.ID, in.Body.Title, in.Body.terms())
	return replyNew(v, err, benefitOf, benefitAt)
}

func (s *Server) listVersions(ctx context.Context, in *byID) (*out[listOf[versionBody]], error) {
	v, err := s.services.Benefits.Get(ctx, in.ID)
	return replyList(v.Versions, err, versionOf)
}

var errTermsHash = fault.New(fault.Invalid, "terms_hash_invalid", "A hash of terms is 64 hexadecimal digits.")

func (s *Server) approveBenefit(ctx context.Context, in *struct {
	ID   uuid.UUID `path:"id"`
	Body *seenBody
}) (*out[benefitBody], error) {
	var seen benefits.Seen
	if in.Body != nil {
		hash, err := hex.DecodeString(in.Body.TermsHash)
		if err != nil {
			return nil, errTermsHash.At("/terms_hash")
		}
		seen = benefits.Seen{Version: in.Body.Version, TermsHash: hash}
	}
	v, err := s.services.Benefits.Approve(ctx, in.ID, seen)
	return reply(v, err, benefitOf)
}

type simulateBody struct {
	From      clock.Day   `json:"from" doc:"First day at the outlets."`
	To        clock.Day   `json:"to" doc:"Last day, included."`
	Versions  []int       `json:"versions,omitempty" nullable:"false" maxItems:"2" minimum:"1" doc:"None: the newest."`
	OutletIDs []uuid.UUID `json:"outlet_ids,omitempty" nullable:"false" maxItems:"500" doc:"None: all."`
	Partner   bool        `json:"partner,omitempty" doc:"Take the bills of all promos of the partner, for a promo that has no past."`
}

type monthCostBody struct {
	Month    string `json:"month" example:"2026-03"`
	Uses     int64  `json:"uses"`
	Discount int64  `json:"discount" doc:"Rupiah."`
}

type costBody struct {
	Version     int              `json:"version"`
	Uses        int64            `json:"uses" doc:"That it would have granted."`
	Gross       int64            `json:"gross"`
	Discount    int64            `json:"discount" doc:"Rupiah in all."`
	AtCap       int64            `json:"at_cap" doc:"Uses that the highest discount held down."`
	People      int64            `json:"people" doc:"Participants with a use."`
	Limited     int64            `json:"limited" doc:"Participants refused for their own limit; -1: fewer than five, which a partner is not told of."`
	Refused     map[string]int64 `json:"refused" nullable:"false" doc:"Uses refused, by reason."`
	Months      []monthCostBody  `json:"months" nullable:"false"`
	SpentOn     *clock.Day       `json:"spent_on,omitempty" doc:"Day on which a total was spent."`
	SpentInDays *int             `json:"spent_in_days,omitempty"`
}

type simulatedBody struct {
	From     clock.Day  `json:"from" doc:"Later than asked when there were too many uses."`
	To       clock.Day  `json:"to"`
	Cut      bool       `json:"cut" doc:"Only the newest uses were taken."`
	Past     int64      `json:"past" doc:"Uses and refusals that were decided again."`
	Granted  int64      `json:"granted" doc:"Of them, really granted."`
	Discount int64      `json:"discount" doc:"Rupiah really granted."`
	Costs    []costBody `json:"costs" nullable:"false"`
}

func costOf(c redemptions.Cost) costBody {
	b := costBody{
		Version: c.Version, Uses: c.Uses, Gross: c.Gross, Discount: c.Discount, AtCap: c.AtCap, People: c.People, Limited: c.Limited,
		Refused: map[string]int64{}, Months: make([]monthCostBody, len(c.Months)),
	}
	for why, n := range c.Refused {
		b.Refused[string(why)] = n
	}
	for i, m := range c.Months {
		b.Months[i] = monthCostBody(m)
	}
	if c.SpentOn != "" {
		b.SpentOn, b.SpentInDays = &c.SpentOn, &c.SpentDays
	}
	return b
}

func simulatedOf(r redemptions.Simulated) simulatedBody {
	b := simulatedBody{From: r.From, To: r.To, Cut: r.Cut, Past: r.Past, Granted: r.Granted, Discount: r.Discount, Costs: make([]costBody, len(r.Costs))}
	for i, c := range r.Costs {
		b.Costs[i] = costOf(c)
	}
	return b
}

func (s *Server) simulateBenefit(ctx context.Context, in *idAnd[simulateBody]) (*out[simulatedBody], error) {
	b := in.Body
	r, err := s.services.Redemptions.Simulate(ctx, redemptions.Simulation{
		BenefitID: in.ID, Versions: b.Versions, From: b.From, To: b.To, Outlets: b.OutletIDs, Partner: b.Partner,
	})
	return reply(r, err, simulatedOf)
}
