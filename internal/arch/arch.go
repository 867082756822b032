// Package arch holds the picture of the house as rules, and checks source
// trees against them. The picture is drawn in ARCHITECTURE.md; the test of
// this package holds the repository to it.
//
// Imports run one way: cmd → api, console → domains → internal. Between
// domains only the ways of the table below are open; every domain may call
// audit and events.
package arch

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"path"
	"slices"
	"strconv"
	"strings"
)

// Module is the import path of the house.
const Module = "github.com/berlaku/berlaku"

// domains are the rooms with business rules, each with the domains it may
// import besides audit and events.
var domains = map[string][]string{
	"accounts":     {},
	"audit":        {},
	"benefits":     {"partners"},
	"cards":        {"participants"},
	"events":       {},
	"messages":     {},
	"notices":      {},
	"participants": {"messages"},
	"partners":     {},
	"perisai":      {"participants", "cards"},
	"redemptions":  {"cards", "benefits", "tills", "partners", "participants"},
	"reports":      {},
	"tills":        {"partners"},
}

// testkit is what only tests import; it may know the domains.
const testkit = "internal/testkit"

// consoleKit is the part of it that opens the whole program.
const consoleKit = testkit + "/console"

// faces are the rooms that speak HTTP.
var faces = []string{"api", "console"}

// badNames say nothing about what a room is for.
var badNames = []string{
	"base", "common", "controllers", "entities", "handlers", "helpers", "managers", "models", "repositories", "services", "shared", "types", "utils", "util",
}

// Finding is one place that does not fit the picture.
type Finding struct {
	File string // slash-separated, from the root of the tree
	Line int
	What string
}

// String implements fmt.Stringer.
func (f Finding) String() string { return fmt.Sprintf("%s:%d: %s", f.File, f.Line, f.What) }

// Check reads every Go file of the tree and returns what does not fit, in
// order of files. Folders named testdata or node_modules, hidden ones, and
// modules of their own are left out.
func Check(tree fs.FS) ([]Finding, error) {
	var out []Finding
	err := fs.WalkDir(tree, ".", func(name string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case d.IsDir() && leftOut(tree, name, d.Name()):
			return fs.SkipDir
		case d.IsDir() || !strings.HasSuffix(name, ".go"):
			return nil
		}
		found, err := checkFile(tree, name)
		out = append(out, found...)
		return err
	})
	return out, err
}

func leftOut(tree fs.FS, name, base string) bool {
	if name == "." {
		return false
	}
	if base == "testdata" || base == "node_modules" || strings.HasPrefix(base, ".") {
		return true
	}
	_, err := fs.Stat(tree, path.Join(name, "go.mod"))
	return err == nil
}

// source is one file under inspection.
type source struct {
	name string // path from the root
	room string // first folder of it: "cards", "internal", "cmd", …
	dir  string
	test bool
	fset *token.FileSet
	file *ast.File
	out  []Finding
}

func checkFile(tree fs.FS, name string) ([]Finding, error) {
	b, err := fs.ReadFile(tree, name)
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", name, err)
	}
	fset := token.NewFileSet()
	file, err := parser.ParseFile(fset, name, b, parser.SkipObjectResolution)
	if err != nil {
		return nil, fmt.Errorf("parse %s: %w", name, err)
	}
	room, _, _ := strings.Cut(name, "/")
	s := &source{name: name, room: room, dir: path.Dir(name), test: strings.HasSuffix(name, "_test.go"), fset: fset, file: file}
	s.checkName()
	for _, spec := range file.Imports {
		imported, err := strconv.Unquote(spec.Path.Value)
		if err != nil {
			return nil, fmt.Errorf("import in %s: %w", name, err)
		}
		s.checkImport(spec, imported)
	}
	s.checkTime()
	return s.out, nil
}

func (s *source) find(at ast.Node, format string, args ...any) {
	s.out = append(s.out, Finding{File: s.name, Line: s.fset.Position(at.Pos()).Line, What: fmt.Sprintf(format, args...)})
}

func (s *source) checkName() {
	name := strings.TrimSuffix(s.file.Name.Name, "_test")
	if slices.Contains(badNames, name) {
		s.find(s.file.Name, "package %s: the name says nothing about what it is for", name)
	}
}

// checkImport holds one import to the picture. Tests may reach anything of the
// house and the outside but stay within the rules of their own room's direction
// where it matters: a domain's test does not import a face.
func (s *source) checkImport(at ast.Node, imported string) {
	if local, ok := strings.CutPrefix(imported, Module+"/"); ok {
		s.checkLocal(at, local)
		return
	}
	if !s.test {
		s.checkForeign(at, imported)
	}
}

func (s *source) checkLocal(at ast.Node, local string) {
	to, _, _ := strings.Cut(local, "/")
	_, fromDomain := domains[s.room]
	_, toDomain := domains[to]
	switch {
	case s.room == to && s.room != "cmd" && s.room != "internal":
	case s.dir == consoleKit && (to == "cmd" || slices.Contains(faces, to)):
	case to == "cmd" && s.room != "cmd" && !s.test && s.room != "bench":
		s.find(at, "%s imports %s: nothing but the command wires", s.room, local)
	case slices.Contains(faces, to) && s.room != "cmd" && !sharedAccess(s.room, local) && s.room != "bench":
		s.find(at, "%s imports %s: the faces are at the outside", s.room, local)
	case strings.HasPrefix(local, testkit) && !s.test && !strings.HasPrefix(s.dir, testkit) && s.room != "bench":
		s.find(at, "%s imports %s: the kit of tests stays out of the program", s.room, local)
	case s.room == "internal" && toDomain && !strings.HasPrefix(s.dir, testkit), s.room == "migrations" && (toDomain || to == "internal"):
		s.find(at, "%s imports %s: imports run from domains to internal", s.room, local)
	case to == "web" && s.room != "api" && s.room != "cmd":
		s.find(at, "%s imports %s: the built apps are wired in and served by api", s.room, local)
	case fromDomain && toDomain && !s.test && !mayImport(s.room, to):
		s.find(at, "%s imports %s: no way is open between these domains", s.room, to)
	case fromDomain && !toDomain && to != "internal" && !(s.test && to == "cmd"):
		s.find(at, "%s imports %s: domains import domains and internal only", s.room, local)
	}
}

// sharedAccess is the one thing that console takes from api: sign-in and access.
func sharedAccess(room, local string) bool { return room == "console" && local == "api/access" }

func mayImport(from, to string) bool {
	return to == "audit" || to == "events" || slices.Contains(domains[from], to)
}

// borders are the packages from outside that only some rooms may import.
var borders = []struct {
	prefix  string
	allowed func(s *source) bool
	why     string
}{
	{"github.com/labstack/echo", face, "Echo stays in api and console"},
	{"github.com/danielgtaylor/huma", face, "huma stays in api and console"},
	{"gorm.io/", store, "GORM stays in store*.go and internal/database"},
	{"github.com/glebarez/sqlite", database, "drivers stay in internal/database"},
	{"github.com/jackc/pgx", pgx, "drivers stay in internal/database and store_postgres.go"},
	{"modernc.org/sqlite", database, "a second driver named sqlite panics at start; modernc's stays behind internal/database"},
	{"database/sql", sqlAllowed, "SQL stays in store*.go and internal/database"},
	{"net/http", speaksHTTP, "domains do not speak HTTP"},
	{"github.com/alecthomas/kong", flags, "flags stay in cmd and internal/config"},
	{"github.com/stretchr/testify", nowhere, "tests use the standard library and go-cmp"},
}

func (s *source) checkForeign(at ast.Node, imported string) {
	for _, b := range borders {
		if imported == strings.TrimSuffix(b.prefix, "/") || strings.HasPrefix(imported, strings.TrimSuffix(b.prefix, "/")+"/") {
			if !b.allowed(s) {
				s.find(at, "imports %s: %s", imported, b.why)
			}
		}
	}
}

func nowhere(*source) bool     { return false }
func face(s *source) bool      { return slices.Contains(faces, s.room) }
func flags(s *source) bool     { return s.room == "cmd" || s.room == "bench" || s.dir == "internal/config" }
func database(s *source) bool  { return s.dir == "internal/database" }
func outside(s *source) bool   { return s.room == "bench" || strings.HasPrefix(s.dir, testkit) }
func storeFile(s *source) bool { return isDomain(s) && strings.HasPrefix(path.Base(s.name), "store") }

func store(s *source) bool { return database(s) || storeFile(s) }

func pgx(s *source) bool { return database(s) || outside(s) || storeFile(s) }

func isDomain(s *source) bool {
	_, ok := domains[s.room]
	return ok
}

// sqlAllowed: value types (database/sql/driver) are the clock's business too.
func sqlAllowed(s *source) bool {
	return database(s) || outside(s) || storeFile(s) || s.dir == "internal/clock"
}

func speaksHTTP(s *source) bool { return !isDomain(s) || s.room == "events" || s.room == "messages" }

// checkTime keeps the machine's clock in internal/clock: nothing else calls
// time.Now, time.Since or time.Until, outside of tests and benchmarks.
func (s *source) checkTime() {
	if s.test || s.room == "bench" || s.dir == "internal/clock" || strings.HasPrefix(s.dir, testkit) {
		return
	}
	name := s.importedAs("time")
	if name == "" {
		return
	}
	ast.Inspect(s.file, func(n ast.Node) bool {
		sel, ok := n.(*ast.SelectorExpr)
		if !ok {
			return true
		}
		x, ok := sel.X.(*ast.Ident)
		if ok && x.Name == name && slices.Contains([]string{"Now", "Since", "Until"}, sel.Sel.Name) {
			s.find(sel, "time.%s: the time comes from an injected clock", sel.Sel.Name)
		}
		return true
	})
}

// importedAs returns the name that the file gives a package, "" when it does
// not import it.
func (s *source) importedAs(pkg string) string {
	for _, spec := range s.file.Imports {
		if spec.Path.Value != strconv.Quote(pkg) {
			continue
		}
		if spec.Name != nil {
			return spec.Name.Name
		}
		return path.Base(pkg)
	}
	return ""
}
