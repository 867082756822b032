package api

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"reflect"
	"strings"

	"github.com/danielgtaylor/huma/v2"
	"github.com/google/uuid"

	"github.com/berlaku/berlaku/api/access"
	"github.com/berlaku/berlaku/internal/clock"
	"github.com/berlaku/berlaku/internal/strictjson"
)

// Limits of a body, in bytes.
const (
	bodyLimit   = 256 << 10
	scanLimit   = 8 << 10
	uploadLimit = 10 << 20
)

// uuidText describes a UUID in its one written form.
type uuidText struct{}

// Schema implements huma.SchemaProvider.
func (uuidText) Schema(huma.Registry) *huma.Schema {
	return &huma.Schema{
		Type: huma.TypeString, Format: "uuid",
		Pattern: "^[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$",
	}
}

// dayText describes a calendar day.
type dayText struct{}

// Schema implements huma.SchemaProvider.
func (dayText) Schema(huma.Registry) *huma.Schema {
	return &huma.Schema{Type: huma.TypeString, Format: "date"}
}

// config is huma's configuration: OpenAPI 3.1, no generated pages, no $schema
// members, our reading of JSON.
func config() huma.Config {
	registry := huma.NewMapRegistry("#/components/schemas/", huma.DefaultSchemaNamer)
	registry.RegisterTypeAlias(reflect.TypeFor[uuid.UUID](), reflect.TypeFor[uuidText]())
	registry.RegisterTypeAlias(reflect.TypeFor[clock.Day](), reflect.TypeFor[dayText]())
	format := strictJSON()
	return huma.Config{
		OpenAPI: &huma.OpenAPI{
			OpenAPI: "3.1.0",
			Info: &huma.Info{
				Title:       "Berlaku",
				Version:     "1",
				Description: "Signed participant cards, checked at the till; each discount recorded exactly once.",
			},
			Tags:       tags(),
			Components: &huma.Components{Schemas: registry, SecuritySchemes: access.Schemes()},
		},
		Formats:       map[string]huma.Format{"application/json": format, "json": format},
		DefaultFormat: "application/json",

		RejectUnknownQueryParameters: true,
	}
}

func tags() []*huma.Tag {
	return []*huma.Tag{
		{Name: tagScan, Description: "What a till does: look at a card, record a use, take it back."},
		{Name: tagPublic, Description: "What anybody may read: keys, status lists, receipts."},
		{Name: tagSignIn, Description: "Sessions, invitations, second factor."},
		{Name: tagParticipants, Description: "Participants, their memberships, imports."},
		{Name: tagMyData, Description: "What a participant sees of, and asks about, their own data."},
		{Name: tagCards, Description: "Cards: issue, print, revoke, put on a phone."},
		{Name: tagPartners, Description: "Sectors, partners, outlets, agreements, keys of till systems."},
		{Name: tagBenefits, Description: "Promos: versions and approval."},
		{Name: tagTills, Description: "Tills: enrolment and tokens, cashiers, what a till holds without a network."},
		{Name: tagPerisai, Description: "Umbrella organisations, agents, registrations."},
		{Name: tagReports, Description: "Figures of the programme."},
		{Name: tagAudit, Description: "The log that cannot be changed unseen."},
	}
}

// Groups of routes.
const (
	tagScan         = "Scan"
	tagPublic       = "Public"
	tagSignIn       = "Sign-in"
	tagParticipants = "Participants"
	tagMyData       = "Own data"
	tagCards        = "Cards"
	tagPartners     = "Partners"
	tagBenefits     = "Promos"
	tagTills        = "Tills"
	tagPerisai      = "Perisai"
	tagReports      = "Reports"
	tagAudit        = "Audit"
)

// strictJSON reads bodies without the liberties of encoding/json.
func strictJSON() huma.Format {
	return huma.Format{
		Marshal: func(w io.Writer, v any) error {
			enc := json.NewEncoder(w)
			enc.SetEscapeHTML(false)
			return enc.Encode(v)
		},
		Unmarshal: strictjson.Decode,
	}
}

// route registers one operation together with who may call it.
func route[I, O any](s *Server, op huma.Operation, rule access.Rule, handle func(context.Context, *I) (*O, error)) {
	if err := access.Declare(&op, rule); err != nil {
		s.faults = append(s.faults, fmt.Errorf("%s %s: %w", op.Method, op.Path, err))
		return
	}
	if op.OperationID == "" {
		op.OperationID = operationID(op.Method, op.Path)
	}
	input := reflect.TypeFor[I]()
	_, hasBody := input.FieldByName("Body")
	_, hasRaw := input.FieldByName("RawBody")
	if op.MaxBodyBytes == 0 {
		op.MaxBodyBytes = bodyLimit
	}
	op.MaxBodyBytes++ // huma refuses a body that is as long as its limit
	op.Errors = append(op.Errors, possible(&op, hasBody || hasRaw)...)
	huma.Register(s.api, op, handle)
}

// possible lists the refusals that a route can give besides its own.
func possible(op *huma.Operation, body bool) []int {
	out := []int{
		http.StatusBadRequest, http.StatusMisdirectedRequest, http.StatusUnprocessableEntity, http.StatusTooManyRequests,
		http.StatusInternalServerError, http.StatusServiceUnavailable,
	}
	if write := op.Method != http.MethodGet; write || len(op.Security) > 0 {
		out = append(out, http.StatusUnauthorized, http.StatusForbidden)
		if write {
			out = append(out, http.StatusNotFound, http.StatusConflict)
		}
	}
	if strings.Contains(op.Path, "{") {
		out = append(out, http.StatusNotFound)
	}
	if body {
		out = append(out, http.StatusRequestTimeout, http.StatusRequestEntityTooLarge, http.StatusUnsupportedMediaType)
	}
	return out
}

// operationID makes get-v1-cards-id of GET /v1/cards/{id}.
func operationID(method, path string) string {
	clean := strings.NewReplacer("{", "", "}", "", ".", "-", "_", "-").Replace(strings.Trim(path, "/"))
	return strings.ToLower(method) + "-" + strings.ReplaceAll(clean, "/", "-")
}
