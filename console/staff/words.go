package staff

import (
	"errors"
	"strconv"
	"time"

	"github.com/berlaku/berlaku/accounts"
	"github.com/berlaku/berlaku/console/frame"
	"github.com/berlaku/berlaku/internal/actor"
)

func faults() map[string]frame.Text {
	say := frame.Say
	return map[string]frame.Text{
		"credentials_invalid":    say("E-mail, kata sandi, atau kode salah.", "E-mail, password or code is wrong."),
		"totp_required":          say("Masukkan kode faktor kedua.", "Enter the code of your second factor."),
		"locked_out":             say("Terlalu banyak percobaan yang gagal. Coba lagi nanti.", "Too many failed attempts. Try again later."),
		"busy":                   say("Terlalu banyak yang masuk bersamaan. Coba lagi beberapa detik lagi.", "Too many sign-ins at once. Try again in a few seconds."),
		"login_over":             say("Waktu untuk masuk sudah habis. Mulai lagi.", "This sign-in took too long. Begin again."),
		"email_invalid":          say("Alamat e-mail tidak benar.", "The e-mail address is not valid."),
		"name_invalid":           say("Nama harus 1 sampai 100 karakter.", "The name must have 1 to 100 characters."),
		"password_too_short":     say("Kata sandi minimal 12 karakter.", "The password must have at least 12 characters."),
		"password_too_long":      say("Kata sandi paling banyak 128 karakter.", "The password must have at most 128 characters."),
		"password_common":        say("Kata sandi terlalu mudah ditebak. Hindari kata umum, urutan, nama Anda, dan nama program ini.", "The password is too easy to guess. Avoid common words, sequences, your name and names of this programme."),
		"account_exists":         say("Alamat e-mail ini sudah punya akun.", "There is an account with this e-mail address already."),
		"bootstrap_invalid":      say("Tautan awal sudah dipakai, terlalu lama, atau tidak diperlukan lagi. Jalankan ulang server untuk tautan baru.", "The bootstrap link is used, too old or not needed any more. Restart the server for a new one."),
		"invitation_invalid":     say("Undangan tidak dikenal, sudah dipakai, atau kedaluwarsa. Minta tautan baru kepada pengundang.", "The invitation is unknown, used or too old. Ask whoever invited you for a new link."),
		"scope_invalid":          say("Peran ini tidak dapat diberikan untuk lingkup itu.", "This role cannot be granted in this scope."),
		"grant_forbidden":        say("Anda tidak berwenang memberikan peran ini di sini.", "You may not grant this role here."),
		"self_forbidden":         say("Untuk akun Anda sendiri, orang lain yang harus melakukannya.", "Somebody else must do this to your account."),
		"totp_enabled":           say("Aplikasi autentikator sudah aktif.", "An authenticator app is in force already."),
		"totp_missing":           say("Belum ada aplikasi autentikator yang disiapkan.", "No authenticator app has been set up."),
		"totp_invalid":           say("Kode salah atau sudah dipakai.", "The code is wrong or was used already."),
		"recovery_invalid":       say("E-mail atau kode pemulihan salah, atau kode sudah dipakai.", "E-mail or recovery code is wrong, or the code was used already."),
		"recovery_link_invalid":  say("Tautan tidak dikenal, sudah dipakai, atau lewat satu jam. Minta tautan baru.", "The link is unknown, used or older than an hour. Ask for a new one."),
		"confirmation_invalid":   say("Belum benar. Coba lagi.", "That is not right. Try again."),
		"factor_missing":         say("Siapkan aplikasi autentikator atau passkey dahulu.", "Set up an authenticator app or a passkey first."),
		"passkeys_unavailable":   say("Passkey hanya dapat dipakai bila server dibuka dengan nama dan https.", "Passkeys need a server that is reached by its name over https."),
		"passkey_invalid":        say("Passkey ini tidak dikenal di sini, atau jawabannya tidak cocok.", "This passkey is not known here, or its answer does not fit."),
		"passkey_copied":         say("Passkey ini mungkin telah disalin dan ditolak. Hapus, lalu daftarkan yang baru.", "This passkey may have been copied and is refused. Remove it and register a new one."),
		"passkeys_full":          say("Satu akun paling banyak punya 20 passkey.", "An account has at most 20 passkeys."),
		"identity_unknown":       say("Akun penyedia identitas ini belum terhubung dengan akun di sini. Minta undangan, lalu buka tautannya dahulu.", "This identity belongs to no account here. Ask for an invitation, and open its link first."),
		"provider_down":          say("Penyedia identitas tidak dapat dihubungi. Coba lagi nanti.", "The identity provider cannot be reached. Try again later."),
		"provider_refused":       say("Penyedia identitas tidak meloloskan Anda, atau waktunya habis. Mulai lagi.", "The identity provider did not sign you in, or it took too long. Begin again."),
		"reset_decided":          say("Permintaan ini sudah diputuskan atau kedaluwarsa.", "This request is decided already, or too old."),
		"own_request":            say("Harus disetujui orang kedua, bukan yang meminta.", "A second person must approve this."),
		"reset_open":             say("Permintaan yang sama sudah menunggu persetujuan orang kedua.", "The same is asked for already; a second person must approve it."),
		"not_from_here":          say("Akun pertama hanya dapat dibuat dari mesin tempat server berjalan.", "The first account is made on the machine on which the server runs."),
		"second_factor_required": say("Siapkan faktor kedua dahulu: peran Anda memerlukannya.", "Set up a second factor first: your roles ask for one."),
		"outlet_invalid":         say("Gerai itu bukan milik mitra ini.", "The outlet is not one of this partner's."),
	}
}

func accountStates() map[string]frame.State {
	return map[string]frame.State{
		string(accounts.Active):   {Text: frame.Say("aktif", "active"), Tone: "good"},
		string(accounts.Disabled): {Text: frame.Say("nonaktif", "disabled"), Tone: "bad"},
	}
}

// refused takes a refusal into the form; how long a lock-out lasts is said.
func refused(f *frame.Form, err error) bool {
	if !f.Refusing(err) {
		return false
	}
	if locked, ok := errors.AsType[*accounts.LockedError](err); ok {
		n := int((locked.RetryAfter() + time.Minute - 1) / time.Minute)
		f.Problem = frame.Say("Terlalu banyak percobaan yang gagal. Coba lagi dalam "+strconv.Itoa(n)+" menit.",
			"Too many failed attempts. Try again in "+strconv.Itoa(n)+" minutes.")
	}
	return true
}

// methodText names how somebody signed in.
func methodText(m accounts.Method) frame.Text {
	switch m {
	case accounts.ByPassword:
		return frame.Say("kata sandi", "password")
	case accounts.ByTOTP:
		return frame.Say("kata sandi + autentikator", "password + authenticator")
	case accounts.ByRecovery:
		return frame.Say("kata sandi + kode pemulihan", "password + recovery code")
	case accounts.ByPasskey:
		return frame.Say("passkey", "passkey")
	case accounts.ByProvider:
		return frame.Say("penyedia identitas", "identity provider")
	}
	return frame.Text{ID: string(m), EN: string(m)}
}

// scopeText names a kind of scope.
func scopeText(k actor.ScopeKind) frame.Text {
	switch k {
	case actor.National:
		return frame.Say("nasional", "national")
	case actor.BranchScope:
		return frame.Say("cabang", "branch")
	case actor.PartnerScope:
		return frame.Say("mitra", "partner")
	case actor.WadahScope:
		return frame.Say("wadah", "wadah")
	case actor.OutletScope:
		return frame.Say("gerai", "outlet")
	}
	return frame.Text{ID: string(k), EN: string(k)}
}
