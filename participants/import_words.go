package participants

// Words are a sentence in both languages.
type Words struct{ ID, EN string }

// In returns the words in a language, "id" or "en".
func (w Words) In(lang string) string {
	if lang == "en" {
		return w.EN
	}
	return w.ID
}

// Column describes a column of a list.
type Column struct {
	Name    string // as in RowError and Map
	Heading string // in the template file
	Label   Words
	Help    Words
	Example string
	Needed  bool
}

// DescribeColumns returns every column that a list may have.
func DescribeColumns() []Column {
	out := make([]Column, len(Columns))
	for i, name := range Columns {
		out[i] = columnWords[name]
		out[i].Name, out[i].Needed = name, NeedsColumn(name)
	}
	return out
}

// ColumnLabel returns what a column of a RowError is called.
func ColumnLabel(name string) Words {
	if c, ok := columnWords[name]; ok {
		return c.Label
	}
	return Words{"Seluruh baris", "The whole row"}
}

var columnWords = map[string]Column{
	colIDType: {Heading: "jenis_identitas", Label: Words{"Jenis identitas", "Kind of identity"}, Example: "NIK",
		Help: Words{"NIK atau paspor. Kosong berarti NIK.", "NIK or passport. Empty means NIK."}},
	colIDNumber: {Heading: "nik", Label: Words{"NIK / nomor identitas", "NIK / identity number"}, Example: "7271995508900001",
		Help: Words{"16 angka, sebagai teks. Excel membuang angka terakhir bila selnya berformat angka.", "16 digits, as text. Excel drops the last digit when the cell is formatted as a number."}},
	colName: {Heading: "nama", Label: Words{"Nama", "Name"}, Example: "Ani Sari", Help: Words{"Nama lengkap sesuai identitas.", "Full name as on the identity."}},
	colBirth: {Heading: "tanggal_lahir", Label: Words{"Tanggal lahir", "Date of birth"}, Example: "15/08/1990",
		Help: Words{"hh/bb/tttt, tttt-bb-hh, atau sel tanggal Excel.", "dd/mm/yyyy, yyyy-mm-dd, or a date cell of Excel."}},
	colPhone: {Heading: "telepon", Label: Words{"Telepon", "Phone"}, Example: "081234567890", Help: Words{"Nomor seluler, 10 sampai 13 angka.", "Mobile number, 10 to 13 digits."}},
	colKPJ:   {Heading: "kpj", Label: Words{"Nomor KPJ", "KPJ number"}, Example: "19000000001", Help: Words{"11 angka, sebagai teks. Satu baris untuk setiap KPJ.", "11 digits, as text. One row for each KPJ."}},
	colSegment: {Heading: "segmen", Label: Words{"Segmen", "Segment"}, Example: "BPU",
		Help: Words{"PU, BPU, Jakon, atau PMI.", "PU, BPU, Jakon or PMI."}},
	colProgramme: {Heading: "program", Label: Words{"Program", "Programmes"}, Example: "jkk|jkm|jht", Help: Words{"jkk, jkm, jht, jp, jkp; pisahkan dengan |. Kosong berarti jkk dan jkm.", "jkk, jkm, jht, jp, jkp; separated by |. Empty means jkk and jkm."}},
	colPayer:     {Heading: "pembayar", Label: Words{"Pembayar iuran", "Payer"}, Example: "mandiri", Help: Words{"mandiri, pemberi kerja, APBN/APBD, dana desa, donatur, atau korporasi.", "self, employer, public budget, village fund, donor or corporation."}},
	colAgent:     {Heading: "kode_agen", Label: Words{"Kode agen Perisai", "Code of the Perisai agent"}, Help: Words{"Kode agen yang mendaftarkan, bila ada.", "Code of the agent who registered them, if any."}},
	colAcquired:  {Heading: "tanggal_daftar", Label: Words{"Tanggal daftar", "Registered on"}, Example: "05/01/2026", Help: Words{"Tanggal menjadi peserta; tidak boleh di masa depan.", "Day of becoming a participant; not in the future."}},
	colProtected: {Heading: "perlindungan_sampai", Label: Words{"Perlindungan sampai", "Protected until"}, Example: "31/12/2026", Help: Words{"Hari terakhir perlindungan yang sudah dibayar.", "Last day of the protection that is paid for."}},
	colStatus:    {Heading: "status", Label: Words{"Status", "Status"}, Example: "aktif", Help: Words{"aktif, menunggak, nonaktif, atau belum diverifikasi.", "active, in arrears, inactive or unverified."}},
	colAsOf:      {Heading: "per_tanggal", Label: Words{"Per tanggal", "As of"}, Example: "20/11/2026", Help: Words{"Tanggal data status. Kosong: tanggal data yang dipilih saat mengunggah.", "Day of the status data. Empty: the day chosen at the upload."}},
	colRegion:    {Heading: "kode_wilayah", Label: Words{"Kode wilayah", "Region code"}, Example: "72.71", Help: Words{"Kode Kemendagri kabupaten/kota atau kecamatan.", "Kemendagri code of the regency, city or district."}},
	colEnded:     {Heading: "berakhir", Label: Words{"Berakhir", "Ended"}, Example: "", Help: Words{"Ya, atau tanggal kepesertaan berakhir.", "Yes, or the day the membership ended."}},
	wholeRow:     {Label: Words{"Seluruh baris", "The whole row"}},
}

// FaultWords says in a sentence what a code of a RowError means.
func FaultWords(code string) Words {
	if w, ok := rowWords[code]; ok {
		return w
	}
	return Words{"Isinya tidak dapat diterima.", "The value cannot be taken."}
}

var rowWords = map[string]Words{
	"required":            {"Wajib diisi.", "A value is needed."},
	"identity_form":       {"NIK harus 16 angka dan tidak diawali 0; paspor 5 sampai 15 huruf dan angka.", "A NIK has 16 digits and does not begin with 0; a passport has 5 to 15 letters and digits."},
	"nik_date":            {"Tanggal lahir di dalam NIK tidak mungkin. Periksa angka ke-7 sampai ke-12.", "The birth date within the NIK is impossible. Check digits 7 to 12."},
	"nik_serial":          {"Nomor urut NIK 0000: sering karena Excel membuang angka terakhir. Ambil NIK dari sumbernya.", "The serial number of the NIK is 0000: often Excel dropped the last digit. Take the NIK from its source."},
	"number_lost":         {"Excel mengubah nomor ini menjadi bentuk 7,27E+15 sehingga angka terakhir hilang. Format kolomnya sebagai Teks, lalu isi lagi dari sumbernya.", "Excel turned this number into the form 7.27E+15, so its last digits are lost. Format the column as Text and fill it in again from its source."},
	"kpj_form":            {"Nomor KPJ harus 11 angka. Angka 0 di depan hilang bila selnya berformat angka.", "A KPJ has 11 digits. A leading 0 is lost when the cell is formatted as a number."},
	"phone_form":          {"Nomor telepon harus nomor seluler Indonesia, 10 sampai 13 angka.", "The phone number must be an Indonesian mobile number of 10 to 13 digits."},
	"name_form":           {"Nama paling panjang 200 huruf dan tanpa karakter kendali.", "A name has at most 200 characters and no control characters."},
	"formula":             {"Sel ini berisi rumus atau diawali =, +, -, @. Salin sebagai nilai.", "This cell holds a formula or begins with =, +, -, @. Paste it as a value."},
	"birth_date":          {"Tanggal lahir bukan tanggal, atau tidak masuk akal.", "The birth date is no date, or not plausible."},
	"region_unknown":      {"Kode wilayah tidak dikenal.", "There is no such region."},
	"unknown":             {"Isinya tidak dikenal untuk kolom ini. Lihat keterangan kolom.", "The value is not known for this column. See the help on columns."},
	"date_form":           {"Bukan tanggal. Gunakan hh/bb/tttt atau tttt-bb-hh.", "No date. Use dd/mm/yyyy or yyyy-mm-dd."},
	"date_future":         {"Tanggal ini di masa depan.", "This date lies in the future."},
	"agent_unknown":       {"Kode agen tidak dikenal.", "There is no such agent."},
	"row_form":            {"Ada karakter yang tidak boleh (tab, baris baru, pembalik arah teks), atau sel berlebih di ujung baris.", "There are characters that may not be here (tab, new line, reversal of direction), or cells beyond the last column."},
	"duplicate_in_file":   {"KPJ ini sudah ada di baris sebelumnya dalam berkas yang sama.", "This KPJ stands in an earlier row of the same file."},
	"identity_mismatch":   {"KPJ ini tercatat pada nomor identitas lain. Periksa NIK dan KPJ.", "This KPJ is recorded with another identity number. Check NIK and KPJ."},
	"kpj_of_other_branch": {"KPJ ini milik cabang lain.", "This KPJ belongs to another branch."},
	"snapshot_older":      {"Data yang lebih baru sudah tersimpan. Periksa per tanggal.", "Newer data are stored already. Check the day of the data."},
	"erased_on_request":   {"Orang ini meminta datanya dihapus. Hanya dapat dimasukkan lagi dengan persetujuan baru.", "This person asked to be erased. They can be entered again only with a new consent."},
}

// FileWords are the reasons why a file as a whole is not taken, and why a run
// came to an early end.
func FileWords() map[string]Words {
	return map[string]Words{
		"empty":              {"Berkas kosong.", "The file is empty."},
		"too_large":          {"Berkas terlalu besar, juga setelah dibuka. Bagi menjadi beberapa berkas.", "The file is too large, also when unpacked. Split it into several files."},
		"not_csv":            {"Ini bukan CSV yang dapat dibaca: periksa tanda kutip, atau simpan ulang sebagai CSV UTF-8.", "This is no CSV that can be read: check the quotes, or save it again as CSV UTF-8."},
		"not_utf8":           {"Huruf di berkas tercampur dari dua pengodean. Simpan ulang sebagai CSV UTF-8.", "The letters of the file mix two encodings. Save it again as CSV UTF-8."},
		"nul_byte":           {"Berkas berisi byte kosong: ini bukan teks. Simpan ulang sebagai CSV UTF-8 atau XLSX.", "The file holds empty bytes: it is no text. Save it again as CSV UTF-8 or XLSX."},
		"line_too_long":      {"Ada baris atau sel yang terlalu panjang.", "A row or a cell is too long."},
		"too_many_columns":   {"Terlalu banyak kolom (paling banyak 64).", "Too many columns (64 at most)."},
		"too_many_rows":      {"Terlalu banyak baris (paling banyak satu juta).", "Too many rows (a million at most)."},
		"not_xlsx":           {"Berkas XLSX ini rusak atau bukan buatan program lembar kerja. Simpan ulang dari Excel.", "This XLSX file is damaged or not made by a spreadsheet. Save it again from Excel."},
		"encrypted":          {"Berkas ini dikunci kata sandi. Simpan ulang tanpa kata sandi.", "This file is locked by a password. Save it again without one."},
		"old_excel":          {"Ini berkas Excel lama (.xls). Simpan ulang sebagai .xlsx.", "This is an old Excel file (.xls). Save it again as .xlsx."},
		"open_document":      {"Ini berkas OpenDocument (.ods). Simpan ulang sebagai .xlsx.", "This is an OpenDocument file (.ods). Save it again as .xlsx."},
		"apple_numbers":      {"Ini berkas Numbers. Ekspor sebagai .xlsx atau CSV.", "This is a Numbers file. Export it as .xlsx or CSV."},
		"pdf":                {"Ini berkas PDF, bukan tabel.", "This is a PDF file, no table."},
		"web_page":           {"Ini halaman web atau XML, bukan tabel. Simpan ulang sebagai .xlsx atau CSV.", "This is a web page or XML, no table. Save it again as .xlsx or CSV."},
		"program":            {"Ini program, bukan tabel.", "This is a program, no table."},
		"external_reference": {"Berkas ini menunjuk ke tempat lain. Simpan ulang sebagai berkas baru.", "This file refers to somewhere else. Save it again as a new file."},
		"xml_doctype":        {"Berkas ini berisi deklarasi yang tidak pernah ditulis program lembar kerja.", "This file holds declarations that no spreadsheet writes."},
		"format_unknown":     {"Hanya CSV dan XLSX yang diterima.", "Only CSV and XLSX are taken."},
		"header_missing":     {"Baris pertama harus berisi judul kolom: setidaknya NIK, nama, KPJ, dan segmen.", "The first row must hold the headings: NIK, name, KPJ and segment at least."},
		"header_duplicate":   {"Dua kolom memiliki judul yang sama artinya. Sisakan satu.", "Two columns have headings of the same meaning. Keep one."},
		"interrupted":        {"Pengolahan terhenti berulang kali.", "The work broke off again and again."},
		"expired":            {"Tidak diterbitkan dalam 24 jam; berkasnya sudah dihapus.", "Not published within 24 hours; its file is deleted."},
		"cancelled":          {"Dibatalkan.", "Cancelled."},
	}
}
