package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"strings"
	"time"

	"github.com/google/uuid"
)

// echoVariable in the environment makes this program the bare server.
const echoVariable = "BERLAKU_BENCH_ECHO"

// echoBody is a scan; echoAnswer is as large as the answer to one.
type echoBody struct {
	Card      string    `json:"card"`
	BenefitID uuid.UUID `json:"benefit_id"`
	Gross     int64     `json:"gross"`
}

type echoAnswer struct {
	Verdict   string           `json:"verdict"`
	Reason    string           `json:"reason"`
	Card      map[string]any   `json:"card"`
	Benefits  []map[string]any `json:"benefits"`
	ScanID    uuid.UUID        `json:"scan_id"`
	CheckedAt time.Time        `json:"checked_at"`
}

// serveEcho is a server that decodes a scan and encodes an answer, and does
// nothing in between. It writes its address and ends with its standard input.
func serveEcho(out io.Writer) int {
	listener, err := new(net.ListenConfig).Listen(context.Background(), "tcp", "127.0.0.1:0")
	if err != nil {
		return exitFailed
	}
	server := &http.Server{ReadHeaderTimeout: 5 * time.Second, Handler: http.HandlerFunc(answerEcho)}
	go func() {
		_, _ = io.Copy(io.Discard, os.Stdin) //nolint:errcheck // until it ends
		_ = server.Close()                   //nolint:errcheck // the process ends
	}()
	fmt.Fprintf(out, "http://%s\n", listener.Addr()) //nolint:errcheck // the parent sees
	if err := server.Serve(listener); !errors.Is(err, http.ErrServerClosed) {
		return exitFailed
	}
	return exitOK
}

func answerEcho(w http.ResponseWriter, r *http.Request) {
	b, err := io.ReadAll(io.LimitReader(r.Body, 8<<10))
	var body echoBody
	if err != nil || json.Unmarshal(b, &body) != nil {
		w.WriteHeader(http.StatusBadRequest)
		return
	}
	b, err = json.Marshal(echoAnswer{
		Verdict: "valid", ScanID: uuid.New(), CheckedAt: time.Now(),
		Card: map[string]any{"form": "printed", "masked_name": "BU** SA*****", "expires_on": "2027-11-22", "needs_id_check": true},
		Benefits: []map[string]any{{
			"id": body.BenefitID, "version": 1, "title": "Promo 1", "eligible": true, "reason": "", "remaining": 999_999,
			"preview": map[string]any{"gross": body.Gross, "discount": body.Gross / 5, "net": body.Gross - body.Gross/5},
			"message": map[string]any{"id": "", "en": ""},
		}},
	})
	if err != nil {
		w.WriteHeader(http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	_, _ = w.Write(b) //nolint:errcheck // the client is gone
}

// echoServer is that server in a process of its own.
type echoServer struct {
	url string
	cmd *exec.Cmd
	in  io.Closer
}

func startEcho(ctx context.Context) (*echoServer, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	cmd := exec.CommandContext(ctx, self) //nolint:gosec // this program
	cmd.Env = append(os.Environ(), echoVariable+"=1")
	in, err := cmd.StdinPipe()
	if err != nil {
		return nil, err
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := cmd.Start(); err != nil {
		return nil, fmt.Errorf("start the bare server: %w", err)
	}
	line, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		return nil, fmt.Errorf("start the bare server: %w", errors.Join(err, in.Close(), cmd.Wait()))
	}
	return &echoServer{url: strings.TrimSpace(line), cmd: cmd, in: in}, nil
}

func (s *echoServer) stop() {
	_ = s.in.Close() //nolint:errcheck // its end is what counts
	_ = s.cmd.Wait() //nolint:errcheck // see above
}
