package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"time"

	"github.com/google/uuid"

	"github.com/berlaku/berlaku/bench/load"
	"github.com/berlaku/berlaku/benefits"
	"github.com/berlaku/berlaku/cmd/wire"
	"github.com/berlaku/berlaku/internal/actor"
	"github.com/berlaku/berlaku/internal/config"
	"github.com/berlaku/berlaku/internal/pii"
	"github.com/berlaku/berlaku/participants"
)

const (
	claimPairs  = 100 // a round: one who is known, one who is not
	claimWarmup = 20
	claimBorn   = "1970-03-01"
)

// claimUnknown measures in milliseconds how long an answer takes for a person
// whose data fit, beside one who is nobody. Each number is asked for once.
func claimUnknown(ctx context.Context, r *rig, rounds int) (s samples, err error) {
	dir, err := r.folder("claims")
	if err != nil {
		return s, err
	}
	w, err := load.Make(ctx, dir, "", load.Plan{People: 1, Phones: 1, Outlets: 1, Promos: []benefits.Terms{}})
	if err != nil {
		return s, err
	}
	if err := claimants(ctx, w, claimWarmup+rounds*claimPairs); err != nil {
		return s, err
	}
	program, err := r.binary(ctx)
	if err != nil {
		return s, err
	}
	env := append(w.Env(), "BERLAKU_MESSAGE_URL=file:"+filepath.Join(dir, "messages.jsonl"))
	server, err := load.Serve(ctx, program, filepath.Join(dir, "log"), env, "serve")
	if err != nil {
		return s, err
	}
	defer func() { err = errors.Join(err, server.Stop()) }()
	c := &claimClient{url: server.URL, client: load.NewClient(1)}
	if _, _, err := c.round(ctx, claimWarmup); err != nil {
		return s, err
	}
	for range rounds {
		known, unknown, err := c.round(ctx, claimPairs)
		if err != nil {
			return s, err
		}
		s.ours, s.limit = append(s.ours, *median(known)), append(s.limit, *median(unknown))
	}
	return s, c.wasSent(filepath.Join(dir, "messages.jsonl"))
}

// claimants enters n people whose data are complete.
func claimants(ctx context.Context, w *load.World, n int) (err error) {
	cfg := config.Config{DataDir: w.Dir, DatabaseURL: w.DatabaseURL, Addr: "127.0.0.1:8080", PrivateAddr: config.Off}
	if err := cfg.Complete(); err != nil {
		return err
	}
	app, err := wire.Open(ctx, cfg, wire.Options{})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, app.Close()) }()
	ctx = actor.With(ctx, actor.System())
	branches, err := app.Participants.Branches(ctx)
	if err != nil {
		return err
	}
	all := make([]participants.NewParticipant, n)
	for i := range all {
		all[i] = participants.NewParticipant{
			BranchID: branches[0].ID, IDNumber: pii.Text(fmt.Sprintf("7271990101%02d%04d", 20+i/5000, i%5000+1)), Name: "Siti Aminah",
			BirthOn: claimBorn, Phone: "081234567890",
			Membership: &participants.NewMembership{KPJ: pii.Text(claimKPJ(1, i)), Segment: participants.BPU, Status: participants.Active},
		}
	}
	_, err = app.Participants.CreateMany(ctx, all)
	return err
}

// claimKPJ is the i-th number of the known (1) or the unknown (2).
func claimKPJ(series, i int) string { return fmt.Sprintf("9%d%09d", series, i) }

type claimClient struct {
	url    string
	client *http.Client
	next   int
}

// round asks for n pairs, each side first in every other one, and returns how
// long each answer took.
func (c *claimClient) round(ctx context.Context, n int) (known, unknown []float64, err error) {
	into := map[int]*[]float64{1: &known, 2: &unknown}
	for range n {
		order := []int{1, 2}
		if c.next%2 == 1 {
			order = []int{2, 1}
		}
		for _, series := range order {
			took, err := c.ask(ctx, claimKPJ(series, c.next))
			if err != nil {
				return nil, nil, err
			}
			*into[series] = append(*into[series], took)
		}
		c.next++
	}
	return known, unknown, nil
}

func (c *claimClient) ask(ctx context.Context, kpj string) (milliseconds float64, err error) {
	body, err := json.Marshal(map[string]string{"kind": "kpj", "number": kpj, "birth_on": claimBorn})
	if err != nil {
		return 0, err
	}
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, c.url+"/v1/claims", bytes.NewReader(body))
	if err != nil {
		return 0, err
	}
	r.Header.Set("Content-Type", "application/json")
	began := time.Now()
	answer, err := c.client.Do(r)
	if err != nil {
		return 0, err
	}
	var got struct{ ID uuid.UUID }
	err = errors.Join(json.NewDecoder(answer.Body).Decode(&got), answer.Body.Close())
	took := time.Since(began)
	if err != nil || answer.StatusCode != http.StatusAccepted || got.ID == uuid.Nil {
		return 0, errors.Join(err, fmt.Errorf("a claim was answered with status %d", answer.StatusCode))
	}
	return float64(took) / float64(time.Millisecond), nil
}

// wasSent makes sure that the known were known: their codes leave.
func (c *claimClient) wasSent(path string) error {
	const patience = 10 * time.Second
	var sent int
	for began := time.Now(); time.Since(began) < patience; time.Sleep(patience / 20) {
		b, err := os.ReadFile(path) //nolint:gosec // our own file
		if err != nil {
			return err
		}
		if sent = bytes.Count(b, []byte("\n")); sent == c.next {
			return nil
		}
	}
	return fmt.Errorf("%d of %d codes left", sent, c.next)
}
