package audit

import (
	"context"
	"errors"
	"fmt"

	"github.com/google/uuid"
	"golang.org/x/mod/sumdb/tlog"
)

// Check compares what another domain stores with the entries about it: see gets
// each good entry, end is called behind the last one.
type Check func(ctx context.Context) (see func(*Entry) error, end func() error)

// AlsoCheck adds a check to CheckAll. Call it before the service is used.
func (s *Service) AlsoCheck(c Check) { s.checks = append(s.checks, c) }

// Broken is implemented by errors that name the first thing that is not as it
// was written.
type Broken interface {
	error
	// Broken returns what it is, its number where it has one, its id where it
	// has one, and in which way it is broken.
	Broken() (kind string, seq int64, id uuid.UUID, fault string)
}

// Broken implements Broken.
func (b *Breach) Broken() (kind string, seq int64, id uuid.UUID, fault string) {
	return "audit_entry", b.Seq, b.ID, b.Fault
}

// CheckpointBreach names a checkpoint that the log does not bear out.
type CheckpointBreach struct {
	Size  int64  // entries it speaks of
	Since int64  // of the last one before that is good: what is wrong lies behind it
	Fault string // root, signature, altered, missing, node
}

// Error implements error.
func (b *CheckpointBreach) Error() string {
	return fmt.Sprintf("checkpoint of %d entries: %s (the log is good up to entry %d)", b.Size, b.Fault, b.Since)
}

// Broken implements Broken.
func (b *CheckpointBreach) Broken() (kind string, seq int64, id uuid.UUID, fault string) {
	return "checkpoint", b.Size, uuid.Nil, b.Fault
}

// The ways in which a checkpoint is broken.
const (
	FaultRoot      = "root"      // entries before it were replaced after it was signed
	FaultSignature = "signature" // its note was not signed by the log's key
	FaultAltered   = "altered"   // the row says something else than its note
	FaultMissing   = "missing"   // the one that the next one names is not there
	FaultNode      = "node"      // a kept subtree is not that of the entries
)

// CheckAll walks the whole log: the chain, the checkpoints and the records that
// other domains compare with it. progress is called now and then with how many
// entries are done; it may be nil. It returns a Broken for the first thing that
// is not as it was written. ctx should be that of a snapshot.
func (s *Service) CheckAll(ctx context.Context, progress func(done int64) error) (Result, error) {
	tree, err := s.treeCheck(ctx)
	if err != nil {
		return Result{}, err
	}
	sees, ends := []func(*Entry) error{tree.see}, []func() error{tree.end}
	for _, c := range s.checks {
		see, end := c(ctx)
		sees, ends = append(sees, see), append(ends, end)
	}
	r, err := s.Verify(ctx, func(e *Entry) error {
		for _, see := range sees {
			if err := see(e); err != nil {
				return err
			}
		}
		if progress != nil && e.Seq%verifyBatch == 0 {
			return progress(e.Seq)
		}
		return nil
	})
	if err != nil {
		return r, err
	}
	for _, end := range ends {
		if err := end(); err != nil {
			return r, err
		}
	}
	return r, nil
}

// treeCheck builds the Merkle tree anew and compares it with every checkpoint
// and every kept subtree.
type treeCheck struct {
	s     *Service
	ctx   context.Context //nolint:containedctx // the check is one walk within one call
	tree  frontier
	nodes map[[2]int64][]byte
	next  []Checkpoint
	good  int64 // size of the last good checkpoint
	read  int64 // size of the last one that was read
}

const checkpointBatch = 500

func (s *Service) treeCheck(ctx context.Context) (*treeCheck, error) {
	rows, err := s.allNodes(ctx)
	if err != nil {
		return nil, fmt.Errorf("read audit tree: %w", err)
	}
	c := &treeCheck{s: s, ctx: ctx, nodes: make(map[[2]int64][]byte, len(rows))}
	for _, r := range rows {
		c.nodes[[2]int64{int64(r.Level), r.N}] = r.Hash
	}
	c.tree.made = c.made
	return c, c.more()
}

func (c *treeCheck) more() (err error) {
	if c.next, err = c.s.after(c.ctx, c.read, checkpointBatch); err != nil {
		return fmt.Errorf("read checkpoints: %w", err)
	}
	if n := len(c.next); n > 0 {
		c.read = c.next[n-1].Size
	}
	return nil
}

func (c *treeCheck) made(level int, n int64, h tlog.Hash) error {
	if kept, ok := c.nodes[[2]int64{int64(level), n}]; ok && !sameHash(h, kept) {
		return &CheckpointBreach{Size: (n + 1) << level, Since: c.good, Fault: FaultNode}
	}
	return nil
}

func (c *treeCheck) see(e *Entry) error {
	if err := c.tree.add(leaf(e.Hash)); err != nil {
		return err
	}
	if len(c.next) == 0 || c.next[0].Size != e.Seq {
		return nil
	}
	if err := c.compare(&c.next[0]); err != nil {
		return err
	}
	c.good = e.Seq
	if c.next = c.next[1:]; len(c.next) == 0 {
		return c.more()
	}
	return nil
}

func (c *treeCheck) compare(p *Checkpoint) error {
	breach := func(fault string) error { return &CheckpointBreach{Size: p.Size, Since: c.good, Fault: fault} }
	if c.s.public != "" {
		signed, before, err := readNote(p.Note, c.s.public)
		switch {
		case err != nil:
			return breach(FaultSignature)
		case signed.Size != p.Size, string(signed.Root) != string(p.Root), !signed.At.Equal(p.At):
			return breach(FaultAltered)
		case before != c.good:
			return &CheckpointBreach{Size: before, Since: c.good, Fault: FaultMissing}
		}
	}
	if !sameHash(c.tree.root(), p.Root) {
		return breach(FaultRoot)
	}
	return nil
}

// end finds checkpoints of more entries than there are.
func (c *treeCheck) end() error {
	if len(c.next) == 0 {
		return nil
	}
	return &Breach{Seq: c.tree.size + 1, Fault: BreachMissing}
}

// broken returns what an error of CheckAll names, false when it is none.
func broken(err error) (Broken, bool) { return errors.AsType[Broken](err) }
