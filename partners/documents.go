package partners

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"io"
	"time"

	"github.com/google/uuid"

	"github.com/berlaku/berlaku/internal/actor"
	"github.com/berlaku/berlaku/internal/fault"
	"github.com/berlaku/berlaku/internal/uid"
)

// Faults of documents.
var (
	ErrAgreementNotFound = fault.New(fault.NotFound, "agreement_not_found", "There is no such agreement.")
	ErrDocumentNotFound  = fault.New(fault.NotFound, "document_not_found", "There is no such document.")
	ErrDocumentEmpty     = fault.New(fault.Invalid, "document_empty", "The file is empty.")
	ErrDocumentSize      = fault.New(fault.Invalid, "document_too_large", "The file is larger than 10 MiB.")
	ErrDocumentKind      = fault.New(fault.Invalid, "document_kind", "Only a PDF, JPEG or PNG is taken, and nothing may follow after its end.")
	ErrDocumentActive    = fault.New(fault.Invalid, "document_active", "The PDF contains programs. Print it to a new PDF and send that.")
	ErrDocumentSame      = fault.New(fault.Conflict, "document_same", "This very file is the current version already.")
)

// DocumentMax is how many bytes a document may have.
const DocumentMax = 10 << 20

// Document is one version of a signed agreement, without its content.
type Document struct {
	ID, AgreementID uuid.UUID
	Version         int    // from 1
	Media           string // application/pdf, image/jpeg or image/png: by its content
	Size            int
	SHA256          []byte
	UploadedBy      uuid.UUID
	UploadedAt      time.Time
}

// Extension returns the ending of a file name for the document.
func (d Document) Extension() string {
	return map[string]string{"application/pdf": ".pdf", "image/jpeg": ".jpg", "image/png": ".png"}[d.Media]
}

// AddDocument keeps a document as the newest version of an agreement. What it
// is, its content says; a name is neither asked for nor kept. Staff of the
// branch may (ErrStaffOnly). Errors: ErrDocumentEmpty, ErrDocumentSize,
// ErrDocumentKind, ErrDocumentActive, ErrDocumentSame.
func (s *Service) AddDocument(ctx context.Context, agreement uuid.UUID, file io.Reader) (Document, error) {
	if _, err := s.agreementReached(ctx, agreement, false); err != nil {
		return Document{}, err // before reading what somebody sends who may not
	}
	b, err := io.ReadAll(io.LimitReader(file, DocumentMax+1))
	if err != nil {
		return Document{}, ErrDocumentSize.Because(err)
	}
	media, err := mediaOf(b)
	if err != nil {
		return Document{}, err
	}
	sum, now := sha256.Sum256(b), s.clock.Now()
	d := Document{
		ID: uid.At(now), AgreementID: agreement, Media: media, Size: len(b), SHA256: sum[:], UploadedBy: actor.From(ctx).ID, UploadedAt: now,
	}
	sealed := s.keys.Seal(documentPlace(d.ID), string(b))
	err = s.db.InTx(ctx, func(ctx context.Context) error {
		a, err := s.agreementReached(ctx, agreement, true)
		if err != nil {
			return err
		}
		last, err := s.lastDocument(ctx, agreement)
		switch {
		case errors.Is(err, ErrDocumentNotFound):
			d.Version = 1
		case err != nil:
			return err
		case bytes.Equal(last.SHA256, d.SHA256):
			return ErrDocumentSame
		default:
			d.Version = last.Version + 1
		}
		if err := s.insertDocument(ctx, d, sealed); err != nil {
			return err
		}
		return s.note(ctx, a.PartnerID, "document_added", "", map[string]any{"agreement_id": agreement, "document_id": d.ID, "version": d.Version})
	})
	if err != nil {
		return Document{}, err
	}
	return d, nil
}

// agreementReached returns an agreement that staff may write; lock holds its
// partner to the end of the transaction.
func (s *Service) agreementReached(ctx context.Context, id uuid.UUID, lock bool) (Agreement, error) {
	a, err := s.agreement(ctx, id)
	if err != nil {
		return Agreement{}, err
	}
	p, err := s.partner(ctx, a.PartnerID, lock)
	if err != nil {
		return Agreement{}, err
	}
	r := actor.From(ctx).Scope(actor.WritePartners)
	switch {
	case !p.Affiliation().Within(r):
		return Agreement{}, ErrAgreementNotFound
	case !p.Affiliation().ByStaff(r):
		return Agreement{}, ErrStaffOnly
	}
	return a, nil
}

// GetAgreement returns an agreement of a partner within reach with its
// documents, the newest version first.
func (s *Service) GetAgreement(ctx context.Context, id uuid.UUID) (Agreement, []Document, error) {
	a, err := s.agreement(ctx, id)
	if err != nil {
		return Agreement{}, nil, err
	}
	if err := s.readable(ctx, a.PartnerID); errors.Is(err, ErrNotFound) {
		return Agreement{}, nil, ErrAgreementNotFound
	} else if err != nil {
		return Agreement{}, nil, err
	}
	all, err := s.documents(ctx, id)
	return a, all, err
}

// OpenDocument returns a document of a partner within reach with its content;
// the audit log keeps who read it. Content that is not what was kept is an
// error of the server.
func (s *Service) OpenDocument(ctx context.Context, id uuid.UUID) (d Document, content []byte, err error) {
	err = s.db.InTx(ctx, func(ctx context.Context) error {
		var sealed []byte
		if d, sealed, err = s.document(ctx, id); err != nil {
			return err
		}
		a, err := s.agreement(ctx, d.AgreementID)
		if err != nil {
			return err
		}
		if err := s.readable(ctx, a.PartnerID); errors.Is(err, ErrNotFound) {
			return ErrDocumentNotFound
		} else if err != nil {
			return err
		}
		text, err := s.keys.Unseal(documentPlace(id), sealed)
		if err != nil {
			return err
		}
		content = []byte(text)
		if sum := sha256.Sum256(content); !bytes.Equal(sum[:], d.SHA256) {
			return errors.New("document is not what was kept")
		}
		return s.audit.Append(ctx, event("document_read", a.PartnerID, map[string]any{"document_id": id}))
	})
	if err != nil {
		return Document{}, nil, err
	}
	return d, content, nil
}
