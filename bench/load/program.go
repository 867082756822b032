package load

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"time"
)

// Build compiles the binary into dir and returns its path.
func Build(ctx context.Context, dir string) (string, error) {
	path := filepath.Join(dir, "berlaku")
	cmd := exec.CommandContext(ctx, "go", "build", "-o", path, "github.com/berlaku/berlaku/cmd/berlaku") //nolint:gosec // our own program
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := cmd.CombinedOutput(); err != nil {
		return "", fmt.Errorf("build the program: %w: %s", err, bytes.TrimSpace(out))
	}
	return path, nil
}

// readyIn is how long a server may take until it answers.
const readyIn = 120 * time.Second

// Server is a running program.
type Server struct {
	URL   string
	PID   int
	Took  time.Duration // from the start of the process to the first answer of /readyz that is 200
	cmd   *exec.Cmd
	log   string
	ended chan error
}

// Serve starts the program with args and returns when it is ready. Its log goes
// to a file: no reader of a pipe takes part in what is measured.
func Serve(ctx context.Context, program, logFile string, env []string, args ...string) (*Server, error) {
	log, err := os.Create(logFile) //nolint:gosec // the caller's own temporary file
	if err != nil {
		return nil, err
	}
	defer log.Close() //nolint:errcheck // the child has its own
	cmd := exec.CommandContext(ctx, program, args...)
	cmd.Env, cmd.Stdout, cmd.Stderr = env, log, log
	began := time.Now()
	if err := cmd.Start(); err != nil {
		return nil, fmt.Errorf("start the program: %w", err)
	}
	s := &Server{PID: cmd.Process.Pid, cmd: cmd, log: logFile, ended: make(chan error, 1)}
	go func() { s.ended <- cmd.Wait() }()
	if err := s.awaitReady(ctx); err != nil {
		s.Kill()
		return nil, err
	}
	s.Took = time.Since(began)
	return s, nil
}

func (s *Server) awaitReady(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, readyIn)
	defer cancel()
	for {
		select {
		case err := <-s.ended:
			s.ended <- err
			return fmt.Errorf("the program ended: %s", s.Log())
		case <-ctx.Done():
			return fmt.Errorf("the program did not become ready: %s", s.Log())
		case <-time.After(2 * time.Millisecond):
		}
		if s.URL == "" {
			s.URL = s.address()
		}
		if s.URL != "" && isReady(ctx, s.URL) {
			return nil
		}
	}
}

// address looks for the line of the log that tells it.
func (s *Server) address() string {
	b, err := os.ReadFile(s.log)
	if err != nil {
		return ""
	}
	for line := range bytes.Lines(b) {
		var entry struct{ Msg, Addr string }
		if json.Unmarshal(line, &entry) == nil && entry.Msg == "serving" {
			return "http://" + entry.Addr
		}
	}
	return ""
}

func isReady(ctx context.Context, url string) bool {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, url+"/readyz", http.NoBody)
	if err != nil {
		return false
	}
	client := &http.Client{Timeout: time.Second, Transport: &http.Transport{DisableKeepAlives: true}}
	res, err := client.Do(req)
	if err != nil {
		return false
	}
	return res.Body.Close() == nil && res.StatusCode == http.StatusOK
}

// Log returns the end of what the program wrote.
func (s *Server) Log() string {
	b, err := os.ReadFile(s.log)
	if err != nil {
		return err.Error()
	}
	return strings.TrimSpace(string(b[max(0, len(b)-2000):]))
}

// Kill ends the process at once, as a power cut would (kill -9).
func (s *Server) Kill() {
	_ = s.cmd.Process.Kill() // it may be gone
	err := <-s.ended
	s.ended <- err
}

var errStuck = errors.New("the program did not stop in 30 s")

// Stop asks the process to end and waits for it. An unclean end is an error.
func (s *Server) Stop() error {
	if err := s.cmd.Process.Signal(syscall.SIGTERM); err != nil && !errors.Is(err, os.ErrProcessDone) {
		return err
	}
	select {
	case err := <-s.ended:
		s.ended <- err
		return err
	case <-time.After(30 * time.Second):
		s.Kill()
		return errStuck
	}
}
