package api

import (
	"bytes"
	"context"
	"encoding/csv"
	"encoding/hex"
	"mime/multipart"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/google/uuid"

	"github.com/berlaku/berlaku/api/access"
	"github.com/berlaku/berlaku/internal/actor"
	"github.com/berlaku/berlaku/internal/clock"
	"github.com/berlaku/berlaku/internal/fault"
	"github.com/berlaku/berlaku/internal/page"
	"github.com/berlaku/berlaku/participants"
)

func (s *Server) importRoutes() {
	rule := access.Needs(actor.ImportParticipants)
	op := say(post("/v1/imports", tagParticipants, "Import a file of snapshots"),
		"CSV or XLSX, at most 10 MiB. The same file again changes nothing. Good rows are stored, bad ones counted and told by errors.")
	op.DefaultStatus, op.MaxBodyBytes, op.BodyReadTimeout = http.StatusAccepted, uploadLimit, uploadTimeout
	route(s, op, rule, s.createImport)
	route(s, get("/v1/imports", tagParticipants, "Imports within reach, newest first"), rule, s.listImports)
	route(s, get("/v1/imports/{id}", tagParticipants, "How an import went"), rule, step(s.services.Participants.GetImport, importOf))
	op = get("/v1/imports/{id}/errors", tagParticipants, "Row errors of an import as CSV")
	op.Responses = file("text/csv")
	route(s, op, rule, s.importErrors)
}

type importForm struct {
	File     huma.FormFile `form:"file" required:"true" doc:"CSV or XLSX."`
	BranchID uuid.UUID     `form:"branch_id" required:"true"`
	AsOf     string        `form:"as_of" required:"false" format:"date" doc:"Day of the snapshot for rows without their own; none: today."`
	DryRun   bool          `form:"dry_run" required:"false" doc:"Check everything, store nothing but the run and its errors."`
	Format   string        `form:"format" required:"false" enum:"csv,xlsx" doc:"None: by the name of the file."`
}

type importBody struct {
	ID         uuid.UUID  `json:"id"`
	BranchID   uuid.UUID  `json:"branch_id"`
	Format     string     `json:"format" enum:"csv,xlsx"`
	FileHash   string     `json:"file_hash" doc:"SHA-256 in hexadecimal."`
	DryRun     bool       `json:"dry_run"`
	State      string     `json:"state" enum:"uploaded,mapped,checked,running,done,failed,cancelled,undoing,undone"`
	Failure    string     `json:"failure,omitempty"`
	RowsRead   int64      `json:"rows_read"`
	Created    int64      `json:"created"`
	Updated    int64      `json:"updated"`
	Unchanged  int64      `json:"unchanged"`
	Ended      int64      `json:"ended" doc:"Of created and updated: those whose membership is inactive now and was not before."`
	Rejected   int64      `json:"rejected"`
	CreatedBy  uuid.UUID  `json:"created_by"`
	CreatedAt  time.Time  `json:"created_at"`
	FinishedAt *time.Time `json:"finished_at,omitempty"`
}

func importOf(r participants.ImportRun) importBody {
	return importBody{
		ID: r.ID, BranchID: r.BranchID, Format: string(r.Format), FileHash: hex.EncodeToString(r.FileHash), DryRun: r.DryRun,
		State: string(r.State), Failure: r.Failure, RowsRead: r.RowsRead, Created: r.Created, Updated: r.Updated,
		Unchanged: r.Unchanged, Ended: r.Ended, Rejected: r.Rejected, CreatedBy: r.CreatedBy, CreatedAt: r.CreatedAt, FinishedAt: r.FinishedAt,
	}
}

func (s *Server) createImport(ctx context.Context, in *struct {
	RawBody huma.MultipartFormFiles[importForm]
}) (*created[importBody], error) {
	if err := knownFields(in.RawBody.Form); err != nil {
		return nil, err
	}
	f := in.RawBody.Data()
	format := participants.Format(f.Format)
	if format == "" {
		format = participants.CSV
		if strings.HasSuffix(strings.ToLower(f.File.Filename), ".xlsx") {
			format = participants.XLSX
		}
	}
	run, err := s.services.Participants.Import(ctx, participants.ImportRequest{
		BranchID: f.BranchID, Format: format, File: f.File, Size: f.File.Size, MaxBytes: uploadLimit, AsOf: clock.Day(f.AsOf), DryRun: f.DryRun,
	})
	return replyNew(run, err, importOf, func(r participants.ImportRun) string { return "/v1/imports/" + r.ID.String() })
}

// knownFields returns errValidation when a form has a field that importForm has
// not, or one twice.
func knownFields(form *multipart.Form) error {
	var wrong []fault.Field
	check := func(n int, known bool) {
		switch {
		case !known:
			wrong = append(wrong, fault.Field{Code: "unexpected_member"})
		case n > 1:
			wrong = append(wrong, fault.Field{Code: "duplicate"})
		}
	}
	for name, values := range form.Value {
		check(len(values), slices.Contains([]string{"branch_id", "as_of", "dry_run", "format"}, name))
	}
	for name, files := range form.File {
		check(len(files), name == "file")
	}
	if len(wrong) > 0 {
		return errValidation.With(wrong[0])
	}
	return nil
}

func (s *Server) listImports(ctx context.Context, in *Paged) (*out[page.Of[importBody]], error) {
	req, err := in.request()
	if err != nil {
		return nil, err
	}
	p, err := s.services.Participants.ListImports(ctx, req)
	return replyPage(p, err, importOf)
}

func (s *Server) importErrors(ctx context.Context, in *byID) (*fileOutput, error) {
	rows, err := s.services.Participants.ImportErrors(ctx, in.ID)
	if err != nil {
		return nil, err
	}
	lines := [][]string{{"line", "field", "code"}}
	for _, r := range rows {
		lines = append(lines, []string{strconv.FormatInt(r.Line, 10), r.Field, r.Code})
	}
	var b bytes.Buffer
	if err := csv.NewWriter(&b).WriteAll(lines); err != nil {
		return nil, err
	}
	return &fileOutput{Status: http.StatusOK, ContentType: "text/csv; charset=utf-8", Body: b.Bytes()}, nil
}
