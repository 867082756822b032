-- +goose Up

-- What a branch may approve by itself. A branch without a row has the program's
-- default.
CREATE TABLE benefit_caps (
    branch_id  uuid PRIMARY KEY REFERENCES branches (id),
    amount     bigint NOT NULL CHECK (amount >= 0), -- rupiah of discount in all
    open_ended boolean NOT NULL,                    -- also promos whose cost nothing bounds
    changed_by uuid NOT NULL,
    changed_at timestamp NOT NULL
);

-- Approvals of a version that needs two persons, until the second has come.
CREATE TABLE benefit_signatures (
    benefit_id uuid NOT NULL,
    version    integer NOT NULL,
    signed_by  uuid NOT NULL,
    signed_at  timestamp NOT NULL,
    PRIMARY KEY (benefit_id, version, signed_by),
    FOREIGN KEY (benefit_id, version) REFERENCES benefit_versions (benefit_id, version)
);

-- What was told about a version at the tills, so that it is told once.
CREATE TABLE benefit_warnings (
    benefit_id uuid NOT NULL,
    version    integer NOT NULL,
    what       text NOT NULL CHECK (what IN ('count', 'amount', 'ending')),
    told_at    timestamp NOT NULL,
    PRIMARY KEY (benefit_id, version, what),
    FOREIGN KEY (benefit_id, version) REFERENCES benefit_versions (benefit_id, version)
);

-- +goose Down
DROP TABLE benefit_warnings;
DROP TABLE benefit_signatures;
DROP TABLE benefit_caps;
