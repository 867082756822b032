package api

import (
	"context"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/google/uuid"

	"github.com/berlaku/berlaku/internal/page"
)

// Inputs and answers that many routes share.
type (
	none struct{}

	byID struct {
		ID uuid.UUID `path:"id"`
	}

	with[B any] struct {
		Body B
	}

	idAnd[B any] struct {
		ID   uuid.UUID `path:"id"`
		Body B
	}

	out[B any] struct {
		Body B
	}

	created[B any] struct {
		Location string `header:"Location"`
		Body     B
	}

	// listOf is a whole list that needs no pages; it looks like the last one.
	listOf[B any] struct {
		Items      []B    `json:"items" nullable:"false"`
		NextCursor string `json:"next_cursor" doc:"Empty: this list comes whole."`
	}

	reasonBody struct {
		Reason string `json:"reason" minLength:"1" maxLength:"200" doc:"Why, for those who read it later."`
	}
)

// Paged is the part of a list's query that cuts it.
type Paged struct {
	Limit  int    `query:"limit" minimum:"1" doc:"Rows at most; 50 when left out, never more than 200."`
	Cursor string `query:"cursor" maxLength:"64" doc:"next_cursor of the page before."`
}

func (p Paged) request() (page.Request, error) { return page.Parse(p.Limit, p.Cursor) }

type pagedByID struct {
	ByID
	Paged
}

// ByID is the id in the path, to embed beside other parameters.
type ByID struct {
	ID uuid.UUID `path:"id"`
}

func get(path, tag, summary string) huma.Operation {
	return huma.Operation{Method: http.MethodGet, Path: path, Tags: []string{tag}, Summary: summary}
}

// post makes something: 201.
func post(path, tag, summary string) huma.Operation {
	return huma.Operation{Method: http.MethodPost, Path: path, Tags: []string{tag}, Summary: summary, DefaultStatus: http.StatusCreated}
}

// act does something to what is there: 200.
func act(path, tag, summary string) huma.Operation {
	return huma.Operation{Method: http.MethodPost, Path: path, Tags: []string{tag}, Summary: summary, DefaultStatus: http.StatusOK}
}

func put(path, tag, summary string) huma.Operation {
	return huma.Operation{Method: http.MethodPut, Path: path, Tags: []string{tag}, Summary: summary, DefaultStatus: http.StatusOK}
}

func del(path, tag, summary string) huma.Operation {
	return huma.Operation{Method: http.MethodDelete, Path: path, Tags: []string{tag}, Summary: summary, DefaultStatus: http.StatusNoContent}
}

// say adds a description.
func say(op huma.Operation, text string) huma.Operation {
	op.Description = text
	return op
}

// reply answers with v as show tells it.
func reply[T, B any](v T, err error, show func(T) B) (*out[B], error) {
	if err != nil {
		return nil, err
	}
	return &out[B]{Body: show(v)}, nil
}

// replyNew answers with what was made and where it is.
func replyNew[T, B any](v T, err error, show func(T) B, location func(T) string) (*created[B], error) {
	if err != nil {
		return nil, err
	}
	return &created[B]{Location: location(v), Body: show(v)}, nil
}

// replyPage answers with one page of a list.
func replyPage[T, B any](p page.Of[T], err error, show func(T) B) (*out[page.Of[B]], error) {
	if err != nil {
		return nil, err
	}
	return &out[page.Of[B]]{Body: page.Map(p, show)}, nil
}

// replyList answers with a whole list.
func replyList[T, B any](all []T, err error, show func(T) B) (*out[listOf[B]], error) {
	if err != nil {
		return nil, err
	}
	body := listOf[B]{Items: make([]B, len(all))}
	for i := range all {
		body.Items[i] = show(all[i])
	}
	return &out[listOf[B]]{Body: body}, nil
}

// step is the handler of a route that does one thing to what the path names.
func step[T, B any](do func(context.Context, uuid.UUID) (T, error), show func(T) B) func(context.Context, *byID) (*out[B], error) {
	return func(ctx context.Context, in *byID) (*out[B], error) {
		v, err := do(ctx, in.ID)
		return reply(v, err, show)
	}
}

// stepWhy is step for what needs a reason.
func stepWhy[T, B any](do func(context.Context, uuid.UUID, string) (T, error), show func(T) B) func(context.Context, *idAnd[reasonBody]) (*out[B], error) {
	return func(ctx context.Context, in *idAnd[reasonBody]) (*out[B], error) {
		v, err := do(ctx, in.ID, in.Body.Reason)
		return reply(v, err, show)
	}
}

// orNone returns nil for the zero id, so that the member is left out.
func orNone(id uuid.UUID) *uuid.UUID {
	if id == uuid.Nil {
		return nil
	}
	return &id
}

// orZero returns the zero id for none.
func orZero(id *uuid.UUID) uuid.UUID {
	if id == nil {
		return uuid.Nil
	}
	return *id
}

// instant returns nil for the zero time.
func instant(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	return &t
}

// quiet makes an operation answer 204.
func quiet(op huma.Operation) huma.Operation {
	op.DefaultStatus = http.StatusNoContent
	return op
}

// done answers with nothing but the status.
func done(err error) (*none, error) {
	if err != nil {
		return nil, err
	}
	return &none{}, nil
}
