package notices

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"github.com/google/uuid"
	"gorm.io/gorm"
	"gorm.io/gorm/clause"

	"github.com/berlaku/berlaku/internal/actor"
	"github.com/berlaku/berlaku/internal/page"
)

type noticeRow struct {
	ID          uuid.UUID
	Kind        string
	SubjectKind string
	SubjectID   uuid.UUID
	BranchID    *uuid.UUID
	PartnerID   *uuid.UUID
	AccountID   *uuid.UUID
	Permission  string
	Params      string
	CreatedAt   time.Time
	IsRead      bool `gorm:"->;column:is_read"`
}

func (noticeRow) TableName() string { return "notices" }

type settingRow struct {
	AccountID uuid.UUID
	Kind      string
	Mail      string
	MailedTo  time.Time
}

func (settingRow) TableName() string { return "notice_settings" }

func (r *noticeRow) notice() (Notice, error) {
	n := Notice{
		ID: r.ID, Kind: Kind(r.Kind), SubjectKind: r.SubjectKind, SubjectID: r.SubjectID, CreatedAt: r.CreatedAt.UTC(), Read: r.IsRead,
	}
	if r.BranchID != nil {
		n.BranchID = *r.BranchID
	}
	if r.PartnerID != nil {
		n.PartnerID = *r.PartnerID
	}
	if err := json.Unmarshal([]byte(r.Params), &n.Params); err != nil {
		return Notice{}, fmt.Errorf("read notice: %w", err)
	}
	return n, nil
}

func shown(p page.Of[noticeRow]) (page.Of[Notice], error) {
	out := page.Of[Notice]{Items: make([]Notice, len(p.Items)), NextCursor: p.NextCursor}
	for i := range p.Items {
		var err error
		if out.Items[i], err = p.Items[i].notice(); err != nil {
			return page.Of[Notice]{}, err
		}
	}
	return out, nil
}

func (s *Service) insert(ctx context.Context, rows []noticeRow) error {
	for i := range rows {
		r := &rows[i]
		err := s.db.From(ctx).Exec(`INSERT INTO notices (id, kind, subject_kind, subject_id, branch_id, partner_id, account_id, permission, params, created_at)
			VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`, r.ID, r.Kind, r.SubjectKind, r.SubjectID, r.BranchID, r.PartnerID, r.AccountID, r.Permission, r.Params, r.CreatedAt).Error
		if err != nil {
			return fmt.Errorf("write notice: %w", err)
		}
	}
	return nil
}

// query is whose notices are meant, and which.
type query struct {
	who    actor.Actor
	filter Filter
	id     uuid.UUID // zero: any
	after  time.Time // zero: ever
}

const isRead = `(EXISTS (SELECT 1 FROM notice_reads r WHERE r.account_id = ? AND r.notice_id = notices.id)
	OR EXISTS (SELECT 1 FROM notice_marks k WHERE k.account_id = ? AND k.read_to >= notices.created_at))`

// narrow makes a query on notices of what q says.
func (s *Service) narrow(ctx context.Context, q query) *gorm.DB {
	tx := s.db.From(ctx).Table("notices")
	cond, args := forWhom(q.who)
	tx = tx.Where(cond, args...)
	if q.filter.Kind != "" {
		tx = tx.Where("kind = ?", string(q.filter.Kind))
	}
	if q.filter.Unread {
		tx = tx.Where("NOT "+isRead, q.who.ID, q.who.ID)
	}
	if q.id != uuid.Nil {
		tx = tx.Where("id = ?", q.id)
	}
	if !q.after.IsZero() {
		tx = tx.Where("created_at > ?", q.after)
	}
	return tx
}

// forWhom says in SQL which notices are for an actor: those of the account, and
// those of branches and partners that the notice's permission reaches.
func forWhom(who actor.Actor) (string, []any) {
	conds, args := []string{"account_id = ?"}, []any{who.ID}
	done := map[actor.Permission]bool{"": true}
	for _, k := range Kinds() {
		a := audiences[k]
		for _, p := range []actor.Permission{a.branch, a.ofPartner} {
			if done[p] {
				continue
			}
			done[p] = true
			reach := who.Scope(p)
			if reach.National {
				conds, args = append(conds, "(permission = ? AND branch_id IS NOT NULL)"), append(args, string(p))
			} else if len(reach.Branches) > 0 {
				conds, args = append(conds, "(permission = ? AND branch_id IN ?)"), append(args, string(p), reach.Branches)
			}
			if len(reach.Partners) > 0 {
				conds, args = append(conds, "(permission = ? AND partner_id IN ?)"), append(args, string(p), reach.Partners)
			}
		}
	}
	return "(" + strings.Join(conds, " OR ") + ")", args
}

func (s *Service) list(ctx context.Context, q query, r page.Request) ([]noticeRow, error) {
	tx := s.narrow(ctx, q).Select("notices.*, "+isRead+" AS is_read", q.who.ID, q.who.ID)
	if r.After != uuid.Nil {
		tx = tx.Where("id < ?", r.After)
	}
	var rows []noticeRow
	if err := tx.Order("id DESC").Limit(r.Limit + 1).Scan(&rows).Error; err != nil {
		return nil, fmt.Errorf("list notices: %w", err)
	}
	return rows, nil
}

func (s *Service) countUnread(ctx context.Context, q query, most int) (int, error) {
	var rows []struct{ ID uuid.UUID }
	if err := s.narrow(ctx, q).Select("id").Limit(most).Scan(&rows).Error; err != nil {
		return 0, fmt.Errorf("count notices: %w", err)
	}
	return len(rows), nil
}

func (s *Service) insertRead(ctx context.Context, account, id uuid.UUID, now time.Time) error {
	err := s.db.From(ctx).Exec(`INSERT INTO notice_reads (account_id, notice_id, read_at) VALUES (?, ?, ?)
		ON CONFLICT (account_id, notice_id) DO NOTHING`, account, id, now).Error
	if err != nil {
		return fmt.Errorf("mark notice: %w", err)
	}
	return nil
}

func (s *Service) setMark(ctx context.Context, account uuid.UUID, now time.Time) error {
	err := s.db.From(ctx).Exec(`INSERT INTO notice_marks (account_id, read_to) VALUES (?, ?)
		ON CONFLICT (account_id) DO UPDATE SET read_to = excluded.read_to`, account, now).Error
	if err != nil {
		return fmt.Errorf("mark notices: %w", err)
	}
	return nil
}

func (s *Service) settingsOf(ctx context.Context, account uuid.UUID) ([]settingRow, error) {
	return s.readSettings(s.db.From(ctx), account)
}

// lockSettings holds an account's settings, so that two servers send one mail.
func (s *Service) lockSettings(ctx context.Context, account uuid.UUID) ([]settingRow, error) {
	return s.readSettings(s.db.From(ctx).Clauses(clause.Locking{Strength: "UPDATE"}), account)
}

func (s *Service) readSettings(tx *gorm.DB, account uuid.UUID) ([]settingRow, error) {
	var rows []settingRow
	if err := tx.Where("account_id = ?", account).Order("kind").Find(&rows).Error; err != nil {
		return nil, fmt.Errorf("read notice settings: %w", err)
	}
	return rows, nil
}

// setSetting writes a setting; one without mail is removed.
func (s *Service) setSetting(ctx context.Context, r settingRow) error {
	sql, args := "DELETE FROM notice_settings WHERE account_id = ? AND kind = ?", []any{r.AccountID, r.Kind}
	if r.Mail != "" {
		sql, args = `INSERT INTO notice_settings (account_id, kind, mail, mailed_to) VALUES (?, ?, ?, ?)
			ON CONFLICT (account_id, kind) DO UPDATE SET mail = excluded.mail, mailed_to = excluded.mailed_to`, append(args, r.Mail, r.MailedTo)
	}
	if err := s.db.From(ctx).Exec(sql, args...).Error; err != nil {
		return fmt.Errorf("write notice setting: %w", err)
	}
	return nil
}

func (s *Service) subscribers(ctx context.Context) ([]uuid.UUID, error) {
	var rows []struct{ AccountID uuid.UUID }
	if err := s.db.From(ctx).Raw("SELECT DISTINCT account_id FROM notice_settings ORDER BY account_id").Scan(&rows).Error; err != nil {
		return nil, fmt.Errorf("read subscribers: %w", err)
	}
	out := make([]uuid.UUID, len(rows))
	for i, r := range rows {
		out[i] = r.AccountID
	}
	return out, nil
}

func (s *Service) deleteBefore(ctx context.Context, t time.Time) (int64, error) {
	if err := s.db.From(ctx).Exec("DELETE FROM notice_reads WHERE notice_id IN (SELECT id FROM notices WHERE created_at < ?)", t).Error; err != nil {
		return 0, err
	}
	res := s.db.From(ctx).Exec("DELETE FROM notices WHERE created_at < ?", t)
	return res.RowsAffected, res.Error
}
