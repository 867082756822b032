-- +goose Up

-- Places and offices -------------------------------------------------------

CREATE TABLE regions (
    code     text PRIMARY KEY, -- Kemendagri code, '72.03'
    bps_code text,             -- BPS code; the two systems differ, never join on digits
    parent   text REFERENCES regions (code),
    name     text NOT NULL,
    alias    text,
    kind     text NOT NULL CHECK (kind IN ('province', 'regency', 'city', 'district')),
    zone     text NOT NULL     -- IANA
);

CREATE TABLE branches (
    id            uuid PRIMARY KEY,
    code          text NOT NULL UNIQUE,
    external_code text UNIQUE,
    name          text NOT NULL,
    office_kind   text NOT NULL,
    zone          text NOT NULL,
    -- whether arrears within three months still count as valid
    arrears_valid boolean NOT NULL DEFAULT false,
    created_at    timestamp NOT NULL
);

CREATE TABLE branch_regions (
    branch_id   uuid NOT NULL REFERENCES branches (id),
    region_code text NOT NULL REFERENCES regions (code),
    PRIMARY KEY (branch_id, region_code)
);

-- Accounts ------------------------------------------------------------------

CREATE TABLE accounts (
    id             uuid PRIMARY KEY,
    email_sealed   bytea NOT NULL,
    email_index    bytea NOT NULL UNIQUE,
    name_sealed    bytea NOT NULL,
    password_hash  text NOT NULL,
    totp_sealed    bytea,
    totp_last_step bigint NOT NULL DEFAULT 0,
    state          text NOT NULL CHECK (state IN ('active', 'disabled')),
    created_at     timestamp NOT NULL,
    updated_at     timestamp NOT NULL
);

CREATE TABLE role_grants (
    id         uuid PRIMARY KEY,
    account_id uuid NOT NULL REFERENCES accounts (id),
    role       text NOT NULL,
    scope_kind text NOT NULL CHECK (scope_kind IN ('national', 'branch', 'wadah', 'partner', 'outlet')),
    scope_id   uuid, -- null when national
    granted_by uuid,
    granted_at timestamp NOT NULL,
    revoked_at timestamp,
    CHECK ((scope_kind = 'national') = (scope_id IS NULL))
);
CREATE INDEX role_grants_account ON role_grants (account_id);

CREATE TABLE sessions (
    id             uuid PRIMARY KEY,
    token_hash     bytea NOT NULL UNIQUE,
    kind           text NOT NULL CHECK (kind IN ('account', 'participant')),
    account_id     uuid REFERENCES accounts (id),
    participant_id uuid,
    card_id        uuid,
    created_at     timestamp NOT NULL,
    last_seen_at   timestamp NOT NULL,
    expires_at     timestamp NOT NULL,
    ended_at       timestamp,
    CHECK ((kind = 'account') = (account_id IS NOT NULL)),
    CHECK ((kind = 'participant') = (participant_id IS NOT NULL))
);
CREATE INDEX sessions_account ON sessions (account_id);
CREATE INDEX sessions_participant ON sessions (participant_id);
CREATE INDEX sessions_expires ON sessions (expires_at);

CREATE TABLE invitations (
    id           uuid PRIMARY KEY,
    code_hash    bytea NOT NULL UNIQUE,
    email_sealed bytea NOT NULL,
    email_index  bytea NOT NULL,
    role         text NOT NULL,
    scope_kind   text NOT NULL CHECK (scope_kind IN ('national', 'branch', 'wadah', 'partner', 'outlet')),
    scope_id     uuid,
    invited_by   uuid NOT NULL,
    created_at   timestamp NOT NULL,
    expires_at   timestamp NOT NULL,
    used_at      timestamp,
    account_id   uuid REFERENCES accounts (id)
);

CREATE TABLE bootstrap_tokens (
    token_hash bytea PRIMARY KEY,
    created_at timestamp NOT NULL,
    expires_at timestamp NOT NULL,
    used_at    timestamp
);

-- Counters of failed or too frequent attempts, shared by all servers.
CREATE TABLE throttles (
    bucket       text PRIMARY KEY, -- HMAC or id, never an address or a name
    hits         integer NOT NULL,
    window_start timestamp NOT NULL,
    locked_until timestamp
);

-- Sectors, partners, outlets ----------------------------------------------

CREATE TABLE sectors (
    id         uuid PRIMARY KEY,
    code       text NOT NULL UNIQUE,
    name_id    text NOT NULL,
    name_en    text NOT NULL,
    state      text NOT NULL CHECK (state IN ('candidate', 'assessed', 'open', 'paused', 'closed')),
    created_at timestamp NOT NULL,
    updated_at timestamp NOT NULL
);

CREATE TABLE partners (
    id             uuid PRIMARY KEY,
    sector_id      uuid NOT NULL REFERENCES sectors (id),
    branch_id      uuid NOT NULL REFERENCES branches (id), -- the branch that looks after it
    name           text NOT NULL,
    nib            text,
    npwp           text,
    contact_sealed bytea, -- JSON: name, phone, email
    state          text NOT NULL CHECK (state IN ('draft', 'submitted', 'approved', 'active', 'suspended', 'ended')),
    state_reason   text NOT NULL DEFAULT '',
    created_by     uuid NOT NULL,
    submitted_by   uuid,
    approved_by    uuid,
    created_at     timestamp NOT NULL,
    updated_at     timestamp NOT NULL
);
CREATE INDEX partners_branch ON partners (branch_id);

CREATE TABLE agreements (
    id          uuid PRIMARY KEY,
    partner_id  uuid NOT NULL REFERENCES partners (id),
    number      text NOT NULL,
    starts_on   date NOT NULL,
    ends_on     date NOT NULL,
    remind_days integer NOT NULL DEFAULT 30,
    created_by  uuid NOT NULL,
    created_at  timestamp NOT NULL,
    UNIQUE (partner_id, number),
    CHECK (ends_on >= starts_on)
);

CREATE TABLE outlets (
    id          uuid PRIMARY KEY,
    partner_id  uuid NOT NULL REFERENCES partners (id),
    region_code text NOT NULL REFERENCES regions (code),
    name        text NOT NULL,
    address     text NOT NULL,
    latitude    double precision,
    longitude   double precision,
    zone        text NOT NULL, -- IANA; days and hours are cut here
    hours       text NOT NULL DEFAULT '[]', -- JSON: [{"day":1,"from":"08:00","to":"17:00"}]
    state       text NOT NULL CHECK (state IN ('active', 'closed')),
    created_at  timestamp NOT NULL,
    updated_at  timestamp NOT NULL
);
CREATE INDEX outlets_partner ON outlets (partner_id);

CREATE TABLE api_keys (
    id           uuid PRIMARY KEY,
    public_id    text NOT NULL UNIQUE, -- the middle of brk_<id>_<secret>
    secret_hash  bytea NOT NULL,
    name         text NOT NULL,
    partner_id   uuid NOT NULL REFERENCES partners (id),
    outlet_id    uuid NOT NULL REFERENCES outlets (id),
    scopes       text NOT NULL, -- JSON array out of validate, redeem, read
    created_by   uuid NOT NULL,
    created_at   timestamp NOT NULL,
    expires_at   timestamp NOT NULL,
    last_used_at timestamp,
    revoked_at   timestamp
);
CREATE INDEX api_keys_partner ON api_keys (partner_id);

CREATE TABLE tills (
    id           uuid PRIMARY KEY,
    partner_id   uuid NOT NULL REFERENCES partners (id),
    outlet_id    uuid NOT NULL REFERENCES outlets (id),
    name         text NOT NULL,
    public_key   bytea NOT NULL, -- P-256 point, compressed
    fingerprint  text NOT NULL,
    state        text NOT NULL CHECK (state IN ('pending', 'active', 'revoked')),
    created_at   timestamp NOT NULL,
    confirmed_at timestamp,
    confirmed_by uuid,
    revoked_at   timestamp
);
CREATE INDEX tills_outlet ON tills (outlet_id);

CREATE TABLE till_enrolments (
    id         uuid PRIMARY KEY,
    code_hash  bytea NOT NULL UNIQUE,
    partner_id uuid NOT NULL REFERENCES partners (id),
    outlet_id  uuid NOT NULL REFERENCES outlets (id),
    created_by uuid NOT NULL,
    created_at timestamp NOT NULL,
    expires_at timestamp NOT NULL,
    used_at    timestamp,
    till_id    uuid
);

-- Bearers of tills, short-lived.
CREATE TABLE till_tokens (
    id         uuid PRIMARY KEY,
    token_hash bytea NOT NULL UNIQUE,
    till_id    uuid NOT NULL REFERENCES tills (id),
    created_at timestamp NOT NULL,
    expires_at timestamp NOT NULL
);
CREATE INDEX till_tokens_expires ON till_tokens (expires_at);

-- Promos --------------------------------------------------------------------

CREATE TABLE benefits (
    id           uuid PRIMARY KEY,
    partner_id   uuid NOT NULL REFERENCES partners (id),
    state        text NOT NULL CHECK (state IN ('draft', 'submitted', 'approved', 'rejected', 'live', 'paused', 'ended')),
    version      integer NOT NULL,           -- newest version
    live_version integer NOT NULL DEFAULT 0, -- the one at the tills, 0: none yet
    created_by   uuid NOT NULL,
    created_at   timestamp NOT NULL,
    updated_at   timestamp NOT NULL
);
CREATE INDEX benefits_partner ON benefits (partner_id);

-- A version never changes once it was submitted; terms is canonical JSON and
-- terms_hash is what the approver approved.
CREATE TABLE benefit_versions (
    benefit_id    uuid NOT NULL REFERENCES benefits (id),
    version       integer NOT NULL,
    title         text NOT NULL,
    terms         text NOT NULL,
    terms_hash    bytea NOT NULL,
    valid_from    date NOT NULL,
    valid_to      date NOT NULL,
    state         text NOT NULL CHECK (state IN ('draft', 'submitted', 'approved', 'rejected', 'published', 'retired')),
    author_id     uuid NOT NULL,
    created_at    timestamp NOT NULL,
    submitted_by  uuid,
    submitted_at  timestamp,
    decided_by    uuid,
    decided_at    timestamp,
    decide_reason text NOT NULL DEFAULT '',
    published_by  uuid,
    published_at  timestamp,
    PRIMARY KEY (benefit_id, version)
);

CREATE TABLE benefit_outlets (
    benefit_id uuid NOT NULL,
    version    integer NOT NULL,
    outlet_id  uuid NOT NULL REFERENCES outlets (id),
    PRIMARY KEY (benefit_id, version, outlet_id),
    FOREIGN KEY (benefit_id, version) REFERENCES benefit_versions (benefit_id, version)
);
CREATE INDEX benefit_outlets_outlet ON benefit_outlets (outlet_id);

-- Counters apart from descriptions. Slot 0 at first; a hot promo gets more.
CREATE TABLE benefit_quotas (
    benefit_id   uuid NOT NULL REFERENCES benefits (id),
    slot         integer NOT NULL,
    used_count   bigint NOT NULL DEFAULT 0,
    limit_count  bigint, -- null: no limit
    used_amount  bigint NOT NULL DEFAULT 0,
    limit_amount bigint, -- rupiah
    PRIMARY KEY (benefit_id, slot),
    CHECK (used_count >= 0 AND (limit_count IS NULL OR used_count <= limit_count)),
    CHECK (used_amount >= 0 AND (limit_amount IS NULL OR used_amount <= limit_amount))
);

-- Perisai -------------------------------------------------------------------

CREATE TABLE wadahs (
    id         uuid PRIMARY KEY,
    branch_id  uuid NOT NULL REFERENCES branches (id),
    code       text NOT NULL UNIQUE,
    name       text NOT NULL,
    created_at timestamp NOT NULL
);

CREATE TABLE agents (
    id           uuid PRIMARY KEY,
    wadah_id     uuid NOT NULL REFERENCES wadahs (id),
    branch_id    uuid NOT NULL REFERENCES branches (id),
    region_code  text NOT NULL REFERENCES regions (code), -- where the agent works
    code         text NOT NULL UNIQUE,
    name_sealed  bytea NOT NULL,
    phone_sealed bytea,
    active_from  date NOT NULL,
    active_to    date,
    created_at   timestamp NOT NULL
);
CREATE INDEX agents_wadah ON agents (wadah_id);

CREATE TABLE reported_figures (
    id           uuid PRIMARY KEY,
    period_start date NOT NULL,
    period_end   date NOT NULL,
    branch_id    uuid REFERENCES branches (id), -- null: all branches together
    metric       text NOT NULL,
    value        bigint NOT NULL,
    as_of        date NOT NULL,
    source       text NOT NULL,
    note         text NOT NULL DEFAULT '',
    created_at   timestamp NOT NULL
);
CREATE INDEX reported_figures_metric ON reported_figures (metric, period_start, period_end);

-- Participants --------------------------------------------------------------

CREATE TABLE participants (
    id           uuid PRIMARY KEY,
    branch_id    uuid NOT NULL REFERENCES branches (id),
    region_code  text REFERENCES regions (code),
    id_type      text NOT NULL CHECK (id_type IN ('nik', 'passport')),
    id_sealed    bytea NOT NULL,
    name_sealed  bytea NOT NULL,
    birth_sealed bytea,
    phone_sealed bytea,
    restricted   boolean NOT NULL DEFAULT false, -- processing restricted on request
    created_at   timestamp NOT NULL,
    updated_at   timestamp NOT NULL
);
CREATE INDEX participants_branch ON participants (branch_id, id);

-- Who holds a number: blind index -> participant. Apart from participants so
-- that those can be distributed by their id.
CREATE TABLE identity_keys (
    kind           text NOT NULL CHECK (kind IN ('nik', 'passport', 'kpj')),
    digest         bytea NOT NULL,
    participant_id uuid NOT NULL,
    membership_id  uuid, -- of a kpj
    PRIMARY KEY (kind, digest)
);
CREATE INDEX identity_keys_participant ON identity_keys (participant_id);

CREATE TABLE memberships (
    id              uuid NOT NULL,
    participant_id  uuid NOT NULL REFERENCES participants (id),
    branch_id       uuid NOT NULL REFERENCES branches (id),
    agent_id        uuid REFERENCES agents (id),
    kpj_sealed      bytea NOT NULL,
    segment         text NOT NULL CHECK (segment IN ('pu', 'bpu', 'jakon', 'pmi')),
    programmes      text NOT NULL, -- JSON array out of jkk, jkm, jht, jp, jkp
    payer_type      text CHECK (payer_type IN ('self', 'employer', 'public_budget', 'village_fund', 'donor', 'corporation')),
    acquired_on     date,
    protected_until date,
    status          text NOT NULL CHECK (status IN ('active', 'in_arrears', 'inactive', 'unverified')),
    status_as_of    date NOT NULL,
    source          text NOT NULL CHECK (source IN ('branch_import', 'officer', 'payment_proof', 'simulation')),
    ended_on        date,
    created_at      timestamp NOT NULL,
    updated_at      timestamp NOT NULL,
    PRIMARY KEY (participant_id, id)
);
CREATE INDEX memberships_branch ON memberships (branch_id);
CREATE INDEX memberships_agent ON memberships (agent_id);
CREATE INDEX memberships_due ON memberships (status, protected_until);
CREATE INDEX memberships_ended ON memberships (ended_on) WHERE ended_on IS NOT NULL AND status <> 'inactive';

CREATE TABLE membership_history (
    participant_id  uuid NOT NULL,
    id              uuid NOT NULL,
    membership_id   uuid NOT NULL,
    status          text NOT NULL,
    protected_until date,
    status_as_of    date NOT NULL,
    source          text NOT NULL,
    import_id       uuid,
    recorded_at     timestamp NOT NULL,
    PRIMARY KEY (participant_id, id)
);

CREATE TABLE consents (
    participant_id uuid NOT NULL REFERENCES participants (id),
    id             uuid NOT NULL,
    version        text NOT NULL,
    text_hash      bytea NOT NULL,
    channel        text NOT NULL CHECK (channel IN ('branch', 'agent', 'self', 'import')),
    given_at       timestamp NOT NULL,
    withdrawn_at   timestamp,
    PRIMARY KEY (participant_id, id)
);

CREATE TABLE imports (
    id          uuid PRIMARY KEY,
    branch_id   uuid NOT NULL REFERENCES branches (id),
    format      text NOT NULL CHECK (format IN ('csv', 'xlsx')),
    file_hash   bytea NOT NULL,
    dry_run     boolean NOT NULL,
    state       text NOT NULL CHECK (state IN ('running', 'done', 'failed')),
    failure     text NOT NULL DEFAULT '', -- stable code
    rows_read   bigint NOT NULL DEFAULT 0,
    created     bigint NOT NULL DEFAULT 0,
    updated     bigint NOT NULL DEFAULT 0,
    unchanged   bigint NOT NULL DEFAULT 0,
    ended       bigint NOT NULL DEFAULT 0,
    rejected    bigint NOT NULL DEFAULT 0,
    created_by  uuid NOT NULL,
    created_at  timestamp NOT NULL,
    finished_at timestamp
);
CREATE INDEX imports_branch ON imports (branch_id);

CREATE TABLE import_errors (
    import_id uuid NOT NULL REFERENCES imports (id),
    line      bigint NOT NULL,
    field     text NOT NULL,
    code      text NOT NULL,
    PRIMARY KEY (import_id, line, field)
);

CREATE TABLE activations (
    id             uuid PRIMARY KEY,
    participant_id uuid NOT NULL REFERENCES participants (id),
    code_hash      bytea NOT NULL UNIQUE,
    created_by     uuid NOT NULL,
    created_at     timestamp NOT NULL,
    expires_at     timestamp NOT NULL,
    used_at        timestamp,
    card_id        uuid
);
CREATE INDEX activations_participant ON activations (participant_id);

CREATE TABLE registrations (
    id             uuid PRIMARY KEY,
    participant_id uuid NOT NULL REFERENCES participants (id),
    agent_id       uuid REFERENCES agents (id),
    wadah_id       uuid REFERENCES wadahs (id),
    branch_id      uuid REFERENCES branches (id), -- null: the source did not say ("belum terinci")
    registered_on  date NOT NULL,
    created_at     timestamp NOT NULL
);
-- One registration a person: the first acquisition is never overwritten.
CREATE UNIQUE INDEX registrations_participant ON registrations (participant_id);
CREATE INDEX registrations_day ON registrations (registered_on, branch_id);
CREATE INDEX registrations_agent ON registrations (agent_id);

-- Cards ---------------------------------------------------------------------

CREATE TABLE signing_keys (
    kid        text PRIMARY KEY, -- two characters, never reused
    use_for    text NOT NULL,    -- JSON array out of card, print, status
    public_key bytea NOT NULL,   -- Ed25519; the private half is a file
    not_before timestamp NOT NULL,
    not_after  timestamp NOT NULL,
    revoked_at timestamp,
    created_at timestamp NOT NULL
);

CREATE TABLE status_shards (
    shard      integer PRIMARY KEY,
    branch_id  uuid NOT NULL REFERENCES branches (id),
    used       integer NOT NULL DEFAULT 0,
    open       boolean NOT NULL,
    version    bigint NOT NULL DEFAULT 0, -- grows with every change of an entry
    created_at timestamp NOT NULL
);
CREATE INDEX status_shards_branch ON status_shards (branch_id);

-- One row per card instance; the key is the status index (shard * 131072 + position).
CREATE TABLE status_entries (
    idx            bigint PRIMARY KEY,
    status         integer NOT NULL CHECK (status BETWEEN 0 AND 3),
    card_id        uuid NOT NULL,
    participant_id uuid NOT NULL
);

CREATE TABLE cards (
    participant_id uuid NOT NULL REFERENCES participants (id),
    id             uuid NOT NULL,
    branch_id      uuid NOT NULL REFERENCES branches (id),
    form           text NOT NULL CHECK (form IN ('phone', 'printed')),
    idx            bigint NOT NULL,
    kid            text NOT NULL REFERENCES signing_keys (kid),
    expires_day    integer NOT NULL, -- days since 1970-01-01 UTC
    masked_name    text NOT NULL,
    device_key     bytea,            -- compressed P-256 point of a phone card
    signature      bytea NOT NULL,
    short_code     text NOT NULL,
    state          text NOT NULL CHECK (state IN ('active', 'revoked', 'replaced')),
    revoke_reason  text NOT NULL DEFAULT '',
    replaced_by    uuid,
    issued_at      timestamp NOT NULL,
    ended_at       timestamp,
    PRIMARY KEY (participant_id, id),
    CHECK ((form = 'phone') = (device_key IS NOT NULL))
);
CREATE INDEX cards_id ON cards (id);

CREATE TABLE short_codes (
    code           text PRIMARY KEY,
    card_id        uuid NOT NULL,
    participant_id uuid NOT NULL
);

-- Counters of use -----------------------------------------------------------

-- window is the first day of the period in the outlet's zone; cap is the limit
-- that the last accepted use was judged by; over counts uses that came in
-- offline beyond it.
CREATE TABLE usages (
    participant_id uuid NOT NULL,
    benefit_id     uuid NOT NULL,
    per            text NOT NULL CHECK (per IN ('day', 'week', 'month', 'year', 'ever')),
    window_on      date NOT NULL,
    used           integer NOT NULL,
    cap            integer NOT NULL,
    over           integer NOT NULL DEFAULT 0,
    PRIMARY KEY (participant_id, benefit_id, per, window_on),
    CHECK (used BETWEEN 0 AND cap),
    CHECK (over >= 0)
);

CREATE TABLE usage_days (
    participant_id uuid NOT NULL,
    benefit_id     uuid NOT NULL,
    last_on        date, -- null after the only use was voided
    PRIMARY KEY (participant_id, benefit_id)
);

CREATE TABLE outlet_usages (
    benefit_id uuid NOT NULL,
    outlet_id  uuid NOT NULL,
    used_on    date NOT NULL,
    used       integer NOT NULL,
    cap        integer NOT NULL,
    PRIMARY KEY (benefit_id, outlet_id, used_on),
    CHECK (used BETWEEN 0 AND cap)
);

-- One row per bill on which promos were used; its lock makes "exclusive" exact.
CREATE TABLE bills (
    participant_id uuid NOT NULL,
    outlet_id      uuid NOT NULL,
    used_on        date NOT NULL,
    receipt_number text NOT NULL,
    uses           integer NOT NULL,
    PRIMARY KEY (participant_id, outlet_id, used_on, receipt_number)
);

-- A code that a phone showed is used up by one redemption.
CREATE TABLE proof_uses (
    participant_id uuid NOT NULL,
    idx            bigint NOT NULL,
    proof_at       bigint NOT NULL, -- Unix seconds, T of the card
    redemption_id  uuid NOT NULL,
    used_at        timestamp NOT NULL,
    PRIMARY KEY (participant_id, idx, proof_at)
);

-- Idempotency-Key of a caller -> what it made. Kept at least 30 days.
CREATE TABLE idempotency_keys (
    caller_id      uuid NOT NULL,
    idem_key       uuid NOT NULL,
    body_hash      bytea NOT NULL,
    participant_id uuid NOT NULL,
    redemption_id  uuid NOT NULL,
    created_at     timestamp NOT NULL,
    PRIMARY KEY (caller_id, idem_key)
);
CREATE INDEX idempotency_keys_created ON idempotency_keys (created_at);

-- What happened to a redemption after it was recorded. Append-only; the key
-- allows each action once.
CREATE TABLE redemption_actions (
    participant_id uuid NOT NULL,
    redemption_id  uuid NOT NULL,
    action         text NOT NULL CHECK (action IN ('void', 'dispute', 'uphold', 'reverse')),
    id             uuid NOT NULL,
    by_kind        text NOT NULL,
    by_id          uuid NOT NULL,
    reason         text NOT NULL,
    acted_at       timestamp NOT NULL,
    PRIMARY KEY (participant_id, redemption_id, action)
);
CREATE INDEX redemption_actions_redemption ON redemption_actions (redemption_id);

-- Audit ---------------------------------------------------------------------

-- The head of the hash chain; its row lock puts the links in order.
CREATE TABLE audit_heads (
    chain integer PRIMARY KEY,
    seq   bigint NOT NULL,
    hash  bytea NOT NULL
);

-- +goose Down
DROP TABLE audit_heads;
DROP TABLE redemption_actions;
DROP TABLE idempotency_keys;
DROP TABLE proof_uses;
DROP TABLE bills;
DROP TABLE outlet_usages;
DROP TABLE usage_days;
DROP TABLE usages;
DROP TABLE short_codes;
DROP TABLE cards;
DROP TABLE status_entries;
DROP TABLE status_shards;
DROP TABLE signing_keys;
DROP TABLE registrations;
DROP TABLE activations;
DROP TABLE import_errors;
DROP TABLE imports;
DROP TABLE consents;
DROP TABLE membership_history;
DROP TABLE memberships;
DROP TABLE identity_keys;
DROP TABLE participants;
DROP TABLE reported_figures;
DROP TABLE agents;
DROP TABLE wadahs;
DROP TABLE benefit_quotas;
DROP TABLE benefit_outlets;
DROP TABLE benefit_versions;
DROP TABLE benefits;
DROP TABLE till_tokens;
DROP TABLE till_enrolments;
DROP TABLE tills;
DROP TABLE api_keys;
DROP TABLE outlets;
DROP TABLE agreements;
DROP TABLE partners;
DROP TABLE sectors;
DROP TABLE throttles;
DROP TABLE bootstrap_tokens;
DROP TABLE invitations;
DROP TABLE sessions;
DROP TABLE role_grants;
DROP TABLE accounts;
DROP TABLE branch_regions;
DROP TABLE branches;
DROP TABLE regions;
