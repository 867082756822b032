-- +goose Up

-- A list that was uploaded and is worked off in the background. Its counts are
-- those of imports; there it is 'running' until it ends.
CREATE TABLE import_jobs (
    import_id       uuid PRIMARY KEY REFERENCES imports (id),
    branch_id       uuid NOT NULL REFERENCES branches (id),
    state           text NOT NULL CHECK (state IN ('uploaded', 'mapped', 'checked', 'running', 'done', 'cancelled', 'failed', 'undoing', 'undone')),
    name_sealed     bytea,                    -- of the file; people put names into it
    size            bigint NOT NULL,          -- bytes; 0: it has not arrived whole
    as_of           text NOT NULL,            -- day of rows without their own
    about           text NOT NULL DEFAULT '', -- JSON: how the file was understood
    headings_sealed bytea,                    -- JSON: the first row
    mapping         text NOT NULL DEFAULT '', -- JSON: our column -> place in the row
    rows_total      bigint NOT NULL DEFAULT 0,
    faulty          bigint NOT NULL DEFAULT 0, -- places noted in the phase under way
    checked         text NOT NULL DEFAULT '', -- JSON: counts of the dry run
    undo            text NOT NULL DEFAULT '', -- JSON: counts of the undoing
    by_itself       boolean NOT NULL,         -- checked without anybody's asking
    prepared_by     uuid NOT NULL,
    published_by    uuid,
    undone_by       uuid,
    prepared_at     timestamp NOT NULL,
    checked_at      timestamp,
    published_at    timestamp,
    ended_at        timestamp,
    undone_at       timestamp,
    file_gone_at    timestamp,
    tries           integer NOT NULL DEFAULT 0, -- since anything went forward
    lease           uuid,
    leased_until    timestamp
);
CREATE INDEX import_jobs_waiting ON import_jobs (prepared_at) WHERE state IN ('mapped', 'running', 'undoing');
CREATE INDEX import_jobs_branch ON import_jobs (branch_id);

-- The file itself, sealed piece by piece, until the run has ended, a day at most.
CREATE TABLE import_chunks (
    import_id uuid NOT NULL REFERENCES imports (id),
    seq       integer NOT NULL,
    sealed    bytea NOT NULL,
    PRIMARY KEY (import_id, seq)
);

-- Rows with faults, sealed, so that they can be corrected: a week at most.
CREATE TABLE import_rows (
    import_id uuid NOT NULL REFERENCES imports (id),
    line      bigint NOT NULL,
    sealed    bytea NOT NULL,
    PRIMARY KEY (import_id, line)
);

-- What a run changed and how it was before, so that it can be undone: a week.
CREATE TABLE import_changes (
    import_id      uuid NOT NULL REFERENCES imports (id),
    participant_id uuid NOT NULL,
    membership_id  uuid NOT NULL, -- the zero id: only the person's own data
    kind           text NOT NULL CHECK (kind IN ('created', 'created_person', 'changed', 'person')),
    before         text NOT NULL DEFAULT '', -- JSON of the membership
    name_before    bytea,
    birth_before   bytea,
    phone_before   bytea,
    changed_at     timestamp NOT NULL,
    outcome        text NOT NULL DEFAULT '' CHECK (outcome IN ('', 'undone', 'left')),
    PRIMARY KEY (import_id, participant_id, membership_id)
);
CREATE INDEX import_changes_participant ON import_changes (participant_id);

-- What the headings of a branch's lists meant last time.
CREATE TABLE import_mappings (
    branch_id uuid NOT NULL REFERENCES branches (id),
    heading   text NOT NULL, -- HMAC of the word: a list without heading has names there
    meaning   text NOT NULL,
    saved_at  timestamp NOT NULL,
    PRIMARY KEY (branch_id, heading)
);

CREATE INDEX membership_history_import ON membership_history (import_id) WHERE import_id IS NOT NULL;

-- +goose Down
DROP INDEX membership_history_import;
DROP TABLE import_mappings;
DROP TABLE import_changes;
DROP TABLE import_rows;
DROP TABLE import_chunks;
DROP TABLE import_jobs;
