package partners

import (
	"errors"

	"github.com/berlaku/berlaku/console/frame"
	"github.com/berlaku/berlaku/internal/fault"
	"github.com/berlaku/berlaku/partners"
)

func states() map[string]frame.State {
	return map[string]frame.State{
		"draft":     {Text: frame.Say("Draf", "Draft"), Tone: "calm"},
		"submitted": {Text: frame.Say("Menunggu persetujuan", "Waits for approval"), Tone: "warn"},
		"approved":  {Text: frame.Say("Disetujui, masa uji", "Approved, being tested"), Tone: "warn"},
		"active":    {Text: frame.Say("Aktif", "Active"), Tone: "good"},
		"suspended": {Text: frame.Say("Ditangguhkan", "Suspended"), Tone: "bad"},
		"ended":     {Text: frame.Say("Berakhir", "Ended"), Tone: "calm"},
	}
}

func applicationStates() map[string]frame.State {
	return map[string]frame.State{
		"new":      {Text: frame.Say("Sedang ditinjau", "Under review"), Tone: "warn"},
		"accepted": {Text: frame.Say("Diterima untuk diproses", "Accepted for processing"), Tone: "good"},
		"refused":  {Text: frame.Say("Tidak dilanjutkan", "Turned away"), Tone: "bad"},
	}
}

// inOrder are the states as tabs.
var inOrder = []partners.State{partners.Draft, partners.Submitted, partners.Approved, partners.Active, partners.Suspended, partners.Ended}

func faults() map[string]frame.Text {
	return map[string]frame.Text{
		"partner_not_found":     frame.Say("Tidak ada mitra seperti itu, atau bukan wewenang Anda.", "There is no such partner, or it is not yours to see."),
		"agreement_missing":     frame.Say("Belum ada perjanjian kerja sama (PKS) yang berlaku hari ini.", "There is no agreement in force today."),
		"sector_not_open":       frame.Say("Sektor mitra ini belum dibuka.", "The sector of this partner is not open."),
		"outlet_missing":        frame.Say("Belum ada gerai yang aktif.", "There is no active outlet."),
		"agreement_exists":      frame.Say("Mitra ini sudah punya perjanjian dengan nomor itu.", "This partner has an agreement with this number already."),
		"agreement_not_found":   frame.Say("Tidak ada perjanjian seperti itu, atau bukan wewenang Anda.", "There is no such agreement, or it is not yours to see."),
		"document_not_found":    frame.Say("Tidak ada berkas seperti itu, atau bukan wewenang Anda.", "There is no such document, or it is not yours to see."),
		"application_not_found": frame.Say("Nomor pendaftaran dan nomor telepon itu tidak cocok dengan pendaftaran mana pun.", "That reference and phone number fit no application."),
		"too_many_applications": frame.Say("Terlalu banyak percobaan. Tunggu beberapa saat, lalu coba lagi.", "Too many attempts. Wait a while and try again."),
		"branch_missing":        frame.Say("Pilih kantor cabang yang akan mendampingi mitra ini.", "Choose the branch that will look after this partner."),
		"not_submitter":         frame.Say("Hanya yang mengajukan yang dapat menariknya kembali.", "Only who submitted it can take it back."),
		"document_empty":        frame.Say("Pilih berkas; yang dikirim kosong.", "Choose a file; what was sent is empty."),
		"document_too_large":    frame.Say("Berkas lebih besar dari 10 MB. Pindai dengan resolusi lebih rendah.", "The file is larger than 10 MB. Scan it with less detail."),
		"document_kind":         frame.Say("Hanya PDF, JPG, atau PNG yang utuh. Nama berkas tidak menentukan; isinya yang diperiksa.", "Only a whole PDF, JPG or PNG. The name does not matter; the content is looked at."),
		"document_active":       frame.Say("PDF ini memuat program atau lampiran. Cetak ulang ke PDF baru, lalu kirim itu.", "This PDF holds programs or attachments. Print it to a new PDF and send that."),
		"document_same":         frame.Say("Berkas ini sama persis dengan versi terakhir.", "This very file is the newest version already."),
		"invalid":               frame.Say("Ada isian yang belum benar.", "Some fields are not right."),
		"required":              frame.Say("Wajib diisi.", "This is needed."),
		"too_long":              frame.Say("Terlalu panjang.", "Too long."),
		"format":                frame.Say("Bentuknya belum benar.", "Not in the right form."),
		"unknown":               frame.Say("Pilih salah satu.", "Choose one."),
		"before_start":          frame.Say("Harus sesudah tanggal mulai.", "Must be after the start."),
		"out_of_range":          frame.Say("Di luar batas.", "Out of range."),
		"not_text":              frame.Say("Ada tanda yang tidak dapat dipakai.", "It holds signs that cannot be used."),
	}
}

// own are sentences that mean something else in other rooms.
var own = map[string]frame.Text{
	"own_proposal": frame.Say("Anda yang memasukkan, menyusun, atau mengajukan mitra ini; orang lain harus menyetujuinya.", "You entered, wrote or submitted this partner; somebody else must approve it."),
	"wrong_state":  frame.Say("Keadaannya sudah berubah; langkah itu tidak mungkin lagi. Muat ulang halaman.", "Its state has changed; that step is no longer possible. Reload the page."),
	"staff_only":   frame.Say("Hanya petugas yang mendampingi mitra ini yang boleh melakukannya.", "Only staff who look after this partner may do that."),
}

// why says what stands in the way of a step.
func why(problem *fault.Error) frame.Text {
	if t, ok := own[problem.Code]; ok {
		return t
	}
	if t, ok := faults()[problem.Code]; ok {
		return t
	}
	return frame.Say(problem.Message, problem.Message)
}

// refused is Form.Refused in the words of this room.
func refused(f *frame.Form, err error) bool {
	if !f.Refused(err) {
		return false
	}
	if e, ok := errors.AsType[*fault.Error](err); ok {
		f.Problem = why(e)
	}
	return true
}

// stepWords are what a step is called, what it does, and what is said after it.
type stepWords struct {
	Name, Does, Done frame.Text
	Tone             string // of the button
	Reason           bool   // it needs one
}

var steps = map[partners.Step]stepWords{
	partners.StepSubmit: {
		Name: frame.Say("Ajukan untuk disetujui", "Submit for approval"), Done: frame.Say("Mitra diajukan. Orang lain di cabang yang menyetujui.", "The partner was submitted. Somebody else at the branch approves it."),
		Does: frame.Say("Data tidak dapat diubah lagi sampai diputuskan. Anda masih dapat menariknya kembali.", "Its data cannot be changed until it is decided. You can still take it back."),
	},
	partners.StepWithdraw: {
		Name: frame.Say("Tarik kembali", "Take it back"), Done: frame.Say("Ditarik kembali menjadi draf.", "It is a draft again."), Tone: "ghost",
		Does: frame.Say("Mitra kembali menjadi draf dan dapat diubah.", "The partner becomes a draft again and can be changed."),
	},
	partners.StepApprove: {
		Name: frame.Say("Setujui", "Approve"), Done: frame.Say("Mitra disetujui. Sekarang siapkan gerai, orang, dan uji coba.", "The partner was approved. Now prepare outlets, people and the test."),
		Does: frame.Say("Mitra boleh menyiapkan gerai dan mencoba dengan kartu uji. Promo belum berlaku sampai mitra diaktifkan.", "The partner may prepare outlets and try test cards. No promo counts until it is activated."),
	},
	partners.StepReject: {
		Name: frame.Say("Tolak", "Refuse"), Done: frame.Say("Dikembalikan menjadi draf dengan alasan Anda.", "It went back to draft with your reason."), Tone: "ghost danger", Reason: true,
		Does: frame.Say("Mitra kembali menjadi draf. Yang mengajukan membaca alasan Anda dan dapat memperbaiki.", "The partner goes back to draft. Who submitted it reads your reason and can correct it."),
	},
	partners.StepActivate: {
		Name: frame.Say("Aktifkan", "Activate"), Done: frame.Say("Mitra aktif. Promonya dapat dipakai.", "The partner is active. Its promos can be used."),
		Does: frame.Say("Promo yang sudah terbit langsung dapat dipakai peserta di gerainya.", "Published promos can be used by participants at its outlets at once."),
	},
	partners.StepSuspend: {
		Name: frame.Say("Tangguhkan", "Suspend"), Done: frame.Say("Mitra ditangguhkan. Semua kasir dan kunci API-nya langsung ditolak.", "The partner is suspended. All its tills and API keys are refused at once."), Tone: "ghost danger", Reason: true,
		Does: frame.Say("Berlaku seketika: semua kasir dan kunci API mitra ini ditolak, promonya hilang dari direktori. Dapat dibuka kembali kapan saja.", "At once: all tills and API keys of this partner are refused, its promos vanish from the directory. It can be resumed at any time."),
	},
	partners.StepResume: {
		Name: frame.Say("Buka kembali", "Resume"), Done: frame.Say("Mitra aktif kembali.", "The partner is active again."),
		Does: frame.Say("Promo yang sudah terbit langsung dapat dipakai lagi.", "Published promos can be used again at once."),
	},
	partners.StepEnd: {
		Name: frame.Say("Akhiri kerja sama", "End the partnership"), Done: frame.Say("Kerja sama berakhir.", "The partnership has ended."), Tone: "ghost danger", Reason: true,
		Does: frame.Say("Tidak dapat dibatalkan: mitra, gerai, dan promonya berhenti untuk selamanya. Catatan penggunaan promo tetap tersimpan.", "This cannot be undone: the partner, its outlets and promos stop for good. Records of uses stay."),
	},
}

// doings are the entries of a history.
var doings = map[string]frame.Text{
	"created":         frame.Say("Dimasukkan sebagai draf", "Entered as a draft"),
	"accepted":        frame.Say("Dibuat dari pendaftaran dan diajukan", "Made from an application and submitted"),
	"updated":         frame.Say("Profil diubah", "Profile changed"),
	"submitted":       frame.Say("Diajukan", "Submitted"),
	"withdrawn":       frame.Say("Ditarik kembali", "Taken back"),
	"approved":        frame.Say("Disetujui", "Approved"),
	"rejected":        frame.Say("Ditolak", "Refused"),
	"activated":       frame.Say("Diaktifkan", "Activated"),
	"suspended":       frame.Say("Ditangguhkan", "Suspended"),
	"resumed":         frame.Say("Dibuka kembali", "Resumed"),
	"ended":           frame.Say("Diakhiri", "Ended"),
	"assigned":        frame.Say("Pendamping diganti", "Given to somebody to look after"),
	"agreement_added": frame.Say("Perjanjian dicatat", "Agreement entered"),
	"document_added":  frame.Say("Berkas perjanjian disimpan", "Document of an agreement kept"),
	"test_passed":     frame.Say("Uji coba lulus", "Test passed"),
}

// reason puts the program's own reason in words.
func reason(s string) frame.Text {
	if s == partners.AgreementEnded {
		return frame.Say("Perjanjian kerja sama berakhir", "The agreement ended")
	}
	return frame.Say(s, s)
}

// blocked is why for any error.
func blocked(err error) frame.Text {
	if e, ok := errors.AsType[*fault.Error](err); ok {
		return why(e)
	}
	return frame.Text{}
}
