package reports

import (
	"strings"

	"github.com/berlaku/berlaku/console/frame"
	"github.com/berlaku/berlaku/reports"
)

const xlsxType = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"

// file answers with the lines of a report when ?format= asks for a file; done
// is false when it asks for the page. The lines go out while they are written.
func file(v *frame.Visit, f *filters, t reports.Table) (done bool, err error) {
	format := v.Query("format")
	if format != "csv" && format != "xlsx" {
		return false, nil
	}
	v.Longer()
	name := strings.ReplaceAll(t.Name, "_", "-") + "-" + string(f.From) + "-" + string(f.To) + "." + format
	t.Columns = headings(v, t.Columns)
	if format == "xlsx" {
		v.Attach(name, xlsxType)
		return true, t.WriteXLSX(v.W)
	}
	v.Attach(name, "text/csv; charset=utf-8")
	return true, t.WriteCSV(v.W)
}

var headingTexts = map[string]frame.Text{
	"key": frame.Say("Kunci", "Key"), "label": frame.Say("Nama", "Name"), "name": frame.Say("Nama", "Name"), "code": frame.Say("Kode", "Code"),
	"gross": frame.Say("Sebelum potongan (Rp)", "Before discount (Rp)"), "discount": frame.Say("Potongan (Rp)", "Discount (Rp)"),
	"net": frame.Say("Dibayar (Rp)", "Paid (Rp)"), "uses": frame.Say("Penggunaan", "Uses"), "reason": frame.Say("Alasan", "Reason"),
	"redemptions": frame.Say("Ditolak saat dipakai", "Refused at use"), "scans": frame.Say("Ditolak saat dicek", "Refused at check"),
	"count": frame.Say("Jumlah", "Count"), "figure": frame.Say("Angka", "Figure"), "state": frame.Say("Keadaan", "State"),
	"partners": frame.Say("Mitra", "Partners"), "outlets": frame.Say("Gerai", "Outlets"), "promos": frame.Say("Promo", "Promos"), "people": frame.Say("Peserta berbeda", "Different people"),
	"region_code": frame.Say("Kode wilayah", "Region code"), "participants": frame.Say("Peserta", "Participants"), "active_members": frame.Say("Kepesertaan aktif", "Active members"),
	"sectors": frame.Say("Sektor", "Sectors"), "nearest_km": frame.Say("Jarak terdekat (km)", "Nearest (km)"), "nearest": frame.Say("Gerai terdekat", "Nearest outlet"),
	"cohort": frame.Say("Bulan pertama", "First month"), "group": frame.Say("Kelompok", "Group"), "months_after": frame.Say("Bulan sesudahnya", "Months after"),
	"active": frame.Say("Aktif", "Active"), "share": frame.Say("Bagian (%)", "Share (%)"), "low": frame.Say("Batas bawah 95% (%)", "Lower 95% bound (%)"), "high": frame.Say("Batas atas 95% (%)", "Upper 95% bound (%)"),
	"part": frame.Say("Bagian laporan", "Part"), "from": frame.Say("Dari", "From"), "to": frame.Say("Sampai", "To"), "reported": frame.Say("Dilaporkan", "Reported"),
	"difference": frame.Say("Selisih", "Difference"), "agents": frame.Say("Agen", "Agents"), "agents_active": frame.Say("Agen yang mendaftarkan", "Agents with registrations"), "source": frame.Say("Sumber", "Source"),
	"outlet": frame.Say("Gerai", "Outlet"), "promo": frame.Say("Promo", "Promo"), "weekday": frame.Say("Hari", "Weekday"), "branch_id": frame.Say("Kode cabang", "Branch id"),
	"place": frame.Say("Tempat", "Place"), "kind": frame.Say("Jenis", "Kind"), "latitude": frame.Say("Lintang", "Latitude"), "longitude": frame.Say("Bujur", "Longitude"),
}

// headings names columns for people.
func headings(v *frame.Visit, columns []string) []string {
	out := make([]string, len(columns))
	for i, c := range columns {
		out[i] = c
		if t, ok := headingTexts[c]; ok {
			out[i] = t.In(v.Lang())
		}
	}
	return out
}

// reasonTexts are the words of why a use or a card was refused.
var reasonTexts = map[string]frame.Text{
	"not_our_card": frame.Say("Bukan kartu kami", "Not our card"), "card_malformed": frame.Say("Kartu tidak terbaca", "Card cannot be read"),
	"card_version_unsupported": frame.Say("Versi kartu tidak dikenal", "Version of the card is unknown"), "card_key_unknown": frame.Say("Kunci kartu tidak dikenal", "Key of the card is unknown"),
	"card_key_revoked": frame.Say("Kunci kartu dicabut", "Key of the card was revoked"), "card_forged": frame.Say("Kartu palsu", "Card is forged"), "card_expired": frame.Say("Kartu kedaluwarsa", "Card has expired"),
	"card_revoked": frame.Say("Kartu dicabut", "Card was revoked"), "proof_missing": frame.Say("Bukti dari ponsel tidak ada", "No proof from the phone"), "proof_invalid": frame.Say("Bukti dari ponsel salah", "Proof from the phone is wrong"),
	"code_stale": frame.Say("Kode sudah lama", "Code is too old"), "code_replayed": frame.Say("Kode sudah dipakai", "Code was used before"), "clock_mismatch": frame.Say("Jam ponsel tidak cocok", "Clock of the phone differs"),
	"printed_not_allowed": frame.Say("Kartu cetak tidak berlaku untuk promo ini", "Printed cards are not taken"), "needs_id_check": frame.Say("KTP belum dicek", "Identity was not checked"),
	"membership_inactive": frame.Say("Kepesertaan tidak aktif", "Membership is not active"), "membership_unknown": frame.Say("Kepesertaan tidak diketahui", "Membership is not known"),
	"status_too_old": frame.Say("Data kepesertaan terlalu lama", "Status is too old"), "status_list_stale": frame.Say("Daftar status kasir terlalu lama", "The till's list is too old"),
	"outlet_not_covered": frame.Say("Gerai tidak ikut promo", "Outlet does not take part"), "till_revoked": frame.Say("Kasir dicabut", "Till was revoked"), "benefit_not_live": frame.Say("Promo tidak tayang", "Promo is not live"),
	"benefit_not_started": frame.Say("Promo belum mulai", "Promo has not begun"), "benefit_ended": frame.Say("Promo sudah berakhir", "Promo has ended"), "outside_hours": frame.Say("Di luar jam promo", "Outside of the hours"),
	"segment_not_eligible": frame.Say("Segmen peserta tidak termasuk", "Segment is not eligible"), "below_minimum": frame.Say("Belanja di bawah minimum", "Below the minimum"),
	"limit_participant": frame.Say("Batas per peserta tercapai", "Limit of the person reached"), "limit_interval": frame.Say("Terlalu cepat setelah penggunaan lalu", "Too soon after the last use"),
	"limit_outlet": frame.Say("Batas gerai tercapai", "Limit of the outlet reached"), "limit_total": frame.Say("Kuota promo habis", "Quota is used up"), "budget_spent": frame.Say("Anggaran promo habis", "Budget is spent"),
	"not_stackable": frame.Say("Tidak dapat digabung", "Cannot be combined"), "offline_not_allowed": frame.Say("Tidak berlaku tanpa jaringan", "Not allowed offline"), "offline_allowance_spent": frame.Say("Jatah luring kasir habis", "Offline allowance is spent"),
	"clock_untrusted": frame.Say("Jam kasir tidak dipercaya", "Till's clock is not trusted"), "provisional_limit": frame.Say("Perlu dicek daring", "Must be checked online"),
	"item_malformed": frame.Say("Catatan luring tidak terbaca", "Offline record cannot be read"), "item_forged": frame.Say("Catatan luring tidak sah", "Offline record is not genuine"),
	"item_unknown_till": frame.Say("Kasir tidak dikenal", "Till is unknown"), "key_reused": frame.Say("Catatan luring ganda", "Offline record used twice"),
}

func reasonText(v *frame.Visit, reason string) string {
	if t, ok := reasonTexts[reason]; ok {
		return t.In(v.Lang())
	}
	return reason
}
