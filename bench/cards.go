package main

import (
	"context"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"strings"
	"time"

	"github.com/skip2/go-qrcode"

	"github.com/berlaku/berlaku/bench/load"
	"github.com/berlaku/berlaku/benefits"
	"github.com/berlaku/berlaku/cards"
	"github.com/berlaku/berlaku/cmd/wire"
	"github.com/berlaku/berlaku/internal/config"
)

// deck is a card of each form and the keys that a till would have.
type deck struct {
	printed  string
	phone    string
	key      *ecdsa.PrivateKey
	verifier *cards.Verifier
}

var errDeck = errors.New("a good card is refused")

// deal takes a printed and a phone's card out of a small world of their own.
func deal(ctx context.Context, r *rig) (*deck, error) {
	dir, err := r.folder("cards")
	if err != nil {
		return nil, err
	}
	w, err := load.Make(ctx, dir, "", load.Plan{People: 1, Phones: 1, Outlets: 1, Promos: []benefits.Terms{}})
	if err != nil {
		return nil, err
	}
	keys, err := publicKeys(ctx, w)
	if err != nil {
		return nil, err
	}
	origin, err := cards.ParseOrigin(load.Origin)
	if err != nil {
		return nil, err
	}
	d := &deck{printed: w.Printed[0], key: w.Phones[0].Key, verifier: &cards.Verifier{Origin: origin, Keys: keys, AllowPrinted: true}}
	d.phone, err = cards.Present(w.Phones[0].Stored, w.Phones[0].Key, time.Now())
	return d, err
}

func publicKeys(ctx context.Context, w *load.World) (_ map[string]cards.Key, err error) {
	cfg := config.Config{DataDir: w.Dir, DatabaseURL: w.DatabaseURL, Addr: "127.0.0.1:8080", PrivateAddr: config.Off}
	if err := cfg.Complete(); err != nil {
		return nil, err
	}
	app, err := wire.Open(ctx, cfg, wire.Options{})
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, app.Close()) }()
	set, err := app.Cards.JWKS(ctx)
	if err != nil {
		return nil, err
	}
	b, err := json.Marshal(set)
	if err != nil {
		return nil, err
	}
	return cards.ParseJWKS(b)
}

// signed splits a JWT into what was signed and the signature.
func signed(token string) (input, signature []byte, err error) {
	at := strings.LastIndexByte(token, '.')
	if at < 0 {
		return nil, nil, errDeck
	}
	signature, err = base64.RawURLEncoding.DecodeString(token[at+1:])
	return []byte(token[:at]), signature, err
}

// bare returns the signature check of a card and nothing else.
func (d *deck) bare(text string) (func() bool, error) {
	now := time.Now()
	e, code := d.verifier.Verify(text, now)
	if code != cards.OK {
		return nil, errDeck
	}
	input, signature, err := signed(e.IssuerJWT)
	if err != nil {
		return nil, err
	}
	public := d.verifier.Keys[e.KID].Public
	if e.Device == nil {
		return func() bool { return ed25519.Verify(public, input, signature) }, nil
	}
	blank := sha256.Sum256([]byte(text)) // of whatever: the cost is the curve's
	proof, err := ecdsa.SignASN1(rand.Reader, d.key, blank[:])
	if err != nil {
		return nil, err
	}
	return func() bool {
		return ed25519.Verify(public, input, signature) && ecdsa.VerifyASN1(&d.key.PublicKey, blank[:], proof)
	}, nil
}

func verifyPrinted(ctx context.Context, r *rig, rounds int) (samples, error) {
	d, err := deal(ctx, r)
	if err != nil {
		return samples{}, err
	}
	return d.verify(ctx, rounds, d.printed)
}

func verifyPhone(ctx context.Context, r *rig, rounds int) (samples, error) {
	d, err := deal(ctx, r)
	if err != nil {
		return samples{}, err
	}
	return d.verify(ctx, rounds, d.phone)
}

func (d *deck) verify(ctx context.Context, rounds int, text string) (samples, error) {
	bare, err := d.bare(text)
	if err != nil {
		return samples{}, err
	}
	now := time.Now()
	return alternate(ctx, rounds, func() bool {
		_, code := d.verifier.Verify(text, now)
		return code == cards.OK
	}, bare)
}

// pieces is into how many parts each side of a turn on one core is cut.
const pieces = 20

// alternate measures both sides on one core. Each round is cut into short pieces
// that take turns: what needs no other process is disturbed less that way.
func alternate(ctx context.Context, rounds int, ours, limit func() bool) (s samples, err error) {
	sides := []func() bool{ours, limit}
	for range rounds {
		var calls, seconds [2]float64
		for piece := range 2 * pieces {
			side := (piece + piece/2) % 2 // ours limit, limit ours, …
			n, took, err := burst(ctx, turn/2/pieces, sides[side])
			if err != nil {
				return s, err
			}
			calls[side], seconds[side] = calls[side]+n, seconds[side]+took
		}
		s.ours, s.limit = append(s.ours, calls[0]/seconds[0]), append(s.limit, calls[1]/seconds[1])
	}
	return s, nil
}

// burst calls f for d; f returns false when it went wrong.
func burst(ctx context.Context, d time.Duration, f func() bool) (calls, seconds float64, err error) {
	began := time.Now()
	for time.Since(began) < d {
		if !f() {
			return 0, 0, errDeck
		}
		calls++
	}
	return calls, time.Since(began).Seconds(), ctx.Err()
}

const qrScale = 6 // pixels of a module

func drawPNG(ctx context.Context, r *rig, rounds int) (samples, error) {
	d, err := deal(ctx, r)
	if err != nil {
		return samples{}, err
	}
	return alternate(ctx, rounds, func() bool {
		b, err := cards.DrawPNG(d.phone, cards.Phone, qrScale)
		return err == nil && len(b) > 0
	}, func() bool {
		code, err := qrcode.New(d.phone, qrcode.Medium)
		if err != nil {
			return false
		}
		b, err := code.PNG(-qrScale) // negative: pixels of a module
		return err == nil && len(b) > 0
	})
}
