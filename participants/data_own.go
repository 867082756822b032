package participants

import (
	"context"
	"fmt"
	"time"

	"github.com/google/uuid"

	"github.com/berlaku/berlaku/internal/actor"
	"github.com/berlaku/berlaku/internal/clock"
	"github.com/berlaku/berlaku/internal/pii"
)

// OwnData is what this room knows of a person, as the person may read it. The
// identity number and the KPJ are masked to their last four characters: whoever
// holds the phone learns no number that opens other doors.
type OwnData struct {
	ID             uuid.UUID
	Branch         string
	RegionCode     string
	IDType         IDType
	IDNumberMasked string
	Name           pii.Text
	BirthOn        clock.Day // '' when unknown
	Phone          pii.Text  // '' when none
	Restricted     bool
	Memberships    []Membership
	Consents       []Consent // newest first
	CreatedAt      time.Time
	UpdatedAt      time.Time
}

// Consent is a consent as it was given.
type Consent struct {
	Version     string
	TextHash    []byte
	Channel     Channel
	GivenAt     time.Time
	WithdrawnAt *time.Time // nil: in force
}

// Own returns what is known of the participant who acts, or ErrNotFound.
func (s *Service) Own(ctx context.Context) (OwnData, error) {
	id, err := own(ctx)
	if err != nil {
		return OwnData{}, err
	}
	row, err := s.visible(actor.With(ctx, actor.System()), id, actor.ReadParticipants)
	if err != nil {
		return OwnData{}, err
	}
	all, err := s.shown(actor.With(ctx, actor.System()), []participantRow{*row})
	if err != nil {
		return OwnData{}, err
	}
	p := all[0]
	out := OwnData{
		ID: p.ID, RegionCode: p.RegionCode, IDType: p.IDType, IDNumberMasked: p.IDNumberMasked, Name: p.Name, Restricted: p.Restricted,
		Memberships: p.Memberships, Consents: []Consent{}, CreatedAt: p.CreatedAt.UTC(), UpdatedAt: p.UpdatedAt.UTC(),
	}
	if err := s.openOwn(row, &out); err != nil {
		return OwnData{}, err
	}
	b, err := s.Branch(ctx, p.BranchID)
	if err != nil {
		return OwnData{}, err
	}
	out.Branch = b.Name
	consents, err := s.consentsOf(ctx, id)
	if err != nil {
		return OwnData{}, err
	}
	for _, c := range consents {
		out.Consents = append(out.Consents, Consent{
			Version: c.Version, TextHash: c.TextHash, Channel: Channel(c.Channel), GivenAt: c.GivenAt.UTC(), WithdrawnAt: c.WithdrawnAt,
		})
	}
	return out, nil
}

// openOwn opens what only the person sees whole.
func (s *Service) openOwn(row *participantRow, out *OwnData) error {
	birth, err := s.keys.Unseal(place("participants", "birth_sealed", row.ID), row.BirthSealed)
	if err != nil {
		return fmt.Errorf("open birth_sealed: %w", err)
	}
	phone, err := s.keys.Unseal(place("participants", "phone_sealed", row.ID), row.PhoneSealed)
	if err != nil {
		return fmt.Errorf("open phone_sealed: %w", err)
	}
	out.BirthOn, out.Phone = clock.Day(birth), pii.Text(phone)
	return nil
}

// ConsentAgain records that the participant who acts consents to the notice in
// force, and lifts the restriction that a withdrawal set. Errors: ErrNotFound,
// ErrConsentVersion.
func (s *Service) ConsentAgain(ctx context.Context, version string, textHash []byte) error {
	id, err := own(ctx)
	if err != nil {
		return err
	}
	if err := CheckNotice(version, textHash); err != nil {
		return err
	}
	return s.GiveConsent(ctx, id, NewConsent{Version: version, TextHash: textHash, Channel: BySelf})
}
