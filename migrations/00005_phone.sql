-- +goose Up

-- What goes to people by SMS, WhatsApp or mail. Number and text are kept only
-- until the message has left.
CREATE TABLE messages (
    id             uuid PRIMARY KEY,
    participant_id uuid NOT NULL, -- the zero id: to nobody, of a claim that fit nobody
    kind           text NOT NULL CHECK (kind IN ('claim_code', 'card_link', 'notice')),
    to_sealed      bytea,
    text_sealed    bytea,
    state          text NOT NULL CHECK (state IN ('queued', 'sent', 'failed', 'dropped')),
    tries          integer NOT NULL DEFAULT 0,
    failure        text NOT NULL DEFAULT '', -- stable code
    created_at     timestamp NOT NULL,
    due_at         timestamp NOT NULL,
    expires_at     timestamp NOT NULL,
    ended_at       timestamp
);
CREATE INDEX messages_due ON messages (due_at) WHERE state = 'queued';
CREATE INDEX messages_participant ON messages (participant_id);

-- Somebody asks for a card by their own data. A row is made whether the data
-- fit a person or not.
CREATE TABLE claims (
    id             uuid PRIMARY KEY,
    participant_id uuid, -- null: nobody
    code_hash      bytea NOT NULL,
    tries          integer NOT NULL DEFAULT 0,
    created_at     timestamp NOT NULL,
    expires_at     timestamp NOT NULL,
    used_at        timestamp
);
CREATE INDEX claims_expires ON claims (expires_at);

-- What people ask about their data (law 27/2022, articles 30 to 44): due within 3 x 24 hours.
CREATE TABLE data_requests (
    participant_id uuid NOT NULL REFERENCES participants (id),
    id             uuid NOT NULL,
    branch_id      uuid NOT NULL REFERENCES branches (id),
    kind           text NOT NULL CHECK (kind IN ('see', 'export', 'correct', 'withdraw', 'erase')),
    state          text NOT NULL CHECK (state IN ('open', 'prepared', 'done', 'refused', 'cancelled')),
    note_sealed    bytea, -- what the person wrote
    answer_sealed  bytea, -- what staff answered
    due_at         timestamp NOT NULL,
    created_at     timestamp NOT NULL,
    prepared_by    uuid,
    prepared_at    timestamp,
    decided_by     uuid,
    decided_at     timestamp,
    PRIMARY KEY (participant_id, id)
);
CREATE INDEX data_requests_id ON data_requests (id);
CREATE INDEX data_requests_branch ON data_requests (branch_id, state, due_at);
CREATE UNIQUE INDEX data_requests_open ON data_requests (participant_id, kind) WHERE state IN ('open', 'prepared');

-- Which staff saw a person's data, and why; the person may read it. One row for
-- the same look within an hour.
CREATE TABLE data_accesses (
    participant_id uuid NOT NULL,
    id             uuid NOT NULL,
    account_id     uuid NOT NULL,
    role           text NOT NULL,
    branch_id      uuid, -- of the role; null: national
    action         text NOT NULL,
    reason         text NOT NULL,
    hour_at        timestamp NOT NULL,
    at             timestamp NOT NULL,
    PRIMARY KEY (participant_id, id)
);
CREATE UNIQUE INDEX data_accesses_once ON data_accesses (participant_id, account_id, action, reason, hour_at);
CREATE INDEX data_accesses_at ON data_accesses (at);

-- Who was erased, so that a restored backup and the next import know it too.
CREATE TABLE erasures (
    participant_id uuid PRIMARY KEY,
    request_id     uuid NOT NULL,
    erased_at      timestamp NOT NULL
);
CREATE TABLE erased_identities (
    kind           text NOT NULL CHECK (kind IN ('nik', 'passport', 'kpj')),
    digest         bytea NOT NULL,
    participant_id uuid NOT NULL,
    PRIMARY KEY (kind, digest)
);
ALTER TABLE participants ADD COLUMN erased_at timestamp;

-- One wish a person and sector: promos that are missed.
CREATE TABLE wishes (
    participant_id uuid NOT NULL,
    sector_id      uuid NOT NULL REFERENCES sectors (id),
    branch_id      uuid NOT NULL,
    region_code    text,
    partner_sealed bytea, -- the business they miss, in their words
    created_at     timestamp NOT NULL,
    updated_at     timestamp NOT NULL,
    PRIMARY KEY (participant_id, sector_id)
);
CREATE INDEX wishes_sector ON wishes (sector_id);

-- Cards for many people at once. A run works its items off in order and can be
-- stopped and continued at any item.
CREATE TABLE card_runs (
    id           uuid PRIMARY KEY,
    branch_id    uuid REFERENCES branches (id), -- null: of several branches
    kind         text NOT NULL CHECK (kind IN ('sheet', 'links')),
    filter       text NOT NULL, -- JSON
    state        text NOT NULL CHECK (state IN ('running', 'done', 'cancelled', 'revoked')),
    total        integer NOT NULL,
    done         integer NOT NULL DEFAULT 0,
    failed       integer NOT NULL DEFAULT 0,
    created_by   uuid NOT NULL,
    created_at   timestamp NOT NULL,
    leased_until timestamp,
    finished_at  timestamp
);
CREATE INDEX card_runs_running ON card_runs (created_at) WHERE state = 'running';
CREATE TABLE card_run_items (
    run_id         uuid NOT NULL REFERENCES card_runs (id),
    seq            integer NOT NULL, -- from 1
    participant_id uuid NOT NULL,
    state          text NOT NULL CHECK (state IN ('waiting', 'done', 'failed')),
    card_id        uuid,
    activation_id  uuid, -- of a link
    made           boolean NOT NULL DEFAULT false, -- the card was issued by this run
    failure        text NOT NULL DEFAULT '', -- stable code
    PRIMARY KEY (run_id, seq)
);

-- A card is signed anew while it stays the same card.
ALTER TABLE cards ADD COLUMN renewed_at timestamp;

-- Assertions of phones that were used up.
CREATE TABLE card_assertions (
    digest     bytea PRIMARY KEY,
    expires_at timestamp NOT NULL
);
CREATE INDEX card_assertions_expires ON card_assertions (expires_at);

-- +goose Down
DROP TABLE card_assertions;
ALTER TABLE cards DROP COLUMN renewed_at;
DROP TABLE card_run_items;
DROP TABLE card_runs;
DROP TABLE wishes;
ALTER TABLE participants DROP COLUMN erased_at;
DROP TABLE erased_identities;
DROP TABLE erasures;
DROP TABLE data_accesses;
DROP TABLE data_requests;
DROP TABLE claims;
DROP TABLE messages;
