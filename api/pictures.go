package api

import (
	"context"
	"net/http"

	"github.com/danielgtaylor/huma/v2"
	"github.com/google/uuid"

	"github.com/berlaku/berlaku/api/access"
	"github.com/berlaku/berlaku/cards"
	"github.com/berlaku/berlaku/internal/actor"
)

func (s *Server) pictureRoutes(read access.Rule) {
	for _, p := range []struct {
		name, media, summary string
		draw                 func(cards.Card, int) ([]byte, error)
	}{
		{"qr.png", "image/png", "The QR code of a printed card as PNG", s.services.Cards.PNG},
		{"qr.svg", "image/svg+xml", "The QR code of a printed card as SVG", s.drawSVG},
		{"card.pdf", "application/pdf", "A printed card as PDF, 85.60 × 53.98 mm", s.drawPDF},
	} {
		op := get("/v1/cards/{id}/"+p.name, tagCards, p.summary)
		op.Responses = file(p.media)
		op.Responses["304"] = &huma.Response{Description: http.StatusText(http.StatusNotModified)}
		route(s, op, read, s.picture(p.media, p.draw))
	}
	op := say(act("/v1/cards/sheet", tagCards, "Printed cards on A4, ten a page"), "With cut marks; at most 200 cards, none that has ended.")
	op.Responses = file("application/pdf")
	route(s, op, access.Needs(actor.IssueCards), s.sheet)
}

func (s *Server) drawSVG(c cards.Card, _ int) ([]byte, error) { return s.services.Cards.SVG(c) }

func (s *Server) drawPDF(c cards.Card, _ int) ([]byte, error) { return s.services.Cards.PDF(c) }

type pictureInput struct {
	ID          uuid.UUID `path:"id"`
	Scale       int       `query:"scale" minimum:"4" maximum:"32" doc:"Pixels a module, for PNG; 8 when left out."`
	IfNoneMatch string    `header:"If-None-Match"`
}

const defaultScale = 8

func (s *Server) picture(media string, draw func(cards.Card, int) ([]byte, error)) func(context.Context, *pictureInput) (*fileOutput, error) {
	return func(ctx context.Context, in *pictureInput) (*fileOutput, error) {
		c, err := s.services.Cards.Get(ctx, in.ID)
		if err != nil {
			return nil, err
		}
		if in.Scale == 0 {
			in.Scale = defaultScale
		}
		b, err := draw(c, in.Scale)
		if err != nil {
			return nil, err
		}
		o := &fileOutput{ContentType: media, ETag: etagOf(b), CacheControl: "private, no-cache", Body: b}
		return o.unlessHeld(in.IfNoneMatch), nil
	}
}

type sheetBody struct {
	IDs []uuid.UUID `json:"ids" nullable:"false" minItems:"1" maxItems:"200"`
}

func (s *Server) sheet(ctx context.Context, in *with[sheetBody]) (*fileOutput, error) {
	b, err := s.services.Cards.Sheet(ctx, in.Body.IDs)
	if err != nil {
		return nil, err
	}
	return &fileOutput{
		Status: http.StatusOK, ContentType: "application/pdf", Disposition: `attachment; filename="kartu.pdf"`, Body: b,
	}, nil
}
