-- +goose Up

-- The tables that grow without bound. Each month is a partition, a range of ids;
-- database.EnsurePartitions makes them ahead of time, the default catches the rest.

CREATE TABLE redemptions (
    participant_id    uuid NOT NULL, -- the zero id when the card named nobody
    id                uuid NOT NULL, -- begins with the time: a month is a range of ids
    caller_kind       text NOT NULL CHECK (caller_kind IN ('api_key', 'till')),
    caller_id         uuid NOT NULL,
    idem_key          uuid NOT NULL,
    cashier_id        uuid,
    card_id           uuid,
    card_form         text CHECK (card_form IN ('phone', 'printed')),
    scan_id           uuid,
    benefit_id        uuid NOT NULL,
    benefit_version   integer NOT NULL,
    partner_id        uuid NOT NULL,
    outlet_id         uuid NOT NULL,
    sector_id         uuid NOT NULL,
    branch_id         uuid NOT NULL, -- of the participant; the zero id when unknown
    membership_id     uuid,
    segment_seen      text,
    status_seen       text,
    status_as_of_seen date,
    gross             bigint NOT NULL CHECK (gross BETWEEN 1 AND 1000000000),
    discount          bigint NOT NULL CHECK (discount BETWEEN 0 AND gross),
    net               bigint NOT NULL CHECK (net = gross - discount),
    receipt_number    text,
    receipt_code      text NOT NULL,
    remaining         bigint, -- uses left to the participant after this one, as the till was told; null: no limit
    id_checked        boolean NOT NULL,
    online            boolean NOT NULL,
    outcome           text NOT NULL CHECK (outcome IN ('granted', 'refused')),
    reason            text NOT NULL, -- '' when granted
    flags             text NOT NULL DEFAULT '[]',
    occurred_at       timestamp NOT NULL, -- at the till
    recorded_at       timestamp NOT NULL, -- at the server
    local_on          date NOT NULL,      -- day and hour at the outlet
    local_hour        integer NOT NULL CHECK (local_hour BETWEEN 0 AND 23),
    PRIMARY KEY (participant_id, id)
) PARTITION BY RANGE (id);
CREATE TABLE redemptions_default PARTITION OF redemptions DEFAULT;

CREATE TABLE scans (
    id          uuid NOT NULL,
    caller_kind text NOT NULL,
    caller_id   uuid NOT NULL,
    outlet_id   uuid NOT NULL,
    verdict     text NOT NULL CHECK (verdict IN ('valid', 'not_valid', 'cannot_tell')),
    reason      text NOT NULL,
    card_id     uuid,   -- null when the text was no card of ours
    idx         bigint,
    proof_at    bigint, -- Unix seconds; null for a printed card or a typed code
    typed       boolean NOT NULL, -- short code
    scanned_at  timestamp NOT NULL,
    PRIMARY KEY (id)
) PARTITION BY RANGE (id);
CREATE TABLE scans_default PARTITION OF scans DEFAULT;

CREATE TABLE audit_entries (
    id           uuid NOT NULL,
    chain        integer NOT NULL,
    seq          bigint NOT NULL,
    at           timestamp NOT NULL,
    actor_kind   text NOT NULL,
    actor_id     uuid NOT NULL,
    action       text NOT NULL,
    subject_kind text NOT NULL,
    subject_id   uuid NOT NULL,
    digest       bytea,         -- SHA-256 of the record that was written, where there is one
    details      text NOT NULL, -- JSON without personal data
    request_id   text NOT NULL,
    prev_hash    bytea NOT NULL,
    hash         bytea NOT NULL,
    PRIMARY KEY (id)
) PARTITION BY RANGE (id);
CREATE TABLE audit_entries_default PARTITION OF audit_entries DEFAULT;

CREATE TABLE outbox (
    id             uuid NOT NULL,
    kind           text NOT NULL, -- redemption.granted, card.revoked, …
    subject_id     uuid NOT NULL,
    participant_id uuid,
    partner_id     uuid,
    payload        text NOT NULL, -- JSON without personal data
    created_at     timestamp NOT NULL,
    PRIMARY KEY (id)
) PARTITION BY RANGE (id);
CREATE TABLE outbox_default PARTITION OF outbox DEFAULT;

CREATE INDEX redemptions_id ON redemptions (id);
CREATE INDEX redemptions_partner ON redemptions (partner_id, id);
CREATE INDEX redemptions_outlet ON redemptions (outlet_id, local_on);
CREATE INDEX redemptions_branch ON redemptions (branch_id, id);
CREATE INDEX redemptions_benefit ON redemptions (benefit_id, id);
CREATE INDEX redemptions_day ON redemptions (local_on);
CREATE INDEX redemptions_receipt ON redemptions (receipt_code);
CREATE INDEX audit_entries_seq ON audit_entries (chain, seq);
CREATE INDEX audit_entries_subject ON audit_entries (subject_kind, subject_id);

-- +goose Down
DROP TABLE outbox;
DROP TABLE audit_entries;
DROP TABLE scans;
DROP TABLE redemptions;
