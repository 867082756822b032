package api_test

import (
	"bytes"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strings"

	"github.com/google/uuid"

	"github.com/berlaku/berlaku/accounts"
	"github.com/berlaku/berlaku/api/access"
	"github.com/berlaku/berlaku/audit"
	"github.com/berlaku/berlaku/internal/actor"
	"github.com/berlaku/berlaku/internal/page"
	"github.com/berlaku/berlaku/internal/pii"
	"github.com/berlaku/berlaku/internal/testkit"
	"github.com/berlaku/berlaku/internal/testkit/shop"
	"github.com/berlaku/berlaku/notices"
	"github.com/berlaku/berlaku/participants"
	"github.com/berlaku/berlaku/partners"
)

// paper makes what only the pages name.
func (w *town) paper(e *estate) {
	w.t.Helper()
	agreement := ok(w.Partners.Agreements(w.system(), e.partner))(w.t)[0].ID
	document := ok(w.Partners.AddDocument(e.maker, agreement, strings.NewReader("%PDF-1.4\n1 0 obj<</Type/Catalog>>endobj\ntrailer<</Root 1 0 R>>\nstartxref\n9\n%%EOF\n")))(w.t).ID
	person := ok(w.Participants.Get(w.system(), e.person))(w.t)
	list := ok(w.Participants.Upload(e.maker, participants.Upload{
		BranchID: e.branch, Name: "daftar.csv", File: strings.NewReader("kpj;nik;nama;segmen;status\n2;9;Budi;bpu;aktif\n"),
	}))(w.t).ID
	e.more = map[string]uuid.UUID{
		"agreement": agreement, "document": document, "membership": person.Memberships[0].ID, "list": list,
		"application": w.application(e), "invited": w.waiting(e), "reset": w.reset(e), "news": w.notice(e), "entry": w.entry(e),
	}
}

func (w *town) application(e *estate) uuid.UUID {
	w.t.Helper()
	region := "72.71"
	if e.branch != shop.Palu {
		region = "72.03"
	}
	reference := ok(w.Partners.Apply(w.system(), partners.NewApplication{
		SectorID: w.sector, RegionCode: region, Address: "Jl. Uji 3", Why: "ingin ikut", Consent: true,
		Profile: partners.Profile{Name: "CV Pelamar " + e.name, Contact: partners.Contact{Name: "Pelamar", Phone: pii.Text("0813000000" + string(rune('0'+w.codes%10)) + string(rune('0'+w.codes/10)))}},
	}))(w.t)
	for _, a := range ok(w.Partners.Applications(e.maker, partners.ApplicationNew))(w.t) {
		if a.Reference == reference {
			return a.ID
		}
	}
	w.t.Fatal("the application is not there")
	return uuid.Nil
}

// waiting invites somebody to the estate's partner.
func (w *town) waiting(e *estate) uuid.UUID {
	w.t.Helper()
	ok(w.Accounts.Invite(e.decider, "calon."+strings.ToLower(e.name)+"@uji.example", actor.Grant{Role: actor.PartnerOwner, Scope: actor.PartnerScope, ScopeID: e.partner}))(w.t)
	for _, i := range ok(w.Accounts.ListInvitations(e.decider))(w.t) {
		if i.Grant.ScopeID == e.partner {
			return i.ID
		}
	}
	w.t.Fatal("the invitation is not there")
	return uuid.Nil
}

// reset asks for a new second factor of the estate's other owner.
func (w *town) reset(e *estate) uuid.UUID {
	w.t.Helper()
	ok(w.Accounts.AskReset(e.decider, e.colleague, accounts.ResetFactor))(w.t)
	for _, r := range ok(w.Accounts.ListResets(e.decider))(w.t) {
		if r.AccountID == e.colleague {
			return r.ID
		}
	}
	w.t.Fatal("the reset is not there")
	return uuid.Nil
}

// notice is of the estate's data request.
func (w *town) notice(e *estate) uuid.UUID {
	w.t.Helper()
	for _, n := range ok(w.Notices.List(e.maker, notices.Filter{Kind: notices.DataRequestOpened}, page.Request{Limit: 100}))(w.t).Items {
		if n.SubjectID == e.request {
			return n.ID
		}
	}
	w.t.Fatal("the notice is not there")
	return uuid.Nil
}

func (w *town) entry(e *estate) uuid.UUID {
	w.t.Helper()
	return ok(w.Audit.List(w.system(), audit.Filter{SubjectID: e.partner}, page.Request{Limit: 10}))(w.t).Items[0].ID
}

// onPage reports whether the operation is a page of the console or for those
// who want to become a partner.
func (r *row) onPage() bool {
	_, path, _ := strings.Cut(r.op, " ")
	return path == "/konsol" || strings.HasPrefix(path, "/konsol/") || strings.HasPrefix(path, "/mitra/")
}

// visit makes a request of a browser: an account is known by its cookie, whoever
// else by what it holds.
func visit(method, path string, p *principal, form string) *http.Request {
	token := p.token
	if strings.HasPrefix(token, "bls_") {
		token = ""
	}
	var r *http.Request
	switch {
	case method != http.MethodPost:
		r = ask(method, path, token, nil)
	case form == "{upload}":
		var b bytes.Buffer
		m := multipart.NewWriter(&b)
		_ = m.Close()
		r = ask(method, path, token, &b, "Content-Type", m.FormDataContentType())
	default:
		r = ask(method, path, token, strings.NewReader(form), "Content-Type", "application/x-www-form-urlencoded")
	}
	if token == "" && p.token != "" {
		r.Header.Set("Cookie", sessionCookie+"="+p.token)
	}
	return r
}

var sessionCookie = access.Cookies{Secure: true}.Write("x", testkit.Start).Name

// plain is an answer without the address that was asked for, which a page may
// repeat: a language link, or whereto one comes back after the sign-in.
func plain(rec *httptest.ResponseRecorder, r *http.Request) *httptest.ResponseRecorder {
	uri := r.URL.RequestURI()
	said := strings.NewReplacer(url.QueryEscape(uri), "…", uri, "…", r.URL.Path, "…")
	out := httptest.NewRecorder()
	out.Code = rec.Code
	out.Body.WriteString(said.Replace(rec.Body.String()))
	for name, values := range rec.Header() {
		for _, v := range values {
			out.Header().Add(name, said.Replace(v))
		}
	}
	return out
}

var heading = regexp.MustCompile(`(?s)<main.*?</main>`)

var tags = regexp.MustCompile(`(?s)<[^>]*>|\s+`)

// gist is what an answer says, of a page without what is around it.
func gist(rec *httptest.ResponseRecorder) string {
	if main := heading.FindString(rec.Body.String()); main != "" {
		return strings.Join(strings.Fields(tags.ReplaceAllString(main, " ")), " ")
	}
	return rec.Body.String() + rec.Header().Get("Location")
}

// checkPages holds every page of the console to a row of the table and back, and
// returns the pages.
func (w *town) checkPages() map[string]bool {
	w.t.Helper()
	pages, rows := map[string]bool{}, map[string]*row{}
	for i := range matrix {
		if r := &matrix[i]; r.onPage() {
			rows[strings.NewReplacer("{", ":", "}", "").Replace(r.op)] = r
		}
	}
	for _, page := range w.Console.Routes() {
		name := page.Method + " " + page.Path
		pages[name] = true
		switch r := rows[name]; {
		case r == nil:
			w.t.Errorf("the page %s is not in the table: say who may open it", name)
		case page.Rule.IsPublic() != (r.who == anybody):
			w.t.Errorf("%s: open to anybody: %v", name, page.Rule.IsPublic())
		}
	}
	for name := range rows {
		if !pages[name] {
			w.t.Errorf("%s is in the table and no page", name)
		}
	}
	return pages
}

// inside answers those who are signed in by another status.
func inside(status int) map[string]int {
	out := map[string]int{}
	for code := range strings.FieldsSeq(staff) {
		out[code] = status
	}
	return out
}

// turnedAway reports whether who has no credential was sent to the sign-in.
func turnedAway(rec *httptest.ResponseRecorder) bool {
	return rec.Code == http.StatusSeeOther && strings.HasPrefix(rec.Header().Get("Location"), "/konsol/masuk?next=")
}
