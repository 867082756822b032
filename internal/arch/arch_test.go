package arch_test

import (
	"os"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"

	"github.com/berlaku/berlaku/internal/arch"
)

func TestTheHouseIsAsDrawn(t *testing.T) {
	found, err := arch.Check(os.DirFS("../.."))
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range found {
		t.Error(f)
	}
}

// TestCheck shows for every rule a file that breaks it and one that does not.
func TestCheck(t *testing.T) {
	const house = arch.Module + "/"
	imports := func(pkg string, paths ...string) string {
		return "package " + pkg + "\n\nimport (\n\t_ \"" + strings.Join(paths, "\"\n\t_ \"") + "\"\n)\n"
	}
	for name, c := range map[string]struct {
		file, text string
		want       string // part of the finding; empty: none
	}{
		"a domain imports a domain it may":         {"redemptions/redeem.go", imports("redemptions", house+"cards", house+"audit", house+"events"), ""},
		"a domain imports one it may not":          {"cards/issue.go", imports("cards", house+"redemptions"), "no way is open"},
		"the way between two domains runs one way": {"partners/list.go", imports("partners", house+"benefits"), "no way is open"},
		"reports read tables, not domains":         {"reports/summary.go", imports("reports", house+"redemptions"), "no way is open"},
		"a domain's test imports another domain":   {"cards/cards_test.go", imports("cards_test", house+"redemptions"), ""},
		"a domain imports the API":                 {"cards/issue.go", imports("cards", house+"api"), "outside"},
		"a domain's test imports the API":          {"cards/cards_test.go", imports("cards_test", house+"api"), "outside"},
		"a domain imports the command":             {"cards/issue.go", imports("cards", house+"cmd/wire"), "wires"},
		"the API imports the command":              {"api/api.go", imports("api", house+"cmd/wire"), "wires"},
		"the API's test imports the wiring":        {"api/api_test.go", imports("api_test", house+"cmd/wire"), ""},
		"the command imports the API":              {"cmd/wire/wire.go", imports("wire", house+"api"), ""},
		"the API imports a domain":                 {"api/cards.go", imports("api", house+"cards"), ""},
		"the API serves the built apps":            {"api/apps.go", imports("api", house+"web"), ""},
		"a domain imports the built apps":          {"cards/cards.go", imports("cards", house+"web"), "served by api"},
		"the wiring hands the built apps in":       {"cmd/wire/wire.go", imports("wire", house+"web"), ""},
		"a domain reads the texts":                 {"redemptions/reasons.go", imports("redemptions", house+"internal/words"), ""},
		"console imports the shared access":        {"console/console.go", imports("console", house+"api/access"), ""},
		"console imports the rest of the API":      {"console/console.go", imports("console", house+"api"), "outside"},
		"internal imports a domain":                {"internal/page/page.go", imports("page", house+"cards"), "domains to internal"},
		"a domain imports migrations":              {"cards/cards.go", imports("cards", house+"migrations"), "domains and internal only"},
		"the kit of tests imports a domain":        {"internal/testkit/shop/shop.go", imports("shop", house+"cards"), ""},
		"the kit of the console's tests wires":     {"internal/testkit/console/console.go", imports("console", house+"cmd/wire", house+"api/access"), ""},
		"another kit of tests wires":               {"internal/testkit/shop/shop.go", imports("shop", house+"cmd/wire"), "wires"},
		"the kit of tests in the program":          {"cmd/berlaku/main.go", imports("main", house+"internal/testkit"), "stays out"},
		"the kit of tests in a corner of internal": {"internal/page/page.go", imports("page", house+"internal/testkit"), "stays out"},
		"the kit of tests in a test":               {"cards/cards_test.go", imports("cards_test", house+"internal/testkit"), ""},
		"Echo in a domain":                         {"cards/web.go", imports("cards", "github.com/labstack/echo/v4"), "Echo stays"},
		"Echo in the API":                          {"api/server.go", imports("api", "github.com/labstack/echo/v4"), ""},
		"huma in the command":                      {"cmd/berlaku/serve.go", imports("main", "github.com/danielgtaylor/huma/v2"), "huma stays"},
		"GORM beside the store":                    {"cards/issue.go", imports("cards", "gorm.io/gorm"), "GORM stays"},
		"GORM in the API's store":                  {"api/store.go", imports("api", "gorm.io/gorm"), "GORM stays"},
		"GORM in a store":                          {"cards/store_keys.go", imports("cards", "gorm.io/gorm/clause"), ""},
		"GORM in the command":                      {"cmd/berlaku/backup.go", imports("main", "gorm.io/gorm"), "GORM stays"},
		"a second SQLite driver":                   {"cmd/berlaku/main.go", imports("main", "modernc.org/sqlite"), "panics"},
		"HTTP in a domain":                         {"cards/fetch.go", imports("cards", "net/http"), "speak HTTP"},
		"HTTP in a corner of a domain":             {"cards/fetch.go", imports("cards", "net/http/httptest"), "speak HTTP"},
		"HTTP in events, which delivers":           {"events/deliver.go", imports("events", "net/http"), ""},
		"a name that only begins like a border":    {"cards/fetch.go", imports("cards", "net/httpx"), ""},
		"flags in a domain":                        {"cards/cli.go", imports("cards", "github.com/alecthomas/kong"), "flags stay"},
		"testify anywhere":                         {"internal/page/page.go", imports("page", "github.com/stretchr/testify/assert"), "go-cmp"},
		"the machine's clock in a domain":          {"cards/now.go", "package cards\n\nimport \"time\"\n\nvar at = time.Now()\n", "injected clock"},
		"the machine's clock as a value":           {"cards/now.go", "package cards\n\nimport \"time\"\n\nvar now = time.Now\n", "injected clock"},
		"the machine's clock under another name":   {"cards/now.go", "package cards\n\nimport t \"time\"\n\nvar past = t.Since(t.Time{})\n", "injected clock"},
		"the machine's clock in its own room":      {"internal/clock/clock.go", "package clock\n\nimport \"time\"\n\nvar at = time.Now()\n", ""},
		"the machine's clock in a test":            {"cards/now_test.go", "package cards\n\nimport \"time\"\n\nvar at = time.Now()\n", ""},
		"a duration is no clock":                   {"cards/now.go", "package cards\n\nimport \"time\"\n\nvar d = time.Second\n", ""},
		"a room without a purpose":                 {"internal/utils/utils.go", "package utils\n", "says nothing"},
		"files of others are left alone":           {"web/node_modules/x/x.go", imports("utils", "gorm.io/gorm"), ""},
		"test data is left alone":                  {"cards/testdata/x.go", "not Go at all", ""},
	} {
		t.Run(name, func(t *testing.T) {
			found, err := arch.Check(fstest.MapFS{c.file: {Data: []byte(c.text)}})
			if err != nil {
				t.Fatal(err)
			}
			switch {
			case c.want == "" && len(found) > 0:
				t.Errorf("found %v, want nothing", found)
			case c.want != "" && (len(found) != 1 || !strings.Contains(found[0].What, c.want)):
				t.Errorf("found %v, want one with %q", found, c.want)
			}
		})
	}
}

func TestCheckSaysWhere(t *testing.T) {
	text := "package cards\n\nimport (\n\t\"fmt\"\n\t\"net/http\"\n)\n\nvar _ = fmt.Sprint(http.MethodGet)\n"
	found, err := arch.Check(fstest.MapFS{"cards/a.go": {Data: []byte(text)}})
	if err != nil {
		t.Fatal(err)
	}
	want := []arch.Finding{{File: "cards/a.go", Line: 5, What: "imports net/http: domains do not speak HTTP"}}
	if diff := cmp.Diff(want, found); diff != "" {
		t.Error(diff)
	}
}

func TestCheckLeavesOtherModulesAlone(t *testing.T) {
	found, err := arch.Check(fstest.MapFS{
		"tools/lint/go.mod":  {Data: []byte("module x\n")},
		"tools/lint/lint.go": {Data: []byte("package utils\n")},
	})
	if err != nil || len(found) > 0 {
		t.Errorf("found %v, %v", found, err)
	}
}
