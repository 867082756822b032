package world

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/berlaku/berlaku/accounts"
	"github.com/berlaku/berlaku/cards"
	"github.com/berlaku/berlaku/participants"
)

// How many cards of each sort there are to try, and codes.
const (
	validCards  = 60
	otherCards  = 6
	activations = 240
	claimants   = 40
	codeLife    = 30 * 24 * time.Hour
)

var errTooFew = errors.New("the world holds too few people of that sort")

// expired issues, at the start of the history, cards whose year is over today.
func (b *builder) expired(ctx context.Context) error {
	return b.issue(ctx, "expired", otherCards, func(p *person) bool { return p.cardExpires })
}

// cards issues printed cards of every sort to people who used nothing yet.
func (b *builder) cards(ctx context.Context) error {
	b.clock.Set(b.now.Add(-time.Hour))
	if err := b.keys(ctx); err != nil {
		return err
	}
	for _, c := range []struct {
		expect string
		count  int
		status participants.Status
	}{
		{"valid", validCards, participants.Active},
		{"revoked", otherCards, participants.Active},
		{"inactive", otherCards, participants.Inactive},
		{"in_arrears", otherCards, participants.InArrears},
	} {
		err := b.issue(ctx, c.expect, c.count, func(p *person) bool { return p.status == c.status && !p.promoUser && p.cardText == "" })
		if err != nil {
			return err
		}
	}
	for _, c := range b.out.Cards {
		if c.Expect != "revoked" {
			continue
		}
		if _, err := b.app.Cards.Revoke(ctx, c.CardID, "lost"); err != nil {
			return err
		}
	}
	return nil
}

// issue prints cards for the first people who fit.
func (b *builder) issue(ctx context.Context, expect string, count int, fits func(*person) bool) error {
	return b.app.DB.InTx(ctx, func(ctx context.Context) error {
		left := count
		for i := range b.folk {
			p := &b.folk[i]
			if left == 0 {
				return nil
			}
			if !fits(p) {
				continue
			}
			card, err := b.app.Cards.Issue(ctx, cards.IssueRequest{ParticipantID: p.id, Form: cards.Printed})
			if err != nil {
				return err
			}
			p.cardText = b.app.Cards.Text(card)
			b.out.Cards = append(b.out.Cards, Card{
				ParticipantID: p.id, CardID: card.ID, Form: string(card.Form), Text: p.cardText, ShortCode: card.ShortCode, Expect: expect,
			})
			left--
		}
		if left > 0 {
			return errTooFew
		}
		return nil
	})
}

// claimants names people without a card whose data are complete.
func (b *builder) claimants() error {
	for i := range slices.Backward(b.folk) {
		p := &b.folk[i]
		if p.status != participants.Active || p.promoUser || p.cardText != "" || p.phone == "" {
			continue
		}
		phone, err := participants.ParsePhone(p.phone)
		if err != nil {
			return err
		}
		b.out.Claimants = append(b.out.Claimants, Claimant{ParticipantID: p.id, NIK: p.nik, KPJ: p.kpj, BirthOn: p.birth, Phone: phone})
		if len(b.out.Claimants) == claimants {
			return nil
		}
	}
	return errTooFew
}

// codes makes what a caller starts from: activation codes, till systems' keys
// and enrolment codes of tills.
func (b *builder) codes(ctx context.Context) error {
	b.clock.Set(b.now)
	left := activations
	for i := range b.folk {
		p := &b.folk[i]
		if left == 0 {
			break
		}
		if p.status != participants.Active || p.promoUser || p.cardText != "" {
			continue
		}
		a, err := b.app.Participants.BeginActivation(ctx, p.id)
		if err != nil {
			return err
		}
		b.out.Activations = append(b.out.Activations, Activation{
			ParticipantID: p.id, Code: a.Code, URL: b.out.BaseURL + "/kartu/#" + a.Code,
		})
		left--
	}
	if err := b.claimants(); err != nil {
		return err
	}
	scopes := []accounts.KeyScope{accounts.ScopeValidate, accounts.ScopeRedeem, accounts.ScopeRead}
	for i := range b.shops {
		s := &b.shops[i]
		for _, outlet := range s.outlets {
			_, text, err := b.app.Accounts.CreateKey(s.owner, accounts.NewKey{
				Name: "Sistem kasir", PartnerID: s.partner, OutletID: outlet, Scopes: scopes, Life: 365 * 24 * time.Hour,
			})
			if err != nil {
				return err
			}
			b.out.APIKeys = append(b.out.APIKeys, APIKey{Key: text, Scopes: []string{"validate", "redeem", "read"}, PartnerID: s.partner, OutletID: outlet})
			e, err := b.app.Tills.EnrolFor(s.owner, outlet, codeLife)
			if err != nil {
				return err
			}
			b.out.Enrolments = append(b.out.Enrolments, Enrolment{OutletID: outlet, Code: e.Code})
		}
	}
	return nil
}
