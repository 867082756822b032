package partners_test

import (
	"context"
	"errors"
	"fmt"
	"math"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"

	"github.com/berlaku/berlaku/internal/actor"
	"github.com/berlaku/berlaku/internal/fault"
	"github.com/berlaku/berlaku/internal/page"
	"github.com/berlaku/berlaku/partners"
)

func fields(err error) map[string]string {
	f, ok := errors.AsType[*fault.Error](err)
	if !ok {
		return nil
	}
	out := map[string]string{}
	for _, p := range f.Fields {
		out[p.Pointer] = p.Code
	}
	return out
}

func TestWhatIsOutOfReachIsNotThere(t *testing.T) {
	w := newWorld(t)
	p := w.bring(t, partners.Active)
	o := must[page.Of[partners.Outlet]](t)(w.Outlets(w.officer, p.ID, page.Request{Limit: 10})).Items[0]
	other := w.newPartner(t)
	strangers := map[string]context.Context{
		"nobody":                      t.Context(),
		"the owner of another":        as(t, actor.PartnerOwner, actor.PartnerScope, other.ID),
		"a supervisor elsewhere":      as(t, actor.BranchSupervisor, actor.BranchScope, donggala),
		"an agent":                    as(t, actor.Agent, actor.WadahScope, uuid.New()),
		"an owner by the id of Palu":  as(t, actor.PartnerOwner, actor.PartnerScope, palu),
		"a supervisor by partner id":  as(t, actor.BranchSupervisor, actor.BranchScope, p.ID),
		"a till system at the outlet": actor.With(t.Context(), actor.Actor{Kind: actor.APIKey, ID: uuid.New(), OutletID: o.ID, PartnerID: p.ID, Permissions: []actor.Permission{actor.Validate}}),
	}
	for name, ctx := range strangers {
		for what, err := range reaches(w, ctx, p.ID, o.ID) {
			if !errors.Is(err, partners.ErrNotFound) && !errors.Is(err, partners.ErrOutletNotFound) {
				t.Errorf("%s, %s: got %v, want not found", name, what, err)
			}
		}
		list := must[page.Of[partners.Partner]](t)(w.List(ctx, partners.Filter{}, page.Request{Limit: 10}))
		for _, item := range list.Items {
			if item.ID == p.ID {
				t.Errorf("%s lists it", name)
			}
		}
	}
	for what, err := range reaches(w, w.admin, uuid.New(), uuid.New()) {
		if !errors.Is(err, partners.ErrNotFound) && !errors.Is(err, partners.ErrOutletNotFound) {
			t.Errorf("absent, %s: got %v, want not found", what, err)
		}
	}
}

func reaches(w *world, ctx context.Context, p, o uuid.UUID) map[string]error {
	got := map[string]error{}
	for _, step := range []partners.Step{"submit", "approve", "reject", "activate", "suspend", "resume", "end"} {
		_, got[string(step)] = w.step(ctx, p, step)
	}
	_, got["get"] = w.Get(ctx, p)
	_, got["update"] = w.Update(ctx, p, partners.Profile{Name: "x"})
	_, got["agreements"] = w.Agreements(ctx, p)
	_, got["create agreement"] = w.CreateAgreement(ctx, p, partners.NewAgreement{Number: "9", StartsOn: "2026-01-01", EndsOn: "2026-12-31"})
	_, got["outlets"] = w.Outlets(ctx, p, page.Request{Limit: 10})
	_, got["create outlet"] = w.CreateOutlet(ctx, p, shop())
	_, got["get outlet"] = w.GetOutlet(ctx, o)
	_, got["update outlet"] = w.UpdateOutlet(ctx, o, shop())
	_, got["close outlet"] = w.CloseOutlet(ctx, o)
	return got
}

func TestOwnersSeeTheirOwnAndCannotDecide(t *testing.T) {
	w := newWorld(t)
	p := w.newPartner(t)
	w.newPartner(t)
	owner := as(t, actor.PartnerOwner, actor.PartnerScope, p.ID)
	list := must[page.Of[partners.Partner]](t)(w.List(owner, partners.Filter{}, page.Request{Limit: 10}))
	if len(list.Items) != 1 || list.Items[0].ID != p.ID {
		t.Errorf("the owner lists %d partners", len(list.Items))
	}
	must[partners.Outlet](t)(w.CreateOutlet(owner, p.ID, shop()))
	if _, err := w.CreateAgreement(owner, p.ID, partners.NewAgreement{Number: "1", StartsOn: "2026-01-01", EndsOn: "2026-12-31"}); !errors.Is(err, partners.ErrStaffOnly) {
		t.Errorf("an owner entered an agreement: %v", err)
	}
	must[partners.Partner](t)(w.Submit(owner, p.ID))
	if _, err := w.Approve(owner, p.ID); !errors.Is(err, partners.ErrNotFound) {
		t.Errorf("an owner approved: %v", err)
	}
	if _, err := w.Create(owner, partners.NewPartner{SectorID: w.sector.ID, BranchID: palu, Profile: partners.Profile{Name: "x"}}); fields(err)["/branch_id"] != "unknown" {
		t.Errorf("an owner created a partner: %v", err)
	}
}

func TestListsArePagedAndFiltered(t *testing.T) {
	w := newWorld(t)
	var want []uuid.UUID
	for range 5 {
		w.clock.Advance(time.Second)
		want = append([]uuid.UUID{w.newPartner(t).ID}, want...)
	}
	must[partners.Partner](t)(w.Submit(w.officer, want[2]))
	var got []uuid.UUID
	for cursor := ""; ; {
		r := must[page.Request](t)(page.Parse(2, cursor))
		p := must[page.Of[partners.Partner]](t)(w.List(w.officer, partners.Filter{BranchID: palu, SectorID: w.sector.ID}, r))
		for _, item := range p.Items {
			got = append(got, item.ID)
		}
		if cursor = p.NextCursor; cursor == "" {
			break
		}
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	sub := must[page.Of[partners.Partner]](t)(w.List(w.admin, partners.Filter{State: partners.Submitted}, page.Request{Limit: 10}))
	if len(sub.Items) != 1 || sub.Items[0].ID != want[2] {
		t.Errorf("the filter by state gave %d", len(sub.Items))
	}
}

func TestWrongProfilesNameEveryPlace(t *testing.T) {
	w := newWorld(t)
	cases := map[string]struct {
		change func(*partners.NewPartner)
		want   map[string]string
	}{
		"no name":                    {func(n *partners.NewPartner) { n.Name = "  " }, map[string]string{"/name": "required"}},
		"a name of 121 letters":      {func(n *partners.NewPartner) { n.Name = strings.Repeat("a", 121) }, map[string]string{"/name": "too_long"}},
		"a NUL in the name":          {func(n *partners.NewPartner) { n.Name = "a\x00b" }, map[string]string{"/name": "not_text"}},
		"a name that is not UTF-8":   {func(n *partners.NewPartner) { n.Name = "a\xffb" }, map[string]string{"/name": "not_text"}},
		"an NIB of 12 digits":        {func(n *partners.NewPartner) { n.NIB = "123456789012" }, map[string]string{"/nib": "format"}},
		"an NIB with a line end":     {func(n *partners.NewPartner) { n.NIB = "1234567890123\n" }, map[string]string{"/nib": "format"}},
		"an NPWP of 14 digits":       {func(n *partners.NewPartner) { n.NPWP = "12345678901234" }, map[string]string{"/npwp": "format"}},
		"an NPWP of 17 digits":       {func(n *partners.NewPartner) { n.NPWP = "12345678901234567" }, map[string]string{"/npwp": "format"}},
		"a phone with letters":       {func(n *partners.NewPartner) { n.Contact.Phone = "0812abc" }, map[string]string{"/contact/phone": "format"}},
		"an address without a place": {func(n *partners.NewPartner) { n.Contact.Email = "kenari" }, map[string]string{"/contact/email": "format"}},
		"an unknown sector":          {func(n *partners.NewPartner) { n.SectorID = uuid.New() }, map[string]string{"/sector_id": "unknown"}},
		"a branch of others":         {func(n *partners.NewPartner) { n.BranchID = donggala }, map[string]string{"/branch_id": "unknown"}},
		"an absent branch":           {func(n *partners.NewPartner) { n.BranchID = uuid.New() }, map[string]string{"/branch_id": "unknown"}},
		"all at once": {func(n *partners.NewPartner) { *n = partners.NewPartner{Profile: partners.Profile{NIB: "1"}} },
			map[string]string{"/name": "required", "/nib": "format", "/sector_id": "unknown", "/branch_id": "unknown"}},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			n := partners.NewPartner{SectorID: w.sector.ID, BranchID: palu, Profile: partners.Profile{Name: "A", NPWP: "1234567890123456"}}
			c.change(&n)
			_, err := w.Create(w.officer, n)
			if !errors.Is(err, partners.ErrInvalid) {
				t.Fatalf("got %v, want ErrInvalid", err)
			}
			if diff := cmp.Diff(c.want, fields(err)); diff != "" {
				t.Error(diff)
			}
		})
	}
	must[partners.Partner](t)(w.Create(w.officer, partners.NewPartner{SectorID: w.sector.ID, BranchID: palu, Profile: partners.Profile{Name: "A", NPWP: "123456789012345"}}))
}

func TestWrongOutletsNameEveryPlace(t *testing.T) {
	w := newWorld(t)
	p := w.newPartner(t)
	cases := map[string]struct {
		change func(*partners.OutletProfile)
		want   map[string]string
	}{
		"no name":             {func(o *partners.OutletProfile) { o.Name = "" }, map[string]string{"/name": "required"}},
		"no address":          {func(o *partners.OutletProfile) { o.Address = " " }, map[string]string{"/address": "required"}},
		"an unknown region":   {func(o *partners.OutletProfile) { o.RegionCode = "99.99" }, map[string]string{"/region_code": "unknown"}},
		"a region with a NUL": {func(o *partners.OutletProfile) { o.RegionCode = "72\x00" }, map[string]string{"/region_code": "unknown"}},
		"an unknown zone":     {func(o *partners.OutletProfile) { o.Zone = "Asia/Palu" }, map[string]string{"/zone": "unknown"}},
		"no zone":             {func(o *partners.OutletProfile) { o.Zone = "" }, map[string]string{"/zone": "unknown"}},
		"the machine's zone":  {func(o *partners.OutletProfile) { o.Zone = "Local" }, map[string]string{"/zone": "unknown"}},
		"a zone that is a path": {func(o *partners.OutletProfile) { o.Zone = "../../etc/passwd" },
			map[string]string{"/zone": "unknown"}},
		"half a point":      {func(o *partners.OutletProfile) { o.Longitude = nil }, map[string]string{"/longitude": "required"}},
		"north of the pole": {func(o *partners.OutletProfile) { o.Latitude = new(90.1) }, map[string]string{"/latitude": "out_of_range"}},
		"no number":         {func(o *partners.OutletProfile) { o.Latitude = new(math.NaN()) }, map[string]string{"/latitude": "out_of_range"}},
		"beyond the date line": {func(o *partners.OutletProfile) { o.Longitude = new(-180.5) },
			map[string]string{"/longitude": "out_of_range"}},
		"an eighth day":    {func(o *partners.OutletProfile) { o.Hours[0].Day = 8 }, map[string]string{"/hours/0/day": "out_of_range"}},
		"a 25th hour":      {func(o *partners.OutletProfile) { o.Hours[0].To = "25:00" }, map[string]string{"/hours/0/to": "format"}},
		"an hour unpadded": {func(o *partners.OutletProfile) { o.Hours[0].From = "8:00" }, map[string]string{"/hours/0/from": "format"}},
		"too many hours":   {func(o *partners.OutletProfile) { o.Hours = make([]partners.Hours, 43) }, map[string]string{"/hours": "too_many"}},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			o := shop()
			c.change(&o)
			_, err := w.CreateOutlet(w.officer, p.ID, o)
			if diff := cmp.Diff(c.want, fields(err)); diff != "" {
				t.Error(err, diff)
			}
		})
	}
}

func TestAgreementsAreCheckedAndNumberedOnce(t *testing.T) {
	w := newWorld(t)
	p := w.newPartner(t)
	good := partners.NewAgreement{Number: "PKS/1", StartsOn: "2026-01-01", EndsOn: "2026-12-31"}
	a := must[partners.Agreement](t)(w.CreateAgreement(w.officer, p.ID, good))
	if _, err := w.CreateAgreement(w.officer, p.ID, good); !errors.Is(err, partners.ErrAgreementExists) {
		t.Errorf("a number was used twice: %v", err)
	}
	_, err := w.CreateAgreement(w.officer, p.ID, partners.NewAgreement{StartsOn: "2026-02-30", EndsOn: "1999-12-31", RemindDays: -1})
	if diff := cmp.Diff(map[string]string{"/number": "required", "/starts_on": "not_a_day", "/ends_on": "out_of_range", "/remind_days": "out_of_range"}, fields(err)); diff != "" {
		t.Error(diff)
	}
	_, err = w.CreateAgreement(w.officer, p.ID, partners.NewAgreement{Number: "2", StartsOn: "2026-02-02", EndsOn: "2026-02-01"})
	if diff := cmp.Diff(map[string]string{"/ends_on": "before_start"}, fields(err)); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([]partners.Agreement{a}, must[[]partners.Agreement](t)(w.Agreements(w.officer, p.ID))); diff != "" {
		t.Error(diff)
	}
}

func TestTheContactIsSealedAndRedacted(t *testing.T) {
	w := newWorld(t)
	p := w.newPartner(t)
	got := must[partners.Partner](t)(w.Get(w.officer, p.ID))
	if got.Contact.Name.Reveal() != "Ibu Kenari" || got.Contact.Email.Reveal() != "kenari@contoh.example" {
		t.Error("the contact does not come back")
	}
	for _, text := range []string{fmt.Sprint(got), fmt.Sprintf("%+v", got), fmt.Sprintf("%#v", got.Contact)} {
		if strings.Contains(text, "enari") || strings.Contains(text, "6281234567890") {
			t.Error("printing a partner shows the contact")
		}
	}
	var raw []byte
	if err := w.db.From(t.Context()).Raw("SELECT contact_sealed FROM partners WHERE id = ?", p.ID).Row().Scan(&raw); err != nil {
		t.Fatal(err)
	}
	if len(raw) == 0 || strings.Contains(string(raw), "enari") {
		t.Error("the stored contact is readable or missing")
	}
}

func TestAnOutletKnowsWhetherItIsOpen(t *testing.T) {
	w := newWorld(t)
	p := w.bring(t, partners.Active)
	id := must[page.Of[partners.Outlet]](t)(w.Outlets(w.officer, p.ID, page.Request{Limit: 10})).Items[0].ID
	open := func(want bool, what string) {
		t.Helper()
		if o := must[partners.Outlet](t)(w.Outlet(t.Context(), id)); o.Open() != want {
			t.Errorf("%s: open is %v (outlet %s, partner %s, sector %s)", what, o.Open(), o.State, o.PartnerState, o.SectorState)
		}
	}
	o := must[partners.Outlet](t)(w.Outlet(t.Context(), id))
	if o.BranchID != palu || o.SectorID != w.sector.ID || o.PartnerName != p.Name || o.Location().String() != "Asia/Makassar" || *o.Longitude != 119.87 {
		t.Errorf("got %+v", o)
	}
	open(true, "all in order")
	must[partners.Partner](t)(w.Suspend(w.supervisor, p.ID, "keluhan"))
	open(false, "partner suspended")
	must[partners.Partner](t)(w.Resume(w.supervisor, p.ID))
	open(true, "partner back")
	must[partners.Sector](t)(w.SetSectorState(w.admin, w.sector.ID, partners.SectorPaused))
	open(false, "sector paused")
	must[partners.Sector](t)(w.SetSectorState(w.admin, w.sector.ID, partners.SectorOpen))
	must[partners.Outlet](t)(w.CloseOutlet(w.officer, id))
	open(false, "outlet closed")
	if _, err := w.UpdateOutlet(w.officer, id, shop()); !errors.Is(err, partners.ErrState) {
		t.Errorf("a closed outlet was changed: %v", err)
	}
	if _, err := w.Outlet(t.Context(), uuid.New()); !errors.Is(err, partners.ErrOutletNotFound) {
		t.Errorf("an absent outlet: %v", err)
	}
}

func TestProvinceBranches(t *testing.T) {
	w := newWorld(t)
	all := must[[]uuid.UUID](t)(w.ProvinceBranches(t.Context(), "72.71"))
	if len(all) != 5 || all[0] != palu { // the five of the migrations, Palu with two regions
		t.Errorf("got %v", all)
	}
	for _, code := range []string{"72", "72.08", "72.08.01"} {
		if diff := cmp.Diff(all, must[[]uuid.UUID](t)(w.ProvinceBranches(t.Context(), code))); diff != "" {
			t.Errorf("%s: %s", code, diff)
		}
	}
	for _, code := range []string{"71.71", "7", "", "%", "__.71", "72.71' OR 1=1"} {
		if got := must[[]uuid.UUID](t)(w.ProvinceBranches(t.Context(), code)); len(got) != 0 {
			t.Errorf("%q: got %v", code, got)
		}
	}
}
