package redemptions

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/google/uuid"

	"github.com/berlaku/berlaku/internal/actor"
	"github.com/berlaku/berlaku/internal/fault"
	"github.com/berlaku/berlaku/partners"
	"github.com/berlaku/berlaku/tills"
)

// MaxItems is how many items a till hands in at a time.
const MaxItems = 200

// ErrItems occurs when a batch holds no item or more than MaxItems.
var ErrItems = fault.New(fault.Invalid, "items_out_of_range", "Hand in 1 to 200 items at a time.")

// Rejected is the outcome of an item that was not taken in: nothing is stored.
const Rejected Outcome = "rejected"

// The reasons of rejected items. They say nothing of a card or a promo.
const (
	ItemMalformed   Reason = "item_malformed"    // not to be read
	ItemForged      Reason = "item_forged"       // not signed by the till that it names
	ItemUnknownTill Reason = "item_unknown_till" // no till of the caller's partner
	KeyReused       Reason = "key_reused"        // its jti is known with other content
)

// Batch is the answer to the items that a till handed in.
type Batch struct {
	Results []ItemResult // in the order of the items
	Chain   Chain        // of the till that hands in
}

// ItemResult is what became of one item. Outcome and Reason never change.
type ItemResult struct {
	Key         uuid.UUID  // its jti; zero unless the signature was good
	Outcome     string     // granted, refused or rejected
	Reason      string     // as a partner may know it; empty when granted
	ID          *uuid.UUID // the redemption; nil: rejected, or a void whose use has not come yet
	Flags       []string
	ReceiptCode string // of a granted use
}

// Sync takes in the items of a till's queue: uses and voids that it signed while
// it had no network, in any order, cut and repeated. Each gets one verdict, on
// arrival, that is repeated for ever; each is a transaction of its own, so that
// a Sync that fails in the middle is simply sent again. Items of other tills of
// the same partner are taken in too. It returns ErrCaller or ErrItems; all that
// concerns an item is in its result.
func (s *Service) Sync(ctx context.Context, items []string) (Batch, error) {
	who := actor.From(ctx)
	if who.Kind != actor.Till || !who.Can(actor.HandIn) {
		return Batch{}, ErrCaller
	}
	if len(items) == 0 || len(items) > MaxItems {
		return Batch{}, ErrItems.At("/items")
	}
	in := handIn{
		s: s, partner: who.PartnerID, tills: map[uuid.UUID]tills.Till{}, outlets: map[uuid.UUID]partners.Outlet{},
		results: make([]ItemResult, len(items)),
	}
	for i, text := range items {
		if err := in.read(ctx, i, text); err != nil {
			return Batch{}, err
		}
	}
	if err := in.take(ctx); err != nil {
		return Batch{}, fmt.Errorf("take in items: %w", err)
	}
	chain, err := s.chain(ctx, who.ID)
	if err != nil {
		return Batch{}, fmt.Errorf("read chain: %w", err)
	}
	return Batch{Results: in.results, Chain: chain}, nil
}

// handIn is one Sync under way.
type handIn struct {
	s       *Service
	partner uuid.UUID
	tills   map[uuid.UUID]tills.Till
	outlets map[uuid.UUID]partners.Outlet
	good    []placed
	known   map[itemKey]*itemRow // of those, before the batch
	results []ItemResult
}

// itemKey is what makes an item the same.
type itemKey struct{ till, jti uuid.UUID }

// placed is an item with its place in the batch.
type placed struct {
	*item
	at int
}

// read keeps an item that is what it says it is, and rejects others.
func (in *handIn) read(ctx context.Context, at int, text string) error {
	it, ok := readItem(text)
	if !ok {
		in.results[at] = rejected(uuid.Nil, ItemMalformed)
		return nil
	}
	t, err := in.till(ctx, it.kid)
	switch {
	case errors.Is(err, tills.ErrNotFound):
		in.results[at] = rejected(uuid.Nil, ItemUnknownTill)
	case err != nil:
		return err
	case !it.signedBy(t):
		in.results[at] = rejected(uuid.Nil, ItemForged)
	default:
		in.good = append(in.good, placed{it, at})
	}
	return nil
}

// till returns a till of the partner that was ever active, or tills.ErrNotFound.
func (in *handIn) till(ctx context.Context, id uuid.UUID) (tills.Till, error) {
	if t, ok := in.tills[id]; ok {
		return t, nil
	}
	t, err := in.s.Tills.Known(ctx, id)
	if err != nil {
		return t, fmt.Errorf("look up till of item: %w", err)
	}
	if t.PartnerID != in.partner || t.ConfirmedAt.IsZero() {
		return tills.Till{}, tills.ErrNotFound
	}
	in.tills[id] = t
	return t, nil
}

func (in *handIn) outlet(ctx context.Context, id uuid.UUID) (partners.Outlet, error) {
	if o, ok := in.outlets[id]; ok {
		return o, nil
	}
	o, err := in.s.Partners.Outlet(ctx, id)
	if err != nil {
		return o, fmt.Errorf("look up outlet of item: %w", err)
	}
	in.outlets[id] = o
	return o, nil
}

// take decides the items one by one, in the order in which each till signed them.
func (in *handIn) take(ctx context.Context) error {
	known, err := in.s.knownItems(ctx, in.good)
	if err != nil {
		return err
	}
	in.known = known
	slices.SortStableFunc(in.good, func(a, b placed) int {
		if a.kid != b.kid {
			return slices.Compare(a.kid[:], b.kid[:])
		}
		return int(a.seq - b.seq)
	})
	for _, p := range in.good {
		result, err := in.decide(ctx, p.item)
		if err != nil {
			return err
		}
		in.results[p.at] = result
	}
	return nil
}

// decide returns the verdict of an item, the old one where there is one.
func (in *handIn) decide(ctx context.Context, it *item) (ItemResult, error) {
	if known := in.known[itemKey{it.kid, it.jti}]; known != nil {
		return in.s.repeat(ctx, known, it)
	}
	if it.kind == kindVoid {
		return in.s.takeVoid(ctx, it)
	}
	u, err := in.prepare(ctx, it)
	if err != nil {
		return ItemResult{}, err
	}
	return in.s.takeUse(ctx, u)
}

// onArrival runs f in a transaction that holds the till, unless the item came in
// meanwhile: then the answer is its verdict. f gets the till as it stands then.
func (s *Service) onArrival(ctx context.Context, it *item, f func(context.Context, tills.Till) (ItemResult, error)) (ItemResult, error) {
	var out ItemResult
	err := s.DB.InTx(ctx, func(ctx context.Context) error {
		if err := s.lockTill(ctx, it.kid); err != nil {
			return err
		}
		known, err := s.knownItem(ctx, it.kid, it.jti)
		if err == nil {
			out, err = s.repeat(ctx, &known, it)
			return err
		}
		if !errors.Is(err, errNoItem) {
			return err
		}
		t, err := s.Tills.Known(ctx, it.kid)
		if err != nil {
			return err
		}
		out, err = f(ctx, t)
		return err
	})
	return out, err
}

// repeat tells the verdict of an item that is known.
func (s *Service) repeat(ctx context.Context, known *itemRow, it *item) (ItemResult, error) {
	if !slices.Equal(known.ClaimsHash, it.claims) {
		return rejected(it.jti, KeyReused), nil
	}
	if known.RedemptionID == nil {
		return known.result(nil), nil
	}
	r, err := s.byID(ctx, known.ParticipantID, *known.RedemptionID)
	if err != nil {
		return ItemResult{}, fmt.Errorf("read redemption of item: %w", err)
	}
	return known.result(&r), nil
}

func rejected(key uuid.UUID, why Reason) ItemResult {
	return ItemResult{Key: key, Outcome: string(Rejected), Reason: string(why), Flags: []string{}}
}

// result is what the till is told about a stored item; r is the redemption that
// it is about, nil when there is none yet.
func (row *itemRow) result(r *Redemption) ItemResult {
	out := ItemResult{Key: row.JTI, Outcome: row.Outcome, Reason: string(Reason(row.Reason).ToPartner()), ID: row.RedemptionID, Flags: []string{}}
	if row.Kind == kindVoid {
		if row.TextSealed != nil {
			out.Flags = append(out.Flags, flagQuarantined)
		}
		if r != nil && row.OccurredAt.Sub(r.OccurredAt) > VoidWindow {
			out.Flags = append(out.Flags, flagLateVoid)
		}
		return out
	}
	if r != nil {
		out.Flags = r.flagsNow()
		if r.Outcome == Granted {
			out.ReceiptCode = r.ReceiptCode
		}
	}
	return out
}
