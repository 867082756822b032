package partners

import (
	"context"

	"github.com/google/uuid"

	"github.com/berlaku/berlaku/console/frame"
	"github.com/berlaku/berlaku/internal/fault"
	"github.com/berlaku/berlaku/partners"
)

type stepPage struct {
	detailPage
	Choice choice
	Form   *frame.Form
}

// chosen returns the page of a step that may come next for the visitor.
func (r *room) chosen(v *frame.Visit, f *frame.Form) (stepPage, error) {
	id, err := v.ID("id")
	if err != nil {
		return stepPage{}, err
	}
	d, err := r.dossier(v, id)
	if err != nil {
		return stepPage{}, err
	}
	step := partners.Step(v.Param("step"))
	words, known := steps[step]
	if !known {
		return stepPage{}, frame.ErrNotFound
	}
	for _, c := range d.Choices {
		if c.Step == step {
			return stepPage{detailPage: d, Choice: c, Form: f}, nil
		}
	}
	// Not one that may come next: said on the page, whatever the form holds.
	return stepPage{detailPage: d, Choice: choice{Choice: partners.Choice{Step: step}, Words: words, Why: own["wrong_state"]}, Form: f}, nil
}

func (r *room) stepForm(v *frame.Visit) error {
	p, err := r.chosen(v, v.Blank())
	if err != nil {
		return err
	}
	return v.Page("partners_step.html", p.Choice.Words.Name, p)
}

func (r *room) step(v *frame.Visit) error {
	f, err := v.Form()
	if err != nil {
		return err
	}
	p, err := r.chosen(v, f)
	if err != nil {
		return err
	}
	text := ""
	if p.Choice.Words.Reason {
		text = f.Text("reason", 500)
	}
	if f.OK() {
		if err = r.do(v.Context(), p.Choice.Step, p.ID, text); err == nil {
			return v.Go(frame.Root+"/mitra/"+p.ID.String(), p.Choice.Words.Done)
		}
		if !refused(f, err) {
			return err
		}
		if fault.KindOf(err) == fault.Forbidden {
			return v.Forbidden("partners_step.html", p.Choice.Words.Name, p)
		}
	}
	return v.Again("partners_step.html", p.Choice.Words.Name, p)
}

func (r *room) do(ctx context.Context, step partners.Step, id uuid.UUID, reason string) (err error) {
	switch step {
	case partners.StepSubmit:
		_, err = r.Partners.Submit(ctx, id)
	case partners.StepWithdraw:
		_, err = r.Partners.Withdraw(ctx, id)
	case partners.StepApprove:
		_, err = r.Partners.Approve(ctx, id)
	case partners.StepReject:
		_, err = r.Partners.Reject(ctx, id, reason)
	case partners.StepActivate:
		_, err = r.Partners.Activate(ctx, id)
	case partners.StepSuspend:
		_, err = r.Partners.Suspend(ctx, id, reason)
	case partners.StepResume:
		_, err = r.Partners.Resume(ctx, id)
	case partners.StepEnd:
		_, err = r.Partners.End(ctx, id, reason)
	default:
		return frame.ErrNotFound
	}
	return err
}
