package partners_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"

	"github.com/berlaku/berlaku/internal/actor"
	"github.com/berlaku/berlaku/internal/fault"
	"github.com/berlaku/berlaku/internal/pii"
	"github.com/berlaku/berlaku/internal/testkit"
	market "github.com/berlaku/berlaku/internal/testkit/shop"
	"github.com/berlaku/berlaku/partners"
)

// phoneOf acts as the person's phone.
func phoneOf(t *testing.T, person uuid.UUID) context.Context {
	t.Helper()
	return actor.With(t.Context(), actor.Actor{Kind: actor.Participant, ID: person, Permissions: []actor.Permission{actor.OwnRecords}})
}

func sectorIn(t *testing.T, s *market.Shop, code string, path ...partners.SectorState) partners.Sector {
	t.Helper()
	sec := must[partners.Sector](t)(s.Partners.CreateSector(testkit.System(t), partners.NewSector{Code: code, NameID: "Apotek", NameEN: "Pharmacies"}))
	for _, to := range path {
		sec = must[partners.Sector](t)(s.Partners.SetSectorState(testkit.System(t), sec.ID, to))
	}
	return sec
}

func TestAPersonHasOneWishForASector(t *testing.T) {
	s := market.New(t)
	apt := sectorIn(t, s, "APT")
	sectorIn(t, s, "ZZZ", partners.SectorAssessed, partners.SectorOpen, partners.SectorClosed)
	me := phoneOf(t, s.Person(t))
	first := must[partners.Wish](t)(s.Partners.Wish(me, apt.ID, "  Apotek Tadulako Sehat \n"))
	if first.Partner.Reveal() != "Apotek Tadulako Sehat" || !first.WishedAt.Equal(s.Clock.Now()) || first.Sector.Code != "APT" {
		t.Errorf("%+v", first)
	}
	s.Clock.Advance(time.Hour)
	second := must[partners.Wish](t)(s.Partners.Wish(me, apt.ID, "Apotek Baru"))
	if !second.WishedAt.Equal(first.WishedAt) || second.Partner.Reveal() != "Apotek Baru" {
		t.Errorf("%+v", second)
	}
	all := must[[]partners.Wish](t)(s.Partners.MyWishes(me))
	if len(all) != 2 || all[0].Partner.Reveal() != "Apotek Baru" || all[1].Sector.Code != "MOT" || !all[1].WishedAt.IsZero() {
		t.Errorf("%+v", all)
	}
	if got := must[partners.WishCount](t)(s.Partners.Wishes(s.Supervisor(t), apt.ID)); got.Count != 1 {
		t.Errorf("%+v", got)
	}
	var stored []byte
	if err := s.DB.From(t.Context()).Raw("SELECT partner_sealed FROM wishes").Row().Scan(&stored); err != nil || strings.Contains(string(stored), "Baru") {
		t.Errorf("not sealed: %q %v", stored, err)
	}
	for range 2 {
		if err := s.Partners.Unwish(me, apt.ID); err != nil {
			t.Error(err)
		}
	}
	if got := must[partners.WishCount](t)(s.Partners.Wishes(s.Supervisor(t), apt.ID)); got.Count != 0 || len(got.Partners) != 0 {
		t.Errorf("%+v", got)
	}
}

// TestAnErasedPersonWishesNothing: a request under way writes nothing behind the
// erasure.
func TestAnErasedPersonWishesNothing(t *testing.T) {
	s := market.New(t)
	apt, person := sectorIn(t, s, "APT"), s.Person(t)
	erased := make(chan error, 1)
	err := s.DB.InTx(phoneOf(t, person), func(ctx context.Context) error {
		if _, err := s.Partners.Wish(ctx, apt.ID, "Apotek Baru"); err != nil {
			return err
		}
		go func() {
			erased <- s.DB.InTx(t.Context(), func(ctx context.Context) error {
				return s.DB.From(ctx).Exec("UPDATE participants SET erased_at = ? WHERE id = ?", s.Clock.Now(), person).Error
			})
		}()
		select {
		case err := <-erased:
			erased <- err
			t.Error("erased in the middle of a wish")
		case <-time.After(300 * time.Millisecond):
		}
		return nil
	})
	if err = errors.Join(err, <-erased); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Partners.Wish(phoneOf(t, person), apt.ID, "Apotek Lama"); fault.KindOf(err) != fault.NotFound {
		t.Errorf("after the erasure: %v", err)
	}
}

func TestWishesThatAreNone(t *testing.T) {
	s := market.New(t)
	closed := sectorIn(t, s, "ZZZ", partners.SectorAssessed, partners.SectorOpen, partners.SectorClosed)
	me := phoneOf(t, s.Person(t))
	wish := func(ctx context.Context, sector uuid.UUID, text string) error {
		_, err := s.Partners.Wish(ctx, sector, pii.Text(text))
		return err
	}
	for _, bad := range []string{strings.Repeat("é", 81), "a\nb", "a\x00", "\xff\xfe"} {
		if err := wish(me, s.Sector, bad); fields(err)["/partner"] == "" || strings.Contains(err.Error(), bad) {
			t.Errorf("%q: %v", bad, err)
		}
	}
	if err := wish(me, s.Sector, strings.Repeat("é", 80)); err != nil {
		t.Error(err)
	}
	if err := wish(me, s.Sector, ""); err != nil {
		t.Error(err)
	}
	if err := wish(me, closed.ID, ""); !errors.Is(err, partners.ErrSectorClosed) {
		t.Error(err)
	}
	if err := wish(me, uuid.New(), ""); !errors.Is(err, partners.ErrSectorNotFound) {
		t.Error(err)
	}
	if err := s.Partners.Unwish(me, uuid.New()); !errors.Is(err, partners.ErrSectorNotFound) {
		t.Error(err)
	}
	for _, ctx := range []context.Context{t.Context(), s.Supervisor(t), testkit.System(t)} {
		if err := wish(ctx, s.Sector, ""); !errors.Is(err, partners.ErrNoParticipant) {
			t.Error(err)
		}
		if _, err := s.Partners.MyWishes(ctx); !errors.Is(err, partners.ErrNoParticipant) {
			t.Error(err)
		}
		if err := s.Partners.Unwish(ctx, s.Sector); !errors.Is(err, partners.ErrNoParticipant) {
			t.Error(err)
		}
	}
}

func TestWishesAreCountedWithinReach(t *testing.T) {
	s := market.New(t)
	for i, text := range []string{"Toko Maju", "toko  MAJU", "Apotek Sehat", ""} {
		person := s.Person(t)
		s.Clock.Advance(time.Minute)
		if i == 2 {
			if err := s.DB.InTx(t.Context(), func(ctx context.Context) error {
				return s.DB.From(ctx).Exec("UPDATE participants SET branch_id = ?, region_code = '72.03' WHERE id = ?", market.Donggala, person).Error
			}); err != nil {
				t.Fatal(err)
			}
		}
		must[partners.Wish](t)(s.Partners.Wish(phoneOf(t, person), s.Sector, pii.Text(text)))
	}
	national := market.As(t, actor.HQAnalyst, actor.National, uuid.Nil)
	for _, c := range []struct {
		who  context.Context
		want partners.WishCount
	}{
		{national, partners.WishCount{
			Count: 4, Regions: []partners.RegionCount{{"", 3}, {"72.03", 1}},
			Partners: []partners.PartnerCount{{"toko  MAJU", 2}, {"Apotek Sehat", 1}},
		}},
		{s.Supervisor(t), partners.WishCount{Count: 3, Regions: []partners.RegionCount{{"", 3}}, Partners: []partners.PartnerCount{{"toko  MAJU", 2}}}},
	} {
		if diff := cmp.Diff(c.want, must[partners.WishCount](t)(s.Partners.Wishes(c.who, s.Sector))); diff != "" {
			t.Error(diff)
		}
	}
	if _, err := s.Partners.Wishes(national, uuid.New()); !errors.Is(err, partners.ErrSectorNotFound) {
		t.Error(err)
	}
	for _, ctx := range []context.Context{t.Context(), s.Owner(t), market.As(t, actor.Agent, actor.WadahScope, uuid.New())} {
		if _, err := s.Partners.Wishes(ctx, s.Sector); !errors.Is(err, partners.ErrStaffOnly) {
			t.Error(err)
		}
	}
}
