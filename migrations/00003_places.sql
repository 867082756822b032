-- +goose Up

-- Central Sulawesi: Kemendagri codes (Kepmendagri 300.2.2-2430/2025) with the BPS
-- code beside them. The two systems differ: 7203 is Donggala in one, Morowali in the other.

INSERT INTO regions (code, bps_code, parent, name, alias, kind, zone) VALUES
    ('72', '72', NULL, 'Sulawesi Tengah', NULL, 'province', 'Asia/Makassar'),
    ('72.01', '7202', '72', 'Banggai', NULL, 'regency', 'Asia/Makassar'),
    ('72.02', '7204', '72', 'Poso', NULL, 'regency', 'Asia/Makassar'),
    ('72.03', '7205', '72', 'Donggala', NULL, 'regency', 'Asia/Makassar'),
    ('72.04', '7206', '72', 'Tolitoli', 'Toli-Toli', 'regency', 'Asia/Makassar'),
    ('72.05', '7207', '72', 'Buol', NULL, 'regency', 'Asia/Makassar'),
    ('72.06', '7203', '72', 'Morowali', NULL, 'regency', 'Asia/Makassar'),
    ('72.07', '7201', '72', 'Banggai Kepulauan', NULL, 'regency', 'Asia/Makassar'),
    ('72.08', '7208', '72', 'Parigi Moutong', NULL, 'regency', 'Asia/Makassar'),
    ('72.09', '7209', '72', 'Tojo Una-Una', 'Tojo Una Una', 'regency', 'Asia/Makassar'),
    ('72.10', '7210', '72', 'Sigi', NULL, 'regency', 'Asia/Makassar'),
    ('72.11', '7211', '72', 'Banggai Laut', NULL, 'regency', 'Asia/Makassar'),
    ('72.12', '7212', '72', 'Morowali Utara', NULL, 'regency', 'Asia/Makassar'),
    ('72.71', '7271', '72', 'Palu', NULL, 'city', 'Asia/Makassar'),
    ('72.71.01', NULL, '72.71', 'Palu Timur', NULL, 'district', 'Asia/Makassar'),
    ('72.71.02', NULL, '72.71', 'Palu Barat', NULL, 'district', 'Asia/Makassar'),
    ('72.71.03', NULL, '72.71', 'Palu Selatan', NULL, 'district', 'Asia/Makassar'),
    ('72.71.04', NULL, '72.71', 'Palu Utara', NULL, 'district', 'Asia/Makassar'),
    ('72.71.05', NULL, '72.71', 'Ulujadi', NULL, 'district', 'Asia/Makassar'),
    ('72.71.06', NULL, '72.71', 'Tatanga', NULL, 'district', 'Asia/Makassar'),
    ('72.71.07', NULL, '72.71', 'Tawaeli', NULL, 'district', 'Asia/Makassar'),
    ('72.71.08', NULL, '72.71', 'Mantikulore', NULL, 'district', 'Asia/Makassar'),
    ('72.03.04', NULL, '72.03', 'Rio Pakava', NULL, 'district', 'Asia/Makassar'),
    ('72.03.06', NULL, '72.03', 'Dampelas', NULL, 'district', 'Asia/Makassar'),
    ('72.03.08', NULL, '72.03', 'Banawa', NULL, 'district', 'Asia/Makassar'),
    ('72.03.09', NULL, '72.03', 'Labuan', NULL, 'district', 'Asia/Makassar'),
    ('72.03.10', NULL, '72.03', 'Sindue', NULL, 'district', 'Asia/Makassar'),
    ('72.03.11', NULL, '72.03', 'Sirenja', NULL, 'district', 'Asia/Makassar'),
    ('72.03.12', NULL, '72.03', 'Balaesang', NULL, 'district', 'Asia/Makassar'),
    ('72.03.14', NULL, '72.03', 'Sojol', NULL, 'district', 'Asia/Makassar'),
    ('72.03.18', NULL, '72.03', 'Banawa Selatan', NULL, 'district', 'Asia/Makassar'),
    ('72.03.19', NULL, '72.03', 'Tanantovea', NULL, 'district', 'Asia/Makassar'),
    ('72.03.21', NULL, '72.03', 'Pinembani', NULL, 'district', 'Asia/Makassar'),
    ('72.03.24', NULL, '72.03', 'Sindue Tombusabora', NULL, 'district', 'Asia/Makassar'),
    ('72.03.25', NULL, '72.03', 'Sindue Tobata', NULL, 'district', 'Asia/Makassar'),
    ('72.03.27', NULL, '72.03', 'Banawa Tengah', NULL, 'district', 'Asia/Makassar'),
    ('72.03.30', NULL, '72.03', 'Sojol Utara', NULL, 'district', 'Asia/Makassar'),
    ('72.03.31', NULL, '72.03', 'Balaesang Tanjung', NULL, 'district', 'Asia/Makassar'),
    ('72.08.01', NULL, '72.08', 'Parigi', NULL, 'district', 'Asia/Makassar'),
    ('72.08.02', NULL, '72.08', 'Ampibabo', NULL, 'district', 'Asia/Makassar'),
    ('72.08.03', NULL, '72.08', 'Tinombo', NULL, 'district', 'Asia/Makassar'),
    ('72.08.04', NULL, '72.08', 'Moutong', NULL, 'district', 'Asia/Makassar'),
    ('72.08.05', NULL, '72.08', 'Tomini', NULL, 'district', 'Asia/Makassar'),
    ('72.08.06', NULL, '72.08', 'Sausu', NULL, 'district', 'Asia/Makassar'),
    ('72.08.07', NULL, '72.08', 'Bolano Lambunu', NULL, 'district', 'Asia/Makassar'),
    ('72.08.08', NULL, '72.08', 'Kasimbar', NULL, 'district', 'Asia/Makassar'),
    ('72.08.09', NULL, '72.08', 'Torue', NULL, 'district', 'Asia/Makassar'),
    ('72.08.10', NULL, '72.08', 'Tinombo Selatan', NULL, 'district', 'Asia/Makassar'),
    ('72.08.11', NULL, '72.08', 'Parigi Selatan', NULL, 'district', 'Asia/Makassar'),
    ('72.08.12', NULL, '72.08', 'Mepanga', NULL, 'district', 'Asia/Makassar'),
    ('72.08.13', NULL, '72.08', 'Toribulu', NULL, 'district', 'Asia/Makassar'),
    ('72.08.14', NULL, '72.08', 'Taopa', NULL, 'district', 'Asia/Makassar'),
    ('72.08.15', NULL, '72.08', 'Balinggi', NULL, 'district', 'Asia/Makassar'),
    ('72.08.16', NULL, '72.08', 'Parigi Barat', NULL, 'district', 'Asia/Makassar'),
    ('72.08.17', NULL, '72.08', 'Siniu', NULL, 'district', 'Asia/Makassar'),
    ('72.08.18', NULL, '72.08', 'Palasa', NULL, 'district', 'Asia/Makassar'),
    ('72.08.19', NULL, '72.08', 'Parigi Utara', NULL, 'district', 'Asia/Makassar'),
    ('72.08.20', NULL, '72.08', 'Parigi Tengah', NULL, 'district', 'Asia/Makassar'),
    ('72.08.21', NULL, '72.08', 'Bolano', NULL, 'district', 'Asia/Makassar'),
    ('72.08.22', NULL, '72.08', 'Ongka Malino', NULL, 'district', 'Asia/Makassar'),
    ('72.08.23', NULL, '72.08', 'Sidoan', NULL, 'district', 'Asia/Makassar'),
    ('72.10.01', NULL, '72.10', 'Sigi Biromaru', NULL, 'district', 'Asia/Makassar'),
    ('72.10.02', NULL, '72.10', 'Palolo', NULL, 'district', 'Asia/Makassar'),
    ('72.10.03', NULL, '72.10', 'Nokilalaki', NULL, 'district', 'Asia/Makassar'),
    ('72.10.04', NULL, '72.10', 'Lindu', NULL, 'district', 'Asia/Makassar'),
    ('72.10.05', NULL, '72.10', 'Kulawi', NULL, 'district', 'Asia/Makassar'),
    ('72.10.06', NULL, '72.10', 'Kulawi Selatan', NULL, 'district', 'Asia/Makassar'),
    ('72.10.07', NULL, '72.10', 'Pipikoro', NULL, 'district', 'Asia/Makassar'),
    ('72.10.08', NULL, '72.10', 'Gumbasa', NULL, 'district', 'Asia/Makassar'),
    ('72.10.09', NULL, '72.10', 'Dolo Selatan', NULL, 'district', 'Asia/Makassar'),
    ('72.10.10', NULL, '72.10', 'Tanambulava', NULL, 'district', 'Asia/Makassar'),
    ('72.10.11', NULL, '72.10', 'Dolo Barat', NULL, 'district', 'Asia/Makassar'),
    ('72.10.12', NULL, '72.10', 'Dolo', NULL, 'district', 'Asia/Makassar'),
    ('72.10.13', NULL, '72.10', 'Kinovaro', NULL, 'district', 'Asia/Makassar'),
    ('72.10.14', NULL, '72.10', 'Marawola', NULL, 'district', 'Asia/Makassar'),
    ('72.10.15', NULL, '72.10', 'Marawola Barat', NULL, 'district', 'Asia/Makassar');

-- The branch offices that are known by name. Real branch codes are not public:
-- external_code stays empty until the office gives it.
INSERT INTO branches (id, code, external_code, name, office_kind, zone, arrears_valid, created_at) VALUES
    ('01890000-0000-7000-8000-000000000001', 'PLU', NULL, 'Kantor Cabang Palu', 'Kantor Cabang', 'Asia/Makassar', false, '2023-01-01 00:00:00'),
    ('01890000-0000-7000-8000-000000000002', 'DGL', NULL, 'Kantor Cabang Donggala', 'Kantor Cabang', 'Asia/Makassar', false, '2023-01-01 00:00:00'),
    ('01890000-0000-7000-8000-000000000003', 'PRG', NULL, 'Kantor Cabang Parigi Moutong', 'Kantor Cabang', 'Asia/Makassar', false, '2023-01-01 00:00:00'),
    ('01890000-0000-7000-8000-000000000004', 'PSO', NULL, 'Kantor Cabang Poso', 'Kantor Cabang', 'Asia/Makassar', false, '2023-01-01 00:00:00'),
    ('01890000-0000-7000-8000-000000000005', 'MRW', NULL, 'Kantor Cabang Morowali', 'Kantor Cabang', 'Asia/Makassar', false, '2023-01-01 00:00:00');

INSERT INTO branch_regions (branch_id, region_code) VALUES
    ('01890000-0000-7000-8000-000000000001', '72.71'),
    ('01890000-0000-7000-8000-000000000001', '72.10'),
    ('01890000-0000-7000-8000-000000000002', '72.03'),
    ('01890000-0000-7000-8000-000000000003', '72.08'),
    ('01890000-0000-7000-8000-000000000004', '72.02'),
    ('01890000-0000-7000-8000-000000000005', '72.06');

INSERT INTO audit_heads (chain, seq, hash) VALUES (0, 0, '');

-- +goose Down
DELETE FROM audit_heads;
DELETE FROM branch_regions;
DELETE FROM branches;
DELETE FROM regions;
