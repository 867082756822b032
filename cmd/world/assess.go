package world

import (
	"context"
	"errors"
	"time"

	"github.com/google/uuid"

	"github.com/berlaku/berlaku/partners"
)

// notes are what an assessor found, by criterion.
type notes map[string]struct {
	value    int
	evidence string
}

// findings are those of the first sector, a year ago, and of the two that are
// under assessment now. All interviews are invented.
var findings = map[string][]notes{
	"MOT": {
		{
			"NEED": {5, "Wawancara enam bengkel di Palu: semuanya meminta pelanggan baru."}, "USED": {5, "Hampir semua peserta BPU memakai motor untuk bekerja."},
			"VALUE": {4, "Motor adalah alat kerja; rem dan ban menyangkut keselamatan."}, "FREQ": {3, "Servis tiap 2–4 bulan menurut catatan bengkel."},
			"READY": {4, "Lima dari enam bengkel memberi nota dan punya HP di kasir."}, "COMPLY": {4, "Pekerja empat bengkel sudah terdaftar."},
		},
		{
			"NEED": {5, "Kunjungan ke Jl. Monginsidi: sepi di tengah minggu."}, "USED": {4, "Survei agen: 78 dari 100 peserta servis dalam 6 bulan terakhir."},
			"VALUE": {5, "Potongan jasa terasa langsung bagi ojek dan kurir."}, "FREQ": {3, "Rata-rata empat kali setahun."},
			"READY": {5, "Bengkel besar sudah memakai aplikasi kasir."}, "COMPLY": {4, "Dicek pada data cabang."},
		},
	},
	"APT": {
		{
			"NEED": {3, "Wawancara lima apotek: dua berminat, tiga ragu dengan margin."}, "USED": {5, "Dipakai semua keluarga peserta."},
			"VALUE": {5, "Obat bebas dan kacamata di luar tanggungan."}, "FREQ": {4, "Rata-rata sebulan sekali."},
			"READY": {5, "Semua apotek memakai sistem kasir dan nota."}, "COMPLY": {4, "Empat dari lima apotek terdaftar."},
		},
		{
			"NEED": {4, "Dua optik meminta kerja sama lewat cabang."}, "USED": {4, "Menurut agen di tiga kelurahan."}, "VALUE": {4, "Membantu saat sakit ringan."},
			"FREQ": {4, "Nota apotek: 11 kunjungan setahun per keluarga."}, "READY": {4, "Kunjungan ke tiga apotek."}, "COMPLY": {5, "Data cabang lengkap."},
		},
	},
	"MKN": {
		{
			"NEED": {5, "Asosiasi rumah makan meminta promo hari kerja."}, "USED": {4, "Warung dekat pasar ramai pekerja informal."},
			"VALUE": {2, "Terasa, tetapi tidak menyangkut pekerjaan."}, "FREQ": {5, "Setiap minggu."}, "READY": {2, "Sebagian besar warung tanpa nota."}, "COMPLY": {2, "Baru dua dari sembilan yang terdaftar."},
		},
		{"NEED": {4, "Wawancara tujuh pemilik kafe."}, "FREQ": {5, "Pekerja makan di luar 3–4 kali seminggu."}, "READY": {3, "Kafe siap, warung belum."}},
	},
}

var errNoSector = errors.New("the world has no such sector")

// score lets assessors score a sector, one after the other, a few minutes apart.
func (b *builder) score(code string, sector uuid.UUID, assessors ...context.Context) error {
	for i, found := range findings[code] {
		var all []partners.NewScore
		for _, criterion := range []string{"NEED", "USED", "VALUE", "FREQ", "READY", "COMPLY"} {
			if n, ok := found[criterion]; ok {
				all = append(all, partners.NewScore{Criterion: criterion, Value: n.value, Evidence: n.evidence})
			}
		}
		b.clock.Advance(17 * time.Minute)
		if err := b.app.Partners.AssessAll(assessors[i], sector, all); err != nil {
			return err
		}
	}
	return nil
}

// openSector takes a sector from candidate to open on the strength of its
// assessment.
func (b *builder) openSector(sector uuid.UUID) error {
	if err := b.score("MOT", sector, b.officer, b.supervisor); err != nil {
		return err
	}
	if err := b.decide(sector, partners.SectorAssessed, "Survei dan wawancara selesai."); err != nil {
		return err
	}
	return b.decide(sector, partners.SectorOpen, "Rapat monev: bengkel motor paling dibutuhkan peserta dan paling siap.")
}

func (b *builder) decide(sector uuid.UUID, to partners.SectorState, reason string) error {
	b.clock.Advance(time.Hour)
	a, err := b.app.Partners.Assessment(b.admin, sector)
	if err != nil {
		return err
	}
	_, err = b.app.Partners.DecideSector(b.admin, sector, to, reason, a.Fingerprint())
	return err
}

// assessments scores the two sectors that may be next.
func (b *builder) assessments(ctx context.Context) error {
	b.clock.Set(b.now.Add(-6 * time.Hour))
	all, err := b.app.Partners.Sectors(ctx)
	if err != nil {
		return err
	}
	scored := 0
	for _, s := range all {
		if s.State != partners.SectorCandidate || findings[s.Code] == nil {
			continue
		}
		if err := b.score(s.Code, s.ID, b.supervisor, b.away); err != nil {
			return err
		}
		scored++
	}
	if scored == 0 {
		return errNoSector
	}
	for _, s := range all {
		if s.Code == "APT" {
			return b.decide(s.ID, partners.SectorAssessed, "Penilaian lengkap; menunggu rapat monev.")
		}
	}
	return errNoSector
}
