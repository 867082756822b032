package cards_test

import (
	"bufio"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/berlaku/berlaku/cards"
	"github.com/berlaku/berlaku/internal/pii"
	"github.com/berlaku/berlaku/messages"
	"github.com/berlaku/berlaku/participants"
)

// sent reads what a gateway into a file was given: the link by phone.
func sent(t *testing.T, path string) map[string]string {
	t.Helper()
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close() //nolint:errcheck // only read
	out := map[string]string{}
	lines := bufio.NewScanner(f)
	for lines.Scan() {
		var m struct{ To, Text string }
		if err := json.Unmarshal(lines.Bytes(), &m); err != nil {
			t.Fatal(err)
		}
		_, code, _ := strings.Cut(m.Text, publicURL+"/kartu/#")
		out[m.To] = strings.Fields(code + " -")[0]
	}
	return out
}

func TestLinksGoToThePhonesOnRecordAndAreTakenBack(t *testing.T) {
	path := filepath.Join(t.TempDir(), "messages.jsonl")
	gateway, err := messages.Open(messages.Settings{URL: "file:" + path})
	if err != nil {
		t.Fatal(err)
	}
	w := newWorldThatSends(t, gateway)
	ids := w.persons(palu, 4)
	for i, number := range []pii.Text{"081230000001", "081230000002", "", "081230000004"} {
		if number == "" {
			continue
		}
		if _, err := w.people.Update(w.ctx, ids[i], participants.Change{Phone: &number}); err != nil {
			t.Fatal(err)
		}
	}
	consent := participants.NewConsent{Version: "1", TextHash: make([]byte, 32), Channel: participants.BySelf}
	if err := errors.Join(w.people.GiveConsent(w.ctx, ids[3], consent), w.people.WithdrawConsent(w.ctx, ids[3])); err != nil {
		t.Fatal(err)
	}
	earlier, err := w.people.BeginActivation(w.ctx, ids[2]) // handed over by somebody; the run must not end it
	if err != nil {
		t.Fatal(err)
	}
	boss := officer(t, palu)
	r := w.start(boss, cards.NewRun{Kind: cards.RunLinks, ParticipantIDs: ids})
	w.work(4)
	if now := w.run(r.ID); now.Done != 2 || now.Failed != 2 || now.State != cards.RunDone || now.Sheets() != 0 {
		t.Errorf("ended as %+v", now)
	}
	failures, err := w.cards.RunFailures(boss, r.ID)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]cards.Failure{{3, ids[2], "phone_none"}, {4, ids[3], "processing_restricted"}}, failures); diff != "" {
		t.Error(diff)
	}
	if _, err := w.cards.RunSheet(boss, r.ID, 1); !errors.Is(err, cards.ErrSheetNotFound) {
		t.Errorf("a sheet of links: %v", err)
	}
	if n, err := w.queue.Deliver(w.ctx); n != 2 || err != nil {
		t.Fatalf("delivered %d, %v", n, err)
	}
	got := sent(t, path)
	_, device := newPhone(t)
	c, _, err := w.cards.Activate(t.Context(), got["+6281230000001"], device)
	if err != nil || c.ParticipantID != ids[0] {
		t.Fatalf("the link that was sent: %v", err)
	}
	if _, err := w.cards.RevokeRun(boss, r.ID); err != nil {
		t.Fatal(err)
	}
	w.work(2)
	if _, _, err := w.cards.Activate(t.Context(), got["+6281230000002"], device); !errors.Is(err, participants.ErrActivation) {
		t.Errorf("a link that was taken back: %v", err)
	}
	if c, err = w.cards.Get(w.ctx, c.ID); err != nil || c.State != cards.Active {
		t.Errorf("the card that somebody fetched: %s, %v", c.State, err)
	}
	if _, _, err := w.cards.Activate(t.Context(), earlier.Code, device); err != nil {
		t.Errorf("a code of who has no phone on record: %v", err)
	}
	if _, err := w.audit.Verify(w.ctx, nil); err != nil {
		t.Error(err)
	}
}
