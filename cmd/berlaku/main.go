// Command berlaku is the whole product: server, demo world and the tools of
// its operator. main only wires the process to run, so that tests can call it.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/signal"
	"strings"
	"syscall"

	"github.com/alecthomas/kong"

	"github.com/berlaku/berlaku/internal/clock"
	"github.com/berlaku/berlaku/internal/config"
	"github.com/berlaku/berlaku/internal/fault"
)

// Exit codes.
const (
	exitOK     = 0
	exitFailed = 1 // the command did not do it, or found something wrong
	exitUsage  = 2 // the command line or a named file cannot be used
)

type cli struct {
	ConfigFile config.File   `name:"config" env:"BERLAKU_CONFIG" help:"JSON file with settings; flags and environment beat it." group:"Settings"`
	Settings   config.Config `embed:"" group:"Settings"`

	Serve       serveCmd       `cmd:"" help:"Serve the API and the pages."`
	Demo        demoCmd        `cmd:"" help:"Make a demo world in a folder and serve it."`
	Migrate     migrateCmd     `cmd:"" help:"Bring the schema of the database up to this program, or show where it is."`
	Bootstrap   bootstrapCmd   `cmd:"" help:"Make the first account; the password comes on stdin."`
	Keys        keysCmd        `cmd:"" help:"List, rotate and withdraw the keys that sign cards and status lists."`
	Import      importCmd      `cmd:"" help:"Import participants from a CSV or XLSX file."`
	Card        cardCmd        `cmd:"" help:"Check cards without our server."`
	Audit       auditCmd       `cmd:"" help:"Prove that no record was changed."`
	Backup      backupCmd      `cmd:"" help:"Copy the database while it is in use."`
	Restore     restoreCmd     `cmd:"" help:"Put a copy of the embedded database in place."`
	OpenAPI     openapiCmd     `cmd:"" name:"openapi" help:"Print the OpenAPI document of the API."`
	Config      configCmd      `cmd:"" help:"Print the settings in force, secrets masked."`
	Doctor      doctorCmd      `cmd:"" help:"Check the safe defaults of this installation."`
	Healthcheck healthcheckCmd `cmd:"" help:"Ask the server on this machine whether it lives (exit 0 or 1)."`
	Version     versionCmd     `cmd:"" help:"Print the version."`
}

// environment is what a subcommand works with.
type environment struct {
	ctx      context.Context //nolint:containedctx // handed to kong's Run methods, which take one value
	settings config.Config
	in       io.Reader
	out, err io.Writer
	clock    clock.Clock
}

func (e *environment) say(format string, args ...any)  { fmt.Fprintf(e.out, format+"\n", args...) } //nolint:errcheck // the terminal
func (e *environment) warn(format string, args ...any) { fmt.Fprintf(e.err, format+"\n", args...) } //nolint:errcheck // the terminal

// failure is an error with an exit code of its own.
type failure struct {
	code int
	err  error
}

func (f *failure) Error() string { return f.err.Error() }
func (f *failure) Unwrap() error { return f.err }

func unusable(err error) error { return &failure{code: exitUsage, err: err} }

func main() {
	syscall.Umask(0o077)
	ctx, stop := context.WithCancel(context.Background())
	signals := make(chan os.Signal, 2)
	signal.Notify(signals, os.Interrupt, syscall.SIGTERM)
	go func() {
		<-signals
		stop()
		<-signals // who asks twice does not want to wait
		os.Exit(exitFailed)
	}()
	os.Exit(run(ctx, os.Args[1:], os.Stdin, os.Stdout, os.Stderr))
}

type exited int

// run is the program: it parses args, runs one subcommand until it ends or ctx
// does, and returns the exit code. Errors are plain sentences on stderr.
func run(ctx context.Context, args []string, stdin io.Reader, stdout, stderr io.Writer) (code int) {
	defer func() {
		if r := recover(); r != nil {
			e, ok := r.(exited)
			if !ok {
				panic(r)
			}
			code = int(e)
		}
	}()
	var c cli
	parser, err := kong.New(&c, kong.Name("berlaku"), kong.Description("Signed promo cards for participants, checked and used at partner tills."),
		kong.Writers(stdout, stderr), kong.Exit(func(code int) { panic(exited(code)) }), config.Sources(),
		kong.ConfigureHelp(kong.HelpOptions{Compact: true, NoExpandSubcommands: true, WrapUpperBound: 110}))
	if err != nil {
		panic(err) // the struct above is wrong
	}
	if len(args) == 0 {
		args = []string{"--help"}
	}
	parsed, err := parser.Parse(args)
	if err != nil {
		complain(stderr, err)
		return exitUsage
	}
	env := &environment{ctx: ctx, settings: c.Settings, in: stdin, out: stdout, err: stderr, clock: clock.System()}
	if err := parsed.Run(env); err != nil {
		complain(stderr, err)
		if f, ok := errors.AsType[*failure](err); ok {
			return f.code
		}
		return exitFailed
	}
	return exitOK
}

// complain writes err for people: of a fault only its sentence, one line each
// where several things are wrong.
func complain(w io.Writer, err error) {
	if f, ok := errors.AsType[*fault.Error](err); ok {
		err = errors.New(f.Message)
	}
	for line := range strings.Lines(err.Error()) {
		fmt.Fprintf(w, "berlaku: %s\n", strings.TrimSuffix(line, "\n")) //nolint:errcheck // the terminal
	}
}

// logger writes what happens to w. What is secret or personal by its name does
// not get through.
func (e *environment) logger() *slog.Logger {
	opts := &slog.HandlerOptions{Level: e.settings.Level(), ReplaceAttr: redact}
	if e.settings.LogFormat == "text" {
		return slog.New(slog.NewTextHandler(e.err, opts))
	}
	return slog.New(slog.NewJSONHandler(e.err, opts))
}

func redact(_ []string, a slog.Attr) slog.Attr {
	switch strings.ToLower(a.Key) {
	case "password", "secret", "token", "authorization", "cookie", "code", "card", "text", "nik", "kpj", "email", "name", "phone", "body", "query":
		return slog.String(a.Key, "[redacted]")
	}
	if a.Value.Kind() == slog.KindString && strings.Contains(a.Value.String(), "brk_") {
		return slog.String(a.Key, "[redacted]")
	}
	return a
}
