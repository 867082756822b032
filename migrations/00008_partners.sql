-- +goose Up

-- Businesses that ask by themselves to become a partner. Staff make a partner
-- of one, or turn it away. Who asks, where and why is sealed.
CREATE TABLE partner_applications (
    id             uuid PRIMARY KEY,
    reference      text NOT NULL UNIQUE, -- M-7K3F-9QXB: with the phone it opens the status
    branch_id      uuid REFERENCES branches (id), -- null: no branch looks after the region
    region_code    text NOT NULL REFERENCES regions (code),
    sector_id      uuid NOT NULL REFERENCES sectors (id),
    name           text NOT NULL,
    nib            text,
    npwp           text,
    details_sealed bytea NOT NULL, -- JSON: contact, address, why
    phone_index    bytea NOT NULL, -- blind index
    state          text NOT NULL CHECK (state IN ('new', 'accepted', 'refused')),
    assignee_id    uuid,
    partner_id     uuid REFERENCES partners (id), -- of an accepted one
    decided_by     uuid,
    decided_at     timestamp,
    decide_reason  text NOT NULL DEFAULT '', -- the applicant reads it
    consent_at     timestamp NOT NULL, -- to be contacted
    created_at     timestamp NOT NULL
);
CREATE INDEX partner_applications_state ON partner_applications (state, created_at);
CREATE INDEX partner_applications_phone ON partner_applications (phone_index);
CREATE INDEX partner_applications_nib ON partner_applications (nib);
CREATE INDEX partner_applications_partner ON partner_applications (partner_id);

ALTER TABLE partners ADD COLUMN assignee_id uuid;     -- who looks after it at the branch
ALTER TABLE partners ADD COLUMN prepared_by uuid;     -- who last wrote the draft
ALTER TABLE partners ADD COLUMN phone_index bytea;    -- blind index of the contact's phone
ALTER TABLE partners ADD COLUMN tested_by uuid;
ALTER TABLE partners ADD COLUMN tested_at timestamp;
ALTER TABLE partners ADD COLUMN test_note text NOT NULL DEFAULT '';
CREATE INDEX partners_phone ON partners (phone_index);
CREATE INDEX partners_nib ON partners (nib);
CREATE INDEX partners_state ON partners (state);

ALTER TABLE agreements ADD COLUMN reminded_at timestamp;
ALTER TABLE agreements ADD COLUMN expired_at timestamp; -- when its end was dealt with
CREATE INDEX agreements_ends ON agreements (ends_on);

-- Signed agreements. The bytes are here and not in a folder, so that they are
-- written in the transaction with their audit entry and are in every backup.
-- A replaced document stays as a version.
CREATE TABLE agreement_documents (
    id             uuid PRIMARY KEY,
    agreement_id   uuid NOT NULL REFERENCES agreements (id),
    version        integer NOT NULL, -- from 1
    media          text NOT NULL CHECK (media IN ('application/pdf', 'image/jpeg', 'image/png')),
    size           integer NOT NULL, -- bytes before sealing
    sha256         bytea NOT NULL,
    content_sealed bytea NOT NULL,
    uploaded_by    uuid NOT NULL,
    uploaded_at    timestamp NOT NULL,
    UNIQUE (agreement_id, version)
);

-- What was done to a partner, with the reason that the audit log does not hold.
CREATE TABLE partner_actions (
    id         uuid PRIMARY KEY,
    partner_id uuid NOT NULL REFERENCES partners (id),
    action     text NOT NULL, -- created, submitted, approved, …
    actor_kind text NOT NULL,
    actor_id   uuid NOT NULL,
    reason     text NOT NULL DEFAULT '',
    at         timestamp NOT NULL
);
CREATE INDEX partner_actions_partner ON partner_actions (partner_id, id);
INSERT INTO partner_actions (id, partner_id, action, actor_kind, actor_id, at)
    SELECT e.id, e.subject_id, substr(e.action, 9), e.actor_kind, e.actor_id, e.at
    FROM audit_entries e JOIN partners p ON p.id = e.subject_id
    WHERE e.subject_kind = 'partner' AND e.action LIKE 'partner.%';

-- +goose Down
DROP TABLE partner_actions;
DROP TABLE agreement_documents;
DROP INDEX agreements_ends;
ALTER TABLE agreements DROP COLUMN expired_at;
ALTER TABLE agreements DROP COLUMN reminded_at;
DROP INDEX partners_state;
DROP INDEX partners_nib;
DROP INDEX partners_phone;
ALTER TABLE partners DROP COLUMN test_note;
ALTER TABLE partners DROP COLUMN tested_at;
ALTER TABLE partners DROP COLUMN tested_by;
ALTER TABLE partners DROP COLUMN phone_index;
ALTER TABLE partners DROP COLUMN prepared_by;
ALTER TABLE partners DROP COLUMN assignee_id;
DROP TABLE partner_applications;
