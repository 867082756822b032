package api

import (
	"context"
	"net/http"
	"time"

	"github.com/google/uuid"

	"github.com/berlaku/berlaku/accounts"
	"github.com/berlaku/berlaku/api/access"
	"github.com/berlaku/berlaku/internal/actor"
	"github.com/berlaku/berlaku/internal/fault"
)

const signInRate = 30 // a minute and network

func (s *Server) sessionRoutes() {
	signIn := access.Public().Limited(actor.Anonymous, signInRate, time.Minute)
	route(s, say(post("/v1/bootstrap", tagSignIn, "Make the first account"),
		"With the one-time token that the first start prints; from this machine only."), signIn, s.bootstrap)
	route(s, say(post("/v1/sessions", tagSignIn, "Sign in"),
		"The token is good as bearer everywhere; browsers get it as a cookie too. Who has a second factor sends totp."), signIn, s.signIn)
	route(s, get("/v1/sessions", tagSignIn, "The caller's open sessions"), access.SignedIn().Early(), s.listSessions)
	route(s, del("/v1/sessions/current", tagSignIn, "Sign out"), access.SignedIn().Early(), s.signOut)
	route(s, say(quiet(act("/v1/sessions/current/confirm", tagSignIn, "Prove anew who you are")),
		"Some routes ask for a proof that is at most five minutes old (step_up_required). With a second factor: totp, or a recovery code in its place; else the password."),
		access.SignedIn().Only(actor.Account).Early(), s.confirm)
	route(s, get("/v1/me", tagSignIn, "Who the caller is"), access.Needs(
		actor.OwnSession, actor.Validate, actor.Redeem, actor.ReadRedemptions).Early(), s.me)
	route(s, say(post("/v1/totp", tagSignIn, "Begin a second factor"), "In force once a code was confirmed."), access.SignedIn().Early().Fresh(), s.beginTOTP)
	route(s, quiet(act("/v1/totp/confirm", tagSignIn, "Put the second factor in force")), access.SignedIn().Early().Fresh(), s.confirmTOTP)
	route(s, quiet(act("/v1/totp/disable", tagSignIn, "Take the second factor away")), access.SignedIn().Fresh(), s.disableTOTP)
	route(s, post("/v1/invitations", tagSignIn, "Offer somebody a role"), access.Needs(actor.InvitePeople).Fresh(), s.invite)
	route(s, post("/v1/invitations/accept", tagSignIn, "Make the account that an invitation offers"), signIn, s.acceptInvitation)
}

type scopeBody struct {
	BranchID  *uuid.UUID `json:"branch_id,omitempty"`
	PartnerID *uuid.UUID `json:"partner_id,omitempty"`
	WadahID   *uuid.UUID `json:"wadah_id,omitempty"`
	OutletID  *uuid.UUID `json:"outlet_id,omitempty"`
}

type grantBody struct {
	Role  string    `json:"role" enum:"partner_owner,branch_viewer,branch_officer,branch_supervisor,hq_analyst,programme_admin,data_protection_officer,system_admin,agent,wadah_coordinator,auditor"`
	Scope scopeBody `json:"scope" doc:"At most one member; none: national."`
}

func grantOf(g actor.Grant) grantBody {
	b := grantBody{Role: string(g.Role)}
	switch g.Scope {
	case actor.BranchScope:
		b.Scope.BranchID = &g.ScopeID
	case actor.PartnerScope:
		b.Scope.PartnerID = &g.ScopeID
	case actor.WadahScope:
		b.Scope.WadahID = &g.ScopeID
	case actor.OutletScope:
		b.Scope.OutletID = &g.ScopeID
	case actor.National:
	}
	return b
}

// grant returns the grant that is meant; of two scopes, none.
func (b grantBody) grant() (actor.Grant, error) {
	g := actor.Grant{Role: actor.Role(b.Role), Scope: actor.National}
	n := 0
	for _, s := range []struct {
		id   *uuid.UUID
		kind actor.ScopeKind
	}{
		{b.Scope.BranchID, actor.BranchScope},
		{b.Scope.PartnerID, actor.PartnerScope},
		{b.Scope.WadahID, actor.WadahScope},
		{b.Scope.OutletID, actor.OutletScope},
	} {
		if s.id != nil {
			n++
			g.Scope, g.ScopeID = s.kind, *s.id
		}
	}
	if n > 1 {
		return actor.Grant{}, accounts.ErrScope.At("/scope")
	}
	return g, nil
}

type accountBody struct {
	ID        uuid.UUID   `json:"id"`
	Email     string      `json:"email"`
	Name      string      `json:"name"`
	State     string      `json:"state" enum:"active,disabled"`
	TOTP      bool        `json:"totp" doc:"A second factor is in force."`
	Grants    []grantBody `json:"grants" nullable:"false"`
	CreatedAt time.Time   `json:"created_at"`
}

func accountOf(a accounts.Account) accountBody {
	b := accountBody{ID: a.ID, Email: a.Email.Reveal(), Name: a.Name.Reveal(), State: string(a.State), TOTP: a.TOTP, Grants: []grantBody{}, CreatedAt: a.CreatedAt}
	for _, g := range a.Grants {
		b.Grants = append(b.Grants, grantOf(g))
	}
	return b
}

type newSession struct {
	Email    string `json:"email" maxLength:"254" example:"nama@contoh.example"`
	Password string `json:"password" maxLength:"128"`
	TOTP     string `json:"totp,omitempty" maxLength:"20" doc:"Six digits of the authenticator app, or a recovery code."`
}

type sessionBody struct {
	Token     string      `json:"token"`
	ExpiresAt time.Time   `json:"expires_at"`
	Account   accountBody `json:"account"`
}

type signedIn struct {
	Location string      `header:"Location"`
	Cookie   http.Cookie `header:"Set-Cookie"`
	Body     sessionBody
}

type signedOut struct {
	Cookie http.Cookie `header:"Set-Cookie"`
}

type openSession struct {
	ID         uuid.UUID `json:"id"`
	CreatedAt  time.Time `json:"created_at"`
	LastSeenAt time.Time `json:"last_seen_at"`
	ExpiresAt  time.Time `json:"expires_at"`
}

type firstAccount struct {
	Token    string `json:"token" maxLength:"200"`
	Email    string `json:"email" maxLength:"254"`
	Name     string `json:"name" maxLength:"100"`
	Password string `json:"password" maxLength:"128"`
}

type whoBody struct {
	Kind        string       `json:"kind" enum:"account,api_key,till,participant"`
	ID          uuid.UUID    `json:"id"`
	Account     *accountBody `json:"account,omitempty"`
	PartnerID   *uuid.UUID   `json:"partner_id,omitempty"`
	OutletID    *uuid.UUID   `json:"outlet_id,omitempty"`
	Permissions []string     `json:"permissions,omitempty" nullable:"false"`
}

type proofBody struct {
	TOTP     string `json:"totp,omitempty" maxLength:"20"`
	Password string `json:"password,omitempty" maxLength:"128"`
}

type totpBody struct {
	Secret string `json:"secret" doc:"Base32; shown once."`
	URI    string `json:"uri" doc:"otpauth://, for a QR code."`
}

type codeBody struct {
	Code string `json:"code" minLength:"1" maxLength:"6" example:"123456"`
}

type newInvitation struct {
	Email string    `json:"email" maxLength:"254"`
	Role  string    `json:"role" enum:"partner_owner,branch_viewer,branch_officer,branch_supervisor,hq_analyst,programme_admin,data_protection_officer,system_admin,agent,wadah_coordinator,auditor"`
	Scope scopeBody `json:"scope" doc:"At most one member; none: national."`
}

type invitationBody struct {
	ID        uuid.UUID `json:"id"`
	Code      string    `json:"code" doc:"Shown once; hand it to the person."`
	ExpiresAt time.Time `json:"expires_at"`
}

type acceptance struct {
	Code     string `json:"code" maxLength:"200"`
	Name     string `json:"name" maxLength:"100"`
	Password string `json:"password" maxLength:"128"`
}

var errNotHere = fault.New(fault.Forbidden, "not_from_here", "The first account is made on the machine on which the server runs.")

func (s *Server) bootstrap(ctx context.Context, in *with[firstAccount]) (*created[accountBody], error) {
	if !infoFrom(ctx).local {
		return nil, errNotHere
	}
	b := in.Body
	a, err := s.services.Accounts.Claim(ctx, b.Token, accounts.NewAccount{Email: b.Email, Name: b.Name, Password: b.Password})
	return replyNew(a, err, accountOf, func(accounts.Account) string { return "/v1/me" })
}

func (s *Server) signIn(ctx context.Context, in *with[newSession]) (*signedIn, error) {
	t, a, err := s.services.Accounts.Login(ctx, accounts.Login{
		Email: in.Body.Email, Password: in.Body.Password, TOTP: in.Body.TOTP, Network: access.NetworkOf(infoFrom(ctx).ip),
		Device: infoFrom(ctx).device,
	})
	if err != nil {
		return nil, err
	}
	cookies := access.Cookies{Secure: s.opts.SecureCookies}
	return &signedIn{
		Location: "/v1/me", Cookie: cookies.Write(t.Token, t.ExpiresAt),
		Body: sessionBody{Token: t.Token, ExpiresAt: t.ExpiresAt, Account: accountOf(a)},
	}, nil
}

func (s *Server) listSessions(ctx context.Context, _ *none) (*out[listOf[openSession]], error) {
	all, err := s.services.Accounts.ListSessions(ctx)
	return replyList(all, err, func(v accounts.Session) openSession {
		return openSession{v.ID, v.CreatedAt, v.LastSeenAt, v.ExpiresAt}
	})
}

func (s *Server) signOut(ctx context.Context, _ *none) (*signedOut, error) {
	c, ok := access.CredentialFrom(ctx)
	if !ok {
		return nil, access.ErrUnauthenticated
	}
	if err := s.services.Accounts.SignOut(ctx, c.Token.Reveal()); err != nil {
		return nil, err
	}
	return &signedOut{Cookie: access.Cookies{Secure: s.opts.SecureCookies}.Clear()}, nil
}

func (s *Server) confirm(ctx context.Context, in *with[proofBody]) (*none, error) {
	c, ok := access.CredentialFrom(ctx)
	if !ok {
		return nil, access.ErrUnauthenticated
	}
	return done(s.services.Accounts.Confirm(ctx, c.Token.Reveal(), accounts.Proof{Code: in.Body.TOTP, Password: in.Body.Password}))
}

func (s *Server) me(ctx context.Context, _ *none) (*out[whoBody], error) {
	who := actor.From(ctx)
	b := whoBody{Kind: string(who.Kind), ID: who.ID, PartnerID: orNone(who.PartnerID), OutletID: orNone(who.OutletID)}
	for _, p := range who.Permissions {
		b.Permissions = append(b.Permissions, string(p))
	}
	if who.Kind == actor.Account {
		a, err := s.services.Accounts.Get(ctx, who.ID)
		if err != nil {
			return nil, err
		}
		account := accountOf(a)
		b.Account = &account
	}
	return &out[whoBody]{Body: b}, nil
}

func (s *Server) beginTOTP(ctx context.Context, _ *none) (*out[totpBody], error) {
	t, err := s.services.Accounts.EnableTOTP(ctx)
	return reply(t, err, func(t accounts.TOTPSetup) totpBody { return totpBody{t.Secret, t.URI} })
}

func (s *Server) confirmTOTP(ctx context.Context, in *with[codeBody]) (*none, error) {
	return done(s.services.Accounts.ConfirmTOTP(ctx, in.Body.Code))
}

func (s *Server) disableTOTP(ctx context.Context, in *with[codeBody]) (*none, error) {
	return done(s.services.Accounts.DisableTOTP(ctx, in.Body.Code))
}

func (s *Server) invite(ctx context.Context, in *with[newInvitation]) (*out[invitationBody], error) {
	g, err := grantBody{Role: in.Body.Role, Scope: in.Body.Scope}.grant()
	if err != nil {
		return nil, err
	}
	v, err := s.services.Accounts.Invite(ctx, in.Body.Email, g)
	return reply(v, err, func(v accounts.Invitation) invitationBody { return invitationBody{v.ID, v.Code, v.ExpiresAt} })
}

func (s *Server) acceptInvitation(ctx context.Context, in *with[acceptance]) (*created[accountBody], error) {
	a, err := s.services.Accounts.Accept(ctx, in.Body.Code, in.Body.Name, in.Body.Password)
	return replyNew(a, err, accountOf, func(accounts.Account) string { return "/v1/me" })
}
