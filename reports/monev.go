package reports

import (
	"context"
	"fmt"

	"github.com/google/uuid"

	"github.com/berlaku/berlaku/internal/actor"
	"github.com/berlaku/berlaku/internal/clock"
)

// Monev is what the meeting for monitoring and evaluation looks at: who was
// registered, by whom, and what was reported for the same time. Nothing is made
// to add up: what nobody allocated stays unallocated ("belum terinci").
type Monev struct {
	Registrations
	Months  []MonthCount
	Figures []ReportedFigure
	Wadahs  []WadahLine
	Agents  []AgentLine // the most productive, at most topAgents
	Working Productivity
}

// MonthCount is the registrations of a month.
type MonthCount struct {
	Month clock.Day // its first day
	Count int64
}

// ReportedFigure is a published figure beside what is recorded for the very
// days of the figure.
type ReportedFigure struct {
	From, To, AsOf clock.Day
	BranchID       uuid.UUID // zero: all branches together
	Branch         string
	Value          int64
	Recorded       int64
	Source, Note   string
}

// Difference is what is recorded beyond the figure.
func (f ReportedFigure) Difference() int64 { return f.Recorded - f.Value }

// WadahLine is how a wadah did in the period.
type WadahLine struct {
	ID            uuid.UUID
	Code, Name    string
	Branch        string
	Agents        int64 // who worked in the period
	Active        int64 // of those, with at least one registration
	Registrations int64
}

// PerAgent is registrations for each agent who worked.
func (l WadahLine) PerAgent() float64 {
	if l.Agents == 0 {
		return 0
	}
	return float64(l.Registrations) / float64(l.Agents)
}

// AgentLine is how an agent did in the period. Names are not part of it.
type AgentLine struct {
	Code, Wadah, Region string
	Registrations       int64
	Share               float64 // of all registrations that have an agent
}

// Productivity is how the agents in reach did together.
type Productivity struct {
	Agents, Active int64
	Registrations  int64 // by agents
	Median         int64 // registrations of the agent in the middle
}

// topAgents is how many agents are listed.
const topAgents = 25

// Monev reports a period: for those who read about Perisai, cut to their
// branches or wadah. It returns ErrPeriod.
func (s *Service) Monev(ctx context.Context, p Period) (m Monev, err error) {
	if m.Registrations, err = s.Registrations(ctx, p); err != nil {
		return Monev{}, err
	}
	reach := actor.From(ctx).Scope(actor.ReadPerisai)
	for _, step := range []func(context.Context, actor.Reach, Period, *Monev) error{s.monevMonths, s.monevWadahs, s.monevAgents, s.monevFigures} {
		if err := step(ctx, reach, p, &m); err != nil {
			return Monev{}, fmt.Errorf("report monev: %w", err)
		}
	}
	return m, nil
}

// field is the condition for rows of the field organisation.
func field(reach actor.Reach, branch, wadah string) (string, []any) {
	return within(actor.Reach{National: reach.National, Branches: reach.Branches, Partners: reach.Wadahs}, branch, wadah, "")
}

func (s *Service) monevMonths(ctx context.Context, reach actor.Reach, p Period, m *Monev) error {
	cond, args := field(reach, "g.branch_id", "g.wadah_id")
	var rows []struct {
		Day clock.Day
		N   int64
	}
	err := s.db.From(ctx).Raw(`SELECT g.registered_on AS day, count(*) AS n FROM registrations g
		WHERE g.registered_on BETWEEN ? AND ? AND `+cond+` GROUP BY g.registered_on`, append([]any{p.From, p.To}, args...)...).Scan(&rows).Error
	if err != nil {
		return err
	}
	at := map[clock.Day]int{}
	for d := monthOf(p.From); d <= p.To; d = d.AddMonths(1) {
		at[d] = len(m.Months)
		m.Months = append(m.Months, MonthCount{Month: d})
	}
	for _, r := range rows {
		m.Months[at[monthOf(r.Day)]].Count += r.N
	}
	return nil
}

func (s *Service) monevWadahs(ctx context.Context, reach actor.Reach, p Period, m *Monev) error {
	cond, args := field(reach, "w.branch_id", "w.id")
	m.Wadahs = []WadahLine{}
	return s.db.From(ctx).Raw(`SELECT w.id, w.code, w.name, b.name AS branch,
			(SELECT count(*) FROM agents a WHERE a.wadah_id = w.id AND a.active_from <= ? AND (a.active_to IS NULL OR a.active_to >= ?)) AS agents,
			COALESCE(n.agents, 0) AS active, COALESCE(n.n, 0) AS registrations
		FROM wadahs w JOIN branches b ON b.id = w.branch_id
		LEFT JOIN (SELECT g.wadah_id, count(*) AS n, count(DISTINCT g.agent_id) AS agents FROM registrations g
			WHERE g.registered_on BETWEEN ? AND ? GROUP BY g.wadah_id) n ON n.wadah_id = w.id
		WHERE `+cond+` ORDER BY registrations DESC, w.code`, append([]any{p.To, p.From, p.From, p.To}, args...)...).Scan(&m.Wadahs).Error
}

func (s *Service) monevAgents(ctx context.Context, reach actor.Reach, p Period, m *Monev) error {
	cond, args := field(reach, "a.branch_id", "a.wadah_id")
	var all []AgentLine
	err := s.db.From(ctx).Raw(`SELECT a.code, w.code AS wadah, g.name AS region, COALESCE(n.n, 0) AS registrations
		FROM agents a JOIN wadahs w ON w.id = a.wadah_id JOIN regions g ON g.code = a.region_code
		LEFT JOIN (SELECT r.agent_id, count(*) AS n FROM registrations r WHERE r.registered_on BETWEEN ? AND ? GROUP BY r.agent_id) n ON n.agent_id = a.id
		WHERE ((a.active_from <= ? AND (a.active_to IS NULL OR a.active_to >= ?)) OR n.n > 0) AND `+cond+`
		ORDER BY registrations DESC, a.code`, append([]any{p.From, p.To, p.To, p.From}, args...)...).Scan(&all).Error
	if err != nil {
		return err
	}
	w := Productivity{Agents: int64(len(all))}
	for _, a := range all {
		w.Registrations += a.Registrations
		if a.Registrations > 0 {
			w.Active++
		}
	}
	if len(all) > 0 {
		w.Median = all[len(all)/2].Registrations
	}
	m.Working, m.Agents = w, []AgentLine{}
	for _, a := range all[:min(topAgents, len(all))] {
		if a.Registrations == 0 {
			break
		}
		a.Share = float64(a.Registrations) / float64(w.Registrations)
		m.Agents = append(m.Agents, a)
	}
	return nil
}

// monevFigures reads what was reported for days within the period, and counts
// what is recorded for the same days. A wadah sees no figures of branches.
func (s *Service) monevFigures(ctx context.Context, reach actor.Reach, p Period, m *Monev) error {
	m.Figures = []ReportedFigure{}
	cond, args := within(actor.Reach{National: reach.National, Branches: reach.Branches}, "f.branch_id", "", "")
	var rows []struct {
		PeriodStart, PeriodEnd, AsOf clock.Day
		BranchID                     *uuid.UUID
		Branch                       string
		Value, Recorded              int64
		Source, Note                 string
	}
	err := s.db.From(ctx).Raw(`SELECT f.period_start, f.period_end, f.as_of, f.branch_id, COALESCE(b.name, '') AS branch, f.value, f.source, f.note,
			(SELECT count(*) FROM registrations g WHERE g.registered_on BETWEEN f.period_start AND f.period_end AND (f.branch_id IS NULL OR g.branch_id = f.branch_id)) AS recorded
		FROM reported_figures f LEFT JOIN branches b ON b.id = f.branch_id
		WHERE f.metric = 'registrations' AND f.period_start >= ? AND f.period_end <= ? AND `+cond+`
		ORDER BY f.period_start, f.period_end, CASE WHEN f.branch_id IS NULL THEN 0 ELSE 1 END, f.value DESC, f.id`, append([]any{p.From, p.To}, args...)...).Scan(&rows).Error
	for _, r := range rows {
		f := ReportedFigure{From: r.PeriodStart, To: r.PeriodEnd, AsOf: r.AsOf, Branch: r.Branch, Value: r.Value, Recorded: r.Recorded, Source: r.Source, Note: r.Note}
		if r.BranchID != nil {
			f.BranchID = *r.BranchID
		}
		m.Figures = append(m.Figures, f)
	}
	return err
}

// LastRegistered returns the last day with a registration in reach of those who
// read about Perisai, empty when there was none.
func (s *Service) LastRegistered(ctx context.Context) (clock.Day, error) {
	cond, args := field(actor.From(ctx).Scope(actor.ReadPerisai), "g.branch_id", "g.wadah_id")
	var last clock.Day
	err := s.db.From(ctx).Raw(`SELECT g.registered_on FROM registrations g WHERE `+cond+` ORDER BY g.registered_on DESC LIMIT 1`, args...).Scan(&last).Error
	if err != nil {
		return "", fmt.Errorf("last registration: %w", err)
	}
	return last, nil
}

// shownPeriods is how many periods with reported figures are offered.
const shownPeriods = 6

// ReportedPeriods returns the last periods for which figures of registrations
// were reported, newest first, at most shownPeriods. A wadah sees none.
func (s *Service) ReportedPeriods(ctx context.Context) ([]Period, error) {
	reach := actor.From(ctx).Scope(actor.ReadPerisai)
	cond, args := within(actor.Reach{National: reach.National, Branches: reach.Branches}, "f.branch_id", "", "")
	var rows []struct{ PeriodStart, PeriodEnd clock.Day }
	err := s.db.From(ctx).Raw(`SELECT DISTINCT f.period_start, f.period_end FROM reported_figures f
		WHERE f.metric = 'registrations' AND `+cond+` ORDER BY f.period_end DESC, f.period_start DESC LIMIT ?`, append(args, shownPeriods)...).Scan(&rows).Error
	if err != nil {
		return nil, fmt.Errorf("periods with figures: %w", err)
	}
	all := make([]Period, 0, len(rows))
	for _, r := range rows {
		all = append(all, Period{From: r.PeriodStart, To: r.PeriodEnd})
	}
	return all, nil
}

// Table returns the report as lines, one kind after the other.
func (m Monev) Table() Table {
	t := Table{Name: "monev", Columns: []string{"part", "code", "name", "from", "to", "count", "reported", "difference", "agents", "agents_active", "source"}}
	for _, b := range m.Branches {
		t.Rows = append(t.Rows, []any{"branch", "", b.Name, "", "", b.Count, "", "", "", "", ""})
	}
	if m.Unallocated > 0 {
		t.Rows = append(t.Rows, []any{"branch", "", "Belum terinci", "", "", m.Unallocated, "", "", "", "", ""})
	}
	t.Rows = append(t.Rows, []any{"total", "", "", "", "", m.Total, "", "", "", "", ""})
	for _, f := range m.Figures {
		t.Rows = append(t.Rows, []any{"reported", "", f.Branch, string(f.From), string(f.To), f.Recorded, f.Value, f.Difference(), "", "", f.Source})
	}
	for _, c := range m.Months {
		t.Rows = append(t.Rows, []any{"month", string(c.Month[:7]), "", "", "", c.Count, "", "", "", "", ""})
	}
	for _, w := range m.Wadahs {
		t.Rows = append(t.Rows, []any{"wadah", w.Code, w.Name, "", "", w.Registrations, "", "", w.Agents, w.Active, ""})
	}
	for _, a := range m.Agents {
		t.Rows = append(t.Rows, []any{"agent", a.Code, a.Region, "", "", a.Registrations, "", "", "", "", ""})
	}
	return t
}
