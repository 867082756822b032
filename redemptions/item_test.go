package redemptions

import (
	"encoding/base64"
	"strings"
	"testing"
)

func FuzzItem(f *testing.F) {
	part := func(s string) string { return base64.RawURLEncoding.EncodeToString([]byte(s)) }
	signature := strings.Repeat("A", 86)
	const kid = "01890000-0000-7000-8000-00000000000a"
	header := part(`{"alg":"ES256","kid":"` + kid + `","typ":"berlaku-use+jwt"}`)
	use := `{"jti":"` + kid + `","seq":1,"prev":"","scanned_at":1,"occurred_at":2,"card":"x","benefit":"` + kid +
		`","version":1,"gross":5,"discount":1,"net":4,"receipt_number":" a ","cashier":"` + kid + `","id_checked":true,"allowance":"` + kid + `","list_age":3}`
	void := `{"jti":"` + kid + `","seq":2,"prev":"` + strings.Repeat("A", 43) + `","occurred_at":2,"void":"01890000-0000-7000-8000-00000000000b","reason":"x"}`
	for _, payload := range []string{use, void, "{}", "[]", `{"void":1}`, strings.Replace(use, "5", "0", 1)} {
		f.Add(header + "." + part(payload) + "." + signature)
	}
	f.Add("")
	f.Add(strings.Repeat("A", maxItemText+1))
	f.Fuzz(func(t *testing.T, text string) {
		it, ok := readItem(text)
		if ok != (it != nil) {
			t.Fatal("an item and none at once")
		}
		if !ok {
			return
		}
		switch {
		case len(text) > maxItemText, it.seq < 1, it.text != text, len(it.hash) != 32, len(it.claims) != 32, it.prev != nil && len(it.prev) != 32:
			t.Errorf("an item that is none: %+v", it)
		case it.kind == kindUse && (it.gross < 1 || it.gross > MaxGross || it.version < 1 || len([]rune(it.receipt)) > MaxReceipt):
			t.Errorf("a use out of bounds: %+v", it)
		case it.kind == kindVoid && (it.subject == it.jti || len([]rune(it.note)) > MaxReason):
			t.Errorf("a void out of bounds: %+v", it)
		}
		if again, ok := readItem(text); !ok || again.jti != it.jti {
			t.Error("read differently the second time")
		}
	})
}

func TestBothKindsOfItemsAreRead(t *testing.T) {
	header := `{"alg":"ES256","kid":"01890000-0000-7000-8000-00000000000a","typ":"berlaku-use+jwt"}`
	part := func(s string) string { return base64.RawURLEncoding.EncodeToString([]byte(s)) }
	for kind, payload := range map[string]string{
		kindUse: `{"jti":"01890000-0000-7000-8000-00000000000b","seq":1,"prev":"","scanned_at":1,"occurred_at":2,"card":"","benefit":"01890000-0000-7000-8000-00000000000c",` +
			`"version":1,"gross":5,"discount":1,"net":4,"id_checked":true,"list_age":-3}`,
		kindVoid: `{"jti":"01890000-0000-7000-8000-00000000000b","seq":1,"prev":"","occurred_at":2,"void":"01890000-0000-7000-8000-00000000000c","reason":""}`,
	} {
		it, ok := readItem(part(header) + "." + part(payload) + "." + strings.Repeat("A", 86))
		if !ok || it.kind != kind {
			t.Errorf("%s: got %+v %v", kind, it, ok)
		}
	}
}
