package database

import (
	"database/sql/driver"
	"fmt"
)

// Bytes is a column of bytes that may be NULL. A nil []byte is NULL on
// PostgreSQL but an empty blob with the SQLite driver; a nil Bytes is NULL on
// both.
type Bytes []byte

// Value implements driver.Valuer.
func (b Bytes) Value() (driver.Value, error) {
	if b == nil {
		return nil, nil
	}
	return []byte(b), nil
}

// Scan implements sql.Scanner.
func (b *Bytes) Scan(v any) error {
	switch v := v.(type) {
	case nil:
		*b = nil
	case []byte:
		*b = append(Bytes{}, v...)
	case string:
		*b = Bytes(v)
	default:
		return fmt.Errorf("scan bytes from %T", v)
	}
	return nil
}
