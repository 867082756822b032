package uses

import (
	"context"

	"github.com/google/uuid"

	"github.com/berlaku/berlaku/benefits"
	"github.com/berlaku/berlaku/console/frame"
	"github.com/berlaku/berlaku/internal/actor"
	"github.com/berlaku/berlaku/internal/page"
	"github.com/berlaku/berlaku/partners"
	"github.com/berlaku/berlaku/redemptions"
)

var partnersAll = partners.Filter{}

func (r *room) promos(ctx context.Context, partner uuid.UUID, c *choices) error {
	all, err := r.Benefits.List(ctx, partner, benefits.Filter{}, page.Request{Limit: most})
	if err != nil {
		return err
	}
	for _, b := range all.Items {
		c.Promos = append(c.Promos, frame.Option{Value: b.ID.String(), Label: b.Title})
	}
	return nil
}

// line is a record with the names of its list.
type line struct {
	redemptions.Redemption
	Place partners.Outlet
	Title string
	Age   int64 // days since it was recorded
	Why   frame.Text
}

// lines joins names to records.
func (r *room) lines(v *frame.Visit, rows []redemptions.Redemption) ([]line, error) {
	var outlets, promos []uuid.UUID
	for i := range rows {
		outlets, promos = append(outlets, rows[i].OutletID), append(promos, rows[i].BenefitID)
	}
	places, err := r.Partners.OutletsByID(v.Context(), outlets)
	if err != nil {
		return nil, err
	}
	titles, err := r.Benefits.Titles(v.Context(), promos)
	if err != nil {
		return nil, err
	}
	out := make([]line, len(rows))
	for i, row := range rows {
		out[i] = line{
			Redemption: row, Place: places[row.OutletID], Title: titles[benefits.VersionKey{ID: row.BenefitID, Version: row.BenefitVersion}],
			Age: ago(v.Now(), row.RecordedAt), Why: reasonText(row.Reason),
		}
	}
	return out, nil
}

type listView struct {
	Query   query
	Form    *frame.Form
	Choices choices
	Sum     redemptions.Sum
	Rows    bool // may be seen one by one
	Files   bool // may be taken out
	Lines   []line
	Next    string
	Back    string
	Flags   []string
	Reasons []frame.Option
	Presets []string
}

func (r *room) list(v *frame.Visit) error {
	q, err := read(v)
	if err != nil {
		return err
	}
	form, err := v.NewForm(q.Values)
	if err != nil {
		return err
	}
	view := listView{Query: q, Form: form, Flags: redemptions.Flags(), Presets: presets, Rows: v.Who.Can(actor.ReadRedemptions), Files: v.Who.Can(actor.ExportUses)}
	if view.Choices, err = r.choices(v.Context(), v.Lang(), &q); err != nil {
		return err
	}
	if view.Sum, err = r.Redemptions.Sum(v.Context(), q.Filter); err != nil {
		return err
	}
	if view.Rows {
		if err := r.rows(v, &view); err != nil {
			return err
		}
	}
	return v.Page("uses_list.html", say("Penggunaan promo", "Uses of promos"), view)
}

func (r *room) rows(v *frame.Visit, view *listView) error {
	req, err := page.Parse(0, v.Query("cursor"))
	if err != nil {
		return err
	}
	if v.Query("cursor") != "" {
		view.Back = view.Query.Path()
	}
	p, err := r.Redemptions.List(v.Context(), view.Query.Filter, req)
	if err != nil {
		return err
	}
	view.Next = p.NextCursor
	view.Lines, err = r.lines(v, p.Items)
	return err
}
