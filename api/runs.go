package api

import (
	"bytes"
	"context"
	"encoding/csv"
	"fmt"
	"net/http"
	"strconv"
	"time"

	"github.com/google/uuid"

	"github.com/berlaku/berlaku/api/access"
	"github.com/berlaku/berlaku/cards"
	"github.com/berlaku/berlaku/internal/actor"
	"github.com/berlaku/berlaku/internal/page"
	"github.com/berlaku/berlaku/participants"
)

// runLimit is the size of an order that names ten thousand people, in bytes.
const runLimit = 512 << 10

// runRoutes registers cards for many people.
func (s *Server) runRoutes() {
	rule := access.Needs(actor.IssueCards)
	op := say(post("/v1/card-runs", tagCards, "Order cards for many people"),
		"sheet: printed cards on A4; who has a good printed card keeps it. links: a link to the card, sent to the phone on record. "+
			"Name the people, at most 10,000, or a filter. The work is done in the background, and goes on after a restart where it stopped.")
	op.DefaultStatus, op.MaxBodyBytes = http.StatusAccepted, runLimit
	route(s, op, rule, s.startRun)
	route(s, get("/v1/card-runs", tagCards, "Runs within reach, newest first"), rule, s.listRuns)
	route(s, get("/v1/card-runs/{id}", tagCards, "How far a run is"), rule, step(s.services.Cards.GetRun, runOf))
	op = say(get("/v1/card-runs/{id}/sheets/{n}", tagCards, "A sheet of a run as PDF"),
		"n from 1 to sheets: 200 cards, ten on a page of A4 with cut marks. Made at every call; cards that have ended since are left out.")
	op.Responses = file("application/pdf")
	route(s, op, rule.Fresh(), s.runSheet)
	op = get("/v1/card-runs/{id}/failures", tagCards, "For whom a run made nothing, and why, as CSV")
	op.Responses = file("text/csv")
	route(s, op, rule, s.runFailures)
	route(s, say(act("/v1/card-runs/{id}/cancel", tagCards, "Stop a run"), "What was made stays."), rule, step(s.services.Cards.CancelRun, runOf))
	route(s, say(act("/v1/card-runs/{id}/revoke", tagCards, "Take a run back"),
		"Every card that the run itself issued ends, with the reason run_revoked, and every link that nobody opened; finished_at is left out until that is done, seconds later."),
		rule.Fresh(), step(s.services.Cards.RevokeRun, runOf))
}

type runFilter struct {
	BranchID    *uuid.UUID `json:"branch_id,omitempty"`
	RegionCode  string     `json:"region_code,omitempty" pattern:"^[0-9]{2}(\\.[0-9]{2}){0,3}$" doc:"With everything in it: 72 includes 72.71."`
	Segment     string     `json:"segment,omitempty" enum:"pu,bpu,jakon,pmi"`
	Status      string     `json:"status,omitempty" enum:"active,in_arrears,inactive,unverified"`
	ImportID    *uuid.UUID `json:"import_id,omitempty" doc:"Who has a membership that this import made or changed."`
	WithoutCard bool       `json:"without_card,omitempty" doc:"Only who has no good card of that kind."`
}

type newRun struct {
	Kind           string      `json:"kind" enum:"sheet,links"`
	ParticipantIDs []uuid.UUID `json:"participant_ids,omitempty" nullable:"false" maxItems:"10000"`
	Filter         *runFilter  `json:"filter,omitempty"`
}

func (b newRun) run() cards.NewRun {
	n := cards.NewRun{Kind: cards.RunKind(b.Kind), ParticipantIDs: b.ParticipantIDs}
	if f := b.Filter; f != nil {
		n.Filter = &cards.RunFilter{WithoutCard: f.WithoutCard, Selection: participants.Selection{
			BranchID: orZero(f.BranchID), RegionCode: f.RegionCode, Segment: participants.Segment(f.Segment),
			Status: participants.Status(f.Status), ImportID: orZero(f.ImportID),
		}}
	}
	return n
}

type runBody struct {
	ID         uuid.UUID  `json:"id"`
	Kind       string     `json:"kind" enum:"sheet,links"`
	State      string     `json:"state" enum:"running,done,cancelled,revoked"`
	Total      int        `json:"total" doc:"People."`
	Done       int        `json:"done"`
	Failed     int        `json:"failed" doc:"For these nothing was made; see failures."`
	Sheets     int        `json:"sheets" doc:"Documents that are ready to print."`
	BranchID   *uuid.UUID `json:"branch_id,omitempty" doc:"Left out: people of several branches."`
	CreatedBy  uuid.UUID  `json:"created_by"`
	CreatedAt  time.Time  `json:"created_at"`
	FinishedAt *time.Time `json:"finished_at,omitempty" doc:"Left out while there is work left."`
}

func runOf(r cards.Run) runBody {
	return runBody{
		ID: r.ID, Kind: string(r.Kind), State: string(r.State), Total: r.Total, Done: r.Done, Failed: r.Failed, Sheets: r.Sheets(),
		BranchID: orNone(r.BranchID), CreatedBy: r.CreatedBy, CreatedAt: r.CreatedAt, FinishedAt: instant(r.FinishedAt),
	}
}

func (s *Server) startRun(ctx context.Context, in *with[newRun]) (*created[runBody], error) {
	r, err := s.services.Cards.StartRun(ctx, in.Body.run())
	return replyNew(r, err, runOf, func(r cards.Run) string { return "/v1/card-runs/" + r.ID.String() })
}

func (s *Server) listRuns(ctx context.Context, in *Paged) (*out[page.Of[runBody]], error) {
	req, err := in.request()
	if err != nil {
		return nil, err
	}
	p, err := s.services.Cards.ListRuns(ctx, req)
	return replyPage(p, err, runOf)
}

func (s *Server) runSheet(ctx context.Context, in *struct {
	ID uuid.UUID `path:"id"`
	N  int       `path:"n" minimum:"1" maximum:"50"`
}) (*fileOutput, error) {
	b, err := s.services.Cards.RunSheet(ctx, in.ID, in.N)
	if err != nil {
		return nil, err
	}
	return &fileOutput{
		Status: http.StatusOK, ContentType: "application/pdf", Disposition: fmt.Sprintf(`attachment; filename="kartu-%d.pdf"`, in.N), Body: b,
	}, nil
}

func (s *Server) runFailures(ctx context.Context, in *byID) (*fileOutput, error) {
	all, err := s.services.Cards.RunFailures(ctx, in.ID)
	if err != nil {
		return nil, err
	}
	lines := [][]string{{"seq", "participant_id", "code"}}
	for _, f := range all {
		lines = append(lines, []string{strconv.Itoa(f.Seq), f.ParticipantID.String(), f.Code})
	}
	var b bytes.Buffer
	if err := csv.NewWriter(&b).WriteAll(lines); err != nil {
		return nil, err
	}
	return &fileOutput{Status: http.StatusOK, ContentType: "text/csv; charset=utf-8", Body: b.Bytes()}, nil
}
