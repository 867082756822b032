package notices

import (
	"context"
	"encoding/json"
	"fmt"
	"regexp"

	"github.com/google/uuid"

	"github.com/berlaku/berlaku/events"
	"github.com/berlaku/berlaku/internal/fault"
	"github.com/berlaku/berlaku/internal/uid"
)

// Take makes the notices of an event, in the transaction in which it happens.
// Events of other kinds are passed over, and so is one that names neither branch
// nor partner: a notice that cannot be made never undoes what happened.
func (s *Service) Take(ctx context.Context, e events.Event) error {
	kind := Kind(e.Kind)
	to, known := audiences[kind]
	if !known {
		return nil
	}
	params, err := paramsOf(e.Payload)
	if err != nil {
		return fmt.Errorf("notice of %s: %w", e.Kind, err)
	}
	now := s.clock.Now()
	row := noticeRow{Kind: e.Kind, SubjectKind: to.subject, SubjectID: e.SubjectID, CreatedAt: now}
	if e.PartnerID != uuid.Nil {
		params["partner_id"] = e.PartnerID.String()
	}
	text, err := json.Marshal(params)
	if err != nil {
		return fmt.Errorf("notice of %s: %w", e.Kind, err)
	}
	row.Params = string(text)
	branch, err := s.branchOf(ctx, e, params)
	if err != nil {
		return fmt.Errorf("notice of %s: %w", e.Kind, err)
	}
	var rows []noticeRow
	if branch != uuid.Nil && to.branch != "" {
		r := row
		r.ID, r.BranchID, r.Permission = uid.At(now), &branch, string(to.branch)
		rows = append(rows, r)
	}
	if e.PartnerID != uuid.Nil && to.ofPartner != "" {
		r, partner := row, e.PartnerID
		r.ID, r.PartnerID, r.Permission = uid.At(now), &partner, string(to.ofPartner)
		rows = append(rows, r)
	}
	return s.insert(ctx, rows)
}

// branchOf returns the branch that an event names, else that of its person.
func (s *Service) branchOf(ctx context.Context, e events.Event, params map[string]any) (uuid.UUID, error) {
	if text, ok := params["branch_id"].(string); ok {
		if id, err := uuid.Parse(text); err == nil && id != uuid.Nil {
			return id, nil
		}
	}
	if e.ParticipantID == uuid.Nil || s.Homes == nil {
		return uuid.Nil, nil
	}
	id, _, err := s.Homes.Home(ctx, e.ParticipantID)
	if fault.KindOf(err) == fault.NotFound { // erased meanwhile
		return uuid.Nil, nil
	}
	return id, err
}

// plain is what a parameter may look like besides numbers: an id, a code, a day
// or an instant. Names and words do not fit it.
var plain = regexp.MustCompile(`^([0-9a-f]{8}-[0-9a-f-]{27}|[a-z][a-z_]{0,39}|\d{4}-\d\d-\d\d(T[0-9:.]+(Z|[+-]\d\d:\d\d))?)$`)

// paramsOf keeps the numbers, ids and codes of a payload, and leaves out a
// person's id: a notice leads to a thing, not to a person.
func paramsOf(payload any) (map[string]any, error) {
	b, err := json.Marshal(payload)
	if err != nil {
		return nil, err
	}
	var all map[string]any
	if len(b) == 0 || b[0] != '{' { // no object
		return map[string]any{}, nil
	}
	if err := json.Unmarshal(b, &all); err != nil {
		return nil, err
	}
	out := map[string]any{}
	for name, v := range all {
		switch v := v.(type) {
		case float64, bool:
			out[name] = v
		case string:
			if name != "participant_id" && plain.MatchString(v) {
				out[name] = v
			}
		}
	}
	return out, nil
}
