package participants

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"sync"

	"github.com/google/uuid"
)

// Ledger is the file in which erasures are kept beside the database: an older
// copy of the database knows nothing of them, the file does. One line of JSON an
// erasure, ids and the time only; it grows and is never rewritten.
type Ledger struct {
	path string
	mu   sync.Mutex
}

// LedgerFile is the name of the ledger in the data folder.
const LedgerFile = "erasures.jsonl"

// ErrLedger says that a line of the ledger cannot be read. It is not passed over:
// somebody who asked to be erased would come back.
var ErrLedger = errors.New("a line of " + LedgerFile + " cannot be read; repair it or put back a copy of it")

// NewLedger returns the ledger in a folder; the file appears with the first line.
func NewLedger(dir string) *Ledger { return &Ledger{path: filepath.Join(dir, LedgerFile)} }

// read returns the lines of the ledger, none where there is no file. An end
// without a line feed is a line that was not finished: its erasure is in the
// database.
func (l *Ledger) read() ([]Erasure, error) {
	if l == nil {
		return nil, nil
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	b, err := os.ReadFile(l.path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, nil
	case err != nil:
		return nil, fmt.Errorf("read ledger of erasures: %w", err)
	}
	var out []Erasure
	for line := range bytes.Lines(b) {
		if !bytes.HasSuffix(line, []byte("\n")) {
			break
		}
		var e Erasure
		if err := json.Unmarshal(line, &e); err != nil || e.ParticipantID == uuid.Nil {
			return nil, ErrLedger
		}
		out = append(out, e)
	}
	return out, nil
}

// append writes lines and returns when they are on the disk. It takes off the
// half of a line that an earlier end of the program left.
func (l *Ledger) append(all ...Erasure) (err error) {
	if l == nil || len(all) == 0 {
		return nil
	}
	var lines []byte
	for _, e := range all {
		line, err := json.Marshal(e)
		if err != nil {
			return fmt.Errorf("write ledger of erasures: %w", err)
		}
		lines = append(append(lines, line...), '\n')
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if err := l.write(lines); err != nil {
		return fmt.Errorf("write ledger of erasures: %w", err)
	}
	return nil
}

func (l *Ledger) write(lines []byte) (err error) {
	f, err := os.OpenFile(l.path, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	b, err := os.ReadFile(l.path)
	if err != nil {
		return err
	}
	whole := int64(bytes.LastIndexByte(b, '\n') + 1)
	if err := f.Truncate(whole); err != nil {
		return err
	}
	if _, err := f.WriteAt(lines, whole); err != nil {
		return err
	}
	if err := f.Sync(); err != nil {
		return err
	}
	if whole > 0 {
		return nil
	}
	dir, err := os.Open(filepath.Dir(l.path))
	if err != nil {
		return err
	}
	return errors.Join(dir.Sync(), dir.Close())
}
