package wire_test

import (
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"encoding/hex"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/uuid"

	"github.com/berlaku/berlaku/cards"
	"github.com/berlaku/berlaku/cmd/wire"
	"github.com/berlaku/berlaku/internal/actor"
	"github.com/berlaku/berlaku/internal/clock"
	"github.com/berlaku/berlaku/internal/config"
	"github.com/berlaku/berlaku/internal/database"
	"github.com/berlaku/berlaku/internal/page"
	"github.com/berlaku/berlaku/internal/testkit"
	"github.com/berlaku/berlaku/internal/testkit/shop"
	"github.com/berlaku/berlaku/participants"
	"github.com/berlaku/berlaku/partners"
	"github.com/berlaku/berlaku/redemptions"
)

// The person who asks to be erased, and what must not be left of them.
const (
	goneName   = "Kanariwati Burungemas"
	goneMasked = "KA********-BU********"
	goneNIK    = "7271996802610042"
	goneKPJ    = "23987650321"
	gonePhone  = "81398765432"
	goneBirth  = "1961-02-28"
)

// leftover is everything that is stored about the person before the erasure.
type leftover struct {
	app              *wire.App
	person, request  uuid.UUID
	printed          string // text of the printed card
	sealed           map[string][]byte
	phoneToken       string
	officer, decider context.Context
}

func asPerson(t *testing.T, id uuid.UUID) context.Context {
	t.Helper()
	return actor.With(t.Context(), actor.Actor{Kind: actor.Participant, ID: id, Permissions: []actor.Permission{actor.OwnRecords}})
}

func newPoint(t *testing.T) []byte {
	t.Helper()
	key := must(ecdsa.GenerateKey(elliptic.P256(), rand.Reader))(t)
	return elliptic.MarshalCompressed(elliptic.P256(), key.X, key.Y) //nolint:staticcheck // the compressed form has no other encoder
}

// live gives somebody everything that a person can have.
func live(t *testing.T, app *wire.App) *leftover {
	t.Helper()
	outlet, promo := sell(t, app)
	ctx, today := testkit.System(t), clock.DayOf(app.Clock.Now(), app.Clock.Now().Location())
	p := must(app.Participants.Create(ctx, participants.NewParticipant{
		BranchID: shop.Palu, IDNumber: goneNIK, Name: goneName, BirthOn: goneBirth, Phone: "0" + gonePhone, RegionCode: "72.71",
		Membership: &participants.NewMembership{
			KPJ: goneKPJ, Segment: participants.BPU, Status: participants.Active, AcquiredOn: today.AddDays(-100), ProtectedUntil: today.AddDays(100), StatusAsOf: today,
		},
		Consent: &participants.NewConsent{Version: "1", TextHash: make([]byte, 32), Channel: participants.ByBranch},
	}))(t)
	l := &leftover{
		app: app, person: p.ID, officer: shop.As(t, actor.BranchOfficer, actor.BranchScope, shop.Palu),
		decider: shop.As(t, actor.BranchSupervisor, actor.BranchScope, shop.Palu),
	}
	card := must(app.Cards.Issue(ctx, cards.IssueRequest{ParticipantID: p.ID, Form: cards.Printed}))(t)
	if card.MaskedName != goneMasked {
		t.Fatalf("masked as %s", card.MaskedName)
	}
	l.printed = app.Cards.Text(card)
	phone, _, err := app.Cards.Activate(ctx, must(app.Participants.BeginActivation(ctx, p.ID))(t).Code, newPoint(t))
	if err != nil {
		t.Fatal(err)
	}
	l.phoneToken = must(app.Accounts.IssueParticipantToken(ctx, p.ID, phone.ID))(t)
	must(app.Participants.BeginActivation(ctx, p.ID))(t)
	key := actor.With(t.Context(), actor.Actor{
		Kind: actor.APIKey, ID: uuid.New(), PartnerID: outlet.PartnerID, OutletID: outlet.ID, Permissions: []actor.Permission{actor.Validate, actor.Redeem, actor.ReadRedemptions},
	})
	used, _, err := app.Redemptions.Redeem(key, redemptions.Request{Key: uuid.New(), Card: l.printed, CardGiven: true, BenefitID: promo, Gross: 100_000, IDChecked: true})
	if err != nil || used.Outcome != redemptions.Granted {
		t.Fatalf("the use: %v %v", used.Reason, err)
	}
	l.ask(t, outlet)
	return l
}

// ask has the person claim, wish, write and ask to be erased.
func (l *leftover) ask(t *testing.T, outlet partners.Outlet) {
	t.Helper()
	app, me := l.app, asPerson(t, l.person)
	must(app.Participants.Claim(t.Context(), participants.ClaimRequest{Number: goneNIK, BirthOn: goneBirth}))(t)
	sectors := must(app.Partners.MyWishes(me))(t)
	must(app.Partners.Wish(me, sectors[0].Sector.ID, "Bengkel "+goneName))(t)
	for _, kind := range []participants.RequestKind{participants.AskCorrect, participants.AskErase} {
		r, made, err := app.Participants.Ask(me, kind, "Saya "+goneName+", NIK "+goneNIK)
		if err != nil || !made {
			t.Fatal(made, err)
		}
		l.request = r.ID
	}
	must(app.Participants.PrepareErasure(l.officer, l.request))(t)
	l.sealed = l.allSealed(t)
	for _, column := range []string{
		"participants.id_sealed", "participants.name_sealed", "participants.birth_sealed", "participants.phone_sealed", "memberships.kpj_sealed",
		"data_requests.note_sealed", "wishes.partner_sealed", "messages.text_sealed", "messages.to_sealed",
	} {
		if len(l.sealed[column]) == 0 {
			t.Fatalf("nothing was stored in %s: %v", column, len(l.sealed))
		}
	}
	if outlet.ID == uuid.Nil {
		t.Fatal("no outlet")
	}
}

// allSealed reads one sealed value of every column that the person has, and what
// a card keeps in plain sight.
func (l *leftover) allSealed(t *testing.T) map[string][]byte {
	t.Helper()
	out := map[string][]byte{}
	db := must(l.app.DB.SQL())(t)
	for column, query := range map[string]string{
		"participants.id_sealed":    "SELECT id_sealed FROM participants WHERE id = ",
		"participants.name_sealed":  "SELECT name_sealed FROM participants WHERE id = ",
		"participants.birth_sealed": "SELECT birth_sealed FROM participants WHERE id = ",
		"participants.phone_sealed": "SELECT phone_sealed FROM participants WHERE id = ",
		"memberships.kpj_sealed":    "SELECT kpj_sealed FROM memberships WHERE participant_id = ",
		"data_requests.note_sealed": "SELECT note_sealed FROM data_requests WHERE kind = 'correct' AND participant_id = ",
		"wishes.partner_sealed":     "SELECT partner_sealed FROM wishes WHERE participant_id = ",
		"messages.text_sealed":      "SELECT text_sealed FROM messages WHERE participant_id = ",
		"messages.to_sealed":        "SELECT to_sealed FROM messages WHERE participant_id = ",
		"cards.signature":           "SELECT signature FROM cards WHERE form = 'phone' AND participant_id = ",
		"cards.device_key":          "SELECT device_key FROM cards WHERE form = 'phone' AND participant_id = ",
		"sessions.token_hash":       "SELECT token_hash FROM sessions WHERE participant_id = ",
		"activations.code_hash":     "SELECT code_hash FROM activations WHERE used_at IS NULL AND participant_id = ",
		"claims.code_hash":          "SELECT code_hash FROM claims WHERE participant_id = ",
	} {
		var b []byte
		if err := db.QueryRowContext(t.Context(), query+"'"+l.person.String()+"'").Scan(&b); err != nil {
			t.Fatalf("%s: %v", column, err)
		}
		out[column] = bytes.Clone(b)
	}
	return out
}

// rows returns every row of every table, bytes in hexadecimal.
func rows(t *testing.T, app *wire.App) string {
	t.Helper()
	db := must(app.DB.SQL())(t)
	query := "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'"
	if app.DB.Dialect() == database.Postgres {
		query = "SELECT table_name FROM information_schema.tables WHERE table_schema = 'public' AND table_type = 'BASE TABLE'"
	}
	found := must(db.QueryContext(t.Context(), query))(t)
	var names []string
	for found.Next() {
		var name string
		if err := found.Scan(&name); err != nil {
			t.Fatal(err)
		}
		names = append(names, name)
	}
	if err := found.Err(); err != nil {
		t.Fatal(err)
	}
	var out strings.Builder
	for _, name := range names {
		r := must(db.QueryContext(t.Context(), "SELECT * FROM "+name))(t)
		columns := must(r.Columns())(t)
		for r.Next() {
			values, into := make([]any, len(columns)), make([]any, len(columns))
			for i := range values {
				into[i] = &values[i]
			}
			if err := r.Scan(into...); err != nil {
				t.Fatal(err)
			}
			for i, v := range values {
				if b, ok := v.([]byte); ok {
					v = string(b) + " " + hex.EncodeToString(b)
				}
				fmt.Fprintf(&out, "%s.%s=%v\n", name, columns[i], v)
			}
		}
		if err := r.Err(); err != nil {
			t.Fatal(err)
		}
	}
	return out.String()
}

// files returns the bytes of the embedded database as they lie on the disk.
func files(t *testing.T, app *wire.App) string {
	t.Helper()
	path, sqlite := app.Config.SQLitePath()
	if !sqlite {
		return ""
	}
	var out strings.Builder
	for _, name := range []string{path, path + "-wal", path + "-shm"} {
		b, err := os.ReadFile(name)
		if err != nil && !os.IsNotExist(err) {
			t.Fatal(err)
		}
		out.Write(b)
	}
	return out.String()
}

// find names what of the person lies in a heap.
func (l *leftover) find(heap string) (found []string) {
	plain := map[string]string{
		"name": goneName, "part of the name": "Burungemas", "masked name": goneMasked, "NIK": goneNIK, "KPJ": goneKPJ, "phone": gonePhone, "birth date": goneBirth,
		"text of the printed card": l.printed, "token": l.phoneToken,
	}
	for what, text := range plain {
		if strings.Contains(heap, text) || strings.Contains(heap, hex.EncodeToString([]byte(text))) {
			found = append(found, what)
		}
	}
	for what, b := range l.sealed {
		if strings.Contains(heap, string(b)) || strings.Contains(heap, hex.EncodeToString(b)) {
			found = append(found, what)
		}
	}
	return found
}

// TestErasureLeavesNothing: a person who had everything is gone from every column
// of every table and, in the embedded database, from the bytes of its files.
func TestErasureLeavesNothing(t *testing.T) {
	c := settings(t)
	c.MessageURL = "file:" + filepath.Join(t.TempDir(), "messages.jsonl")
	clk := testkit.Clock()
	app := open(t, c, clk)
	l := live(t, app)
	for _, heap := range []string{rows(t, app), files(t, app)} {
		if found := l.find(heap); heap != "" && len(found) < len(l.sealed) {
			t.Fatalf("we do not look at the right bytes: only %v", found)
		}
	}
	copied := l.backup(t)
	before := must(app.Redemptions.List(testkit.System(t), redemptions.Filter{}, page.Request{Limit: 10}))(t)
	done := must(app.Participants.ApproveErasure(l.decider, l.request))(t)
	if done.State != participants.RequestDone || done.Note != "" {
		t.Errorf("the request: %+v", done)
	}
	l.gone(t, app)
	if _, err := app.Accounts.Actor(t.Context(), l.phoneToken); err == nil {
		t.Error("the phone is still signed in")
	}
	if got, err := app.Cards.Check(t.Context(), l.printed, clk.Now()); err != nil || got.Code != "E_REVOKED" {
		t.Errorf("the printed card reads %s, %v", got.Code, err)
	}
	after := must(app.Redemptions.List(testkit.System(t), redemptions.Filter{}, page.Request{Limit: 10}))(t)
	if len(after.Items) != 1 || len(before.Items) != 1 || after.Items[0].ID != before.Items[0].ID || after.Items[0].ParticipantID != l.person {
		t.Errorf("the record of the use: %+v", after.Items)
	}
	ledger := must(os.ReadFile(filepath.Join(c.DataDir, participants.LedgerFile)))(t)
	if !bytes.Contains(ledger, []byte(l.person.String())) || bytes.Count(ledger, []byte("\n")) != 1 || len(l.find(string(ledger))) > 0 {
		t.Errorf("the ledger: %s", ledger)
	}
	for _, job := range app.Jobs() {
		if _, err := job.Run(testkit.System(t)); err != nil {
			t.Errorf("%s: %v", job.What, err)
		}
	}
	if again := must(os.ReadFile(filepath.Join(c.DataDir, participants.LedgerFile)))(t); !bytes.Equal(again, ledger) {
		t.Errorf("the ledger grew: %s", again)
	}
	if copied != "" {
		l.restored(t, c, copied)
	}
}

// gone checks that nothing is left, and that the records still verify.
func (l *leftover) gone(t *testing.T, app *wire.App) {
	t.Helper()
	for where, heap := range map[string]string{"rows": rows(t, app), "files": files(t, app)} {
		if found := l.find(heap); len(found) > 0 {
			t.Errorf("in the %s: %v", where, found)
		}
	}
	check := app.Redemptions.RecordCheck(t.Context())
	if _, err := app.Audit.Verify(t.Context(), check.See); err != nil {
		t.Error(err)
	}
	if err := check.End(); err != nil {
		t.Error(err)
	}
	if _, err := app.Participants.Get(testkit.System(t), l.person); err == nil {
		t.Error("the person is still there")
	}
}

// backup copies the embedded database as it stands.
func (l *leftover) backup(t *testing.T) string {
	t.Helper()
	if l.app.DB.Dialect() != database.SQLite {
		return ""
	}
	path := filepath.Join(t.TempDir(), "copy.db")
	if err := l.app.DB.CopyTo(t.Context(), path); err != nil {
		t.Fatal(err)
	}
	return path
}

// restored starts the program on an older copy: the person must be gone before
// it serves, for the ledger lies beside the database.
func (l *leftover) restored(t *testing.T, c config.Config, copied string) {
	t.Helper()
	c.DatabaseURL = "sqlite:" + copied
	back := must(wire.Open(t.Context(), c, wire.Options{Clock: testkit.Clock()}))(t)
	if _, err := back.Participants.Get(testkit.System(t), l.person); err != nil {
		t.Fatalf("the copy does not hold the person: %v", err)
	}
	if err := back.Close(); err != nil {
		t.Fatal(err)
	}
	l.gone(t, open(t, c, testkit.Clock()))
}
