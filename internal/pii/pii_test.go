package pii_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"testing"

	"github.com/google/uuid"

	"github.com/berlaku/berlaku/internal/keyfile"
	"github.com/berlaku/berlaku/internal/pii"
	"github.com/berlaku/berlaku/internal/testkit"
)

const canary = "7271995508900001"

func place() pii.Place {
	return pii.Place{Table: "participants", Column: "id_sealed", Row: uuid.MustParse("01890000-0000-7000-8000-0000000000aa")}
}

func open(t *testing.T, dir string) *pii.Keyring {
	t.Helper()
	k, err := pii.Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	return k
}

func TestASealedValueOpensInItsPlaceOnly(t *testing.T) {
	k := open(t, testkit.KeyDir(t))
	sealed := k.Seal(place(), canary)
	if bytes.Contains(sealed, []byte(canary)) || bytes.Equal(sealed, k.Seal(place(), canary)) {
		t.Error("the value is readable, or sealing it twice gives the same bytes")
	}
	if got, err := k.Unseal(place(), sealed); err != nil || got != canary {
		t.Errorf("got %q %v, want it back", got, err)
	}
	row, column, table := place(), place(), place()
	row.Row, column.Column, table.Table = uuid.New(), "name_sealed", "agents"
	for name, p := range map[string]pii.Place{"row": row, "column": column, "table": table} {
		if _, err := k.Unseal(p, sealed); !errors.Is(err, pii.ErrSealed) {
			t.Errorf("moved to another %s: got %v, want %v", name, err, pii.ErrSealed)
		}
	}
}

func TestAnAlteredValueDoesNotOpen(t *testing.T) {
	k := open(t, testkit.KeyDir(t))
	sealed := k.Seal(place(), canary)
	for i := range sealed {
		changed := bytes.Clone(sealed)
		changed[i] ^= 1
		if _, err := k.Unseal(place(), changed); !errors.Is(err, pii.ErrSealed) {
			t.Errorf("byte %d changed: got %v, want %v", i, err, pii.ErrSealed)
		}
		if _, err := k.Unseal(place(), sealed[:i]); i > 0 && !errors.Is(err, pii.ErrSealed) {
			t.Errorf("cut to %d bytes: got %v, want %v", i, err, pii.ErrSealed)
		}
	}
}

func TestNothingIsSealedAsNothing(t *testing.T) {
	k := open(t, testkit.KeyDir(t))
	if b := k.Seal(place(), ""); b != nil {
		t.Errorf("got %d bytes, want none", len(b))
	}
	if got, err := k.Unseal(place(), nil); err != nil || got != "" {
		t.Errorf("got %q %v, want nothing", got, err)
	}
}

func TestANewEpochSealsAndTheOldOneStillOpens(t *testing.T) {
	dir := testkit.KeyDir(t)
	old := open(t, dir)
	sealed := old.Seal(place(), canary)
	if _, err := keyfile.ReadOrCreate(dir, "data-2.key", 32); err != nil {
		t.Fatal(err)
	}
	k := open(t, dir)
	if k.Epoch() != 2 {
		t.Errorf("epoch %d, want 2", k.Epoch())
	}
	if got, err := k.Unseal(place(), sealed); err != nil || got != canary {
		t.Errorf("a value of the first epoch: got %q %v", got, err)
	}
	if _, err := old.Unseal(place(), k.Seal(place(), canary)); !errors.Is(err, pii.ErrSealed) {
		t.Errorf("a keyring without the new key: got %v, want %v", err, pii.ErrSealed)
	}
}

func TestTheBlindIndexIsKeyedAndOfItsKind(t *testing.T) {
	dir := testkit.KeyDir(t)
	k := open(t, dir)
	if !bytes.Equal(k.Index("nik", canary), open(t, dir).Index("nik", canary)) {
		t.Error("the same key gives another index")
	}
	if bytes.Equal(k.Index("nik", canary), k.Index("kpj", canary)) {
		t.Error("two kinds share an index")
	}
	if bytes.Equal(k.Index("nik", canary), open(t, testkit.KeyDir(t)).Index("nik", canary)) {
		t.Error("another key gives the same index")
	}
}

func TestPersonalTextDoesNotPrint(t *testing.T) {
	v := struct{ NIK pii.Text }{canary}
	b, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range []string{fmt.Sprint(v), fmt.Sprintf("%+v %#v %s %q", v, v, v.NIK, v.NIK), v.NIK.LogValue().String(), string(b)} {
		if bytes.Contains([]byte(s), []byte(canary)) {
			t.Error("the text came out")
		}
	}
	if v.NIK.Reveal() != canary {
		t.Error("Reveal does not give it out")
	}
}
