package reports_test

import (
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/berlaku/berlaku/internal/clock"
	"github.com/berlaku/berlaku/internal/testkit"
	"github.com/berlaku/berlaku/reports"

	"github.com/google/uuid"
)

// Values from R: prop.test(k, n, correct = FALSE), and by hand for none and all.
func TestWilsonIntervalsAreTheKnownOnes(t *testing.T) {
	for _, c := range []struct {
		k, n      int64
		low, high float64
	}{
		{0, 10, 0, 0.2775328}, {10, 10, 0.7224672, 1}, {5, 10, 0.2365931, 0.7634069}, {81, 263, 0.2552715, 0.3661804},
		{15, 148, 0.0624, 0.1605}, {1, 29, 0.0061, 0.1718},
	} {
		i := reports.Wilson(c.k, c.n)
		if math.Abs(i.Low-c.low) > 1e-4 || math.Abs(i.High-c.high) > 1e-4 || i.Share != float64(c.k)/float64(c.n) {
			t.Errorf("%d of %d: %+v, want %v to %v", c.k, c.n, i, c.low, c.high)
		}
	}
	if i := reports.Wilson(0, 0); i.Low != 0 || i.High != 1 {
		t.Errorf("none of none: %+v", i)
	}
}

func TestPeriodsOfComparison(t *testing.T) {
	for in, want := range map[[2]clock.Day][2]clock.Day{
		{"2026-11-01", "2026-11-24"}: {"2026-10-01", "2026-10-24"},
		{"2026-10-01", "2026-10-31"}: {"2026-09-01", "2026-09-30"},
		{"2026-03-01", "2026-03-31"}: {"2026-02-01", "2026-02-28"},
		{"2026-03-01", "2026-03-30"}: {"2026-02-01", "2026-02-28"},
		{"2026-01-01", "2026-12-31"}: {"2025-01-01", "2025-12-31"},
		{"2026-11-10", "2026-11-16"}: {"2026-11-03", "2026-11-09"},
		{"2026-11-24", "2026-11-24"}: {"2026-11-23", "2026-11-23"},
	} {
		got := reports.Period{From: in[0], To: in[1]}.Before()
		if got.From != want[0] || got.To != want[1] {
			t.Errorf("before %v: %v, want %v", in, got, want)
		}
	}
	for preset, want := range map[reports.Preset][2]clock.Day{
		reports.Today: {"2026-11-24", "2026-11-24"}, reports.ThisMonth: {"2026-11-01", "2026-11-24"}, reports.LastMonth: {"2026-10-01", "2026-10-31"},
		reports.Quarter: {"2026-10-01", "2026-11-24"}, reports.ThisYear: {"2026-01-01", "2026-11-24"}, reports.TwelveMon: {"2025-12-01", "2026-11-24"},
	} {
		if got, ok := preset.Period("2026-11-24"); !ok || got.From != want[0] || got.To != want[1] {
			t.Errorf("%s: %v", preset, got)
		}
	}
	if _, ok := reports.Preset("week").Period("2026-11-24"); ok {
		t.Error("an unknown preset has a period")
	}
}

func TestTheStatementAsPDFSaysWhatItHolds(t *testing.T) {
	tool, err := exec.LookPath("pdftotext")
	if err != nil {
		t.Skip("pdftotext is not installed")
	}
	s := reports.Statement{
		Partner: "Bengkel Contoh", Sector: "Bengkel motor", Branch: "Kantor Cabang Palu", Agreements: []string{"PKS/contoh/1"},
		Period: reports.Period{From: "2026-10-01", To: "2026-10-31"}, GeneratedAt: testkit.Start,
		Voided: reports.Sums{Uses: 2, Discount: 9_000}, Refused: 7, Disputed: 3, Upheld: 1, Reversed: 1,
	}
	for o := range 9 {
		outlet := uuid.New()
		sum := reports.UseLine{Key: outlet.String(), Label: "Gerai " + string(rune('A'+o))}
		for p := range 9 {
			l := reports.StatementLine{OutletID: outlet, BenefitID: uuid.New(), Outlet: sum.Label, Promo: "Promo " + string(rune('1'+p)), Sums: reports.Sums{Uses: 10, Gross: 100_000, Discount: 15_200, Net: 84_800}}
			s.Lines = append(s.Lines, l)
			sum.Uses, sum.Gross, sum.Discount, sum.Net = sum.Uses+10, sum.Gross+100_000, sum.Discount+15_200, sum.Net+84_800
		}
		s.Outlets = append(s.Outlets, sum)
		s.Total.Uses, s.Total.Gross, s.Total.Discount, s.Total.Net = s.Total.Uses+sum.Uses, s.Total.Gross+sum.Gross, s.Total.Discount+sum.Discount, s.Total.Net+sum.Net
	}
	b, err := s.PDF()
	if err != nil {
		t.Fatal(err)
	}
	name := filepath.Join(t.TempDir(), "rekap.pdf")
	if err := os.WriteFile(name, b, 0o600); err != nil {
		t.Fatal(err)
	}
	out, err := exec.CommandContext(t.Context(), tool, "-layout", name, "-").Output()
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		"Rekap penggunaan promo Oktober 2026", "Bengkel Contoh", "PKS/contoh/1", "1 Oktober 2026 s.d. 31 Oktober 2026", "Jumlah Gerai A", "Jumlah seluruhnya", "8.100.000", "1.231.200", "6.868.800",
		"Dibatalkan setelah dicatat: 2 kali, potongan Rp9.000", "Ditolak di kasir: 7 kali", "Disanggah: 3 kali; tetap berlaku 1, dibatalkan 1, belum diputus 1", "Untuk mitra,", "Untuk kantor cabang,",
		"Halaman 1 dari 3", "Halaman 3 dari 3", "Dibuat 24-11-2026 10.00 WITA",
	} {
		if !strings.Contains(string(out), want) {
			t.Errorf("%q is not in the file:\n%s", want, out)
		}
	}
}
