package staff_test

import (
	"bytes"
	"encoding/json"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/pquerna/otp/totp"

	"github.com/berlaku/berlaku/accounts"
	"github.com/berlaku/berlaku/api/access"
	"github.com/berlaku/berlaku/internal/actor"
	"github.com/berlaku/berlaku/internal/config"
	"github.com/berlaku/berlaku/internal/testkit"
	"github.com/berlaku/berlaku/internal/testkit/browse"
	"github.com/berlaku/berlaku/internal/testkit/console"
	"github.com/berlaku/berlaku/internal/testkit/passkey"
)

const (
	email    = "siti@example.test"
	password = "gunung hijau tujuh lembah"
	fresh    = "sebelas ekor kerbau putih"
)

var national = actor.Grant{Role: actor.ProgrammeAdmin, Scope: actor.National}

type house struct{ *console.Console }

func open(t *testing.T, change ...func(*config.Config)) *house {
	t.Helper()
	return &house{console.Open(t, change...)}
}

func (h *house) person(address string, grants ...actor.Grant) accounts.Account {
	h.T.Helper()
	a, err := h.Accounts.CreateDirect(testkit.System(h.T), accounts.NewAccount{Email: address, Name: "Siti Aminah", Password: password}, grants...)
	if err != nil {
		h.T.Fatal(err)
	}
	return a
}

func form(pairs ...string) url.Values {
	out := url.Values{}
	for i := 0; i+1 < len(pairs); i += 2 {
		out.Set(pairs[i], pairs[i+1])
	}
	return out
}

// signIn goes through the page.
func (h *house) signIn(address string) *browse.Browser {
	h.T.Helper()
	b := h.Anybody()
	p := b.Get("/konsol/masuk?next=/konsol/akun").Submit("Masuk", form("email", address, "password", password)).Want(http.StatusOK)
	if p.Path != "/konsol/akun" {
		h.T.Fatalf("signed in, at %s: %s", p.Path, p.Text())
	}
	return b
}

// app puts an authenticator app in force and returns what shows its codes.
func (h *house) app(a accounts.Account) func() string {
	h.T.Helper()
	ctx := actor.With(h.T.Context(), actor.Actor{Kind: actor.Account, ID: a.ID})
	setup, err := h.Accounts.EnableTOTP(ctx)
	if err != nil {
		h.T.Fatal(err)
	}
	code := h.codes(setup.Secret)
	if err := h.Accounts.ConfirmTOTP(ctx, code()); err != nil {
		h.T.Fatal(err)
	}
	h.Clock.Advance(time.Minute)
	return code
}

func (h *house) codes(secret string) func() string {
	return func() string {
		c, err := totp.GenerateCode(secret, h.Clock.Now())
		if err != nil {
			h.T.Fatal(err)
		}
		return c
	}
}

func TestSigningInWithAPassword(t *testing.T) {
	h := open(t)
	h.person(email, national)
	b := h.Anybody()
	b.Get("/konsol/orang").Want(http.StatusOK, "Masuk ke konsol")
	wrong := b.Get("/konsol/masuk").Submit("Masuk", form("email", email, "password", fresh)).Want(http.StatusUnprocessableEntity, "E-mail, kata sandi, atau kode salah.")
	wrong.WantNot(fresh)
	unknown := b.Get("/konsol/masuk").Submit("Masuk", form("email", "nobody@example.test", "password", fresh))
	if strings.ReplaceAll(unknown.Body, "nobody@example.test", email) != wrong.Body {
		t.Error("an unknown account gets another page than a wrong password")
	}
	b.Get("/konsol/masuk").Submit("Masuk", form("email", email, "password", "")).Want(http.StatusUnprocessableEntity, "Wajib diisi.")
	p := b.Get("/konsol/masuk?next=/konsol/orang").Submit("Masuk", form("email", email, "password", password)).Want(http.StatusOK, "Orang & peran")
	if p.Path != "/konsol/orang" {
		t.Errorf("at %s", p.Path)
	}
	b.Get("/konsol/akun").Submit("Keluar", nil).Want(http.StatusOK, "Anda sudah keluar.")
	b.Get("/konsol/akun").Want(http.StatusOK, "Masuk ke konsol")
	b.Get("/konsol/masuk?lang=en").Want(http.StatusOK, "Sign in to the console")
}

func TestTheWayBackStaysInside(t *testing.T) {
	h := open(t)
	h.person(email, national)
	for _, next := range []string{"https://evil.test/konsol", "//evil.test", "/\\evil.test", "/v1/me", "javascript:alert(1)", "/konsolx"} {
		b := h.Anybody()
		b.Get("/konsol/masuk?next=" + url.QueryEscape(next)).WantNot("evil.test")
		p := b.Once(http.MethodPost, "/konsol/masuk", "application/x-www-form-urlencoded", strings.NewReader(form("email", email, "password", password, "next", next).Encode()))
		if to := p.Header.Get("Location"); p.Status != http.StatusSeeOther || to != "/konsol" {
			t.Errorf("%s: %d to %q", next, p.Status, to)
		}
	}
}

func TestALockOutSaysHowLong(t *testing.T) {
	h := open(t)
	h.person(email, national)
	b := h.Anybody()
	for range 5 {
		b.Get("/konsol/masuk").Submit("Masuk", form("email", email, "password", fresh)).Want(http.StatusUnprocessableEntity)
	}
	h.Clock.Advance(5 * time.Minute)
	b.Get("/konsol/masuk").Submit("Masuk", form("email", email, "password", password)).Want(http.StatusUnprocessableEntity, "Coba lagi dalam 10 menit.")
	h.Clock.Advance(11 * time.Minute)
	h.signIn(email)
}

func TestTheSecondStep(t *testing.T) {
	h := open(t)
	code := h.app(h.person(email, national))
	b := h.Anybody()
	b.Get("/konsol/masuk/kode").Want(http.StatusOK, "Masuk ke konsol") // nothing is open
	step := b.Get("/konsol/masuk?next=/konsol/orang").Submit("Masuk", form("email", email, "password", password)).Want(http.StatusOK, "Langkah kedua")
	step.WantNot(password)
	b.Get("/konsol/akun").Want(http.StatusOK, "Masuk ke konsol") // the first step alone opens nothing
	step = step.Submit("Lanjut", form("code", "000000")).Want(http.StatusUnprocessableEntity, "kode salah")
	used := code()
	if p := step.Submit("Lanjut", form("code", used)).Want(http.StatusOK); p.Path != "/konsol/orang" {
		t.Errorf("at %s", p.Path)
	}
	again := h.Anybody()
	step = again.Get("/konsol/masuk").Submit("Masuk", form("email", email, "password", password))
	step.Submit("Lanjut", form("code", used)).Want(http.StatusUnprocessableEntity, "kode salah") // the same step twice
	h.Clock.Advance(6 * time.Minute)
	step.Submit("Lanjut", form("code", code())).Want(http.StatusUnprocessableEntity, "Waktu untuk masuk sudah habis", "Masuk ke konsol")
}

func TestASessionThatSomebodyElseKnowsIsNotTakenOver(t *testing.T) {
	h := open(t)
	h.person(email, national)
	h.person("jahat@example.test", national)
	planted, _, err := h.Accounts.Login(t.Context(), accounts.Login{Email: "jahat@example.test", Password: password})
	if err != nil {
		t.Fatal(err)
	}
	b := h.Anybody()
	b.SetCookie(access.Cookies{Secure: true}.Write(planted.Token, planted.ExpiresAt))
	p := b.Post("/konsol/masuk", form("email", email, "password", password, "next", "/konsol/akun")).Want(http.StatusOK, email)
	p.WantNot("jahat@example.test", planted.Token)
	if _, _, err := h.Accounts.Authenticate(t.Context(), planted.Token); err == nil {
		t.Error("the planted session still lives")
	}
}

// speak posts what the script of passkeys posts.
func speak(t *testing.T, b *browse.Browser, path string, body, into any) *browse.Page {
	t.Helper()
	raw, err := json.Marshal(body)
	if err != nil {
		t.Fatal(err)
	}
	p := b.Once(http.MethodPost, path, "application/json", bytes.NewReader(raw))
	if into != nil && p.Status < 300 {
		if err := json.Unmarshal([]byte(p.Body), into); err != nil {
			t.Fatalf("%s: %d %s", path, p.Status, p.Body)
		}
	}
	return p
}

type question struct {
	Token   string          `json:"token"`
	Options json.RawMessage `json:"options"`
}

func TestPasskeysFromRegisteringToSigningIn(t *testing.T) {
	h := open(t)
	h.person(email, national)
	b, k := h.signIn(email), passkey.New(t, "https://"+console.Host, console.Host)
	b.Get("/konsol/akun").Want(http.StatusOK, "Belum ada passkey.")
	var q question
	speak(t, b, "/konsol/akun/passkey", nil, &q)
	if p := speak(t, b, "/konsol/akun/passkey/selesai", map[string]any{"token": q.Token, "name": " ", "credential": json.RawMessage(k.Create(q.Options))}, nil); p.Status != http.StatusUnprocessableEntity {
		t.Errorf("without a name: %d", p.Status)
	}
	speak(t, b, "/konsol/akun/passkey", nil, &q)
	if p := speak(t, b, "/konsol/akun/passkey/selesai", map[string]any{"token": q.Token, "name": "HP kantor", "credential": json.RawMessage(k.Create(q.Options))}, nil); p.Status != http.StatusOK {
		t.Fatalf("%d %s", p.Status, p.Body)
	}
	b.Get("/konsol/akun").Want(http.StatusOK, "HP kantor").Submit("Simpan nama", form("name", "HP rumah")).Want(http.StatusOK, "HP rumah")

	other := h.Anybody()
	other.Get("/konsol/masuk").Submit("Masuk", form("email", email, "password", password)).Want(http.StatusOK, "Langkah kedua", "Pakai passkey")
	signIn := func(b *browse.Browser, next string) *browse.Page {
		speak(t, b, "/konsol/masuk/passkey", nil, &q)
		return speak(t, b, "/konsol/masuk/passkey/selesai", map[string]any{"token": q.Token, "next": next, "credential": json.RawMessage(k.Get(q.Options))}, nil)
	}
	if p := signIn(other, "//evil.test"); p.Status != http.StatusOK || p.Body != `{"next":"/konsol"}` {
		t.Fatalf("%d %s", p.Status, p.Body)
	}
	other.Get("/konsol/akun").Want(http.StatusOK, email, "passkey")
	k.Count = 0
	if p := signIn(h.Anybody(), "/konsol"); p.Status != http.StatusUnprocessableEntity || !strings.Contains(p.Body, "mungkin telah disalin") {
		t.Errorf("a counter that goes back: %d %s", p.Status, p.Body)
	}
	k.Count, k.Origin = 50, "https://evil.test"
	if p := signIn(h.Anybody(), "/konsol"); p.Status != http.StatusUnprocessableEntity || !strings.Contains(p.Body, "tidak dikenal") {
		t.Errorf("of a page elsewhere: %d %s", p.Status, p.Body)
	}

	k.Origin = "https://" + console.Host
	h.Clock.Advance(6 * time.Minute)
	p := b.Get("/konsol/akun").Submit("Hapus passkey", nil).Want(http.StatusOK, "Konfirmasi bahwa ini Anda", "Pakai passkey")
	speak(t, b, "/konsol/konfirmasi/passkey", nil, &q)
	if p := speak(t, b, "/konsol/konfirmasi/passkey/selesai", map[string]any{"token": q.Token, "next": "/konsol/akun", "credential": json.RawMessage(k.Get(q.Options))}, nil); p.Status != http.StatusOK {
		t.Fatalf("%d %s", p.Status, p.Body)
	}
	p.WantNot(password)
	b.Get("/konsol/akun").Submit("Hapus passkey", nil).Want(http.StatusOK, "Passkey dihapus.", "Belum ada passkey.")
}

func TestTheOwnAccount(t *testing.T) {
	h := open(t)
	h.person(email, national)
	b, there := h.signIn(email), h.signIn(email)
	p := b.Get("/konsol/akun").Want(http.StatusOK, "Siti Aminah", email, "Pengelola program", "Akhiri semua sesi lain", "192.0.2.0/24")
	p.Submit("Ganti kata sandi", form("old", fresh, "password", fresh, "again", fresh)).Want(http.StatusUnprocessableEntity, "Belum benar.").WantNot(fresh)
	p.Submit("Ganti kata sandi", form("old", password, "password", fresh, "again", password)).Want(http.StatusUnprocessableEntity, "Kedua kata sandi tidak sama.")
	p.Submit("Ganti kata sandi", form("old", password, "password", "123456789012", "again", "123456789012")).Want(http.StatusUnprocessableEntity, "terlalu mudah ditebak")
	p.Submit("Ganti kata sandi", form("old", password, "password", fresh, "again", fresh)).Want(http.StatusOK, "Kata sandi sudah diganti.")
	there.Get("/konsol/akun").Want(http.StatusOK, "Masuk ke konsol")
	b.Get("/konsol/akun?lang=en").Want(http.StatusOK, "Open sessions", "Programme administrator")
}

func TestWhoseRoleAsksForASecondFactorIsHeldUntilThereIsOne(t *testing.T) {
	h := open(t)
	token, _, err := h.Accounts.Bootstrap(testkit.System(t))
	if err != nil {
		t.Fatal(err)
	}
	far := h.Anybody()
	far.Get("/konsol/mulai?kode="+token).Want(http.StatusForbidden, "mesin tempat server berjalan")
	far.Post("/konsol/mulai", form("kode", token, "name", "Siti", "email", email, "password", password, "again", password)).Want(http.StatusForbidden)
	b := browse.New(t, here(h.API.Handler()), console.Host)
	begin := b.Get("/konsol/mulai?kode="+token).Want(http.StatusOK, "Akun pertama")
	begin.Submit("Buat akun", form("name", "Siti", "email", email, "password", "short", "again", "short")).Want(http.StatusUnprocessableEntity, "minimal 12 karakter")
	held := begin.Submit("Buat akun", form("name", "Siti", "email", email, "password", password, "again", password)).Want(http.StatusOK, "Peran Anda memerlukan faktor kedua")
	for _, path := range []string{"/konsol", "/konsol/orang", "/konsol/akun"} {
		if p := b.Get(path); !strings.HasPrefix(p.Path, "/konsol/akun/faktor-kedua") {
			t.Errorf("%s led to %s", path, p.Path)
		}
	}
	if p := b.Once(http.MethodGet, "/v1/accounts", "", nil); p.Status != http.StatusForbidden || !strings.Contains(p.Body, "second_factor_required") {
		t.Errorf("the API: %d %s", p.Status, p.Body)
	}
	p := held.Submit("Siapkan aplikasi", nil).Want(http.StatusOK, "Ketik rahasia ini")
	if q := b.Get("/konsol/akun/totp.png"); q.Header.Get("Content-Type") != "image/png" || !strings.HasPrefix(q.Body, "\x89PNG") {
		t.Errorf("picture: %s", q.Header.Get("Content-Type"))
	}
	var secret string
	for _, n := range p.All("code") {
		if browse.Attr(n, "id") == "rahasia" {
			secret = browse.Text(n)
		}
	}
	p = p.Submit("Aktifkan", form("code", "000000")).Want(http.StatusUnprocessableEntity, "Kode salah")
	codes := p.Submit("Aktifkan", form("code", h.codes(secret)())).Want(http.StatusOK, "Kode pemulihan", "Hanya ditampilkan sekali")
	if n := len(strings.Fields(browse.Text(codes.All("pre")[0]))); n != 10 {
		t.Errorf("%d codes", n)
	}
	b.Get("/konsol/orang").Want(http.StatusOK, "Orang & peran", "autentikator")
	begin.Submit("Buat akun", form("name", "Siti", "email", "x@example.test", "password", password, "again", password)).Want(http.StatusUnprocessableEntity, "Tautan awal sudah dipakai")
}

// here makes requests come from this machine.
func here(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		r.RemoteAddr = "127.0.0.1:4711"
		next.ServeHTTP(w, r)
	})
}

func TestWhatDoesHarmAsksOnceMore(t *testing.T) {
	h := open(t)
	a := h.person(email, national)
	code := h.app(a)
	b := h.Anybody()
	b.Get("/konsol/masuk").Submit("Masuk", form("email", email, "password", password)).Submit("Lanjut", form("code", code()))
	h.Clock.Advance(6 * time.Minute)
	b.Header.Set("Referer", "https://"+console.Host+"/konsol/orang/undang?peran=auditor")
	invite := b.Get("/konsol/orang/undang?peran=auditor").Want(http.StatusOK, "seluruh Indonesia")
	p := invite.Submit("Buat undangan", form("email", "baru@example.test")).Want(http.StatusOK, "Konfirmasi bahwa ini Anda")
	p = p.Submit("Konfirmasi", form("code", "000000")).Want(http.StatusUnprocessableEntity, "Belum benar.")
	b.Post("/konsol/konfirmasi", form("password", password)).Want(http.StatusUnprocessableEntity, "Masukkan kode faktor kedua.")
	p = p.Submit("Konfirmasi", form("code", code())).Want(http.StatusOK, "Undang orang")
	if p.Path != "/konsol/orang/undang?peran=auditor" {
		t.Errorf("back at %s", p.Path)
	}
	p.Submit("Buat undangan", form("email", "baru@example.test")).Want(http.StatusOK, "hanya ditampilkan sekali", "baru@example.test")
}

func TestInvitingAndAccepting(t *testing.T) {
	h := open(t)
	h.person(email, national)
	b := h.signIn(email)
	b.Get("/konsol/orang/undangan").Want(http.StatusOK, "Tidak ada undangan yang menunggu")
	p := b.Get("/konsol/orang/undang?peran=auditor")
	p.Submit("Buat undangan", form("email", "bukan alamat")).Want(http.StatusUnprocessableEntity, "Alamat e-mail tidak benar.")
	p = p.Submit("Buat undangan", form("email", "baru@example.test")).Want(http.StatusOK, "Salin tautan ini sekarang")
	link := browse.Text(p.All("code")[0])
	b.Get("/konsol/orang/undangan").Want(http.StatusOK, "baru@example.test", "Auditor").WantNot(link)
	old := link
	p = b.Get("/konsol/orang/undangan").Submit("Tautan baru", nil).Want(http.StatusOK, "Salin tautan ini sekarang")
	link = strings.TrimPrefix(browse.Text(p.All("code")[0]), "https://"+console.Host)
	guest := h.Anybody()
	guest.Get(strings.TrimPrefix(old, "https://"+console.Host)).Want(http.StatusUnprocessableEntity, "kedaluwarsa")
	offer := guest.Get(link).Want(http.StatusOK, "Auditor", "baru@example.test")
	offer.Submit("Buat akun", form("name", "Budi", "password", "short", "again", "short")).Want(http.StatusUnprocessableEntity, "minimal 12 karakter")
	offer.Submit("Buat akun", form("name", "Budi", "password", fresh, "again", fresh)).Want(http.StatusOK, "Peran Anda memerlukan faktor kedua")
	guest.Get(link).Want(http.StatusUnprocessableEntity, "kedaluwarsa")
	b.Get("/konsol/orang").Want(http.StatusOK, "Budi", "belum disiapkan")
	b.Post("/konsol/orang/cari", form("email", "baru@example.test")).Want(http.StatusOK, "Budi", "Auditor")
	b.Post("/konsol/orang/cari", form("email", "nobody@example.test")).Want(http.StatusUnprocessableEntity, "Tidak ada akun dengan alamat ini")
}

func TestRolesAreGivenByThoseWhoMay(t *testing.T) {
	h := open(t)
	h.person("admin@example.test", national)
	branch := h.branch()
	boss := h.person(email, actor.Grant{Role: actor.BranchSupervisor, Scope: actor.BranchScope, ScopeID: branch})
	viewer := h.person("viewer@example.test", actor.Grant{Role: actor.BranchViewer, Scope: actor.BranchScope, ScopeID: branch})
	peer := h.person("peer@example.test", actor.Grant{Role: actor.BranchSupervisor, Scope: actor.BranchScope, ScopeID: branch})
	b := h.signIn(email)
	list := b.Get("/konsol/orang").Want(http.StatusOK, "viewer@example.test")
	list.WantNot("peer@example.test", "admin@example.test")
	b.Get("/konsol/orang/" + peer.ID.String()).Want(http.StatusNotFound)
	b.Post("/konsol/orang/"+peer.ID.String()+"/nonaktif", nil).Want(http.StatusNotFound)
	at := "/konsol/orang/" + viewer.ID.String()
	page := b.Get(at).Want(http.StatusOK, "Pembaca cabang")
	give := page.Follow("Beri peran").Submit("Lanjut", form("peran", "branch_officer")).Want(http.StatusOK, h.branchName())
	give.WantNot("programme_admin")
	give.Submit("Beri peran", nil).Want(http.StatusOK, "Peran diberikan.", "Petugas cabang")
	b.Post(at+"/peran", form("peran", "programme_admin")).Want(http.StatusUnprocessableEntity, "Anda tidak berwenang memberikan peran ini di sini.")
	b.Post(at+"/peran", form("peran", "branch_officer", "lingkup", uuid.NewString())).Want(http.StatusUnprocessableEntity, "tidak berwenang")
	own := "/konsol/orang/" + boss.ID.String()
	b.Post(own+"/peran", form("peran", "branch_officer", "lingkup", branch.String())).Want(http.StatusUnprocessableEntity, "orang lain yang harus melakukannya")
	b.Post(own+"/nonaktif", nil).Want(http.StatusForbidden)
	if b.Get(own).Want(http.StatusOK, "Ini akun Anda").HasButton("Nonaktifkan") {
		t.Error("one may disable oneself")
	}
	b.Get(at).Submit("Cabut", nil).Want(http.StatusOK, "Peran dicabut")
	signed := h.signIn("viewer@example.test")
	b.Get(at).Submit("Akhiri semua sesi", nil).Want(http.StatusOK, "Tidak sedang masuk.")
	signed.Get("/konsol/akun").Want(http.StatusOK, "Masuk ke konsol")
	b.Get(at).Submit("Nonaktifkan akun", nil).Want(http.StatusOK, "nonaktif")
	h.Anybody().Post("/konsol/masuk", form("email", "viewer@example.test", "password", password)).Want(http.StatusUnprocessableEntity, "E-mail, kata sandi, atau kode salah.")
	h.person("other@example.test", actor.Grant{Role: actor.BranchViewer, Scope: actor.BranchScope, ScopeID: branch})
	h.signIn("other@example.test").Get("/konsol/orang").Want(http.StatusForbidden)
}

func (h *house) branchName() string {
	h.T.Helper()
	b, err := h.Participants.Branch(testkit.System(h.T), h.branch())
	if err != nil {
		h.T.Fatal(err)
	}
	return b.Name
}

func (h *house) branch() uuid.UUID {
	h.T.Helper()
	all, err := h.Participants.Branches(testkit.System(h.T))
	if err != nil || len(all) == 0 {
		h.T.Fatal(len(all), err)
	}
	b := all[0]
	return b.ID
}

func TestTwoPersonsLetSomebodyInAgain(t *testing.T) {
	h := open(t)
	one, two := "a@example.test", "b@example.test"
	h.person(one, national)
	h.person(two, national)
	lost := h.person(email, actor.Grant{Role: actor.Auditor, Scope: actor.National})
	h.app(lost)
	at := "/konsol/orang/" + lost.ID.String()
	b := h.signIn(one)
	b.Get(at).Submit("Beri tautan kata sandi baru", nil).Want(http.StatusOK, "Salin tautan ini sekarang")
	mine := b.Get(at).Submit("Minta hapus faktor kedua", nil).Want(http.StatusOK, "Orang kedua harus menyetujuinya", "menunggu orang kedua")
	if mine.HasButton("Setujui") {
		t.Error("who asked may approve")
	}
	b.Get(at).Submit("Minta hapus faktor kedua", nil).Want(http.StatusUnprocessableEntity, "sudah menunggu")
	c := h.signIn(two)
	c.Get("/konsol/orang").Want(http.StatusOK, "1 permintaan pemulihan").Follow("permintaan pemulihan").Submit("Setujui", nil).Want(http.StatusOK, "Faktor kedua dihapus.", "Tidak ada permintaan")
	h.Anybody().Get("/konsol/masuk").Submit("Masuk", form("email", email, "password", password)).Want(http.StatusOK, "Peran Anda memerlukan faktor kedua")

	b.Get(at).Submit("Minta kata sandi baru (dua orang)", nil).Want(http.StatusOK, "Orang kedua harus menyetujuinya")
	p := c.Get("/konsol/orang/permintaan").Submit("Setujui", nil).Want(http.StatusOK, "Salin tautan ini sekarang")
	link := strings.TrimPrefix(browse.Text(p.All("code")[0]), "https://"+console.Host)
	guest := h.Anybody()
	set := guest.Get(link).Want(http.StatusOK, "Kata sandi baru")
	set.Submit("Simpan kata sandi", form("password", fresh, "again", fresh)).Want(http.StatusOK, "Kata sandi baru sudah berlaku.")
	guest.Get(link).Want(http.StatusUnprocessableEntity, "Tautan tidak dikenal")
	h.Anybody().Get("/konsol/masuk").Submit("Masuk", form("email", email, "password", fresh)).Want(http.StatusOK, "Faktor kedua")
}

func TestRecoveryTellsNobodyWhoHasAnAccount(t *testing.T) {
	h := open(t)
	a := h.person(email, national)
	h.app(a)
	codes, err := h.Accounts.NewRecoveryCodes(actor.With(t.Context(), actor.Actor{Kind: actor.Account, ID: a.ID}))
	if err != nil {
		t.Fatal(err)
	}
	b := h.Anybody()
	send := func(address, code string) *browse.Page {
		return b.Get("/konsol/pemulihan").Submit("Simpan kata sandi", form("email", address, "code", code, "password", fresh, "again", fresh))
	}
	wrong := send(email, "aaaaa-aaaaa").Want(http.StatusUnprocessableEntity, "E-mail atau kode pemulihan salah").WantNot(fresh, "aaaaa-aaaaa")
	unknown := send("nobody@example.test", "aaaaa-aaaaa")
	if strings.ReplaceAll(unknown.Body, "nobody@example.test", email) != wrong.Body {
		t.Error("an unknown account gets another page than a wrong code")
	}
	send(email, codes[0]).Want(http.StatusOK, "Kata sandi baru sudah berlaku.")
	b.Get("/konsol/masuk").Submit("Masuk", form("email", email, "password", fresh)).Want(http.StatusOK, "Langkah kedua").
		Submit("Lanjut", form("code", codes[1])).Want(http.StatusOK)
	b.Get("/konsol/akun").Want(http.StatusOK, "kata sandi + kode pemulihan", "Tersisa: 8")
}
