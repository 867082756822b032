package participants

import (
	"context"
	"fmt"
	"time"

	"github.com/google/uuid"
	"gorm.io/gorm/clause"

	"github.com/berlaku/berlaku/internal/clock"
)

type standingRow struct {
	ID             uuid.UUID
	HomeID         uuid.UUID
	Restricted     bool
	MembershipID   *uuid.UUID
	BranchID       *uuid.UUID
	Segment        *string
	Status         *string
	StatusAsOf     clock.Day
	ProtectedUntil clock.Day
	EndedOn        clock.Day
	Zone           *string
	ArrearsValid   *bool
}

const standingSQL = `SELECT p.id, p.branch_id AS home_id, p.restricted, m.id AS membership_id, m.branch_id, m.segment, m.status,
	m.status_as_of, m.protected_until, m.ended_on, b.zone, b.arrears_valid
	FROM participants p
	LEFT JOIN memberships m ON m.participant_id = p.id
	LEFT JOIN branches b ON b.id = m.branch_id
	WHERE p.id IN ?`

func (s *Service) standingRows(ctx context.Context, ids []uuid.UUID) ([]standingRow, error) {
	var out []standingRow
	for len(ids) > 0 {
		n := min(lookupMost, len(ids))
		var rows []standingRow
		if err := s.db.From(ctx).Raw(standingSQL, ids[:n]).Scan(&rows).Error; err != nil {
			return nil, fmt.Errorf("read standings: %w", err)
		}
		out, ids = append(out, rows...), ids[n:]
	}
	return out, nil
}

func (r *standingRow) candidate(now time.Time) (candidate, error) {
	zone, err := zoneOf(orZero(r.Zone))
	if err != nil {
		return candidate{}, err
	}
	return candidate{
		MembershipID: orZero(r.MembershipID), BranchID: orZero(r.BranchID),
		snapshot: snapshot{Segment(orZero(r.Segment)), Status(orZero(r.Status)), r.StatusAsOf, r.ProtectedUntil, r.EndedOn},
		Today:    clock.DayOf(now, zone), ArrearsValid: orZero(r.ArrearsValid),
	}, nil
}

// lapsing returns at most limit memberships of a zone's branches whose status
// today is worse than the stored one. The conditions are those of snapshot.on.
func (s *Service) lapsing(ctx context.Context, zone string, today clock.Day, limit int) ([]membershipRow, error) {
	const columns = `SELECT m.* FROM memberships m JOIN branches b ON b.id = m.branch_id AND b.zone = ? WHERE `
	var out []membershipRow
	for _, q := range []struct {
		where string
		day   clock.Day
	}{
		{columns + `m.status = 'active' AND m.protected_until < ? LIMIT ?`, today},
		{columns + `m.status = 'in_arrears' AND m.protected_until <= ? LIMIT ?`, graceCutoff(today)},
		{columns + `m.status = 'in_arrears' AND m.protected_until IS NULL AND m.status_as_of <= ? LIMIT ?`, graceCutoff(today)},
		{columns + `m.status <> 'inactive' AND m.ended_on IS NOT NULL AND m.ended_on <= ? LIMIT ?`, today},
	} {
		if len(out) >= limit {
			break
		}
		var rows []membershipRow
		if err := s.db.From(ctx).Raw(q.where, zone, q.day, limit-len(out)).Scan(&rows).Error; err != nil {
			return nil, fmt.Errorf("read lapsing memberships: %w", err)
		}
		out = append(out, rows...)
	}
	return out, nil
}

func (s *Service) zones(ctx context.Context) ([]string, error) {
	var out []string
	if err := s.db.From(ctx).Raw("SELECT DISTINCT zone FROM branches ORDER BY zone").Scan(&out).Error; err != nil {
		return nil, fmt.Errorf("read zones: %w", err)
	}
	return out, nil
}

// branch reads a branch; in a transaction that is about to change memberships
// it is read with a shared lock, so that the arrears setting cannot change
// between the judging and the commit.
func (s *Service) branch(ctx context.Context, id uuid.UUID) (*branchRow, error) {
	tx := s.db.From(ctx)
	if s.db.InTransaction(ctx) {
		tx = tx.Clauses(clause.Locking{Strength: "SHARE"})
	}
	var row branchRow
	if err := tx.Where("id = ?", id).Take(&row).Error; err != nil {
		return nil, missing(err, ErrBranchNotFound, "read branch")
	}
	return &row, nil
}

func (s *Service) branches(ctx context.Context, only []uuid.UUID) ([]Branch, error) {
	var rows []branchRow
	tx := s.db.From(ctx).Order("code")
	if only != nil {
		tx = tx.Where("id IN ?", only)
	}
	if err := tx.Find(&rows).Error; err != nil {
		return nil, fmt.Errorf("read branches: %w", err)
	}
	var areas []struct {
		BranchID   uuid.UUID
		RegionCode string
	}
	if err := s.db.From(ctx).Raw("SELECT branch_id, region_code FROM branch_regions ORDER BY region_code").Scan(&areas).Error; err != nil {
		return nil, fmt.Errorf("read branch regions: %w", err)
	}
	codes := map[uuid.UUID][]string{}
	for _, a := range areas {
		codes[a.BranchID] = append(codes[a.BranchID], a.RegionCode)
	}
	out := make([]Branch, len(rows))
	for i, r := range rows {
		out[i] = Branch{ID: r.ID, Code: r.Code, Name: r.Name, OfficeKind: r.OfficeKind, Zone: r.Zone, ArrearsValid: r.ArrearsValid, RegionCodes: codes[r.ID]}
	}
	return out, nil
}

func (s *Service) setArrears(ctx context.Context, id uuid.UUID, valid bool) (changed bool, err error) {
	res := s.db.From(ctx).Exec("UPDATE branches SET arrears_valid = ? WHERE id = ? AND arrears_valid <> ?", valid, id, valid)
	if res.Error != nil {
		return false, fmt.Errorf("set arrears policy: %w", res.Error)
	}
	return res.RowsAffected == 1, nil
}

// inArrears returns the people with a membership in arrears at the branch.
func (s *Service) inArrears(ctx context.Context, branchID uuid.UUID) ([]uuid.UUID, error) {
	var out []uuid.UUID
	err := s.db.From(ctx).Raw(`SELECT DISTINCT participant_id FROM memberships
		WHERE branch_id = ? AND status IN ('in_arrears', 'active') AND (status = 'in_arrears' OR segment = 'bpu') ORDER BY participant_id`, branchID).Scan(&out).Error
	if err != nil {
		return nil, fmt.Errorf("read people in arrears: %w", err)
	}
	return out, nil
}

func (s *Service) regions(ctx context.Context) (map[string]bool, error) {
	var codes []string
	if err := s.db.From(ctx).Raw("SELECT code FROM regions").Scan(&codes).Error; err != nil {
		return nil, fmt.Errorf("read regions: %w", err)
	}
	out := make(map[string]bool, len(codes))
	for _, c := range codes {
		out[c] = true
	}
	return out, nil
}

func (s *Service) membershipsInZone(ctx context.Context, participantIDs []uuid.UUID, zone string) ([]membershipRow, error) {
	var out []membershipRow
	for len(participantIDs) > 0 {
		n := min(lookupMost, len(participantIDs))
		var rows []membershipRow
		err := s.db.From(ctx).Raw(`SELECT m.* FROM memberships m JOIN branches b ON b.id = m.branch_id AND b.zone = ?
			WHERE m.participant_id IN ? ORDER BY m.participant_id, m.id`, zone, participantIDs[:n]).Scan(&rows).Error
		if err != nil {
			return nil, fmt.Errorf("read memberships: %w", err)
		}
		out, participantIDs = append(out, rows...), participantIDs[n:]
	}
	return out, nil
}
