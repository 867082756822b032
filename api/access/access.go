// Package access decides who may call a route, before its body is read.
//
// Every operation carries a Rule: Public, SignedIn or Needs(permission…). The
// Guard finds the credential (bearer token or session cookie), has it resolved
// to an actor, compares it with the rule and puts the actor into the context.
// It is deny by default: an operation without a rule cannot be registered, and
// if one were it would answer 403. How far a permission reaches is for the
// domains to decide; what lies beyond is not found there.
//
// The JSON API and the console share this package. It knows HTTP, no SQL, and
// leaves the wording of refusals to its caller.
package access

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/berlaku/berlaku/internal/actor"
	"github.com/berlaku/berlaku/internal/fault"
)

// Refusals of this package.
var (
	// ErrUnauthenticated: no credential, or one that opens nothing.
	ErrUnauthenticated = fault.New(fault.Unauthenticated, "unauthenticated", "Sign in, or send a valid token.")
	// ErrForbidden: whoever calls does not hold the permission.
	ErrForbidden = fault.New(fault.Forbidden, "forbidden", "You may not do this.")
	// ErrStepUp: for this, an account must have proved who it is within ConfirmedFor.
	ErrStepUp = fault.New(fault.Forbidden, "step_up_required", "Confirm that it is you: send your second factor or sign in again.")
	// ErrFactor: the account's roles ask for a second factor and it has none.
	ErrFactor = fault.New(fault.Forbidden, "second_factor_required", "Set up a second factor first: your roles ask for one.")
	// ErrCrossOrigin: a page of another site tried to write with the reader's cookie.
	ErrCrossOrigin = fault.New(fault.Forbidden, "cross_origin", "A page of another site may not write here.")
	// ErrTooMany: see LimitedError for when to come back.
	ErrTooMany = fault.New(fault.TooMany, "too_many_requests", "Too many requests. Wait and try again.")
	// ErrOverload: more requests at once than this server takes.
	ErrOverload = fault.New(fault.Unavailable, "overloaded", "The server is busy. Try again in a few seconds.")

	// ErrNoRule: an operation does not say who may call it.
	ErrNoRule = errors.New("operation declares nobody who may call it")
)

// Rule says who may call an operation. The zero Rule is none.
type Rule struct {
	public bool
	perms  []actor.Permission
	only   actor.Kind // empty: any kind
	rates  map[actor.Kind]Rate
	fresh  bool
	early  bool // before a second factor is set up
}

// ConfirmedFor is how long a proof of who somebody is lasts for what needs one.
const ConfirmedFor = 5 * time.Minute

// Public lets anybody call.
func Public() Rule { return Rule{public: true} }

// Needs lets those call who hold at least one of the permissions.
func Needs(perms ...actor.Permission) Rule { return Rule{perms: perms} }

// SignedIn lets every account and every participant's phone call.
func SignedIn() Rule { return Needs(actor.OwnSession) }

// Only returns the rule for one kind of caller: others are refused even when
// they hold the permission.
func (r Rule) Only(kind actor.Kind) Rule {
	r.only = kind
	return r
}

// Fresh returns the rule for what does most harm in wrong hands: an account must
// have signed in, or confirmed with a second factor, within ConfirmedFor.
func (r Rule) Fresh() Rule {
	r.fresh = true
	return r
}

// IsFresh reports whether the rule was made by Fresh.
func (r Rule) IsFresh() bool { return r.fresh }

// Early returns the rule for what an account needs in order to set up the second
// factor that its roles ask for: everything else waits for that.
func (r Rule) Early() Rule {
	r.early = true
	return r
}

// finished returns ErrFactor for an account that has to set up a second factor
// first.
func (r Rule) finished(who actor.Actor) error {
	if who.Unfinished && !r.early && !r.public {
		return ErrFactor
	}
	return nil
}

// confirmed returns ErrStepUp for an account that has to prove itself first.
func (r Rule) confirmed(who actor.Actor, now time.Time) error {
	if r.fresh && who.Kind == actor.Account && now.Sub(who.ConfirmedAt) > ConfirmedFor {
		return ErrStepUp
	}
	return nil
}

// holds returns what somebody who may call has to do first.
func (r Rule) holds(who actor.Actor, now time.Time) error {
	if err := r.finished(who); err != nil {
		return err
	}
	return r.confirmed(who, now)
}

// Limited returns the rule with a rate of its own for one kind of caller, each
// caller counted apart. For Anonymous it stands instead of the general rate,
// for the others beside it.
func (r Rule) Limited(kind actor.Kind, n int, per time.Duration) Rule {
	return r.with(kind, Rate{N: n, Per: per, Burst: n})
}

// Unlimited returns the rule without any rate for those who do not sign in:
// for probes.
func (r Rule) Unlimited() Rule { return r.with(actor.Anonymous, Rate{}) }

func (r Rule) with(kind actor.Kind, rate Rate) Rule {
	rates := map[actor.Kind]Rate{kind: rate}
	for k, v := range r.rates {
		if k != kind {
			rates[k] = v
		}
	}
	r.rates = rates
	return r
}

// Permissions returns what the rule asks for, at least one of them; none when
// anybody may call.
func (r Rule) Permissions() []actor.Permission { return slices.Clone(r.perms) }

// IsPublic reports whether anybody may call.
func (r Rule) IsPublic() bool { return r.public }

// Allows reports whether who may call.
func (r Rule) Allows(who actor.Actor) bool {
	return r.public || (r.only == "" || r.only == who.Kind) && slices.ContainsFunc(r.perms, who.Can)
}

func (r Rule) check() error {
	if r.public == (len(r.perms) > 0) {
		return ErrNoRule
	}
	return nil
}

// metadataKey is where an operation carries its rule.
const metadataKey = "access"

// Names of the security schemes in OpenAPI.
const (
	schemeBearer = "bearer"
	schemeCookie = "cookie"
)

// Declare attaches the rule to the operation and describes it in OpenAPI:
// "security": [] for what is public, and only for that. It returns ErrNoRule
// for the zero Rule and for Needs without a permission.
func Declare(op *huma.Operation, rule Rule) error {
	if err := rule.check(); err != nil {
		return err
	}
	if op.Metadata == nil {
		op.Metadata = map[string]any{}
	}
	op.Metadata[metadataKey] = rule
	op.Security = []map[string][]string{}
	if !rule.public {
		op.Security = append(op.Security, map[string][]string{schemeBearer: {}}, map[string][]string{schemeCookie: {}})
	}
	return nil
}

// Of returns the rule of an operation, or ErrNoRule.
func Of(op *huma.Operation) (Rule, error) {
	if op == nil {
		return Rule{}, ErrNoRule
	}
	rule, ok := op.Metadata[metadataKey].(Rule)
	if !ok {
		return Rule{}, ErrNoRule
	}
	return rule, rule.check()
}

// Check panics unless the operation carries a rule: call it where operations
// are registered, so that a forgotten one stops the program when it starts.
func Check(op *huma.Operation) {
	if _, err := Of(op); err != nil {
		panic(fmt.Sprintf("%s %s: %v", op.Method, op.Path, err))
	}
}

// CheckAll makes every later registration go through Check.
func CheckAll(doc *huma.OpenAPI) {
	doc.OnAddOperation = append(doc.OnAddOperation, func(_ *huma.OpenAPI, op *huma.Operation) { Check(op) })
}

// Describe says in words who may call the operation.
func Describe(op *huma.Operation) string {
	rule, err := Of(op)
	switch {
	case err != nil:
		return "Nobody."
	case rule.public:
		return "Anybody."
	case slices.Equal(rule.perms, []actor.Permission{actor.OwnSession}):
		return "Whoever is signed in."
	}
	parts := make([]string, len(rule.perms))
	for i, p := range rule.perms {
		parts[i] = string(p)
		var roles []string
		for _, r := range actor.Roles() {
			if r.Can(p) {
				roles = append(roles, string(r))
			}
		}
		if len(roles) > 0 {
			parts[i] += " (" + strings.Join(roles, ", ") + ")"
		}
	}
	needs := "Needs " + strings.Join(parts, " or ")
	if rule.only != "" {
		return needs + ", as " + string(rule.only) + "."
	}
	return needs + "."
}

// Schemes describes the two ways of signing in for OpenAPI.
func Schemes() map[string]*huma.SecurityScheme {
	return map[string]*huma.SecurityScheme{
		schemeBearer: {
			Type: "http", Scheme: "bearer",
			Description: "An API key (brk_…), a session token (bls_…), a till's token (blt_…) or a participant's token (blp_…). For handing in only: an assertion that a till signed for that.",
		},
		schemeCookie: {
			Type: "apiKey", In: "cookie", Name: secureCookie,
			Description: "The session of somebody who signed in with a browser. Over plain HTTP on this machine the name is berlaku.",
		},
	}
}
