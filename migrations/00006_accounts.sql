-- +goose Up

-- An account that the program itself made, as in the demo world, is not asked
-- for a second factor.
ALTER TABLE accounts ADD COLUMN factor_waived boolean NOT NULL DEFAULT false;

-- How and from where a session was opened, and when its holder last proved who
-- it is.
ALTER TABLE sessions ADD COLUMN confirmed_at timestamp;
ALTER TABLE sessions ADD COLUMN method text NOT NULL DEFAULT 'password';
ALTER TABLE sessions ADD COLUMN device text NOT NULL DEFAULT '';
ALTER TABLE sessions ADD COLUMN network text NOT NULL DEFAULT ''; -- /24 or /48, never an address

CREATE TABLE passkeys (
    id            uuid PRIMARY KEY,
    account_id    uuid NOT NULL REFERENCES accounts (id),
    credential_id bytea NOT NULL UNIQUE,
    public_key    bytea NOT NULL, -- COSE
    sign_count    bigint NOT NULL,
    flags         integer NOT NULL,
    transports    text NOT NULL DEFAULT '',
    name_sealed   bytea NOT NULL,
    created_at    timestamp NOT NULL,
    last_used_at  timestamp
);
CREATE INDEX passkeys_account ON passkeys (account_id);

CREATE TABLE recovery_codes (
    account_id uuid NOT NULL REFERENCES accounts (id),
    code_hash  bytea NOT NULL, -- HMAC with the pepper
    created_at timestamp NOT NULL,
    used_at    timestamp,
    PRIMARY KEY (account_id, code_hash)
);

-- What was begun and not finished: a sign-in that waits for its second step, the
-- challenge of a passkey, a visit to the identity provider.
CREATE TABLE ceremonies (
    id          uuid PRIMARY KEY,
    token_hash  bytea NOT NULL UNIQUE,
    kind        text NOT NULL,
    account_id  uuid REFERENCES accounts (id),
    data_sealed bytea NOT NULL,
    created_at  timestamp NOT NULL,
    expires_at  timestamp NOT NULL
);
CREATE INDEX ceremonies_expires ON ceremonies (expires_at);

-- Who an account is at an identity provider.
CREATE TABLE identities (
    digest       bytea PRIMARY KEY, -- HMAC of issuer and subject
    account_id   uuid NOT NULL REFERENCES accounts (id),
    issuer       text NOT NULL,
    created_at   timestamp NOT NULL,
    last_used_at timestamp
);
CREATE INDEX identities_account ON identities (account_id);

-- What others do for somebody who cannot get in any more. Roles of weight need
-- two persons: who asks, and who approves.
CREATE TABLE account_resets (
    id          uuid PRIMARY KEY,
    account_id  uuid NOT NULL REFERENCES accounts (id),
    kind        text NOT NULL CHECK (kind IN ('factor', 'password')),
    state       text NOT NULL CHECK (state IN ('asked', 'approved', 'withdrawn', 'done')),
    asked_by    uuid NOT NULL,
    asked_at    timestamp NOT NULL,
    decided_by  uuid,
    decided_at  timestamp,
    code_hash   bytea UNIQUE, -- of the link that sets a new password
    expires_at  timestamp NOT NULL
);
CREATE INDEX account_resets_account ON account_resets (account_id);

-- +goose Down
DROP TABLE account_resets;
DROP TABLE identities;
DROP TABLE ceremonies;
DROP TABLE recovery_codes;
DROP TABLE passkeys;
ALTER TABLE sessions DROP COLUMN network;
ALTER TABLE sessions DROP COLUMN device;
ALTER TABLE sessions DROP COLUMN method;
ALTER TABLE sessions DROP COLUMN confirmed_at;
ALTER TABLE accounts DROP COLUMN factor_waived;
