package promos

import "github.com/berlaku/berlaku/console/frame"

var states = map[string]frame.State{
	"draft":     {Text: frame.Say("Draf", "Draft"), Tone: "calm"},
	"submitted": {Text: frame.Say("Menunggu persetujuan", "Waiting for approval"), Tone: "warn"},
	"approved":  {Text: frame.Say("Disetujui, belum terbit", "Approved, not published"), Tone: "warn"},
	"rejected":  {Text: frame.Say("Ditolak", "Rejected"), Tone: "bad"},
	"live":      {Text: frame.Say("Berjalan", "Live"), Tone: "good"},
	"paused":    {Text: frame.Say("Dijeda", "Paused"), Tone: "warn"},
	"ended":     {Text: frame.Say("Berakhir", "Ended"), Tone: "calm"},
}

var versionStates = map[string]frame.State{
	"draft":     {Text: frame.Say("Draf", "Draft"), Tone: "calm"},
	"submitted": {Text: frame.Say("Menunggu persetujuan", "Waiting for approval"), Tone: "warn"},
	"approved":  {Text: frame.Say("Disetujui", "Approved"), Tone: "warn"},
	"rejected":  {Text: frame.Say("Ditolak", "Rejected"), Tone: "bad"},
	"published": {Text: frame.Say("Di kasir", "At the tills"), Tone: "good"},
	"retired":   {Text: frame.Say("Diganti", "Replaced"), Tone: "calm"},
}

var faults = map[string]frame.Text{
	"benefit_not_found": frame.Say("Tidak ada promo seperti itu, atau bukan wewenang Anda untuk melihatnya.", "There is no such promo, or it is not yours to see."),
	"own_proposal": frame.Say("Anda yang menyusun atau mengajukan versi ini. Orang lain harus menyetujui dan menerbitkannya.",
		"You wrote or handed in this version. Somebody else must approve and publish it."),
	"terms_changed": frame.Say("Tidak ada yang disetujui: isi promo berubah sejak Anda membukanya. Baca perubahannya di bawah, lalu putuskan lagi.",
		"Nothing was approved: the promo changed since you opened it. Read what changed below, then decide again."),
	"limit_below_use": frame.Say("Kuota atau anggaran versi ini lebih kecil daripada yang sudah terpakai. Naikkan dalam versi baru.",
		"A total of this version is below what is used already. Raise it in a new version."),
	"partner_ended": frame.Say("Kerja sama dengan mitra ini sudah berakhir.", "The partner has ended."),
	"above_cap": frame.Say("Promo ini dapat menghabiskan lebih dari batas persetujuan cabang. Kantor pusat yang menyetujui, dua orang bersama.",
		"This promo may cost more than the branch approves by itself. Headquarters approves it, two persons together."),
	"second_person": frame.Say("Anda sudah menyetujui. Di atas batas cabang, orang kedua dari kantor pusat juga harus menyetujui.",
		"You have approved already. Above the branch's limit a second person of headquarters must approve too."),
	"simulation_small": frame.Say("Kurang dari lima orang memakai promo pada periode dan gerai ini. Pilih yang lebih luas.", "Fewer than five people used promos in this period and these outlets. Choose more."),
	"simulation_period": frame.Say("Periode harus berakhir pada atau setelah hari pertama, tidak dimulai di masa depan, dan paling lama tiga tahun.",
		"The period must end on or after its first day, not begin in the future, and span at most three years."),
	"simulation_version": frame.Say("Versi itu tidak ada.", "There is no such version."),
	"wrong_state":        frame.Say("Langkah itu tidak mungkin dalam keadaan sekarang. Muat ulang halaman untuk melihat keadaan terbaru.", "That step is not possible in the present state. Reload the page to see it."),
}

// fieldFaults say what is wrong with a field of the editor.
var fieldFaults = map[string]frame.Text{
	"required":      frame.Say("Wajib diisi.", "This is needed."),
	"unknown_value": frame.Say("Pilih salah satu.", "Choose one."),
	"out_of_range":  frame.Say("Angka ini di luar batas yang boleh.", "This number is outside of what is allowed."),
	"too_many":      frame.Say("Terlalu banyak.", "Too many."),
	"too_long":      frame.Say("Terlalu panjang.", "Too long."),
	"duplicate":     frame.Say("Ada yang sama dua kali.", "Something comes twice."),
	"before_start":  frame.Say("Hari terakhir tidak boleh sebelum hari pertama.", "The last day must not be before the first."),
	"unknown":       frame.Say("Gerai ini bukan milik mitra.", "This outlet is not the partner's."),
	"closed":        frame.Say("Ada gerai yang sudah tutup. Hapus centangnya.", "An outlet has closed. Untick it."),
	"format":        frame.Say("Tulis jam seperti 08.00–17.00.", "Write hours like 08:00-17:00."),
}

var reasons = map[string]frame.Text{
	"limit_participant":    frame.Say("Batas peserta tercapai", "Limit of the participant reached"),
	"limit_interval":       frame.Say("Terlalu cepat setelah pemakaian sebelumnya", "Too soon after the last use"),
	"limit_outlet":         frame.Say("Batas gerai per hari tercapai", "Limit of the outlet per day reached"),
	"limit_total":          frame.Say("Kuota habis", "Quota used up"),
	"budget_spent":         frame.Say("Anggaran habis", "Budget spent"),
	"below_minimum":        frame.Say("Di bawah belanja paling sedikit", "Below the lowest bill"),
	"outside_hours":        frame.Say("Di luar hari atau jam", "Outside of days or hours"),
	"segment_not_eligible": frame.Say("Segmen peserta tidak termasuk", "Segment not included"),
	"status_too_old":       frame.Say("Data kepesertaan terlalu lama", "Membership data too old"),
	"not_stackable":        frame.Say("Ada promo lain di nota yang sama", "Another promo on the same receipt"),
	"outlet_not_covered":   frame.Say("Gerai tidak termasuk", "Outlet not covered"),
	"needs_id_check":       frame.Say("KTP belum diperiksa", "ID card not checked"),
}
