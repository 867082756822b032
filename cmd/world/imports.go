package world

import (
	"context"
	"strings"

	"github.com/berlaku/berlaku/internal/pii"
	"github.com/berlaku/berlaku/participants"
)

// lists uploads some lists of the branch of Palu: one that was published and
// found nothing new, one that waits for the supervisor, one that was given up.
// None changes a participant.
func (b *builder) lists(ctx context.Context) error {
	known, err := b.asStored(ctx, 40)
	if err != nil {
		return err
	}
	const faults = "7,27E+15;Nama Contoh;19000000001;bpu;;;\n" + "7271995508900001;;19000000002;pu;;;\n" +
		"7271995508900001;Nama Contoh;1900000003;pu;;;\n" + "7271995508900000;Nama Contoh;19000000004;pu;aktif;31/02/2026;\n"
	done, err := b.list(ctx, "rekap-bulanan.csv", strings.Join(known[:30], "")+faults)
	if err != nil {
		return err
	}
	if _, err := b.app.Participants.WorkImports(ctx); err != nil {
		return err
	}
	if _, err := b.app.Participants.Publish(joined(ctx, b.supervisor), done.ID); err != nil {
		return err
	}
	if _, err := b.list(ctx, "mutasi-pekan-ini.csv", strings.ReplaceAll(strings.Join(known[30:], ""), ";active;", ";menunggak;")+faults[:40]+"\n"); err != nil {
		return err
	}
	if _, err := b.app.Participants.WorkImports(ctx); err != nil {
		return err
	}
	wrong, err := b.list(ctx, "daftar-lama.csv", known[0])
	if err == nil {
		_, err = b.app.Participants.CancelImport(joined(ctx, b.officer), wrong.ID)
	}
	return err
}

// list uploads a list as the officer and lets it be checked.
func (b *builder) list(ctx context.Context, name, rows string) (participants.List, error) {
	const heading = "nik;nama;kpj;segmen;status;perlindungan_sampai;per_tanggal\n"
	return b.app.Participants.Upload(joined(ctx, b.officer), participants.Upload{
		BranchID: palu.id, Name: pii.Text(name), File: strings.NewReader(heading + rows), ByItself: true,
	})
}

// asStored are rows that say of people what is stored of them.
func (b *builder) asStored(ctx context.Context, n int) (rows []string, err error) {
	for i := range b.folk {
		p := &b.folk[i]
		if p.home != palu || p.kpj == "" {
			continue
		}
		now, err := b.app.Participants.Get(ctx, p.id)
		if err != nil || len(now.Memberships) != 1 || now.Memberships[0].EndedOn != "" {
			continue // erased, or more than a line says
		}
		m := now.Memberships[0]
		rows = append(rows, strings.Join([]string{p.nik, p.name, p.kpj, string(m.Segment), string(m.Status), string(m.ProtectedUntil), string(m.StatusAsOf)}, ";")+"\n")
		if len(rows) == n {
			break
		}
	}
	return rows, nil
}
