package api_test

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"github.com/google/uuid"
)

var codeForm = regexp.MustCompile(`^[a-z][a-z0-9_]*$`)

// fault says what is wrong with an answer to something hostile: "" when it is
// a proper refusal that shows nothing of what was sent.
func faultOf(rec *httptest.ResponseRecorder) string {
	if rec.Code < 400 || rec.Code > 499 {
		return "status"
	}
	if rec.Header().Get("Content-Type") != "application/problem+json" {
		return "content type " + rec.Header().Get("Content-Type")
	}
	var p struct {
		Type, Title, Code string
		Status            int
		Errors            []struct{ Pointer, Code string }
		RequestID         string `json:"request_id"`
	}
	if err := json.Unmarshal(rec.Body.Bytes(), &p); err != nil {
		return "no problem: " + err.Error()
	}
	if p.Status != rec.Code || !codeForm.MatchString(p.Code) || p.Title == "" || p.Type == "" || p.RequestID == "" {
		return "members of the problem"
	}
	for _, e := range p.Errors {
		if !codeForm.MatchString(e.Code) {
			return "code of a field"
		}
	}
	return shown(rec)
}

// shown says whether something that was sent came back.
func shown(rec *httptest.ResponseRecorder) string {
	if strings.Contains(strings.ToLower(rec.Body.String()), spur) {
		return "what was sent came back in the body"
	}
	for name, values := range rec.Header() {
		if strings.Contains(strings.ToLower(name+strings.Join(values, "")), spur) {
			return "what was sent came back in a header"
		}
	}
	return ""
}

// knower returns somebody who succeeds with the row at home.
func (w *town) knower(r *row) *principal {
	w.t.Helper()
	for _, p := range w.principals {
		c := cell{r, p, p.home}
		if c.want() == r.status && p.home == w.a {
			return p
		}
	}
	w.t.Fatalf("%s: nobody may", r.op)
	return nil
}

// target is a write route that is ready to be misused: who calls, where, and a
// body that is good.
type target struct {
	row                *row
	op                 *operation
	who                *principal
	method, path, good string
}

func (w *town) targets() []target {
	w.t.Helper()
	var out []target
	for i := range matrix {
		r := &matrix[i]
		method, path, _ := strings.Cut(r.op, " ")
		if method == http.MethodGet || r.onPage() {
			continue
		}
		if r.path != "" {
			path = r.path
		}
		p, body := w.knower(r), r.body
		if full, ok := fuller[r.op]; ok {
			body = full
		}
		out = append(out, target{r, w.operations[r.op], p, method, w.fill(path, p.home, p), w.fill(body, p.home, p)})
	}
	return out
}

func (w *town) throw(g *target, b bad) *httptest.ResponseRecorder {
	w.t.Helper()
	headers := append([]string{"Idempotency-Key", uuid.NewString()}, b.headers...)
	r := ask(g.method, g.path, g.who.token, strings.NewReader(b.body), headers...)
	if b.perhaps {
		return w.try(r)
	}
	return w.serve(r)
}

// counters are tables that a refused attempt may write: failures to sign in
// are counted.
var counters = map[string][]string{"POST /v1/sessions": {"throttles"}, "POST /v1/bootstrap": {"throttles"}, "headers": {"throttles"}}

func TestHostileBodiesAreRefusedAndStoreNothing(t *testing.T) {
	w := newTown(t)
	bodies, certain, routes := 0, 0, 0
	for _, g := range w.targets() {
		if g.good == "" || g.good == "{file}" {
			continue
		}
		routes++
		if rec := w.throw(&g, bad{body: g.good, perhaps: true}); rec.Code >= 500 || rec.Code != g.row.status && rec.Code != 401 && rec.Code != 201 {
			t.Errorf("%s: the good body is none: %d %s", g.row.op, rec.Code, rec.Body)
		}
		before := w.tables()
		all := append(documents(g.good), mutations(t, g.good, g.op.RequestBody.Value.Content["application/json"].Schema.Value)...)
		if g.op.RequestBody.Value.Required {
			all = append(all, bad{name: "nothing", body: ""}, bad{name: "null", body: "null"})
		}
		n := 0
		for _, b := range all {
			bodies++
			if !b.perhaps {
				n++
			}
			rec := w.throw(&g, b)
			if rec.Code < 300 && b.perhaps {
				continue
			}
			if f := faultOf(rec); f != "" {
				t.Errorf("%s with %s: %s: %d %.300s\nsent: %.200q", g.row.op, b.name, f, rec.Code, rec.Body, b.body)
			}
		}
		certain += n
		if n < 30 {
			t.Errorf("%s: only %d bad bodies", g.row.op, n)
		}
		w.untouched(g.row.op, before)
	}
	t.Logf("%d bodies, %d of them certainly bad, at %d routes", bodies, certain, routes)
	if certain < 2000 {
		t.Errorf("only %d bad bodies", certain)
	}
}

// untouched fails the test when something was stored, or logged that was sent.
func (w *town) untouched(op string, before map[string]string) {
	w.t.Helper()
	if diff := changed(before, w.tables(), counters[op]...); len(diff) > 0 {
		w.t.Errorf("%s stored something: %v", op, diff)
	}
	log := w.log.take()
	if at := strings.Index(strings.ToLower(log), spur); at >= 0 {
		w.t.Errorf("%s: the log shows what was sent: %.300s", op, log[max(0, at-150):])
	}
	if at := strings.Index(log, `"level":"ERROR"`); at >= 0 {
		w.t.Errorf("%s: error in the log: %.600s", op, log[at:])
	}
}

// oddIDs are no ids of anything.
var oddIDs = []string{
	spur, "0", "-1", "%00", "..", "%2e%2e", "%2f", "null", "undefined", "{" + absent + "}", "urn:uuid:" + absent, strings.ReplaceAll(absent, "-", ""), absent[:35], absent + "0",
	"%27%20OR%201=1--" + spur, "%F0%9F%98%80", "%ff%fe", "%ed%a0%80", "*", "00000000-0000-0000-0000-000000000000", strings.Repeat(spur, 500), absent + "%00", "%0d%0aSet-Cookie:" + spur,
}

// oddQueries are no queries of any route.
var oddQueries = []string{
	"limit=-1&" + spur + "=1", spur, spur + "=" + spur, "limit=-1", "limit=abc" + spur, "limit=1.5", "limit=99999999999999999999", "cursor=%00", "limit=1&limit=2", "%zz", "a=%ff", "cursor=" + spur,
	"limit=%31%00", "LIMIT=1", "limit[]=1", "limit=1;" + spur + "=1", "__proto__=1", "cursor='%20OR%201=1", "from=" + spur + "&to=" + spur, "format=" + spur, "state=" + spur, "branch_id=" + spur,
	"partner_id=%27", "by=" + spur + "&from=2026-01-01&to=2026-01-02", "from=2026-02-30&to=2026-03-01", "scale=1e9", "segment=" + strings.Repeat(spur, 200),
}

// TestHostileRequests is about all that stands around a body.
func TestHostileRequests(t *testing.T) {
	inOneTown(t, []chapter{
		{"odd ids and queries are refused", refusesOddIDs},
		{"hostile uploads are refused and store nothing", refusesUploads},
		{"hostile headers are refused", refusesHeaders},
	})
}

func refusesOddIDs(t *testing.T, w *town) {
	before, n := w.tables(), 0
	for i := range matrix {
		r := &matrix[i]
		if r.onPage() {
			continue
		}
		method, path, _ := strings.Cut(r.op, " ")
		p := w.knower(r)
		body := w.fill(r.body, p.home, p)
		send := func(target string) *httptest.ResponseRecorder {
			n++
			req := ask(method, target, p.token, nil, "Idempotency-Key", uuid.NewString())
			if body != "" && body != "{file}" {
				req = ask(method, target, p.token, strings.NewReader(body), "Idempotency-Key", uuid.NewString())
			}
			return w.serve(req)
		}
		for _, id := range oddIDs {
			if !strings.Contains(path, "{") || strings.Contains(path, "{n}") && id == "0" {
				continue
			}
			if rec := send(braces.ReplaceAllString(path, id)); faultOf(rec) != "" {
				t.Errorf("%s with id %.60q: %s: %d %.300s", r.op, id, faultOf(rec), rec.Code, rec.Body)
			}
		}
		if r.path != "" {
			path, _, _ = strings.Cut(r.path, "?")
		}
		path = w.fill(path, p.home, p)
		for _, q := range oddQueries {
			if rec := send(path + "?" + q); faultOf(rec) != "" && (!r.page || rec.Code != http.StatusOK || strings.Contains(rec.Body.String(), spur)) {
				t.Errorf("%s?%.60s: %s: %d %.300s", r.op, q, faultOf(rec), rec.Code, rec.Body)
			}
		}
	}
	w.untouched("odd ids and queries", before)
	t.Logf("%d requests", n)
}

func refusesUploads(t *testing.T, w *town) {
	p, before := w.named("branch_officer Alfa"), w.tables()
	const media = "multipart/form-data; boundary=x"
	part := func(name, more, value string) string {
		return "--x\r\nContent-Disposition: form-data; name=\"" + name + "\"" + more + "\r\n\r\n" + value + "\r\n"
	}
	branch, end := part("branch_id", "", w.a.branch.String()), "--x--\r\n"
	csv := func(text string) string { return part("file", `; filename="a.csv"`, text) }
	good := "kpj;nik;nama;segmen;status\n"
	for name, c := range map[string]struct{ media, body string }{
		"nothing":                     {media, ""},
		"JSON":                        {"application/json", `{"branch_id":"` + w.a.branch.String() + `"}`},
		"a form":                      {"application/x-www-form-urlencoded", "branch_id=" + w.a.branch.String()},
		"no boundary":                 {"multipart/form-data", branch + csv(good) + end},
		"another boundary":            {"multipart/form-data; boundary=y", branch + csv(good) + end},
		"an empty boundary":           {"multipart/form-data; boundary=", branch + csv(good) + end},
		"a mixed multipart":           {"multipart/mixed; boundary=x", branch + csv(good) + end},
		"words":                       {media, spur},
		"no end":                      {media, branch + csv(good)[:30]},
		"only an end":                 {media, end},
		"no file":                     {media, branch + end},
		"no branch":                   {media, csv(good) + end},
		"a branch of no form":         {media, part("branch_id", "", spur) + csv(good) + end},
		"another's branch":            {media, part("branch_id", "", w.b.branch.String()) + csv(good) + end},
		"nobody's branch":             {media, part("branch_id", "", absent) + csv(good) + end},
		"an odd day":                  {media, branch + part("as_of", "", "2026-02-30") + csv(good) + end},
		"an odd format":               {media, branch + part("format", "", spur) + csv(good) + end},
		"an odd flag":                 {media, branch + part("dry_run", "", spur) + csv(good) + end},
		"an unknown field":            {media, branch + part(spur, "", "1") + csv(good) + end},
		"a file without a name":       {media, branch + part("file", "", good) + end},
		"an empty file":               {media, branch + csv("") + end},
		"only a heading of others":    {media, branch + csv(spur+";b;c\n") + end},
		"a heading twice":             {media, branch + csv("kpj;kpj;nik;nama;segmen;status\n") + end},
		"NUL":                         {media, branch + csv(good+"\x00"+spur+"\n") + end},
		"UTF-16":                      {media, branch + csv("\xff\xfek\x00p\x00j\x00") + end},
		"a quote without an end":      {media, branch + csv(good+"\"1;2;3\n") + end},
		"a zip as CSV":                {media, branch + csv("PK\x03\x04"+spur) + end},
		"an XLSX that is none":        {media, branch + part("file", `; filename="a.xlsx"`, "PK\x03\x04"+spur) + end},
		"a CSV called XLSX":           {media, branch + part("file", `; filename="a.xlsx"`, good) + end},
		"a path for a name":           {media, branch + part("file", `; filename="../../`+spur+`.xlsx"`, spur) + end},
		"a line of 2 MB":              {media, branch + csv(good+strings.Repeat("9", 2<<20)+"\n") + end},
		"a hundred thousand headings": {media, branch + csv(strings.Repeat("a;", 100_000)+"\n") + end},
		"more than 10 MiB":            {media, branch + csv(strings.Repeat("a", 10<<20)) + end},
		"ten thousand fields":         {media, strings.Repeat(part("a", "", "1"), 10_000) + end},
		"a branch twice":              {media, branch + branch + csv(good) + end},
		"two files":                   {media, branch + csv(good) + csv(good) + end},
	} {
		rec := w.serve(ask("POST", "/v1/imports", p.token, strings.NewReader(c.body), "Content-Type", c.media))
		if f := faultOf(rec); f != "" {
			t.Errorf("%s: %s: %d %.300s", name, f, rec.Code, rec.Body)
		}
	}
	w.untouched("POST /v1/imports", before)
}

// refusesHeaders sends what stands beside a body.
func refusesHeaders(t *testing.T, w *town) {
	before := w.tables()
	good := redemption(w.a, w.a.shortCode, 100_000)
	for _, key := range []string{"", spur, absent[:35], absent + "0", "{" + absent + "}", "urn:uuid:" + absent, strings.ReplaceAll(absent, "-", ""), " " + absent + "x", absent + "," + absent, strings.Repeat("a", 4000)} {
		req := ask("POST", "/v1/redemptions", w.a.keyText, strings.NewReader(good))
		if key != "" {
			req.Header.Set("Idempotency-Key", key)
		}
		rec := w.serve(req)
		if f := faultOf(rec); f != "" || rec.Code != 400 || !strings.Contains(rec.Body.String(), `"idempotency_key_invalid"`) {
			t.Errorf("Idempotency-Key %.50q: %s: %d %s", key, f, rec.Code, rec.Body)
		}
	}
	for _, value := range []string{
		"Basic " + spur, "Bearer", "Bearer ", "Bearer " + spur, "bearer bls_" + spur, "Bearer brk_" + spur, "Bearer brk_aaaaaaaaaaaa_" + spur, "Bearer blt_" + spur, "Bearer blp_" + spur, "Digest x",
		"Bearer " + strings.Repeat("a", 5000), "Bearer " + w.a.keyText[:len(w.a.keyText)-1], "Bearer " + w.a.keyText + "a", "Bearer bls_' OR 1=1", "Bearer bls_\x80",
	} {
		req := ask("GET", "/v1/me", "", nil)
		req.Header.Set("Authorization", value)
		if rec := w.serve(req); faultOf(rec) != "" || rec.Code != 401 {
			t.Errorf("Authorization %.40q: %s: %d %s", value, faultOf(rec), rec.Code, rec.Body)
		}
	}
	for _, cookie := range []string{"__Host-berlaku=" + spur, "berlaku=" + w.admin, "__Host-berlaku=", "=;=;" + spur, "__Host-berlaku=" + w.a.keyText + "; __Host-berlaku=" + spur} {
		rec := w.serve(ask("GET", "/v1/branches", "", nil, "Cookie", cookie))
		if f := faultOf(rec); f != "" || rec.Code != 401 && rec.Code != 403 {
			t.Errorf("Cookie %.40q: %s: %d %s", cookie, f, rec.Code, rec.Body)
		}
	}
	for _, host := range []string{spur + ".example", "kartu.example." + spur, "kartu.example@" + spur, "", "[::" + url.QueryEscape(spur)} {
		req := ask("GET", "/v1/branches", w.admin, nil)
		req.Host = host
		if rec := w.serve(req); rec.Code != 421 || shown(rec) != "" {
			t.Errorf("Host %q: %d %s", host, rec.Code, rec.Body)
		}
	}
	w.untouched("headers", before)
}
