-- +goose Up

-- Signed heads of the log: a Merkle tree (RFC 6962) over the hashes of the
-- first size entries. Append-only.
CREATE TABLE audit_checkpoints (
    size    bigint PRIMARY KEY CHECK (size > 0),
    root    bytea NOT NULL,
    made_at timestamp NOT NULL,
    note    text NOT NULL -- C2SP signed note
);

-- Hashes of full subtrees of 256 entries and more, so that a proof need not
-- read the log. What they say is checked against the entries.
CREATE TABLE audit_nodes (
    level integer NOT NULL CHECK (level >= 8),
    n     bigint NOT NULL,
    hash  bytea NOT NULL,
    PRIMARY KEY (level, n)
);

-- Verifications that somebody asked for, and what they found.
CREATE TABLE audit_verifications (
    id          uuid PRIMARY KEY,
    by_kind     text NOT NULL,
    by_id       uuid NOT NULL,
    state       text NOT NULL CHECK (state IN ('waiting', 'running', 'whole', 'broken', 'failed')),
    asked_at    timestamp NOT NULL,
    beat_at     timestamp NOT NULL, -- when its worker was last heard of
    finished_at timestamp,
    total       bigint NOT NULL,
    entries     bigint NOT NULL DEFAULT 0, -- walked so far
    head        bytea,
    fault       text NOT NULL DEFAULT '',  -- what is broken: missing, altered, …
    broken_kind text NOT NULL DEFAULT '',  -- audit_entry, checkpoint, redemption, …
    broken_seq  bigint NOT NULL DEFAULT 0,
    broken_id   uuid
);
CREATE INDEX audit_verifications_open ON audit_verifications (asked_at) WHERE state IN ('waiting', 'running');
CREATE INDEX audit_entries_actor ON audit_entries (actor_id, id);

-- +goose Down
DROP INDEX audit_entries_actor;
DROP TABLE audit_verifications;
DROP TABLE audit_nodes;
DROP TABLE audit_checkpoints;
