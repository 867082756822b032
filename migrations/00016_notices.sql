-- +goose Up

-- What staff and owners should know, made of events. A notice is for a branch or
-- for a partner: whoever holds the permission there.
CREATE TABLE notices (
    id           uuid PRIMARY KEY,
    kind         text NOT NULL,
    subject_kind text NOT NULL,
    subject_id   uuid NOT NULL,
    branch_id    uuid,
    partner_id   uuid,
    account_id   uuid, -- set: for this account only
    permission   text NOT NULL,
    params       text NOT NULL, -- JSON of ids, numbers and codes; nothing personal
    created_at   timestamp NOT NULL
);
CREATE INDEX notices_branch ON notices (branch_id, created_at);
CREATE INDEX notices_partner ON notices (partner_id, created_at);
CREATE INDEX notices_created ON notices (created_at);

CREATE TABLE notice_reads (
    account_id uuid NOT NULL,
    notice_id  uuid NOT NULL REFERENCES notices (id),
    read_at    timestamp NOT NULL,
    PRIMARY KEY (account_id, notice_id)
);
CREATE INDEX notice_reads_notice ON notice_reads (notice_id);

-- Up to when an account has read everything.
CREATE TABLE notice_marks (
    account_id uuid PRIMARY KEY,
    read_to    timestamp NOT NULL
);

-- Which notices an account wants by mail. No row: none.
CREATE TABLE notice_settings (
    account_id uuid NOT NULL,
    kind       text NOT NULL,
    mail       text NOT NULL CHECK (mail IN ('daily', 'now')),
    mailed_to  timestamp NOT NULL,
    PRIMARY KEY (account_id, kind)
);

-- A message to an account, by mail.
ALTER TABLE messages ADD COLUMN account_id uuid;

-- +goose Down
ALTER TABLE messages DROP COLUMN account_id;
DROP TABLE notice_settings;
DROP TABLE notice_marks;
DROP TABLE notice_reads;
DROP TABLE notices;
