package records_test

import (
	"context"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/berlaku/berlaku/audit"
	"github.com/berlaku/berlaku/internal/actor"
	"github.com/berlaku/berlaku/internal/testkit"
	"github.com/berlaku/berlaku/internal/testkit/console"
	"github.com/berlaku/berlaku/internal/testkit/shop"
)

type office struct{ *console.Console }

func open(t *testing.T) *office { return &office{console.Open(t)} }

func (o *office) sign() {
	o.T.Helper()
	o.Clock.Advance(time.Minute)
	if _, err := o.Audit.MakeCheckpoint(testkit.System(o.T)); err != nil {
		o.T.Fatal(err)
	}
}

func (o *office) spoil(statement string) {
	o.T.Helper()
	if err := o.DB.InTx(o.T.Context(), func(ctx context.Context) error { return o.DB.From(ctx).Exec(statement).Error }); err != nil {
		o.T.Fatal(err)
	}
}

func TestTheLogIsReadAndFiltered(t *testing.T) {
	o := open(t)
	b := o.As(actor.Auditor, actor.National, uuid.Nil)
	p := b.Get("/konsol/audit").Want(http.StatusOK, "Catatan audit", "account.created", "Verifikasi sekarang")
	b.Get("/konsol/audit?aksi=account").Want(http.StatusOK, "account.created")
	b.Get("/konsol/audit?aksi=card&pelaku=till").Want(http.StatusOK, "Tidak ada catatan dengan saringan ini")
	b.Get("/konsol/audit?subjek_id=x").Want(http.StatusNotFound)
	one := p.Follow("1").Want(http.StatusOK, "cocok dengan sidik jarinya", "Belum termuat dalam titik periksa")
	o.sign()
	one = b.Get(one.Path).Want(http.StatusOK, "Unduh bukti")
	proof := one.Follow("Unduh bukti").Want(http.StatusOK)
	key := strings.TrimSpace(b.Get("/konsol/audit/kunci.txt").Body)
	if f, err := audit.CheckProof([]byte(proof.Body), key); err != nil || f.Entry == nil || f.Origin != console.Host+"/audit" {
		t.Errorf("the proof that was downloaded: %+v %v", f, err)
	}
	branch := o.As(actor.BranchSupervisor, actor.BranchScope, shop.Palu)
	branch.Get("/konsol/audit").Want(http.StatusOK, "perbuatan Anda sendiri")
	branch.Get(one.Path).Want(http.StatusNotFound)
	branch.Get(one.Path + "/bukti.json").Want(http.StatusNotFound)
	branch.Post("/konsol/audit/verifikasi", url.Values{}).Want(http.StatusForbidden)
	for _, role := range []actor.Role{actor.HQAnalyst, actor.SystemAdmin} {
		o.As(role, actor.National, uuid.Nil).Get("/konsol/audit").Want(http.StatusForbidden)
	}
}

func TestCheckpointsAreListedAndConsistent(t *testing.T) {
	o := open(t)
	b := o.As(actor.DataProtectionOfficer, actor.National, uuid.Nil)
	b.Get("/konsol/audit/titik").Want(http.StatusOK, "Belum ada titik periksa", console.Host+"/audit+")
	o.sign()
	o.As(actor.Auditor, actor.National, uuid.Nil)
	o.sign()
	p := b.Get("/konsol/audit/titik").Want(http.StatusOK, "konsisten dengan yang terbaru", "terbaru")
	proof := p.Follow("konsisten dengan yang terbaru").Want(http.StatusOK)
	if f, err := audit.CheckProof([]byte(proof.Body), o.Audit.Public()); err != nil || f.Older >= f.Size {
		t.Errorf("got %+v %v", f, err)
	}
	if all := b.Get("/konsol/audit/titik/semua.txt").Want(http.StatusOK); strings.Count(all.Body, "\n— "+console.Host+"/audit ") != 2 {
		t.Errorf("all of them: %q", all.Body)
	}
	b.Get("/konsol/audit/titik/999999").Want(http.StatusNotFound)
	b.Get("/konsol/audit/konsistensi.json?dari=x&sampai=2").Want(http.StatusUnprocessableEntity, "Sebutkan dua titik periksa")
}

func TestAVerificationNamesTheBrokenRow(t *testing.T) {
	o := open(t)
	b := o.As(actor.Auditor, actor.National, uuid.Nil)
	o.As(actor.Auditor, actor.National, uuid.Nil)
	b.Get("/konsol/audit/verifikasi").Want(http.StatusOK, "Belum pernah diverifikasi")
	ask := func(texts ...string) {
		t.Helper()
		o.Clock.Advance(time.Minute)
		p := b.Get("/konsol/audit").Submit("Verifikasi sekarang", nil).Want(http.StatusOK, "Menunggu")
		if _, err := o.Audit.WorkVerifications(testkit.System(t)); err != nil {
			t.Fatal(err)
		}
		b.Get(p.Path).Want(http.StatusOK, texts...)
		b.Header.Set("HX-Request", "true")
		if part := b.Get(p.Path); strings.Contains(part.Body, "<html") || strings.Contains(part.Body, "hx-get") {
			t.Error("the finished part asks on, or is a page")
		}
		b.Header.Del("HX-Request")
	}
	ask("Utuh", "semuanya utuh")
	o.spoil("UPDATE audit_entries SET action = 'account.forged' WHERE seq = 2")
	ask("Rusak", "Catatan audit nomor 2", "diubah")
	b.Get("/konsol/audit/verifikasi").Want(http.StatusOK, "Utuh", "Rusak", "Petugas auditor")
}
