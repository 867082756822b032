package accounts

import (
	"context"
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/google/uuid"

	"github.com/berlaku/berlaku/internal/actor"
	"github.com/berlaku/berlaku/internal/page"
	"github.com/berlaku/berlaku/internal/uid"
)

const (
	maxEmail = 254 // octets, RFC 5321
	maxName  = 100 // characters
)

// CreateDirect makes an account with grants, without an invitation, that is not
// asked for a second factor. Only the program itself may (the demo world,
// commands): anyone else is ErrForbidden.
func (s *Service) CreateDirect(ctx context.Context, in NewAccount, grants ...actor.Grant) (Account, error) {
	if actor.From(ctx).Kind != actor.Job {
		return Account{}, ErrForbidden
	}
	for _, g := range grants {
		if err := checkScope(g); err != nil {
			return Account{}, err
		}
	}
	p, err := s.prepare(ctx, in)
	if err != nil {
		return Account{}, err
	}
	var made Account
	err = s.db.InTx(ctx, func(ctx context.Context) error {
		var err error
		p.waived = true
		made, err = s.create(ctx, p, grants)
		return err
	})
	return made, err
}

// Get returns an account: one's own, or one that the caller may look after.
func (s *Service) Get(ctx context.Context, id uuid.UUID) (Account, error) {
	row, err := s.account(ctx, id)
	if err != nil {
		return Account{}, err
	}
	if err := s.mayManage(ctx, id); err != nil {
		return Account{}, err
	}
	return s.full(ctx, row)
}

// List returns the accounts that hold a grant within the caller's reach,
// newest first.
func (s *Service) List(ctx context.Context, r page.Request) (page.Of[Account], error) {
	reach := actor.From(ctx).Scope(actor.InvitePeople)
	rows, err := s.accountsWithin(ctx, reach, r)
	if err != nil {
		return page.Of[Account]{}, fmt.Errorf("list accounts: %w", err)
	}
	out := make([]Account, 0, len(rows))
	for i := range rows {
		a, err := s.full(ctx, &rows[i])
		if err != nil {
			return page.Of[Account]{}, err
		}
		out = append(out, a)
	}
	return page.Cut(out, r, func(a Account) uuid.UUID { return a.ID }), nil
}

// prepared is a checked account with its password hashed: the slow part, done
// before the transaction.
type prepared struct {
	email, name, hash string
	waived            bool // no second factor is asked for
}

func (s *Service) prepare(ctx context.Context, in NewAccount) (prepared, error) {
	p, err := checkNew(in)
	if err != nil {
		return p, err
	}
	p.hash, err = s.hasher.hash(ctx, in.Password)
	return p, err
}

func checkNew(in NewAccount) (prepared, error) {
	p := prepared{email: normalEmail(in.Email), name: strings.Join(strings.Fields(in.Name), " ")}
	if !validEmail(p.email) {
		return p, ErrEmail.At("/email")
	}
	if n := utf8.RuneCountInString(p.name); n == 0 || n > maxName || !utf8.ValidString(p.name) || hasControl(p.name) {
		return p, ErrName.At("/name")
	}
	return p, checkPassword(in.Password, p.email, p.name)
}

// create writes the account, its grants and the audit entry. Inside a transaction.
func (s *Service) create(ctx context.Context, p prepared, grants []actor.Grant) (Account, error) {
	a, err := s.insert(ctx, p, actor.From(ctx).ID, grants)
	if err != nil {
		return Account{}, err
	}
	roles := make([]string, 0, len(grants))
	for _, g := range grants {
		roles = append(roles, string(g.Role))
	}
	return a, s.record(ctx, "account.created", a.ID, map[string]any{"roles": roles})
}

// insert writes the account and its grants. Inside a transaction.
func (s *Service) insert(ctx context.Context, p prepared, grantedBy uuid.UUID, grants []actor.Grant) (Account, error) {
	now := s.clock.Now()
	row := accountRow{
		ID: uid.At(now), EmailIndex: s.emailIndex(p.email), PasswordHash: p.hash,
		State: string(Active), FactorWaived: p.waived, CreatedAt: now, UpdatedAt: now,
	}
	row.EmailSealed = s.keys.Seal(row.place("email_sealed"), p.email)
	row.NameSealed = s.keys.Seal(row.place("name_sealed"), p.name)
	if err := s.insertAccount(ctx, &row); err != nil {
		return Account{}, err
	}
	for _, g := range grants {
		if err := s.insertGrant(ctx, row.ID, grantedBy, g); err != nil {
			return Account{}, err
		}
	}
	return s.full(ctx, &row)
}

// normalEmail is the form in which addresses are compared.
func normalEmail(email string) string { return strings.ToLower(strings.TrimSpace(email)) }

func (s *Service) emailIndex(email string) []byte { return s.keys.Index("email", normalEmail(email)) }

// validEmail accepts one @ between a local part and a domain, without spaces
// or control characters: whether somebody reads there only a message can tell.
func validEmail(email string) bool {
	local, domain, found := strings.Cut(email, "@")
	return found && len(email) <= maxEmail && utf8.ValidString(email) &&
		local != "" && domain != "" && !strings.Contains(domain, "@") &&
		!strings.HasPrefix(domain, ".") && !strings.HasSuffix(domain, ".") && !strings.Contains(domain, "..") &&
		!strings.ContainsAny(email, " ,;<>\"\\()[]") && !hasControl(email)
}

func hasControl(text string) bool {
	return strings.ContainsFunc(text, func(r rune) bool { return r < 0x20 || r >= 0x7f && r < 0xa0 })
}

// Judge returns what is wrong with a new account, before anything is spent for
// it.
func Judge(in NewAccount) error {
	_, err := checkNew(in)
	return err
}
