package people

import (
	"net/url"
	"strconv"
	"strings"

	"github.com/google/uuid"

	"github.com/berlaku/berlaku/cards"
	"github.com/berlaku/berlaku/console/frame"
	"github.com/berlaku/berlaku/internal/actor"
	"github.com/berlaku/berlaku/internal/page"
	"github.com/berlaku/berlaku/participants"
)

type runsPage struct {
	Runs    []cards.Run
	Next    string
	Path    string
	First   bool
	Form    *frame.Form
	Choices choices
	CanSend bool
	Preview *cards.Preview
	Unknown []int // lines of the pasted list that name nobody
	Room    bool  // another run may be started
}

var runsTitle = frame.Say("Cetak & kirim kartu", "Print & send cards")

func runAt(id uuid.UUID) string { return frame.Root + runsPath + "/" + id.String() }

// runs shows the form of a run, filled with the filters of the list that led
// here, and the runs so far.
func (r *room) runs(v *frame.Visit) error {
	form := v.Blank()
	for _, name := range filterNames {
		form.Set(name, v.Query(name))
	}
	form.Set("kind", "sheet")
	form.Set("who", "filter")
	form.Set("without", "1")
	return r.showRuns(v, runsPage{Form: form}, false)
}

func (r *room) showRuns(v *frame.Visit, data runsPage, wrong bool) error {
	req, err := page.Parse(20, v.Query("cursor"))
	if err != nil {
		return err
	}
	all, err := r.Cards.ListRuns(v.Context(), req)
	if err != nil {
		return err
	}
	data.Runs, data.Next, data.Path, data.First = all.Items, all.NextCursor, frame.Root+runsPath, req.After == uuid.Nil
	if data.Choices, err = r.choices(v, data.Form); err != nil {
		return err
	}
	data.CanSend = r.Participants.CanSend()
	if wrong {
		return v.Again("people_runs.html", runsTitle, data)
	}
	return v.Page("people_runs.html", runsTitle, data)
}

// newRun reads whom a run is for, and which lines of a list name nobody.
func (r *room) newRun(v *frame.Visit, f *frame.Form) (cards.NewRun, []int, error) {
	n := cards.NewRun{Kind: cards.RunKind(f.Choice("kind", "sheet", "links"))}
	if f.Get("who") == "list" {
		named, err := r.Cards.ReadNames(v.Context(), f.Values.Get("names"))
		n.ParticipantIDs = named.ParticipantIDs
		if err == nil && len(named.ParticipantIDs) == 0 {
			err = cards.ErrRunEmpty
		}
		return n, named.Unknown, err
	}
	s := filterOf(f.Values, v.Zone())
	n.Filter = &cards.RunFilter{
		Selection:   participants.Selection{BranchID: s.BranchID, RegionCode: s.RegionCode, Segment: s.Segment, Status: s.Status},
		WithoutCard: f.Get("without") == "1",
	}
	return n, nil, nil
}

// previewRun tells how many people are meant, before anything is made.
func (r *room) previewRun(v *frame.Visit) error {
	form, err := v.Form()
	if err != nil {
		return err
	}
	data := runsPage{Form: form}
	n, unknown, err := r.newRun(v, form)
	data.Unknown = unknown
	if err == nil && form.OK() {
		var p cards.Preview
		if p, err = r.Cards.PreviewRun(v.Context(), n); err == nil {
			data.Preview, data.Room = &p, p.Running < cards.RunsAtOnce
		}
	}
	if err != nil && !form.Refused(err) {
		return err
	}
	return r.showRuns(v, data, !form.OK())
}

func (r *room) startRun(v *frame.Visit) error {
	form, err := v.Form()
	if err != nil {
		return err
	}
	var made cards.Run
	n, unknown, err := r.newRun(v, form)
	if err == nil && form.OK() {
		made, err = r.Cards.StartRun(v.Context(), n)
	}
	if err != nil && !form.Refused(err) {
		return err
	}
	if !form.OK() {
		return r.showRuns(v, runsPage{Form: form, Unknown: unknown}, true)
	}
	return v.Go(runAt(made.ID), frame.Say("Dimulai. Kartu dibuat satu per satu; halaman ini memperbarui diri.", "Started. The cards are made one by one; this page keeps itself up to date."))
}

type runPage struct {
	cards.Run
	Branch   string
	Parts    []int
	Failures []cards.Failure
	Revoke   bool
	Ending   bool // a revoked run whose cards are still being ended
	Worked   int
}

func (r *room) run(v *frame.Visit) error {
	data, err := r.loadRun(v)
	if err != nil {
		return err
	}
	if v.HTMX() {
		if data.State != cards.RunRunning && !data.Ending {
			v.W.Header().Set("HX-Refresh", "true") // what can be done now has changed
		}
		return v.Part("people_run.html", "runprogress", data)
	}
	return v.Page("people_run.html", frame.Say("Cetak massal …"+short(data.ID), "Run …"+short(data.ID)), data)
}

func (r *room) loadRun(v *frame.Visit) (runPage, error) {
	id, err := v.ID("id")
	if err != nil {
		return runPage{}, err
	}
	run, err := r.Cards.GetRun(v.Context(), id)
	if err != nil {
		return runPage{}, err
	}
	out := runPage{
		Run: run, Worked: run.Done + run.Failed, Revoke: v.Who.Can(actor.RevokeCards) && run.State != cards.RunRevoked,
		Ending: run.State == cards.RunRevoked && run.FinishedAt.IsZero(),
	}
	for n := range run.Sheets() {
		out.Parts = append(out.Parts, n+1)
	}
	if out.Failures, err = r.Cards.RunFailures(v.Context(), id); err != nil {
		return runPage{}, err
	}
	if run.BranchID != uuid.Nil {
		b, err := r.Participants.Branch(v.Context(), run.BranchID)
		if err != nil {
			return runPage{}, err
		}
		out.Branch = b.Name
	}
	return out, nil
}

// sheet answers with one document of at most 200 cards.
func (r *room) sheet(v *frame.Visit) error {
	id, err := v.ID("id")
	if err != nil {
		return err
	}
	n, err := strconv.Atoi(v.Param("n"))
	if err != nil {
		return cards.ErrSheetNotFound
	}
	v.Longer()
	b, err := r.Cards.RunSheet(v.Context(), id, n)
	if err != nil {
		return err
	}
	v.W.Header().Set("Cache-Control", "no-store")
	return v.File("kartu-"+short(id)+"-"+strconv.Itoa(n)+".pdf", "application/pdf", b)
}

func (r *room) cancelRun(v *frame.Visit) error {
	id, err := v.ID("id")
	if err != nil {
		return err
	}
	if _, err := r.Cards.CancelRun(v.Context(), id); err != nil {
		return err
	}
	return v.Go(runAt(id), frame.Say("Dibatalkan. Kartu yang sudah dibuat tetap berlaku.", "Cancelled. Cards that were made stay good."))
}

func (r *room) revokeRunForm(v *frame.Visit) error {
	data, err := r.loadRun(v)
	if err != nil {
		return err
	}
	if !data.Revoke {
		return cards.ErrRunState
	}
	return v.Page("people_run_revoke.html", frame.Say("Cabut semua kartu ini", "Revoke all of these cards"), data)
}

func (r *room) revokeRun(v *frame.Visit) error {
	id, err := v.ID("id")
	if err != nil {
		return err
	}
	if _, err := r.Cards.RevokeRun(v.Context(), id); err != nil {
		return err
	}
	return v.Go(runAt(id), frame.Say("Semua kartu dari cetak massal ini sedang dicabut.", "All cards of this run are being revoked."))
}

// RunPath is the link from the list to the form of a run with the same filters.
func (p listPage) RunPath() string {
	_, query, _ := strings.Cut(p.Path, "?")
	values, err := url.ParseQuery(query)
	if err != nil || len(values) == 0 {
		return frame.Root + runsPath
	}
	return frame.Root + runsPath + "?" + query
}
