package participants_test

import (
	"archive/zip"
	"bytes"
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"
	"github.com/xuri/excelize/v2"

	"github.com/berlaku/berlaku/internal/fault"
	"github.com/berlaku/berlaku/internal/page"
	"github.com/berlaku/berlaku/participants"
)

type counts struct{ Read, Created, Updated, Unchanged, Ended, Rejected int64 }

func countsOf(r participants.ImportRun) counts {
	return counts{r.RowsRead, r.Created, r.Updated, r.Unchanged, r.Ended, r.Rejected}
}

func (w *world) importFile(t testing.TB, r participants.ImportRequest, want counts) participants.ImportRun {
	t.Helper()
	run, err := w.Import(w.ctx, r)
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(want, countsOf(run)); d != "" {
		t.Errorf("run (-want +got):\n%s", d)
	}
	stored, err := w.GetImport(w.ctx, run.ID)
	if err != nil || countsOf(stored) != countsOf(run) || stored.State != participants.ImportDone || stored.FinishedAt == nil {
		t.Errorf("stored run %+v, %v", stored, err)
	}
	return run
}

func (w *world) errorsOf(t testing.TB, id uuid.UUID) []participants.RowError {
	t.Helper()
	out, err := w.ImportErrors(w.ctx, id)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

const good = `nik,nama,kpj,segmen,program,pembayar,tanggal_lahir,telepon,tanggal_daftar,perlindungan_sampai,status,per_tanggal,kode_wilayah
7271995508900001,Ani Sari,19000000001,BPU,jkk|jkm|jht,mandiri,15/08/1990,0812-3456-7890,2026-01-05,31/12/2026,aktif,2026-11-20,72.71.01
7210990302850002,Budi,19000000002,bpu,,,,,,2026-10-31,aktif,2026-11-20,
7210990302850003,Cici,19000000003,pu,,,,,,,menunggak,2026-11-20,
7210990302850004,Dedi,19000000004,pu,,,,,,,nonaktif,2026-11-20,
`

func TestImportIsIdempotent(t *testing.T) {
	w := newWorld(t)
	w.importFile(t, csvRequest(good), counts{Read: 4, Created: 4, Ended: 1})
	for status, want := range map[participants.Status]int{participants.Active: 1, participants.InArrears: 2, participants.Inactive: 1} {
		if l, err := w.List(w.ctx, participants.Filter{Status: status}, page.Request{Limit: 10}); err != nil || len(l.Items) != want {
			t.Errorf("%s: %d people, %v; want %d", status, len(l.Items), err, want)
		}
	}
	history := w.count(t, "SELECT count(*) FROM membership_history")
	w.importFile(t, csvRequest(good), counts{Read: 4, Unchanged: 4})
	w.clock.Set(time.Date(2027, 2, 15, 0, 0, 0, 0, time.UTC)) // statuses lapse meanwhile
	if n, err := w.Lapse(w.ctx); err != nil || n != 2 {
		t.Errorf("%d lapsed, %v", n, err)
	}
	w.importFile(t, csvRequest(good), counts{Read: 4, Unchanged: 4})
	if n := w.count(t, "SELECT count(*) FROM membership_history WHERE source = 'branch_import'"); n != history {
		t.Errorf("history grew from %d to %d", history, n)
	}
	if n := w.count(t, "SELECT count(*) FROM outbox WHERE kind = 'import.finished'"); n != 3 {
		t.Errorf("%d events, want one a run", n)
	}
	if l, err := w.ListImports(w.ctx, page.Request{Limit: 2}); err != nil || len(l.Items) != 2 || l.NextCursor == "" {
		t.Errorf("list of imports: %d, %v", len(l.Items), err)
	}
	w.verifyAudit(t)
}

func TestImportReadsEveryColumn(t *testing.T) {
	w := newWorld(t)
	w.importFile(t, csvRequest(good), counts{Read: 4, Created: 4, Ended: 1})
	l, err := w.List(w.ctx, participants.Filter{KPJ: "19000000001"}, page.Request{Limit: 1})
	if err != nil || len(l.Items) != 1 {
		t.Fatal(len(l.Items), err)
	}
	p := l.Items[0]
	m := p.Memberships[0]
	got := fmt.Sprint(p.Name.Reveal(), p.PhoneMasked, p.RegionCode, m.Segment, m.Programmes, m.Payer, m.AcquiredOn, m.ProtectedUntil, m.Status, m.StatusAsOf, m.Source)
	want := fmt.Sprint("Ani Sari", "**********7890", "72.71.01", "bpu", "[jkk jkm jht]", "self", "2026-01-05", "2026-12-31", "active", "2026-11-20", "branch_import")
	if got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}

func TestImportUnderstandsOtherShapes(t *testing.T) {
	for name, text := range map[string]string{
		"English headings":               "NIK,Name,KPJ,Segment,Status\n7271995508900001,Ani,19000000001,pu,active\n",
		"semicolons":                     "nik;nama;kpj;segmen;status\n7271995508900001;Ani;19000000001;pu;aktif\n",
		"a byte order mark and CRLF":     "\ufeffnik;nama;kpj;segmen;status\r\n7271995508900001;Ani;19000000001;pu;aktif\r\n",
		"no line end at the end":         "nik,nama,kpj,segmen,status\n7271995508900001,Ani,19000000001,pu,aktif",
		"another order, unknown columns": "x,kpj,status,segmen,y,nama,nik\n1,19000000001,Aktif,Penerima Upah,2,Ani,7271995508900001\n",
		"blank lines and rows":           "nik,nama,kpj,segmen,status\n\n,,,,\n7271995508900001,Ani,19000000001,pu,aktif\n,,,,\n\n",
		"quotes":                         "\"nik\",\"nama\",\"kpj\",\"segmen\",\"status\"\n\"7271995508900001\",\"Ani, S.Pd\",\"19000000001\",\"pu\",\"aktif\"\n",
		"a passport":                     "id_type,nik,nama,kpj,segmen,status\npaspor,c1234567,Ani,19000000001,pu,aktif\n",
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			w.importFile(t, csvRequest(text), counts{Read: 1, Created: 1})
			w.importFile(t, csvRequest(text), counts{Read: 1, Unchanged: 1})
		})
	}
}

func TestImportKeepsGoodRowsAndNamesBadOnes(t *testing.T) {
	w := newWorld(t)
	for n := range 3 {
		other := person(n)
		other.BranchID = donggala
		if _, err := w.Create(w.ctx, other); err != nil {
			t.Fatal(err)
		}
	}
	text := strings.Join([]string{
		"nik,nama,kpj,segmen,status,per_tanggal,telepon,kode_wilayah,kode_agen,tanggal_lahir,program,pembayar,berakhir,perlindungan_sampai,tanggal_daftar",
		"7271995508900001,Ani,19000000001,pu,aktif",
		"7271995508900000,Ani,19000000002,pu,aktif",                                                           // 3
		"7271995508900003,,1900000000,xx,halo,2027-01-01,12,99,,2030-01-01,zz,yy,besok,32/01/2026,2027-01-01", // 4
		"7271995508900004,=cmd()|A,19000000004,pu,aktif",                                                      // 5
		"7271995508900005,Ani,19000000001,pu,aktif",                                                           // 6: KPJ of line 2
		"7271995508900006,Budi,19000000006,pu,aktif,,,,AG-1",                                                  // 7: nobody knows the agent
		string(nik(1)) + ",Cici," + string(kpj(1)) + ",bpu,aktif",                                             // 8: another branch's KPJ
		"7271995508900009," + "A\tB" + ",19000000009,pu,aktif",                                                // 9
		"7271995508900010,Eko,19000000010,pu,aktif,,,,,,,,,,,,,,extra",                                        // 10
		"7271995508900011,Fani," + string(kpj(2)) + ",pu,aktif",                                               // 11
		"7271995508900012,Gita,19000000012,pu,",                                                               // 12: status unknown, yet good
	}, "\n")
	w.ResolveAgents(func(context.Context, []string) (map[string]uuid.UUID, error) { return map[string]uuid.UUID{}, nil })
	run := w.importFile(t, csvRequest(text), counts{Read: 11, Created: 2, Rejected: 9})
	want := []participants.RowError{
		{3, "nik", "nik_serial"},
		{4, "acquired_on", "date_future"}, {4, "birth_date", "birth_date"}, {4, "ended", "date_form"}, {4, "kpj", "kpj_form"}, {4, "name", "required"},
		{4, "payer", "unknown"}, {4, "phone", "phone_form"}, {4, "programmes", "unknown"}, {4, "protected_until", "date_form"}, {4, "region", "region_unknown"},
		{4, "segment", "unknown"}, {4, "status", "unknown"}, {4, "status_as_of", "date_future"},
		{5, "name", "formula"}, {6, "kpj", "duplicate_in_file"}, {7, "agent_code", "agent_unknown"}, {8, "kpj", "kpj_of_other_branch"},
		{9, "name", "row_form"}, {10, "row", "row_form"}, {11, "nik", "identity_mismatch"},
	}
	if d := cmp.Diff(want, w.errorsOf(t, run.ID)); d != "" {
		t.Errorf("errors (-want +got):\n%s", d)
	}
}

func TestImportDryRunWritesOnlyTheRun(t *testing.T) {
	w := newWorld(t)
	r := csvRequest(good + "x,y,z,pu\n")
	r.DryRun = true
	run := w.importFile(t, r, counts{Read: 5, Created: 4, Ended: 1, Rejected: 1})
	for _, table := range []string{"participants", "identity_keys", "memberships", "membership_history", "outbox"} {
		if n := w.count(t, "SELECT count(*) FROM "+table); n != 0 {
			t.Errorf("%s has %d rows", table, n)
		}
	}
	if got := w.errorsOf(t, run.ID); len(got) != 2 || w.calls != 0 {
		t.Errorf("errors %v, %d calls of the follower", got, w.calls)
	}
}

func TestImportTakesTheStatusBitAlong(t *testing.T) {
	w := newWorld(t)
	const head = "nik,nama,kpj,segmen,status,per_tanggal,berakhir\n"
	row := func(n int, rest string) string {
		return fmt.Sprintf("72719955089000%02d,Ani,190000000%02d,pu,%s\n", n, n, rest)
	}
	w.importFile(t, csvRequest(head+row(1, "aktif,2026-11-01,")+row(2, "aktif,2026-11-01,")+row(3, "aktif,2026-11-01,")), counts{Read: 3, Created: 3})
	if len(w.told) != 0 {
		t.Error("followers were told about new people")
	}
	w.importFile(t, csvRequest(head+row(1, "keluar,2026-11-02,")+row(2, "aktif,2026-11-02,2026-11-10")+row(3, "aktif,2026-11-02,2026-12-31")), counts{Read: 3, Updated: 3, Ended: 2})
	invalid := 0
	for id, s := range w.told {
		if got := w.standing(t, id); got != s {
			t.Errorf("follower saw %+v, standing is %+v", s, got)
		}
		if !s.Valid {
			invalid++
		}
	}
	if len(w.told) != 3 || invalid != 2 {
		t.Errorf("%d told, %d no longer valid", len(w.told), invalid)
	}
	run := w.importFile(t, csvRequest(head+row(1, "aktif,2026-11-01,")), counts{Read: 1, Rejected: 1})
	if d := cmp.Diff([]participants.RowError{{2, "status_as_of", "snapshot_older"}}, w.errorsOf(t, run.ID)); d != "" {
		t.Errorf("an older file (-want +got):\n%s", d)
	}
	// repaired, and a follower that fails takes the rows back with it
	w.fail = errors.New("stop")
	if _, err := w.Import(w.ctx, csvRequest(head+row(1, "aktif,2026-11-03,"))); !errors.Is(err, w.fail) {
		t.Errorf("got %v", err)
	}
	w.fail = nil
	w.importFile(t, csvRequest(head+row(1, "aktif,2026-11-03,")), counts{Read: 1, Updated: 1})
	if n := w.count(t, "SELECT count(*) FROM imports WHERE state = 'failed' AND failure = 'interrupted'"); n != 1 {
		t.Errorf("%d failed runs", n)
	}
	w.verifyAudit(t)
}

func TestImportJoinsMembershipsOfOnePerson(t *testing.T) {
	w := newWorld(t)
	text := "nik,nama,kpj,segmen,status\n7271995508900001,Ani,19000000002,pu,aktif\n7271995508900001,Ani S,19000000001,bpu,nonaktif\n"
	w.importFile(t, csvRequest(text), counts{Read: 2, Created: 2, Ended: 1})
	w.importFile(t, csvRequest(text), counts{Read: 2, Unchanged: 2})
	if n := w.count(t, "SELECT count(*) FROM participants"); n != 1 {
		t.Errorf("%d participants", n)
	}
	w.importFile(t, csvRequest("nik,nama,kpj,segmen,status\n7271995508900001,Ani Baru,19000000003,pu,aktif\n"), counts{Read: 1, Created: 1})
	l, err := w.List(w.ctx, participants.Filter{}, page.Request{Limit: 2})
	if err != nil || len(l.Items) != 1 || len(l.Items[0].Memberships) != 3 || l.Items[0].Name.Reveal() != "Ani Baru" {
		t.Errorf("%+v, %v", l.Items, err)
	}
	if len(w.told) != 1 {
		t.Error("the follower was not told of the new membership")
	}
}

func TestTwoSpellingsFarApartDoNotTakeTurns(t *testing.T) {
	w := newWorld(t)
	text := rows(1, 0) + strings.SplitN(rows(2100, 1), "\n", 2)[1] + string(nik(0)) + ",Ejaan Lain,19100009999,bpu,2026-12-31,aktif,2026-11-20\n"
	w.importFile(t, csvRequest(text), counts{Read: 2102, Created: 2102})
	w.importFile(t, csvRequest(text), counts{Read: 2102, Unchanged: 2102})
	if n := w.count(t, "SELECT count(*) FROM participants"); n != 2101 {
		t.Errorf("%d participants", n)
	}
}

func rows(n, from int) string {
	var b strings.Builder
	b.WriteString("nik,nama,kpj,segmen,perlindungan_sampai,status,per_tanggal\n")
	for i := range n {
		fmt.Fprintf(&b, "%s,Peserta %c,%s,bpu,2026-12-31,aktif,2026-11-20\n", string(nik(from+i)), 'A'+i%26, string(kpj(from+i)))
	}
	return b.String()
}

func TestImportOfManySlices(t *testing.T) {
	w := newWorld(t)
	const n = 4500
	w.importFile(t, csvRequest(rows(n, 0)), counts{Read: n, Created: n})
	w.importFile(t, csvRequest(rows(n, 0)), counts{Read: n, Unchanged: n})
	w.importFile(t, csvRequest(strings.ReplaceAll(rows(n, 0), "aktif,2026-11-20", "nonaktif,2026-11-21")), counts{Read: n, Updated: n, Ended: n})
	if len(w.told) != n {
		t.Errorf("%d told", len(w.told))
	}
	if got := w.count(t, "SELECT count(*) FROM audit_entries WHERE action = 'import.slice_stored'"); got != 9 {
		t.Errorf("%d audit entries, want one a slice", got)
	}
	w.verifyAudit(t)
}

func TestImportKeepsSoManyErrorsAndCountsAll(t *testing.T) {
	w := newWorld(t)
	const n = 12_000 // two places each
	run := w.importFile(t, csvRequest("nik,nama,kpj,segmen\n"+strings.Repeat("1,2,3,pu\n", n)), counts{Read: n, Rejected: n})
	if n := len(w.errorsOf(t, run.ID)); n != participants.MaxImportErrors {
		t.Errorf("%d errors kept", n)
	}
}

func TestParallelImportsOfOneFileDoNotDouble(t *testing.T) {
	w := newWorld(t)
	text := rows(2500, 0)
	done := make(chan error, 2)
	for range 2 {
		go func() {
			_, err := w.Import(w.ctx, csvRequest(text))
			done <- err
		}()
	}
	if err := errors.Join(<-done, <-done); err != nil {
		t.Fatal(err)
	}
	if p, m := w.count(t, "SELECT count(*) FROM participants"), w.count(t, "SELECT count(*) FROM memberships"); p != 2500 || m != 2500 {
		t.Errorf("%d participants, %d memberships", p, m)
	}
	w.verifyAudit(t)
}

func xlsxRequest(t testing.TB, fill func(f *excelize.File)) participants.ImportRequest {
	t.Helper()
	f := excelize.NewFile()
	fill(f)
	var b bytes.Buffer
	if err := f.Write(&b); err != nil {
		t.Fatal(err)
	}
	return fileRequest(participants.XLSX, b.Bytes())
}

func fileRequest(format participants.Format, b []byte) participants.ImportRequest {
	return participants.ImportRequest{BranchID: palu, Format: format, File: bytes.NewReader(b), Size: int64(len(b))}
}

func sheet(t testing.TB, f *excelize.File, all ...[]any) {
	t.Helper()
	for i, row := range all {
		if err := f.SetSheetRow("Sheet1", fmt.Sprintf("A%d", i+1), &row); err != nil {
			t.Fatal(err)
		}
	}
}

func TestImportOfASheet(t *testing.T) {
	w := newWorld(t)
	r := xlsxRequest(t, func(f *excelize.File) {
		sheet(t, f,
			[]any{"NIK", "Nama", "KPJ", "Segmen", "Status", "Per tanggal", "Perlindungan sampai"},
			[]any{"7271995508900001", "Ani", "19000000001", "BPU", "Aktif", "20/11/2026", time.Date(2026, 12, 31, 0, 0, 0, 0, time.UTC)},
			[]any{"7271995508900002", "Budi", 19000000002, "PU", "Nonaktif", "2026-11-20", ""},
			[]any{},
			[]any{"7271995508900003", "Cici", "1.9E+10", "PU", "Aktif", "", ""},
			[]any{"7271995508900004", "Dedi", "19000000004", "PU", "Aktif", "", ""})
		for cell, formula := range map[string]string{"B6": "HYPERLINK(\"http://x\")", "C6": "1+1"} {
			if err := f.SetCellFormula("Sheet1", cell, formula); err != nil {
				t.Fatal(err)
			}
		}
	})
	run := w.importFile(t, r, counts{Read: 4, Created: 2, Ended: 1, Rejected: 2})
	l, err := w.List(w.ctx, participants.Filter{KPJ: "19000000001"}, page.Request{Limit: 1})
	if err != nil || len(l.Items) != 1 || l.Items[0].Memberships[0].ProtectedUntil != "2026-12-31" {
		t.Errorf("%+v, %v", l.Items, err)
	}
	lines := map[int64]bool{}
	for _, e := range w.errorsOf(t, run.ID) {
		lines[e.Line] = true
	}
	if d := cmp.Diff(map[int64]bool{5: true, 6: true}, lines); d != "" {
		t.Errorf("lines with errors (-want +got):\n%s", d)
	}
	w.importFile(t, r, counts{Read: 4, Unchanged: 2, Rejected: 2})
}

func zipOf(t testing.TB, files map[string]func(w *bytes.Buffer)) []byte {
	t.Helper()
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	for name, fill := range files {
		f, err := z.Create(name)
		if err != nil {
			t.Fatal(err)
		}
		var body bytes.Buffer
		fill(&body)
		if _, err := f.Write(body.Bytes()); err != nil {
			t.Fatal(err)
		}
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func TestHostileFilesAreRefusedWhole(t *testing.T) {
	const head = "nik,nama,kpj,segmen\n"
	w := newWorld(t) // one for all: nothing may be stored
	text := csvRequest
	bytesOf := func(n int, c byte) func(*bytes.Buffer) {
		return func(b *bytes.Buffer) { b.Write(bytes.Repeat([]byte{c}, n)) }
	}
	small := fileRequest(participants.CSV, []byte(good))
	small.MaxBytes = 20
	wide := make([]any, 200)
	for i := range wide {
		wide[i] = "x"
	}
	sheetOf := func(all ...[]any) participants.ImportRequest {
		return xlsxRequest(t, func(f *excelize.File) { sheet(t, f, all...) })
	}
	cut := sheetOf([]any{"nik", "nama", "kpj", "segmen"})
	cut.Size /= 2
	many := map[string]func(*bytes.Buffer){}
	for i := range 300 {
		many[fmt.Sprint("f", i)] = bytesOf(1, 'x')
	}
	for _, c := range []struct {
		name, code string
		r          participants.ImportRequest
	}{
		{"nothing", "empty", text("")},
		{"only blank lines", "empty", text("\n\n\n")},
		{"larger than allowed", "too_large", small},
		{"no heading", "header_missing", text("7271995508900001,Ani,19000000001,pu\n")},
		{"a heading without KPJ", "header_missing", text("nik,nama,segmen\n")},
		{"a column twice", "header_duplicate", text("nik,nik,nama,kpj,segmen\n")},
		{"two encodings in one", "not_utf8", text(head + "7271995508900001,Jos\xe9 Jos\xc3\xa9,19000000001,pu\n")},
		{"half of a character of UTF-16", "not_utf8", text("\xff\xfen\x00i\x00k")},
		{"NUL bytes", "nul_byte", text(head + "7271995508900001,A\x00B,19000000001,pu\n")},
		{"a huge line", "line_too_long", text(head + strings.Repeat("a", 1<<20) + "\n")},
		{"a quote that never ends", "not_csv", text(head + "\"7271995508900001,Ani\n" + strings.Repeat("x,y,z\n", 1000))},
		{"a quote in the middle", "not_csv", text(head + "72\"71,Ani,1,pu\n")},
		{"too many columns", "too_many_columns", text(strings.Repeat("a,", 100) + "nik,nama,kpj,segmen\n")},
		{"a sheet said to be CSV", "not_csv", fileRequest(participants.CSV, zipOf(t, map[string]func(*bytes.Buffer){"a": bytesOf(1, 'x')}))},
		{"CSV said to be a sheet", "not_xlsx", fileRequest(participants.XLSX, []byte(good))},
		{"an unknown format", "format_unknown", fileRequest("ods", []byte(good))},
		{"half a sheet", "not_xlsx", cut},
		{"an archive that is no sheet", "not_xlsx", fileRequest(participants.XLSX, zipOf(t, map[string]func(*bytes.Buffer){"../../etc/passwd": bytesOf(10, 'x')}))},
		{"a bomb", "too_large", fileRequest(participants.XLSX, zipOf(t, map[string]func(*bytes.Buffer){"xl/worksheets/sheet1.xml": bytesOf(60<<20, ' ')}))},
		{"too many files inside", "too_large", fileRequest(participants.XLSX, zipOf(t, many))},
		{"an empty sheet", "empty", sheetOf()},
		{"a sheet without heading", "header_missing", sheetOf([]any{1, 2, 3})},
		{"a sheet of 200 columns", "too_many_columns", sheetOf([]any{"nik", "nama", "kpj", "segmen"}, wide)},
		{"a cell at the far right", "too_many_columns", xlsxRequest(t, func(f *excelize.File) {
			sheet(t, f, []any{"nik", "nama", "kpj", "segmen"})
			if err := f.SetCellValue("Sheet1", "XFD2", "x"); err != nil {
				t.Fatal(err)
			}
		})},
		{"a workbook with an entity", "xml_doctype", fileRequest(participants.XLSX, zipOf(t, map[string]func(*bytes.Buffer){
			"xl/workbook.xml": func(b *bytes.Buffer) {
				b.WriteString(`<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]><workbook>&x;</workbook>`)
			},
		}))},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := w.Import(w.ctx, c.r)
			f, ok := errors.AsType[*fault.Error](err)
			if !ok || !errors.Is(err, participants.ErrImportFile) || len(f.Fields) != 1 || f.Fields[0].Code != c.code {
				t.Errorf("got %v %+v, want %s", err, f, c.code)
			}
			for _, table := range []string{"imports", "participants", "audit_entries", "outbox"} {
				if n := w.count(t, "SELECT count(*) FROM "+table); n != 0 {
					t.Errorf("%s has %d rows", table, n)
				}
			}
		})
	}
}

func TestARowBeyondAMillionIsRefused(t *testing.T) {
	if testing.Short() {
		t.Skip("reads a million rows")
	}
	w := newWorld(t)
	r := csvRequest("nik,nama,kpj,segmen\n" + strings.Repeat("1,2,3,4\n", participants.MaxImportRows+1))
	if _, err := w.Import(w.ctx, r); !errors.Is(err, participants.ErrImportFile) || w.count(t, "SELECT count(*) FROM imports") != 0 {
		t.Errorf("got %v", err)
	}
}

func BenchmarkImport(b *testing.B) {
	const n = 100_000
	text := rows(n, 0)
	for b.Loop() {
		w := newWorld(b)
		r := csvRequest(text)
		r.MaxBytes = 64 << 20
		w.importFile(b, r, counts{Read: n, Created: n})
		w.importFile(b, r, counts{Read: n, Unchanged: n})
	}
}
