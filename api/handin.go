package api

import (
	"context"
	"time"

	"github.com/google/uuid"

	"github.com/berlaku/berlaku/api/access"
	"github.com/berlaku/berlaku/internal/actor"
	"github.com/berlaku/berlaku/internal/words"
	"github.com/berlaku/berlaku/redemptions"
)

// batchLimit fits 200 items of 4,096 bytes.
const batchLimit = 1 << 20

func (s *Server) handInRoutes() {
	op := say(act("/v1/redemptions/batch", tagScan, "Hand in what a till recorded by itself"),
		"Uses and voids that a till signed while it had no network: each a JWS, ES256, typ berlaku-use+jwt, with its number in the till's chain. In any order, as often as needed, cut anywhere: each item gets one verdict, which never changes. Results stand in the order of the items. Forget an item only when its result is there. "+
			"Of another till of the same partner too. A till that was ended may still hand in what it recorded before: with its last bearer, or with an assertion made for this address (hand_in_audience) as the bearer itself, each once.")
	op.MaxBodyBytes = batchLimit
	route(s, op, access.Needs(actor.HandIn).Limited(actor.Till, 30, time.Minute), s.handIn)
}

type batchBody struct {
	Items []string `json:"items" nullable:"false" minItems:"1" maxItems:"200" doc:"Each at most 4,096 bytes."`
}

type itemResult struct {
	Key     string       `json:"key" doc:"The item's jti; empty when the item cannot be read or its signature is not good."`
	Outcome string       `json:"outcome" enum:"granted,refused,rejected" doc:"rejected: not taken in; sending it again gives the same."`
	Reason  string       `json:"reason" doc:"Empty when granted."`
	Message message      `json:"message" doc:"For the cashier, with the next step."`
	ID      *uuid.UUID   `json:"id" nullable:"true" doc:"Of the record; null: there is none, or a void whose use has not come yet."`
	Flags   []string     `json:"flags" nullable:"false"`
	Receipt *receiptLink `json:"receipt,omitempty"`
}

type chainBody struct {
	Highest int64   `json:"highest" doc:"The highest number that came; 0: none."`
	Next    int64   `json:"next" doc:"The number of the till's next item."`
	Missing []int64 `json:"missing" nullable:"false" doc:"Numbers below the highest that have not come; at most 100."`
	Broken  []int64 `json:"broken" nullable:"false" doc:"Numbers of items that do not continue the one before; at most 100."`
	Forked  []int64 `json:"forked" nullable:"false" doc:"Numbers that came more than once with other contents; at most 100."`
}

type batchResult struct {
	Results []itemResult `json:"results" nullable:"false"`
	Chain   chainBody    `json:"chain" doc:"Of the till that calls."`
}

func (s *Server) handIn(ctx context.Context, in *with[batchBody]) (*out[batchResult], error) {
	b, err := s.services.Redemptions.Sync(ctx, in.Body.Items)
	return reply(b, err, s.batchOf)
}

func (s *Server) batchOf(b redemptions.Batch) batchResult {
	out := batchResult{Results: make([]itemResult, len(b.Results)), Chain: chainOf(b.Chain)}
	for i, r := range b.Results {
		out.Results[i] = s.itemOf(r)
	}
	return out
}

// itemOf puts the verdict of an item into words. A void that is granted has no
// receipt, a use always one.
func (s *Server) itemOf(r redemptions.ItemResult) itemResult {
	b := itemResult{Outcome: r.Outcome, Reason: r.Reason, ID: r.ID, Flags: append([]string{}, r.Flags...), Message: messageOf(redemptions.Reason(r.Reason))}
	if r.Key != uuid.Nil {
		b.Key = r.Key.String()
	}
	switch {
	case r.Outcome == string(redemptions.Granted) && r.ReceiptCode == "":
		b.Message = sentence("voided")
	case r.Outcome == string(redemptions.Granted):
		b.Message, b.Receipt = sentence("granted"), s.receiptAt(r.ReceiptCode)
	}
	return b
}

// sentence returns one of the texts that both faces and apps share.
func sentence(code string) message {
	id, en := words.Reason(code)
	return message{ID: id, EN: en}
}

func chainOf(c redemptions.Chain) chainBody {
	return chainBody{
		Highest: c.Highest, Next: c.Next, Missing: append([]int64{}, c.Missing...), Broken: append([]int64{}, c.Broken...),
		Forked: append([]int64{}, c.Forked...),
	}
}
