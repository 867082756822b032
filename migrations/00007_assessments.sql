-- +goose Up

-- What sectors are judged by. A set never changes; an edit makes a new one.
CREATE TABLE criteria_sets (
    version       integer PRIMARY KEY,
    min_assessors integer NOT NULL CHECK (min_assessors BETWEEN 1 AND 9),
    note          text NOT NULL,
    created_by    uuid, -- null: came with the program
    created_at    timestamp NOT NULL
);

CREATE TABLE criteria (
    set_version integer NOT NULL REFERENCES criteria_sets (version),
    code        text NOT NULL,
    position    integer NOT NULL,
    name_id     text NOT NULL,
    name_en     text NOT NULL,
    help_id     text NOT NULL,
    help_en     text NOT NULL,
    weight      integer NOT NULL CHECK (weight BETWEEN 1 AND 100), -- percent
    computed    boolean NOT NULL, -- from figures, not from scores
    gate        boolean NOT NULL, -- below 3 the sector is not opened
    PRIMARY KEY (set_version, code)
);

-- Scores are only added; the newest of an assessor counts.
CREATE TABLE sector_scores (
    id          uuid PRIMARY KEY,
    sector_id   uuid NOT NULL REFERENCES sectors (id),
    set_version integer NOT NULL REFERENCES criteria_sets (version),
    criterion   text NOT NULL,
    assessor_id uuid NOT NULL,
    score       integer NOT NULL CHECK (score BETWEEN 1 AND 5),
    evidence    text NOT NULL,
    created_at  timestamp NOT NULL
);
CREATE INDEX sector_scores_sector ON sector_scores (sector_id, id);

CREATE TABLE sector_decisions (
    id          uuid PRIMARY KEY,
    sector_id   uuid NOT NULL REFERENCES sectors (id),
    set_version integer NOT NULL REFERENCES criteria_sets (version),
    from_state  text NOT NULL,
    to_state    text NOT NULL,
    reason      text NOT NULL,
    assessment  text NOT NULL, -- JSON: what the decision was based on
    decided_by  uuid NOT NULL,
    decided_at  timestamp NOT NULL
);
CREATE INDEX sector_decisions_sector ON sector_decisions (sector_id, id);

INSERT INTO criteria_sets (version, min_assessors, note, created_by, created_at)
VALUES (1, 2, 'Kriteria awal program', NULL, '2023-10-01 00:00:00');

INSERT INTO criteria (set_version, code, position, name_id, name_en, help_id, help_en, weight, computed, gate) VALUES
(1, 'NEED', 1, 'Usaha memerlukan promosi', 'The business needs promotion',
 'Wawancara: seberapa ingin usaha di sektor ini mendapat pelanggan baru? 5 = meminta sendiri, 1 = sudah penuh tanpa promosi.',
 'Interview: how much do businesses of this sector want new customers? 5 = they ask for it, 1 = full without promotion.', 20, false, false),
(1, 'USED', 2, 'Dipakai banyak peserta, calon peserta, dan masyarakat', 'Used by many participants, prospects and the public',
 'Siapa yang berbelanja di sini? 5 = hampir setiap peserta, 1 = hanya sedikit orang.',
 'Who buys here? 5 = nearly every participant, 1 = few people.', 20, false, false),
(1, 'VALUE', 3, 'Menambah nilai manfaat di luar program', 'Raises the value of membership beyond the programmes',
 'Seberapa terasa potongan ini bagi pekerjaan dan penghidupan peserta? 5 = alat kerja sehari-hari, 1 = barang mewah.',
 'How much is the discount felt in work and livelihood? 5 = daily tools of work, 1 = luxury.', 15, false, false),
(1, 'REACH', 4, 'Jangkauan peserta', 'Participants in reach',
 'Dihitung: peserta aktif di daerah yang punya gerai sektor ini, dan keinginan peserta.',
 'Computed: active participants in regions with outlets of this sector, and what participants wish for.', 20, true, false),
(1, 'FREQ', 5, 'Frekuensi pembelian', 'Frequency of purchase',
 '5 = setiap minggu, 4 = setiap bulan, 3 = setiap 2–4 bulan, 2 = setahun sekali, 1 = lebih jarang.',
 '5 = weekly, 4 = monthly, 3 = every 2–4 months, 2 = yearly, 1 = less often.', 10, false, false),
(1, 'READY', 6, 'Kesiapan gerai', 'Readiness of outlets',
 'Kunjungan: ada HP di kasir, penanggung jawab, dan nota? 5 = semuanya, 1 = tidak ada.',
 'Visit: a phone at the till, somebody in charge, receipts? 5 = all of it, 1 = none.', 10, false, false),
(1, 'COMPLY', 7, 'Kepatuhan: pekerjanya sendiri terdaftar', 'Compliance: own workers are registered',
 'Catatan cabang: apakah pekerja usaha di sektor ini terdaftar sebagai peserta? Di bawah 3 sektor tidak dibuka.',
 'Records of the branch: are workers of these businesses registered? Below 3 the sector is not opened.', 5, false, true);

-- +goose Down
DROP TABLE sector_decisions;
DROP TABLE sector_scores;
DROP TABLE criteria;
DROP TABLE criteria_sets;
