package records_test

import (
	"context"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/berlaku/berlaku/accounts"
	"github.com/berlaku/berlaku/api/access"
	"github.com/berlaku/berlaku/audit"
	"github.com/berlaku/berlaku/cmd/wire"
	"github.com/berlaku/berlaku/internal/actor"
	"github.com/berlaku/berlaku/internal/clock"
	"github.com/berlaku/berlaku/internal/config"
	"github.com/berlaku/berlaku/internal/testkit"
	"github.com/berlaku/berlaku/internal/testkit/browse"
	"github.com/berlaku/berlaku/internal/testkit/shop"
)

const (
	host     = "kartu.example"
	password = "kata-sandi-yang-panjang-sekali"
)

type office struct {
	t   *testing.T
	app *wire.App
	clk *clock.Manual
}

func open(t *testing.T) *office {
	t.Helper()
	dir, clk := t.TempDir(), testkit.Clock()
	app, err := wire.Open(t.Context(), config.Config{
		DatabaseURL: testkit.URL(t), PublicURL: "https://" + host, CardOrigin: "https://" + host, DataDir: dir, KeyDir: dir + "/keys", AllowUnsafe: true,
	}, wire.Options{Clock: clk})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := app.Close(); err != nil {
			t.Error(err)
		}
	})
	return &office{t: t, app: app, clk: clk}
}

func (o *office) as(role actor.Role, kind actor.ScopeKind, scope uuid.UUID) *browse.Browser {
	o.t.Helper()
	o.clk.Advance(time.Second)
	email, ctx := uuid.NewString()[:8]+"@contoh.example", testkit.System(o.t)
	if _, err := o.app.Accounts.CreateDirect(ctx, accounts.NewAccount{Email: email, Name: "Petugas " + string(role), Password: password}, actor.Grant{Role: role, Scope: kind, ScopeID: scope}); err != nil {
		o.t.Fatal(err)
	}
	session, _, err := o.app.Accounts.Login(ctx, accounts.Login{Email: email, Password: password, Network: "192.0.2.0/24"})
	if err != nil {
		o.t.Fatal(err)
	}
	b := browse.New(o.t, o.app.API.Handler(), host)
	b.SetCookie(access.Cookies{Secure: true}.Write(session.Token, session.ExpiresAt))
	return b
}

func (o *office) sign() {
	o.t.Helper()
	o.clk.Advance(time.Minute)
	if _, err := o.app.Audit.MakeCheckpoint(testkit.System(o.t)); err != nil {
		o.t.Fatal(err)
	}
}

func (o *office) spoil(statement string) {
	o.t.Helper()
	if err := o.app.DB.InTx(o.t.Context(), func(ctx context.Context) error { return o.app.DB.From(ctx).Exec(statement).Error }); err != nil {
		o.t.Fatal(err)
	}
}

func TestTheLogIsReadAndFiltered(t *testing.T) {
	o := open(t)
	b := o.as(actor.Auditor, actor.National, uuid.Nil)
	p := b.Get("/konsol/audit").Want(http.StatusOK, "Catatan audit", "account.created", "Verifikasi sekarang")
	b.Get("/konsol/audit?aksi=account").Want(http.StatusOK, "account.created")
	b.Get("/konsol/audit?aksi=card&pelaku=till").Want(http.StatusOK, "Tidak ada catatan dengan saringan ini")
	b.Get("/konsol/audit?subjek_id=x").Want(http.StatusNotFound)
	one := p.Follow("1").Want(http.StatusOK, "cocok dengan sidik jarinya", "Belum termuat dalam titik periksa")
	o.sign()
	one = b.Get(one.Path).Want(http.StatusOK, "Unduh bukti")
	proof := one.Follow("Unduh bukti").Want(http.StatusOK)
	key := strings.TrimSpace(b.Get("/konsol/audit/kunci.txt").Body)
	if f, err := audit.CheckProof([]byte(proof.Body), key); err != nil || f.Entry == nil || f.Origin != host+"/audit" {
		t.Errorf("the proof that was downloaded: %+v %v", f, err)
	}
	branch := o.as(actor.BranchSupervisor, actor.BranchScope, shop.Palu)
	branch.Get("/konsol/audit").Want(http.StatusOK, "perbuatan Anda sendiri")
	branch.Get(one.Path).Want(http.StatusNotFound)
	branch.Get(one.Path + "/bukti.json").Want(http.StatusNotFound)
	branch.Post("/konsol/audit/verifikasi", url.Values{}).Want(http.StatusForbidden)
	for _, role := range []actor.Role{actor.HQAnalyst, actor.SystemAdmin} {
		o.as(role, actor.National, uuid.Nil).Get("/konsol/audit").Want(http.StatusForbidden)
	}
}

func TestCheckpointsAreListedAndConsistent(t *testing.T) {
	o := open(t)
	b := o.as(actor.DataProtectionOfficer, actor.National, uuid.Nil)
	b.Get("/konsol/audit/titik").Want(http.StatusOK, "Belum ada titik periksa", host+"/audit+")
	o.sign()
	o.as(actor.Auditor, actor.National, uuid.Nil)
	o.sign()
	p := b.Get("/konsol/audit/titik").Want(http.StatusOK, "konsisten dengan yang terbaru", "terbaru")
	proof := p.Follow("konsisten dengan yang terbaru").Want(http.StatusOK)
	if f, err := audit.CheckProof([]byte(proof.Body), o.app.Audit.Public()); err != nil || f.Older >= f.Size {
		t.Errorf("got %+v %v", f, err)
	}
	if all := b.Get("/konsol/audit/titik/semua.txt").Want(http.StatusOK); strings.Count(all.Body, "\n— "+host+"/audit ") != 2 {
		t.Errorf("all of them: %q", all.Body)
	}
	b.Get("/konsol/audit/titik/999999").Want(http.StatusNotFound)
	b.Get("/konsol/audit/konsistensi.json?dari=x&sampai=2").Want(http.StatusUnprocessableEntity, "Sebutkan dua titik periksa")
}

func TestAVerificationNamesTheBrokenRow(t *testing.T) {
	o := open(t)
	b := o.as(actor.Auditor, actor.National, uuid.Nil)
	o.as(actor.Auditor, actor.National, uuid.Nil)
	b.Get("/konsol/audit/verifikasi").Want(http.StatusOK, "Belum pernah diverifikasi")
	ask := func(texts ...string) {
		t.Helper()
		o.clk.Advance(time.Minute)
		p := b.Get("/konsol/audit").Submit("Verifikasi sekarang", nil).Want(http.StatusOK, "Menunggu")
		if _, err := o.app.Audit.WorkVerifications(testkit.System(t)); err != nil {
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
