// Command bench measures the program beside what the machine can do at best.
//
// Every entry has a figure of ours and, where there is one, a limit: the same
// work with everything left out that is not the work itself (the bare signature
// check, the same statements by pgbench or in a tight loop). Both are measured
// in the same run, in turns of about a second (in pieces of 25 ms where one core
// does it all), and which one begins changes; so whatever else the machine does disturbs both. A figure
// is the median over the rounds. The ratio is the median of the ratios of each
// round, ours to the limit; min and max are the least and the greatest of them.
// An entry without a limit has no ratio; its min and max are those of ours.
//
// The server is the real binary in its own process on loopback, with a world of
// its own in a temporary folder; the tills are goroutines here, on the same
// processors. PostgreSQL is the server that TEST_POSTGRES_URL names, or one that
// scripts/with-postgres starts for the time of the run. What cannot be measured
// here is named with the reason.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"slices"
	"strings"
	"syscall"
	"text/tabwriter"
	"time"
)

// entry is one thing to measure.
type entry struct {
	name string
	unit string
	what string // ours, and the limit after "beside"
	most int    // rounds at most; 0: as many as asked for
	run  func(ctx context.Context, r *rig, rounds int) (samples, error)
	// second is the name of another ratio that the same rounds give: ours to
	// the third figure.
	second string
}

func entries() []entry {
	return []entry{
		{name: "verify-card", unit: "cards/s", what: "all steps for a printed card, one core, beside ed25519.Verify", run: verifyPrinted},
		{name: "verify-phone-card", unit: "cards/s", what: "all steps for a phone's card, one core, beside ed25519.Verify and ecdsa.Verify (P-256)", run: verifyPhone},
		{name: "redeem-sqlite", unit: "uses/s", what: "16 tills over HTTP, SQLite FULL, beside a loop of the bare transaction on one connection", run: redeemSQLite},
		{name: "redeem-pg", unit: "uses/s", what: "16 tills over HTTP, PostgreSQL, 200 promos, beside pgbench -M prepared -c 16 of the bare transaction", run: redeemPostgres},
		{name: "redeem-pg-hot", unit: "uses/s", what: "the same, all on one promo, beside pgbench on one promo; /spread: beside ours on 200 promos", run: redeemHot, second: "redeem-pg-hot/spread"},
		{name: "validate-sqlite", unit: "scans/s", what: "16 tills over HTTP, beside a bare net/http server that reads and writes the same JSON", run: validateSQLite},
		{name: "claim-known-unknown", unit: "ms", what: "a claim over HTTP by somebody whose data fit, beside the same by nobody; medians, one after the other", run: claimUnknown},
		{name: "qr-png", unit: "codes/s", what: "PNG of a phone's card, one core, beside skip2/go-qrcode's own PNG", run: drawPNG},
		{name: "demo-build", unit: "s", what: "berlaku demo from an empty folder until it is ready", most: 1, run: demoBuild},
		{name: "cold-start", unit: "s", what: "berlaku serve on a world that exists, from the process's start until /readyz is 200", run: coldStart},
		{name: "memory", unit: "MiB", what: "resident memory of the server after 5,000 uses", most: 1, run: memory},
	}
}

type options struct {
	names  []string
	rounds int
	json   string
	list   bool
}

func main() {
	if os.Getenv(echoVariable) != "" {
		os.Exit(serveEcho(os.Stdout))
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	code := run(ctx, os.Args[1:], os.Stdout, os.Stderr)
	stop()
	os.Exit(code)
}

// Exit codes.
const (
	exitOK     = 0
	exitFailed = 1 // an entry that should have run did not
	exitUsage  = 2
)

func run(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	o, err := parse(args, stderr)
	switch {
	case errors.Is(err, flag.ErrHelp):
		return exitOK
	case err != nil:
		fmt.Fprintf(stderr, "bench: %v\n", err) //nolint:errcheck // the terminal
		return exitUsage
	case o.list:
		list(stdout)
		return exitOK
	}
	r := newRig(stderr)
	results, failed := measure(ctx, r, o)
	if err := r.close(); err != nil {
		fmt.Fprintf(stderr, "bench: %v\n", err) //nolint:errcheck // the terminal
		failed = true
	}
	table(stdout, results)
	if o.json != "" {
		if err := writeJSON(o.json, results); err != nil {
			fmt.Fprintf(stderr, "bench: %v\n", err) //nolint:errcheck // the terminal
			return exitFailed
		}
	}
	if failed {
		return exitFailed
	}
	return exitOK
}

func parse(args []string, stderr io.Writer) (o options, err error) {
	f := flag.NewFlagSet("bench", flag.ContinueOnError)
	f.SetOutput(stderr)
	names := f.String("run", "", "`NAMES` of entries, separated by commas; all when empty")
	f.IntVar(&o.rounds, "rounds", 5, "how many `ROUNDS` of each")
	f.StringVar(&o.json, "json", "", "`FILE` for the results as JSON")
	f.BoolVar(&o.list, "list", false, "say what there is to measure")
	if err := f.Parse(args); err != nil {
		return o, err
	}
	if f.NArg() > 0 {
		return o, errors.New("there are no arguments besides flags")
	}
	if o.rounds < 1 {
		return o, errors.New("-rounds must be at least 1")
	}
	known := map[string]string{}
	for _, e := range entries() {
		known[e.name] = e.name
		if e.second != "" {
			known[e.second] = e.name
		}
	}
	for name := range strings.SplitSeq(*names, ",") {
		if name == "" {
			continue
		}
		e, ok := known[name]
		if !ok {
			return o, fmt.Errorf("there is no entry %q; -list names them", name)
		}
		o.names = append(o.names, e)
	}
	return o, nil
}

func list(w io.Writer) {
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	for _, e := range entries() {
		fmt.Fprintf(t, "%s\t%s\t%s\n", e.name, e.unit, e.what) //nolint:errcheck // see Flush
	}
	_ = t.Flush() //nolint:errcheck // the terminal
}

// measure runs the chosen entries. One that cannot run here is skipped; one
// that fails is too, and failed tells.
func measure(ctx context.Context, r *rig, o options) (results []result, failed bool) {
	for _, e := range entries() {
		if len(o.names) > 0 && !slices.Contains(o.names, e.name) {
			continue
		}
		rounds := o.rounds
		if e.most > 0 {
			rounds = min(rounds, e.most)
		}
		began := time.Now()
		s, err := e.run(ctx, r, rounds)
		r.say("%s: %.1f s", e.name, time.Since(began).Seconds())
		if err != nil && !errors.As(err, new(skip)) {
			failed = true
			r.say("%s: %v", e.name, err)
		}
		results = append(results, summarise(e.name, e.unit, s.ours, s.limit, err))
		if e.second != "" {
			results = append(results, summarise(e.second, e.unit, s.ours, s.third, err))
		}
	}
	return results, failed
}

func writeJSON(name string, results []result) error {
	b, err := json.MarshalIndent(results, "", "  ")
	if err != nil {
		return err
	}
	return os.WriteFile(name, append(b, '\n'), 0o600)
}
