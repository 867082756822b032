package partners

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/google/uuid"
	"gorm.io/gorm"

	"github.com/berlaku/berlaku/internal/pii"
)

type documentRow struct {
	ID            uuid.UUID
	AgreementID   uuid.UUID
	Version       int
	Media         string
	Size          int
	SHA256        []byte `gorm:"column:sha256"`
	ContentSealed []byte
	UploadedBy    uuid.UUID
	UploadedAt    time.Time
}

func (documentRow) TableName() string { return "agreement_documents" }

// documentColumns are all but the content.
var documentColumns = []string{"id", "agreement_id", "version", "media", "size", "sha256", "uploaded_by", "uploaded_at"}

func (s *Service) insertDocument(ctx context.Context, d Document, sealed []byte) error {
	row := documentRow{
		ID: d.ID, AgreementID: d.AgreementID, Version: d.Version, Media: d.Media, Size: d.Size, SHA256: d.SHA256, ContentSealed: sealed,
		UploadedBy: d.UploadedBy, UploadedAt: d.UploadedAt,
	}
	if err := s.db.From(ctx).Create(&row).Error; err != nil {
		return fmt.Errorf("insert document: %w", err)
	}
	return nil
}

func (s *Service) documents(ctx context.Context, agreement uuid.UUID) ([]Document, error) {
	var rows []documentRow
	err := s.db.From(ctx).Select(documentColumns).Where("agreement_id = ?", agreement).Order("version DESC").Find(&rows).Error
	if err != nil {
		return nil, fmt.Errorf("list documents: %w", err)
	}
	out := make([]Document, len(rows))
	for i := range rows {
		out[i] = rows[i].document()
	}
	return out, nil
}

// documentCounts returns how many documents each agreement of a partner has.
func (s *Service) documentCounts(ctx context.Context, partner uuid.UUID) (map[uuid.UUID]int, error) {
	var rows []struct {
		AgreementID uuid.UUID
		N           int
	}
	err := s.db.From(ctx).Raw(`SELECT d.agreement_id, count(*) AS n FROM agreement_documents d JOIN agreements a ON a.id = d.agreement_id
		WHERE a.partner_id = ? GROUP BY d.agreement_id`, partner).Scan(&rows).Error
	if err != nil {
		return nil, fmt.Errorf("count documents: %w", err)
	}
	out := make(map[uuid.UUID]int, len(rows))
	for _, r := range rows {
		out[r.AgreementID] = r.N
	}
	return out, nil
}

func (s *Service) lastDocument(ctx context.Context, agreement uuid.UUID) (Document, error) {
	var row documentRow
	err := s.db.From(ctx).Select(documentColumns).Where("agreement_id = ?", agreement).Order("version DESC").Take(&row).Error
	if errors.Is(err, gorm.ErrRecordNotFound) {
		return Document{}, ErrDocumentNotFound
	}
	if err != nil {
		return Document{}, fmt.Errorf("read document: %w", err)
	}
	return row.document(), nil
}

func (s *Service) document(ctx context.Context, id uuid.UUID) (Document, []byte, error) {
	var row documentRow
	err := s.db.From(ctx).Where("id = ?", id).Take(&row).Error
	if errors.Is(err, gorm.ErrRecordNotFound) {
		return Document{}, nil, ErrDocumentNotFound
	}
	if err != nil {
		return Document{}, nil, fmt.Errorf("read document: %w", err)
	}
	return row.document(), row.ContentSealed, nil
}

func (r *documentRow) document() Document {
	return Document{
		ID: r.ID, AgreementID: r.AgreementID, Version: r.Version, Media: r.Media, Size: r.Size, SHA256: r.SHA256,
		UploadedBy: r.UploadedBy, UploadedAt: r.UploadedAt.UTC(),
	}
}

func documentPlace(id uuid.UUID) pii.Place {
	return pii.Place{Table: "agreement_documents", Column: "content_sealed", Row: id}
}
