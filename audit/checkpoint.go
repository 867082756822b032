package audit

import (
	"context"
	"crypto/ed25519"
	"encoding/base64"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"strconv"
	"strings"
	"time"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"

	"github.com/berlaku/berlaku/internal/actor"
	"github.com/berlaku/berlaku/internal/fault"
	"github.com/berlaku/berlaku/internal/keyfile"
)

// Files of the key that signs checkpoints, in the folder of keys.
const (
	keyName    = "audit.key" // seed, secret
	publicName = "audit.pub" // the verifier's key as text, for whoever checks
)

// Faults of checkpoints and proofs.
var (
	// ErrNoCheckpoint: there is none of this size, or none at all yet.
	ErrNoCheckpoint = fault.New(fault.NotFound, "checkpoint_not_found", "There is no such checkpoint.")
	// ErrNotCovered: the entry is younger than the checkpoint.
	ErrNotCovered = fault.New(fault.Conflict, "not_covered", "No checkpoint holds this entry yet. There is one every hour.")
	// ErrProofQuery: what is to be proved is not named.
	ErrProofQuery = fault.New(fault.Invalid, "proof_query", "Name an entry, or two sizes of checkpoints.")
	// ErrForked: the log is not the one that was signed before; nothing more is signed.
	ErrForked = errors.New("the audit log is not the one of its newest checkpoint")
	// ErrNoSigner: this program holds no key to sign with.
	ErrNoSigner = errors.New("no key to sign checkpoints with")
)

// Checkpoint is a signed head of the log: the root of the Merkle tree over its
// first Size entries, as a note of C2SP (c2sp.org/tlog-checkpoint).
type Checkpoint struct {
	Size int64
	Root []byte
	At   time.Time
	Note string
}

// Signer signs checkpoints.
type Signer struct {
	name   string
	public string // as note.NewVerifier reads it
	hash   uint32
	key    ed25519.PrivateKey
}

// OpenSigner returns the signer whose key is in dir, making one at first. Its
// name is the server's address at the first start, without the scheme.
func OpenSigner(dir, publicURL string) (*Signer, error) {
	u, err := url.Parse(publicURL)
	if err != nil || u.Host == "" {
		return nil, fmt.Errorf("name of the audit log: no host in %q", publicURL)
	}
	seed, err := keyfile.ReadOrCreate(dir, keyName, ed25519.SeedSize)
	if err != nil {
		return nil, fmt.Errorf("key of the audit log: %w", err)
	}
	s := &Signer{name: strings.NewReplacer(" ", "", "+", "").Replace(u.Host + strings.TrimRight(u.Path, "/") + "/audit"), key: ed25519.NewKeyFromSeed(seed)}
	known, err := PublicKey(dir)
	if err != nil {
		return nil, fmt.Errorf("public key of the audit log: %w", err)
	}
	if name, _, ok := strings.Cut(known, "+"); ok {
		s.name = name // a log keeps its name when the server moves
	}
	public := s.key.Public().(ed25519.PublicKey) //nolint:errcheck,forcetypeassert // it is one
	if s.public, err = note.NewEd25519VerifierKey(s.name, public); err != nil {
		return nil, fmt.Errorf("key of the audit log: %w", err)
	}
	v, err := note.NewVerifier(s.public)
	if err != nil {
		return nil, fmt.Errorf("key of the audit log: %w", err)
	}
	s.hash = v.KeyHash()
	err = keyfile.Create(dir, publicName, []byte(s.public+"\n"))
	if err != nil && !errors.Is(err, fs.ErrExist) {
		return nil, fmt.Errorf("write public key of the audit log: %w", err)
	}
	return s, nil
}

// PublicKey returns the key to check notes with that is kept in dir, empty when
// there is none.
func PublicKey(dir string) (string, error) {
	b, err := keyfile.Read(dir, publicName)
	if errors.Is(err, fs.ErrNotExist) {
		return "", nil
	}
	return strings.TrimSpace(string(b)), err
}

// Name implements note.Signer.
func (s *Signer) Name() string { return s.name }

// KeyHash implements note.Signer.
func (s *Signer) KeyHash() uint32 { return s.hash }

// Sign implements note.Signer.
func (s *Signer) Sign(msg []byte) ([]byte, error) { return ed25519.Sign(s.key, msg), nil }

// SignWith gives the log its signer; call it before the service is used.
func (s *Service) SignWith(signer *Signer) { s.signer, s.public = signer, signer.public }

// CheckWith gives a log that only verifies the key of its checkpoints.
func (s *Service) CheckWith(public string) { s.public = public }

// Public returns the key with which anybody checks the notes, as text of
// note.NewVerifier: name, key hash and key.
func (s *Service) Public() string { return s.public }

// MakeCheckpoint signs the log as it stands, unless nothing came since the newest
// checkpoint, and returns how many it made. It refuses to sign a log that is not
// the one signed before (ErrForked). For the hourly job and the end of the program.
func (s *Service) MakeCheckpoint(ctx context.Context) (int64, error) {
	if s.signer == nil {
		return 0, ErrNoSigner
	}
	head, err := s.head(ctx, 0)
	if err != nil {
		return 0, fmt.Errorf("read chain head: %w", err)
	}
	last, err := s.newest(ctx)
	if err != nil && !errors.Is(err, ErrNoCheckpoint) {
		return 0, err
	}
	if head.Seq == last.Size {
		return 0, nil
	}
	if head.Seq < last.Size {
		return 0, ErrForked
	}
	if err := s.grow(ctx, head.Seq); err != nil {
		return 0, fmt.Errorf("grow audit tree: %w", err)
	}
	if last.Size > 0 {
		root, err := tlog.TreeHash(last.Size, treeReader{ctx, s})
		if err != nil {
			return 0, err
		}
		if !sameHash(root, last.Root) {
			return 0, ErrForked
		}
	}
	root, err := tlog.TreeHash(head.Seq, treeReader{ctx, s})
	if err != nil {
		return 0, fmt.Errorf("hash audit tree: %w", err)
	}
	c := Checkpoint{Size: head.Seq, Root: root[:], At: s.clock.Now().Truncate(time.Second)}
	signed, err := note.Sign(&note.Note{Text: c.text(s.signer.name, last.Size)}, s.signer)
	if err != nil {
		return 0, fmt.Errorf("sign checkpoint: %w", err)
	}
	c.Note = string(signed)
	return s.insertCheckpoint(ctx, &c)
}

// text is what is signed: origin, size and root of the tree as tlog-checkpoint
// has them, and as extension lines the time and the size of the checkpoint before.
func (c *Checkpoint) text(origin string, before int64) string {
	return fmt.Sprintf("%s\n%d\n%s\ntime %s\nprev %d\n", origin, c.Size, base64.StdEncoding.EncodeToString(c.Root), c.At.UTC().Format(time.RFC3339), before)
}

// readNote returns what a checkpoint's note says when the key of public signed it.
func readNote(text, public string) (c Checkpoint, before int64, err error) {
	bad := errors.New("the checkpoint is not one that this key signed")
	v, err := note.NewVerifier(public)
	if err != nil {
		return c, 0, fmt.Errorf("public key: %w", err)
	}
	n, err := note.Open([]byte(text), note.VerifierList(v))
	if err != nil {
		return c, 0, errors.Join(bad, err)
	}
	lines := strings.Split(n.Text, "\n")
	if len(lines) != 6 || lines[0] != v.Name() {
		return c, 0, bad
	}
	size, e1 := strconv.ParseInt(lines[1], 10, 64)
	root, e2 := base64.StdEncoding.DecodeString(lines[2])
	at, e3 := time.Parse(time.RFC3339, strings.TrimPrefix(lines[3], "time "))
	before, e4 := strconv.ParseInt(strings.TrimPrefix(lines[4], "prev "), 10, 64)
	if err := errors.Join(e1, e2, e3, e4); err != nil || len(root) != tlog.HashSize {
		return c, 0, errors.Join(bad, err)
	}
	return Checkpoint{Size: size, Root: root, At: at, Note: text}, before, nil
}

// Checkpoints returns up to limit checkpoints below a size (0: from the newest),
// newest first, and whether there are more. They tell nothing of what happened.
func (s *Service) Checkpoints(ctx context.Context, below int64, limit int) (all []Checkpoint, more bool, err error) {
	if !actor.From(ctx).Can(actor.ReadAudit) {
		return nil, false, ErrNoCheckpoint
	}
	all, err = s.checkpoints(ctx, below, limit+1)
	if err != nil {
		return nil, false, fmt.Errorf("list checkpoints: %w", err)
	}
	if more = len(all) > limit; more {
		all = all[:limit]
	}
	return all, more, nil
}

// Checkpoint returns the one of a size, or ErrNoCheckpoint.
func (s *Service) Checkpoint(ctx context.Context, size int64) (Checkpoint, error) {
	if !actor.From(ctx).Can(actor.ReadAudit) {
		return Checkpoint{}, ErrNoCheckpoint
	}
	return s.checkpoint(ctx, size)
}
