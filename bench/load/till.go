package load

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"time"

	"github.com/google/uuid"
)

// Use is the body of a redemption.
type Use struct {
	Card          string    `json:"card"`
	BenefitID     uuid.UUID `json:"benefit_id"`
	Gross         int64     `json:"gross"`
	ReceiptNumber string    `json:"receipt_number,omitempty"`
	IDChecked     bool      `json:"id_checked"`
}

// Answer is what the load cares about in a record.
type Answer struct {
	ID       uuid.UUID `json:"id"`
	Outcome  string    `json:"outcome"`
	Reason   string    `json:"reason"`
	State    string    `json:"state"`
	Gross    int64     `json:"gross"`
	Discount int64     `json:"discount"`
	Net      int64     `json:"net"`
}

// Till is a till system at the counter.
type Till struct {
	URL    string
	APIKey string
	Client *http.Client
}

// NewClient returns a client that keeps as many connections as there are tills.
func NewClient(tills int) *http.Client {
	return &http.Client{Timeout: 20 * time.Second, Transport: &http.Transport{MaxIdleConns: tills, MaxIdleConnsPerHost: tills}}
}

// Redeem posts a use under a key. The error is of the connection: whether the
// server heard is not known then.
func (t Till) Redeem(ctx context.Context, key uuid.UUID, use Use) (int, Answer, error) {
	var a Answer
	status, err := t.post(ctx, "/v1/redemptions", key.String(), use, &a)
	return status, a, err
}

// Void posts the voiding of a use.
func (t Till) Void(ctx context.Context, id uuid.UUID) (int, Answer, error) {
	var a Answer
	status, err := t.post(ctx, "/v1/redemptions/"+id.String()+"/void", "", map[string]string{"reason": "salah ketik"}, &a)
	return status, a, err
}

// Validate posts a scan.
func (t Till) Validate(ctx context.Context, card string, benefit uuid.UUID) (status int, verdict string, err error) {
	var a struct {
		Verdict string `json:"verdict"`
	}
	status, err = t.post(ctx, "/v1/validations", "", map[string]any{"card": card, "benefit_id": benefit, "gross": 100_000}, &a)
	return status, a.Verdict, err
}

func (t Till) post(ctx context.Context, path, idempotencyKey string, body, answer any) (int, error) {
	b, err := json.Marshal(body)
	if err != nil {
		return 0, err
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, t.URL+path, bytes.NewReader(b))
	if err != nil {
		return 0, err
	}
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("Authorization", "Bearer "+t.APIKey)
	if idempotencyKey != "" {
		req.Header.Set("Idempotency-Key", idempotencyKey)
	}
	res, err := t.Client.Do(req)
	if err != nil {
		return 0, err
	}
	defer res.Body.Close() //nolint:errcheck // read to its end below
	b, err = io.ReadAll(res.Body)
	if err != nil {
		return 0, fmt.Errorf("read answer: %w", err)
	}
	if res.StatusCode >= http.StatusMultipleChoices {
		return res.StatusCode, nil
	}
	return res.StatusCode, json.Unmarshal(b, answer)
}
