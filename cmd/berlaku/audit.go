package main

import (
	"context"
	"encoding/hex"
	"errors"
	"fmt"

	"github.com/berlaku/berlaku/audit"
	"github.com/berlaku/berlaku/cmd/wire"
	"github.com/berlaku/berlaku/internal/actor"
	"github.com/berlaku/berlaku/redemptions"
)

type auditCmd struct {
	Verify auditVerifyCmd `cmd:"" help:"Walk the whole audit log and the records it stands for; exit 1 names the first wrong row."`
}

type auditVerifyCmd struct{}

// Run verifies the chain, and the stored records against it.
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
		records := app.Redemptions.RecordCheck(ctx)
		if result, err = app.Audit.Verify(ctx, records.See); err != nil {
			return err
		}
		return records.End()
	})
	if err != nil {
		return wrongRow(err)
	}
	e.say("The audit log is whole: %d entries, head %s.", result.Entries, hex.EncodeToString(result.Hash))
	return nil
}

func wrongRow(err error) error {
	if breach, ok := errors.AsType[*audit.Breach](err); ok {
		return breach
	}
	if breach, ok := errors.AsType[*redemptions.RecordBreach](err); ok {
		return breach
	}
	return fmt.Errorf("the audit log could not be read: %w", err)
}
