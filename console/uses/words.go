package uses

import (
	"github.com/berlaku/berlaku/console/frame"
	"github.com/berlaku/berlaku/redemptions"
)

var say = frame.Say

// speak tells the frame the room's words.
func speak(f *frame.Frame) {
	f.States("useState", map[string]frame.State{
		"recorded": {Text: say("Tercatat", "Recorded"), Tone: "good"},
		"voided":   {Text: say("Dibatalkan", "Voided"), Tone: "calm"},
		"disputed": {Text: say("Disanggah", "Disputed"), Tone: "warn"},
		"upheld":   {Text: say("Disahkan", "Upheld"), Tone: "good"},
		"reversed": {Text: say("Dikembalikan", "Reversed"), Tone: "bad"},
	})
	f.States("useOutcome", map[string]frame.State{
		"granted": {Text: say("Diberikan", "Granted"), Tone: "good"},
		"refused": {Text: say("Ditolak", "Refused"), Tone: "bad"},
	})
	flags, waits := map[string]frame.State{}, map[string]frame.State{}
	for flag, w := range flagWords {
		flags[flag] = frame.State{Text: w.short, Tone: w.tone}
	}
	for w, t := range waitWords {
		waits[string(w)] = frame.State{Text: t, Tone: "warn"}
	}
	f.States("useFlag", flags)
	f.States("useWaits", waits)
	f.Faults(map[string]frame.Text{
		"redemption_not_found":    say("Penggunaan ini tidak ada, atau bukan wewenang Anda untuk melihatnya.", "There is no such use, or it is not yours to see."),
		"rows_not_allowed":        say("Peran Anda melihat angka penggunaan, bukan catatan satu per satu.", "Your role sees figures of the uses, not single records."),
		"nothing_to_decide":       say("Tidak ada lagi yang perlu diputuskan pada catatan ini.", "Nothing about this record waits for a decision any more."),
		"exception_decided":       say("Sudah diputuskan lain sebelumnya.", "This was decided otherwise already."),
		"not_acceptable":          say("Ini tidak dapat dijadikan penggunaan: kartu tidak dikenal, atau promo dan tagihannya memang tidak memenuhi syarat.", "This cannot become a use: no card of ours, or a promo or bill that never allowed it."),
		"nothing_left":            say("Kuota atau anggaran promo tidak lagi cukup untuk penggunaan ini.", "The promo has nothing left for this use."),
		"own_dispute":             say("Anda sendiri yang menyanggahnya; orang lain harus memutuskan.", "You disputed it yourself; somebody else has to decide."),
		"dispute_decided":         say("Sanggahan ini sudah diputuskan lain.", "The dispute was decided otherwise already."),
		"not_disputed":            say("Tidak ada sanggahan yang perlu diputuskan.", "There is no dispute to decide."),
		"not_disputable":          say("Hanya penggunaan yang diberikan dan masih berlaku yang dapat disanggah.", "Only a use that was granted and stands can be disputed."),
		"dispute_window_over":     say("Penggunaan dapat disanggah dalam 90 hari.", "A use can be disputed within 90 days."),
		"dispute_reason_unknown":  say("Pilih alasan sanggahan.", "Choose the reason of the dispute."),
		"note_required":           say("Tulis alasan keputusan, paling banyak 200 huruf.", "Write why, in at most 200 characters."),
		"reason_required":         say("Tulis alasan pembatalan, paling banyak 200 huruf.", "Write why it is taken back, in at most 200 characters."),
		"not_voidable":            say("Penolakan tidak dapat dibatalkan.", "A refusal has nothing to take back."),
		"void_window_over":        say("Kasir dapat membatalkan dalam 15 menit; sesudahnya pemilik mitra atau cabang.", "The till may void within 15 minutes, later the owner or the branch."),
		"comment_invalid":         say("Tulis komentar 1 sampai 500 huruf.", "Write a comment of 1 to 500 characters."),
		"comments_full":           say("Penggunaan ini sudah memiliki komentar sebanyak yang diperbolehkan.", "This use has as many comments as it may have."),
		"export_too_large":        say("Satu berkas memuat paling banyak 10.000 catatan. Pilih periode yang lebih pendek.", "A file holds at most 10,000 records. Choose a shorter period."),
		"ids_out_of_range":        say("Pilih 1 sampai 200 penggunaan.", "Choose 1 to 200 uses."),
		"period_invalid":          say("Periode harus berurutan dan paling lama satu tahun.", "The period must run forward and be at most a year long."),
		"decision_unknown":        say("Pilih keputusannya.", "Choose the decision."),
		"format_unknown":          say("Format berkas ini tidak ada.", "There is no such format of file."),
		"redemptions_period_form": say("Isi tanggal yang benar.", "Enter dates that exist."),
	})
}

type flagWord struct {
	short, long frame.Text
	tone        string
}

// flagWords explain what is told about a record.
var flagWords = map[string]flagWord{
	"over_limit": {say("Melebihi batas", "Over a limit"), say("Mesin kasir tidak terhubung dan tidak dapat mengetahui bahwa batas peserta atau gerai sudah tercapai. Diskon sudah diberikan; cabang memutuskan apakah ditanggung.",
		"The till had no network and could not know that the limit of the person or the outlet was reached. The discount was given; the branch decides whether it is borne."), "warn"},
	"clock_suspect": {say("Jam diragukan", "Clock in doubt"), say("Jam mesin kasir berbeda lebih dari lima menit dari server.", "The till's clock is more than five minutes off the server's."), "warn"},
	"quarantined": {say("Ditahan", "Kept aside"), say("Dikirim oleh mesin kasir yang sudah diakhiri, atau dengan waktu yang tidak mungkin. Ditolak dan disimpan untuk diperiksa cabang.",
		"Handed in by a till after its end, or with times that cannot be. Refused, and kept for the branch to look at."), "warn"},
	"id_not_checked":  {say("KTP tidak diperiksa", "ID not checked"), say("Kasir tidak menandai bahwa KTP diperiksa.", "The cashier did not say that the ID card was checked."), "calm"},
	"no_allowance":    {say("Di luar jatah luring", "Outside the offline allowance"), say("Diambil langsung dari total promo karena jatah luring mesin kasir tidak mencakupnya.", "Taken from the promo's total, as the till's offline allowance did not cover it."), "calm"},
	"status_changed":  {say("Status berubah", "Status changed"), say("Kartu atau status kepesertaan berakhir setelah daftar di mesin kasir dibuat; kasir tidak dapat mengetahuinya.", "Card or membership ended after the till's list was made; the cashier could not know."), "warn"},
	"amount_differs":  {say("Jumlah berbeda", "Amount differs"), say("Hitungan mesin kasir berbeda; yang tercatat adalah hitungan server.", "The till's sum was another; the record holds the server's."), "warn"},
	"not_stackable":   {say("Tidak boleh digabung", "Not to be combined"), say("Promo lain dipakai pada nota yang sama.", "Another promo was used on the same receipt."), "warn"},
	"cashier_unknown": {say("Kasir tidak dikenal", "Unknown cashier"), say("Kasir yang disebut bukan, atau bukan lagi, kasir gerai ini.", "Who is named is no cashier of this outlet, or no longer."), "warn"},
	"till_revoked":    {say("Mesin kasir sudah diakhiri", "Till has ended"), say("Terjadi sebelum mesin kasir diakhiri, dikirim sesudahnya.", "From before the till was ended, handed in after."), "warn"},
	"late_void":       {say("Pembatalan terlambat", "Late void"), say("Dibatalkan lebih dari 15 menit setelah penggunaan.", "Taken back more than 15 minutes after the use."), "calm"},
	"accepted":        {say("Diterima cabang", "Accepted by the branch"), say("Dibuat dari catatan yang ditahan, setelah cabang menerimanya.", "Made of a record kept aside, after the branch accepted it."), "calm"},
}

var waitWords = map[redemptions.Waiting]frame.Text{
	redemptions.WaitsDispute:     say("Sanggahan", "Dispute"),
	redemptions.WaitsOverLimit:   say("Melebihi batas", "Over a limit"),
	redemptions.WaitsQuarantined: say("Ditahan", "Kept aside"),
	redemptions.WaitsClock:       say("Jam diragukan", "Clock in doubt"),
}

// disputeWords are the reasons of disputes.
var disputeWords = map[string]frame.Text{
	"not_me":       say("Bukan saya yang memakai", "It was not me"),
	"wrong_amount": say("Jumlahnya salah", "The amount is wrong"),
	"not_received": say("Diskon tidak diterima", "The discount was not received"),
	"other":        say("Alasan lain", "Another reason"),
}

var actWords = map[string]frame.Text{
	"void":    say("Dibatalkan", "Voided"),
	"dispute": say("Disanggah", "Disputed"),
	"uphold":  say("Sanggahan ditolak; penggunaan tetap berlaku", "Dispute turned down; the use stands"),
	"reverse": say("Dikembalikan: diskon tidak ditanggung, kuota kembali", "Reversed: the discount is not borne, the quota is given back"),
	"accept":  say("Diterima cabang", "Accepted by the branch"),
	"reject":  say("Tidak diterima cabang", "Rejected by the branch"),
}

var byWords = map[string]frame.Text{
	"participant": say("peserta", "the participant"),
	"till":        say("mesin kasir", "the till"),
	"api_key":     say("sistem kasir", "the till system"),
	"account":     say("pengguna konsol", "a user of the console"),
	"job":         say("sistem", "the system"),
}

// reasonText is why something was refused, as the cashier was told.
func reasonText(r redemptions.Reason) frame.Text {
	m := r.Message()
	return frame.Text{ID: m.ID, EN: m.EN}
}
