-- +goose Up

-- A look at everything that is known of a person is a row of its own, with the
-- reason in the words of who looked.
ALTER TABLE data_accesses ADD COLUMN whole boolean NOT NULL DEFAULT false;
ALTER TABLE data_accesses ADD COLUMN note_sealed bytea;

-- +goose Down
ALTER TABLE data_accesses DROP COLUMN note_sealed;
ALTER TABLE data_accesses DROP COLUMN whole;
