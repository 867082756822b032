package partners_test

import (
	"bytes"
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"

	"github.com/berlaku/berlaku/internal/actor"
	"github.com/berlaku/berlaku/internal/check"
	"github.com/berlaku/berlaku/internal/fault"
	"github.com/berlaku/berlaku/internal/page"
	"github.com/berlaku/berlaku/internal/testkit"
	"github.com/berlaku/berlaku/partners"
)

// kinds returns the events of some kinds.
func (w *world) kinds(t *testing.T, only ...string) []string {
	t.Helper()
	out := []string{}
	if err := w.db.From(t.Context()).Raw("SELECT kind FROM outbox WHERE kind IN ? ORDER BY kind", only).Scan(&out).Error; err != nil {
		t.Fatal(err)
	}
	return out
}

func (w *world) follow(t *testing.T) int64 {
	t.Helper()
	return must[int64](t)(w.FollowAgreements(testkit.System(t)))
}

func TestWhoPreparedADraftDoesNotApproveIt(t *testing.T) {
	w := newWorld(t)
	p := w.newPartner(t)
	must[partners.Partner](t)(w.Update(w.supervisor, p.ID, partners.Profile{Name: "CV Contoh Baru"}))
	must[partners.Partner](t)(w.Submit(w.officer, p.ID))
	if _, err := w.Approve(w.supervisor, p.ID); !errors.Is(err, partners.ErrOwnProposal) {
		t.Fatalf("who wrote the draft approved it: %v", err)
	}
	d := must[partners.Dossier](t)(w.Dossier(w.supervisor, p.ID))
	at := slices.IndexFunc(d.Choices, func(c partners.Choice) bool { return c.Step == partners.StepApprove })
	if at < 0 || !errors.Is(d.Choices[at].Problem, partners.ErrOwnProposal) {
		t.Errorf("the dossier does not say before that it cannot be: %+v", d.Choices)
	}
	must[partners.Partner](t)(w.Approve(w.admin, p.ID))
}

func TestOnlyWhoSubmittedTakesItBack(t *testing.T) {
	w := newWorld(t)
	p := w.bring(t, partners.Submitted)
	if _, err := w.Withdraw(w.supervisor, p.ID); !errors.Is(err, partners.ErrNotSubmitter) {
		t.Fatalf("another took it back: %v", err)
	}
	if got := must[partners.Partner](t)(w.Withdraw(w.officer, p.ID)); got.State != partners.Draft {
		t.Errorf("got %s", got.State)
	}
	if _, err := w.Withdraw(w.officer, p.ID); !errors.Is(err, partners.ErrState) {
		t.Errorf("a draft was taken back: %v", err)
	}
}

func TestAReminderIsToldOnceWhenNothingFollows(t *testing.T) {
	w := newWorld(t)
	p := w.bring(t, partners.Active) // PKS/1 ends on 2026-12-31, reminder 30 days before
	w.clock.Set(time.Date(2026, 11, 30, 12, 0, 0, 0, time.UTC))
	w.follow(t)
	if got := w.kinds(t, "agreement.ending"); len(got) != 0 {
		t.Fatalf("31 days before: %v", got)
	}
	w.clock.Set(time.Date(2026, 11, 30, 16, 0, 0, 0, time.UTC)) // 1 December in Palu
	for range 3 {
		w.follow(t)
	}
	if got := w.kinds(t, "agreement.ending"); len(got) != 1 {
		t.Fatalf("30 days before: %v, want one", got)
	}
	other := w.bring(t, partners.Active)
	must[partners.Agreement](t)(w.CreateAgreement(w.officer, other.ID, partners.NewAgreement{Number: "PKS/2", StartsOn: "2027-01-01", EndsOn: "2027-12-31"}))
	w.follow(t)
	if got := w.kinds(t, "agreement.ending"); len(got) != 1 {
		t.Errorf("of one that is followed by another: %v", got)
	}
	near := must[[]partners.Ending](t)(w.Endings(w.officer, 60))
	if len(near) != 1 || near[0].Partner.ID != p.ID || near[0].DaysLeft != 30 || near[0].Number != "PKS/1" {
		t.Errorf("near their end: %+v", near)
	}
	if far := must[[]partners.Ending](t)(w.Endings(as(t, actor.BranchOfficer, actor.BranchScope, donggala), 60)); len(far) != 0 {
		t.Errorf("another branch sees %d", len(far))
	}
}

func TestAPartnerStopsOnceWhenItsLastAgreementIsOver(t *testing.T) {
	w := newWorld(t)
	p, followed := w.bring(t, partners.Active), w.bring(t, partners.Active)
	must[partners.Agreement](t)(w.CreateAgreement(w.officer, followed.ID, partners.NewAgreement{Number: "PKS/2", StartsOn: "2027-01-01", EndsOn: "2027-12-31"}))
	w.clock.Set(time.Date(2026, 12, 31, 15, 59, 0, 0, time.UTC)) // 23:59 in Palu
	w.follow(t)
	if got := must[partners.Partner](t)(w.Get(w.admin, p.ID)); got.State != partners.Active {
		t.Fatalf("on the last day: %s", got.State)
	}
	w.clock.Advance(time.Minute)
	for range 3 { // again, as after a restart or on another server
		w.follow(t)
	}
	got := must[partners.Partner](t)(w.Get(w.admin, p.ID))
	if got.State != partners.Suspended || got.StateReason != partners.AgreementEnded {
		t.Fatalf("after the end: %s, %q", got.State, got.StateReason)
	}
	if got := must[partners.Partner](t)(w.Get(w.admin, followed.ID)); got.State != partners.Active {
		t.Errorf("with another agreement: %s", got.State)
	}
	if diff := cmp.Diff([]string{"agreement.expired", "partner.suspended"}, w.kinds(t, "agreement.expired", "partner.suspended")); diff != "" {
		t.Error(diff)
	}
	last := must[[]partners.Action](t)(w.History(w.officer, p.ID))[0]
	if last.Done != "suspended" || last.ActorKind != actor.Job || last.Reason != partners.AgreementEnded {
		t.Errorf("in the history: %+v", last)
	}

	if _, err := w.Resume(w.supervisor, p.ID); !errors.Is(err, partners.ErrNoAgreement) {
		t.Fatalf("resumed without an agreement: %v", err)
	}
	must[partners.Agreement](t)(w.CreateAgreement(w.officer, p.ID, partners.NewAgreement{Number: "PKS/9", StartsOn: "2027-01-01", EndsOn: "2027-06-30"}))
	must[partners.Partner](t)(w.Resume(w.supervisor, p.ID))
	w.follow(t)
	if got := must[partners.Partner](t)(w.Get(w.admin, p.ID)); got.State != partners.Active || got.StateReason != "" {
		t.Errorf("after the new agreement: %s, %q", got.State, got.StateReason)
	}
	w.clock.Set(time.Date(2027, 7, 1, 2, 0, 0, 0, time.UTC))
	w.follow(t)
	if got := must[partners.Partner](t)(w.Get(w.admin, p.ID)); got.State != partners.Suspended {
		t.Errorf("after the end of the new agreement: %s", got.State)
	}
	if _, err := w.audit.Verify(t.Context(), nil); err != nil {
		t.Error(err)
	}
}

func TestServersThatFollowAgreementsAtTheSameTimeTellOnce(t *testing.T) {
	w := newWorld(t)
	w.bring(t, partners.Active)
	w.clock.Set(time.Date(2027, 1, 2, 0, 0, 0, 0, time.UTC))
	done := make(chan error)
	for range 4 {
		go func() {
			_, err := w.FollowAgreements(actor.With(context.WithoutCancel(t.Context()), actor.System()))
			done <- err
		}()
	}
	for range 4 {
		if err := <-done; err != nil {
			t.Error(err)
		}
	}
	if got := w.kinds(t, "agreement.expired", "partner.suspended"); len(got) != 2 {
		t.Errorf("got %v, want each once", got)
	}
}

func TestTheTestOfTillsBelongsToApprovedPartners(t *testing.T) {
	w := newWorld(t)
	p := w.bring(t, partners.Submitted)
	if w.Testing(t.Context(), p.ID) || w.Testing(t.Context(), uuid.New()) {
		t.Error("a submitted or absent partner is tested")
	}
	if err := w.PassTest(w.officer, p.ID, ""); !errors.Is(err, partners.ErrState) {
		t.Errorf("a submitted partner passed: %v", err)
	}
	must[partners.Partner](t)(w.Approve(w.supervisor, p.ID))
	if !w.Testing(t.Context(), p.ID) {
		t.Error("an approved partner is not tested")
	}
	if o := must[[]partners.Outlet](t)(w.OutletsOf(t.Context(), p.ID))[0]; !o.Testing() || o.Open() {
		t.Error("its outlet is not tested, or open")
	}
	owner := as(t, actor.PartnerOwner, actor.PartnerScope, p.ID)
	if err := w.PassTest(owner, p.ID, ""); !errors.Is(err, partners.ErrStaffOnly) {
		t.Errorf("an owner passed the own test: %v", err)
	}
	if err := w.PassTest(as(t, actor.BranchOfficer, actor.BranchScope, donggala), p.ID, ""); !errors.Is(err, partners.ErrNotFound) {
		t.Errorf("another branch: %v", err)
	}
	if err := w.PassTest(w.officer, p.ID, "Dua kasir mencoba."); err != nil {
		t.Fatal(err)
	}
	d := must[partners.Dossier](t)(w.Dossier(w.officer, p.ID))
	if d.Ready.Test.By != actor.From(w.officer).ID || !d.Ready.Test.At.Equal(testkit.Start) || !d.Ready.May() || d.Ready.Whole() {
		t.Errorf("got %+v", d.Ready)
	}
	must[partners.Partner](t)(w.Activate(w.supervisor, p.ID))
	if w.Testing(t.Context(), p.ID) {
		t.Error("an active partner is tested")
	}
}

func TestContactsAreMaskedForThoseWhoOnlyRead(t *testing.T) {
	w := newWorld(t)
	p := w.newPartner(t)
	for who, full := range map[string]bool{"officer": true, "viewer": false, "analyst": false, "owner": true} {
		ctx := map[string]context.Context{
			"officer": w.officer, "viewer": as(t, actor.BranchViewer, actor.BranchScope, palu), "analyst": as(t, actor.HQAnalyst, actor.National, uuid.Nil),
			"owner": as(t, actor.PartnerOwner, actor.PartnerScope, p.ID),
		}[who]
		d := must[partners.Dossier](t)(w.Dossier(ctx, p.ID))
		want := "I*** K*** ••• 890 ***@contoh.example"
		if full {
			want = "Ibu Kenari +6281234567890 kenari@contoh.example"
		}
		if got := d.Contact.Name.Reveal() + " " + d.Contact.Phone.Reveal() + " " + d.Contact.Email.Reveal(); got != want || d.Masked == full {
			t.Errorf("%s sees %q, want %q", who, got, want)
		}
	}
	if _, err := w.Dossier(as(t, actor.BranchOfficer, actor.BranchScope, donggala), p.ID); !errors.Is(err, partners.ErrNotFound) {
		t.Errorf("another branch: %v", err)
	}
}

func TestListsNarrow(t *testing.T) {
	w := newWorld(t)
	a := w.bring(t, partners.Active)
	w.clock.Advance(time.Second)
	d := w.newPartner(t)
	must[partners.Partner](t)(w.Update(w.officer, d.ID, partners.Profile{Name: "Toko 100% Laris_Manis"}))
	if err := w.Assign(w.officer, d.ID, actor.From(w.officer).ID); err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		f    partners.Filter
		want []uuid.UUID
	}{
		"everything":                {partners.Filter{}, []uuid.UUID{d.ID, a.ID}},
		"a state":                   {partners.Filter{State: partners.Active}, []uuid.UUID{a.ID}},
		"a part of a name":          {partners.Filter{Name: "100% laris_"}, []uuid.UUID{d.ID}},
		"a sign that means nothing": {partners.Filter{Name: "C_"}, nil},
		"a region":                  {partners.Filter{RegionCode: "72.71"}, []uuid.UUID{a.ID}},
		"another region":            {partners.Filter{RegionCode: "72.08"}, nil},
		"whoever looks after it":    {partners.Filter{AssigneeID: actor.From(w.officer).ID}, []uuid.UUID{d.ID}},
		"another branch":            {partners.Filter{BranchID: donggala}, nil},
		"an end that is near":       {partners.Filter{EndsFrom: "2026-11-24", EndsTo: "2026-12-31"}, []uuid.UUID{a.ID}},
		"an end before that":        {partners.Filter{EndsFrom: "2026-11-24", EndsTo: "2026-12-30"}, nil},
	} {
		got := must[page.Of[partners.Line]](t)(w.Lines(w.officer, c.f, page.Request{Limit: 10}))
		var ids []uuid.UUID
		for _, l := range got.Items {
			ids = append(ids, l.ID)
			if l.Contact != (partners.Contact{}) {
				t.Errorf("%s: with a contact", name)
			}
		}
		if diff := cmp.Diff(c.want, ids); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
	}
	counts := must[map[partners.State]int64](t)(w.Counts(w.officer, partners.Filter{State: partners.Draft}))
	if diff := cmp.Diff(map[partners.State]int64{partners.Active: 1, partners.Draft: 1}, counts); diff != "" {
		t.Error(diff)
	}
	if got := must[map[partners.State]int64](t)(w.Counts(as(t, actor.BranchOfficer, actor.BranchScope, donggala), partners.Filter{})); len(got) != 0 {
		t.Errorf("another branch counts %v", got)
	}
}

func (w *world) application() partners.NewApplication {
	return partners.NewApplication{
		SectorID: w.sector.ID, RegionCode: "72.71", Profile: partners.Profile{
			Name: "Bengkel Kenari", NIB: "9876543210123", Contact: partners.Contact{Name: "Bapak Rangkong", Phone: "0812-0000-7777", Email: "rangkong@contoh.example"},
		},
		Address: "Jl. Kenari 7, Palu", Why: "Banyak pelanggan kami peserta.", Consent: true,
	}
}

func TestAnApplicationBecomesAPartnerThatAnotherApproves(t *testing.T) {
	w := newWorld(t)
	ref := must[string](t)(w.Apply(t.Context(), w.application()))
	status := func() partners.ApplicationStatus {
		t.Helper()
		return must[partners.ApplicationStatus](t)(w.ApplicationStatus(t.Context(), strings.ToLower(ref), "+62 812 0000 7777", ""))
	}
	if got := status(); got.State != partners.ApplicationNew || got.Name != "Bengkel Kenari" {
		t.Fatalf("got %+v", got)
	}
	queue := must[[]partners.Application](t)(w.Applications(w.officer, partners.ApplicationNew))
	if len(queue) != 1 || queue[0].BranchID != palu || queue[0].Contact.Name != "Bapak Rangkong" || queue[0].Doubles != 0 {
		t.Fatalf("got %+v", queue)
	}
	a := queue[0]
	for name, ctx := range map[string]context.Context{
		"another branch": as(t, actor.BranchOfficer, actor.BranchScope, donggala), "an owner": as(t, actor.PartnerOwner, actor.PartnerScope, uuid.New()),
	} {
		if got := must[[]partners.Application](t)(w.Applications(ctx, partners.ApplicationNew)); len(got) != 0 {
			t.Errorf("%s sees %d", name, len(got))
		}
		if _, err := w.GetApplication(ctx, a.ID); !errors.Is(err, partners.ErrApplicationNotFound) {
			t.Errorf("%s opened it: %v", name, err)
		}
		if _, err := w.Accept(ctx, a.ID, palu); !errors.Is(err, partners.ErrApplicationNotFound) {
			t.Errorf("%s accepted it: %v", name, err)
		}
	}
	if got := must[partners.Application](t)(w.GetApplication(as(t, actor.BranchViewer, actor.BranchScope, palu), a.ID)); got.Contact.Name != "B*** R***" || got.Why != "" {
		t.Errorf("who only reads sees %q", got.Contact.Name.Reveal())
	}
	p := must[partners.Partner](t)(w.Accept(w.supervisor, a.ID, uuid.Nil))
	if p.State != partners.Submitted || p.Contact.Phone != "+6281200007777" {
		t.Fatalf("got %+v", p)
	}
	if _, err := w.Approve(w.supervisor, p.ID); !errors.Is(err, partners.ErrOwnProposal) {
		t.Errorf("who accepted it approved it: %v", err)
	}
	if _, err := w.Accept(w.officer, a.ID, palu); !errors.Is(err, partners.ErrState) {
		t.Errorf("accepted twice: %v", err)
	}
	must[partners.Partner](t)(w.Approve(w.admin, p.ID))
	if got := status(); got.State != partners.ApplicationAccepted || got.Partner != partners.Approved {
		t.Errorf("got %+v", got)
	}
	if got := w.kinds(t, "partner.submitted"); len(got) != 2 {
		t.Errorf("told %v, want of the application and of the partner", got)
	}
	if d := must[partners.Dossier](t)(w.Dossier(w.officer, p.ID)); d.Application == nil || d.Application.Reference != ref {
		t.Error("the dossier does not lead to the application")
	}
}

func TestTheStatusOfAnApplicationIsNotForOthers(t *testing.T) {
	w := newWorld(t)
	ref := must[string](t)(w.Apply(t.Context(), w.application()))
	for name, c := range map[string][2]string{
		"another phone": {ref, "081200007778"}, "another reference": {"M-2222-2222", "081200007777"}, "no reference": {"'; --", "081200007777"}, "nothing": {"", ""},
	} {
		if _, err := w.ApplicationStatus(t.Context(), c[0], testText(c[1]), ""); !errors.Is(err, partners.ErrApplicationNotFound) {
			t.Errorf("%s: %v", name, err)
		}
	}
	var row struct{ DetailsSealed []byte }
	if err := w.db.From(t.Context()).Raw("SELECT details_sealed FROM partner_applications").Take(&row).Error; err != nil {
		t.Fatal(err)
	}
	if bytes.Contains(row.DetailsSealed, []byte("Rangkong")) || bytes.Contains(row.DetailsSealed, []byte("7777")) {
		t.Error("the contact is not sealed")
	}
}

func TestDoublesAreToldToStaffOnly(t *testing.T) {
	w := newWorld(t)
	n := w.application()
	must[string](t)(w.Apply(t.Context(), n))
	other := n
	other.Name, other.NIB = "Bengkel Lain", ""
	must[string](t)(w.Apply(t.Context(), other)) // the same phone
	third := n
	third.Name, third.NIB, third.Contact.Phone = "Bengkel Ketiga", "1234567890123", "081299990000"
	w.newPartner(t) // has that NIB
	must[string](t)(w.Apply(t.Context(), third))
	for _, a := range must[[]partners.Application](t)(w.Applications(w.officer, partners.ApplicationNew)) {
		if a.Doubles != 1 {
			t.Errorf("%s has %d doubles, want 1", a.Name, a.Doubles)
		}
		apps, parts, err := w.Doubles(w.officer, a.ID)
		if err != nil || len(apps)+len(parts) != 1 {
			t.Errorf("%s: %d and %d, %v", a.Name, len(apps), len(parts), err)
		}
	}
}

func TestARefusedApplicationCanBeTakenUpAgainAndIsForgotten(t *testing.T) {
	w := newWorld(t)
	ref := must[string](t)(w.Apply(t.Context(), w.application()))
	id := must[[]partners.Application](t)(w.Applications(w.officer, partners.ApplicationNew))[0].ID
	if err := w.RefuseApplication(w.officer, id, " "); !errors.Is(err, partners.ErrInvalid) {
		t.Errorf("without a reason: %v", err)
	}
	for _, step := range []func() error{
		func() error { return w.RefuseApplication(w.officer, id, "Di luar wilayah.") },
		func() error { return w.ReopenApplication(w.officer, id) },
		func() error { return w.AssignApplication(w.officer, id, actor.From(w.officer).ID) },
		func() error { return w.RefuseApplication(w.officer, id, "Berkas kurang.") },
	} {
		if err := step(); err != nil {
			t.Fatal(err)
		}
	}
	got := must[partners.ApplicationStatus](t)(w.ApplicationStatus(t.Context(), ref, "081200007777", ""))
	if got.State != partners.ApplicationRefused || got.Reason != "Berkas kurang." {
		t.Errorf("got %+v", got)
	}
	w.clock.Advance(364 * 24 * time.Hour)
	if n := must[int64](t)(w.SweepApplications(testkit.System(t))); n != 0 {
		t.Errorf("%d forgotten within the year", n)
	}
	w.clock.Advance(2 * 24 * time.Hour)
	if n := must[int64](t)(w.SweepApplications(testkit.System(t))); n != 1 {
		t.Errorf("%d forgotten after the year, want 1", n)
	}
}

func TestWhatAnApplicationMustHold(t *testing.T) {
	w := newWorld(t)
	closed := w.newSector(t, "TTP", partners.SectorAssessed, partners.SectorOpen, partners.SectorClosed)
	for name, c := range map[string]struct {
		change func(*partners.NewApplication)
		want   map[string]string
	}{
		"no consent":      {func(n *partners.NewApplication) { n.Consent = false }, map[string]string{"/consent": check.Required}},
		"no phone":        {func(n *partners.NewApplication) { n.Contact.Phone = " " }, map[string]string{"/contact/phone": check.Required}},
		"a wrong NIB":     {func(n *partners.NewApplication) { n.NIB = "123" }, map[string]string{"/nib": check.Format}},
		"a closed sector": {func(n *partners.NewApplication) { n.SectorID = closed.ID }, map[string]string{"/sector_id": check.Unknown}},
		"a province":      {func(n *partners.NewApplication) { n.RegionCode = "72" }, map[string]string{"/region_code": check.Unknown}},
		"nothing": {func(n *partners.NewApplication) { *n = partners.NewApplication{} }, map[string]string{
			"/name": check.Required, "/contact/name": check.Required, "/contact/phone": check.Required, "/address": check.Required, "/why": check.Required, "/consent": check.Required,
		}},
	} {
		n := w.application()
		c.change(&n)
		if _, err := w.Apply(t.Context(), n); !cmp.Equal(fields(err), c.want) {
			t.Errorf("%s: got %v, want %v", name, fields(err), c.want)
		}
	}
	n := w.application()
	n.RegionCode = "72.01" // Banggai: no branch
	must[string](t)(w.Apply(t.Context(), n))
	got := must[[]partners.Application](t)(w.Applications(w.admin, partners.ApplicationNew))
	if len(got) != 1 || got[0].BranchID != uuid.Nil {
		t.Fatalf("got %+v", got)
	}
	if _, err := w.Accept(w.admin, got[0].ID, uuid.Nil); !errors.Is(err, partners.ErrNoBranch) {
		t.Errorf("accepted without a branch: %v", err)
	}
	if p := must[partners.Partner](t)(w.Accept(w.admin, got[0].ID, donggala)); p.BranchID != donggala {
		t.Errorf("got branch %s", p.BranchID)
	}
}

// few lets the first attempts of a bucket through.
type few struct{ left map[string]int }

func (f *few) Allow(_ context.Context, bucket string, limit int, _ time.Duration) (bool, time.Duration, error) {
	f.left[bucket]++
	return f.left[bucket] <= limit, time.Minute, nil
}

func TestApplicationsAndLooksAreLimited(t *testing.T) {
	w := newWorld(t)
	w.LimitApplications(&few{left: map[string]int{}})
	var err error
	for range 3 {
		_, err = w.Apply(t.Context(), w.application())
		if err != nil {
			t.Fatal(err)
		}
	}
	_, err = w.Apply(t.Context(), w.application())
	var late *partners.ApplicationsError
	if !errors.As(err, &late) || fault.KindOf(err) != fault.TooMany || late.RetryAfter() != time.Minute {
		t.Errorf("the fourth of one phone: %v", err)
	}
	for range 30 {
		_, err = w.ApplicationStatus(t.Context(), "M-2222-2222", "0812", "203.0.113.0/24")
	}
	if fault.KindOf(err) != fault.TooMany {
		t.Errorf("guessing a number: %v", err)
	}
}
