package messages_test

import (
	"context"
	"errors"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/berlaku/berlaku/internal/clock"
	"github.com/berlaku/berlaku/internal/database"
	"github.com/berlaku/berlaku/internal/pii"
	"github.com/berlaku/berlaku/internal/testkit"
	"github.com/berlaku/berlaku/messages"
)

const (
	phone  = "+6281234567890"
	secret = "482913 adalah kode Anda."
)

// sink is a gateway that keeps what it gets and answers as told.
type sink struct {
	mu   sync.Mutex
	got  []messages.Outgoing
	fail error
	hold chan struct{}
}

func (s *sink) Send(ctx context.Context, m messages.Outgoing) error {
	if s.hold != nil {
		select {
		case <-s.hold:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.got = append(s.got, m)
	return s.fail
}

func (s *sink) texts() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	var out []string
	for _, m := range s.got {
		out = append(out, m.Text.Reveal())
	}
	return out
}

type world struct {
	t     *testing.T
	db    *database.DB
	clock *clock.Manual
	keys  *pii.Keyring
	sink  *sink
	queue *messages.Service
}

func newWorld(t *testing.T) *world {
	w := &world{t: t, db: testkit.DB(t), clock: testkit.Clock(), keys: testkit.Keys(t), sink: &sink{}}
	w.queue = w.server(w.sink)
	return w
}

func (w *world) server(g messages.Gateway) *messages.Service {
	return messages.New(messages.Deps{DB: w.db, Clock: w.clock, Keys: w.keys, Gateway: g})
}

func (w *world) put(q *messages.Service, m messages.Message) {
	w.t.Helper()
	if m.ExpiresAt.IsZero() {
		m.ExpiresAt = w.clock.Now().Add(time.Hour)
	}
	if m.Kind == "" {
		m.Kind = messages.Notice
	}
	if err := w.db.InTx(w.t.Context(), func(ctx context.Context) error { return q.Queue(ctx, m) }); err != nil {
		w.t.Fatal(err)
	}
}

func someone(text string) messages.Message {
	return messages.Message{ParticipantID: uuid.New(), To: phone, Text: pii.Text(text)}
}

func (w *world) deliver(want int64) {
	w.t.Helper()
	if n, err := w.queue.Deliver(w.t.Context()); n != want || err != nil {
		w.t.Fatalf("%d messages ended, %v; want %d", n, err, want)
	}
}

type stored struct {
	State, Failure string
	Tries          int
	Sealed         bool
}

func (w *world) rows() []stored {
	w.t.Helper()
	pool, err := w.db.SQL()
	if err != nil {
		w.t.Fatal(err)
	}
	rows, err := pool.QueryContext(w.t.Context(), `SELECT state, failure, tries, to_sealed IS NOT NULL OR text_sealed IS NOT NULL FROM messages ORDER BY created_at, id`)
	if err != nil {
		w.t.Fatal(err)
	}
	defer rows.Close() //nolint:errcheck // a test
	var out []stored
	for rows.Next() {
		var s stored
		if err := rows.Scan(&s.State, &s.Failure, &s.Tries, &s.Sealed); err != nil {
			w.t.Fatal(err)
		}
		out = append(out, s)
	}
	if err := rows.Err(); err != nil {
		w.t.Fatal(err)
	}
	return out
}

func (w *world) want(want ...stored) {
	w.t.Helper()
	if got := w.rows(); !slices.Equal(got, want) {
		w.t.Errorf("stored %+v, want %+v", got, want)
	}
}

func TestAMessageLeavesOnceAndIsForgotten(t *testing.T) {
	w := newWorld(t)
	w.put(w.queue, someone(secret))
	w.want(stored{"queued", "", 0, true})
	w.deliver(1)
	w.want(stored{"sent", "", 1, false})
	w.deliver(0)
	if len(w.sink.got) != 1 || w.sink.got[0].To != phone || w.sink.got[0].Text != secret || w.sink.got[0].Kind != messages.Notice {
		t.Errorf("left: %d", len(w.sink.got))
	}
}

func TestWithoutAGatewayNothingIsKept(t *testing.T) {
	w := newWorld(t)
	off := w.server(nil)
	if off.Enabled() || !w.queue.Enabled() {
		t.Error("enabled is the gateway's being there")
	}
	w.put(off, someone(secret))
	w.want(stored{"dropped", "gateway_off", 0, false})
	w.clock.Advance(time.Second)
	w.put(w.queue, someone(secret))
	if n, err := off.Deliver(t.Context()); n != 1 || err != nil {
		t.Errorf("%d, %v", n, err)
	}
	w.want(stored{"dropped", "gateway_off", 0, false}, stored{"dropped", "gateway_off", 1, false})
}

func TestAMessageToNobodyIsNotSent(t *testing.T) {
	w := newWorld(t)
	w.put(w.queue, messages.Message{To: phone, Text: secret})
	w.put(w.queue, messages.Message{ParticipantID: uuid.New(), Text: secret})
	w.put(w.queue, messages.Message{Text: secret})
	w.deliver(3)
	nobody := stored{"dropped", "nobody", 1, false}
	w.want(nobody, nobody, nobody)
	if len(w.sink.got) != 0 {
		t.Error("something left")
	}
}

func TestOutsideATransactionNothingIsQueued(t *testing.T) {
	w := newWorld(t)
	if err := w.queue.Queue(t.Context(), someone(secret)); err == nil {
		t.Error("queued")
	}
}

func TestAnExpiredMessageIsForgotten(t *testing.T) {
	w := newWorld(t)
	w.put(w.queue, someone(secret))
	w.clock.Advance(time.Hour)
	w.deliver(1)
	w.want(stored{"failed", "expired", 1, false})
	if len(w.sink.got) != 0 {
		t.Error("it left")
	}
}

func TestTriesGetRarerUntilTheEnd(t *testing.T) {
	w := newWorld(t)
	w.sink.fail = &messages.SendError{Code: "unreachable"}
	w.put(w.queue, someone(secret))
	for i, pause := range []time.Duration{0, 10 * time.Second, time.Minute, 5 * time.Minute, 15 * time.Minute} {
		if pause > 0 {
			w.clock.Advance(pause - time.Second)
			if n, err := w.queue.Deliver(t.Context()); n != 0 || err != nil {
				t.Fatalf("tried too early: %d, %v", n, err)
			}
			w.clock.Advance(time.Second)
		}
		_, err := w.queue.Deliver(t.Context())
		if refused, ok := errors.AsType[*messages.SendError](err); !ok || refused.Code != "unreachable" {
			t.Fatalf("try %d: %v", i+1, err)
		}
		if len(w.sink.got) != i+1 {
			t.Fatalf("%d tries, want %d", len(w.sink.got), i+1)
		}
	}
	// After the fifth try the next would come in an hour: the message is over by then.
	w.want(stored{"failed", "unreachable", 5, false})
	first := w.sink.got[0].ID
	for _, m := range w.sink.got {
		if m.ID != first {
			t.Error("a try has an id of its own")
		}
	}
}

func TestARefusalIsFinal(t *testing.T) {
	w := newWorld(t)
	w.sink.fail = &messages.SendError{Code: "rejected", Final: true}
	w.put(w.queue, someone(secret))
	if n, err := w.queue.Deliver(t.Context()); n != 1 || err == nil {
		t.Errorf("%d, %v", n, err)
	}
	w.want(stored{"failed", "rejected", 1, false})
}

func TestAGatewaysOwnWordsGoNowhere(t *testing.T) {
	w := newWorld(t)
	w.sink.fail = errors.New("550 no such user " + phone + ": " + secret)
	w.put(w.queue, someone(secret))
	_, err := w.queue.Deliver(t.Context())
	if err == nil || strings.Contains(err.Error(), "8123") || strings.Contains(err.Error(), "482913") {
		t.Errorf("got %v", err)
	}
	w.want(stored{"queued", "unreachable", 1, true})
}

func TestCodesLeaveBeforeLinks(t *testing.T) {
	w := newWorld(t)
	for range 3 {
		w.put(w.queue, someone("link"))
	}
	code := someone("code")
	code.ExpiresAt = w.clock.Now().Add(5 * time.Minute)
	w.put(w.queue, code)
	w.deliver(4)
	if got := w.sink.texts(); got[0] != "code" {
		t.Errorf("left in the order %v", got)
	}
}

func TestADeadGatewayIsNotAskedForEveryMessage(t *testing.T) {
	w := newWorld(t)
	w.sink.fail = &messages.SendError{Code: "unreachable"}
	for range 40 {
		w.put(w.queue, someone("text"))
	}
	if _, err := w.queue.Deliver(t.Context()); err == nil {
		t.Error("no trouble told")
	}
	if len(w.sink.got) != 3 {
		t.Errorf("asked %d times", len(w.sink.got))
	}
	w.sink.fail = nil
	w.clock.Advance(10 * time.Second)
	w.deliver(40)
}

// TestServersShareTheWork: many servers at once, each message leaves once.
func TestServersShareTheWork(t *testing.T) {
	w := newWorld(t)
	const many = 60
	for i := range many {
		w.put(w.queue, someone(strings.Repeat("x", i+1)))
	}
	var all sync.WaitGroup
	for range 6 {
		all.Go(func() {
			if _, err := w.server(w.sink).Deliver(t.Context()); err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
	got := w.sink.texts()
	slices.Sort(got)
	if len(got) != many || len(slices.Compact(got)) != many {
		t.Errorf("%d left, %d of them different", len(w.sink.got), len(slices.Compact(got)))
	}
}

// TestALeaseKeepsOthersAway: what one server is sending another leaves alone,
// until the lease is over.
func TestALeaseKeepsOthersAway(t *testing.T) {
	w := newWorld(t)
	w.put(w.queue, someone(secret))
	stuck := &sink{hold: make(chan struct{})}
	ctx, die := context.WithCancel(t.Context())
	ended := make(chan int64)
	go func() {
		n, _ := w.server(stuck).Deliver(ctx) //nolint:errcheck // it dies
		ended <- n
	}()
	for w.rows()[0].Tries == 0 {
		time.Sleep(time.Millisecond)
	}
	w.deliver(0)
	die()
	if n := <-ended; n != 0 {
		t.Errorf("the dead server ended %d", n)
	}
	w.clock.Advance(59 * time.Second)
	w.deliver(0)
	w.clock.Advance(time.Second)
	w.deliver(1)
	w.want(stored{"sent", "", 2, false})
}

func TestWhatLeftIsNotedWhileTheProgramStops(t *testing.T) {
	w := newWorld(t)
	ctx, stop := context.WithCancel(t.Context())
	w.put(w.queue, someone(secret))
	n, err := w.server(stopping{stop}).Deliver(ctx)
	if n != 1 || err != nil {
		t.Errorf("%d, %v", n, err)
	}
	w.want(stored{"sent", "", 1, false})
}

type stopping struct{ stop func() }

func (s stopping) Send(context.Context, messages.Outgoing) error {
	s.stop()
	return nil
}

func TestEraseAndPurge(t *testing.T) {
	w := newWorld(t)
	gone := someone(secret)
	w.put(w.queue, gone)
	w.put(w.queue, someone("stays"))
	if err := w.queue.Erase(t.Context(), gone.ParticipantID); err != nil {
		t.Fatal(err)
	}
	w.deliver(1)
	if got := w.sink.texts(); len(got) != 1 || got[0] != "stays" {
		t.Errorf("left: %v", got)
	}
	w.put(w.queue, messages.Message{To: phone, Text: "waits", ExpiresAt: w.clock.Now().AddDate(0, 0, 60)})
	w.clock.Advance(30*24*time.Hour + time.Second)
	if n, err := w.queue.Purge(t.Context()); n != 1 || err != nil {
		t.Errorf("purged %d, %v", n, err)
	}
	w.want(stored{"queued", "", 0, true})
}

// TestOnlyKeysOpenWhatIsStored: the row holds neither number nor text.
func TestOnlyKeysOpenWhatIsStored(t *testing.T) {
	w := newWorld(t)
	w.put(w.queue, someone(secret))
	other := messages.New(messages.Deps{DB: w.db, Clock: w.clock, Keys: testkit.Keys(t), Gateway: w.sink})
	if n, err := other.Deliver(t.Context()); n != 1 || err == nil {
		t.Errorf("%d, %v", n, err)
	}
	w.want(stored{"failed", "sealed", 1, false})
	if len(w.sink.got) != 0 {
		t.Error("it left")
	}
}

func TestSettingsThatCannotWork(t *testing.T) {
	mail := messages.Settings{From: "Kartu <kartu@kantor.example>", To: "{phone}@sms.example"}
	with := func(s messages.Settings, url string) messages.Settings {
		s.URL = url
		return s
	}
	for name, s := range map[string]messages.Settings{
		"http to another machine":           {URL: "http://gateway.example/secret-word"},
		"a scheme that nobody knows":        {URL: "carrier://secret-word.example"},
		"no host":                           {URL: "https:///secret-word"},
		"a template that is no JSON":        {URL: "https://gateway.example", Template: `to={to}&text={text}`},
		"a template with text in no string": {URL: "https://gateway.example", Template: `{"text":{text}}`},
		"a template without text":           {URL: "https://gateway.example", Template: `{"to":"{to}"}`},
		"mail from nobody":                  {URL: "smtp://mail.example", To: mail.To},
		"mail to one address for all":       with(messages.Settings{From: mail.From, To: "all@sms.example"}, "smtp://mail.example"),
		"mail to what is no address":        with(messages.Settings{From: mail.From, To: "{phone}"}, "smtp://mail.example"),
		"a port that is none":               with(mail, "smtp://mail.example:99999999"),
		"a file without a name":             {URL: "file:"},
		"a file in a folder not there":      {URL: "file:" + filepath.Join(t.TempDir(), "none", "secret-word")},
	} {
		t.Run(name, func(t *testing.T) {
			g, err := messages.Open(s)
			if err == nil || g != nil {
				t.Fatalf("opened, %v", err)
			}
			if !strings.HasPrefix(s.URL, "file:") && strings.Contains(err.Error(), "secret-word") {
				t.Errorf("tells the settings: %v", err)
			}
		})
	}
	if g, err := messages.Open(messages.Settings{}); g != nil || err != nil {
		t.Errorf("no settings: %v, %v", g, err)
	}
}
