package database

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// settleWait is how long Settle lets readers go before it, in milliseconds. The
// writer waits as long.
const settleWait = 250

// settleMost is how long Settle may take altogether.
const settleMost = 5 * time.Second

// ErrBusyReaders says that readers were still at old pages of the log.
var ErrBusyReaders = errors.New("readers hold pages of the write-ahead log; it is emptied later")

// Settle folds the write-ahead log of the embedded database into its file and
// empties it, so that nothing that was deleted is left there: inside the file
// deleted content is overwritten (secure_delete). It gives up with
// ErrBusyReaders after a quarter of a second. PostgreSQL has its own ways.
func (db *DB) Settle(ctx context.Context) (err error) {
	if db.dialect != SQLite || db.InTransaction(ctx) {
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, settleMost)
	defer cancel()
	pool, err := db.write.DB()
	if err != nil {
		return err
	}
	conn, err := pool.Conn(ctx)
	if err != nil {
		return fmt.Errorf("settle database: %w", err)
	}
	defer func() {
		_, back := conn.ExecContext(context.WithoutCancel(ctx), "PRAGMA busy_timeout = 5000")
		err = errors.Join(err, back, conn.Close())
	}()
	if _, err := conn.ExecContext(ctx, fmt.Sprintf("PRAGMA busy_timeout = %d", settleWait)); err != nil {
		return fmt.Errorf("settle database: %w", err)
	}
	var busy, pages, done int
	if err := conn.QueryRowContext(ctx, "PRAGMA wal_checkpoint(TRUNCATE)").Scan(&busy, &pages, &done); err != nil {
		return fmt.Errorf("settle database: %w", err)
	}
	if busy != 0 {
		return ErrBusyReaders
	}
	return nil
}
