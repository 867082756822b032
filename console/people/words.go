package people

import (
	"github.com/berlaku/berlaku/console/frame"
	"github.com/berlaku/berlaku/internal/actor"
	"github.com/berlaku/berlaku/internal/clock"
	"github.com/berlaku/berlaku/participants"
)

func states(f *frame.Frame) { //nolint:funlen // a table
	f.States("membership", map[string]frame.State{
		"active":     {Text: frame.Say("Aktif", "Active"), Tone: "good"},
		"in_arrears": {Text: frame.Say("Menunggak", "In arrears"), Tone: "warn"},
		"inactive":   {Text: frame.Say("Nonaktif", "Inactive"), Tone: "bad"},
		"unverified": {Text: frame.Say("Belum diverifikasi", "Not verified"), Tone: "calm"},
	})
	f.States("card", map[string]frame.State{
		"active":   {Text: frame.Say("Aktif", "Active"), Tone: "good"},
		"expired":  {Text: frame.Say("Kedaluwarsa", "Expired"), Tone: "calm"},
		"revoked":  {Text: frame.Say("Dicabut", "Revoked"), Tone: "bad"},
		"replaced": {Text: frame.Say("Diganti", "Replaced"), Tone: "calm"},
	})
	f.States("cardform", map[string]frame.State{
		"phone": {Text: frame.Say("Di HP", "On a phone")}, "printed": {Text: frame.Say("Cetak", "Printed")},
	})
	f.States("cardreason", textsOf(cardReasons, map[string]frame.Text{
		"replaced": frame.Say("Diganti", "Replaced"), "run_revoked": frame.Say("Cetak massal dicabut", "Bulk run revoked"), "": {},
	}))
	f.States("request", map[string]frame.State{
		"open":      {Text: frame.Say("Terbuka", "Open"), Tone: "warn"},
		"prepared":  {Text: frame.Say("Menunggu persetujuan", "Waits for approval"), Tone: "warn"},
		"done":      {Text: frame.Say("Selesai", "Done"), Tone: "good"},
		"refused":   {Text: frame.Say("Ditolak", "Refused"), Tone: "bad"},
		"cancelled": {Text: frame.Say("Dibatalkan", "Cancelled"), Tone: "calm"},
	})
	f.States("requestkind", textsOf(requestKinds, nil))
	f.States("run", map[string]frame.State{
		"running":   {Text: frame.Say("Berjalan", "Running"), Tone: "warn"},
		"done":      {Text: frame.Say("Selesai", "Done"), Tone: "good"},
		"cancelled": {Text: frame.Say("Dibatalkan", "Cancelled"), Tone: "calm"},
		"revoked":   {Text: frame.Say("Dicabut", "Revoked"), Tone: "bad"},
	})
	f.States("runkind", map[string]frame.State{
		"sheet": {Text: frame.Say("Kartu cetak (A4)", "Printed cards (A4)")}, "links": {Text: frame.Say("Tautan ke HP", "Links to phones")},
	})
	roles := map[string]frame.State{}
	for _, r := range actor.Roles() {
		roles[string(r)] = frame.State{Text: frame.RoleText(r)}
	}
	f.States("role", roles)
	f.States("segment", textsOf(segments, nil))
	f.States("look", map[string]frame.State{
		"view": {Text: frame.Say("Melihat", "Viewed")}, "list": {Text: frame.Say("Dalam daftar", "In a list")},
		"search": {Text: frame.Say("Mencari", "Searched")}, "data_request": {Text: frame.Say("Permintaan data", "Data request")},
	})
	f.States("lookreason", textsOf(lookReasons, map[string]frame.Text{"unspecified": frame.Say("Tanpa alasan khusus", "No reason given"), "import": frame.Say("Impor", "Import")}))
	f.States("source", map[string]frame.State{
		"branch_import": {Text: frame.Say("Impor cabang", "Branch import")}, "officer": {Text: frame.Say("Petugas", "Officer")},
		"payment_proof": {Text: frame.Say("Bukti bayar", "Proof of payment")}, "simulation": {Text: frame.Say("Simulasi", "Simulation")},
		"lapse": {Text: frame.Say("Lewat masa", "Lapsed")},
	})
	f.States("channel", map[string]frame.State{
		"branch": {Text: frame.Say("Di kantor cabang", "At the branch")}, "agent": {Text: frame.Say("Lewat agen", "Through an agent")},
		"self": {Text: frame.Say("Oleh peserta sendiri", "By the person")}, "import": {Text: frame.Say("Bersama impor", "With an import")},
	})
	f.States("runfailure", map[string]frame.State{
		"processing_restricted": {Text: frame.Say("Pemrosesan data dibatasi", "Processing is restricted")},
		"participant_not_found": {Text: frame.Say("Peserta tidak ada lagi", "The person is not there any more")},
		"phone_none":            {Text: frame.Say("Tidak ada nomor HP", "No phone on record")},
		"internal":              {Text: frame.Say("Gagal dibuat; coba kartu satuan", "Could not be made; try a single card")},
	})
}

// choice is a value that somebody may choose, and its words.
type choice struct {
	value string
	text  frame.Text
}

func textsOf(all []choice, more map[string]frame.Text) map[string]frame.State {
	out := map[string]frame.State{}
	for _, c := range all {
		out[c.value] = frame.State{Text: c.text}
	}
	for v, t := range more {
		out[v] = frame.State{Text: t}
	}
	return out
}

func optionsOf(v *frame.Visit, all []choice, first ...frame.Option) []frame.Option {
	out := first
	for _, c := range all {
		out = append(out, frame.Option{Value: c.value, Label: c.text.In(v.Lang())})
	}
	return out
}

func valuesOf(all []choice) []string {
	out := make([]string, len(all))
	for i, c := range all {
		out[i] = c.value
	}
	return out
}

var (
	segments = []choice{
		{"bpu", frame.Say("BPU (bukan penerima upah)", "BPU (informal)")}, {"pu", frame.Say("PU (penerima upah)", "PU (wage earner)")},
		{"jakon", frame.Say("Jasa konstruksi", "Construction")}, {"pmi", frame.Say("Pekerja migran", "Migrant worker")},
	}
	statuses = []choice{
		{"active", frame.Say("Aktif", "Active")}, {"in_arrears", frame.Say("Menunggak", "In arrears")},
		{"inactive", frame.Say("Nonaktif", "Inactive")}, {"unverified", frame.Say("Belum diverifikasi", "Not verified")},
	}
	holdings = []choice{
		{"card", frame.Say("Punya kartu aktif", "Has an active card")}, {"none", frame.Say("Tanpa kartu", "Without a card")},
		{"phone", frame.Say("Kartu di HP", "Card on a phone")}, {"printed", frame.Say("Kartu cetak", "Printed card")},
	}
	cardReasons = []choice{
		{"lost", frame.Say("Hilang", "Lost")}, {"stolen", frame.Say("Dicuri", "Stolen")}, {"damaged", frame.Say("Rusak", "Damaged")},
		{"holder_request", frame.Say("Permintaan peserta", "The person asks for it")}, {"wrong_data", frame.Say("Data salah", "Wrong data")},
		{"misuse", frame.Say("Disalahgunakan", "Misused")},
	}
	requestKinds = []choice{
		{"see", frame.Say("Melihat data", "See the data")}, {"export", frame.Say("Salinan data", "Copy of the data")},
		{"correct", frame.Say("Perbaikan data", "Correction")}, {"withdraw", frame.Say("Menarik persetujuan", "Withdraw consent")},
		{"erase", frame.Say("Penghapusan data", "Erasure")},
	}
	lookReasons = []choice{
		{string(participants.ForService), frame.Say("Melayani peserta", "Serving the person")}, {string(participants.ForCard), frame.Say("Urusan kartu", "About a card")},
		{string(participants.ForDataRequest), frame.Say("Permintaan data", "A data request")}, {string(participants.ForDispute), frame.Say("Sanggahan", "A dispute")},
		{string(participants.ForAudit), frame.Say("Pemeriksaan", "An audit")}, {string(participants.ForOther), frame.Say("Lainnya", "Something else")},
	}
	programmes = []choice{
		{"jkk", frame.Say("JKK", "JKK")}, {"jkm", frame.Say("JKM", "JKM")}, {"jht", frame.Say("JHT", "JHT")}, {"jp", frame.Say("JP", "JP")}, {"jkp", frame.Say("JKP", "JKP")},
	}
)

var faults = map[string]frame.Text{
	"participant_not_found":  frame.Say("Peserta itu tidak ada, atau bukan di cabang Anda.", "There is no such participant, or not at your branch."),
	"branch_not_found":       frame.Say("Cabang itu tidak ada, atau bukan wewenang Anda.", "There is no such branch, or it is not yours."),
	"identity_taken":         frame.Say("Peserta dengan nomor identitas ini sudah terdaftar.", "A participant with this identity number exists already."),
	"kpj_taken":              frame.Say("KPJ ini milik peserta atau cabang lain.", "The KPJ belongs to another participant or branch."),
	"snapshot_older":         frame.Say("Data yang lebih baru sudah tersimpan.", "Newer data are stored already."),
	"erased_on_request":      frame.Say("Orang ini pernah meminta datanya dihapus. Masukkan lagi hanya dengan persetujuan barunya.", "This person asked to be erased. Enter them again only with a new consent."),
	"search_forbidden":       frame.Say("Mencari dengan NIK atau KPJ tidak termasuk wewenang Anda. Kode singkat kartu boleh.", "Searching by NIK or KPJ is not among your permissions. The short code of a card is."),
	"searches_too_many":      frame.Say("Anda sudah mencari 120 kali dalam satu jam. Tunggu sampai jam berikutnya.", "You have searched 120 times within an hour. Wait for the next one."),
	"participant_invalid":    frame.Say("Ada isian yang belum benar. Perbaiki yang ditandai.", "Something is not right yet. Correct what is marked."),
	"access_reason":          frame.Say("Pilih alasan dan tulis 5 sampai 300 huruf.", "Choose a reason and write 5 to 300 characters."),
	"identity_form":          frame.Say("NIK terdiri dari 16 angka dan tidak diawali 0; paspor 5–15 huruf dan angka.", "A NIK has 16 digits and does not begin with 0; a passport 5–15 letters and digits."),
	"nik_date":               frame.Say("Tanggal lahir di dalam NIK tidak mungkin.", "The NIK holds an impossible birth date."),
	"nik_serial":             frame.Say("Nomor urut NIK 0000.", "The serial number of the NIK is 0000."),
	"kpj_form":               frame.Say("KPJ terdiri dari 11 angka.", "A KPJ has 11 digits."),
	"phone_form":             frame.Say("Nomor HP Indonesia, 10–13 angka.", "An Indonesian mobile number of 10 to 13 digits."),
	"required":               frame.Say("Wajib diisi.", "This is needed."),
	"name_form":              frame.Say("Nama paling banyak 200 huruf.", "A name has at most 200 characters."),
	"formula":                frame.Say("Tidak boleh diawali tanda =, +, -, atau @.", "It must not begin with =, +, - or @."),
	"birth_date":             frame.Say("Tanggal lahir tidak mungkin.", "The birth date is not plausible."),
	"region_unknown":         frame.Say("Wilayah tidak dikenal.", "There is no such region."),
	"unknown":                frame.Say("Pilih salah satu.", "Choose one."),
	"date_form":              frame.Say("Isi dengan tanggal yang benar.", "Enter a date that exists."),
	"date_future":            frame.Say("Tanggal belum terjadi.", "The date lies in the future."),
	"agent_unknown":          frame.Say("Agen tidak dikenal.", "There is no such agent."),
	"card_not_found":         frame.Say("Kartu itu tidak ada, atau bukan di cabang Anda.", "There is no such card, or not at your branch."),
	"card_not_active":        frame.Say("Kartu ini sudah dicabut atau diganti.", "The card was revoked or replaced already."),
	"reason_invalid":         frame.Say("Pilih alasan.", "Choose a reason."),
	"processing_restricted":  frame.Say("Pemrosesan data orang ini dibatasi; kartu tidak dapat dibuat.", "Processing of this person's data is restricted; no card can be made."),
	"device_key_invalid":     frame.Say("Kartu di HP yang hilang tidak dapat diganti di HP itu. Cabut, lalu beri tautan baru.", "A card on a lost phone cannot be replaced on it. Revoke it and give a new link."),
	"card_no_picture":        frame.Say("Hanya kartu cetak yang punya gambar.", "Only printed cards have a picture."),
	"signing_key_none":       frame.Say("Server belum punya kunci kartu. Hubungi administrator.", "The server has no card key in force. Tell the administrator."),
	"card_run_not_found":     frame.Say("Cetak massal itu tidak ada, atau bukan di cabang Anda.", "There is no such run, or not at your branch."),
	"card_sheet_not_found":   frame.Say("Lembar itu belum ada.", "There is no such sheet, or not yet."),
	"card_run_who":           frame.Say("Pilih satu: saringan, atau daftar kode.", "Choose one: a filter, or a list of codes."),
	"card_run_empty":         frame.Say("Tidak ada peserta yang cocok.", "Nobody fits this."),
	"card_run_too_many":      frame.Say("Satu kali paling banyak 10.000 peserta; persempit saringannya.", "A run is for at most 10,000 people; narrow it."),
	"card_run_state":         frame.Say("Sudah selesai atau dibatalkan.", "It is over already."),
	"card_runs_at_once":      frame.Say("Tiga cetak massal cabang ini masih berjalan. Tunggu salah satu selesai, atau batalkan satu.", "Three runs of this branch are under way. Wait until one is over, or cancel one."),
	"messages_off":           frame.Say("Server ini tidak dapat mengirim pesan.", "No way to send messages is set up on this server."),
	"data_request_not_found": frame.Say("Permintaan itu tidak ada, atau bukan di cabang Anda.", "There is no such request, or not at your branch."),
	"data_request_state":     frame.Say("Permintaan ini sudah dijawab atau dibatalkan.", "The request was answered or cancelled already."),
	"data_request_kind":      frame.Say("Tindakan ini bukan untuk jenis permintaan ini.", "This is not done with a request of this kind."),
	"data_request_text":      frame.Say("Tulis 1 sampai 1.000 huruf.", "Write 1 to 1,000 characters."),
	"own_preparation":        frame.Say("Penghapusan yang Anda siapkan sendiri harus disetujui orang lain.", "Somebody else must approve an erasure that you prepared."),
}

// day is a day of the form, "" where it is none.
func day(text string) clock.Day {
	d, err := clock.ParseDay(text)
	if err != nil {
		return ""
	}
	return d
}
