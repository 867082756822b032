package database

import (
	"fmt"
	"time"

	"github.com/berlaku/berlaku/internal/uid"
)

func monthOf(t time.Time) time.Time {
	t = t.UTC()
	return time.Date(t.Year(), t.Month(), 1, 0, 0, 0, 0, time.UTC)
}

func partitionSQL(table string, month time.Time) string {
	return fmt.Sprintf("CREATE TABLE IF NOT EXISTS %s_%s PARTITION OF %s FOR VALUES FROM ('%s') TO ('%s')",
		table, month.Format("200601"), table, uid.Floor(month), uid.Floor(month.AddDate(0, 1, 0)))
}
