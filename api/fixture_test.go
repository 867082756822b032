package api_test

import (
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"os"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/getkin/kin-openapi/openapi3filter"
	"github.com/getkin/kin-openapi/routers"
	"github.com/google/uuid"

	"github.com/berlaku/berlaku/accounts"
	"github.com/berlaku/berlaku/benefits"
	"github.com/berlaku/berlaku/cards"
	"github.com/berlaku/berlaku/cmd/wire"
	"github.com/berlaku/berlaku/internal/actor"
	"github.com/berlaku/berlaku/internal/clock"
	"github.com/berlaku/berlaku/internal/pii"
	"github.com/berlaku/berlaku/internal/testkit"
	"github.com/berlaku/berlaku/internal/testkit/shop"
	"github.com/berlaku/berlaku/internal/uid"
	"github.com/berlaku/berlaku/participants"
	"github.com/berlaku/berlaku/partners"
	"github.com/berlaku/berlaku/perisai"
)

// town is the whole program over a database of its own, with a small world of
// two branches in it and a credential for everybody who may knock. Estates A
// and A2 lie in the branch of Palu, B in that of Donggala; the same things
// stand in each, under names of its own.
type town struct {
	*wire.App
	t     testing.TB
	clock *clock.Manual
	dir   string
	log   *lockedBuffer

	doc        *openapi3.T
	operations map[string]*operation // by "GET /v1/cards/{id}"
	told       map[string]int        // answers that were compared with the description, by "GET /v1/cards/{id} 200"

	sector, candidate uuid.UUID // open; not yet assessed
	a, a2, b          *estate
	principals        []*principal
	admin, invitation string // a bearer, a code
	codes             int
	code              string // of the claim in TestCanaries
}

// estate is what belongs to one partner, one wadah and their branch. The maps
// are keyed by state.
type estate struct {
	name     string
	branch   uuid.UUID
	maker    context.Context // an officer of the branch, none of the principals
	decider  context.Context // a supervisor, none of the principals
	owner    context.Context
	partners map[string]uuid.UUID
	promos   map[string]uuid.UUID
	hashes   map[string]string // of the promos' terms
	tills    map[string]uuid.UUID

	partner, outlet, key                         uuid.UUID
	colleague, cashier, allowance                uuid.UUID // another owner of the partner; who stands at its tills; of the active one
	person, fresh, printed, phone                uuid.UUID
	cardText, shortCode, activation              string
	wadah, agent, registration, run, use         uuid.UUID
	claim                                        uuid.UUID // of fresh
	claimCode                                    string
	keyText, tillToken, participantToken, scanID string
	receipt, enrolment, assertion                string               // a code, a code, what buys the active till a bearer
	revokedToken, handIn                         string               // a bearer of a till that was revoked, what hands in for the active one
	device                                       device               // the active till's
	carrier                                      device               // the phone that carries the card
	carrierAssertion                             string               // what gets it a token
	cardRun, openRun                             uuid.UUID            // cards for many: one that is done, one that nobody works on yet
	request, erasure, prepared                   uuid.UUID            // data requests: a correction, an erasure, one that waits for approval
	secrets                                      []string             // what nobody outside may ever be shown
	more                                         map[string]uuid.UUID // what only pages name
}

// principal is somebody who knocks.
type principal struct {
	name  string
	code  string // the kind of principal, as in the table of the matrix
	token string
	home  *estate
	whole bool // reaches everything
}

func (p *principal) at(e *estate) bool {
	switch {
	case p.whole:
		return true
	case p.code == "BV" || p.code == "BO" || p.code == "BS":
		return p.home.branch == e.branch
	}
	return p.home == e
}

type operation struct {
	method, path string
	pattern      *regexp.Regexp
	*openapi3.Operation
}

// lockedBuffer takes what the program logs.
type lockedBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *lockedBuffer) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

// take returns what was logged since it was last called.
func (l *lockedBuffer) take() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	defer l.b.Reset()
	return l.b.String()
}

// absent is an id that nothing has.
const absent = "0193591c-5a00-7c3e-9d2f-1b7f2c6a4e10"

const townPassword = "kelapa-biru-terbang-49"

// chapter is a test that can share its town with others.
type chapter struct {
	name string
	run  func(*testing.T, *town)
}

func inOneTown(t *testing.T, chapters []chapter) {
	t.Helper()
	w := newTown(t)
	for _, c := range chapters {
		t.Run(c.name, func(t *testing.T) {
			own := *w
			own.t = t
			c.run(t, &own)
		})
	}
}

func ok[T any](v T, err error) func(testing.TB) T {
	return func(t testing.TB) T {
		t.Helper()
		none(t, err)
		return v
	}
}

func none(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// describe reads the description that the server gives of itself.
func (w *town) describe() {
	w.t.Helper()
	rec := httptest.NewRecorder()
	w.API.Handler().ServeHTTP(rec, ask("GET", "/openapi.json", "", nil))
	w.doc = ok(openapi3.NewLoader().LoadFromData(rec.Body.Bytes()))(w.t)
	param := regexp.MustCompile(`\\\{[^}]*\\\}`)
	for path, item := range w.doc.Paths.Map() {
		pattern := regexp.MustCompile("^" + param.ReplaceAllString(regexp.QuoteMeta(path), "[^/]+") + "$")
		for method, op := range item.Operations() {
			w.operations[method+" "+path] = &operation{method, path, pattern, op}
		}
	}
}

func (w *town) system() context.Context { return actor.With(context.Background(), actor.System()) }

func account(role actor.Role, kind actor.ScopeKind, scopes ...uuid.UUID) context.Context {
	a := actor.Actor{Kind: actor.Account, ID: uid.At(testkit.Start)}
	for _, scope := range scopes {
		a.Grants = append(a.Grants, actor.Grant{Role: role, Scope: kind, ScopeID: scope})
	}
	return actor.With(context.Background(), a)
}

func (w *town) build() {
	w.t.Helper()
	ctx := w.system()
	for _, code := range []string{"MOT", "APT"} {
		s := ok(w.Partners.CreateSector(ctx, partners.NewSector{Code: code, NameID: "Sektor " + code, NameEN: "Sector " + code}))(w.t)
		w.sector, w.candidate = w.candidate, s.ID
	}
	for _, to := range []partners.SectorState{partners.SectorAssessed, partners.SectorOpen} {
		ok(w.Partners.SetSectorState(ctx, w.sector, to))(w.t)
	}
	w.clock.Set(testkit.Start.Add(-13 * time.Hour))
	expired := w.signIn("expired", actor.Grant{Role: actor.ProgrammeAdmin, Scope: actor.National})
	w.clock.Set(testkit.Start)
	w.a, w.a2, w.b = w.estate("Alfa", shop.Palu), w.estate("Gamma", shop.Palu), w.estate("Beta", shop.Donggala)
	w.cardRuns()
	w.know(&principal{name: "nobody", code: "--"})
	w.know(&principal{name: "a guesser", code: "--", token: "bls_" + strings.Repeat("A", 43)})
	w.know(&principal{name: "an expired session", code: "--", token: expired})
	w.know(&principal{name: "a revoked key", code: "--", token: w.revokedKey()})
	w.staff()
	w.machines()
	w.log.take()
}

// cardRuns orders cards for many: at each branch one order that is done, and one
// that nobody works on.
func (w *town) cardRuns() {
	w.t.Helper()
	start := func(e *estate) uuid.UUID {
		id := ok(w.Cards.StartRun(e.maker, cards.NewRun{Kind: cards.RunSheet, ParticipantIDs: []uuid.UUID{e.person, e.fresh}}))(w.t).ID
		e.secrets = append(e.secrets, id.String())
		return id
	}
	for _, e := range []*estate{w.a, w.a2, w.b} {
		e.cardRun = start(e)
	}
	ok(w.Cards.WorkRuns(w.system()))(w.t)
	for _, e := range []*estate{w.a, w.a2, w.b} {
		e.openRun = start(e)
	}
}

func (w *town) know(p *principal) {
	if p.home == nil {
		p.home = w.a
	}
	w.principals = append(w.principals, p)
}

func (w *town) named(name string) *principal {
	w.t.Helper()
	for _, p := range w.principals {
		if p.name == name {
			return p
		}
	}
	w.t.Fatalf("no principal %s", name)
	return nil
}

// signIn makes an account and opens a session for it.
func (w *town) signIn(name string, grants ...actor.Grant) string {
	w.t.Helper()
	n := accounts.NewAccount{Email: name + "@uji.example", Name: "Orang Uji", Password: townPassword}
	ok(w.Accounts.CreateDirect(w.system(), n, grants...))(w.t)
	token, _, err := w.Accounts.Login(context.Background(), accounts.Login{Email: n.Email, Password: n.Password, Network: "192.0.2.0/24"})
	none(w.t, err)
	return token.Token
}

func (w *town) staff() {
	w.t.Helper()
	for code, role := range map[string]actor.Role{
		"HA": actor.HQAnalyst, "HX": actor.ProgrammeAdmin, "DP": actor.DataProtectionOfficer, "SY": actor.SystemAdmin, "AU": actor.Auditor,
	} {
		w.know(&principal{name: string(role), code: code, whole: true, token: w.signIn(code, actor.Grant{Role: role, Scope: actor.National})})
	}
	for _, e := range []*estate{w.a, w.b} {
		for code, role := range map[string]actor.Role{"BV": actor.BranchViewer, "BO": actor.BranchOfficer, "BS": actor.BranchSupervisor} {
			g := actor.Grant{Role: role, Scope: actor.BranchScope, ScopeID: e.branch}
			w.know(&principal{name: string(role) + " " + e.name, code: code, home: e, token: w.signIn(code+e.name, g)})
		}
		var grants []actor.Grant
		for _, id := range e.partners {
			grants = append(grants, actor.Grant{Role: actor.PartnerOwner, Scope: actor.PartnerScope, ScopeID: id})
		}
		w.know(&principal{name: "owner " + e.name, code: "PO", home: e, token: w.signIn("PO"+e.name, grants...)})
	}
	for code, role := range map[string]actor.Role{"AG": actor.Agent, "WC": actor.WadahCoordinator} {
		g := actor.Grant{Role: role, Scope: actor.WadahScope, ScopeID: w.a.wadah}
		w.know(&principal{name: string(role), code: code, home: w.a, token: w.signIn(code, g)})
	}
	slices.SortStableFunc(w.principals, func(x, y *principal) int { return strings.Compare(x.code, y.code) })
	w.admin = w.named(string(actor.ProgrammeAdmin)).token
	by := account(actor.ProgrammeAdmin, actor.National, uuid.Nil)
	w.invitation = ok(w.Accounts.Invite(by, "undangan@uji.example", actor.Grant{Role: actor.Auditor, Scope: actor.National}))(w.t).Code
}

func (w *town) machines() {
	w.t.Helper()
	for _, e := range []*estate{w.a, w.b} {
		w.know(&principal{name: "key " + e.name, code: "KA", home: e, token: e.keyText})
		w.know(&principal{name: "till " + e.name, code: "TL", home: e, token: e.tillToken})
		w.know(&principal{name: "revoked till " + e.name, code: "TR", home: e, token: e.revokedToken})
		w.know(&principal{name: "assertion " + e.name, code: "TA", home: e, token: e.handIn})
		w.know(&principal{name: "phone " + e.name, code: "PT", home: e, token: e.participantToken})
	}
	for code, scope := range map[string]accounts.KeyScope{"KV": accounts.ScopeValidate, "KR": accounts.ScopeRedeem, "KX": accounts.ScopeRead} {
		_, text := w.apiKey(w.a, scope)
		w.know(&principal{name: "key " + string(scope), code: code, home: w.a, token: text})
	}
}

func (w *town) apiKey(e *estate, scopes ...accounts.KeyScope) (uuid.UUID, string) {
	w.t.Helper()
	k, text, err := w.Accounts.CreateKey(e.owner, accounts.NewKey{Name: "Kasir", PartnerID: e.partner, OutletID: e.outlet, Scopes: scopes})
	none(w.t, err)
	return k.ID, text
}

func (w *town) revokedKey() string {
	w.t.Helper()
	id, text := w.apiKey(w.a, accounts.ScopeValidate, accounts.ScopeRedeem, accounts.ScopeRead)
	none(w.t, w.Accounts.RevokeKey(w.a.owner, w.a.partner, id))
	return text
}

func (w *town) estate(name string, branch uuid.UUID) *estate {
	w.t.Helper()
	e := &estate{
		name: name, branch: branch, maker: account(actor.BranchOfficer, actor.BranchScope, branch),
		decider:  account(actor.BranchSupervisor, actor.BranchScope, branch),
		partners: map[string]uuid.UUID{}, promos: map[string]uuid.UUID{}, hashes: map[string]string{}, tills: map[string]uuid.UUID{},
	}
	for _, state := range []string{"draft", "submitted", "approved", "active", "suspended"} {
		e.partners[state] = w.partner(e, state)
	}
	e.partner = e.partners["active"]
	e.owner = account(actor.PartnerOwner, actor.PartnerScope, e.partner)
	e.colleague = ok(w.Accounts.CreateDirect(w.system(), accounts.NewAccount{
		Email: "rekan." + name + "@uji.example", Name: "Rekan " + name, Password: townPassword,
	}, actor.Grant{Role: actor.PartnerOwner, Scope: actor.PartnerScope, ScopeID: e.partner}))(w.t).ID
	e.outlet = ok(w.Partners.CreateOutlet(e.owner, e.partner, outletIn("Toko "+name)))(w.t).ID
	for _, state := range []string{"draft", "submitted", "approved", "rejected", "live", "paused", "ended"} {
		e.promos[state], e.hashes[state] = w.promo(e, state)
	}
	e.key, e.keyText = w.apiKey(e, accounts.ScopeValidate, accounts.ScopeRedeem, accounts.ScopeRead)
	w.joinTills(e)
	w.people(e)
	w.field(e)
	w.uses(e)
	w.requests(e)
	w.paper(e)
	e.secrets = append(e.secrets, "Rekan "+name, e.colleague.String(), "Burung "+name, "Toko "+name, "Kasir "+name, "Wadah "+name, "Agen "+name, e.cardText, e.shortCode)
	for _, id := range []uuid.UUID{e.person, e.fresh, e.printed, e.phone, e.wadah, e.agent, e.registration, e.claim, e.run, e.use, e.outlet, e.key, e.cashier, e.allowance, e.request, e.erasure, e.prepared} {
		e.secrets = append(e.secrets, id.String())
	}
	for _, all := range []map[string]uuid.UUID{e.partners, e.promos, e.tills, e.more} {
		for _, id := range all {
			e.secrets = append(e.secrets, id.String())
		}
	}
	return e
}

func outletIn(name string) partners.OutletProfile {
	return partners.OutletProfile{Name: name, Address: "Jl. Uji 1", RegionCode: "72.71", Zone: "Asia/Makassar"}
}

func (w *town) today() clock.Day { return clock.DayOf(w.clock.Now(), time.UTC) }

// partner makes one and takes it as far as state.
func (w *town) partner(e *estate, state string) uuid.UUID {
	w.t.Helper()
	s := w.Partners
	p := ok(s.Create(e.maker, partners.NewPartner{SectorID: w.sector, BranchID: e.branch, Profile: partners.Profile{Name: "CV Burung " + e.name + " " + state}}))(w.t)
	ok(s.CreateOutlet(e.maker, p.ID, outletIn("Toko "+e.name+" "+state)))(w.t)
	ok(s.CreateAgreement(e.decider, p.ID, partners.NewAgreement{Number: "PKS-0", StartsOn: w.today().AddDays(-30), EndsOn: w.today().AddDays(700)}))(w.t)
	for _, step := range []struct {
		until string
		do    func() (partners.Partner, error)
	}{
		{"draft", func() (partners.Partner, error) { return s.Submit(e.maker, p.ID) }},
		{"submitted", func() (partners.Partner, error) { return s.Approve(e.decider, p.ID) }},
		{"approved", func() (partners.Partner, error) { return s.Activate(e.decider, p.ID) }},
		{"active", func() (partners.Partner, error) { return s.Suspend(e.decider, p.ID, "pemeriksaan") }},
	} {
		if step.until == state {
			break
		}
		ok(step.do())(w.t)
	}
	return p.ID
}

func (w *town) terms(e *estate) benefits.Terms {
	return benefits.Terms{
		Kind: benefits.Percent, Basis: benefits.Labour, Value: 20, OutletIDs: []uuid.UUID{e.outlet},
		ValidFrom: w.today().AddDays(-30), ValidTo: w.today().AddDays(700), MaxStatusAgeDays: 45, Stacking: benefits.Stackable,
		Offline: benefits.Offline{Allowed: true, Allowance: 5},
	}
}

// promo proposes one and takes it as far as state.
func (w *town) promo(e *estate, state string) (uuid.UUID, string) {
	w.t.Helper()
	s := w.Benefits
	b := ok(s.Create(e.owner, e.partner, "Burung "+e.name+" "+state, w.terms(e)))(w.t)
	hash := fmt.Sprintf("%x", b.TermsHash)
	step := func(v benefits.Benefit, err error) { ok(v, err)(w.t) }
	if state == "draft" {
		return b.ID, hash
	}
	step(s.Submit(e.owner, b.ID))
	switch state {
	case "submitted":
		return b.ID, hash
	case "rejected":
		step(s.Reject(e.decider, b.ID, "kurang jelas"))
		return b.ID, hash
	}
	step(s.Approve(e.decider, b.ID, benefits.Seen{}))
	if state == "approved" {
		return b.ID, hash
	}
	step(s.Publish(e.decider, b.ID))
	switch state {
	case "paused":
		step(s.Pause(e.owner, b.ID))
	case "ended":
		step(s.End(e.owner, b.ID))
	}
	return b.ID, hash
}

// device is a phone or a till: it keeps a key that never leaves it.
type device struct{ *ecdsa.PrivateKey }

func newDevice(t testing.TB) device {
	t.Helper()
	return device{ok(ecdsa.GenerateKey(elliptic.P256(), rand.Reader))(t)}
}

var b64 = base64.RawURLEncoding.EncodeToString

func (d device) jwk() string {
	b, err := d.PublicKey.Bytes()
	if err != nil {
		panic(err)
	}
	return fmt.Sprintf(`{"kty":"EC","crv":"P-256","x":%q,"y":%q}`, b64(b[1:33]), b64(b[33:]))
}

func (d device) point() []byte {
	return elliptic.MarshalCompressed(elliptic.P256(), d.X, d.Y) //nolint:staticcheck // the compressed form has no other encoder
}

// assertion is what buys a till its bearer.
func (d device) assertion(till uuid.UUID, at time.Time) string {
	return d.assertionFor("/v1/tills/token", till, at)
}

// assertionFor is one for another address.
func (d device) assertionFor(path string, till uuid.UUID, at time.Time) string {
	return d.jws(fmt.Sprintf(`{"alg":"ES256","kid":%q,"typ":"till-assertion+jwt"}`, till), fmt.Sprintf(
		`{"iss":%q,"aud":"https://kartu.example%s","iat":%d,"exp":%d,"jti":%q}`, till, path, at.Unix(), at.Unix()+60, uuid.NewString()))
}

// cardAssertion is what gets the phone of a card a token.
func (d device) cardAssertion(card uuid.UUID, at time.Time) string {
	return d.jws(fmt.Sprintf(`{"alg":"ES256","kid":%q,"typ":"card-assertion+jwt"}`, card), fmt.Sprintf(
		`{"iss":%q,"aud":"https://kartu.example/v1/my/token","iat":%d,"exp":%d,"jti":%q}`, card, at.Unix(), at.Unix()+60, uuid.NewString()))
}

// jws signs a header and a payload.
func (d device) jws(header, payload string) string {
	text := b64([]byte(header)) + "." + b64([]byte(payload))
	sum := sha256.Sum256([]byte(text))
	r, s, err := ecdsa.Sign(rand.Reader, d.PrivateKey, sum[:])
	if err != nil {
		panic(err)
	}
	sig := make([]byte, 64)
	r.FillBytes(sig[:32])
	s.FillBytes(sig[32:])
	return text + "." + b64(sig)
}

func (w *town) joinTills(e *estate) {
	w.t.Helper()
	for _, state := range []string{"pending", "active", "revoked"} {
		d := newDevice(w.t)
		code := ok(w.Tills.Enrol(e.owner, e.outlet))(w.t).Code
		till := ok(w.Tills.Join(context.Background(), code, d.point(), "Kasir "+state))(w.t)
		e.tills[state] = till.ID
		if state == "pending" {
			continue
		}
		ok(w.Tills.Confirm(e.owner, till.ID))(w.t)
		token, _, err := w.Tills.Token(context.Background(), d.assertion(till.ID, w.clock.Now()))
		none(w.t, err)
		if state == "revoked" {
			ok(w.Tills.Revoke(e.owner, till.ID))(w.t)
			e.revokedToken = token
			continue
		}
		e.device, e.tillToken, e.assertion = d, token, d.assertion(till.ID, w.clock.Now())
		e.handIn = d.assertionFor("/v1/redemptions/batch", till.ID, w.clock.Now())
	}
	e.allowance = ok(w.Benefits.RenewAllowances(w.system(), e.tills["active"], e.outlet))(w.t)[0].ID
	e.cashier = ok(w.Tills.AddCashier(e.owner, e.outlet, "Kasir "+e.name, "204816"))(w.t).ID
	e.enrolment = ok(w.Tills.Enrol(e.owner, e.outlet))(w.t).Code
}

// newPerson enters an active informal worker of the estate's branch.
func (w *town) newPerson(e *estate) uuid.UUID {
	w.t.Helper()
	w.codes++
	return ok(w.Participants.Create(w.system(), participants.NewParticipant{
		BranchID: e.branch, IDNumber: pii.Text(fmt.Sprintf("990101010190%04d", w.codes)), Name: pii.Text("Burung " + e.name),
		BirthOn: "1990-01-01", Phone: pii.Text(fmt.Sprintf("0812000%05d", w.codes)),
		Membership: &participants.NewMembership{
			KPJ: pii.Text(fmt.Sprintf("230000%05d", w.codes)), Segment: participants.BPU, Status: participants.Active,
			AcquiredOn: w.today().AddDays(-100), ProtectedUntil: w.today().AddDays(300), StatusAsOf: w.today().AddDays(-1),
		},
	}))(w.t).ID
}

// received delivers what is queued and returns the text of the last message.
func (w *town) received() string {
	w.t.Helper()
	ok(w.Messages.Deliver(w.system()))(w.t)
	lines := strings.Split(strings.TrimSpace(string(ok(os.ReadFile(strings.TrimPrefix(w.Config.MessageURL, "file:")))(w.t))), "\n")
	var last struct{ Text string }
	none(w.t, json.Unmarshal([]byte(lines[len(lines)-1]), &last))
	return last.Text
}

func (w *town) people(e *estate) {
	w.t.Helper()
	e.person, e.fresh = w.newPerson(e), w.newPerson(e)
	e.claim = ok(w.Participants.Claim(w.system(), participants.ClaimRequest{ByKPJ: true, Number: pii.Text(fmt.Sprintf("230000%05d", w.codes)), BirthOn: "1990-01-01"}))(w.t).ID
	e.claimCode = w.received()[:6]
	none(w.t, w.Participants.GiveConsent(w.system(), e.person, participants.NewConsent{Version: "1", TextHash: make([]byte, 32), Channel: participants.ByBranch}))
	printed := ok(w.Cards.Issue(w.system(), cards.IssueRequest{ParticipantID: e.person, Form: cards.Printed}))(w.t)
	e.printed, e.cardText, e.shortCode = printed.ID, w.Cards.Text(printed), printed.ShortCode
	e.carrier = newDevice(w.t)
	phone := ok(w.Cards.Issue(w.system(), cards.IssueRequest{ParticipantID: e.person, Form: cards.Phone, DeviceKey: e.carrier.point()}))(w.t)
	e.phone = phone.ID
	e.carrierAssertion = e.carrier.cardAssertion(phone.ID, w.clock.Now())
	e.participantToken = ok(w.Accounts.IssueParticipantToken(w.system(), e.person, phone.ID))(w.t)
	e.activation = ok(w.Participants.BeginActivation(w.system(), e.fresh))(w.t).Code
	file := []byte("kpj;nik;nama;segmen;status\n")
	e.run = ok(w.Participants.Import(e.decider, participants.ImportRequest{
		BranchID: e.branch, Format: participants.CSV, File: bytes.NewReader(append(file, "2;9;Budi;bpu;aktif\n"...)), Size: int64(len(file) + 19),
	}))(w.t).ID
}

func (w *town) field(e *estate) {
	w.t.Helper()
	e.wadah = ok(w.Perisai.CreateWadah(e.maker, perisai.NewWadah{BranchID: e.branch, Code: "W-" + e.name, Name: "Wadah " + e.name}))(w.t).ID
	e.agent = ok(w.Perisai.CreateAgent(e.maker, perisai.NewAgent{
		WadahID: e.wadah, RegionCode: "72.71", Code: "A-" + e.name, Name: pii.Text("Agen " + e.name), ActiveFrom: w.today().AddDays(-300),
	}))(w.t).ID
	e.registration = ok(w.Perisai.Register(e.maker, perisai.Registration{ParticipantID: e.person, AgentID: e.agent, RegisteredOn: w.today().AddDays(-10)}))(w.t).ID
}

// requests has the estate's person ask for a correction and an erasure that is
// prepared, and another one ask for an erasure.
func (w *town) requests(e *estate) {
	w.t.Helper()
	ask := func(person uuid.UUID, kind participants.RequestKind) uuid.UUID {
		ctx := actor.With(context.Background(), actor.Actor{Kind: actor.Participant, ID: person})
		r, _, err := w.Participants.Ask(ctx, kind, pii.Text("Catatan "+e.name))
		none(w.t, err)
		return r.ID
	}
	e.request, e.erasure, e.prepared = ask(e.person, participants.AskCorrect), ask(e.fresh, participants.AskErase), ask(e.person, participants.AskErase)
	ok(w.Participants.PrepareErasure(e.maker, e.prepared))(w.t)
	ok(w.Participants.Get(e.decider, e.person))(w.t) // so that there is a look to be told of
}

func (w *town) uses(e *estate) {
	w.t.Helper()
	rec := w.send("POST", "/v1/validations", e.keyText, fmt.Sprintf(`{"card":%q}`, e.cardText))
	e.scanID = read[struct {
		ScanID string `json:"scan_id"`
	}](w.t, rec, 200).ScanID
	rec = w.send("POST", "/v1/redemptions", e.keyText, redemption(e, e.cardText, 100_000), "Idempotency-Key", uuid.NewString())
	got := read[useRecord](w.t, rec, 201)
	if got.Outcome != "granted" {
		w.t.Fatalf("the estate's own use: %s", rec.Body)
	}
	e.use, e.receipt = uuid.MustParse(got.ID), got.Receipt.Code
}

// useRecord is what a till is told of a use.
type useRecord struct {
	ID, Outcome, Reason, State string
	Gross, Discount, Net       int64
	Remaining                  *int64
	Receipt                    *struct{ Code, URL string }
}

func redemption(e *estate, card string, gross int64) string {
	return fmt.Sprintf(`{"card":%q,"benefit_id":%q,"gross":%d,"id_checked":true}`, card, e.promos["live"], gross)
}

func read[T any](t testing.TB, rec *httptest.ResponseRecorder, status int) T {
	t.Helper()
	var v T
	if rec.Code != status {
		t.Fatalf("got %d, want %d: %s", rec.Code, status, rec.Body)
	}
	none(t, json.Unmarshal(rec.Body.Bytes(), &v))
	return v
}

// ask makes a request from another machine; body may be nil.
func ask(method, path, token string, body io.Reader, headers ...string) *http.Request {
	r := httptest.NewRequest(method, path, body)
	r.Host = "kartu.example"
	if body != nil {
		r.Header.Set("Content-Type", "application/json")
	}
	if token != "" {
		r.Header.Set("Authorization", "Bearer "+token)
	}
	for i := 0; i+1 < len(headers); i += 2 {
		if headers[i+1] == "" {
			r.Header.Del(headers[i])
			continue
		}
		r.Header.Set(headers[i], headers[i+1])
	}
	return r
}

// send sends a request; an empty body is none.
func (w *town) send(method, path, token, body string, headers ...string) *httptest.ResponseRecorder {
	w.t.Helper()
	var b io.Reader
	if body != "" {
		b = strings.NewReader(body)
	}
	return w.serve(ask(method, path, token, b, headers...))
}

// serve answers a request and compares the answer with the description.
func (w *town) serve(r *http.Request) *httptest.ResponseRecorder {
	w.t.Helper()
	rec := httptest.NewRecorder()
	w.API.Handler().ServeHTTP(rec, r)
	w.compare(r, rec)
	return rec
}

var errUndo = errors.New("undo")

// try answers a request and takes back whatever it wrote, so that the next one
// finds the world as it was.
func (w *town) try(r *http.Request) *httptest.ResponseRecorder {
	w.t.Helper()
	var rec *httptest.ResponseRecorder
	err := w.DB.InTx(r.Context(), func(ctx context.Context) error {
		rec = httptest.NewRecorder()
		w.API.Handler().ServeHTTP(rec, r.WithContext(ctx))
		return errUndo
	})
	if !errors.Is(err, errUndo) {
		w.t.Fatal(err)
	}
	w.compare(r, rec)
	return rec
}

func (w *town) find(method, path string) *operation {
	var best *operation
	for _, op := range w.operations {
		if op.method == method && op.pattern.MatchString(path) && (best == nil || strings.Count(op.path, "{") < strings.Count(best.path, "{")) {
			best = op
		}
	}
	return best
}

// compare fails the test when status, media type or body of an answer is not
// as the description says.
func (w *town) compare(r *http.Request, rec *httptest.ResponseRecorder) {
	w.t.Helper()
	op := w.find(r.Method, r.URL.Path)
	if op == nil || rec.Code == http.StatusNotModified {
		return
	}
	w.told[fmt.Sprintf("%s %s %d", op.method, op.path, rec.Code)]++
	if rec.Code >= 400 { // thousands are alike
		alike := op.method + op.path + rec.Header().Get("Content-Type") + strings.ReplaceAll(rec.Body.String(), rec.Header().Get("X-Request-Id"), "")
		if w.told[alike]++; w.told[alike] > 1 {
			return
		}
	}
	in := &openapi3filter.ResponseValidationInput{
		RequestValidationInput: &openapi3filter.RequestValidationInput{
			Request: r, Route: &routers.Route{Spec: w.doc, Path: op.path, Method: op.method, Operation: op.Operation},
		},
		Status: rec.Code, Header: rec.Header(), Options: &openapi3filter.Options{IncludeResponseStatus: true, ExcludeResponseBody: !isJSON(rec)},
	}
	in.SetBodyBytes(rec.Body.Bytes())
	if err := openapi3filter.ValidateResponse(r.Context(), in); err != nil {
		w.t.Errorf("%s %s as described: %v\nanswer: %d %s", op.method, op.path, err, rec.Code, rec.Body)
	}
	if !isJSON(rec) && rec.Body.Len() > 0 {
		if answer := op.Responses.Status(rec.Code); answer != nil && answer.Value.Content.Get(rec.Header().Get("Content-Type")) == nil {
			w.t.Errorf("%s %s: %d answers with %s, which is not described", op.method, op.path, rec.Code, rec.Header().Get("Content-Type"))
		}
	}
}

func isJSON(rec *httptest.ResponseRecorder) bool {
	return strings.Contains(rec.Header().Get("Content-Type"), "json")
}

// tables counts the rows of every table, and adds the head of the audit chain.
func (w *town) tables() map[string]string {
	w.t.Helper()
	db := ok(w.DB.SQL())(w.t)
	query := "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'"
	if w.DB.Dialect() == "postgres" {
		query = "SELECT table_name FROM information_schema.tables WHERE table_schema = 'public' AND table_type = 'BASE TABLE'"
	}
	rows, err := db.QueryContext(w.t.Context(), query)
	none(w.t, err)
	var names []string
	for rows.Next() {
		var name string
		none(w.t, rows.Scan(&name))
		names = append(names, name)
	}
	none(w.t, errors.Join(rows.Err(), rows.Close()))
	parts := make([]string, len(names))
	for i, name := range names {
		parts[i] = fmt.Sprintf("SELECT '%s' AS t, CAST(count(*) AS TEXT) AS n FROM %s", name, name)
	}
	out := map[string]string{}
	rows, err = db.QueryContext(w.t.Context(), strings.Join(parts, " UNION ALL "))
	none(w.t, err)
	defer rows.Close() //nolint:errcheck // read to its end
	for rows.Next() {
		var name, n string
		none(w.t, rows.Scan(&name, &n))
		out[name] = n
	}
	none(w.t, rows.Err())
	var hash []byte
	none(w.t, db.QueryRowContext(w.t.Context(), "SELECT hash FROM audit_heads ORDER BY chain LIMIT 1").Scan(&hash))
	out["head of the audit chain"] = fmt.Sprintf("%x", hash)
	return out
}

// changed names what differs between two counts, save for the tables left out.
func changed(before, after map[string]string, except ...string) []string {
	var out []string
	for _, name := range slices.Sorted(maps.Keys(after)) {
		if before[name] != after[name] && !slices.Contains(except, name) {
			out = append(out, fmt.Sprintf("%s: %s to %s", name, before[name], after[name]))
		}
	}
	return out
}
