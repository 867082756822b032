package redemptions

import "github.com/berlaku/berlaku/cards"

// Reason is a stable code for why the answer is no. The empty Reason means yes.
type Reason string

// The reasons, in the order in which they are looked at.
const (
	NotOurCard             Reason = "not_our_card"
	CardMalformed          Reason = "card_malformed"
	CardVersionUnsupported Reason = "card_version_unsupported"
	CardKeyUnknown         Reason = "card_key_unknown"
	CardKeyRevoked         Reason = "card_key_revoked"
	CardForged             Reason = "card_forged"
	CardExpired            Reason = "card_expired"
	CardRevoked            Reason = "card_revoked"
	ProofMissing           Reason = "proof_missing"
	ProofInvalid           Reason = "proof_invalid"
	CodeStale              Reason = "code_stale"
	CodeReplayed           Reason = "code_replayed"
	ClockMismatch          Reason = "clock_mismatch"
	PrintedNotAllowed      Reason = "printed_not_allowed"
	NeedsIDCheck           Reason = "needs_id_check"
	MembershipInactive     Reason = "membership_inactive"
	MembershipUnknown      Reason = "membership_unknown"
	StatusTooOld           Reason = "status_too_old"
	StatusListStale        Reason = "status_list_stale"
	OutletNotCovered       Reason = "outlet_not_covered"
	TillRevoked            Reason = "till_revoked"
	BenefitNotLive         Reason = "benefit_not_live"
	BenefitNotStarted      Reason = "benefit_not_started"
	BenefitEnded           Reason = "benefit_ended"
	OutsideHours           Reason = "outside_hours"
	SegmentNotEligible     Reason = "segment_not_eligible"
	BelowMinimum           Reason = "below_minimum"
	LimitParticipant       Reason = "limit_participant"
	LimitInterval          Reason = "limit_interval"
	LimitOutlet            Reason = "limit_outlet"
	LimitTotal             Reason = "limit_total"
	BudgetSpent            Reason = "budget_spent"
	NotStackable           Reason = "not_stackable"
	OfflineNotAllowed      Reason = "offline_not_allowed"
	OfflineAllowanceSpent  Reason = "offline_allowance_spent"
	ClockUntrusted         Reason = "clock_untrusted"
	ProvisionalLimit       Reason = "provisional_limit"
)

// Verdict is what the cashier sees first.
type Verdict string

// The verdicts.
const (
	Valid      Verdict = "valid"
	NotValid   Verdict = "not_valid"
	CannotTell Verdict = "cannot_tell"
)

// Verdict returns what a reason about the card means for the card.
func (r Reason) Verdict() Verdict {
	switch r {
	case "":
		return Valid
	case StatusListStale, ClockUntrusted:
		return CannotTell
	default:
		return NotValid
	}
}

// ToPartner returns the reason as a partner may know it: everything about the
// membership reads membership_inactive.
func (r Reason) ToPartner() Reason {
	if r == MembershipUnknown {
		return MembershipInactive
	}
	return r
}

// ofCard maps the codes of the card's verification to reasons.
var ofCard = map[cards.Code]Reason{
	cards.OK:             "",
	cards.ESize:          CardMalformed,
	cards.EFormat:        CardMalformed,
	cards.EDevKey:        CardMalformed,
	cards.EOrigin:        NotOurCard,
	cards.EVersion:       CardVersionUnsupported,
	cards.EKID:           CardKeyUnknown,
	cards.EKeyRevoked:    CardKeyRevoked,
	cards.ESig:           CardForged,
	cards.EKeyPeriod:     CardForged,
	cards.EExpired:       CardExpired,
	cards.EPrinted:       PrintedNotAllowed,
	cards.EProofMissing:  ProofMissing,
	cards.EProof:         ProofInvalid,
	cards.EStale:         CodeStale,
	cards.EClock:         ClockMismatch,
	cards.EStatusStale:   StatusListStale,
	cards.ERevoked:       CardRevoked,
	cards.EInactive:      MembershipInactive,
	cards.EStatusUnknown: MembershipInactive,
	cards.EReplay:        CodeReplayed,
}

// Message is a sentence for the cashier in both languages, with the next step.
type Message struct {
	ID string `json:"id"`
	EN string `json:"en"`
}

// Message returns the sentence of a reason; of the empty one, that all is well.
func (r Reason) Message() Message { return messages[r] }

// Reasons returns every reason in order.
func Reasons() []Reason {
	return []Reason{
		NotOurCard, CardMalformed, CardVersionUnsupported, CardKeyUnknown, CardKeyRevoked, CardForged, CardExpired,
		CardRevoked, ProofMissing, ProofInvalid, CodeStale, CodeReplayed, ClockMismatch, PrintedNotAllowed, NeedsIDCheck,
		MembershipInactive, MembershipUnknown, StatusTooOld, StatusListStale, OutletNotCovered, TillRevoked, BenefitNotLive,
		BenefitNotStarted, BenefitEnded, OutsideHours, SegmentNotEligible, BelowMinimum, LimitParticipant, LimitInterval,
		LimitOutlet, LimitTotal, BudgetSpent, NotStackable, OfflineNotAllowed, OfflineAllowanceSpent, ClockUntrusted, ProvisionalLimit,
	}
}

var messages = map[Reason]Message{
	"":                     {"Kartu berlaku.", "The card is valid."},
	NotOurCard:             {"Ini bukan Kartu Promo Peserta. Minta peserta membuka kartunya.", "This is not a benefit card. Ask the participant to open the card."},
	CardMalformed:          {"Kode tidak terbaca utuh. Pindai ulang atau ketik kode singkat.", "The code did not come through whole. Scan again or type the short code."},
	CardVersionUnsupported: {"Versi kartu belum dikenal. Perbarui aplikasi kasir.", "The card has a version not known here. Update the till."},
	CardKeyUnknown:         {"Kartu tidak dikenal. Perbarui data kasir, lalu pindai ulang.", "The card's key is not known. Update the till's data, then scan again."},
	CardKeyRevoked:         {"Kartu tidak berlaku lagi. Peserta dapat meminta kartu baru di kantor cabang.", "The card is no longer valid. The participant can get a new one at the branch office."},
	CardForged:             {"Kartu tidak asli. Jangan berikan diskon.", "The card is not genuine. Give no discount."},
	CardExpired:            {"Masa berlaku kartu habis. Minta peserta memperbarui kartunya.", "The card has expired. Ask the participant to renew it."},
	CardRevoked:            {"Kartu sudah dicabut. Silakan hubungi kantor cabang.", "The card was revoked. Please contact the branch office."},
	ProofMissing:           {"Ini gambar kartu yang disimpan. Minta peserta membuka aplikasi kartu.", "This is a saved picture of the card. Ask the participant to open the card app."},
	ProofInvalid:           {"Kode ini bukan dari ponsel pemilik kartu. Jangan berikan diskon.", "The code does not come from the holder's phone. Give no discount."},
	CodeStale:              {"Kode sudah lewat waktu. Pindai kode yang baru di layar peserta.", "The code is too old. Scan the new one on the participant's screen."},
	CodeReplayed:           {"Kode ini sudah dipakai. Tunggu kode baru, lalu pindai lagi.", "This code was used already. Wait for a new one and scan again."},
	ClockMismatch:          {"Jam ponsel peserta tidak cocok. Minta peserta memakai jam otomatis.", "The participant's phone clock is off. Ask to set the time to automatic."},
	PrintedNotAllowed:      {"Kartu cetak tidak diterima di sini. Minta kartu di ponsel.", "Printed cards are not accepted here. Ask for the card on the phone."},
	NeedsIDCheck:           {"Cocokkan nama dengan KTP, lalu lanjutkan.", "Compare the name with the identity card, then go on."},
	MembershipInactive:     {"Kartu tidak berlaku. Silakan hubungi kantor cabang.", "The card is not valid. Please contact the branch office."},
	MembershipUnknown:      {"Kepesertaan belum diverifikasi. Silakan hubungi kantor cabang.", "The membership is not verified yet. Please contact the branch office."},
	StatusTooOld:           {"Data kepesertaan terlalu lama. Silakan hubungi kantor cabang.", "The membership data is too old. Please contact the branch office."},
	StatusListStale:        {"Data kartu di kasir terlalu lama. Sambungkan ke internet, lalu pindai ulang.", "The till's card data is too old. Connect to the internet and scan again."},
	OutletNotCovered:       {"Promo ini tidak berlaku di gerai ini. Pilih promo lain.", "This promo does not apply at this outlet. Choose another."},
	TillRevoked:            {"Kasir ini sudah dinonaktifkan. Hubungi pemilik gerai.", "This till was revoked. Contact the owner."},
	BenefitNotLive:         {"Promo ini sedang tidak berjalan. Pilih promo lain.", "This promo is not running. Choose another."},
	BenefitNotStarted:      {"Promo ini belum mulai. Lihat tanggal mulainya.", "This promo has not started. See its first day."},
	BenefitEnded:           {"Promo ini sudah berakhir. Pilih promo lain.", "This promo has ended. Choose another."},
	OutsideHours:           {"Promo ini tidak berlaku pada hari atau jam ini. Lihat jadwalnya.", "This promo does not run at this day or hour. See its schedule."},
	SegmentNotEligible:     {"Promo ini bukan untuk segmen peserta ini. Pilih promo lain.", "This promo is not for this participant's segment. Choose another."},
	BelowMinimum:           {"Belanja belum mencapai jumlah minimum promo ini.", "The bill is below this promo's minimum."},
	LimitParticipant:       {"Promo ini sudah dipakai sebanyak jatahnya. Coba lagi pada periode berikutnya.", "This promo was used as often as allowed. Try again in the next period."},
	LimitInterval:          {"Promo ini baru saja dipakai. Tunggu sampai jarak waktunya lewat.", "This promo was used recently. Wait until the interval has passed."},
	LimitOutlet:            {"Jatah promo gerai ini untuk hari ini habis. Coba lagi besok.", "This outlet's share of the promo for today is used up. Try again tomorrow."},
	LimitTotal:             {"Kuota promo ini habis. Pilih promo lain.", "This promo's quota is used up. Choose another."},
	BudgetSpent:            {"Dana promo ini tidak cukup lagi. Pilih promo lain.", "This promo's budget no longer covers the discount. Choose another."},
	NotStackable:           {"Promo ini tidak dapat digabung dengan promo lain pada nota yang sama.", "This promo cannot be combined with another on the same receipt."},
	OfflineNotAllowed:      {"Promo ini perlu internet. Sambungkan kasir, lalu coba lagi.", "This promo needs the internet. Connect the till and try again."},
	OfflineAllowanceSpent:  {"Jatah tanpa internet di kasir ini habis. Sambungkan ke internet.", "This till's offline allowance is used up. Connect to the internet."},
	ClockUntrusted:         {"Jam kasir tidak dapat dipercaya. Sambungkan ke internet, lalu coba lagi.", "The till's clock cannot be trusted. Connect to the internet and try again."},
	ProvisionalLimit:       {"Kartu sementara sudah mencapai batasnya. Tunggu konfirmasi kantor cabang.", "The provisional card has reached its limit. Wait for the branch to confirm it."},
}

// Message returns the sentence for the cashier that goes with a record.
func (r Redemption) Message() Message {
	switch {
	case r.State == Voided:
		return Message{"Transaksi dibatalkan. Promo dapat dipakai lagi.", "The use was taken back. The promo can be used again."}
	case r.Outcome == Granted:
		return Message{"Diskon tercatat. Serahkan nota kepada peserta.", "The discount is recorded. Hand over the receipt."}
	}
	return r.Reason.Message()
}
