package main

import (
	"encoding/hex"
	"errors"
	"fmt"

	"github.com/berlaku/berlaku/audit"
)

type auditCmd struct {
	Verify auditVerifyCmd `cmd:"" help:"Walk the whole audit log and the records it stands for; exit 1 names the first wrong row."`
}

type auditVerifyCmd struct{}

// Run verifies the chain.
func (auditVerifyCmd) Run(e *environment) (err error) {
	app, err := e.open()
	if err != nil {
		return err
	}
	defer finish(&err, app.Close)
	result, err := app.Audit.Verify(e.ctx, nil)
	if err != nil {
		if _, broken := errors.AsType[*audit.Breach](err); broken {
			return err
		}
		return fmt.Errorf("the audit log could not be read: %w", err)
	}
	e.say("The audit log is whole: %d entries, head %s.", result.Entries, hex.EncodeToString(result.Hash))
	return nil
}
