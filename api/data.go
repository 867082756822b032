package api

import (
	"context"
	"encoding/hex"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/google/uuid"

	"github.com/berlaku/berlaku/api/access"
	"github.com/berlaku/berlaku/internal/actor"
	"github.com/berlaku/berlaku/internal/clock"
	"github.com/berlaku/berlaku/internal/page"
	"github.com/berlaku/berlaku/internal/pii"
	"github.com/berlaku/berlaku/participants"
	"github.com/berlaku/berlaku/partners"
)

// dataRoutes registers people's data: requests, accesses, consent.
func (s *Server) dataRoutes() {
	mine := access.Needs(actor.OwnRecords)
	route(s, say(get("/v1/my/data", tagMyData, "Everything that is stored about the participant"),
		"With download=1 a browser saves it as a file."), mine, s.myData)
	route(s, say(get("/v1/my/accesses", tagMyData, "Which office looked at the participant's data, and why; newest first"),
		"The same look is noted once an hour, and kept for twelve months."), mine, s.myAccesses)
	route(s, get("/v1/my/data-requests", tagMyData, "The participant's requests, newest first"), mine, s.myRequests)
	ask := say(post("/v1/my/data-requests", tagMyData, "Ask to see, export, correct, withdraw or erase"),
		"Seeing, exporting and withdrawing are done at once; correcting and erasing wait for the branch, 72 hours at most. A second one of a kind while one waits is that one: 200.")
	waiting := jsonAnswer[ownRequest](s)
	waiting.Description = "The one of this kind that waits already."
	ask.Responses = map[string]*huma.Response{"200": waiting}
	route(s, ask, mine.Limited(actor.Participant, 30, time.Hour), s.askAboutData)
	route(s, say(del("/v1/my/data-requests/{id}", tagMyData, "Take a request back"), "While it is open or prepared."), mine, s.cancelRequest)
	route(s, say(quiet(post("/v1/my/consent", tagMyData, "Consent again")), "To the notice in force; it lifts the restriction that a withdrawal set."), mine, s.consentAgain)
	s.requestRoutes()
}

// Reasoned is the header by which staff say why they look at people's data.
type Reasoned struct {
	Reason string `header:"X-Access-Reason" enum:"service,data_request,card,dispute,import,audit,other" doc:"Why the data are looked at; the person sees it. unspecified when left out."`
}

// noted returns the context in which the data are looked at.
func (r Reasoned) noted(ctx context.Context) context.Context {
	return participants.WithReason(ctx, participants.AccessReason(r.Reason))
}

type ownProfile struct {
	ID             uuid.UUID `json:"id"`
	Name           string    `json:"name"`
	BirthOn        clock.Day `json:"birth_on,omitempty"`
	Phone          string    `json:"phone,omitempty"`
	IDType         string    `json:"id_type" enum:"nik,passport"`
	IDNumberMasked string    `json:"id_number_masked"`
	Branch         string    `json:"branch"`
	RegionCode     string    `json:"region_code,omitempty"`
	Restricted     bool      `json:"restricted" doc:"Processing is restricted: the consent was withdrawn."`
	CreatedAt      time.Time `json:"created_at"`
	UpdatedAt      time.Time `json:"updated_at"`
}

type ownConsent struct {
	Version     string     `json:"version"`
	TextHash    string     `json:"text_hash" doc:"SHA-256 of the text in hexadecimal."`
	Channel     string     `json:"channel" enum:"branch,agent,self,import"`
	GivenAt     time.Time  `json:"given_at"`
	WithdrawnAt *time.Time `json:"withdrawn_at,omitempty"`
}

type ownTotal struct {
	Count    int64 `json:"count"`
	Gross    int64 `json:"gross"`
	Discount int64 `json:"discount" doc:"What was saved altogether, in rupiah."`
}

type dataWish struct {
	SectorID uuid.UUID `json:"sector_id"`
	Sector   string    `json:"sector" doc:"Its Indonesian name."`
	Partner  string    `json:"partner,omitempty" doc:"The business that is missed, as the person wrote it."`
	WishedAt time.Time `json:"wished_at"`
}

// wished leaves out the sectors that the person did not wish for.
func wished(all []partners.Wish) []dataWish {
	out := []dataWish{}
	for _, w := range all {
		if !w.WishedAt.IsZero() {
			out = append(out, dataWish{w.Sector.ID, w.Sector.NameID, w.Partner.Reveal(), w.WishedAt.UTC()})
		}
	}
	return out
}

type ownData struct {
	At          time.Time        `json:"at"`
	Note        string           `json:"note" doc:"What is left out or masked, and why; Indonesian."`
	Profile     ownProfile       `json:"profile"`
	Memberships []membershipBody `json:"memberships" nullable:"false"`
	Consents    []ownConsent     `json:"consents" nullable:"false"`
	Cards       []cardBody       `json:"cards" nullable:"false"`
	Wishes      []dataWish       `json:"wishes" nullable:"false"`
	Uses        ownTotal         `json:"uses"`
	Requests    []ownRequest     `json:"requests" nullable:"false" doc:"The newest 200."`
	Accesses    []ownAccess      `json:"accesses" nullable:"false" doc:"The newest 200."`
}

// ownDataNote says what an export leaves out.
const ownDataNote = "NIK dan nomor KPJ hanya ditampilkan empat angka terakhirnya, supaya aman bila ponsel dipegang orang lain. Nomor lengkap ada di kantor cabang."

type ownDataFile struct {
	Disposition string `header:"Content-Disposition"`
	Body        ownData
}

type downloadQuery struct {
	Download int `query:"download" minimum:"0" maximum:"1" doc:"1: as a file to save."`
}

func (s *Server) myData(ctx context.Context, in *downloadQuery) (*ownDataFile, error) {
	body, err := s.gather(ctx)
	if err != nil {
		return nil, err
	}
	o := &ownDataFile{Body: body}
	if in.Download == 1 {
		o.Disposition = `attachment; filename="data-saya-` + body.At.Format(time.DateOnly) + `.json"`
	}
	return o, nil
}

// gather asks every room what it keeps of the participant.
func (s *Server) gather(ctx context.Context) (ownData, error) {
	all := page.Request{Limit: page.Max}
	p, err := s.services.Participants.Own(ctx)
	if err != nil {
		return ownData{}, err
	}
	held, err := s.services.Cards.List(ctx, p.ID)
	if err != nil {
		return ownData{}, err
	}
	used, err := s.services.Redemptions.OwnTotal(ctx)
	if err != nil {
		return ownData{}, err
	}
	asked, err := s.services.Participants.OwnRequests(ctx, all)
	if err != nil {
		return ownData{}, err
	}
	looks, err := s.services.Participants.OwnAccesses(ctx, all)
	if err != nil {
		return ownData{}, err
	}
	wishes, err := s.services.Partners.MyWishes(ctx)
	if err != nil {
		return ownData{}, err
	}
	return ownData{
		At: s.opts.Clock.Now(), Note: ownDataNote, Profile: profileOf(p), Memberships: each(p.Memberships, membershipOf), Consents: each(p.Consents, consentOf),
		Cards: each(held, cardOf), Wishes: wished(wishes), Uses: ownTotal{used.Uses, used.Gross, used.Discount},
		Requests: each(asked.Items, ownRequestOf), Accesses: each(looks.Items, ownAccessOf),
	}, nil
}

// each shows every value of a list; never nil.
func each[T, B any](all []T, show func(T) B) []B {
	out := make([]B, len(all))
	for i := range all {
		out[i] = show(all[i])
	}
	return out
}

func profileOf(p participants.OwnData) ownProfile {
	return ownProfile{
		ID: p.ID, Name: p.Name.Reveal(), BirthOn: p.BirthOn, Phone: p.Phone.Reveal(), IDType: string(p.IDType), IDNumberMasked: p.IDNumberMasked,
		Branch: p.Branch, RegionCode: p.RegionCode, Restricted: p.Restricted, CreatedAt: p.CreatedAt, UpdatedAt: p.UpdatedAt,
	}
}

func consentOf(c participants.Consent) ownConsent {
	return ownConsent{Version: c.Version, TextHash: hex.EncodeToString(c.TextHash), Channel: string(c.Channel), GivenAt: c.GivenAt, WithdrawnAt: c.WithdrawnAt}
}

type ownAccess struct {
	At     time.Time `json:"at"`
	Role   string    `json:"role"`
	Branch string    `json:"branch" doc:"Empty: a national role."`
	Action string    `json:"action" enum:"view,list,search,data_request"`
	Reason string    `json:"reason" enum:"service,data_request,card,dispute,import,audit,other,unspecified"`
}

func ownAccessOf(a participants.Access) ownAccess {
	return ownAccess{At: a.At, Role: string(a.Role), Branch: a.Branch, Action: a.Action, Reason: string(a.Reason)}
}

func (s *Server) myAccesses(ctx context.Context, in *Paged) (*out[page.Of[ownAccess]], error) {
	req, err := in.request()
	if err != nil {
		return nil, err
	}
	p, err := s.services.Participants.OwnAccesses(ctx, req)
	return replyPage(p, err, ownAccessOf)
}

// ownRequest is a request as the person sees it.
type ownRequest struct {
	ID        uuid.UUID  `json:"id"`
	Kind      string     `json:"kind" enum:"see,export,correct,withdraw,erase"`
	State     string     `json:"state" enum:"open,prepared,done,refused,cancelled"`
	DueAt     time.Time  `json:"due_at"`
	CreatedAt time.Time  `json:"created_at"`
	DecidedAt *time.Time `json:"decided_at,omitempty"`
	Answer    string     `json:"answer,omitempty"`
}

func ownRequestOf(r participants.DataRequest) ownRequest {
	return ownRequest{
		ID: r.ID, Kind: string(r.Kind), State: string(r.State), DueAt: r.DueAt, CreatedAt: r.CreatedAt, DecidedAt: r.DecidedAt, Answer: r.Answer.Reveal(),
	}
}

func (s *Server) myRequests(ctx context.Context, in *Paged) (*out[page.Of[ownRequest]], error) {
	req, err := in.request()
	if err != nil {
		return nil, err
	}
	p, err := s.services.Participants.OwnRequests(ctx, req)
	return replyPage(p, err, ownRequestOf)
}

type newRequest struct {
	Kind string `json:"kind" enum:"see,export,correct,withdraw,erase"`
	Note string `json:"note,omitempty" maxLength:"1000" doc:"What is wrong, or anything else that the branch should know."`
}

type askedRequest struct {
	Status int
	Body   ownRequest
}

func (s *Server) askAboutData(ctx context.Context, in *with[newRequest]) (*askedRequest, error) {
	r, made, err := s.services.Participants.Ask(ctx, participants.RequestKind(in.Body.Kind), pii.Text(in.Body.Note))
	if err != nil {
		return nil, err
	}
	o := &askedRequest{Status: http.StatusCreated, Body: ownRequestOf(r)}
	if !made {
		o.Status = http.StatusOK
	}
	return o, nil
}

func (s *Server) cancelRequest(ctx context.Context, in *byID) (*none, error) {
	return done(s.services.Participants.CancelRequest(ctx, in.ID))
}

type consentBody struct {
	Version  string `json:"version" minLength:"1" maxLength:"40" doc:"Of the notice that was shown."`
	TextHash string `json:"text_hash" pattern:"^[0-9a-f]{64}$" doc:"SHA-256 of its Indonesian text, as GET /v1/privacy-notice tells it."`
}

func (s *Server) consentAgain(ctx context.Context, in *with[consentBody]) (*none, error) {
	hash, err := hex.DecodeString(in.Body.TextHash)
	if err != nil {
		return nil, errTextHash.At("/text_hash")
	}
	return done(s.services.Participants.ConsentAgain(ctx, in.Body.Version, hash))
}
