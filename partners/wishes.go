package partners

import (
	"context"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/berlaku/berlaku/internal/actor"
	"github.com/berlaku/berlaku/internal/check"
	"github.com/berlaku/berlaku/internal/fault"
	"github.com/berlaku/berlaku/internal/pii"
)

// Faults of wishes.
var (
	ErrNoParticipant = fault.New(fault.Forbidden, "not_a_participant", "Only a participant's phone may do this.")
	ErrSectorClosed  = fault.New(fault.Conflict, "sector_closed", "This sector is closed: no promo will come of a wish.")
)

// Limits of wishes and of what staff are shown of them.
const (
	wishMax      = 80     // characters of the business somebody misses
	wishesRead   = 20_000 // newest wishes whose text is read for the ranking
	wishesRanked = 50     // businesses in the ranking
)

// People tells where a participant is at home.
type People interface {
	// Home returns branch and region ("": unknown) of a person.
	Home(ctx context.Context, participantID uuid.UUID) (branchID uuid.UUID, regionCode string, err error)
}

// Wish is a person's wish for promos in one sector.
type Wish struct {
	Sector   Sector
	WishedAt time.Time // zero: not wished
	Partner  pii.Text  // the business they miss, in their words; may be empty
}

// RegionCount is how many wish for a sector in a region; "" is unknown.
type RegionCount struct {
	RegionCode string
	Count      int64
}

// PartnerCount is how often a business is missed, written as the most recent
// person wrote it.
type PartnerCount struct {
	Text  string
	Count int64
}

// WishCount is how much a sector is wished for: one person, one wish.
type WishCount struct {
	Count    int64
	Regions  []RegionCount  // most first
	Partners []PartnerCount // most first, at most 50
}

// me returns the participant who asks, or ErrNoParticipant.
func me(ctx context.Context) (uuid.UUID, error) {
	who := actor.From(ctx)
	if who.Kind != actor.Participant || !who.Can(actor.OwnRecords) {
		return uuid.Nil, ErrNoParticipant
	}
	return who.ID, nil
}

// MyWishes returns every sector that is not closed, by code, with the wish of
// the participant who asks.
func (s *Service) MyWishes(ctx context.Context) ([]Wish, error) {
	person, err := me(ctx)
	if err != nil {
		return nil, err
	}
	return s.WishesOf(ctx, person)
}

// WishesOf returns every sector that is not closed, by code, with a person's
// wish. For other domains: no check of reach.
func (s *Service) WishesOf(ctx context.Context, person uuid.UUID) ([]Wish, error) {
	sectors, err := s.sectors(ctx)
	if err != nil {
		return nil, err
	}
	own, err := s.wishesOf(ctx, person)
	if err != nil {
		return nil, err
	}
	out := make([]Wish, 0, len(sectors))
	for _, sec := range sectors {
		w, wished := own[sec.ID]
		if sec.State == SectorClosed && !wished {
			continue
		}
		w.Sector = sec
		out = append(out, w)
	}
	return out, nil
}

// Wish notes the wish of the participant who asks for promos in a sector, with
// the business they miss (80 characters at most, may be empty). A second one
// replaces the first. It returns ErrSectorNotFound, ErrSectorClosed or ErrInvalid.
func (s *Service) Wish(ctx context.Context, sectorID uuid.UUID, partner pii.Text) (Wish, error) {
	person, err := me(ctx)
	if err != nil {
		return Wish{}, err
	}
	text := strings.TrimSpace(partner.Reveal())
	var wrong check.List
	if text != "" {
		wrong.Text("/partner", text, 1, wishMax)
	}
	if err := wrong.Err(ErrInvalid); err != nil {
		return Wish{}, err
	}
	row := wishRow{ParticipantID: person, SectorID: sectorID, PartnerSealed: s.keys.Seal(wishPlace(person, sectorID), text)}
	out := Wish{Partner: pii.Text(text)}
	err = s.db.InTx(ctx, func(ctx context.Context) (err error) {
		branch, region, err := s.people.Home(ctx, person) // who is being erased wishes before that or not at all
		if err != nil {
			return err
		}
		row.BranchID, row.RegionCode = branch, textOrNull(region)
		if out.Sector, err = s.sector(ctx, sectorID, false); err != nil {
			return err
		}
		if out.Sector.State == SectorClosed {
			return ErrSectorClosed
		}
		row.CreatedAt = s.clock.Now()
		row.UpdatedAt = row.CreatedAt
		out.WishedAt, err = s.putWish(ctx, &row)
		return err
	})
	if err != nil {
		return Wish{}, err
	}
	return out, nil
}

// Unwish takes the wish of the participant who asks back. None is no error; a
// sector that is not there is ErrSectorNotFound.
func (s *Service) Unwish(ctx context.Context, sectorID uuid.UUID) error {
	person, err := me(ctx)
	if err != nil {
		return err
	}
	return s.db.InTx(ctx, func(ctx context.Context) error {
		if _, err := s.sector(ctx, sectorID, false); err != nil {
			return err
		}
		return s.deleteWish(ctx, person, sectorID)
	})
}

// Wishes counts the wishes for a sector of people whose branch lies in the
// actor's reach. It returns ErrSectorNotFound, and ErrStaffOnly to whom no
// branch is entrusted.
func (s *Service) Wishes(ctx context.Context, sectorID uuid.UUID) (WishCount, error) {
	if _, err := s.sector(ctx, sectorID, false); err != nil {
		return WishCount{}, err
	}
	reach := actor.From(ctx).Scope(actor.ReadSectors)
	if !reach.National && len(reach.Branches) == 0 {
		return WishCount{}, ErrStaffOnly
	}
	var out WishCount
	var err error
	if out.Regions, err = s.wishRegions(ctx, reach, sectorID); err != nil {
		return WishCount{}, err
	}
	for _, r := range out.Regions {
		out.Count += r.Count
	}
	texts, err := s.wishTexts(ctx, reach, sectorID)
	out.Partners = ranked(texts)
	return out, err
}

// ranked counts texts, newest first, that differ in no more than case and spaces.
func ranked(texts []string) []PartnerCount {
	at := map[string]int{}
	out := []PartnerCount{}
	for _, text := range texts {
		key := strings.ToLower(strings.Join(strings.Fields(text), " "))
		i, known := at[key]
		if !known {
			i = len(out)
			at[key], out = i, append(out, PartnerCount{Text: text})
		}
		out[i].Count++
	}
	slices.SortStableFunc(out, func(a, b PartnerCount) int { return int(b.Count - a.Count) })
	return out[:min(len(out), wishesRanked)]
}

// wishPlace is where the text of a wish is sealed for: its person and sector.
func wishPlace(person, sector uuid.UUID) pii.Place {
	return pii.Place{Table: "wishes", Column: "partner_sealed", Row: uuid.NewSHA1(person, sector[:])}
}
