package world

import (
	"bytes"
	"context"
	"encoding/csv"
	"fmt"
	"slices"
	"time"

	"github.com/google/uuid"

	"github.com/berlaku/berlaku/internal/actor"
	"github.com/berlaku/berlaku/internal/clock"
	"github.com/berlaku/berlaku/internal/pii"
	"github.com/berlaku/berlaku/participants"
	"github.com/berlaku/berlaku/perisai"
)

// The figures of the press report of 13 October 2023. Their sum is 935 short of
// the headline; nobody knows where those belong, so they belong nowhere.
const (
	reportedPalu     = 9_437
	reportedParigi   = 7_713
	reportedDonggala = 3_436
	reportedTotal    = 21_521
	unallocated      = reportedTotal - reportedPalu - reportedParigi - reportedDonggala

	reportStart  clock.Day = "2023-01-01"
	reportEnd    clock.Day = "2023-10-13"
	reportSource           = "Monev Perisai BPJS Ketenagakerjaan, Palu, 13 Oktober 2023 (berita pers)"
)

// person is somebody in the world.
type person struct {
	id          uuid.UUID
	home        branch
	unallocated bool
	nik, kpj    string
	phone       string // of nobody: 0800 is no mobile number; empty: none on record
	name        string
	birth       clock.Day
	segment     participants.Segment
	status      participants.Status // today
	protected   clock.Day           // today
	registered  clock.Day
	promoUser   bool
	cardExpires bool // has a card that is past its date today
	watched     bool // of no promo, but imported every month
	lapsed      bool // by the newest import of the year
	cardText    string
}

type wadah struct {
	id     uuid.UUID
	home   branch
	agents []perisai.Agent
}

// agents makes 40 wadah with ten agents each; the agents work in all thirteen
// regencies.
func (b *builder) agents(ctx context.Context) error {
	regions := []string{"72.71", "72.10", "72.03", "72.08", "72.02", "72.06", "72.01", "72.04", "72.05", "72.07", "72.09", "72.11", "72.12"}
	homes := []branch{palu, palu, parigi, donggala}
	for i := range 40 {
		home := homes[i%len(homes)]
		w, err := b.app.Perisai.CreateWadah(ctx, perisai.NewWadah{BranchID: home.id, Code: fmt.Sprintf("W%02d", i+1), Name: "Wadah " + name(b.rand)})
		if err != nil {
			return err
		}
		all := make([]perisai.NewAgent, 10)
		for j := range all {
			all[j] = perisai.NewAgent{
				WadahID: w.ID, RegionCode: regions[(i*10+j)%len(regions)], Code: fmt.Sprintf("P%03d", i*10+j+1),
				Name: pii.Text(name(b.rand)), ActiveFrom: "2022-04-01",
			}
		}
		made, err := b.app.Perisai.CreateAgents(ctx, all)
		if err != nil {
			return err
		}
		b.wadahs = append(b.wadahs, wadah{w.ID, home, made})
		if i < 2 {
			for _, role := range []actor.Role{actor.WadahCoordinator, actor.Agent} {
				if _, err := b.account(ctx, actor.Grant{Role: role, Scope: actor.WadahScope, ScopeID: w.ID}, fmt.Sprintf("w%02d", i+1)); err != nil {
					return err
				}
			}
		}
	}
	return nil
}

const slice = 2_000

// pioneers imagines everybody and enters, as of the start of the history, those
// who will use promos or whose card is to expire.
func (b *builder) pioneers(ctx context.Context) error {
	b.imagine()
	b.watch()
	// Who is not imported every month from now on has paid for the year.
	today := dayOf(b.clock.Now())
	return b.enter(ctx, func(p *person) (participants.Status, clock.Day, bool) {
		if p.watched {
			return participants.Active, today.AddMonths(2), true
		}
		return participants.Active, today.AddMonths(14), p.promoUser || p.cardExpires
	})
}

// watch chooses whom the branch imports every month although they use no promo:
// with whom those can be compared who do.
func (b *builder) watch() {
	for i := range b.folk {
		p := &b.folk[i]
		p.watched = !p.promoUser && !p.cardExpires && b.habits.IntN(oneWatchedIn) == 0
	}
}

// people enters everybody else as they stand today, and what became of those
// who were there before.
func (b *builder) people(ctx context.Context) error {
	b.clock.Set(b.now.Add(-72 * time.Hour))
	early := []*person{}
	for i := range b.folk {
		if b.folk[i].id != uuid.Nil {
			early = append(early, &b.folk[i])
		}
	}
	now := func(p *person) (participants.Status, clock.Day) { return p.status, p.protected }
	if err := b.snapshot(ctx, early, dayOf(b.clock.Now()), now); err != nil {
		return err
	}
	return b.enter(ctx, func(p *person) (participants.Status, clock.Day, bool) { return p.status, p.protected, p.id == uuid.Nil })
}

// lives is where the nth person of a branch lives: of Palu's about every fourth
// in a regency around the city.
func (b branch) lives(n int) string {
	if b != palu {
		return b.region
	}
	switch n % 20 {
	case 3, 9, 15:
		return "72.10" // Sigi
	case 6:
		return donggala.region
	case 12:
		return parigi.region
	}
	return b.region
}

// enter stores the people of whom which says so, with the standing it gives.
func (b *builder) enter(ctx context.Context, which func(*person) (participants.Status, clock.Day, bool)) error {
	all, who := []participants.NewParticipant{}, []*person{}
	for i := range b.folk {
		p := &b.folk[i]
		status, until, wanted := which(p)
		if !wanted {
			continue
		}
		who = append(who, p)
		all = append(all, participants.NewParticipant{
			BranchID: p.home.id, RegionCode: p.home.lives(i), IDNumber: pii.Text(p.nik), Name: pii.Text(p.name), BirthOn: p.birth, Phone: pii.Text(p.phone),
			Membership: &participants.NewMembership{
				KPJ: pii.Text(p.kpj), Segment: p.segment, Programmes: []participants.Programme{participants.JKK, participants.JKM},
				Payer: participants.PayerSelf, AcquiredOn: p.registered, ProtectedUntil: until,
				Status: status, StatusAsOf: dayOf(b.clock.Now()), Source: participants.FromSimulation,
			},
		})
	}
	for n, part := range slices.Collect(slices.Chunk(all, slice)) {
		ids, err := b.app.Participants.CreateMany(ctx, part)
		if err != nil {
			return err
		}
		for i, id := range ids {
			who[n*slice+i].id = id
		}
	}
	return nil
}

// imagine makes up who there is: only numbers, names and days, no rows.
func (b *builder) imagine() {
	serial, today := map[string]int{}, dayOf(b.now)
	span := reportEnd.DaysSince(reportStart)
	for _, g := range []struct {
		home  branch
		count int
		none  bool
	}{{palu, reportedPalu, false}, {parigi, reportedParigi, false}, {donggala, reportedDonggala, false}, {palu, unallocated, true}} {
		for range g.count {
			p := person{
				home: g.home, unallocated: g.none, name: name(b.rand), segment: participants.BPU,
				birth: clock.Day("1964-01-01").AddDays(b.rand.IntN(365 * 40)), registered: reportStart.AddDays(b.rand.IntN(span + 1)),
			}
			p.nik = invented(b.rand.IntN(2) == 0, p.home.district, p.birth, serial)
			p.kpj = fmt.Sprintf("23%09d", len(b.folk)+1)
			if len(b.folk)%4 != 0 {
				p.phone = fmt.Sprintf("0800%08d", len(b.folk)+1)
			}
			b.fate(&p, today)
			p.cardExpires = p.status == participants.Active && !p.promoUser && b.expiring < otherCards
			if p.cardExpires {
				b.expiring++
			}
			b.folk = append(b.folk, p)
		}
	}
}

// fate draws how a membership stands today: most pay, some are behind, some stopped.
func (b *builder) fate(p *person, today clock.Day) {
	switch n := b.rand.IntN(100); {
	case n < 76:
		p.status, p.protected = participants.Active, today.AddDays(20+b.rand.IntN(150))
	case n < 88:
		p.status, p.protected = participants.InArrears, today.AddDays(-5-b.rand.IntN(60))
	default:
		p.status, p.protected = participants.Inactive, today.AddDays(-120-b.rand.IntN(300))
	}
	p.promoUser = p.status == participants.Active && b.rand.IntN(20) == 0
}

// invented returns an identity number of nobody: its district does not exist.
func invented(woman bool, district string, birth clock.Day, serial map[string]int) string {
	t := birth.Start(time.UTC)
	day := t.Day()
	if woman {
		day += 40
	}
	key := fmt.Sprintf("%s%02d%02d%02d", district, day, int(t.Month()), t.Year()%100)
	serial[key]++
	return fmt.Sprintf("%s%04d", key, serial[key])
}

// registrations records who registered whom, and what was reported.
func (b *builder) registrations(ctx context.Context) error {
	byHome := map[string][]perisai.Agent{}
	for _, w := range b.wadahs {
		byHome[w.home.code] = append(byHome[w.home.code], w.agents...)
	}
	for part := range slices.Chunk(b.folk, slice) {
		all := make([]perisai.Registration, len(part))
		for i := range part {
			p := &part[i]
			all[i] = perisai.Registration{ParticipantID: p.id, RegisteredOn: p.registered, Unallocated: p.unallocated}
			if !p.unallocated {
				agents := byHome[p.home.code]
				all[i].AgentID, all[i].BranchID = agents[b.rand.IntN(len(agents))].ID, p.home.id
			}
		}
		if err := b.app.Perisai.RegisterMany(ctx, all); err != nil {
			return err
		}
	}
	for _, f := range []struct {
		at    uuid.UUID
		value int64
	}{{uuid.Nil, reportedTotal}, {palu.id, reportedPalu}, {parigi.id, reportedParigi}, {donggala.id, reportedDonggala}} {
		_, err := b.app.Perisai.ReportFigure(ctx, perisai.Figure{
			PeriodStart: reportStart, PeriodEnd: reportEnd, BranchID: f.at, Metric: "registrations", Value: f.value, AsOf: reportEnd, Source: reportSource,
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// snapshot imports a file of the branch for some people, as staff do monthly.
func (b *builder) snapshot(ctx context.Context, folk []*person, asOf clock.Day, row func(*person) (participants.Status, clock.Day)) error {
	byHome := map[branch][]*person{}
	for _, p := range folk {
		byHome[p.home] = append(byHome[p.home], p)
	}
	for _, home := range []branch{palu, donggala, parigi} {
		if len(byHome[home]) == 0 {
			continue
		}
		var file bytes.Buffer
		w := csv.NewWriter(&file)
		_ = w.Write([]string{"nik", "nama", "tanggal_lahir", "kpj", "segmen", "status", "perlindungan_sampai", "per_tanggal"}) //nolint:errcheck // see Error below
		for _, p := range byHome[home] {
			status, until := row(p)
			_ = w.Write([]string{p.nik, p.name, string(p.birth), p.kpj, string(p.segment), string(status), string(until), string(asOf)}) //nolint:errcheck // see Error below
		}
		if w.Flush(); w.Error() != nil {
			return w.Error()
		}
		run, err := b.app.Participants.Import(ctx, participants.ImportRequest{
			BranchID: home.id, Format: participants.CSV, File: bytes.NewReader(file.Bytes()), Size: int64(file.Len()),
		})
		if err != nil {
			return err
		}
		if run.Rejected > 0 {
			return fmt.Errorf("import of %s refused %d rows", home.code, run.Rejected)
		}
	}
	return nil
}
