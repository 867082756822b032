package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"github.com/google/uuid"

	"github.com/berlaku/berlaku/cmd/wire"
	"github.com/berlaku/berlaku/internal/clock"
	"github.com/berlaku/berlaku/internal/fault"
	"github.com/berlaku/berlaku/participants"
)

// errRejected says that some rows of a file were not good.
var errRejected = errors.New("some rows were rejected; correct them and import the file again (rows that went in are left as they are)")

type importCmd struct {
	File   string `arg:"" type:"path" help:"CSV or XLSX file of participants."`
	Branch string `required:"" help:"Code or id of the branch whose participants they are."`
	AsOf   string `name:"as-of" help:"Day of the status data in rows that do not say; default: today." placeholder:"YYYY-MM-DD"`
	DryRun bool   `help:"Check every row, change nothing."`
}

// Run imports the file and prints what became of its rows.
func (c *importCmd) Run(e *environment) (err error) {
	request, err := c.request()
	if err != nil {
		return unusable(err)
	}
	f, err := os.Open(c.File)
	if err != nil {
		return unusable(errors.New("the file cannot be read"))
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	info, err := f.Stat()
	if err != nil || !info.Mode().IsRegular() {
		return unusable(errors.New("the file cannot be read"))
	}
	request.File = &progress{file: f, size: info.Size(), w: e.err}
	request.Size, request.MaxBytes = info.Size(), info.Size() // the operator's own file may be large
	return e.withApp(func(ctx context.Context, app *wire.App) error {
		if request.BranchID, err = branch(ctx, app, c.Branch); err != nil {
			return unusable(err)
		}
		e.warn("Reading %s …", filepath.Base(c.File))
		run, err := app.Participants.Import(ctx, request)
		if err != nil {
			return refused(err)
		}
		return e.report(ctx, app, run)
	})
}

// progress tells how much of a file was read, each tenth once. A file that is
// smaller than its steps says nothing.
type progress struct {
	file   io.ReaderAt
	size   int64
	tenths int64
	w      io.Writer
}

const progressFrom = 1 << 20 // bytes

// ReadAt implements io.ReaderAt.
func (p *progress) ReadAt(b []byte, off int64) (int, error) {
	n, err := p.file.ReadAt(b, off)
	if now := 10 * (off + int64(n)) / max(p.size, 1); p.size >= progressFrom && now > p.tenths {
		p.tenths = now
		fmt.Fprintf(p.w, "  %d %% read\n", 10*now) //nolint:errcheck // the terminal
	}
	return n, err
}

func (c *importCmd) request() (participants.ImportRequest, error) {
	r := participants.ImportRequest{DryRun: c.DryRun}
	switch strings.ToLower(filepath.Ext(c.File)) {
	case ".csv":
		r.Format = participants.CSV
	case ".xlsx":
		r.Format = participants.XLSX
	default:
		return r, errors.New("the file must be .csv or .xlsx")
	}
	if c.AsOf != "" {
		day, err := clock.ParseDay(c.AsOf)
		if err != nil {
			return r, errors.New("--as-of must be a day, YYYY-MM-DD")
		}
		r.AsOf = day
	}
	return r, nil
}

func branch(ctx context.Context, app *wire.App, name string) (uuid.UUID, error) {
	all, err := app.Participants.Branches(ctx)
	if err != nil {
		return uuid.Nil, err
	}
	codes := make([]string, 0, len(all))
	for i := range all {
		if strings.EqualFold(all[i].Code, name) || all[i].ID.String() == strings.ToLower(name) {
			return all[i].ID, nil
		}
		codes = append(codes, all[i].Code)
	}
	return uuid.Nil, fmt.Errorf("there is no such branch; the codes are: %s", strings.Join(codes, ", "))
}

// refused adds the codes of the places to a file that is refused as a whole.
func refused(err error) error {
	f, ok := errors.AsType[*fault.Error](err)
	if !ok || len(f.Fields) == 0 {
		return err
	}
	codes := make([]string, len(f.Fields))
	for i, field := range f.Fields {
		codes[i] = field.Code
	}
	return fmt.Errorf("the file is refused as a whole: %s", strings.Join(codes, ", "))
}

func (e *environment) report(ctx context.Context, app *wire.App, run participants.ImportRun) error {
	what := "Imported"
	if run.DryRun {
		what = "Would import"
	}
	e.say("%s %d rows: %d created, %d updated, %d unchanged, %d ended, %d rejected.",
		what, run.RowsRead, run.Created, run.Updated, run.Unchanged, run.Ended, run.Rejected)
	if run.State == participants.ImportFailed {
		return fmt.Errorf("the import did not finish: %s", run.Failure)
	}
	if run.Rejected == 0 {
		return nil
	}
	rows, err := app.Participants.ImportErrors(ctx, run.ID)
	if err != nil {
		return err
	}
	for _, r := range rows {
		e.say("line %d, %s: %s", r.Line, r.Field, r.Code)
	}
	return errRejected
}
