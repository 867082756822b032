package participants

import (
	"cmp"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/google/uuid"

	"github.com/berlaku/berlaku/internal/clock"
	"github.com/berlaku/berlaku/internal/pii"
)

// The columns, by the names that errors use, each with what a heading may say.
const (
	colIDType    = "id_type"
	colIDNumber  = "nik"
	colName      = "name"
	colBirth     = "birth_date"
	colPhone     = "phone"
	colKPJ       = "kpj"
	colSegment   = "segment"
	colProgramme = "programmes"
	colPayer     = "payer"
	colAgent     = "agent_code"
	colAcquired  = "acquired_on"
	colProtected = "protected_until"
	colStatus    = "status"
	colAsOf      = "status_as_of"
	colRegion    = "region"
	colEnded     = "ended"
	wholeRow     = "row"
)

var headings = map[string]string{
	"id_type": colIDType, "jenis_identitas": colIDType, "tipe_identitas": colIDType,
	"nik": colIDNumber, "id_number": colIDNumber, "nomor_identitas": colIDNumber, "no_identitas": colIDNumber, "no_ktp": colIDNumber,
	"nama": colName, "name": colName, "nama_lengkap": colName, "nama_peserta": colName, "full_name": colName,
	"tanggal_lahir": colBirth, "tgl_lahir": colBirth, "birth_date": colBirth, "birth_on": colBirth, "date_of_birth": colBirth,
	"telepon": colPhone, "phone": colPhone, "no_hp": colPhone, "nomor_hp": colPhone, "no_telepon": colPhone, "telp": colPhone,
	"nomor_induk_kependudukan": colIDNumber, "nomor_ktp": colIDNumber, "nik_ktp": colIDNumber, "no_nik": colIDNumber, "nomor_nik": colIDNumber, "ktp": colIDNumber,
	"nama_tenaga_kerja": colName, "nama_tk": colName, "nama_pekerja": colName, "peserta": colName,
	"tgllahir": colBirth, "tanggal_kelahiran": colBirth,
	"hp": colPhone, "no_handphone": colPhone, "nomor_handphone": colPhone, "nomor_telepon": colPhone, "no_telp": colPhone, "no_wa": colPhone, "whatsapp": colPhone,
	"nomor_peserta": colKPJ, "no_peserta": colKPJ, "kartu_peserta": colKPJ, "nomor_kartu_peserta": colKPJ, "kpj_number": colKPJ,
	"segmen_kepesertaan": colSegment, "jenis_kepesertaan": colSegment, "segmen_peserta": colSegment,
	"program_diikuti": colProgramme, "jenis_pembayar": colPayer, "kode_perisai": colAgent, "agen": colAgent, "kode_agen_perisai": colAgent,
	"tanggal_kepesertaan": colAcquired, "tgl_kepesertaan": colAcquired, "tanggal_terdaftar": colAcquired,
	"berlaku_sampai": colProtected, "masa_perlindungan": colProtected, "akhir_perlindungan": colProtected, "tgl_akhir_perlindungan": colProtected,
	"status_peserta": colStatus, "status_aktif": colStatus, "tanggal_status": colAsOf, "tgl_status": colAsOf, "tanggal_data": colAsOf,
	"wilayah": colRegion, "kode_kabupaten": colRegion, "kode_kab_kota": colRegion, "tanggal_berakhir": colEnded, "tgl_berakhir": colEnded, "tanggal_keluar": colEnded,
	"kpj": colKPJ, "no_kpj": colKPJ, "nomor_kpj": colKPJ,
	"segmen": colSegment, "segment": colSegment,
	"program": colProgramme, "programmes": colProgramme, "programs": colProgramme,
	"pembayar": colPayer, "payer": colPayer, "payer_type": colPayer,
	"kode_agen": colAgent, "agent_code": colAgent,
	"tanggal_daftar": colAcquired, "tgl_daftar": colAcquired, "acquired_on": colAcquired,
	"perlindungan_sampai": colProtected, "protected_until": colProtected, "tanggal_berakhir_perlindungan": colProtected,
	"status": colStatus, "status_kepesertaan": colStatus,
	"per_tanggal": colAsOf, "status_as_of": colAsOf, "as_of": colAsOf,
	"kode_wilayah": colRegion, "region": colRegion, "region_code": colRegion,
	"berakhir": colEnded, "ended": colEnded, "ended_on": colEnded,
}

var requiredColumns = []string{colIDNumber, colName, colKPJ, colSegment}

var (
	segmentWords = map[string]Segment{
		"pu": PU, "penerima_upah": PU, "bpu": BPU, "bukan_penerima_upah": BPU, "jakon": Jakon, "jasa_konstruksi": Jakon,
		"pmi": PMI, "pekerja_migran_indonesia": PMI,
	}
	statusWords = map[string]Status{
		"aktif": Active, "active": Active, "menunggak": InArrears, "in_arrears": InArrears, "tunggakan": InArrears,
		"nonaktif": Inactive, "non_aktif": Inactive, "tidak_aktif": Inactive, "inactive": Inactive, "berakhir": Inactive, "ended": Inactive, "keluar": Inactive,
		"belum_diverifikasi": Unverified, "unverified": Unverified,
	}
	payerWords = map[string]Payer{
		"self": PayerSelf, "mandiri": PayerSelf, "employer": PayerEmployer, "pemberi_kerja": PayerEmployer,
		"public_budget": PayerPublicBudget, "apbn_apbd": PayerPublicBudget, "village_fund": PayerVillageFund, "dana_desa": PayerVillageFund,
		"donor": PayerDonor, "donatur": PayerDonor, "corporation": PayerCorporation, "korporasi": PayerCorporation,
	}
	idWords = map[string]IDType{"": NIKType, "nik": NIKType, "ktp": NIKType, "passport": PassportType, "paspor": PassportType}
	yes     = []string{"ya", "y", "yes", "true", "1"}
	no      = []string{"", "tidak", "t", "no", "n", "false", "0"}
)

// layout is where each column stands.
type layout map[string]int

func (l layout) has(column string) bool { _, ok := l[column]; return ok }

// readHeading returns the layout of a heading; columns that nobody knows are
// passed over.
func readHeading(cells []string) (layout, error) {
	out := layout{}
	for i, c := range cells {
		column, known := headings[word(tidy(c))]
		if !known {
			continue
		}
		if out.has(column) {
			return nil, refuse("header_duplicate")
		}
		out[column] = i
	}
	for _, c := range requiredColumns {
		if !out.has(c) {
			return nil, refuse("header_missing")
		}
	}
	return out, nil
}

// word is a text as the tables above spell it.
func word(s string) string {
	s = strings.ToLower(strings.Join(strings.FieldsFunc(s, func(r rune) bool { return r == ' ' || r == '-' || r == '_' || r == '/' || r == '\u00a0' }), "_"))
	return strings.Trim(s, ".:")
}

// importRow is one good row.
type importRow struct {
	line      int64
	idType    IDType
	idNumber  string
	name      string
	birth     clock.Day
	phone     string
	kpj       string
	region    string
	agentCode string
	member    NewMembership
	idDigest  []byte
	kpjDigest []byte
	hasStatus bool
}

// rowReader turns cells into rows; it remembers which KPJ it saw.
type rowReader struct {
	s       *Service
	layout  layout
	width   int
	format  Format
	asOf    clock.Day
	today   clock.Day
	regions map[string]bool
	seen    map[uint64]struct{}
	late    int // days by which counted days begin later than elsewhere
}

// reading is one row being read.
type reading struct {
	*rowReader
	cells []string
	line  int64
	bad   []RowError
}

func (r *reading) note(column string, err error) {
	if f, ok := asFault(err); ok {
		r.bad = append(r.bad, RowError{r.line, column, f.Code})
	}
}

func (r *reading) cell(column string) string {
	i, ok := r.layout[column]
	if !ok || i >= len(r.cells) {
		return ""
	}
	return tidy(r.cells[i])
}

func (r *reading) day(column string) clock.Day {
	d, err := importDay(r.cell(column), r.format, r.late)
	r.note(column, err)
	return d
}

func choose[T any](r *reading, column string, words map[string]T) T {
	v, ok := words[word(r.cell(column))]
	if !ok {
		r.note(column, errUnknown)
	}
	return v
}

// read returns the row, or what is wrong with it.
func (rr *rowReader) read(line int64, cells []string) (importRow, []RowError) {
	r := &reading{rowReader: rr, cells: cells, line: line}
	if r.misshapen(); len(r.bad) > 0 {
		return importRow{}, r.bad
	}
	out := importRow{line: line}
	r.person(&out)
	r.membership(&out)
	if len(r.bad) > 0 {
		return importRow{}, r.bad
	}
	n, err := strconv.ParseUint(out.kpj, 10, 64)
	if err != nil {
		return importRow{}, []RowError{{line, colKPJ, ErrKPJForm.Code}}
	}
	if _, twice := rr.seen[n]; twice {
		return importRow{}, []RowError{{line, colKPJ, "duplicate_in_file"}}
	}
	rr.seen[n] = struct{}{}
	out.idDigest = rr.s.keys.Index(string(out.idType), out.idNumber)
	out.kpjDigest = rr.s.keys.Index(kpjKey, out.kpj)
	return out, nil
}

// misshapen notes cells that no office program writes, and formulas.
func (r *reading) misshapen() {
	if len(r.cells) > r.width && !blank(r.cells[r.width:]) {
		r.bad = append(r.bad, RowError{r.line, wholeRow, "row_form"})
		return
	}
	for column := range r.layout {
		switch c := r.cell(column); {
		case strings.ContainsFunc(c, isControl), strings.ContainsFunc(c, turnsText), !utf8.ValidString(c):
			r.bad = append(r.bad, RowError{r.line, column, "row_form"})
		case strings.HasPrefix(c, "="), strings.HasPrefix(c, "-") && (column == colIDNumber || column == colKPJ):
			r.bad = append(r.bad, RowError{r.line, column, errFormula.Code})
		case (column == colIDNumber || column == colKPJ || column == colPhone) && broken(c):
			r.bad = append(r.bad, RowError{r.line, column, "number_lost"})
		}
	}
	slices.SortFunc(r.bad, func(a, b RowError) int { return cmp.Compare(a.Field, b.Field) })
}

// broken reports whether a spreadsheet made a number of what is none: its last
// digits are lost, and nobody knows which they were.
func broken(s string) bool { return exponent.MatchString(s) }

var exponent = regexp.MustCompile(`^[0-9]+([.,][0-9]+)?[eE][+-]?[0-9]{1,3}$`)

// turnsText reports characters that turn the direction of the text around them.
func turnsText(r rune) bool { return r >= 0x202a && r <= 0x202e || r >= 0x2066 && r <= 0x2069 }

// tidy takes away what programs leave around a cell: space, also that which does
// not break, marks of encodings and directions, and the apostrophe by which a
// cell is said to be text.
func tidy(s string) string {
	s = strings.TrimFunc(s, func(r rune) bool {
		return r == ' ' || r == 0xa0 || r == 0xfeff || r >= 0x200b && r <= 0x200f || r == 0x202f || r == 0x3000 || turnsText(r) || unicode.IsSpace(r)
	})
	if len(s) > 1 && s[0] == '\'' && strings.ContainsRune("0123456789=+-@", rune(s[1])) {
		s = s[1:]
	}
	return s
}

func (r *reading) person(out *importRow) {
	var err error
	out.idType = choose(r, colIDType, idWords)
	if out.idNumber, err = ParseIdentity(cmp.Or(out.idType, NIKType), r.cell(colIDNumber)); err != nil {
		r.note(colIDNumber, err)
	}
	out.name, err = cleanName(r.cell(colName))
	r.note(colName, err)
	out.birth = r.day(colBirth)
	r.note(colBirth, checkBirth(out.birth, r.today))
	out.phone, err = optionalPhone(r.cell(colPhone))
	r.note(colPhone, err)
	if out.region = r.cell(colRegion); out.region != "" && !r.regions[out.region] {
		r.note(colRegion, errRegionUnknown)
	}
}

func (r *reading) membership(out *importRow) {
	var err error
	out.kpj, err = ParseKPJ(r.cell(colKPJ))
	r.note(colKPJ, err)
	if out.agentCode = r.cell(colAgent); len(out.agentCode) > nameMost {
		r.note(colAgent, errAgentUnknown)
	}
	m := &out.member
	m.KPJ, m.Source, m.Segment = pii.Text(out.kpj), FromImport, choose(r, colSegment, segmentWords)
	for p := range strings.FieldsFuncSeq(r.cell(colProgramme), func(c rune) bool { return strings.ContainsRune("|+/ ", c) }) {
		if !slices.Contains(programmes, Programme(strings.ToLower(p))) {
			r.note(colProgramme, errUnknown)
			break
		}
		m.Programmes = append(m.Programmes, Programme(strings.ToLower(p)))
	}
	if r.cell(colPayer) != "" {
		m.Payer = choose(r, colPayer, payerWords)
	}
	m.AcquiredOn, m.ProtectedUntil = r.day(colAcquired), r.day(colProtected)
	if m.StatusAsOf = cmp.Or(r.day(colAsOf), r.asOf); m.StatusAsOf > r.today {
		r.note(colAsOf, errFuture)
	}
	if m.AcquiredOn > r.today {
		r.note(colAcquired, errFuture)
	}
	r.status(out)
}

// status reads what the row says about the status: a word, an end, or only the
// end of protection.
func (r *reading) status(out *importRow) {
	m := &out.member
	if out.hasStatus = r.cell(colStatus) != ""; out.hasStatus {
		m.Status = choose(r, colStatus, statusWords)
	}
	switch w := word(r.cell(colEnded)); {
	case slices.Contains(no, w):
	case slices.Contains(yes, w):
		m.EndedOn = m.StatusAsOf
	default:
		m.EndedOn = r.day(colEnded)
	}
	if !out.hasStatus && m.ProtectedUntil != "" {
		m.Status, out.hasStatus = Active, true
	}
}

// Days of spreadsheets are counted from 1899-12-30 (ECMA-376, 18.17.4.1).
var sheetEpoch = time.Date(1899, 12, 30, 0, 0, 0, 0, time.UTC)

// importDay reads 2006-01-02 or 02/01/2006 (or with dashes or dots), in a
// sheet also a count of days. No text is no day.
func importDay(s string, f Format, late int) (clock.Day, error) {
	if s == "" {
		return "", nil
	}
	s = strings.TrimSuffix(s, " 00:00:00")
	if d, err := clock.ParseDay(s); err == nil {
		return d, nil
	}
	for _, form := range []string{"02/01/2006", "2/1/2006", "02-01-2006", "02.01.2006"} {
		if t, err := time.Parse(form, s); err == nil && t.Year() >= 1000 {
			return clock.DayOf(t, time.UTC), nil
		}
	}
	if x, err := strconv.ParseFloat(s, 64); err == nil && f == XLSX && x >= 1 && x < 100_000 {
		return clock.DayOf(sheetEpoch.AddDate(0, 0, int(x)+late), time.UTC), nil
	}
	return "", errDay
}

// merge returns the snapshot as it is to be stored over what is stored (nil:
// nothing): columns that the file lacks or leaves empty do not erase.
func (r *importRow) merge(l layout, stored *membershipRow, agent uuid.UUID) NewMembership {
	n := r.member
	n.AgentID = agent
	if stored != nil {
		if !l.has(colProtected) {
			n.ProtectedUntil = stored.ProtectedUntil
		}
		if !r.hasStatus {
			n.Status = Status(stored.Status)
		}
		if !l.has(colEnded) && n.Status == Inactive {
			n.EndedOn = stored.EndedOn
		}
	}
	n.Status = cmp.Or(n.Status, Unverified)
	return n
}
