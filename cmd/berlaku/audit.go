package main

import (
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"strings"
	"time"

	"github.com/berlaku/berlaku/audit"
	"github.com/berlaku/berlaku/cmd/wire"
	"github.com/berlaku/berlaku/internal/actor"
)

type auditCmd struct {
	Verify auditVerifyCmd `cmd:"" help:"Walk the whole audit log, its checkpoints and the records it stands for; exit 1 names the first wrong row."`
	Check  auditCheckCmd  `cmd:"" name:"prove-check" help:"Check a proof of the audit log from a file, without server or database; exit 1 when it does not hold."`
	Key    auditKeyCmd    `cmd:"" help:"Print the public key with which checkpoints and proofs are checked."`
}

type auditCheckCmd struct {
	File string `arg:"" type:"existingfile" help:"The proof as it was downloaded (JSON)."`
	Key  string `help:"Public key of the log, as text or as the name of a file that holds it." required:""`
}

// Run checks a proof with nothing but the key.
func (c auditCheckCmd) Run(e *environment) error {
	b, err := os.ReadFile(c.File)
	if err != nil {
		return err
	}
	key := c.Key
	if held, err := os.ReadFile(key); err == nil { //nolint:gosec // the file that the caller names
		key = string(held)
	}
	f, err := audit.CheckProof(b, strings.TrimSpace(key))
	if err != nil {
		return err
	}
	if f.Kind == audit.Consistency {
		e.say("The log of %d entries is the beginning of that of %d entries, signed by %s at %s.", f.Older, f.Size, f.Origin, f.At.Format(time.RFC3339))
		return nil
	}
	e.say("Entry %d (%s) of %s, %s %s, stands in the log of %d entries that %s signed at %s. Hash %s.", f.Entry.Seq, f.Entry.Action,
		f.Entry.At.Format(time.RFC3339), f.Entry.Subject.Kind, f.Entry.Subject.ID, f.Size, f.Origin, f.At.Format(time.RFC3339), hex.EncodeToString(f.Entry.Hash))
	return nil
}

type auditKeyCmd struct{}

// Run prints the key.
func (auditKeyCmd) Run(e *environment) error {
	key, err := audit.PublicKey(e.settings.KeyDir)
	if err != nil {
		return err
	}
	if key == "" {
		return errors.New("there is no key of the audit log yet: it is made at the first start")
	}
	e.say("%s", key)
	return nil
}

type auditVerifyCmd struct{}

// Run verifies the chain, its checkpoints, and the stored records against it.
func (auditVerifyCmd) Run(e *environment) (err error) {
	if err := e.existing(); err != nil {
		return err
	}
	app, err := wire.OpenRecords(e.ctx, e.settings, e.clock)
	if err != nil {
		return err
	}
	defer finish(&err, app.Close)
	var result audit.Result
	err = app.DB.Snapshot(actor.With(e.ctx, actor.System()), func(ctx context.Context) (err error) { // tills may go on working
		result, err = app.Audit.CheckAll(ctx, nil)
		return err
	})
	if err != nil {
		return wrongRow(err)
	}
	e.say("The audit log is whole: %d entries, head %s.", result.Entries, hex.EncodeToString(result.Hash))
	return nil
}

func wrongRow(err error) error {
	if broken, ok := errors.AsType[audit.Broken](err); ok {
		return broken
	}
	return fmt.Errorf("the audit log could not be read: %w", err)
}
