package api

import (
	"context"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/google/uuid"

	"github.com/berlaku/berlaku/api/access"
	"github.com/berlaku/berlaku/cards"
	"github.com/berlaku/berlaku/internal/actor"
	"github.com/berlaku/berlaku/internal/clock"
	"github.com/berlaku/berlaku/redemptions"
)

func (s *Server) scanRoutes() {
	op := say(act("/v1/validations", tagScan, "Look at a card"),
		"Uses nothing up. A card that is not valid is an answer, not an error. scan_id stands for the scanned code for 15 minutes, for the same caller.")
	op.MaxBodyBytes = scanLimit
	op.RequestBody = example(map[string]any{"card": "7K3M9QXA", "gross": 150_000})
	route(s, op, access.Needs(actor.Validate), s.validate)
	op = say(post("/v1/redemptions", tagScan, "Record a use"),
		"Granted or refused, the answer is 201 and a record. The same Idempotency-Key with the same body answers 200 with the same record and Idempotent-Replayed: true; with another body 422; while the first is under way 409.")
	op.MaxBodyBytes = scanLimit
	op.RequestBody = example(map[string]any{
		"scan_id": exampleText("uuid"), "benefit_id": exampleText("uuid"), "gross": 150_000, "receipt_number": "A-1042", "id_checked": true,
	})
	again := jsonAnswer[redemptionBody](s)
	again.Description = "The record that this key made before."
	op.Responses = map[string]*huma.Response{"200": again}
	route(s, op, access.Needs(actor.Redeem), s.redeem)
	s.handInRoutes()
	s.useRoutes()
}

type message struct {
	ID string `json:"id" doc:"Indonesian."`
	EN string `json:"en" doc:"English."`
}

func messageOf(r redemptions.Reason) message { return message(r.Message()) }

type scanBody struct {
	Card      string     `json:"card" doc:"The scanned text, or the typed short code."`
	BenefitID *uuid.UUID `json:"benefit_id,omitempty" doc:"None: every promo of the outlet."`
	Gross     *int64     `json:"gross,omitempty" minimum:"1" maximum:"1000000000" doc:"The bill in rupiah, for the preview." example:"150000"`
}

type scannedCard struct {
	Form         string    `json:"form" enum:"phone,printed"`
	MaskedName   string    `json:"masked_name"`
	ExpiresOn    clock.Day `json:"expires_on"`
	NeedsIDCheck bool      `json:"needs_id_check" doc:"Compare the name with the KTP and send id_checked."`
}

type preview struct {
	Gross    int64 `json:"gross"`
	Discount int64 `json:"discount"`
	Net      int64 `json:"net"`
}

type eligibility struct {
	ID        uuid.UUID `json:"id"`
	Version   int       `json:"version"`
	Title     string    `json:"title"`
	Eligible  bool      `json:"eligible"`
	Reason    string    `json:"reason" doc:"Empty when eligible."`
	Message   message   `json:"message"`
	Remaining *int64    `json:"remaining" doc:"Uses of this participant that are left; null: unlimited."`
	Preview   *preview  `json:"preview,omitempty"`
}

type validationBody struct {
	Verdict   string        `json:"verdict" enum:"valid,not_valid,cannot_tell"`
	Reason    string        `json:"reason" doc:"Empty when valid."`
	Message   message       `json:"message" doc:"For the cashier, with the next step."`
	Card      *scannedCard  `json:"card,omitempty" doc:"None when it is not one of ours."`
	Benefits  []eligibility `json:"benefits" nullable:"false"`
	ScanID    uuid.UUID     `json:"scan_id"`
	CheckedAt time.Time     `json:"checked_at"`
}

func validationOf(v redemptions.Validation) validationBody {
	b := validationBody{
		Verdict: string(v.Verdict), Reason: string(v.Reason), Message: messageOf(v.Reason), Benefits: []eligibility{},
		ScanID: v.ScanID, CheckedAt: v.CheckedAt,
	}
	if v.HasCard {
		b.Card = &scannedCard{Form: v.Form, MaskedName: v.MaskedName, ExpiresOn: v.ExpiresOn, NeedsIDCheck: v.NeedsIDCheck}
	}
	for _, e := range v.Benefits {
		b.Benefits = append(b.Benefits, eligibility{
			ID: e.BenefitID, Version: e.Version, Title: e.Title, Eligible: e.Eligible, Reason: string(e.Reason),
			Message: messageOf(e.Reason), Remaining: e.Remaining, Preview: (*preview)(e.Preview),
		})
	}
	return b
}

// idempotencyKey is the header of that name: a UUID in its one written form.
type idempotencyKey struct{ uuid.UUID }

// UnmarshalText implements encoding.TextUnmarshaler.
func (k *idempotencyKey) UnmarshalText(b []byte) error {
	id, err := uuid.ParseBytes(b)
	if err != nil || len(b) != len(id.String()) {
		return errKey
	}
	k.UUID = id
	return nil
}

// Schema implements huma.SchemaProvider.
func (idempotencyKey) Schema(r huma.Registry) *huma.Schema { return uuidText{}.Schema(r) }

type useInput struct {
	Key  idempotencyKey `header:"Idempotency-Key" required:"true" doc:"A UUID that is new for each use and kept until there is an answer."`
	Body useBody
}

type useBody struct {
	ScanID        *uuid.UUID `json:"scan_id,omitempty" doc:"Of a validation by the same caller; instead of card."`
	Card          *string    `json:"card,omitempty" doc:"The scanned text or the typed short code; instead of scan_id."`
	BenefitID     uuid.UUID  `json:"benefit_id"`
	Gross         int64      `json:"gross" minimum:"1" maximum:"1000000000" doc:"The bill in whole rupiah." example:"150000"`
	ReceiptNumber string     `json:"receipt_number,omitempty" maxLength:"40" doc:"Of the till."`
	OccurredAt    *time.Time `json:"occurred_at,omitempty" doc:"None: now."`
	CashierID     *uuid.UUID `json:"cashier_id,omitempty"`
	IDChecked     bool       `json:"id_checked,omitempty" doc:"The name was compared with the KTP."`
}

func (in *useInput) request() redemptions.Request {
	b := in.Body
	r := redemptions.Request{
		Key: in.Key.UUID, ScanID: b.ScanID, BenefitID: b.BenefitID, Gross: b.Gross, ReceiptNumber: b.ReceiptNumber,
		OccurredAt: b.OccurredAt, CashierID: b.CashierID, IDChecked: b.IDChecked,
	}
	if b.Card != nil {
		r.Card, r.CardGiven = *b.Card, true
	}
	return r
}

type useOutput struct {
	Status   int
	Location string `header:"Location"`
	Replayed string `header:"Idempotent-Replayed"`
	Body     redemptionBody
}

func (s *Server) validate(ctx context.Context, in *with[scanBody]) (*out[validationBody], error) {
	q := redemptions.Scan{Card: in.Body.Card, BenefitID: in.Body.BenefitID}
	if in.Body.Gross != nil {
		q.Gross = *in.Body.Gross
	}
	var v redemptions.Validation
	err := s.notGuessing(ctx, q.Card, func() (_ redemptions.Reason, err error) {
		v, err = s.services.Redemptions.Validate(ctx, q)
		return v.Reason, err
	})
	return reply(v, err, validationOf)
}

func (s *Server) redeem(ctx context.Context, in *useInput) (*useOutput, error) {
	request := in.request()
	var r redemptions.Redemption
	var again bool
	err := s.notGuessing(ctx, request.Card, func() (_ redemptions.Reason, err error) {
		r, again, err = s.services.Redemptions.Redeem(ctx, request)
		return r.Reason, err
	})
	if err != nil {
		return nil, err
	}
	o := &useOutput{Status: http.StatusCreated, Location: "/v1/redemptions/" + r.ID.String(), Body: s.redemptionOf(r)}
	if again {
		o.Status, o.Replayed = http.StatusOK, "true"
	}
	return o, nil
}

// notGuessing judges a card, unless the caller has typed too many short codes
// that are nobody's.
func (s *Server) notGuessing(ctx context.Context, card string, judge func() (redemptions.Reason, error)) error {
	if !cards.IsShortCode(card) {
		_, err := judge()
		return err
	}
	who := actor.From(ctx)
	if err := s.limits.Guess(who); err != nil {
		return err
	}
	reason, err := judge()
	if err == nil && reason == redemptions.NotOurCard {
		s.limits.Missed(who)
	}
	return err
}
