package partners

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/berlaku/berlaku/audit"
	"github.com/berlaku/berlaku/internal/actor"
	"github.com/berlaku/berlaku/internal/check"
	"github.com/berlaku/berlaku/internal/page"
	"github.com/berlaku/berlaku/internal/uid"
)

// OutletProfile is what can be said about an outlet.
type OutletProfile struct {
	Name, Address       string
	RegionCode          string
	Zone                string // IANA
	Latitude, Longitude *float64
	Hours               []Hours
}

const (
	addressMax = 300
	hoursMax   = 42 // six spans a day

	// hoursOverlap is the code of a span that shares a minute with another of the day.
	hoursOverlap = "hours_overlap"

	// Indonesia lies between these, in degrees: from Rote to beyond Sabang, from
	// Benggala to the border with Papua New Guinea.
	southmost, northmost = -11.5, 6.5
	westmost, eastmost   = 94.5, 141.5
)

var (
	timeForm   = regexp.MustCompile(`^([01][0-9]|2[0-3]):[0-5][0-9]$`)
	regionForm = regexp.MustCompile(`^[0-9]{2}(\.[0-9]{2}){0,2}$`)
)

// CreateOutlet enters an outlet of a partner that has not ended.
func (s *Service) CreateOutlet(ctx context.Context, partner uuid.UUID, n OutletProfile) (Outlet, error) {
	n = n.tidy()
	now := s.clock.Now()
	id := uid.At(now)
	err := s.db.InTx(ctx, func(ctx context.Context) error {
		p, err := s.reached(ctx, partner, actor.WritePartners)
		if err != nil {
			return err
		}
		if err := s.checkOutlet(ctx, n); err != nil {
			return err
		}
		if p.State == Ended {
			return ErrState
		}
		o := Outlet{ID: id, PartnerID: partner, State: OutletActive, CreatedAt: now, UpdatedAt: now}
		if err := s.insertOutlet(ctx, o.with(n)); err != nil {
			return err
		}
		return s.audit.Append(ctx, outletEvent("created", id, partner))
	})
	if err != nil {
		return Outlet{}, err
	}
	return s.outlet(ctx, id)
}

// UpdateOutlet changes what is said about an active outlet.
func (s *Service) UpdateOutlet(ctx context.Context, id uuid.UUID, to OutletProfile) (Outlet, error) {
	to = to.tidy()
	return s.changeOutlet(ctx, id, "updated", func(ctx context.Context, o *Outlet) error {
		if err := s.checkOutlet(ctx, to); err != nil {
			return err
		}
		*o = o.with(to)
		return nil
	})
}

// CloseOutlet closes an outlet for good; its promos no longer count there.
func (s *Service) CloseOutlet(ctx context.Context, id uuid.UUID) (Outlet, error) {
	return s.changeOutlet(ctx, id, "closed", func(_ context.Context, o *Outlet) error {
		o.State = OutletClosed
		return nil
	})
}

func (s *Service) changeOutlet(ctx context.Context, id uuid.UUID, done string, f func(context.Context, *Outlet) error) (Outlet, error) {
	var o Outlet
	err := s.db.InTx(ctx, func(ctx context.Context) (err error) {
		if o, err = s.outlet(ctx, id); err != nil {
			return err
		}
		if _, err := s.reached(ctx, o.PartnerID, actor.WritePartners); errors.Is(err, ErrNotFound) {
			return ErrOutletNotFound
		} else if err != nil {
			return err
		}
		if o.State != OutletActive {
			return ErrState
		}
		if err := f(ctx, &o); err != nil {
			return err
		}
		o.UpdatedAt = s.clock.Now()
		if err := s.updateOutlet(ctx, o); err != nil {
			return err
		}
		return s.audit.Append(ctx, outletEvent(done, id, o.PartnerID))
	})
	if err != nil {
		return Outlet{}, err
	}
	return o, nil
}

// GetOutlet returns an outlet within reach, or ErrOutletNotFound.
func (s *Service) GetOutlet(ctx context.Context, id uuid.UUID) (Outlet, error) {
	o, err := s.outlet(ctx, id)
	if err != nil {
		return Outlet{}, err
	}
	if !o.Affiliation().Within(actor.From(ctx).Scope(actor.ReadPartners)) {
		return Outlet{}, ErrOutletNotFound
	}
	return o, nil
}

// Outlets returns the outlets of a partner within reach, newest first.
func (s *Service) Outlets(ctx context.Context, partner uuid.UUID, r page.Request) (page.Of[Outlet], error) {
	if err := s.readable(ctx, partner); err != nil {
		return page.Of[Outlet]{}, err
	}
	rows, err := s.outletPage(ctx, partner, r)
	if err != nil {
		return page.Of[Outlet]{}, err
	}
	return page.Cut(rows, r, func(o Outlet) uuid.UUID { return o.ID }), nil
}

// Outlet returns an outlet with the state of its partner and sector, in one
// query, or ErrOutletNotFound. For other domains: no check of reach.
func (s *Service) Outlet(ctx context.Context, id uuid.UUID) (Outlet, error) { return s.outlet(ctx, id) }

// OutletsOf returns all outlets of a partner, oldest first. For other domains:
// no check of reach.
func (s *Service) OutletsOf(ctx context.Context, partner uuid.UUID) ([]Outlet, error) {
	return s.outletsOf(ctx, partner)
}

// OutletsByID returns those of the outlets that are there, with the state of
// partner and sector. For other domains: no check of reach.
func (s *Service) OutletsByID(ctx context.Context, ids []uuid.UUID) (map[uuid.UUID]Outlet, error) {
	out := make(map[uuid.UUID]Outlet, len(ids))
	if len(ids) == 0 {
		return out, nil
	}
	all, err := s.outletsByID(ctx, ids)
	for _, o := range all {
		out[o.ID] = o
	}
	return out, err
}

// ProvinceBranches returns the branches that look after any part of the province
// in which a region lies, by id. For other domains: no check of reach.
func (s *Service) ProvinceBranches(ctx context.Context, regionCode string) ([]uuid.UUID, error) {
	if !regionForm.MatchString(regionCode) {
		return []uuid.UUID{}, nil
	}
	return s.branchesIn(ctx, regionCode[:2])
}

// Affiliation returns what decides who reaches the outlet's partner.
func (o Outlet) Affiliation() Affiliation {
	return Affiliation{PartnerID: o.PartnerID, BranchID: o.BranchID, State: o.PartnerState}
}

// with returns the outlet as the profile says.
func (o Outlet) with(p OutletProfile) Outlet {
	o.Name, o.Address, o.RegionCode, o.Zone = p.Name, p.Address, p.RegionCode, p.Zone
	o.Latitude, o.Longitude, o.Hours = p.Latitude, p.Longitude, p.Hours
	return o
}

func (p OutletProfile) tidy() OutletProfile {
	p.Name, p.Address = strings.TrimSpace(p.Name), strings.TrimSpace(p.Address)
	if p.Hours == nil {
		p.Hours = []Hours{}
	}
	return p
}

func (s *Service) checkOutlet(ctx context.Context, p OutletProfile) error {
	var wrong check.List
	wrong.Text("/name", p.Name, 1, nameMax)
	wrong.Lines("/address", p.Address, 1, addressMax)
	if !wrong.If(!regionForm.MatchString(p.RegionCode), "/region_code", check.Unknown) {
		known, err := s.regionExists(ctx, p.RegionCode)
		if err != nil {
			return err
		}
		wrong.If(!known, "/region_code", check.Unknown)
	}
	_, err := time.LoadLocation(p.Zone)
	wrong.If(err != nil || p.Zone == "" || p.Zone == "Local", "/zone", check.Unknown)
	if !wrong.If((p.Latitude == nil) != (p.Longitude == nil), "/longitude", check.Required) && p.Latitude != nil {
		wrong.If(!within(*p.Latitude, southmost, northmost), "/latitude", check.OutOfRange)
		wrong.If(!within(*p.Longitude, westmost, eastmost), "/longitude", check.OutOfRange)
	}
	checkHours(p.Hours, &wrong)
	return wrong.Err(ErrInvalid)
}

func checkHours(hours []Hours, wrong *check.List) {
	if wrong.If(len(hours) > hoursMax, "/hours", check.TooMany) {
		return
	}
	for i, h := range hours {
		at := fmt.Sprintf("/hours/%d", i)
		wrong.Range(at+"/day", int64(h.Day), 1, 7)
		wrong.If(!timeForm.MatchString(h.From), at+"/from", check.Format)
		if wrong.If(!timeForm.MatchString(h.To), at+"/to", check.Format) {
			continue
		}
		wrong.If(h.From == h.To, at+"/to", check.OutOfRange)
		wrong.If(slices.ContainsFunc(hours[:i], h.overlaps), at+"/from", hoursOverlap)
	}
}

// overlaps reports whether two spans of a day share a minute. One that ends
// before it begins runs past midnight.
func (h Hours) overlaps(other Hours) bool {
	return h.Day == other.Day && h.From < other.until() && other.From < h.until()
}

func (h Hours) until() string {
	if h.To < h.From {
		return "24:00"
	}
	return h.To
}

// within is false also for what is no number.
func within(x, least, most float64) bool { return x >= least && x <= most }

func outletEvent(done string, id, partner uuid.UUID) audit.Event {
	return audit.Event{
		Action: "outlet." + done, Subject: audit.Subject{Kind: "outlet", ID: id}, Details: map[string]any{"partner_id": partner},
	}
}
