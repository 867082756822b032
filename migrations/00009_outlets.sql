-- +goose Up

-- When a till was last heard of, at most a minute late, and since when its owner
-- knows that it is silent; null again once it came back.
ALTER TABLE tills ADD COLUMN seen_at timestamp;
ALTER TABLE tills ADD COLUMN silent_at timestamp;

-- Cards with which a partner tries its tills before it opens. They belong to
-- nobody: their status entries name the zero participant, and no row of cards.
CREATE TABLE test_cards (
    id          uuid PRIMARY KEY,
    partner_id  uuid NOT NULL REFERENCES partners (id),
    branch_id   uuid NOT NULL REFERENCES branches (id),
    kind        text NOT NULL CHECK (kind IN ('valid', 'expired', 'revoked')),
    idx         bigint NOT NULL UNIQUE,
    kid         text NOT NULL REFERENCES signing_keys (kid),
    expires_day integer NOT NULL, -- days since 1970-01-01 UTC
    signature   bytea NOT NULL,
    created_by  uuid NOT NULL,
    created_at  timestamp NOT NULL,
    ended_at    timestamp
);
CREATE UNIQUE INDEX test_cards_open ON test_cards (partner_id, kind) WHERE ended_at IS NULL;

-- What tills reported of test cards. Nothing else reads it: no report, no quota,
-- no directory.
CREATE TABLE test_uses (
    id           uuid PRIMARY KEY,
    partner_id   uuid NOT NULL REFERENCES partners (id),
    outlet_id    uuid NOT NULL REFERENCES outlets (id),
    caller_kind  text NOT NULL,
    caller_id    uuid NOT NULL,
    kind         text NOT NULL CHECK (kind IN ('valid', 'expired', 'revoked')),
    step         text NOT NULL CHECK (step IN ('scan', 'use')),
    outcome      text NOT NULL CHECK (outcome IN ('granted', 'refused')),
    reason       text NOT NULL DEFAULT '',
    idem_key     uuid,
    body_hash    bytea,
    gross        bigint NOT NULL DEFAULT 0, -- rupiah
    discount     bigint NOT NULL DEFAULT 0,
    receipt_code text NOT NULL DEFAULT '',
    at           timestamp NOT NULL
);
CREATE UNIQUE INDEX test_uses_key ON test_uses (caller_id, idem_key) WHERE idem_key IS NOT NULL;
CREATE INDEX test_uses_partner ON test_uses (partner_id, id);

-- +goose Down
DROP TABLE test_uses;
DROP TABLE test_cards;
ALTER TABLE tills DROP COLUMN silent_at;
ALTER TABLE tills DROP COLUMN seen_at;
