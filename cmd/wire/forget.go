package wire

import (
	"context"

	"github.com/google/uuid"

	"github.com/berlaku/berlaku/participants"
)

// forgetting connects the rooms that must forget somebody who asked to be
// erased, and the ledger that an older copy of the database cannot undo.
func (a *App) forgetting() {
	for _, f := range []func(context.Context, uuid.UUID) error{
		a.Cards.Erase, a.Accounts.EraseParticipant, a.Partners.EraseWishes, a.Redemptions.Erase, a.Messages.Erase, a.Participants.EraseImports,
	} {
		a.Participants.OnErase(f)
	}
	if a.Config.DataDir != "" {
		a.Participants.KeepErasures(participants.NewLedger(a.Config.DataDir))
	}
}
