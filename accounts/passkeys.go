package accounts

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/go-webauthn/webauthn/protocol"
	"github.com/go-webauthn/webauthn/webauthn"
	"github.com/google/uuid"

	"github.com/berlaku/berlaku/internal/pii"
	"github.com/berlaku/berlaku/internal/uid"
)

const (
	maxPasskeyName = 60
	maxPasskeys    = 20
	// maxPasskeyAnswer is how many bytes an authenticator may answer.
	maxPasskeyAnswer = 64 << 10
)

// Passkey is a key pair in somebody's phone, computer or key fob (WebAuthn).
type Passkey struct {
	ID         uuid.UUID
	Name       pii.Text
	Synced     bool // it is copied to the person's other devices
	CreatedAt  time.Time
	LastUsedAt *time.Time
}

// relyingParty returns the other side of passkeys, bound to the host of the
// public URL; nil where browsers offer none: under an address of digits, or
// without https anywhere but on localhost.
func relyingParty(publicURL string) *webauthn.WebAuthn {
	u, err := url.Parse(publicURL)
	if err != nil || u.Hostname() == "" || protocol.ValidateRPID(u.Hostname()) != nil {
		return nil
	}
	if u.Scheme != "https" && u.Hostname() != "localhost" {
		return nil
	}
	w, err := webauthn.New(&webauthn.Config{
		RPID: u.Hostname(), RPDisplayName: totpIssuer, RPOrigins: []string{u.Scheme + "://" + u.Host},
		AttestationPreference: protocol.PreferNoAttestation,
		AuthenticatorSelection: protocol.AuthenticatorSelection{
			ResidentKey: protocol.ResidentKeyRequirementRequired, RequireResidentKey: protocol.ResidentKeyRequired(), UserVerification: protocol.VerificationRequired,
		},
	})
	if err != nil {
		return nil
	}
	return w
}

// holder is an account as the library of WebAuthn sees it.
type holder struct {
	account     uuid.UUID
	email, name string
	rows        []passkeyRow
}

// WebAuthnID implements webauthn.User.
func (h *holder) WebAuthnID() []byte { return h.account[:] }

// WebAuthnName implements webauthn.User.
func (h *holder) WebAuthnName() string { return h.email }

// WebAuthnDisplayName implements webauthn.User.
func (h *holder) WebAuthnDisplayName() string { return h.name }

// WebAuthnCredentials implements webauthn.User.
func (h *holder) WebAuthnCredentials() []webauthn.Credential {
	out := make([]webauthn.Credential, len(h.rows))
	for i, r := range h.rows {
		out[i] = webauthn.Credential{
			ID: r.CredentialID, PublicKey: r.PublicKey, Flags: webauthn.NewCredentialFlags(protocol.AuthenticatorFlags(r.Flags)), //nolint:gosec // one octet
			Authenticator: webauthn.Authenticator{SignCount: uint32(r.SignCount)}, //nolint:gosec // written from one
		}
		for t := range strings.SplitSeq(r.Transports, ",") {
			if t != "" {
				out[i].Transport = append(out[i].Transport, protocol.AuthenticatorTransport(t))
			}
		}
	}
	return out
}

func (h *holder) row(credential []byte) *passkeyRow {
	for i := range h.rows {
		if bytes.Equal(h.rows[i].CredentialID, credential) {
			return &h.rows[i]
		}
	}
	return nil
}

func (s *Service) holder(ctx context.Context, row *accountRow) (*holder, error) {
	a, err := s.full(ctx, row)
	if err != nil {
		return nil, err
	}
	keys, err := s.passkeysOf(ctx, row.ID)
	if err != nil {
		return nil, fmt.Errorf("read passkeys: %w", err)
	}
	return &holder{account: row.ID, email: a.Email.Reveal(), name: a.Name.Reveal(), rows: keys}, nil
}

// ListPasskeys returns the caller's own, oldest first.
func (s *Service) ListPasskeys(ctx context.Context) ([]Passkey, error) {
	row, err := s.own(ctx)
	if err != nil {
		return nil, err
	}
	rows, err := s.passkeysOf(ctx, row.ID)
	if err != nil {
		return nil, fmt.Errorf("list passkeys: %w", err)
	}
	out := make([]Passkey, len(rows))
	for i := range rows {
		name, err := s.keys.Unseal(rows[i].place(), rows[i].NameSealed)
		if err != nil {
			return nil, fmt.Errorf("list passkeys: %w", err)
		}
		flags := protocol.AuthenticatorFlags(rows[i].Flags) //nolint:gosec // one octet
		out[i] = Passkey{ID: rows[i].ID, Name: pii.Text(name), Synced: flags.HasBackupState(), CreatedAt: rows[i].CreatedAt, LastUsedAt: rows[i].LastUsedAt}
	}
	return out, nil
}

// BeginPasskey begins to register a passkey for the caller's own account and
// returns what the browser needs (JSON) and the token for AddPasskey.
func (s *Service) BeginPasskey(ctx context.Context) (options []byte, token string, err error) {
	row, err := s.own(ctx)
	if err != nil {
		return nil, "", err
	}
	if s.webauthn == nil {
		return nil, "", ErrPasskeysOff
	}
	h, err := s.holder(ctx, row)
	if err != nil {
		return nil, "", err
	}
	if len(h.rows) >= maxPasskeys {
		return nil, "", ErrPasskeys
	}
	creation, session, err := s.webauthn.BeginRegistration(h, webauthn.WithExclusions(webauthn.Credentials(h.WebAuthnCredentials()).CredentialDescriptors()))
	if err != nil {
		return nil, "", fmt.Errorf("begin passkey: %w", err)
	}
	return s.offer(ctx, newPasskey, row.ID, creation, session)
}

// offer keeps the challenge and returns what the browser needs.
func (s *Service) offer(ctx context.Context, kind string, account uuid.UUID, options any, session *webauthn.SessionData) ([]byte, string, error) {
	b, err := json.Marshal(options)
	if err != nil {
		return nil, "", fmt.Errorf("offer passkey: %w", err)
	}
	token, err := s.begin(ctx, kind, account, session)
	return b, token, err
}

// AddPasskey registers what the browser answered (JSON) under a name. The user
// must have been verified by the authenticator. ErrPasskey when it does not fit.
func (s *Service) AddPasskey(ctx context.Context, token, name string, answer []byte) error {
	row, err := s.own(ctx)
	if err != nil {
		return err
	}
	if name, err = passkeyName(name); err != nil {
		return err
	}
	h, session, err := s.challenged(ctx, newPasskey, token, row)
	if err != nil {
		return err
	}
	made, err := s.created(h, session, answer)
	if err != nil {
		return err
	}
	now := s.clock.Now()
	key := passkeyRow{
		ID: uid.At(now), AccountID: row.ID, CredentialID: made.ID, PublicKey: made.PublicKey, SignCount: int64(made.Authenticator.SignCount),
		Flags: int(made.Flags.ProtocolValue()), Transports: transports(made), CreatedAt: now,
	}
	key.NameSealed = s.keys.Seal(key.place(), name)
	return s.db.InTx(ctx, func(ctx context.Context) error {
		if err := s.insertPasskey(ctx, &key); err != nil {
			return firstOf(ErrPasskey, passThrough(err))
		}
		return s.record(ctx, "account.passkey_added", row.ID, map[string]any{"passkey_id": key.ID})
	})
}

// passThrough is nil for ErrPasskey, else the error with what we were doing.
func passThrough(err error) error {
	if errors.Is(err, ErrPasskey) {
		return nil
	}
	return fmt.Errorf("add passkey: %w", err)
}

func transports(c *webauthn.Credential) string {
	out := make([]string, len(c.Transport))
	for i, t := range c.Transport {
		out[i] = string(t)
	}
	return cut(strings.Join(out, ","), 100)
}

func passkeyName(name string) (string, error) {
	name = strings.Join(strings.Fields(name), " ")
	if n := utf8.RuneCountInString(name); n == 0 || n > maxPasskeyName || hasControl(name) || !utf8.ValidString(name) {
		return "", ErrPasskeyName.At("/name")
	}
	return name, nil
}

// challenged returns the account and the challenge that it was given, once.
func (s *Service) challenged(ctx context.Context, kind, token string, row *accountRow) (*holder, *webauthn.SessionData, error) {
	if s.webauthn == nil {
		return nil, nil, ErrPasskeysOff
	}
	var session webauthn.SessionData
	c, err := s.spend(ctx, kind, token, &session)
	if err != nil {
		return nil, nil, err
	}
	if idOrZero(c.AccountID) != row.ID {
		return nil, nil, ErrLoginOver
	}
	h, err := s.holder(ctx, row)
	return h, &session, err
}

func (s *Service) created(h *holder, session *webauthn.SessionData, answer []byte) (*webauthn.Credential, error) {
	if len(answer) > maxPasskeyAnswer {
		return nil, ErrPasskey
	}
	parsed, err := protocol.ParseCredentialCreationResponseBytes(answer)
	if err != nil {
		return nil, ErrPasskey
	}
	made, err := s.webauthn.CreateCredential(h, *session, parsed)
	if err != nil {
		return nil, ErrPasskey
	}
	return made, nil
}

// RenamePasskey gives one of the caller's own another name.
func (s *Service) RenamePasskey(ctx context.Context, id uuid.UUID, name string) error {
	row, err := s.own(ctx)
	if err != nil {
		return err
	}
	if name, err = passkeyName(name); err != nil {
		return err
	}
	key := passkeyRow{ID: id}
	return s.db.InTx(ctx, func(ctx context.Context) error {
		ok, err := s.renamePasskey(ctx, row.ID, id, s.keys.Seal(key.place(), name))
		if err != nil {
			return fmt.Errorf("rename passkey: %w", err)
		}
		if !ok {
			return ErrNotFound
		}
		return s.record(ctx, "account.passkey_renamed", row.ID, map[string]any{"passkey_id": id})
	})
}

// RemovePasskey removes one of the caller's own.
func (s *Service) RemovePasskey(ctx context.Context, id uuid.UUID) error {
	row, err := s.own(ctx)
	if err != nil {
		return err
	}
	return s.db.InTx(ctx, func(ctx context.Context) error {
		ok, err := s.deletePasskey(ctx, row.ID, id)
		if err != nil {
			return fmt.Errorf("remove passkey: %w", err)
		}
		if !ok {
			return ErrNotFound
		}
		return s.record(ctx, "account.passkey_removed", row.ID, map[string]any{"passkey_id": id})
	})
}

// PasskeysPossible reports whether this server can have passkeys.
func (s *Service) PasskeysPossible() bool { return s.webauthn != nil }
