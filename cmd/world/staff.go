package world

import (
	"context"
	"crypto/rand"
	"encoding/base32"
	"strings"

	"github.com/google/uuid"

	"github.com/berlaku/berlaku/accounts"
	"github.com/berlaku/berlaku/internal/actor"
)

// staff makes an account of every role: national ones, and those of two branches.
func (b *builder) staff(ctx context.Context) error {
	for _, role := range []actor.Role{
		actor.ProgrammeAdmin, actor.HQAnalyst, actor.DataProtectionOfficer, actor.SystemAdmin, actor.Auditor,
	} {
		who, err := b.account(ctx, actor.Grant{Role: role, Scope: actor.National}, "pusat")
		if err != nil {
			return err
		}
		if role == actor.ProgrammeAdmin {
			b.admin = who
		}
	}
	for _, at := range []branch{palu, donggala} {
		for _, role := range []actor.Role{actor.BranchViewer, actor.BranchOfficer, actor.BranchSupervisor} {
			who, err := b.account(ctx, actor.Grant{Role: role, Scope: actor.BranchScope, ScopeID: at.id}, strings.ToLower(at.code))
			if err != nil {
				return err
			}
			switch {
			case at == palu && role == actor.BranchOfficer:
				b.officer = who
			case at == palu && role == actor.BranchSupervisor:
				b.supervisor = who
			case role == actor.BranchSupervisor:
				b.supervisorThere = who
			case role == actor.BranchOfficer:
				b.away = who
			}
		}
	}
	return nil
}

// account makes an account with one grant and returns a context in which its
// holder acts.
func (b *builder) account(ctx context.Context, g actor.Grant, place string) (context.Context, error) {
	a := Account{
		Role: g.Role, Scope: map[string]uuid.UUID{},
		Email:    strings.ReplaceAll(string(g.Role), "_", ".") + "." + place + "@contoh.example",
		Password: password(),
	}
	if key, ok := map[actor.ScopeKind]string{actor.BranchScope: "branch_id", actor.PartnerScope: "partner_id", actor.WadahScope: "wadah_id"}[g.Scope]; ok {
		a.Scope[key] = g.ScopeID
	}
	made, err := b.app.Accounts.CreateDirect(ctx, accounts.NewAccount{Email: a.Email, Name: name(b.rand), Password: a.Password}, g)
	if err != nil {
		return nil, err
	}
	b.out.Accounts = append(b.out.Accounts, a)
	return actor.With(ctx, actor.Actor{Kind: actor.Account, ID: made.ID, Grants: []actor.Grant{g}}), nil
}

// password returns 100 random bits in readable groups.
func password() string {
	var raw [15]byte
	rand.Read(raw[:]) //nolint:errcheck // crypto/rand.Read never fails since Go 1.24
	s := strings.ToLower(base32.StdEncoding.EncodeToString(raw[:]))
	return s[:5] + "-" + s[5:10] + "-" + s[10:15] + "-" + s[15:20]
}
