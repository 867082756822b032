-- +goose Up

-- What a branch decided about a record that a till brought in beyond a limit,
-- with a clock that cannot be, or after its end. Append-only, one a subject.
CREATE TABLE exception_decisions (
    id             uuid PRIMARY KEY,
    kind           text NOT NULL CHECK (kind IN ('over_limit', 'clock_suspect', 'quarantined')),
    participant_id uuid NOT NULL,
    redemption_id  uuid NOT NULL,
    decision       text NOT NULL CHECK (decision IN ('accept', 'reject')),
    made_id        uuid, -- the record that a quarantined one became
    by_kind        text NOT NULL,
    by_id          uuid NOT NULL,
    note           text NOT NULL,
    decided_at     timestamp NOT NULL
);
CREATE UNIQUE INDEX exception_decisions_once ON exception_decisions (participant_id, redemption_id);
CREATE INDEX exception_decisions_redemption ON exception_decisions (redemption_id);
CREATE INDEX exception_decisions_made ON exception_decisions (made_id) WHERE made_id IS NOT NULL;

-- What the partner or the branch says about a use.
CREATE TABLE use_comments (
    participant_id uuid NOT NULL,
    id             uuid NOT NULL,
    redemption_id  uuid NOT NULL,
    by_kind        text NOT NULL,
    by_id          uuid NOT NULL,
    by_partner     boolean NOT NULL, -- written by an owner of the partner
    body           text NOT NULL,    -- emptied when the person is erased
    written_at     timestamp NOT NULL,
    PRIMARY KEY (participant_id, id)
);
CREATE INDEX use_comments_redemption ON use_comments (redemption_id, id);

-- The few records that somebody looks at once more.
CREATE INDEX redemptions_flagged ON redemptions (branch_id, id) WHERE flags <> '[]';

-- +goose Down
DROP INDEX redemptions_flagged;
DROP TABLE use_comments;
DROP TABLE exception_decisions;
