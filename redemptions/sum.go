package redemptions

import (
	"context"
	"errors"
	"fmt"

	"github.com/berlaku/berlaku/audit"
	"github.com/berlaku/berlaku/internal/actor"
	"github.com/berlaku/berlaku/internal/fault"
	"github.com/berlaku/berlaku/internal/page"
	"github.com/berlaku/berlaku/internal/uid"
)

// Sum is a list in figures; gross and discount of standing uses, in rupiah.
type Sum struct {
	Records  int64 // all that the filter finds
	Standing int64 // granted and not taken back
	Refused  int64
	Gross    int64
	Discount int64
}

// OwnerExport is how many records a partner gets in one file.
const OwnerExport = 10_000

// ErrExportSize says: the list is longer than a partner may take out at once.
var ErrExportSize = fault.New(fault.Conflict, "export_too_large", "A file holds at most 10,000 records. Choose a shorter period.")

// Sum returns the figures of a list, also to those who may not see its records.
func (s *Service) Sum(ctx context.Context, f Filter) (Sum, error) {
	return s.sum(ctx, actor.From(ctx).Scope(actor.ReadUseFigures), f)
}

// Waiting returns how many records wait for each kind of decision, within what
// the actor sees of records.
func (s *Service) Waiting(ctx context.Context) (map[Waiting]Sum, error) {
	reach, err := mayRead(actor.From(ctx))
	if err != nil {
		return nil, err
	}
	out := map[Waiting]Sum{}
	for _, w := range AllWaiting() {
		if out[w], err = s.sum(ctx, reach, Filter{Waiting: w}); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// Export calls row for each record of a list, newest first, for those who may
// take lists out. That it was done is in the audit log before the first row. It
// returns ErrRows, ErrExportSize, or what row returned.
func (s *Service) Export(ctx context.Context, f Filter, row func(Redemption) error) error {
	who := actor.From(ctx)
	if !who.Can(actor.ExportUses) {
		return ErrRows
	}
	reach := who.Scope(actor.ExportUses)
	sum, err := s.sum(ctx, reach, f)
	if err != nil {
		return err
	}
	if !reach.National && len(reach.Branches) == 0 && sum.Records > OwnerExport {
		return ErrExportSize
	}
	now := s.Clock.Now()
	err = s.DB.InTx(ctx, func(ctx context.Context) error {
		return s.Audit.Append(ctx, audit.Event{
			Action: "redemptions.exported", Subject: audit.Subject{Kind: "export", ID: uid.At(now)}, Details: map[string]any{"records": sum.Records},
		})
	})
	if err != nil {
		return fmt.Errorf("export redemptions: %w", err)
	}
	for p := (page.Request{Limit: page.Max}); ; {
		rows, err := s.list(ctx, reach, f, p)
		if err != nil {
			return err
		}
		if err := s.readStory(ctx, rows); err != nil {
			return err
		}
		more := len(rows) > p.Limit
		if more {
			rows = rows[:p.Limit]
		}
		for i := range rows {
			if err := row(rows[i].seenBy(who)); err != nil {
				return errors.Join(errExport, err)
			}
		}
		if !more {
			return nil
		}
		p.After = rows[len(rows)-1].ID
	}
}

var errExport = errors.New("write exported row")
