package cards

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

// ErrOption says that an option or a file of a verification run is unusable.
var ErrOption = errors.New("option cannot be used")

const maxJWKS = 4 << 20 // bytes

// VerifyOptions are those of `berlaku card verify`.
type VerifyOptions struct {
	JWKS      string    // file with the issuer's keys
	Origin    string    // https://host[:port], lower case
	At        time.Time // the clock of the run
	StatusDir string    // folder with <shard>.jwt; empty: statuses are not judged
	Printed   string    // allow or refuse; empty: allow
	Window    time.Duration
}

// verdict is one line of the answer; refused cards have a code only.
type verdict struct {
	Code  Code   `json:"code"`
	Form  Form   `json:"form,omitempty"`
	KID   string `json:"kid,omitempty"`
	Idx   *int64 `json:"idx,omitempty"`
	Exp   int64  `json:"exp,omitempty"`
	Name  string `json:"name,omitempty"`
	SDJWT string `json:"sd_jwt,omitempty"`
}

// VerifyLines judges the card texts in r, one a line, and writes one JSON
// object a line to w, in the same order. A line ends in LF and nothing else;
// what is not a card is judged too, however long or strange. Options and files
// are read before anything is written: an error that is ErrOption or ErrJWKS
// means that nothing was. Other errors come from r or w.
func VerifyLines(r io.Reader, w io.Writer, opts VerifyOptions) error {
	v, err := opts.verifier()
	if err != nil {
		return err
	}
	in, out := bufio.NewReaderSize(r, 64<<10), bufio.NewWriterSize(w, 64<<10)
	enc := json.NewEncoder(out)
	enc.SetEscapeHTML(false)
	text := make([]byte, 0, MaxLen+1)
	for {
		var more bool
		if text, more, err = nextLine(in, text[:0]); err != nil {
			return errors.Join(fmt.Errorf("read cards: %w", err), out.Flush())
		}
		if !more {
			return flush(out)
		}
		e, code := v.Verify(string(text), opts.At)
		line := verdict{Code: code}
		if code == OK {
			line = verdict{Code: code, Form: e.Form(), KID: e.KID, Idx: &e.Idx, Exp: e.Expires(), Name: e.Holder(), SDJWT: e.SDJWT}
		}
		if err := enc.Encode(line); err != nil {
			return fmt.Errorf("write verdicts: %w", err)
		}
		if in.Buffered() == 0 { // whoever waits for the answer gets it
			if err := flush(out); err != nil {
				return err
			}
		}
	}
}

func flush(out *bufio.Writer) error {
	if err := out.Flush(); err != nil {
		return fmt.Errorf("write verdicts: %w", err)
	}
	return nil
}

// nextLine reads a line without its LF into text, which never grows beyond
// what tells that it is too long. more is false at the end of the input.
func nextLine(in *bufio.Reader, text []byte) (line []byte, more bool, err error) {
	read := false
	for {
		part, err := in.ReadSlice('\n')
		read = read || len(part) > 0
		ended := err == nil
		if ended {
			part = part[:len(part)-1]
		}
		text = append(text, part[:min(len(part), MaxLen+1-len(text))]...)
		switch {
		case ended:
			return text, true, nil
		case errors.Is(err, io.EOF):
			return text, read, nil
		case !errors.Is(err, bufio.ErrBufferFull):
			return text, false, err
		}
	}
}

// verifier reads the files that the options name.
func (o VerifyOptions) verifier() (*Verifier, error) {
	origin, err := ParseOrigin(o.Origin)
	if err != nil {
		return nil, fmt.Errorf("%w: origin: %w", ErrOption, err)
	}
	if o.Printed != "" && o.Printed != "allow" && o.Printed != "refuse" {
		return nil, fmt.Errorf("%w: printed must be allow or refuse", ErrOption)
	}
	b, err := readAtMost(o.JWKS, maxJWKS)
	if err != nil {
		return nil, fmt.Errorf("%w: jwks: %w", ErrOption, err)
	}
	keys, err := ParseJWKS(b)
	if err != nil {
		return nil, err
	}
	seen := map[[2]int64]bool{}
	v := &Verifier{
		Origin: origin, Keys: keys, Window: o.Window, AllowPrinted: o.Printed != "refuse",
		Seen: func(idx, t int64) bool {
			before := seen[[2]int64{idx, t}]
			seen[[2]int64{idx, t}] = true
			return before
		},
	}
	if o.StatusDir != "" {
		if info, err := os.Stat(o.StatusDir); err != nil || !info.IsDir() {
			return nil, fmt.Errorf("%w: status is no folder", ErrOption)
		}
		v.Status = statusFolder(o.StatusDir, origin, keys, o.At)
	}
	return v, nil
}

// statusFolder answers from DIR/<shard>.jwt, reading each file once.
func statusFolder(dir string, o Origin, keys map[string]Key, at time.Time) func(int64) (int, bool) {
	lists := map[int64]StatusList{}
	return func(idx int64) (int, bool) {
		shard := idx / ShardSize
		list, ok := lists[shard]
		if !ok {
			b, err := readAtMost(filepath.Join(dir, strconv.FormatInt(shard, 10)+".jwt"), statusMaxToken+1)
			if err == nil {
				list, err = o.VerifyStatus(strings.TrimSuffix(string(b), "\n"), shard, keys, at)
			}
			if err != nil {
				list = StatusList{}
			}
			lists[shard] = list
		}
		if list.bits == nil {
			return 0, false
		}
		return list.Status(idx % ShardSize), true
	}
}

// readAtMost reads a regular file of at most limit bytes.
func readAtMost(path string, limit int64) ([]byte, error) {
	f, err := os.Open(path) //nolint:gosec // the caller's own option
	if err != nil {
		return nil, err
	}
	defer f.Close() //nolint:errcheck // only read
	b, err := io.ReadAll(io.LimitReader(f, limit+1))
	if err == nil && int64(len(b)) > limit {
		err = fs.ErrInvalid
	}
	return b, err
}
