// Package accounts knows who somebody is and what was granted to that one:
// people with their roles, second factors and sessions, invitations, API keys
// and the counters that stop guessing.
//
// What holds here:
//   - Secrets are stored as hashes only: passwords as Argon2id over an HMAC with
//     a key that is not in the database, tokens, codes and API-key secrets (all
//     random, at least 160 bits) as SHA-256.
//   - E-mail and name are sealed; equality goes through the blind index of the
//     trimmed, lower-case e-mail.
//   - An unknown account, a wrong password and a disabled account get the same
//     answer for the same work.
//   - Grants are read afresh with every request: what is taken away is gone at
//     once, on every server.
//   - Nobody grants above the own level, outside the own scope or to oneself
//     (the table is in grants.go).
//   - Failures are counted in the database, by one statement each, so that the
//     count is exact however many servers there are.
package accounts

import (
	"context"
	"fmt"
	"time"

	"github.com/go-webauthn/webauthn/webauthn"
	"github.com/google/uuid"

	"github.com/berlaku/berlaku/audit"
	"github.com/berlaku/berlaku/internal/actor"
	"github.com/berlaku/berlaku/internal/clock"
	"github.com/berlaku/berlaku/internal/database"
	"github.com/berlaku/berlaku/internal/fault"
	"github.com/berlaku/berlaku/internal/keyfile"
	"github.com/berlaku/berlaku/internal/pii"
)

// State is whether an account may act.
type State string

// The states of an account.
const (
	Active   State = "active"
	Disabled State = "disabled"
)

// Account is a person who can sign in.
type Account struct {
	ID         uuid.UUID
	Email      pii.Text
	Name       pii.Text
	State      State
	TOTP       bool          // an authenticator app is in force
	Passkeys   int           // that it can sign in with
	Unfinished bool          // its roles ask for a second factor and it has none
	Grants     []actor.Grant // those in force
	CreatedAt  time.Time
	UpdatedAt  time.Time
}

// NewAccount is what it takes to make an account.
type NewAccount struct {
	Email    string
	Name     string
	Password string
}

// Faults of the package. None carries a value that was sent in.
var (
	// ErrNotFound: there is no such thing within the caller's reach.
	ErrNotFound = fault.New(fault.NotFound, "not_found", "There is no such thing, or it is not yours to see.")
	// ErrForbidden: the caller may not do this at all.
	ErrForbidden = fault.New(fault.Forbidden, "forbidden", "You may not do this.")
	// ErrUnauthenticated: a token or key is unknown, expired, ended or revoked.
	ErrUnauthenticated = fault.New(fault.Unauthenticated, "unauthenticated", "Sign in first.")
	// ErrCredentials: e-mail, password and code do not belong together.
	ErrCredentials = fault.New(fault.Unauthenticated, "credentials_invalid", "E-mail, password or code is wrong.")
	// ErrTOTPRequired: the password is right and the account has a second factor.
	ErrTOTPRequired = fault.New(fault.Unauthenticated, "totp_required", "Send the six-digit code of your authenticator too.")
	// ErrLocked: too many failures; see LockedError for when to come back.
	ErrLocked = fault.New(fault.TooMany, "locked_out", "Too many failed attempts. Try again later.")
	// ErrBusy: more passwords wait to be checked than this server can hash.
	ErrBusy = fault.New(fault.Unavailable, "busy", "Too many sign-ins at once. Try again in a few seconds.")

	// ErrEmail: not an e-mail address.
	ErrEmail = fault.New(fault.Invalid, "email_invalid", "The e-mail address is not valid.")
	// ErrName: the name is empty or longer than 100 characters.
	ErrName = fault.New(fault.Invalid, "name_invalid", "The name must have 1 to 100 characters.")
	// ErrPasswordShort: fewer than 12 characters.
	ErrPasswordShort = fault.New(fault.Invalid, "password_too_short", "The password must have at least 12 characters.")
	// ErrPasswordLong: more than 128 characters.
	ErrPasswordLong = fault.New(fault.Invalid, "password_too_long", "The password must have at most 128 characters.")
	// ErrPasswordCommon: little is left beside common words, sequences, the person's own name and words of this programme.
	ErrPasswordCommon = fault.New(fault.Invalid, "password_common", "The password is too easy to guess. Avoid common words, sequences, your name and names of this programme.")
	// ErrAccountExists: the e-mail address has an account already.
	ErrAccountExists = fault.New(fault.Conflict, "account_exists", "There is an account with this e-mail address already.")

	// ErrBootstrap: the one-time token is unknown, used, too old, or an account exists.
	ErrBootstrap = fault.New(fault.Forbidden, "bootstrap_invalid", "The bootstrap link is used, too old or not needed any more. Restart the server for a new one.")
	// ErrInvitation: the code is unknown, used or too old.
	ErrInvitation = fault.New(fault.NotFound, "invitation_invalid", "The invitation is used, too old or unknown.")
	// ErrScope: the role cannot be granted in this kind of scope, or the role does not exist.
	ErrScope = fault.New(fault.Invalid, "scope_invalid", "This role cannot be granted in this scope.")
	// ErrGrantAbove: the caller may not grant this role in this scope.
	ErrGrantAbove = fault.New(fault.Forbidden, "grant_forbidden", "You may not grant this role here.")
	// ErrSelf: nobody changes the own grants or disables the own account.
	ErrSelf = fault.New(fault.Forbidden, "self_forbidden", "Somebody else must do this to your account.")

	// ErrLoginOver: the first step of the sign-in is unknown, used or too old.
	ErrLoginOver = fault.New(fault.Unauthenticated, "login_over", "This sign-in took too long. Begin again.")
	// ErrRecovery: e-mail and recovery code do not belong together.
	ErrRecovery = fault.New(fault.Invalid, "recovery_invalid", "E-mail or recovery code is wrong, or the code was used already.")
	// ErrRecoveryLink: the link is unknown, used or too old.
	ErrRecoveryLink = fault.New(fault.NotFound, "recovery_link_invalid", "The link is used, too old or unknown.")
	// ErrConfirm: what was sent does not prove who it is.
	ErrConfirm = fault.New(fault.Invalid, "confirmation_invalid", "That is not right. Try again.")
	// ErrFactorNeeded: recovery codes stand in for a second factor, and there is none.
	ErrFactorNeeded = fault.New(fault.Conflict, "factor_missing", "Set up an authenticator app or a passkey first.")

	// ErrPasskeysOff: passkeys need a host name and https (or localhost).
	ErrPasskeysOff = fault.New(fault.Unavailable, "passkeys_unavailable", "Passkeys need a server that is reached by its name over https.")
	// ErrPasskey: the answer of the authenticator does not fit.
	ErrPasskey = fault.New(fault.Unauthenticated, "passkey_invalid", "This passkey is not known here, or its answer does not fit.")
	// ErrPasskeyCounter: the authenticator counts backwards: it may be a copy.
	ErrPasskeyCounter = fault.New(fault.Unauthenticated, "passkey_copied", "This passkey may have been copied and is refused. Remove it and register a new one.")
	// ErrPasskeyName: the name is empty or longer than 60 characters.
	ErrPasskeyName = fault.New(fault.Invalid, "name_invalid", "The name must have 1 to 100 characters.")
	// ErrPasskeys: the account has as many as it may.
	ErrPasskeys = fault.New(fault.Conflict, "passkeys_full", "An account has at most 20 passkeys.")

	// ErrIdentity: nobody here is linked to who signed in at the identity provider.
	ErrIdentity = fault.New(fault.Forbidden, "identity_unknown", "No account here belongs to this sign-in. Ask for an invitation, and open its link first.")

	// ErrResetState: the request is decided, withdrawn or too old.
	ErrResetState = fault.New(fault.Conflict, "reset_decided", "This request is decided already, or too old.")
	// ErrOwnRequest: who asked does not approve.
	ErrOwnRequest = fault.New(fault.Forbidden, "own_request", "A second person must approve this.")
	// ErrResetOpen: the same is asked for already.
	ErrResetOpen = fault.New(fault.Conflict, "reset_open", "This is asked for already; a second person must approve it.")

	// ErrTOTPEnabled: a second factor is in force already.
	ErrTOTPEnabled = fault.New(fault.Conflict, "totp_enabled", "A second factor is in force already.")
	// ErrTOTPMissing: no second factor was begun or is in force.
	ErrTOTPMissing = fault.New(fault.Conflict, "totp_missing", "No second factor has been set up.")
	// ErrTOTPCode: the code is wrong or was used already.
	ErrTOTPCode = fault.New(fault.Invalid, "totp_invalid", "The code is wrong or was used already.")

	// ErrKeyName: the name of an API key is empty or longer than 100 characters.
	ErrKeyName = fault.New(fault.Invalid, "name_invalid", "The name must have 1 to 100 characters.")
	// ErrKeyScopes: the scopes are empty, doubled or unknown.
	ErrKeyScopes = fault.New(fault.Invalid, "scopes_invalid", "Scopes are validate, redeem and read, each at most once.")
	// ErrKeyLife: the key would live longer than 365 days, or not at all.
	ErrKeyLife = fault.New(fault.Invalid, "life_invalid", "An API key lives 1 to 365 days.")
	// ErrKeyOutlet: the outlet is not one of the partner's.
	ErrKeyOutlet = fault.New(fault.Invalid, "outlet_invalid", "The outlet is not one of this partner's.")
)

// LockedError is ErrLocked with the time after which trying makes sense.
type LockedError struct{ After time.Duration }

// Error implements error.
func (*LockedError) Error() string { return ErrLocked.Error() }

// Unwrap returns ErrLocked.
func (*LockedError) Unwrap() error { return ErrLocked }

// RetryAfter returns how long to wait, at least a second.
func (e *LockedError) RetryAfter() time.Duration { return max(e.After, time.Second) }

// Partners is what this package asks about partners; both return an error of
// kind not found for an id that does not exist.
type Partners interface {
	// PartnerBranch returns the branch that looks after the partner.
	PartnerBranch(ctx context.Context, partnerID uuid.UUID) (uuid.UUID, error)
	// OutletOwner returns the partner whose outlet it is.
	OutletOwner(ctx context.Context, outletID uuid.UUID) (uuid.UUID, error)
}

// Deps is what the service needs.
type Deps struct {
	DB       *database.DB
	Clock    clock.Clock
	Keys     *pii.Keyring
	Audit    *audit.Service
	KeyDir   string // holds pepper.key; made on first use
	Partners Partners
	// PublicURL is where browsers are: passkeys are bound to its host.
	PublicURL string
}

// Service is the room's only door.
type Service struct {
	db       *database.DB
	clock    clock.Clock
	keys     *pii.Keyring
	audit    *audit.Service
	partners Partners
	hasher   *hasher
	webauthn *webauthn.WebAuthn // nil: no passkeys here
	pepper   []byte
}

const pepperLen = 32

// New returns the service. It reads the pepper from Deps.KeyDir, making it on
// first use; without the same pepper no stored password can be checked.
func New(d Deps) (*Service, error) {
	pepper, err := keyfile.ReadOrCreate(d.KeyDir, "pepper.key", pepperLen)
	if err != nil {
		return nil, fmt.Errorf("open pepper: %w", err)
	}
	return &Service{
		webauthn: relyingParty(d.PublicURL),
		db:       d.DB, clock: d.Clock, keys: d.Keys, audit: d.Audit, partners: d.Partners,
		hasher: newHasher(pepper), pepper: pepper,
	}, nil
}

// record appends an entry about an account to the audit log.
func (s *Service) record(ctx context.Context, action string, account uuid.UUID, details map[string]any) error {
	return s.audit.Append(ctx, audit.Event{Action: action, Subject: audit.Subject{Kind: "account", ID: account}, Details: details})
}
