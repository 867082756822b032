package api

import (
	"bytes"
	"context"
	"fmt"
	"net/http"

	"github.com/danielgtaylor/huma/v2"
	"github.com/google/uuid"

	"github.com/berlaku/berlaku/api/access"
	"github.com/berlaku/berlaku/internal/actor"
	"github.com/berlaku/berlaku/internal/clock"
	"github.com/berlaku/berlaku/internal/fault"
	"github.com/berlaku/berlaku/reports"
)

func (s *Server) reportRoutes() {
	r := s.services.Reports
	report(s, "summary", "The programme at a glance", r.Summary, summaryOf)
	report(s, "refusals", "Refusals by reason", r.Refusals, refusalsOf)
	report(s, "registrations", "Registrations by branch, beside the reported figure", r.Registrations, registrationsOf)
	op := reportOperation("uses", "Uses by group; what was voided is out")
	op.Responses = reportAnswers[usesBody](s)
	route(s, op, access.Needs(actor.ReadReports), s.usesReport)
}

// table is a report that can be written as lines.
type table interface{ Table() reports.Table }

type reportQuery struct {
	From   string `query:"from" format:"date" required:"true" doc:"First day."`
	To     string `query:"to" format:"date" required:"true" doc:"Last day."`
	Format string `query:"format" enum:"json,csv,xlsx"`
}

func (q reportQuery) period() reports.Period {
	return reports.Period{From: clock.Day(q.From), To: clock.Day(q.To)}
}

type usesQuery struct {
	By     string `query:"by" required:"true" enum:"outlet,partner,sector,branch,benefit,day,hour"`
	From   string `query:"from" format:"date" required:"true" doc:"First day."`
	To     string `query:"to" format:"date" required:"true" doc:"Last day."`
	Format string `query:"format" enum:"json,csv,xlsx"`
}

type sums struct {
	Uses     int64 `json:"uses"`
	Gross    int64 `json:"gross"`
	Discount int64 `json:"discount"`
	Net      int64 `json:"net"`
}

type useLine struct {
	Key      string `json:"key"`
	Label    string `json:"label"`
	Uses     int64  `json:"uses"`
	Gross    int64  `json:"gross"`
	Discount int64  `json:"discount"`
	Net      int64  `json:"net"`
}

type usesBody struct {
	Rows  []useLine `json:"rows" nullable:"false"`
	Total sums      `json:"total"`
}

func usesOf(u reports.Uses) usesBody {
	b := usesBody{Rows: []useLine{}, Total: sums(u.Total)}
	for _, l := range u.Rows {
		b.Rows = append(b.Rows, useLine{l.Key, l.Label, l.Uses, l.Gross, l.Discount, l.Net})
	}
	return b
}

type refusalLine struct {
	Reason      string `json:"reason"`
	Redemptions int64  `json:"redemptions" doc:"Refused when redeeming."`
	Scans       int64  `json:"scans" doc:"Refused when looking."`
}

type refusalsBody struct {
	Rows  []refusalLine `json:"rows" nullable:"false"`
	Total int64         `json:"total"`
}

func refusalsOf(r reports.Refusals) refusalsBody {
	b := refusalsBody{Rows: []refusalLine{}, Total: r.Total}
	for _, l := range r.Rows {
		b.Rows = append(b.Rows, refusalLine(l))
	}
	return b
}

type branchCount struct {
	BranchID uuid.UUID `json:"branch_id"`
	Name     string    `json:"name"`
	Count    int64     `json:"count"`
}

type reportedBody struct {
	Total       int64  `json:"total"`
	Unallocated int64  `json:"unallocated"`
	Source      string `json:"source"`
}

type registrationsBody struct {
	Total       int64         `json:"total"`
	Unallocated int64         `json:"unallocated" doc:"Belum terinci: no branch is known."`
	Branches    []branchCount `json:"branches" nullable:"false"`
	Reported    *reportedBody `json:"reported,omitempty" doc:"As published for the same period; it need not agree."`
}

func registrationsOf(r reports.Registrations) registrationsBody {
	b := registrationsBody{Total: r.Total, Unallocated: r.Unallocated, Branches: []branchCount{}, Reported: (*reportedBody)(r.Reported)}
	for _, c := range r.Branches {
		b.Branches = append(b.Branches, branchCount(c))
	}
	return b
}

type summaryBody struct {
	Participants  int64 `json:"participants"`
	ActiveMembers int64 `json:"active_members"`
	CardsPhone    int64 `json:"cards_phone"`
	CardsPrinted  int64 `json:"cards_printed"`
	Partners      int64 `json:"partners"`
	Outlets       int64 `json:"outlets"`
	Benefits      int64 `json:"benefits"`
	Registrations int64 `json:"registrations" doc:"In the period, as those below."`
	Refusals      int64 `json:"refusals"`
	Voided        int64 `json:"voided"`
	Uses          int64 `json:"uses"`
	Gross         int64 `json:"gross"`
	Discount      int64 `json:"discount"`
	Net           int64 `json:"net"`
}

func summaryOf(m reports.Summary) summaryBody {
	return summaryBody{
		Participants: m.Participants, ActiveMembers: m.ActiveMembers, CardsPhone: m.CardsPhone, CardsPrinted: m.CardsPrinted,
		Partners: m.Partners, Outlets: m.Outlets, Benefits: m.Benefits, Registrations: m.Registrations, Refusals: m.Refusals,
		Voided: m.Voided, Uses: m.Uses, Gross: m.Gross, Discount: m.Discount, Net: m.Net,
	}
}

// reportOutput is a report in one of its forms.
type reportOutput struct {
	Body func(huma.Context)
}

func reportOperation(name, summary string) huma.Operation {
	return say(get("/v1/reports/"+name, tagReports, summary), "Within the caller's reach. format=csv or xlsx gives a file: a heading and a line per row.")
}

// reportAnswers describes the forms of a report with the body B.
func reportAnswers[B any](s *Server) map[string]*huma.Response {
	answers := file("text/csv", xlsxType)
	answers["200"].Content["application/json"] = jsonAnswer[B](s).Content["application/json"]
	return answers
}

const xlsxType = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"

// report registers a report over a period.
func report[T table, B any](s *Server, name, summary string, read func(context.Context, reports.Period) (T, error), show func(T) B) {
	op := reportOperation(name, summary)
	op.Responses = reportAnswers[B](s)
	route(s, op, access.Needs(actor.ReadReports), func(ctx context.Context, in *reportQuery) (*reportOutput, error) {
		v, err := read(ctx, in.period())
		if err != nil {
			return nil, err
		}
		return s.writeReport(name, in.Format, v, show(v))
	})
}

func (s *Server) usesReport(ctx context.Context, in *usesQuery) (*reportOutput, error) {
	v, err := s.services.Reports.Uses(ctx, reportQuery{From: in.From, To: in.To}.period(), reports.Dimension(in.By))
	if err != nil {
		return nil, err
	}
	return s.writeReport("uses", in.Format, v, usesOf(v))
}

// writeReport writes the report whole before anything is sent.
func (s *Server) writeReport(name, format string, t table, body any) (*reportOutput, error) {
	var b bytes.Buffer
	var err error
	media := "application/json"
	switch format {
	case "csv":
		media, err = "text/csv; charset=utf-8", t.Table().WriteCSV(&b)
	case "xlsx":
		media, err = xlsxType, t.Table().WriteXLSX(&b)
	default:
		err = s.api.Marshal(&b, media, body)
	}
	if err != nil {
		return nil, fault.New(fault.Internal, "report", "").Because(fmt.Errorf("write report: %w", err))
	}
	return &reportOutput{Body: func(ctx huma.Context) {
		ctx.SetHeader("Content-Type", media)
		if format == "csv" || format == "xlsx" {
			ctx.SetHeader("Content-Disposition", `attachment; filename="`+name+`.`+format+`"`)
		}
		ctx.SetStatus(http.StatusOK)
		_, _ = ctx.BodyWriter().Write(b.Bytes()) //nolint:errcheck // the client is gone
	}}, nil
}
