package api_test

import (
	"bytes"
	"fmt"
	"io"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/uuid"
	"github.com/labstack/echo/v4"

	"github.com/berlaku/berlaku/participants"
)

// fill puts things of an estate, and of the one who asks, where {} names them.
func (w *town) fill(text string, e *estate, p *principal) string {
	pairs := []string{
		"{branch}", e.branch.String(), "{sector}", w.sector.String(), "{candidate}", w.candidate.String(), "{invitation}", w.invitation,
		"{partner}", e.partner.String(), "{outlet}", e.outlet.String(), "{key}", e.key.String(), "{person}", e.person.String(),
		"{fresh}", e.fresh.String(), "{card}", e.printed.String(), "{phone}", e.phone.String(), "{short code}", e.shortCode,
		"{wadah}", e.wadah.String(), "{agent}", e.agent.String(), "{run}", e.run.String(), "{use}", e.use.String(),
		"{receipt}", e.receipt, "{activation}", e.activation, "{enrolment}", e.enrolment, "{assertion}", e.assertion,
		"{request}", e.request.String(), "{erasure}", e.erasure.String(), "{prepared}", e.prepared.String(),
		"{notice hash}", fmt.Sprintf("%x", participants.PrivacyNotice().Hash), "{notice}", participants.PrivacyNotice().Version,
		"{card assertion}", e.carrierAssertion, "{card run}", e.cardRun.String(), "{open run}", e.openRun.String(),
		"{registration}", e.registration.String(), "{claim}", e.claim.String(), "{claim code}", e.claimCode,
		"{grant}", grantText(p), "{colleague}", e.colleague.String(), "{cashier}", e.cashier.String(), "{allowance}", e.allowance.String(),
	}
	for state, id := range e.partners {
		pairs = append(pairs, "{partner "+state+"}", id.String())
	}
	for name, id := range e.more {
		pairs = append(pairs, "{"+name+"}", id.String())
	}
	for state, id := range e.promos {
		pairs = append(pairs, "{promo "+state+"}", id.String(), "{hash "+state+"}", e.hashes[state])
	}
	for state, id := range e.tills {
		pairs = append(pairs, "{till "+state+"}", id.String())
	}
	if strings.Contains(text, "{jwk}") {
		pairs = append(pairs, "{jwk}", newDevice(w.t).jwk())
	}
	return strings.NewReplacer(pairs...).Replace(text)
}

// grantText is a grant that the principal may hand out.
func grantText(p *principal) string {
	switch p.code {
	case "SY":
		return `"role":"system_admin","scope":{}`
	case "PO":
		return fmt.Sprintf(`"role":"partner_owner","scope":{"partner_id":%q}`, p.home.partner)
	case "BS":
		return fmt.Sprintf(`"role":"branch_viewer","scope":{"branch_id":%q}`, p.home.branch)
	}
	return `"role":"programme_admin","scope":{}`
}

var braces = regexp.MustCompile(`\{[^}]*\}`)

// trapped is a body that notes that it was read. It is no JSON.
type trapped struct {
	io.Reader
	sprung bool
}

func (b *trapped) Read(p []byte) (int, error) {
	b.sprung = true
	return b.Reader.Read(p)
}

// cell is one request of the matrix: a principal asks for what belongs to an
// estate, or for what is not there (nil).
type cell struct {
	row *row
	who *principal
	of  *estate
}

func (c *cell) String() string {
	of := "absent"
	if c.of != nil {
		of = c.of.name
	}
	return fmt.Sprintf("%s of %s as %s", c.row.op, of, c.who.name)
}

// want returns the status that the table asks for.
func (c *cell) want() int {
	public := c.row.who == anybody
	switch {
	case !public && c.row.onPage() && (c.who.code == "--" || c.who.code == "TR"):
		return http.StatusSeeOther // to the sign-in
	case !public && c.who.code == "--":
		return http.StatusUnauthorized
	case !public && !slices.Contains(strings.Fields(c.row.who), c.who.code):
		if c.who.code == "TR" {
			return http.StatusUnauthorized // for all but handing in it is no credential
		}
		return http.StatusForbidden
	case c.row.reach != "" && !c.reaches():
		return http.StatusNotFound
	case c.row.except[c.who.code] != 0:
		return c.row.except[c.who.code]
	}
	return c.row.status
}

func (c *cell) reaches() bool {
	if c.of == nil {
		return false
	}
	if c.row.reach == open || c.who.whole {
		return true
	}
	return slices.Contains(strings.Fields(c.row.reach), c.who.code) && c.who.at(c.of)
}

// request makes the request of the cell. Who is not let in sends a trap.
func (w *town) request(c *cell) (*http.Request, *trapped) {
	method, path, _ := strings.Cut(c.row.op, " ")
	if c.row.path != "" {
		path = c.row.path
	}
	e := c.of
	if e == nil {
		e, path = c.who.home, braces.ReplaceAllString(path, absent)
	}
	if strings.HasPrefix(path, "/r/") && c.of == nil {
		path = "/r/ABCDEFGHJK"
	}
	path = w.fill(path, e, c.who)
	headers := []string{"Idempotency-Key", uuid.NewString()}
	want := c.want()
	away := want == 401 || want == 403 || want == 303 && !slices.Contains(strings.Fields(c.row.who), c.who.code)
	if c.row.onPage() && !(away && method == http.MethodPost && c.row.who != anybody && c.row.except[c.who.code] == 0) {
		return visit(method, path, c.who, w.fill(c.row.body, e, c.who)), nil
	}
	if away && method != http.MethodGet && c.row.who != anybody && c.row.except[c.who.code] == 0 {
		trap := &trapped{Reader: strings.NewReader("{broken")}
		r := ask(method, path, c.who.token, trap, headers...)
		if c.row.onPage() {
			r = visit(method, path, c.who, "")
			r.Body = io.NopCloser(trap)
		}
		r.ContentLength = 7
		return r, trap
	}
	switch body := w.fill(c.row.body, e, c.who); body {
	case "":
		return ask(method, path, c.who.token, nil, headers...), nil
	case "{file}":
		file, media := upload(w.t, e)
		return ask(method, path, c.who.token, file, append(headers, "Content-Type", media)...), nil
	default:
		return ask(method, path, c.who.token, strings.NewReader(body), headers...), nil
	}
}

// upload is a good file for the estate's branch.
func upload(t testing.TB, e *estate) (io.Reader, string) {
	t.Helper()
	var b bytes.Buffer
	m := multipart.NewWriter(&b)
	none(t, m.WriteField("branch_id", e.branch.String()))
	f := ok(m.CreateFormFile("file", "anggota.csv"))(t)
	ok(f.Write([]byte("kpj;nik;nama;segmen;status\n23000077777;9901010101907777;Siti;bpu;aktif\n")))(t)
	none(t, m.Close())
	return &b, m.FormDataContentType()
}

// masked is a refusal as the one who is refused sees it, without what differs
// in every answer.
func masked(rec *httptest.ResponseRecorder) string {
	h := rec.Header().Clone()
	id := h.Get("X-Request-Id")
	h.Del("X-Request-Id")
	return fmt.Sprint(rec.Code, h, strings.ReplaceAll(rec.Body.String(), id, "…"))
}

// leaks names what an answer shows of estates that are beyond the principal's reach.
func (w *town) leaks(p *principal, rec *httptest.ResponseRecorder) string {
	body := rec.Body.String() + fmt.Sprint(rec.Header())
	for _, e := range []*estate{w.a, w.a2, w.b} {
		if p.code != "--" && p.at(e) {
			continue
		}
		for _, secret := range e.secrets {
			if strings.Contains(body, secret) {
				return secret + " of " + e.name
			}
		}
	}
	return ""
}

// TestEveryRouteForEveryPrincipal walks every operation as everybody, at what
// is one's own, a neighbour's, another branch's and nobody's.
func TestEveryRouteForEveryPrincipal(t *testing.T) {
	w := newTown(t)
	w.checkTable()
	w.send("GET", "/readyz", "", "") // it is remembered while the clock stands still
	before := w.tables()
	cells := 0
	for i := range matrix {
		r := &matrix[i]
		for n, p := range w.principals {
			if testing.Short() && (i+n)%4 != 0 {
				continue // under the race detector every row and every principal, but not each with each
			}
			cells += w.walk(r, p)
		}
	}
	for _, name := range pages {
		method, path, _ := strings.Cut(name, " ")
		for _, p := range w.principals {
			cells++
			rec := w.try(ask(method, path, p.token, nil))
			if rec.Code != 200 && path != "/sample.png" || strings.Contains(path, "sample") && rec.Code != 404 {
				t.Errorf("%s as %s: %d", name, p.name, rec.Code)
			}
			if leak := w.leaks(p, rec); leak != "" {
				t.Errorf("%s as %s shows %s", name, p.name, leak)
			}
		}
	}
	for _, name := range appPages {
		method, path, _ := strings.Cut(name, " ")
		nobody := masked(w.try(ask(method, path, "", nil)))
		for _, p := range w.principals {
			cells++
			if got := masked(w.try(ask(method, path, p.token, nil))); got != nobody {
				t.Errorf("%s as %s: %.200s", name, p.name, got)
			}
		}
	}
	if diff := changed(before, w.tables()); len(diff) > 0 {
		t.Errorf("the walk left something behind: %v", diff)
	}
	t.Logf("%d cells: %d operations and %d pages, %d principals", cells, len(matrix), len(pages), len(w.principals))
	if cells < 3000 {
		t.Errorf("only %d cells", cells)
	}
	if log := w.log.take(); strings.Contains(log, `"level":"ERROR"`) {
		t.Errorf("errors in the log: %.2000s", log[strings.Index(log, `"level":"ERROR"`)-60:])
	}
}

// checkTable compares the table with what the server has.
func (w *town) checkTable() {
	w.t.Helper()
	rows := map[string]*row{}
	for i := range matrix {
		rows[matrix[i].op] = &matrix[i]
		if w.operations[matrix[i].op] == nil && !matrix[i].onPage() {
			w.t.Errorf("%s is in the table and nowhere else", matrix[i].op)
		}
	}
	for name, op := range w.operations {
		r := rows[name]
		if r == nil {
			w.t.Errorf("%s has no row in the table: say who may call it", name)
			continue
		}
		if public := op.Security != nil && len(*op.Security) == 0; public != (r.who == anybody) {
			w.t.Errorf("%s: described as open to anybody: %v", name, public)
		}
	}
	known := map[string]bool{}
	for name := range w.operations {
		known[strings.NewReplacer("{", ":", "}", "").Replace(name)] = true
	}
	for name := range w.checkPages() {
		known[name] = true
	}
	for _, name := range w.API.Echo() {
		if strings.Contains(name, " /konsol/static/") || name == echo.RouteNotFound+" /konsol/*" {
			continue
		}
		if !known[name] && !slices.Contains(pages, name) && !slices.Contains(appPages, name) {
			w.t.Errorf("%s is neither described nor one of the pages", name)
		}
	}
}

// walk makes all cells of one principal in one row and returns their number.
func (w *town) walk(r *row, p *principal) int {
	w.t.Helper()
	of := []*estate{p.home}
	if r.reach != "" {
		of = []*estate{w.a, w.a2, w.b, nil}
	}
	gone := ""
	for _, e := range slices.Backward(of) {
		c := &cell{r, p, e}
		req, trap := w.request(c)
		rec := w.try(req)
		away := turnedAway(rec)
		if r.onPage() {
			rec = plain(rec, req)
		}
		want := c.want()
		switch {
		case rec.Code != want:
			w.t.Errorf("%s: got %d, want %d: %.300s", c, rec.Code, want, gist(rec))
		case trap != nil && trap.sprung:
			w.t.Errorf("%s: the body was read before the answer %d", c, want)
		case r.except[p.code] == want && c.reaches():
		case want == http.StatusNotFound && gone == "":
			gone = masked(rec)
		case want == http.StatusNotFound && gone != masked(rec):
			w.t.Errorf("%s: what is another's and what is absent can be told apart:\n%s\n%s", c, masked(rec), gone)
		}
		if want == http.StatusSeeOther && r.onPage() && r.who != anybody && away == slices.Contains(strings.Fields(r.who), p.code) {
			w.t.Errorf("%s: sent to %s", c, rec.Header().Get("Location"))
		}
		if leak := w.leaks(p, rec); leak != "" && r.who != anybody && !r.listed {
			w.t.Errorf("%s shows %s", c, leak)
		}
		if req.Method == http.MethodGet && e == p.home {
			head := req.Clone(req.Context())
			head.Method = http.MethodHead
			if got := w.try(head); got.Code != want || got.Body.Len() > 0 {
				w.t.Errorf("%s: HEAD answers %d with %d bytes, GET %d", c, got.Code, got.Body.Len(), want)
			}
		}
	}
	return len(of)
}

// TestReach looks for ways around the path.
func TestReach(t *testing.T) {
	inOneTown(t, []chapter{
		{"ids of others in bodies and queries are as good as none", knowsNoIDsOfOthers},
		{"a filter of one's own finds", findsOnesOwn},
		{"a cursor of another opens nothing", opensNothingByCursor},
	})
}

// knowsNoIDsOfOthers sends what belongs to
// another estate where a body or a query names it, and then what nobody has:
// the answers must be the same, and neither a success.
func knowsNoIDsOfOthers(t *testing.T, w *town) {
	for _, c := range []struct{ as, op, path, body string }{
		{"branch_officer Alfa", "POST", "/v1/participants", `{"branch_id":"{branch}","id_number":"9901010101900999","name":"Siti"}`},
		{"branch_officer Alfa", "POST", "/v1/partners", `{"sector_id":"` + w.sector.String() + `","branch_id":"{branch}","name":"CV Baru"}`},
		{"branch_officer Alfa", "POST", "/v1/participants/" + w.a.person.String() + "/memberships", `{"branch_id":"{branch}",` + membershipText[1:]},
		{"branch_officer Alfa", "POST", "/v1/participants/" + w.a.person.String() + "/memberships", `{"agent_id":"{agent}",` + membershipText[1:]},
		{"branch_officer Alfa", "POST", "/v1/participants", `{"branch_id":"` + w.a.branch.String() + `","id_number":"9901010101900999","name":"Siti","membership":{"agent_id":"{agent}",` + membershipText[1:] + `}`},
		{"branch_officer Alfa", "POST", "/v1/wadah", `{"branch_id":"{branch}","code":"W-9","name":"Baru"}`},
		{"branch_officer Alfa", "POST", "/v1/agents", `{"wadah_id":"{wadah}","region_code":"72.71","code":"A-9","name":"Baru","active_from":"2026-01-01"}`},
		{"branch_officer Alfa", "POST", "/v1/registrations", `{"participant_id":"{fresh}","registered_on":"2026-11-20","branch_id":"` + w.a.branch.String() + `"}`},
		{"branch_officer Alfa", "POST", "/v1/registrations", `{"participant_id":"` + w.a.fresh.String() + `","agent_id":"{agent}","registered_on":"2026-11-20"}`},
		{"branch_officer Alfa", "POST", "/v1/registrations", `{"participant_id":"` + w.a.fresh.String() + `","branch_id":"{branch}","registered_on":"2026-11-20"}`},
		{"branch_officer Alfa", "POST", "/v1/reported-figures", `{"period_start":"2026-01-01","period_end":"2026-10-31","branch_id":"{branch}","metric":"m","value":1,"as_of":"2026-11-01","source":"s"}`},
		{"branch_officer Alfa", "POST", "/v1/cards/sheet", `{"ids":["{card}"]}`},
		{"branch_officer Alfa", "POST", "/v1/cards/sheet", `{"ids":["` + w.a.printed.String() + `","{card}"]}`},
		{"branch_supervisor Alfa", "POST", "/v1/invitations", `{"email":"baru@uji.example","role":"branch_viewer","scope":{"branch_id":"{branch}"}}`},
		{"branch_supervisor Alfa", "POST", "/v1/invitations", `{"email":"baru@uji.example","role":"partner_owner","scope":{"partner_id":"{partner}"}}`},
		{"owner Alfa", "POST", "/v1/invitations", `{"email":"baru@uji.example","role":"partner_owner","scope":{"partner_id":"{partner}"}}`},
		{"owner Alfa", "POST", "/v1/partners/" + w.a.partner.String() + "/api-keys", `{"name":"Kasir","outlet_id":"{outlet}","scopes":["read"]}`},
		{"owner Alfa", "POST", "/v1/partners/" + w.a.partner.String() + "/benefits", termsText},
		{"owner Alfa", "PUT", "/v1/benefits/" + w.a.promos["draft"].String(), termsText},
		{"owner Alfa", "DELETE", "/v1/partners/" + w.a.partner.String() + "/api-keys/{key}", ""},
		{"owner Alfa", "DELETE", "/v1/partners/{partner}/api-keys/" + w.a.key.String(), ""},
		{"key Alfa", "POST", "/v1/redemptions", `{"card":"` + w.a.shortCode + `","benefit_id":"{promo live}","gross":100000,"id_checked":true}`},
		{"key Alfa", "POST", "/v1/redemptions", `{"scan_id":"{scan}","benefit_id":"` + w.a.promos["live"].String() + `","gross":100000,"id_checked":true}`},
		{"key redeem", "POST", "/v1/redemptions", `{"scan_id":"{own scan}","benefit_id":"` + w.a.promos["live"].String() + `","gross":100000,"id_checked":true}`},
	} {
		foreign, none := w.swap(c.as, c.op, c.path, c.body, w.b), w.swap(c.as, c.op, c.path, c.body, nil)
		if foreign.Code < 400 || masked(foreign) != masked(none) {
			// A promo that is not at this outlet is refused in a record, not by a problem.
			if c.path == "/v1/redemptions" && foreign.Code == 201 && strings.Contains(foreign.Body.String(), `"refused"`) {
				continue
			}
			t.Errorf("%s %s %s as %s:\nof another: %s\nof nobody:  %s", c.op, c.path, c.body, c.as, masked(foreign), masked(none))
		}
	}
	for _, c := range []struct{ as, path string }{
		{"owner Alfa", "/v1/redemptions?partner_id={partner}"}, {"owner Alfa", "/v1/redemptions?outlet_id={outlet}"},
		{"owner Alfa", "/v1/redemptions?benefit_id={promo live}"}, {"key Alfa", "/v1/redemptions?outlet_id={outlet}"},
		{"branch_officer Alfa", "/v1/participants?branch_id={branch}"}, {"branch_officer Alfa", "/v1/partners?branch_id={branch}"},
		{"branch_officer Alfa", "/v1/redemptions?partner_id={partner}"}, {"agent", "/v1/agents?wadah_id={wadah}"},
		{"agent", "/v1/registrations?agent_id={agent}"}, {"branch_officer Alfa", "/v1/agents?wadah_id={wadah}"},
		{"branch_supervisor Alfa", "/v1/audit/entries?subject_id={partner}"},
	} {
		foreign, none := w.swap(c.as, "GET", c.path, "", w.b), w.swap(c.as, "GET", c.path, "", nil)
		if masked(foreign) != masked(none) || foreign.Code != 200 || !strings.Contains(foreign.Body.String(), `"items":[]`) {
			t.Errorf("%s as %s:\nof another: %s\nof nobody:  %s", c.path, c.as, masked(foreign), masked(none))
		}
	}
}

// findsOnesOwn shows that the empty lists above are no accident.
func findsOnesOwn(t *testing.T, w *town) {
	for as, path := range map[string]string{
		"owner Alfa": "/v1/redemptions?partner_id={partner}&outlet_id={outlet}&benefit_id={promo live}", "key Alfa": "/v1/redemptions?outlet_id={outlet}",
		"branch_officer Alfa": "/v1/participants?branch_id={branch}", "agent": "/v1/registrations?agent_id={agent}", "wadah_coordinator": "/v1/agents?wadah_id={wadah}",
	} {
		if rec := w.swap(as, "GET", path, "", w.a); rec.Code != 200 || strings.Contains(rec.Body.String(), `"items":[]`) {
			t.Errorf("%s as %s: %d %s", path, as, rec.Code, rec.Body)
		}
	}
}

// opensNothingByCursor walks lists from rows of another estate.
func opensNothingByCursor(t *testing.T, w *town) {
	for as, paths := range map[string][]string{
		"branch_officer Alfa": {"/v1/participants", "/v1/partners", "/v1/wadah", "/v1/agents", "/v1/registrations", "/v1/imports", "/v1/redemptions"},
		"owner Alfa":          {"/v1/partners", "/v1/redemptions"}, "key Alfa": {"/v1/redemptions"}, "agent": {"/v1/wadah", "/v1/agents", "/v1/registrations"},
	} {
		p := w.named(as)
		for _, path := range paths {
			for _, id := range []uuid.UUID{w.b.person, w.b.partner, w.b.use, w.b.run, uuid.Max} {
				rec := w.try(ask("GET", path+"?limit=200&cursor="+b64(id[:]), p.token, nil))
				if leak := w.leaks(p, rec); leak != "" || rec.Code != 200 {
					t.Errorf("%s as %s from %s: %d, shows %q", path, as, id, rec.Code, leak)
				}
			}
		}
	}
}

// swap makes a request with what belongs to e, or to nobody (nil), where {}
// names it.
func (w *town) swap(as, method, path, body string, e *estate) *httptest.ResponseRecorder {
	w.t.Helper()
	p := w.named(as)
	own := w.a.scanID
	if e == nil {
		path, body, own = braces.ReplaceAllString(path, absent), blank(body), absent
		e = w.b
	}
	body = strings.NewReplacer("{scan}", e.scanID, "{own scan}", own).Replace(body)
	var b io.Reader
	if body != "" {
		b = strings.NewReader(w.fill(body, e, p))
	}
	return w.try(ask(method, w.fill(path, e, p), p.token, b, "Idempotency-Key", absent))
}

var names = regexp.MustCompile(`\{[a-z]+( [a-z]+)?\}`)

func blank(body string) string { return names.ReplaceAllString(body, absent) }
