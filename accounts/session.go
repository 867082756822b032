package accounts

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/berlaku/berlaku/audit"
	"github.com/berlaku/berlaku/internal/actor"
	"github.com/berlaku/berlaku/internal/uid"
)

const (
	sessionOfAccount     = "account"
	sessionOfParticipant = "participant"

	// ParticipantLife is how long a phone stays signed in.
	ParticipantLife = 30 * 24 * time.Hour
	// touchEvery is how exact last_seen_at and last_used_at are.
	touchEvery = time.Minute
	// touchWait is how long a request waits to note that it was made.
	touchWait = 250 * time.Millisecond
)

// life is how long a session lasts: altogether, and without use.
type life struct{ absolute, idle time.Duration }

var (
	adminLife = life{absolute: 8 * time.Hour, idle: 10 * time.Minute}
	staffLife = life{absolute: 8 * time.Hour, idle: 15 * time.Minute}
	fieldLife = life{absolute: 12 * time.Hour, idle: 30 * time.Minute}
)

// lifeOf returns the shortest life among the roles held.
func lifeOf(grants []actor.Grant) life {
	if len(grants) == 0 {
		return staffLife
	}
	shortest := fieldLife
	for _, g := range grants {
		switch g.Role {
		case actor.ProgrammeAdmin, actor.DataProtectionOfficer, actor.SystemAdmin, actor.Auditor:
			return adminLife
		case actor.PartnerOwner, actor.Agent, actor.WadahCoordinator:
		default:
			shortest = staffLife
		}
	}
	return shortest
}

// Method is how somebody signed in.
type Method string

// The methods.
const (
	ByPassword Method = "password"
	ByTOTP     Method = "totp"
	ByRecovery Method = "recovery"
	ByPasskey  Method = "passkey"
	ByProvider Method = "oidc"
)

// needsFactor reports whether one of the roles may not act without a second
// factor: everybody's but those of the field.
func needsFactor(grants []actor.Grant) bool {
	for _, g := range grants {
		switch g.Role {
		case actor.Agent, actor.WadahCoordinator:
		default:
			return true
		}
	}
	return false
}

// Session is a sign-in that lasts.
type Session struct {
	ID            uuid.UUID
	AccountID     uuid.UUID // zero for a participant's phone
	ParticipantID uuid.UUID // zero for an account
	CardID        uuid.UUID // the card that the phone carries
	CreatedAt     time.Time
	LastSeenAt    time.Time
	ExpiresAt     time.Time
	ConfirmedAt   time.Time // when the holder last proved who it is
	Method        Method
	Device        string // kind of browser, from what it says of itself
	Network       string // network of the sign-in, never an address
}

// Actor resolves any credential that this package gives out — session token,
// participant token, API key — to who acts. It returns ErrUnauthenticated for
// what is unknown, expired, ended or revoked.
func (s *Service) Actor(ctx context.Context, credential string) (actor.Actor, error) {
	if strings.HasPrefix(credential, KeyPrefix) {
		return s.AuthenticateKey(ctx, credential)
	}
	who, _, err := s.Authenticate(ctx, credential)
	return who, err
}

// Authenticate resolves a session token. Grants are read afresh.
func (s *Service) Authenticate(ctx context.Context, token string) (actor.Actor, Session, error) {
	row, err := s.sessionByHash(ctx, hashToken(token))
	if errors.Is(err, ErrNotFound) {
		return actor.Actor{}, Session{}, ErrUnauthenticated
	}
	if err != nil {
		return actor.Actor{}, Session{}, fmt.Errorf("authenticate: %w", err)
	}
	now := s.clock.Now()
	if row.EndedAt != nil || !now.Before(row.ExpiresAt) {
		return actor.Actor{}, Session{}, ErrUnauthenticated
	}
	who := actor.Actor{Kind: actor.Participant, Permissions: []actor.Permission{actor.ReadOwnCard, actor.OwnRecords, actor.OwnSession}}
	if row.Kind == sessionOfAccount {
		if who, err = s.accountActor(ctx, row, now); err != nil {
			return actor.Actor{}, Session{}, err
		}
	} else {
		who.ID = *row.ParticipantID
	}
	s.touch(ctx, row.LastSeenAt, now, func(ctx context.Context) error {
		return s.touchSession(ctx, row.ID, now, now.Add(-touchEvery))
	})
	return who, row.session(), nil
}

func (s *Service) accountActor(ctx context.Context, row *sessionRow, now time.Time) (actor.Actor, error) {
	if row.AccountState != string(Active) {
		return actor.Actor{}, ErrUnauthenticated
	}
	held, err := s.grants(ctx, *row.AccountID)
	if err != nil {
		return actor.Actor{}, fmt.Errorf("authenticate: %w", err)
	}
	if now.Sub(row.LastSeenAt) >= lifeOf(held).idle {
		return actor.Actor{}, ErrUnauthenticated
	}
	return actor.Actor{
		Kind: actor.Account, ID: *row.AccountID, Grants: held, ConfirmedAt: row.confirmed(),
		Unfinished: !row.Factor && !row.Waived && Method(row.Method) != ByProvider && needsFactor(held),
	}, nil
}

// touch notes a use at most once in touchEvery. A request does not fail, nor
// wait long, because that could not be written: the next one tries again.
func (s *Service) touch(ctx context.Context, last, now time.Time, write func(context.Context) error) {
	if now.Sub(last) < touchEvery {
		return
	}
	ctx, cancel := context.WithTimeout(ctx, touchWait)
	defer cancel()
	_ = s.db.InTx(ctx, write) //nolint:errcheck // see above
}

// IssueParticipantToken opens a session for the phone that carries the card,
// for 30 days; sessions of the participant's earlier phones end. It joins the
// caller's transaction. For other domains: no check of reach.
func (s *Service) IssueParticipantToken(ctx context.Context, participantID, cardID uuid.UUID) (string, error) {
	var token string
	err := s.db.InTx(ctx, func(ctx context.Context) error {
		now := s.clock.Now()
		if err := s.endParticipantSessions(ctx, participantID, now); err != nil {
			return err
		}
		var hash []byte
		token, hash = newToken(ParticipantPrefix)
		row := sessionRow{
			ID: uid.At(now), TokenHash: hash, Kind: sessionOfParticipant, ParticipantID: &participantID, CardID: &cardID,
			CreatedAt: now, LastSeenAt: now, ExpiresAt: now.Add(ParticipantLife), Method: "card",
		}
		if err := s.insertSession(ctx, &row); err != nil {
			return err
		}
		return s.audit.Append(ctx, audit.Event{Action: "session.opened", Subject: about("participant", participantID), Details: map[string]any{"card_id": cardID}})
	})
	if err != nil {
		return "", fmt.Errorf("open participant session: %w", err)
	}
	return token, nil
}

// EndParticipant ends all sessions of a participant's phones. It joins the
// caller's transaction. For other domains: no check of reach.
func (s *Service) EndParticipant(ctx context.Context, participantID uuid.UUID) error {
	return s.db.InTx(ctx, func(ctx context.Context) error {
		if err := s.endParticipantSessions(ctx, participantID, s.clock.Now()); err != nil {
			return fmt.Errorf("end participant sessions: %w", err)
		}
		return s.audit.Append(ctx, audit.Event{Action: "session.ended", Subject: about("participant", participantID)})
	})
}

// SignOut ends the session that the token opens. Signing out twice is
// ErrUnauthenticated.
func (s *Service) SignOut(ctx context.Context, token string) error {
	return s.db.InTx(ctx, func(ctx context.Context) error {
		row, err := s.sessionByHash(ctx, hashToken(token))
		if errors.Is(err, ErrNotFound) {
			return ErrUnauthenticated
		}
		if err != nil {
			return fmt.Errorf("sign out: %w", err)
		}
		ok, err := s.endSession(ctx, row.ID, s.clock.Now())
		if err != nil {
			return fmt.Errorf("sign out: %w", err)
		}
		if !ok {
			return ErrUnauthenticated
		}
		return s.audit.Append(ctx, audit.Event{Action: "session.ended", Subject: about("session", row.ID)})
	})
}

// ListSessions returns the caller's own open sessions, newest first.
func (s *Service) ListSessions(ctx context.Context) ([]Session, error) {
	who := actor.From(ctx)
	if who.Kind != actor.Account {
		return nil, ErrForbidden
	}
	rows, err := s.openSessions(ctx, who.ID, s.clock.Now())
	if err != nil {
		return nil, fmt.Errorf("list sessions: %w", err)
	}
	out := make([]Session, len(rows))
	for i := range rows {
		out[i] = rows[i].session()
	}
	return out, nil
}

// EndAll ends all sessions of an account: one's own, or one that the caller
// may look after.
func (s *Service) EndAll(ctx context.Context, accountID uuid.UUID) error {
	return s.db.InTx(ctx, func(ctx context.Context) error {
		if _, err := s.lockAccount(ctx, accountID); err != nil {
			return err
		}
		if err := s.mayManage(ctx, accountID); err != nil {
			return err
		}
		if err := s.endAccountSessions(ctx, accountID, s.clock.Now()); err != nil {
			return fmt.Errorf("end sessions: %w", err)
		}
		return s.record(ctx, "session.ended_all", accountID, nil)
	})
}

// Disable stops an account for good, in one transaction with everything that
// acts for it: sessions, the API keys it made, the invitations it sent.
func (s *Service) Disable(ctx context.Context, accountID uuid.UUID) error {
	if isSelf(ctx, accountID) {
		return ErrSelf
	}
	return s.db.InTx(ctx, func(ctx context.Context) error {
		if _, err := s.lockAccount(ctx, accountID); err != nil {
			return err
		}
		if err := s.mayManage(ctx, accountID); err != nil {
			return err
		}
		now := s.clock.Now()
		if err := s.disableAccount(ctx, accountID, now); err != nil {
			return fmt.Errorf("disable account: %w", err)
		}
		return s.record(ctx, "account.disabled", accountID, nil)
	})
}
