package redemptions_test

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"

	"github.com/berlaku/berlaku/benefits"
	"github.com/berlaku/berlaku/internal/testkit"
	"github.com/berlaku/berlaku/internal/testkit/shop"
	"github.com/berlaku/berlaku/participants"
	"github.com/berlaku/berlaku/redemptions"
)

// table is a shop with a promo for offline use, a printed card and a till that
// holds an allowance.
type table struct {
	*shop.Shop
	t         *testing.T
	promo     uuid.UUID
	person    uuid.UUID
	card      string
	till      *shop.OfflineTill
	allowance uuid.UUID
}

func newTable(t *testing.T, change func(*benefits.Terms)) *table {
	t.Helper()
	w := &table{Shop: shop.New(t), t: t}
	w.promo = w.Promo(t, func(b *benefits.Terms) {
		offline(b)
		if change != nil {
			change(b)
		}
	})
	w.person = w.Person(t)
	_, w.card = w.Printed(t, w.person)
	w.till = w.OfflineTill(t, w.Outlet)
	w.allowance = allowance(t, w.Shop, w.till, w.promo).ID
	return w
}

// use signs a use of the usual card under the allowance.
func (w *table) use(with shop.Members) string {
	w.t.Helper()
	all := shop.Members{"allowance": w.allowance}
	maps.Copy(all, with)
	_, item := w.till.Use(w.t, w.card, w.promo, 50_000, all)
	return item
}

func (w *table) one(item string) redemptions.ItemResult {
	w.t.Helper()
	return one(w.t, w.Shop, w.till.Context(w.t), item)
}

// want hands in an item and compares what becomes of it.
func (w *table) want(item, outcome string, reason redemptions.Reason, flags ...string) redemptions.ItemResult {
	w.t.Helper()
	r := w.one(item)
	slices.Sort(flags)
	slices.Sort(r.Flags)
	if r.Outcome != outcome || r.Reason != string(reason) || !slices.Equal(r.Flags, flags) {
		w.t.Errorf("got %s %q %v, want %s %q %v", r.Outcome, r.Reason, r.Flags, outcome, reason, flags)
	}
	return r
}

func (w *table) stored() (redemptionRows, items int64) {
	w.t.Helper()
	return scalar(w.t, w.Shop, "SELECT count(*) FROM redemptions"), scalar(w.t, w.Shop, "SELECT count(*) FROM till_items")
}

func TestItemsThatAreNotTakenIn(t *testing.T) {
	w := newTable(t, nil)
	o, now := w.till, w.Clock.Now().Unix()
	stranger, strangerOutlet := w.NewPartner(t, "Bengkel Lain")
	foreign := w.OfflineTill(t, strangerOutlet)
	if foreign.Partner != stranger {
		t.Fatal("the other till belongs to the wrong partner")
	}
	payload := func(change func(string) string) string {
		p := fmt.Sprintf(`{"jti":%q,"seq":1,"prev":"","scanned_at":%d,"occurred_at":%d,"card":%q,"benefit":%q,"version":1,"gross":50000,"discount":10000,"net":40000,"id_checked":true,"list_age":60}`,
			uuid.New(), now, now, w.card, w.promo)
		return change(p)
	}
	same := func(p string) string { return p }
	swap := func(old, to string) func(string) string {
		return func(p string) string {
			if !strings.Contains(p, old) {
				t.Fatalf("nothing to replace: %s", old)
			}
			return strings.Replace(p, old, to, 1)
		}
	}
	signed := func(change func(string) string) string { return o.Sign(t, o.Header(), payload(change)) }
	header := func(h string) string { return o.Sign(t, h, payload(same)) }
	good := signed(same)
	parts := strings.Split(good, ".")
	other := strings.Split(signed(same), ".")
	kid := o.ID.String()
	bad := map[string]map[redemptions.Reason]string{
		"nothing":                      {redemptions.ItemMalformed: ""},
		"a line end behind":            {redemptions.ItemMalformed: good + "\n"},
		"a fourth part":                {redemptions.ItemMalformed: good + ".e30"},
		"no signature":                 {redemptions.ItemMalformed: parts[0] + "." + parts[1] + "."},
		"too long":                     {redemptions.ItemMalformed: signed(swap(w.card, strings.Repeat("A", 3000)))},
		"alg none":                     {redemptions.ItemMalformed: header(`{"alg":"none","kid":"` + kid + `","typ":"berlaku-use+jwt"}`)},
		"alg HS256":                    {redemptions.ItemMalformed: header(`{"alg":"HS256","kid":"` + kid + `","typ":"berlaku-use+jwt"}`)},
		"typ of an assertion":          {redemptions.ItemMalformed: header(`{"alg":"ES256","kid":"` + kid + `","typ":"till-assertion+jwt"}`)},
		"its own key":                  {redemptions.ItemMalformed: header(`{"alg":"ES256","jwk":{},"kid":"` + kid + `","typ":"berlaku-use+jwt"}`)},
		"an unknown crit":              {redemptions.ItemMalformed: header(`{"alg":"ES256","crit":["b64"],"kid":"` + kid + `","typ":"berlaku-use+jwt"}`)},
		"alg twice":                    {redemptions.ItemMalformed: header(`{"alg":"none","alg":"ES256","kid":"` + kid + `","typ":"berlaku-use+jwt"}`)},
		"kid in capitals":              {redemptions.ItemMalformed: header(`{"alg":"ES256","kid":"` + strings.ToUpper(kid) + `","typ":"berlaku-use+jwt"}`)},
		"an unknown member":            {redemptions.ItemMalformed: signed(swap(`{`, `{"outcome":"granted",`))},
		"a member twice":               {redemptions.ItemMalformed: signed(swap(`{`, `{"gross":1,`))},
		"a member again in capitals":   {redemptions.ItemMalformed: signed(swap(`{`, `{"GROSS":1,`))},
		"a member missing":             {redemptions.ItemMalformed: signed(swap(`"list_age":60`, `"receipt_number":"A"`))},
		"null":                         {redemptions.ItemMalformed: signed(swap(`"list_age":60`, `"list_age":null`))},
		"a bill of nothing":            {redemptions.ItemMalformed: signed(swap(`"gross":50000`, `"gross":0`))},
		"a bill above the limit":       {redemptions.ItemMalformed: signed(swap(`"gross":50000`, `"gross":1000000001`))},
		"a bill with a fraction":       {redemptions.ItemMalformed: signed(swap(`"gross":50000`, `"gross":50000.5`))},
		"a number as text":             {redemptions.ItemMalformed: signed(swap(`"seq":1`, `"seq":"1"`))},
		"number nought":                {redemptions.ItemMalformed: signed(swap(`"seq":1`, `"seq":0`))},
		"a number beyond all":          {redemptions.ItemMalformed: signed(swap(`"seq":1`, `"seq":9223372036854775807`))},
		"a time before 1970":           {redemptions.ItemMalformed: signed(swap(`"scanned_at":`, `"scanned_at":-`))},
		"a time that overflows":        {redemptions.ItemMalformed: signed(swap(`"occurred_at":`, `"occurred_at":99999999`))},
		"half a hash":                  {redemptions.ItemMalformed: signed(swap(`"prev":""`, `"prev":"AAAA"`))},
		"a key that is no key":         {redemptions.ItemMalformed: signed(swap(`"jti":"`, `"jti":"x`))},
		"a zero byte":                  {redemptions.ItemMalformed: signed(swap(`"list_age":60`, `"list_age":60,"receipt_number":"a\u0000"`))},
		"a long receipt number":        {redemptions.ItemMalformed: signed(swap(`"list_age":60`, `"list_age":60,"receipt_number":"`+strings.Repeat("9", 41)+`"`))},
		"use and void at once":         {redemptions.ItemMalformed: signed(swap(`{`, fmt.Sprintf(`{"void":%q,`, uuid.New())))},
		"more behind the object":       {redemptions.ItemMalformed: signed(func(p string) string { return p + "{}" })},
		"no UTF-8":                     {redemptions.ItemMalformed: signed(swap(`"prev":""`, "\"prev\":\"\xff\""))},
		"an edited payload":            {redemptions.ItemForged: parts[0] + "." + other[1] + "." + parts[2]},
		"a signature of nothing":       {redemptions.ItemForged: parts[0] + "." + parts[1] + "." + strings.Repeat("A", 86)},
		"the key of another":           {redemptions.ItemForged: foreign.Sign(t, o.Header(), payload(same))},
		"a till of another partner":    {redemptions.ItemUnknownTill: foreign.Sign(t, foreign.Header(), payload(same))},
		"a till that is not there":     {redemptions.ItemUnknownTill: o.Sign(t, strings.Replace(o.Header(), kid, uuid.NewString(), 1), payload(same))},
		"a till that is not confirmed": {redemptions.ItemUnknownTill: pendingItem(t, w, payload(same))},
	}
	for name, c := range bad {
		for reason, item := range c {
			r := w.one(item)
			if r.Outcome != "rejected" || r.Reason != string(reason) || r.Key != uuid.Nil || r.ID != nil {
				t.Errorf("%s: got %+v, want it rejected for %s", name, r, reason)
			}
		}
	}
	if rows, items := w.stored(); rows != 0 || items != 0 {
		t.Errorf("%d records and %d items were stored", rows, items)
	}
	if r := w.one(good); r.Outcome != "granted" {
		t.Errorf("the item that all were made from: got %+v", r)
	}
	verify(t, w.Shop)
}

// pendingItem is signed by a till that joined and waits for the owner.
func pendingItem(t *testing.T, w *table, payload string) string {
	t.Helper()
	o := *w.till
	code, err := w.Tills.Enrol(w.Owner(t), w.Outlet)
	if err != nil {
		t.Fatal(err)
	}
	known, err := w.Tills.Known(t.Context(), o.ID)
	if err != nil {
		t.Fatal(err)
	}
	pending, err := w.Tills.Join(t.Context(), code.Code, known.Point, "Kasir baru")
	if err != nil {
		t.Fatal(err)
	}
	o.ID = pending.ID
	return o.Sign(t, o.Header(), payload)
}

func TestTimesOfAnItem(t *testing.T) {
	w := newTable(t, nil)
	at := func(scanned, occurred time.Duration) string {
		return w.use(shop.Members{"scanned_at": w.Unix(scanned), "occurred_at": w.Unix(occurred)})
	}
	const week = 7 * 24 * time.Hour
	for name, c := range map[string]struct {
		item   string
		reason redemptions.Reason
		flags  []string
	}{
		"a week ago":                      {at(-week, -week), "", nil},
		"a second more than a week":       {at(-week-time.Second, -week), redemptions.ClockUntrusted, []string{"quarantined"}},
		"five minutes ahead":              {at(0, 5*time.Minute), "", nil},
		"more than five minutes ahead":    {at(0, 5*time.Minute+time.Second), redemptions.ClockUntrusted, []string{"quarantined"}},
		"scanned in the future":           {at(6*time.Minute, 6*time.Minute), redemptions.ClockUntrusted, []string{"quarantined"}},
		"used before it was scanned":      {at(-time.Minute, -2*time.Minute), redemptions.ClockUntrusted, []string{"quarantined"}},
		"used fifteen minutes after":      {at(-15*time.Minute, 0), "", nil},
		"used later after the scan":       {at(-15*time.Minute-time.Second, 0), redemptions.CodeStale, nil},
		"at the beginning of time":        {w.use(shop.Members{"scanned_at": 0, "occurred_at": 0}), redemptions.ClockUntrusted, []string{"quarantined"}},
		"with a list of 72 hours":         {w.use(shop.Members{"list_age": 259200}), "", nil},
		"with a list older than 72 hours": {w.use(shop.Members{"list_age": 259201}), redemptions.StatusListStale, nil},
	} {
		t.Run(name, func(t *testing.T) {
			w.t = t
			outcome := "granted"
			if c.reason != "" {
				outcome = "refused"
			}
			w.want(c.item, outcome, c.reason, c.flags...)
		})
	}
	verify(t, w.Shop)
}

func TestWhatIsKeptOfAQuarantinedItem(t *testing.T) {
	w := newTable(t, nil)
	item := w.use(shop.Members{"scanned_at": w.Unix(time.Hour), "occurred_at": w.Unix(time.Hour)})
	r := w.want(item, "refused", redemptions.ClockUntrusted, "quarantined")
	var sealed []byte
	if err := w.DB.From(t.Context()).Raw("SELECT text_sealed FROM till_items WHERE jti = ?", r.Key).Row().Scan(&sealed); err != nil {
		t.Fatal(err)
	}
	if strings.Contains(string(sealed), item[:40]) {
		t.Error("the item can be read without the key")
	}
	text, err := w.Keys.Unseal(redemptions.ItemPlace(w.till.ID, r.Key), sealed)
	if err != nil || text != item {
		t.Errorf("got %q %v, want the item itself", text, err)
	}
	got, err := w.Redemptions.Get(w.Supervisor(t), *r.ID)
	if err != nil || got.ParticipantID != w.person || got.Discount != 0 || !slices.Contains(got.Flags, "quarantined") {
		t.Errorf("the branch sees %+v %v", got, err)
	}
	if n := scalar(t, w.Shop, "SELECT used_uses FROM allowances"); n != 0 {
		t.Errorf("%d uses counted", n)
	}
	w.want(w.use(nil), "granted", "")
	if n := scalar(t, w.Shop, "SELECT count(*) FROM till_items WHERE text_sealed IS NOT NULL"); n != 1 {
		t.Errorf("%d texts are kept, want only the quarantined one", n)
	}
	verify(t, w.Shop)
}

func TestATillThatWasStolen(t *testing.T) {
	w := newTable(t, nil)
	before := w.use(nil)
	early := w.use(nil)
	earlyKey := w.one(early).Key
	w.Clock.Advance(time.Hour)
	if _, err := w.Tills.Revoke(w.Owner(t), w.till.ID); err != nil {
		t.Fatal(err)
	}
	justBefore := w.use(shop.Members{"scanned_at": w.Unix(-4 * time.Minute), "occurred_at": w.Unix(-4 * time.Minute)})
	w.Clock.Advance(time.Minute)
	after := w.use(nil)
	_, void := w.till.Void(t, earlyKey, nil)
	ctx := w.till.Ended(t)
	b := handIn(t, w.Shop, ctx, before, justBefore, after, void, early)
	var got []string
	for _, r := range b.Results {
		got = append(got, fmt.Sprint(r.Outcome, " ", r.Reason, " ", r.Flags))
	}
	want := []string{
		"granted  [till_revoked]", "refused till_revoked [quarantined]", "refused till_revoked [quarantined]",
		"refused till_revoked [quarantined]", "granted  []",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if r, err := w.Redemptions.Get(w.Supervisor(t), *b.Results[4].ID); err != nil || r.State != redemptions.Recorded {
		t.Errorf("a thief took a use back: %v %v", r.State, err)
	}
	if n := scalar(t, w.Shop, "SELECT count(*) FROM till_items WHERE text_sealed IS NOT NULL"); n != 3 {
		t.Errorf("%d texts are kept, want 3", n)
	}
	// What it dates back without an allowance is bounded.
	var bare []string
	for range redemptions.OfflinePerDay + 2 {
		bare = append(bare, w.use(shop.Members{"scanned_at": w.Unix(-30 * time.Minute), "occurred_at": w.Unix(-30 * time.Minute), "allowance": nil}))
	}
	granted := 0
	for _, r := range handIn(t, w.Shop, ctx, bare...).Results {
		if r.Outcome == "granted" {
			granted++
		} else if r.Reason != string(redemptions.OfflineAllowanceSpent) && r.Reason != string(redemptions.LimitParticipant) {
			t.Errorf("without an allowance: %s %q", r.Outcome, r.Reason)
		}
	}
	if granted != redemptions.OfflinePerDay {
		t.Errorf("%d uses without an allowance, want %d", granted, redemptions.OfflinePerDay)
	}
	// The phone was enrolled again: the old queue comes in under the new till.
	again := w.OfflineTill(t, w.Outlet)
	if diff := cmp.Diff(b.Results, handIn(t, w.Shop, again.Context(t), before, justBefore, after, void, early).Results); diff != "" {
		t.Errorf("handed in by the new till: %s", diff)
	}
	verify(t, w.Shop)
}

func TestTheChainTellsWhatIsMissingBrokenAndForked(t *testing.T) {
	w := newTable(t, nil)
	var items []string
	add := func(with shop.Members) { items = append(items, w.use(with)) }
	for range 3 {
		add(nil)
	}
	w.till.Seq++ // number 4 is never handed in
	lost := w.till.Prev
	add(nil)                                         // 5: its forerunner is not here, so nobody can tell
	add(shop.Members{"prev": lost})                  // 6 names another than 5
	add(nil)                                         // 7
	add(shop.Members{"seq": 7, "prev": w.till.Prev}) // 7 again
	w.till.Seq++                                     // 8 was taken by number 7
	add(shop.Members{"prev": nil, "seq": int64(10)}) // malformed: no prev at all
	add(shop.Members{"prev": "", "seq": int64(10)})  // 10 begins a chain of its own
	want := redemptions.Chain{Highest: 10, Next: 11, Missing: []int64{4, 8, 9}, Broken: []int64{6, 7, 10}, Forked: []int64{7}}
	for range 2 {
		slices.Reverse(items)
		for _, item := range items {
			handIn(t, w.Shop, w.till.Context(t), item)
		}
		if diff := cmp.Diff(want, handIn(t, w.Shop, w.till.Context(t), items[0]).Chain); diff != "" {
			t.Error(diff)
		}
	}
	other := w.OfflineTill(t, w.Outlet)
	if diff := cmp.Diff(redemptions.Chain{Next: 1, Missing: []int64{}, Broken: []int64{}, Forked: []int64{}}, handIn(t, w.Shop, other.Context(t), items[0]).Chain); diff != "" {
		t.Errorf("of a till that has none: %s", diff)
	}
}

func TestAPurgeLeavesNoGap(t *testing.T) {
	w := newTable(t, nil)
	for range 3 {
		w.want(w.use(nil), "granted", "")
	}
	w.Clock.Advance(60 * 24 * time.Hour)
	late := w.use(nil)
	w.one(late)
	w.Clock.Advance(31 * 24 * time.Hour)
	if _, err := w.Redemptions.Purge(testkit.System(t)); err != nil {
		t.Fatal(err)
	}
	if _, items := w.stored(); items != 1 {
		t.Errorf("%d items are left, want 1", items)
	}
	want := redemptions.Chain{Highest: 4, Next: 5, Missing: []int64{}, Broken: []int64{}, Forked: []int64{}}
	if diff := cmp.Diff(want, handIn(t, w.Shop, w.till.Context(t), late).Chain); diff != "" {
		t.Error(diff)
	}
	w.Clock.Advance(90 * 24 * time.Hour)
	if _, err := w.Redemptions.Purge(testkit.System(t)); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, handIn(t, w.Shop, w.till.Context(t), "").Chain); diff != "" {
		t.Errorf("after all were forgotten: %s", diff)
	}
}

// What the till could not have known does not undo what it gave.
func TestWhatHappenedAfterTheListWasMade(t *testing.T) {
	day := 24 * time.Hour
	revoke := func(w *table) {
		card, err := w.Cards.List(w.Supervisor(w.t), w.person)
		if err != nil {
			w.t.Fatal(err)
		}
		if _, err := w.Cards.Revoke(w.Supervisor(w.t), card[0].ID, "lost"); err != nil {
			w.t.Fatal(err)
		}
	}
	end := func(w *table) {
		m := w.Membership(1)
		m.Status, m.StatusAsOf = participants.Inactive, m.StatusAsOf.AddDays(1)
		if _, err := w.Participants.SetMembership(testkit.System(w.t), w.person, *m); err != nil {
			w.t.Fatal(err)
		}
	}
	both := func(w *table) { revoke(w); end(w) }
	for name, c := range map[string]struct {
		change  func(*table)
		listAge time.Duration // at the scan, an hour after the change
		reason  redemptions.Reason
		flags   []string
	}{
		"a card revoked after the list was made":     {revoke, 2 * time.Hour, "", []string{"status_changed"}},
		"a card revoked before the list was made":    {revoke, 30 * time.Minute, redemptions.CardRevoked, nil},
		"a membership ended after the list was made": {end, 2 * time.Hour, "", []string{"status_changed"}},
		"a membership ended before":                  {end, 30 * time.Minute, redemptions.MembershipInactive, nil},
		"both, after":                                {both, 2 * time.Hour, "", []string{"status_changed"}},
		"both, before":                               {both, 30 * time.Minute, redemptions.CardRevoked, nil},
	} {
		t.Run(name, func(t *testing.T) {
			w := newTable(t, nil)
			w.Clock.Advance(day)
			c.change(w)
			w.Clock.Advance(time.Hour)
			item := w.use(shop.Members{"list_age": int64(c.listAge / time.Second)})
			outcome := "granted"
			if c.reason != "" {
				outcome = "refused"
			}
			w.want(item, outcome, c.reason, c.flags...)
			verify(t, w.Shop)
		})
	}
}

func TestRulesOfAUseWithoutTheServer(t *testing.T) {
	t.Run("a promo that needs the server", func(t *testing.T) {
		w := newTable(t, nil)
		promo := w.Promo(t, nil)
		_, item := w.till.Use(t, w.card, promo, 50_000, nil)
		w.want(item, "refused", redemptions.OfflineNotAllowed)
	})
	t.Run("a promo of another partner, a version that never was", func(t *testing.T) {
		w := newTable(t, nil)
		_, absent := w.till.Use(t, w.card, uuid.New(), 50_000, shop.Members{"discount": 0, "net": 50_000})
		w.want(absent, "refused", redemptions.BenefitNotLive)
		w.want(w.use(shop.Members{"version": 2, "discount": 0, "net": 50_000}), "refused", redemptions.BenefitNotLive)
	})
	t.Run("a typed code is not looked up", func(t *testing.T) {
		w := newTable(t, nil)
		cards, err := w.Cards.List(w.Supervisor(t), w.person)
		if err != nil {
			t.Fatal(err)
		}
		w.want(w.use(shop.Members{"card": cards[0].ShortCode}), "refused", redemptions.OfflineNotAllowed)
	})
	t.Run("a code shown once is used once", func(t *testing.T) {
		w := newTable(t, nil)
		code := w.Phone(t, w.person).Show(t, w.Clock.Now())
		w.want(w.use(shop.Members{"card": code, "id_checked": false}), "granted", "")
		w.want(w.use(shop.Members{"card": code, "id_checked": false}), "refused", redemptions.CodeReplayed)
	})
	t.Run("a printed card without a look at the KTP", func(t *testing.T) {
		w := newTable(t, nil)
		w.want(w.use(shop.Members{"id_checked": false}), "refused", redemptions.NeedsIDCheck)
	})
	t.Run("the server's sum counts", func(t *testing.T) {
		w := newTable(t, nil)
		r := w.want(w.use(shop.Members{"discount": 50_000, "net": 0}), "granted", "", "amount_differs")
		if got, err := w.Redemptions.Get(w.Supervisor(t), *r.ID); err != nil || got.Discount != 10_000 || got.Net != 40_000 {
			t.Errorf("got Rp%d off, %v, want Rp10000", got.Discount, err)
		}
		w.want(w.use(shop.Members{"net": 39_999}), "granted", "", "amount_differs")
	})
	t.Run("cashiers of the outlet, of another, and of nowhere", func(t *testing.T) {
		w := newTable(t, nil)
		here, err := w.Tills.AddCashier(w.Owner(t), w.Outlet, "Sari", "482913")
		if err != nil {
			t.Fatal(err)
		}
		there, err := w.Tills.AddCashier(w.Owner(t), w.Outlet2, "Rina", "482913")
		if err != nil {
			t.Fatal(err)
		}
		w.want(w.use(shop.Members{"cashier": here.ID}), "granted", "")
		w.want(w.use(shop.Members{"cashier": there.ID}), "granted", "", "cashier_unknown")
		w.want(w.use(shop.Members{"cashier": uuid.New()}), "granted", "", "cashier_unknown")
		r := request(w.card, w.promo, 10_000)
		for id, want := range map[uuid.UUID][]string{here.ID: {}, there.ID: {"cashier_unknown"}, uuid.New(): {"cashier_unknown"}} {
			r.Key, r.CashierID = uuid.New(), &id
			got, _, err := w.Redemptions.Redeem(w.till.Context(t), r)
			if err != nil || got.Outcome != redemptions.Granted || !slices.Equal(got.Flags, want) {
				t.Errorf("online: got %s %v %v, want %v", got.Outcome, got.Flags, err, want)
			}
		}
		if _, err := w.Tills.EndCashier(w.Owner(t), here.ID); err != nil {
			t.Fatal(err)
		}
		w.want(w.use(shop.Members{"cashier": here.ID}), "granted", "", "cashier_unknown")
	})
	t.Run("exclusive on one receipt", func(t *testing.T) {
		w := newTable(t, func(b *benefits.Terms) { b.Stacking = benefits.Exclusive })
		r := request(w.card, w.Promo(t, nil), 10_000)
		r.ReceiptNumber = "A-1"
		if got, _, err := w.Redemptions.Redeem(w.Till(t, w.Outlet), r); err != nil || got.Outcome != redemptions.Granted {
			t.Fatal(got.Reason, err)
		}
		w.want(w.use(shop.Members{"receipt_number": "a-1"}), "granted", "", "not_stackable")
		w.want(w.use(shop.Members{"receipt_number": "a-2"}), "granted", "")
	})
	t.Run("what an allowance does not cover comes from the total", func(t *testing.T) {
		w := newTable(t, func(b *benefits.Terms) { b.Offline.Allowance, b.Limits.TotalCount = 1, ptr(int64(2)) })
		w.want(w.use(nil), "granted", "")
		w.want(w.use(nil), "granted", "", "no_allowance")
		w.want(w.use(nil), "refused", redemptions.OfflineAllowanceSpent)
	})
	t.Run("and from none that has stopped", func(t *testing.T) {
		w := newTable(t, nil)
		under, beside := w.use(nil), w.use(shop.Members{"allowance": nil})
		if _, err := w.Benefits.Pause(w.Owner(t), w.promo); err != nil {
			t.Fatal(err)
		}
		w.want(under, "granted", "")
		w.want(beside, "refused", redemptions.BenefitNotLive)
	})
}
