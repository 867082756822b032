package inbox

import (
	"github.com/google/uuid"

	"github.com/berlaku/berlaku/console/frame"
	"github.com/berlaku/berlaku/internal/clock"
	"github.com/berlaku/berlaku/notices"
)

var kindTexts = map[notices.Kind]frame.Text{
	notices.AgreementEnding:   frame.Say("Perjanjian hampir berakhir", "Agreement about to end"),
	notices.AgreementExpired:  frame.Say("Perjanjian berakhir", "Agreement ended"),
	notices.PartnerSubmitted:  frame.Say("Mitra usaha diajukan", "Partner submitted"),
	notices.QuotaLow:          frame.Say("Kuota promo menipis", "Promo quota low"),
	notices.BenefitSubmitted:  frame.Say("Promo diajukan", "Promo submitted"),
	notices.UseDisputed:       frame.Say("Penggunaan disanggah", "Use disputed"),
	notices.ImportFinished:    frame.Say("Impor selesai", "Import finished"),
	notices.TillSilent:        frame.Say("Kasir tidak terdengar", "Till silent"),
	notices.DataRequestOpened: frame.Say("Permintaan data baru", "New data request"),
	notices.DataRequestLate:   frame.Say("Permintaan data lewat waktu", "Data request overdue"),
}

func kindText(k notices.Kind) frame.Text {
	if t, ok := kindTexts[k]; ok {
		return t
	}
	return frame.Say(string(k), string(k))
}

// describe says a notice in a sentence, and where what it is about is found.
func describe(n notices.Notice) (text frame.Text, path, tone string) {
	switch n.Kind {
	case notices.AgreementEnding:
		return dated(n, "ends_on", "Perjanjian kerja sama berakhir", "The cooperation agreement ends"), at("mitra", n.Param("partner_id"), ""), "warn"
	case notices.AgreementExpired:
		return dated(n, "ends_on", "Perjanjian kerja sama sudah berakhir", "The cooperation agreement has ended"), at("mitra", n.Param("partner_id"), ""), "bad"
	case notices.PartnerSubmitted:
		return submitted(n)
	case notices.QuotaLow:
		return quota(n), at("promo", n.Param("benefit_id"), n.SubjectID.String()), "warn"
	case notices.BenefitSubmitted:
		return frame.Say("Sebuah promo diajukan dan menunggu persetujuan.", "A promo was submitted and waits for approval."), at("promo", n.Param("benefit_id"), n.SubjectID.String()), "calm"
	case notices.UseDisputed:
		return frame.Say("Sebuah penggunaan promo disanggah. Periksa, lalu putuskan.", "A use was disputed. Look into it and decide."), at("penggunaan", n.SubjectID.String(), ""), "warn"
	case notices.ImportFinished:
		return imported(n), at("impor", n.SubjectID.String(), ""), "calm"
	case notices.TillSilent:
		return frame.Say("Sebuah kasir sudah lama tidak terhubung ke server.", "A till has not been in touch with the server for long."), at("gerai", n.Param("outlet_id"), ""), "warn"
	case notices.DataRequestOpened:
		return frame.Say("Peserta mengajukan permintaan atas datanya. Jawab dalam 3 × 24 jam.", "A participant asks about their data. Answer within 3 × 24 hours."), at("permintaan-data", n.SubjectID.String(), ""), "calm"
	case notices.DataRequestLate:
		return frame.Say("Sebuah permintaan data sudah melewati 3 × 24 jam. Jawab sekarang.", "A data request is past its 3 × 24 hours. Answer it now."), at("permintaan-data", n.SubjectID.String(), ""), "bad"
	}
	return kindText(n.Kind), frame.Root, "calm"
}

// at is the page of a thing; the list of its room where its id is not known.
func at(room, id, other string) string {
	for _, text := range []string{id, other} {
		if parsed, err := uuid.Parse(text); err == nil && parsed != uuid.Nil {
			return frame.Root + "/" + room + "/" + text
		}
	}
	return frame.Root + "/" + room
}

func dated(n notices.Notice, name, id, en string) frame.Text {
	d := clock.Day(n.Param(name))
	if d == "" {
		return frame.Say(id+".", en+".")
	}
	return frame.Say(id+" pada "+frame.Day("id", d)+".", en+" on "+frame.Day("en", d)+".")
}

func quota(n notices.Notice) frame.Text {
	left, ok := n.Params["left"].(float64)
	if !ok {
		return frame.Say("Kuota sebuah promo hampir habis.", "The quota of a promo is nearly used up.")
	}
	return frame.Say("Kuota sebuah promo hampir habis: tersisa "+frame.Number("id", int64(left))+".", "The quota of a promo is nearly used up: "+frame.Number("en", int64(left))+" left.")
}

// submitted is a partner of staff, or a business that applied by itself.
func submitted(n notices.Notice) (text frame.Text, path, tone string) {
	if n.Param("application_id") != "" {
		return frame.Say("Sebuah usaha mendaftar sendiri sebagai calon mitra. Periksa pendaftarannya.", "A business applied to become a partner. Look at its application."), frame.Root + "/mitra", "calm"
	}
	return frame.Say("Sebuah mitra usaha diajukan dan menunggu persetujuan.", "A partner was submitted and waits for approval."), at("mitra", n.Param("partner_id"), n.SubjectID.String()), "calm"
}

func imported(n notices.Notice) frame.Text {
	count := func(name string) int64 {
		x, _ := n.Params[name].(float64) //nolint:errcheck // absent: none
		return int64(x)
	}
	if n.Param("state") == "failed" {
		return frame.Say("Impor data peserta gagal. Buka untuk melihat sebabnya.", "An import of participants failed. Open it to see why.")
	}
	say := func(lang, made, changed, refused string) string {
		return frame.Number(lang, count("created")) + " " + made + ", " + frame.Number(lang, count("updated")) + " " + changed + ", " + frame.Number(lang, count("rejected")) + " " + refused + "."
	}
	return frame.Say("Impor data peserta selesai: "+say("id", "baru", "diperbarui", "ditolak"), "An import of participants is finished: "+say("en", "new", "updated", "refused"))
}
