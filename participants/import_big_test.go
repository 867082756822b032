package participants_test

import (
	"bytes"
	"crypto/sha256"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/xuri/excelize/v2"

	"github.com/berlaku/berlaku/participants"
)

// bigRows is how long the big list is: a hundred thousand rows where TEST_BIG
// is set, a tenth of them otherwise; every hundredth is faulty.
var bigRows, bigFaulty = bigList()

func bigList() (rows, faulty int) {
	if os.Getenv("TEST_BIG") != "" {
		return 100_000, 1_000
	}
	return 10_000, 100
}

// bigCell gives what stands in a big list; every hundredth row is faulty.
func bigCells(i int) []string {
	k := string(kpj(i))
	if i%(bigRows/bigFaulty) == 7 {
		k = "7" // too short
	}
	return []string{string(nik(i)), fmt.Sprintf("Peserta Nomor %c%c", 'A'+i%26, 'A'+i/26%26), k, "bpu", "2026-12-31", "aktif", "2026-11-20"}
}

var bigHead = []string{"nik", "nama", "kpj", "segmen", "perlindungan_sampai", "status", "per_tanggal"}

func bigFile(t testing.TB, format participants.Format) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "besar."+string(format))
	if format == participants.CSV {
		var b bytes.Buffer
		b.WriteString(strings.Join(bigHead, ",") + "\n")
		for i := range bigRows {
			b.WriteString(strings.Join(bigCells(i), ",") + "\n")
		}
		if err := os.WriteFile(path, b.Bytes(), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	f := excelize.NewFile()
	sw, err := f.NewStreamWriter("Sheet1")
	if err != nil {
		t.Fatal(err)
	}
	for i := -1; i < bigRows; i++ {
		all := bigHead
		if i >= 0 {
			all = bigCells(i)
		}
		row := make([]any, len(all))
		for n, c := range all {
			row[n] = c
		}
		if err := sw.SetRow(fmt.Sprint("A", i+2), row); err != nil {
			t.Fatal(err)
		}
	}
	if err := sw.Flush(); err != nil {
		t.Fatal(err)
	}
	if err := f.SaveAs(path); err != nil {
		t.Fatal(err)
	}
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
	return path
}

// heap watches how much the heap grows.
func heap(during func()) (growth uint64) {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	base := m.HeapInuse
	var stop atomic.Bool
	var most uint64
	var watch sync.WaitGroup
	watch.Go(func() {
		var m runtime.MemStats
		for !stop.Load() {
			runtime.ReadMemStats(&m)
			most = max(most, m.HeapInuse)
			time.Sleep(10 * time.Millisecond)
		}
	})
	during()
	stop.Store(true)
	watch.Wait()
	return max(most, base) - base
}

func TestABigListStaysWithin64MiB(t *testing.T) {
	if testing.Short() {
		t.Skip("takes in a big list")
	}
	for _, format := range []participants.Format{participants.CSV, participants.XLSX} {
		t.Run(string(format), func(t *testing.T) {
			path := bigFile(t, format)
			d := newDesk(t)
			want := counts{Read: int64(bigRows), Created: int64(bigRows - bigFaulty), Rejected: int64(bigFaulty)}
			for _, again := range []bool{false, true} {
				var l participants.List
				began := time.Now() //nolint:forbidigo // what a figure says, no assertion
				growth := heap(func() { l = d.runFile(t, path) })
				t.Logf("%s, again: %v: %.1f s, heap + %d MiB", format, again, time.Since(began).Seconds(), growth>>20)
				if growth > heapMost {
					t.Errorf("the heap grew by %d MiB", growth>>20)
				}
				d.isIn(t, l, participants.ImportDone, want)
				bad := d.errorsOf(t, l.ID)
				if len(bad) != bigFaulty {
					t.Fatalf("%d faults", len(bad))
				}
				for n, e := range bad {
					if line := int64(n*(bigRows/bigFaulty) + 7 + 2); e != (participants.RowError{Line: line, Field: "kpj", Code: "kpj_form"}) {
						t.Fatalf("fault %d: %+v, want line %d", n, e, line)
					}
				}
				if want.Unchanged == 0 {
					want.Created, want.Unchanged = 0, want.Created
					d.dumped = d.tables(t)
				} else if got := d.tables(t); got != d.dumped {
					t.Error("the second run changed something")
				}
			}
		})
	}
}

func (d *desk) runFile(t testing.TB, path string) participants.List {
	t.Helper()
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close() //nolint:errcheck // read
	l, err := d.Upload(d.officer, participants.Upload{BranchID: palu, File: io.Reader(f)})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := d.Map(d.officer, l.ID, l.Mapping); err != nil {
		t.Fatal(err)
	}
	d.work(t)
	if _, err := d.Publish(d.boss, l.ID); err != nil {
		t.Fatal(err)
	}
	d.work(t)
	return d.list(t, l.ID)
}

// tables is a sum over every row that an import may change.
func (d *desk) tables(t testing.TB) string {
	t.Helper()
	var out []string
	for _, q := range []string{
		"SELECT id, branch_id, region_code, id_sealed, name_sealed, birth_sealed, phone_sealed, updated_at FROM participants ORDER BY id",
		"SELECT * FROM memberships ORDER BY id", "SELECT * FROM identity_keys ORDER BY kind, digest", "SELECT * FROM membership_history ORDER BY id",
	} {
		out = append(out, d.sum(t, q))
	}
	return strings.Join(out, " ")
}

func (d *desk) sum(t testing.TB, query string) string {
	t.Helper()
	rows, err := d.db.From(d.ctx).Raw(query).Rows()
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close() //nolint:errcheck // read
	names, err := rows.Columns()
	if err != nil {
		t.Fatal(err)
	}
	h := sha256.New()
	all, into := make([]any, len(names)), make([]any, len(names))
	for i := range all {
		into[i] = &all[i]
	}
	for rows.Next() {
		if err := rows.Scan(into...); err != nil {
			t.Fatal(err)
		}
		fmt.Fprintln(h, all...)
	}
	if rows.Err() != nil {
		t.Fatal(rows.Err())
	}
	return fmt.Sprintf("%x", h.Sum(nil)[:8])
}
