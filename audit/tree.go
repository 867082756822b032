package audit

import (
	"bytes"
	"context"
	"fmt"

	"golang.org/x/mod/sumdb/tlog"
)

// The Merkle tree of RFC 6962: leaf n (from 0) is the hash of the entry with
// number n+1. Subtrees of 256 leaves and more are kept, those below are made of
// the entries when they are needed.
const (
	keptLevel = 8
	keptWidth = 1 << keptLevel
)

// leaf is the leaf of an entry's hash.
func leaf(hash []byte) tlog.Hash { return tlog.RecordHash(hash) }

// treeReader gives package tlog the hashes that it asks for.
type treeReader struct {
	ctx context.Context //nolint:containedctx // it lives within one call
	s   *Service
}

// ReadHashes implements tlog.HashReader.
func (r treeReader) ReadHashes(indexes []int64) ([]tlog.Hash, error) {
	out := make([]tlog.Hash, len(indexes))
	for i, index := range indexes {
		h, err := r.s.subtree(r.ctx, index)
		if err != nil {
			return nil, err
		}
		out[i] = h
	}
	return out, nil
}

// subtree returns the hash of a full subtree by the index that tlog gives it.
func (s *Service) subtree(ctx context.Context, index int64) (tlog.Hash, error) {
	level, n := tlog.SplitStoredHashIndex(index)
	if level >= keptLevel {
		if h, ok, err := s.node(ctx, level, n); err != nil || ok {
			return h, err
		}
	}
	if level > keptLevel {
		left, err := s.subtree(ctx, tlog.StoredHashIndex(level-1, 2*n))
		if err != nil {
			return left, err
		}
		right, err := s.subtree(ctx, tlog.StoredHashIndex(level-1, 2*n+1))
		return tlog.NodeHash(left, right), err
	}
	return s.leaves(ctx, n<<level, 1<<level)
}

// leaves returns the hash of the full subtree over width entries behind the
// first so many.
func (s *Service) leaves(ctx context.Context, behind int64, width int) (tlog.Hash, error) {
	hashes, err := s.hashes(ctx, behind+1, width)
	if err != nil {
		return tlog.Hash{}, err
	}
	if len(hashes) != width {
		return tlog.Hash{}, &Breach{Seq: behind + int64(len(hashes)) + 1, Fault: BreachMissing}
	}
	row := make([]tlog.Hash, width)
	for i, h := range hashes {
		row[i] = leaf(h)
	}
	for ; len(row) > 1; row = row[:len(row)/2] {
		for i := range len(row) / 2 {
			row[i] = tlog.NodeHash(row[2*i], row[2*i+1])
		}
	}
	return row[0], nil
}

// grow keeps the subtrees that the first size entries complete.
func (s *Service) grow(ctx context.Context, size int64) error {
	have, err := s.nodes(ctx)
	if err != nil {
		return fmt.Errorf("count nodes of audit tree: %w", err)
	}
	for n := have; n < size>>keptLevel; n++ {
		h, err := s.leaves(ctx, n<<keptLevel, keptWidth)
		if err != nil {
			return fmt.Errorf("hash audit log: %w", err)
		}
		if err := s.keepNode(ctx, keptLevel, n, h); err != nil {
			return err
		}
		for level, k := keptLevel, n; k&1 == 1; level, k = level+1, k>>1 {
			left, err := s.subtree(ctx, tlog.StoredHashIndex(level, k-1))
			if err != nil {
				return err
			}
			h = tlog.NodeHash(left, h)
			if err := s.keepNode(ctx, level+1, k>>1, h); err != nil {
				return err
			}
		}
	}
	return nil
}

// frontier is the tree of the leaves that were added so far, without reading
// anything again: full subtrees from left to right, each narrower than the one
// before it.
type frontier struct {
	size  int64
	stack []peak
	// made is called for each full subtree that is complete; may be nil.
	made func(level int, n int64, h tlog.Hash) error
}

type peak struct {
	level int
	hash  tlog.Hash
}

func (f *frontier) add(h tlog.Hash) error {
	level := 0
	for len(f.stack) > 0 && f.stack[len(f.stack)-1].level == level {
		h = tlog.NodeHash(f.stack[len(f.stack)-1].hash, h)
		f.stack, level = f.stack[:len(f.stack)-1], level+1
		if f.made != nil {
			if err := f.made(level, f.size>>level, h); err != nil {
				return err
			}
		}
	}
	f.stack, f.size = append(f.stack, peak{level, h}), f.size+1
	return nil
}

func (f *frontier) root() tlog.Hash {
	if len(f.stack) == 0 {
		return tlog.Hash{}
	}
	h := f.stack[len(f.stack)-1].hash
	for i := len(f.stack) - 2; i >= 0; i-- {
		h = tlog.NodeHash(f.stack[i].hash, h)
	}
	return h
}

func sameHash(a tlog.Hash, b []byte) bool { return bytes.Equal(a[:], b) }
