package cards

import (
	"context"
	"crypto/ed25519"
	"encoding/json"
	"fmt"

	"github.com/google/uuid"
)

// SignStatement signs payload, which is made JSON, as a compact JWS (EdDSA)
// of type typ with the key of the status lists: a short-lived word of the server
// to the tills. The same payload under the same key gives the same text. It
// returns ErrNoKey.
func (s *Service) SignStatement(ctx context.Context, typ string, payload any) (string, error) {
	kid, key, err := s.signingKey(ctx, UseStatus, s.clock.Now().Add(statusLife))
	if err != nil {
		return "", fmt.Errorf("sign statement: %w", err)
	}
	header, err := json.Marshal(struct {
		Alg string `json:"alg"`
		KID string `json:"kid"`
		Typ string `json:"typ"`
	}{"EdDSA", kid, typ})
	if err != nil {
		return "", fmt.Errorf("sign statement: %w", err)
	}
	body, err := json.Marshal(payload)
	if err != nil {
		return "", fmt.Errorf("sign statement: %w", err)
	}
	text := jose64.EncodeToString(header) + "." + jose64.EncodeToString(body)
	return text + "." + jose64.EncodeToString(ed25519.Sign(key, []byte(text))), nil
}

// ShardVersion is a status list and a number that grows with every change of an
// entry in it.
type ShardVersion struct{ Shard, Version int64 }

// ShardsOf returns the status lists of the branches' cards, in order. For other
// domains: no check of reach.
func (s *Service) ShardsOf(ctx context.Context, branchIDs []uuid.UUID) ([]ShardVersion, error) {
	shards, err := s.shardVersions(ctx, branchIDs)
	if err != nil {
		return nil, fmt.Errorf("list status lists: %w", err)
	}
	return shards, nil
}
