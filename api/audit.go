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
	route(s, say(get("/v1/audit/checkpoints", tagAudit, "Signed heads of the log, newest first"),
		"Each is a note of C2SP (tlog-checkpoint) over the Merkle tree of RFC 6962, made every hour. Whoever keeps one outside can prove later that nothing before it was changed."),
		access.Needs(actor.ReadAudit), s.listCheckpoints)
	route(s, say(get("/v1/audit/proof", tagAudit, "A proof that can be checked without this server"),
		"entry_id: that the entry stands in the log of a checkpoint (size, or the newest). from: that the log of that checkpoint is the beginning of that of another (to, or the newest). "+
			"Check it with: berlaku audit prove-check FILE --key KEY."),
		access.Needs(actor.ReadAudit), s.proveEntry)
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

type checkpointBody struct {
	Size int64     `json:"size" doc:"Entries that it covers."`
	Root string    `json:"root" doc:"Of the Merkle tree, in hexadecimal."`
	At   time.Time `json:"at"`
	Note string    `json:"note" doc:"The signed note itself."`
}

type checkpointList struct {
	PublicKey string           `json:"public_key" doc:"As the tools for signed notes read it: name, key hash and Ed25519 key."`
	Items     []checkpointBody `json:"items" nullable:"false"`
	Next      int64            `json:"next" doc:"Pass as below to read on; 0 on the last page."`
}

type checkpointQuery struct {
	Below int64 `query:"below" minimum:"0" doc:"Only those of fewer entries."`
	Limit int   `query:"limit" minimum:"1" maximum:"200" default:"50"`
}

func (s *Server) listCheckpoints(ctx context.Context, in *checkpointQuery) (*out[checkpointList], error) {
	all, more, err := s.services.Audit.Checkpoints(ctx, in.Below, in.Limit)
	list := checkpointList{PublicKey: s.services.Audit.Public(), Items: []checkpointBody{}}
	for _, c := range all {
		list.Items = append(list.Items, checkpointBody{c.Size, hex.EncodeToString(c.Root), c.At, c.Note})
	}
	if more {
		list.Next = all[len(all)-1].Size
	}
	return reply(list, err, func(l checkpointList) checkpointList { return l })
}

type proofQuery struct {
	EntryID uuid.UUID `query:"entry_id"`
	Size    int64     `query:"size" minimum:"0" doc:"Of the checkpoint; left out: the newest."`
	From    int64     `query:"from" minimum:"0" doc:"Size of the earlier checkpoint, of a proof of consistency."`
	To      int64     `query:"to" minimum:"0" doc:"Size of the later one; left out: the newest."`
}

func (s *Server) proveEntry(ctx context.Context, in *proofQuery) (*out[audit.Proof], error) {
	p, err := s.proof(ctx, in)
	return reply(p, err, func(p audit.Proof) audit.Proof { return p })
}

func (s *Server) proof(ctx context.Context, in *proofQuery) (audit.Proof, error) {
	switch {
	case in.EntryID != uuid.Nil && in.From == 0 && in.To == 0:
		return s.services.Audit.Prove(ctx, in.EntryID, in.Size)
	case in.EntryID == uuid.Nil && in.From > 0 && in.Size == 0:
		return s.services.Audit.ProveConsistency(ctx, in.From, in.To)
	}
	return audit.Proof{}, audit.ErrProofQuery
}
