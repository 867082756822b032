package api

import (
	"context"
	"encoding/hex"
	"encoding/json"
	"time"

	"github.com/google/uuid"

	"github.com/berlaku/berlaku/api/access"
	"github.com/berlaku/berlaku/audit"
	"github.com/berlaku/berlaku/internal/actor"
	"github.com/berlaku/berlaku/internal/page"
)

func (s *Server) auditRoutes() {
	route(s, say(get("/v1/audit/entries", tagAudit, "Entries of the log, newest first"),
		"Each holds the hash of the one before it. National roles see all; others what they did themselves."),
		access.Needs(actor.ReadAudit), s.listEntries)
}

type entryBody struct {
	ID          uuid.UUID      `json:"id"`
	Seq         int64          `json:"seq"`
	At          time.Time      `json:"at"`
	ActorKind   string         `json:"actor_kind"`
	ActorID     *uuid.UUID     `json:"actor_id,omitempty"`
	Action      string         `json:"action"`
	SubjectKind string         `json:"subject_kind"`
	SubjectID   uuid.UUID      `json:"subject_id"`
	Details     map[string]any `json:"details" doc:"Codes, ids, numbers; nothing personal."`
	RequestID   string         `json:"request_id,omitempty"`
	Digest      string         `json:"digest,omitempty" doc:"SHA-256 of the stored record in hexadecimal."`
	PrevHash    string         `json:"prev_hash"`
	Hash        string         `json:"hash"`
}

func entryOf(e audit.Entry) entryBody {
	b := entryBody{
		ID: e.ID, Seq: e.Seq, At: e.At, ActorKind: string(e.ActorKind), ActorID: orNone(e.ActorID), Action: e.Action,
		SubjectKind: e.Subject.Kind, SubjectID: e.Subject.ID, Details: map[string]any{}, RequestID: e.RequestID,
		Digest: hex.EncodeToString(e.Digest), PrevHash: hex.EncodeToString(e.PrevHash), Hash: hex.EncodeToString(e.Hash),
	}
	if err := json.Unmarshal([]byte(e.Details), &b.Details); err != nil {
		b.Details = map[string]any{} // a row that was tampered with; audit verify names it
	}
	return b
}

type entryQuery struct {
	Paged
	SubjectKind string    `query:"subject_kind" maxLength:"40"`
	SubjectID   uuid.UUID `query:"subject_id"`
}

func (s *Server) listEntries(ctx context.Context, in *entryQuery) (*out[page.Of[entryBody]], error) {
	req, err := in.request()
	if err != nil {
		return nil, err
	}
	p, err := s.services.Audit.List(ctx, audit.Filter{SubjectKind: in.SubjectKind, SubjectID: in.SubjectID}, req)
	return replyPage(p, err, entryOf)
}
