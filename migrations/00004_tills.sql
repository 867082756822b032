-- +goose Up

-- Cashiers, with a PIN that a till can check without the server.
CREATE TABLE cashiers (
    id          uuid PRIMARY KEY,
    partner_id  uuid NOT NULL REFERENCES partners (id),
    outlet_id   uuid NOT NULL REFERENCES outlets (id),
    name_sealed bytea NOT NULL, -- short name, as called at the counter
    pin_sealed  bytea NOT NULL, -- JSON {salt, hash, rounds}: PBKDF2-HMAC-SHA-256
    pin_version integer NOT NULL DEFAULT 1,
    state       text NOT NULL CHECK (state IN ('active', 'locked', 'ended')),
    created_by  uuid NOT NULL,
    created_at  timestamp NOT NULL,
    updated_at  timestamp NOT NULL
);
CREATE INDEX cashiers_outlet ON cashiers (outlet_id);

-- What a till may grant without the server, taken out of the promo's totals in
-- advance. One open row per till and version.
CREATE TABLE allowances (
    id          uuid PRIMARY KEY,
    till_id     uuid NOT NULL REFERENCES tills (id),
    benefit_id  uuid NOT NULL REFERENCES benefits (id),
    version     integer NOT NULL,
    uses        bigint NOT NULL,
    used_uses   bigint NOT NULL DEFAULT 0,
    amount      bigint, -- rupiah; null: the promo has no budget
    used_amount bigint NOT NULL DEFAULT 0,
    issued_at   timestamp NOT NULL, -- of the newest renewal
    expires_at  timestamp NOT NULL, -- uses may occur until then
    revoked_at  timestamp,          -- when the till was
    closed_at   timestamp,          -- what was left has gone back
    CHECK (used_uses BETWEEN 0 AND uses),
    CHECK (used_amount >= 0 AND (amount IS NULL OR used_amount <= amount))
);
CREATE UNIQUE INDEX allowances_open ON allowances (till_id, benefit_id, version) WHERE closed_at IS NULL;
CREATE INDEX allowances_due ON allowances (expires_at) WHERE closed_at IS NULL;

-- Every item that a till handed in, with its one verdict. Kept longer than any
-- till may repeat itself; the chain of a till is read from here.
CREATE TABLE till_items (
    till_id        uuid NOT NULL REFERENCES tills (id),
    jti            uuid NOT NULL,
    seq            bigint NOT NULL CHECK (seq > 0),
    prev           bytea,          -- SHA-256 of the item before; null: the first
    hash           bytea NOT NULL, -- SHA-256 of the item's text
    claims_hash    bytea NOT NULL, -- the same without the signature, which can be altered and stay valid
    kind           text NOT NULL CHECK (kind IN ('use', 'void')),
    subject        uuid,           -- of a void: the jti of the use
    occurred_at    timestamp NOT NULL,
    received_at    timestamp NOT NULL,
    participant_id uuid NOT NULL,  -- the zero id when unknown
    redemption_id  uuid,           -- null: a void whose use has not come yet
    outcome        text NOT NULL CHECK (outcome IN ('granted', 'refused')),
    reason         text NOT NULL,
    note           text NOT NULL DEFAULT '', -- of a void: what the cashier wrote
    text_sealed    bytea,          -- the item itself, of those that are quarantined
    PRIMARY KEY (till_id, jti)
);
CREATE INDEX till_items_seq ON till_items (till_id, seq, hash);
CREATE INDEX till_items_subject ON till_items (till_id, subject) WHERE subject IS NOT NULL;
CREATE INDEX till_items_received ON till_items (received_at);

-- Uses beyond a limit that a till brought in and that stand, by local day.
CREATE TABLE till_days (
    till_id uuid NOT NULL REFERENCES tills (id),
    used_on date NOT NULL,
    over    integer NOT NULL CHECK (over >= 0),
    PRIMARY KEY (till_id, used_on)
);

-- Of a use beyond a limit: a void made room for it afterwards. Append-only.
CREATE TABLE limit_clearances (
    participant_id uuid NOT NULL,
    redemption_id  uuid NOT NULL,
    kind           text NOT NULL CHECK (kind IN ('count', 'outlet')),
    void_id        uuid NOT NULL, -- the action that made room
    cleared_at     timestamp NOT NULL,
    PRIMARY KEY (participant_id, redemption_id, kind)
);

-- The first sequence number that is still kept.
ALTER TABLE tills ADD COLUMN items_from bigint NOT NULL DEFAULT 1;

-- +goose Down
ALTER TABLE tills DROP COLUMN items_from;
DROP TABLE limit_clearances;
DROP TABLE till_days;
DROP TABLE till_items;
DROP TABLE allowances;
DROP TABLE cashiers;
