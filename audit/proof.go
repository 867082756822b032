package audit

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/google/uuid"
	"golang.org/x/mod/sumdb/tlog"

	"github.com/berlaku/berlaku/internal/actor"
)

// The kinds of proof.
const (
	Inclusion   = "berlaku-audit-inclusion-v1"
	Consistency = "berlaku-audit-consistency-v1"
)

// Proof shows without our server that an entry stands in the log of a
// checkpoint, or that the log of one checkpoint is the beginning of that of a
// later one. It is handed out as JSON.
type Proof struct {
	Kind       string   `json:"kind"`
	Seq        int64    `json:"seq,omitempty"`         // of the entry, from 1
	Entry      []byte   `json:"entry,omitempty"`       // its canonical bytes; their SHA-256 is its hash
	Older      string   `json:"older,omitempty"`       // the earlier checkpoint
	Checkpoint string   `json:"checkpoint"`            // the note
	Path       [][]byte `json:"path" nullable:"false"` // of RFC 6962, section 2.1
}

// Finding is what a proof shows.
type Finding struct {
	Kind   string
	Origin string
	Size   int64     // of the checkpoint
	At     time.Time // of the checkpoint
	Older  int64     // size of the earlier one, of a proof of consistency
	Entry  *Entry    // of a proof of inclusion
}

// Prove returns the proof that an entry within reach stands in the log of the
// checkpoint of a size (0: the newest). It returns ErrNotFound, ErrNoCheckpoint
// or ErrNotCovered.
func (s *Service) Prove(ctx context.Context, id uuid.UUID, size int64) (Proof, error) {
	e, err := s.Get(ctx, id)
	if err != nil {
		return Proof{}, err
	}
	c, err := s.checkpointOr(ctx, size)
	if errors.Is(err, ErrNoCheckpoint) && size == 0 {
		return Proof{}, ErrNotCovered
	}
	if err != nil {
		return Proof{}, err
	}
	if e.Seq > c.Size {
		return Proof{}, ErrNotCovered
	}
	path, err := tlog.ProveRecord(c.Size, e.Seq-1, treeReader{ctx, s})
	if err != nil {
		return Proof{}, fmt.Errorf("prove entry: %w", err)
	}
	return Proof{Kind: Inclusion, Seq: e.Seq, Entry: e.Canonical(), Checkpoint: c.Note, Path: hashList(path)}, nil
}

// ProveConsistency returns the proof that the log of one checkpoint is the
// beginning of that of another, later one (0: the newest).
func (s *Service) ProveConsistency(ctx context.Context, from, to int64) (Proof, error) {
	if !actor.From(ctx).Can(actor.ReadAudit) {
		return Proof{}, ErrNoCheckpoint
	}
	older, err := s.checkpoint(ctx, from)
	if err != nil {
		return Proof{}, err
	}
	newer, err := s.checkpointOr(ctx, to)
	if err != nil {
		return Proof{}, err
	}
	if older.Size > newer.Size {
		older, newer = newer, older
	}
	path, err := tlog.ProveTree(newer.Size, older.Size, treeReader{ctx, s})
	if err != nil {
		return Proof{}, fmt.Errorf("prove consistency: %w", err)
	}
	return Proof{Kind: Consistency, Older: older.Note, Checkpoint: newer.Note, Path: hashList(path)}, nil
}

func (s *Service) checkpointOr(ctx context.Context, size int64) (Checkpoint, error) {
	if size == 0 {
		return s.newest(ctx)
	}
	return s.checkpoint(ctx, size)
}

func hashList(all []tlog.Hash) [][]byte {
	out := make([][]byte, len(all))
	for i := range all {
		out[i] = all[i][:]
	}
	return out
}

// ErrProof says that a proof does not show what it is about; it wraps why.
var ErrProof = errors.New("the proof does not hold")

const maxProof = 1 << 20

// CheckProof checks a proof, as JSON, with the public key of the log and nothing
// else: no server, no database. It returns ErrProof.
func CheckProof(b []byte, public string) (Finding, error) {
	var p Proof
	d := json.NewDecoder(bytes.NewReader(b))
	d.DisallowUnknownFields()
	if err := d.Decode(&p); err != nil || len(b) > maxProof {
		return Finding{}, errors.Join(ErrProof, err)
	}
	f, err := p.check(public)
	if err != nil {
		return Finding{}, errors.Join(ErrProof, err)
	}
	return f, nil
}

func (p *Proof) check(public string) (Finding, error) {
	c, _, err := readNote(p.Checkpoint, public)
	if err != nil {
		return Finding{}, err
	}
	f := Finding{Kind: p.Kind, Size: c.Size, At: c.At}
	f.Origin, _, _ = cut(p.Checkpoint)
	path := make([]tlog.Hash, len(p.Path))
	for i, h := range p.Path {
		if len(h) != tlog.HashSize {
			return f, errors.New("a hash of the path has the wrong length")
		}
		path[i] = tlog.Hash(h)
	}
	switch p.Kind {
	case Inclusion:
		if f.Entry, err = readCanonical(p.Entry); err != nil {
			return f, err
		}
		if f.Entry.Seq != p.Seq {
			return f, errors.New("the entry has another number")
		}
		return f, tlog.CheckRecord(path, c.Size, tlog.Hash(c.Root), p.Seq-1, leaf(f.Entry.Hash))
	case Consistency:
		older, _, err := readNote(p.Older, public)
		if err != nil {
			return f, err
		}
		f.Older = older.Size
		return f, tlog.CheckTree(path, c.Size, tlog.Hash(c.Root), older.Size, tlog.Hash(older.Root))
	}
	return f, errors.New("unknown kind of proof")
}

func cut(note string) (origin, rest string, ok bool) {
	before, after, ok := bytes.Cut([]byte(note), []byte("\n"))
	return string(before), string(after), ok
}

// Canonical returns the bytes whose SHA-256 is the entry's hash: its fields in
// order, each with its length as eight bytes, big-endian, before it: hash of the
// entry before, id, chain, number, time in microseconds since 1970, kind and id
// of the actor, action, kind and id of the subject, digest, details, request id.
func (e *Entry) Canonical() []byte {
	var b []byte
	put := func(field []byte) {
		b = binary.BigEndian.AppendUint64(b, uint64(len(field)))
		b = append(b, field...)
	}
	num := func(n int64) { put(binary.BigEndian.AppendUint64(nil, uint64(n))) } //nolint:gosec // bit pattern, not a value
	put(e.PrevHash)
	put(e.ID[:])
	num(int64(e.Chain))
	num(e.Seq)
	num(e.At.UnixMicro())
	put([]byte(e.ActorKind))
	put(e.ActorID[:])
	put([]byte(e.Action))
	put([]byte(e.Subject.Kind))
	put(e.Subject.ID[:])
	put(e.Digest)
	put([]byte(e.Details))
	put([]byte(e.RequestID))
	return b
}

// readCanonical reads what Canonical wrote.
func readCanonical(b []byte) (*Entry, error) {
	bad := errors.New("the entry cannot be read")
	var fields [13][]byte
	rest := b
	for i := range fields {
		if len(rest) < 8 {
			return nil, bad
		}
		n := binary.BigEndian.Uint64(rest)
		if rest = rest[8:]; n > uint64(len(rest)) {
			return nil, bad
		}
		fields[i], rest = rest[:n], rest[n:]
	}
	for i, want := range map[int]int{1: 16, 2: 8, 3: 8, 4: 8, 6: 16, 9: 16} {
		if len(fields[i]) != want {
			return nil, bad
		}
	}
	if len(rest) != 0 {
		return nil, bad
	}
	num := func(i int) int64 { return int64(binary.BigEndian.Uint64(fields[i])) } //nolint:gosec // bit pattern, not a value
	sum := sha256.Sum256(b)
	return &Entry{
		PrevHash: fields[0], ID: uuid.UUID(fields[1]), Chain: int(num(2)), Seq: num(3), At: time.UnixMicro(num(4)).UTC(),
		ActorKind: actor.Kind(fields[5]), ActorID: uuid.UUID(fields[6]), Action: string(fields[7]),
		Subject: Subject{Kind: string(fields[8]), ID: uuid.UUID(fields[9])}, Digest: fields[10], Details: string(fields[11]),
		RequestID: string(fields[12]), Hash: sum[:],
	}, nil
}
