package participants_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/xuri/excelize/v2"

	"github.com/berlaku/berlaku/internal/actor"
	"github.com/berlaku/berlaku/internal/fault"
	"github.com/berlaku/berlaku/internal/page"
	"github.com/berlaku/berlaku/internal/pii"
	"github.com/berlaku/berlaku/participants"
)

// desk is people of a branch who work with lists.
type desk struct {
	*world
	officer, boss, otherBoss, stranger context.Context
	dumped                             string
}

func newDesk(t testing.TB) *desk {
	t.Helper()
	w := newWorld(t)
	return &desk{
		world: w, officer: as(t.Context(), actor.BranchOfficer, palu), boss: as(t.Context(), actor.BranchSupervisor, palu),
		otherBoss: as(t.Context(), actor.BranchSupervisor, palu), stranger: as(t.Context(), actor.BranchSupervisor, donggala),
	}
}

func (d *desk) upload(t testing.TB, content string) participants.List {
	t.Helper()
	l, err := d.Upload(d.officer, participants.Upload{BranchID: palu, Name: "daftar.csv", File: strings.NewReader(content)})
	if err != nil {
		t.Fatal(err)
	}
	return l
}

func (d *desk) work(t testing.TB) {
	t.Helper()
	if _, err := d.WorkImports(d.ctx); err != nil {
		t.Fatal(err)
	}
}

func (d *desk) checked(t testing.TB, content string) participants.List {
	t.Helper()
	l := d.upload(t, content)
	if _, err := d.Map(d.officer, l.ID, l.Mapping); err != nil {
		t.Fatal(err)
	}
	d.work(t)
	return d.list(t, l.ID)
}

func (d *desk) run(t testing.TB, content string) participants.List {
	t.Helper()
	l := d.checked(t, content)
	if _, err := d.Publish(d.boss, l.ID); err != nil {
		t.Fatal(err)
	}
	d.work(t)
	return d.list(t, l.ID)
}

func (d *desk) list(t testing.TB, id uuid.UUID) participants.List {
	t.Helper()
	l, err := d.GetList(d.officer, id)
	if err != nil {
		t.Fatal(err)
	}
	return l
}

func (d *desk) isIn(t testing.TB, l participants.List, state participants.ImportState, want counts) {
	t.Helper()
	if l.State != state || countsOf(l.ImportRun) != want {
		t.Errorf("is %s (%s) with %+v, want %s with %+v", l.State, l.Failure, countsOf(l.ImportRun), state, want)
	}
}

func TestAListIsCheckedThenPublishedBySomebodyElse(t *testing.T) {
	d := newDesk(t)
	l := d.upload(t, good+"x,y,z,pu\n")
	if l.State != participants.ImportUploaded || l.RowsTotal != 5 || l.Name.Reveal() != "daftar.csv" || l.Mapping["nik"] != 0 {
		t.Errorf("uploaded: %+v", l)
	}
	if _, err := d.Publish(d.boss, l.ID); !errors.Is(err, participants.ErrImportState) {
		t.Errorf("published unchecked: %v", err)
	}
	if _, err := d.Map(d.officer, l.ID, l.Mapping); err != nil {
		t.Fatal(err)
	}
	d.work(t)
	l = d.list(t, l.ID)
	want := counts{Read: 5, Created: 4, Ended: 1, Rejected: 1}
	d.isIn(t, l, participants.ImportChecked, want)
	if l.Checked == nil || l.Checked.Created != 4 || d.count(t, "SELECT count(*) FROM participants") != 0 {
		t.Errorf("the check counted %+v and wrote %d people", l.Checked, d.count(t, "SELECT count(*) FROM participants"))
	}
	before := d.errorsOf(t, l.ID)
	for name, who := range map[string]context.Context{"the officer": d.officer, "somebody of another branch": d.stranger} {
		if _, err := d.Publish(who, l.ID); err == nil {
			t.Errorf("%s published", name)
		}
	}
	if _, err := d.Publish(d.boss, l.ID); err != nil {
		t.Fatal(err)
	}
	d.work(t)
	l = d.list(t, l.ID)
	d.isIn(t, l, participants.ImportDone, want)
	if fmt.Sprint(before) != fmt.Sprint(d.errorsOf(t, l.ID)) || len(before) == 0 {
		t.Errorf("the check found %v, the run %v", before, d.errorsOf(t, l.ID))
	}
	if n := d.count(t, "SELECT count(*) FROM import_chunks"); n != 0 || l.FileGoneAt == nil {
		t.Errorf("%d pieces of the file are kept after the run", n)
	}
	d.isIn(t, d.run(t, good), participants.ImportDone, counts{Read: 4, Unchanged: 4})
	if n := d.count(t, "SELECT count(*) FROM outbox WHERE kind = 'import.finished'"); n != 2 {
		t.Errorf("%d events, want one a run", n)
	}
	d.verifyAudit(t)
}

func TestWhoUploadsDoesNotPublish(t *testing.T) {
	d := newDesk(t)
	l, err := d.Upload(d.boss, participants.Upload{BranchID: palu, File: strings.NewReader(good), ByItself: true})
	if err != nil {
		t.Fatal(err)
	}
	d.work(t)
	if _, err := d.Publish(d.boss, l.ID); !errors.Is(err, participants.ErrOwnImport) {
		t.Errorf("got %v", err)
	}
	if _, err := d.Map(d.otherBoss, l.ID, l.Mapping); !errors.Is(err, nil) {
		t.Fatal(err)
	}
	d.work(t)
	if _, err := d.Publish(d.otherBoss, l.ID); !errors.Is(err, participants.ErrOwnImport) {
		t.Errorf("who prepared it published: %v", err)
	}
}

func TestAListOfAnotherBranchIsNotThere(t *testing.T) {
	d := newDesk(t)
	l := d.checked(t, good)
	for name, err := range map[string]error{
		"get":     errorOf(d.GetList(d.stranger, l.ID)),
		"map":     errorOf(d.Map(d.stranger, l.ID, l.Mapping)),
		"publish": errorOf(d.Publish(d.stranger, l.ID)),
		"cancel":  errorOf(d.CancelImport(d.stranger, l.ID)),
		"undo":    errorOf(d.UndoImport(d.stranger, l.ID)),
		"faults":  d.WriteFaults(d.stranger, l.ID, participants.CSV, "id", &bytes.Buffer{}),
	} {
		if !errors.Is(err, participants.ErrImportNotFound) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := d.Upload(d.stranger, participants.Upload{BranchID: palu, File: strings.NewReader(good)}); !errors.Is(err, participants.ErrBranchNotFound) {
		t.Errorf("upload: %v", err)
	}
}

func errorOf[T any](_ T, err error) error { return err }

func TestTheFileIsSealedAndGoesAfterADay(t *testing.T) {
	d := newDesk(t)
	l := d.checked(t, good)
	var sealed []byte
	if err := d.db.From(d.ctx).Raw("SELECT sealed FROM import_chunks").Row().Scan(&sealed); err != nil {
		t.Fatal(err)
	}
	if bytes.Contains(sealed, []byte("Ani")) || bytes.Contains(sealed, []byte("7271995508900001")) {
		t.Error("the file is stored as it is")
	}
	d.clock.Advance(25 * time.Hour)
	if n, err := d.SweepImports(d.ctx); err != nil || n != 1 {
		t.Errorf("swept %d, %v", n, err)
	}
	l = d.list(t, l.ID)
	d.isIn(t, l, participants.ImportCancelled, counts{Read: 4})
	if l.Failure != "expired" || d.count(t, "SELECT count(*) FROM import_chunks") != 0 {
		t.Errorf("%s, file still there", l.Failure)
	}
	if _, err := d.Publish(d.boss, l.ID); !errors.Is(err, participants.ErrImportState) {
		t.Errorf("published: %v", err)
	}
}

func TestAColumnIsMappedByHandAndRememberedForTheBranch(t *testing.T) {
	d := newDesk(t)
	text := "No Induk;Orangnya;Kode Kartu;segmen;catatan\n7271995508900001;Ani;19000000001;pu;x\n"
	if _, err := d.Upload(d.officer, participants.Upload{BranchID: palu, File: strings.NewReader("a;b\n1;2\n")}); !errors.Is(err, participants.ErrImportFile) {
		t.Errorf("a file without any known heading: %v", err)
	}
	text = strings.Replace(text, "Orangnya", "nama", 1)
	l := d.upload(t, text)
	if _, err := d.Map(d.officer, l.ID, l.Mapping); !errors.Is(err, participants.ErrMapping) {
		t.Errorf("mapped without a number: %v", err)
	}
	mapping := map[string]int{"nik": 0, "name": 1, "kpj": 2, "segment": 3}
	for _, bad := range []map[string]int{{"nik": 0, "name": 0, "kpj": 2, "segment": 3}, {"nik": 0, "name": 1, "kpj": 2, "segment": 9}, {"nik": 0, "name": 1, "kpj": 2, "segment": 3, "x": 4}} {
		if _, err := d.Map(d.officer, l.ID, bad); !errors.Is(err, participants.ErrMapping) {
			t.Errorf("%v: %v", bad, err)
		}
	}
	if _, err := d.Map(d.officer, l.ID, mapping); err != nil {
		t.Fatal(err)
	}
	d.work(t)
	d.isIn(t, d.list(t, l.ID), participants.ImportChecked, counts{Read: 1, Created: 1})
	if again := d.upload(t, text); fmt.Sprint(again.Mapping) != fmt.Sprint(mapping) {
		t.Errorf("next time guessed %v", again.Mapping)
	}
}

func TestFaultyRowsComeBackCorrectedAndGoIn(t *testing.T) {
	d := newDesk(t)
	text := "nik;nama;kpj;segmen;telepon;catatan\n" +
		"7271995508900001;Ani;19000000001;pu;+6281234567890;=1+1\n" + // good: the note is not ours
		"7,27E+15;Budi;19000000002;pu;+6281234567890;=cmd|' /C calc'!A0\n" +
		"7271995508900003;Cici;123;pu;;@x\n"
	l := d.run(t, text)
	d.isIn(t, l, participants.ImportDone, counts{Read: 3, Created: 1, Rejected: 2})
	var file bytes.Buffer
	if err := d.WriteFaults(d.officer, l.ID, participants.CSV, "id", &file); err != nil {
		t.Fatal(err)
	}
	got := file.String()
	for _, want := range []string{"kesalahan", "NIK / nomor identitas: Excel mengubah", "Nomor KPJ: Nomor KPJ harus 11 angka", ";'=cmd", ";'@x", ";'+62"} {
		if !strings.Contains(got, want) {
			t.Errorf("%q is missing in\n%s", want, got)
		}
	}
	if strings.Contains(got, "Ani") {
		t.Error("a good row is among the faulty ones")
	}
	again := d.run(t, strings.Replace(strings.Replace(got, "7,27E+15", "7271995508900002", 1), ";123;", ";19000000003;", 1))
	d.isIn(t, again, participants.ImportDone, counts{Read: 2, Created: 2})
	var book bytes.Buffer
	if err := d.WriteFaults(d.officer, l.ID, participants.XLSX, "en", &book); err != nil {
		t.Fatal(err)
	}
	f, err := excelize.OpenReader(&book)
	if err != nil {
		t.Fatal(err)
	}
	if rows, err := f.GetRows("Peserta"); err != nil || len(rows) != 3 || !strings.Contains(rows[1][6], "last digits are lost") {
		t.Errorf("%d rows, %v", len(rows), err)
	}
	if n := d.count(t, "SELECT count(*) FROM audit_entries WHERE action = 'import.faults_exported'"); n != 2 {
		t.Errorf("%d entries of downloads", n)
	}
	findings, err := d.Findings(d.officer, l.ID, 10)
	if err != nil || len(findings.Kinds) != 2 || len(findings.First) != 2 || findings.First[0].Shape != "9,99A+99" {
		t.Errorf("%+v, %v", findings, err)
	}
}

// dump is everything that an import may write, without what differs from run to run.
func (d *desk) dump(t testing.TB) string {
	t.Helper()
	var out strings.Builder
	rows, err := d.db.From(d.ctx).Raw(`SELECT k.kind, m.segment, m.programmes, m.status, m.status_as_of, coalesce(m.protected_until, m.status_as_of), p.id_type
		FROM identity_keys k LEFT JOIN memberships m ON m.id = k.membership_id JOIN participants p ON p.id = k.participant_id ORDER BY k.kind, k.digest`).Rows()
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close() //nolint:errcheck // read
	for rows.Next() {
		all := make([]any, 7)
		into := make([]any, 7)
		for i := range all {
			into[i] = &all[i]
		}
		if err := rows.Scan(into...); err != nil {
			t.Fatal(err)
		}
		fmt.Fprintln(&out, all...)
	}
	if rows.Err() != nil {
		t.Fatal(rows.Err())
	}
	fmt.Fprintln(&out, d.count(t, "SELECT count(*) FROM participants"), d.count(t, "SELECT count(*) FROM membership_history"), d.count(t, "SELECT count(*) FROM import_errors"), d.count(t, "SELECT count(*) FROM import_rows"))
	return out.String()
}

// spoiled is a list with a fault in every tenth row and KPJ that come twice.
func spoiled(n int) string {
	var b strings.Builder
	b.WriteString("nik,nama,kpj,segmen,perlindungan_sampai,status,per_tanggal\n")
	for i := range n {
		k := string(kpj(i))
		switch {
		case i%10 == 3:
			k = "1"
		case i%1000 == 999:
			k = string(kpj(i - 997)) // far behind
		}
		fmt.Fprintf(&b, "%s,Peserta %c,%s,bpu,2026-12-31,aktif,2026-11-20\n", string(nik(i)), 'A'+i%26, k)
	}
	return b.String()
}

func TestARunThatIsKilledGoesOnWhereItWas(t *testing.T) {
	const n = 5000
	text := spoiled(n)
	whole := newDesk(t)
	done := whole.run(t, text)
	want := whole.dump(t)
	for try := range 3 {
		t.Run(fmt.Sprint("kills of round ", try), func(t *testing.T) {
			chance := rand.New(rand.NewPCG(7, uint64(try)))
			d := newDesk(t)
			l := d.upload(t, text)
			if _, err := d.Map(d.officer, l.ID, l.Mapping); err != nil {
				t.Fatal(err)
			}
			kills := d.killed(t, chance, l.ID, participants.ImportChecked)
			if _, err := d.Publish(d.boss, l.ID); err != nil {
				t.Fatal(err)
			}
			kills += d.killed(t, chance, l.ID, participants.ImportDone)
			if kills == 0 {
				t.Error("nothing was killed")
			}
			d.isIn(t, d.list(t, l.ID), participants.ImportDone, countsOf(done.ImportRun))
			if got := d.dump(t); got != want {
				t.Error("the end is another one than without kills")
			}
			d.verifyAudit(t)
		})
	}
}

// killed works a list off to a state while the work is told to stop, or loses
// its server without a word, again and again.
func (d *desk) killed(t testing.TB, chance *rand.Rand, id uuid.UUID, to participants.ImportState) (kills int) {
	t.Helper()
	for life := int64(500); d.list(t, id).State != to; life += 500 { // longer and longer, so that some slice is reached
		ctx := newMortal(d.ctx, chance.Int64N(life))
		_, err := d.WorkImports(ctx)
		ctx.stop()
		if err != nil {
			kills++
		}
		d.clock.Advance(2 * time.Minute) // a lease that nobody gave back is over
	}
	return kills
}

// mortal is a context that ends when it was asked so often whether it has:
// somewhere between two statements, or within one.
type mortal struct {
	context.Context //nolint:containedctx // it is one
	left            atomic.Int64
	stop            context.CancelFunc
}

func newMortal(ctx context.Context, left int64) *mortal {
	m := &mortal{}
	m.Context, m.stop = context.WithCancel(ctx)
	m.left.Store(left)
	return m
}

// Done implements context.Context.
func (m *mortal) Done() <-chan struct{} {
	if m.left.Add(-1) < 0 {
		m.stop()
	}
	return m.Context.Done()
}

func TestTwoServersDoNotTakeARowTwice(t *testing.T) {
	d := newDesk(t)
	l := d.checked(t, rows(5000, 0))
	if _, err := d.Publish(d.boss, l.ID); err != nil {
		t.Fatal(err)
	}
	done := make(chan error, 3)
	for range cap(done) {
		go func() { done <- errorOf(d.WorkImports(d.ctx)) }()
	}
	if err := errors.Join(<-done, <-done, <-done); err != nil {
		t.Fatal(err)
	}
	d.isIn(t, d.list(t, l.ID), participants.ImportDone, counts{Read: 5000, Created: 5000})
}

func TestAListIsCancelled(t *testing.T) {
	d := newDesk(t)
	l := d.checked(t, good)
	if _, err := d.CancelImport(d.officer, l.ID); err != nil {
		t.Fatal(err)
	}
	d.isIn(t, d.list(t, l.ID), participants.ImportCancelled, counts{Read: 4})
	if _, err := d.CancelImport(d.officer, l.ID); !errors.Is(err, participants.ErrImportState) {
		t.Errorf("again: %v", err)
	}
	if _, err := d.Publish(d.boss, l.ID); !errors.Is(err, participants.ErrImportState) {
		t.Errorf("published: %v", err)
	}
}

func TestAWrongRunIsUndone(t *testing.T) {
	d := newDesk(t)
	old := d.create(t, 1)
	kept := d.create(t, 2)
	state := func() string {
		var out []string
		for _, id := range []uuid.UUID{old.ID, kept.ID} {
			p, err := d.Get(d.ctx, id)
			if err != nil {
				t.Fatal(err)
			}
			m := p.Memberships[0]
			out = append(out, fmt.Sprint(p.Name.Reveal(), p.PhoneMasked, m.Segment, m.Status, m.ProtectedUntil, m.StatusAsOf, m.Source, len(p.Memberships)))
		}
		return strings.Join(out, "\n")
	}
	before := state()
	d.clock.Advance(time.Hour)
	text := "nik,nama,kpj,segmen,status,telepon,perlindungan_sampai\n" +
		string(nik(1)) + ",Nama Salah," + string(kpj(1)) + ",pu,nonaktif,081299999999,\n" +
		string(nik(2)) + ",Peserta Kenari C," + string(kpj(2)) + ",pu,nonaktif,,\n" +
		string(nik(2)) + ",Peserta Kenari C," + string(kpj(50)) + ",bpu,aktif,,\n" +
		string(nik(3)) + ",Baru," + string(kpj(3)) + ",pu,aktif,,\n" +
		string(nik(4)) + ",Berubah," + string(kpj(4)) + ",pu,aktif,,\n"
	l := d.run(t, text)
	d.isIn(t, l, participants.ImportDone, counts{Read: 5, Created: 3, Updated: 2, Ended: 2})
	d.clock.Advance(time.Hour)
	changed := d.find(t, kpj(4))
	if _, err := d.SetMembership(d.ctx, changed, participants.NewMembership{KPJ: kpj(4), Segment: participants.PU, Status: participants.InArrears}); err != nil {
		t.Fatal(err)
	}
	if _, err := d.PreviewUndo(d.officer, l.ID); !errors.Is(err, participants.ErrImportNotFound) {
		t.Errorf("the officer may look at undoing: %v", err)
	}
	want := participants.UndoCounts{People: 1, Members: 2, Restored: 3, Left: 1}
	if got, err := d.PreviewUndo(d.boss, l.ID); err != nil || got != want {
		t.Errorf("preview %+v, %v; want %+v", got, err, want)
	}
	if _, err := d.UndoImport(d.boss, l.ID); err != nil {
		t.Fatal(err)
	}
	d.work(t)
	l = d.list(t, l.ID)
	if l.State != participants.ImportUndone || l.Undone == nil || *l.Undone != want {
		t.Errorf("%s %+v", l.State, l.Undone)
	}
	if got := state(); got != before {
		t.Errorf("is\n%s\nwas\n%s", got, before)
	}
	if left, err := d.LeftByUndo(d.boss, l.ID); err != nil || len(left) != 1 || left[0] != changed {
		t.Errorf("left %v, %v", left, err)
	}
	if d.find(t, kpj(3)) != uuid.Nil || d.find(t, kpj(50)) != uuid.Nil {
		t.Error("what the run entered is still there")
	}
	if _, told := d.told[old.ID]; !told {
		t.Error("the followers were not told")
	}
	if n := d.count(t, "SELECT count(*) FROM membership_history WHERE source = 'import_undone'"); n != 2 {
		t.Errorf("%d new rows of history", n)
	}
	if _, err := d.UndoImport(d.boss, l.ID); !errors.Is(err, participants.ErrImportState) {
		t.Errorf("undone twice: %v", err)
	}
	d.isIn(t, d.run(t, "nik,nama,kpj,segmen,status\n"+string(nik(3))+",Baru,"+string(kpj(3))+",pu,aktif\n"), participants.ImportDone, counts{Read: 1, Created: 1})
	d.verifyAudit(t)
}

func (d *desk) find(t testing.TB, number pii.Text) uuid.UUID {
	t.Helper()
	l, err := d.List(d.ctx, participants.Filter{KPJ: number}, page.Request{Limit: 1})
	if err != nil {
		t.Fatal(err)
	}
	if len(l.Items) == 0 {
		return uuid.Nil
	}
	return l.Items[0].ID
}

func TestARunIsUndoneWithinSevenDays(t *testing.T) {
	d := newDesk(t)
	l := d.run(t, good)
	d.clock.Advance(7*24*time.Hour + time.Minute)
	if _, err := d.UndoImport(d.boss, l.ID); !errors.Is(err, participants.ErrUndoTooLate) {
		t.Errorf("got %v", err)
	}
	if _, err := d.SweepImports(d.ctx); err != nil {
		t.Fatal(err)
	}
	if n := d.count(t, "SELECT count(*) FROM import_changes"); n != 0 {
		t.Errorf("%d former states are kept", n)
	}
}

func TestARefusedUploadLeavesNothing(t *testing.T) {
	d := newDesk(t)
	_, err := d.Upload(d.officer, participants.Upload{BranchID: palu, File: strings.NewReader("%PDF-1.7\n")})
	if f, ok := errors.AsType[*fault.Error](err); !ok || f.Fields[0].Code != "pdf" {
		t.Errorf("got %v", err)
	}
	for _, table := range []string{"imports", "import_jobs", "import_chunks", "audit_entries"} {
		if n := d.count(t, "SELECT count(*) FROM "+table); n != 0 {
			t.Errorf("%s has %d rows", table, n)
		}
	}
}
