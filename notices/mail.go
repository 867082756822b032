package notices

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/berlaku/berlaku/internal/actor"
	"github.com/berlaku/berlaku/internal/fault"
	"github.com/berlaku/berlaku/internal/pii"
)

// dailyHour is from when on the mail of the day leaves, in the zone.
const dailyHour = 7

// Mails reports whether notices can go out by mail at all.
func (s *Service) Mails() bool { return s.Post != nil && s.Readers != nil && s.Post.Mails() }

// Settings returns what the account that acts wants by mail; kinds without an
// entry are MailNever.
func (s *Service) Settings(ctx context.Context) (map[Kind]Mailing, error) {
	rows, err := s.settingsOf(ctx, actor.From(ctx).ID)
	if err != nil {
		return nil, err
	}
	out := make(map[Kind]Mailing, len(rows))
	for _, r := range rows {
		out[Kind(r.Kind)] = Mailing(r.Mail)
	}
	return out, nil
}

// SetSettings says what the account that acts wants by mail; kinds that are not
// named are MailNever. What happened before is not mailed. Errors: ErrSetting.
func (s *Service) SetSettings(ctx context.Context, want map[Kind]Mailing) error {
	who := actor.From(ctx)
	if who.Kind != actor.Account {
		return ErrNotFound
	}
	for k, m := range want {
		if !slices.Contains(For(who), k) || m != MailNever && m != MailDaily && m != MailNow {
			return ErrSetting.With(fault.Field{Pointer: "/" + strings.ReplaceAll(string(k), ".", "_"), Code: ErrSetting.Code})
		}
	}
	return s.db.InTx(ctx, func(ctx context.Context) error {
		before, err := s.Settings(ctx)
		if err != nil {
			return err
		}
		for _, k := range Kinds() {
			if want[k] == before[k] {
				continue
			}
			if err := s.setSetting(ctx, settingRow{who.ID, string(k), string(want[k]), s.clock.Now()}); err != nil {
				return err
			}
		}
		return nil
	})
}

// Mail queues the mails that are due and returns how many. A mail holds counts
// and a link, nothing else. For the regular work: any number of servers.
func (s *Service) Mail(ctx context.Context) (n int64, err error) {
	if !s.Mails() {
		return 0, nil
	}
	accounts, err := s.subscribers(ctx)
	if err != nil {
		return 0, err
	}
	for _, id := range accounts {
		sent, err := s.mailTo(ctx, id)
		if err != nil {
			return n, fmt.Errorf("mail notices: %w", err)
		}
		if sent {
			n++
		}
	}
	return n, nil
}

// mailTo queues one mail to an account when anything is new of what it wants now.
func (s *Service) mailTo(ctx context.Context, id uuid.UUID) (sent bool, err error) { //nolint:gocognit // one transaction over a few settings
	reader, err := s.Readers(ctx, id)
	if errors.Is(err, ErrNotFound) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	err = s.db.InTx(ctx, func(ctx context.Context) error {
		sent = false
		rows, err := s.lockSettings(ctx, id)
		if err != nil {
			return err
		}
		var lines []string
		now := s.clock.Now()
		for _, r := range rows {
			if !s.due(r, now) {
				continue
			}
			count, err := s.countUnread(ctx, query{who: reader.Actor, filter: Filter{Kind: Kind(r.Kind), Unread: true}, after: r.MailedTo}, MostUnread)
			if err != nil {
				return err
			}
			if count == 0 && Mailing(r.Mail) == MailNow {
				continue // nothing to say, nothing to write
			}
			if count > 0 {
				lines = append(lines, fmt.Sprintf("- %s: %d", wordsOf(Kind(r.Kind)), count))
			}
			r.MailedTo = now
			if err := s.setSetting(ctx, r); err != nil {
				return err
			}
		}
		if len(lines) == 0 {
			return nil
		}
		sent = true
		return s.Post.Mail(ctx, id, reader.Email, pii.Text(s.letter(lines)))
	})
	return sent, err
}

// due reports whether a setting may lead to a mail now.
func (s *Service) due(r settingRow, now time.Time) bool {
	if Mailing(r.Mail) == MailNow {
		return true
	}
	local, last := now.In(s.Zone), r.MailedTo.In(s.Zone)
	return local.Hour() >= dailyHour && local.Format(time.DateOnly) > last.Format(time.DateOnly)
}

func (s *Service) letter(lines []string) string {
	return "Ada pemberitahuan baru di konsol Berlaku / New notices in the Berlaku console:\n\n" + strings.Join(lines, "\n") +
		"\n\n" + s.PublicURL + "/konsol/pemberitahuan\n\nUbah setelan surel / Change these mails:\n" + s.PublicURL + "/konsol/pemberitahuan/setelan\n"
}

// wordsOf names a kind in a mail, in both languages.
func wordsOf(k Kind) string {
	t := map[Kind]string{
		AgreementEnding: "Perjanjian hampir berakhir / Agreement about to end", AgreementExpired: "Perjanjian berakhir / Agreement ended",
		PartnerSubmitted: "Mitra usaha diajukan / Partner submitted", QuotaLow: "Kuota promo menipis / Promo quota low",
		BenefitSubmitted: "Promo diajukan / Promo submitted", UseDisputed: "Penggunaan promo disanggah / Use disputed",
		ImportFinished: "Impor selesai / Import finished", TillSilent: "Kasir tidak terdengar / Till silent",
		DataRequestOpened: "Permintaan data baru / New data request", DataRequestLate: "Permintaan data lewat waktu / Data request overdue",
	}
	return t[k]
}
