package api

import (
	"context"
	"time"

	"github.com/google/uuid"

	"github.com/berlaku/berlaku/participants"
)

type activationBody struct {
	ID        uuid.UUID `json:"id"`
	Code      string    `json:"code" doc:"Shown once."`
	URL       string    `json:"url" doc:"Where the phone opens it; the code stands behind the #, which is not sent to any server."`
	ShareText string    `json:"share_text" doc:"A text in Indonesian with the link, to be sent on by hand."`
	Sent      bool      `json:"sent" doc:"The link is on its way to the phone on record. False when that was not asked, no phone is known, or messages are off."`
	ExpiresAt time.Time `json:"expires_at"`
}

// ActivationURL returns where a phone opens an activation code.
func ActivationURL(publicURL, code string) string { return publicURL + "/kartu/#" + code }

// activationRequest is how a link shall reach its person.
type activationRequest struct {
	ID   uuid.UUID `path:"id"`
	Body *struct {
		Send bool `json:"send,omitempty" doc:"Send the link to the phone on record."`
	}
}

func (s *Server) beginActivation(ctx context.Context, in *activationRequest) (*created[activationBody], error) {
	return s.handLink(ctx, in, func(ctx context.Context) (uuid.UUID, participants.Activation, error) {
		a, err := s.services.Participants.BeginActivation(ctx, in.ID)
		return in.ID, a, err
	})
}

func (s *Server) handOver(ctx context.Context, in *activationRequest) (*created[activationBody], error) {
	return s.handLink(ctx, in, func(ctx context.Context) (uuid.UUID, participants.Activation, error) {
		return s.services.Perisai.HandOver(ctx, in.ID)
	})
}

// handLink makes an activation and, where that is wanted, queues its link in
// the same transaction.
func (s *Server) handLink(ctx context.Context, in *activationRequest, begin func(context.Context) (uuid.UUID, participants.Activation, error)) (*created[activationBody], error) {
	o := &created[activationBody]{}
	err := s.services.DB.InTx(ctx, func(ctx context.Context) error {
		person, a, err := begin(ctx)
		if err != nil {
			return err
		}
		link := ActivationURL(s.opts.PublicURL, a.Code)
		o.Body = activationBody{ID: a.ID, Code: a.Code, URL: link, ShareText: participants.ShareText(link), ExpiresAt: a.ExpiresAt}
		if in.Body != nil && in.Body.Send {
			o.Body.Sent, err = s.services.Participants.SendActivation(ctx, person, link)
		}
		return err
	})
	if err != nil {
		return nil, err
	}
	return o, nil
}
