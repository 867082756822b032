package main

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/google/uuid"

	_ "github.com/berlaku/berlaku/internal/database" // registers the program's own SQLite driver
)

// barePeople is how many participants the bare transaction draws from.
const barePeople = 10_000

// bareSchema is the least that a use needs: who, which promo, the counter of
// the person, the totals of the promo, the record, the message to others.
const bareSchema = `
CREATE TABLE participants (id bigint PRIMARY KEY, status text NOT NULL, branch_id bigint NOT NULL, sector_id bigint NOT NULL);
CREATE TABLE benefits (id bigint PRIMARY KEY, quota_total bigint NOT NULL, quota_used bigint NOT NULL, budget_total bigint NOT NULL, budget_used bigint NOT NULL);
CREATE TABLE usage_periods (participant_id bigint NOT NULL, benefit_id bigint NOT NULL, period bigint NOT NULL, used bigint NOT NULL, last_at timestamp NOT NULL,
	PRIMARY KEY (participant_id, benefit_id, period));
CREATE TABLE redemptions (id uuid PRIMARY KEY, idem_key uuid NOT NULL UNIQUE, participant_id bigint NOT NULL, benefit_id bigint NOT NULL, amount bigint NOT NULL, created_at timestamp NOT NULL);
CREATE INDEX redemptions_person ON redemptions (participant_id, benefit_id, created_at);
CREATE TABLE outbox (id uuid PRIMARY KEY, payload text NOT NULL, created_at timestamp NOT NULL);
INSERT INTO participants WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < %d) SELECT i, 'active', i %% 5, 1 FROM n;
INSERT INTO benefits WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < %d) SELECT i, 1000000000, 0, 1000000000000, 0 FROM n;
`

func makeBare(ctx context.Context, db *sql.DB) error {
	for statement := range strings.SplitSeq(fmt.Sprintf(bareSchema, barePeople, promos), ";\n") {
		if strings.TrimSpace(statement) == "" {
			continue
		}
		if _, err := db.ExecContext(ctx, statement); err != nil {
			return fmt.Errorf("make tables of the bare transaction: %w", err)
		}
	}
	return nil
}

// The bare transaction between BEGIN and COMMIT; seven steps with them.
const (
	bareRead   = `SELECT status, branch_id, sector_id FROM participants WHERE id = $1`
	bareInsert = `INSERT INTO redemptions (id, idem_key, participant_id, benefit_id, amount, created_at) VALUES ($1, $2, $3, $4, 20000, $5) ON CONFLICT (idem_key) DO NOTHING`
	bareUsage  = `INSERT INTO usage_periods AS u (participant_id, benefit_id, period, used, last_at) VALUES ($1, $2, 202611, 1, $3)
		ON CONFLICT (participant_id, benefit_id, period) DO UPDATE SET used = u.used + 1, last_at = excluded.last_at
		WHERE u.used + 1 <= 1000000 AND u.last_at <= excluded.last_at`
	bareQuota = `UPDATE benefits SET quota_used = quota_used + 1, budget_used = budget_used + 20000
		WHERE id = $1 AND quota_used + 1 <= quota_total AND budget_used + 20000 <= budget_total`
	bareOutbox = `INSERT INTO outbox (id, payload, created_at) VALUES ($1, '{"amount":20000}', $2)`
)

// bareLoop runs the transaction one after the other on one SQLite connection
// with the program's driver and settings.
type bareLoop struct {
	db                                 *sql.DB
	conn                               *sql.Conn
	begin, commit                      *sql.Stmt
	read, insert, usage, quota, outbox *sql.Stmt
	rand                               *rand.Rand
}

func openBare(ctx context.Context, dir string) (*bareLoop, error) {
	db, err := sql.Open("sqlite", "file:"+filepath.Join(dir, "bare.db")+
		"?_pragma=busy_timeout(5000)&_pragma=journal_mode(WAL)&_pragma=synchronous(FULL)&_pragma=foreign_keys(1)"+
		"&_pragma=cache_size(-65536)&_pragma=temp_store(2)&_pragma=wal_autocheckpoint(4000)&_pragma=journal_size_limit(67108864)")
	if err != nil {
		return nil, err
	}
	db.SetMaxOpenConns(1)
	b := &bareLoop{db: db, rand: rand.New(rand.NewPCG(1, 1))} //nolint:gosec // who comes next, not a secret
	if err := makeBare(ctx, db); err != nil {
		return nil, errors.Join(err, db.Close())
	}
	if b.conn, err = db.Conn(ctx); err != nil {
		return nil, errors.Join(err, db.Close())
	}
	for query, into := range map[string]**sql.Stmt{
		"BEGIN IMMEDIATE": &b.begin, "COMMIT": &b.commit,
		bareRead: &b.read, bareInsert: &b.insert, bareUsage: &b.usage, bareQuota: &b.quota, bareOutbox: &b.outbox,
	} {
		if *into, err = b.conn.PrepareContext(ctx, query); err != nil { //nolint:sqlclosecheck // closed with its connection
			return nil, errors.Join(err, db.Close())
		}
	}
	return b, nil
}

func (b *bareLoop) close() {
	_ = b.conn.Close() //nolint:errcheck // a database that is thrown away
	_ = b.db.Close()   //nolint:errcheck // see above
}

func (b *bareLoop) rate(ctx context.Context, d time.Duration) (float64, error) {
	return rate(ctx, 1, d, func(ctx context.Context, _ int) error { return b.use(ctx) })
}

func (b *bareLoop) use(ctx context.Context) error {
	person, promo, now := b.rand.Int64N(barePeople)+1, b.rand.Int64N(promos)+1, time.Now().UTC()
	id, err := uuid.NewV7()
	if err != nil {
		return err
	}
	if _, err := b.begin.ExecContext(ctx); err != nil {
		return err
	}
	var status string
	var branch, sector int64
	if err := b.read.QueryRowContext(ctx, person).Scan(&status, &branch, &sector); err != nil {
		return err
	}
	for _, step := range []struct {
		statement *sql.Stmt
		args      []any
	}{
		{b.insert, []any{id, uuid.New(), person, promo, now}},
		{b.usage, []any{person, promo, now}},
		{b.quota, []any{promo}},
		{b.outbox, []any{id, now}},
		{b.commit, nil},
	} {
		if _, err := step.statement.ExecContext(ctx, step.args...); err != nil {
			return err
		}
	}
	return nil
}

// pgbench runs the transaction with PostgreSQL's own load program.
type pgbench struct {
	program string
	url     string
	dir     string
}

func newPgbench(ctx context.Context, r *rig, pg *postgres) (*pgbench, error) {
	dir, err := r.folder("pgbench")
	if err != nil {
		return nil, err
	}
	address, err := pg.create(ctx, fmt.Sprintf("berlaku_bare_%d", r.serial))
	if err != nil {
		return nil, err
	}
	err = onPostgres(address, func(db *sql.DB) error { return makeBare(ctx, db) })
	if err != nil {
		return nil, err
	}
	p := &pgbench{program: pg.pgbench, url: address, dir: dir}
	for _, n := range []int{1, promos} {
		if err := os.WriteFile(p.script(n), []byte(pgbenchScript(n)), 0o600); err != nil {
			return nil, err
		}
	}
	return p, nil
}

func (p *pgbench) script(n int) string { return filepath.Join(p.dir, fmt.Sprintf("%d.sql", n)) }

// pgbenchScript is the bare transaction over n promos in pgbench's language.
func pgbenchScript(n int) string {
	lines := []string{fmt.Sprintf(`\set p random(1, %d)`, barePeople), fmt.Sprintf(`\set b random(1, %d)`, n), "BEGIN;"}
	for _, s := range []struct {
		query string
		args  []string
	}{
		{bareRead, []string{":p"}},
		{bareInsert, []string{"gen_random_uuid()", "gen_random_uuid()", ":p", ":b", "now()"}},
		{bareUsage, []string{":p", ":b", "now()"}},
		{bareQuota, []string{":b"}},
		{bareOutbox, []string{"gen_random_uuid()", "now()"}},
	} {
		text := strings.Join(strings.Fields(s.query), " ")
		for i, arg := range s.args {
			text = strings.ReplaceAll(text, "$"+strconv.Itoa(i+1), arg)
		}
		lines = append(lines, text+";")
	}
	return strings.Join(append(lines, "COMMIT;"), "\n") + "\n"
}

var tpsLine = regexp.MustCompile(`(?m)^tps = ([0-9.]+) \(without initial connection time\)`)

func (p *pgbench) rate(n int) func(context.Context, time.Duration) (float64, error) {
	return func(ctx context.Context, d time.Duration) (float64, error) {
		seconds := max(1, int(d/time.Second))                                                                      // pgbench knows whole seconds only
		cmd := exec.CommandContext(ctx, p.program, "-n", "-M", "prepared", "-c", strconv.Itoa(clients), "-j", "2", //nolint:gosec // PostgreSQL's own program
			"-T", strconv.Itoa(seconds), "-f", p.script(n), p.url)
		out, err := cmd.CombinedOutput()
		if err != nil {
			return 0, fmt.Errorf("pgbench: %w: %s", err, out)
		}
		m := tpsLine.FindSubmatch(out)
		if m == nil {
			return 0, fmt.Errorf("pgbench tells no rate: %s", out)
		}
		return strconv.ParseFloat(string(m[1]), 64)
	}
}
