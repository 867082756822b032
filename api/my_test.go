package api_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/uuid"
)

type disputedUse struct {
	ID, State string
	Dispute   *struct{ Reason, By, Decision, Note string }
	Discount  int64
	Receipt   *struct{ Code, URL string }
	Title     string
	Can       bool `json:"can_dispute"`
}

// TestOnesOwnUsesOverHTTP goes from the phone that disputes to the branch that
// decides, and looks at what each side is told.
func TestOnesOwnUsesOverHTTP(t *testing.T) {
	w := newTown(t)
	phone, branch, owner := w.named("phone Alfa").token, w.named("branch_supervisor Alfa").token, w.named("owner Alfa").token
	list := read[struct {
		Items []disputedUse `json:"items"`
		Next  string        `json:"next_cursor"`
	}](t, w.send("GET", "/v1/my/uses?limit=10", phone, ""), 200)
	if len(list.Items) == 0 || list.Items[len(list.Items)-1].ID != w.a.use.String() || !list.Items[0].Can || list.Items[0].Title == "" || list.Items[0].Receipt == nil {
		t.Fatalf("%+v", list)
	}
	saved := read[struct {
		Uses, Discount int64
		Months         []struct{ Month string }
	}](t, w.send("GET", "/v1/my/savings", phone, ""), 200)
	if saved.Uses == 0 || saved.Discount == 0 || len(saved.Months) != 1 {
		t.Errorf("%+v", saved)
	}
	mine := "/v1/my/uses/" + w.a.use.String() + "/dispute"
	if u := read[disputedUse](t, w.send("POST", mine, phone, `{"reason":"not_me"}`), 200); u.State != "disputed" || u.Dispute == nil || u.Can {
		t.Errorf("%+v", u)
	}
	use := "/v1/redemptions/" + w.a.use.String()
	if u := read[disputedUse](t, w.send("POST", use+"/dispute", owner, `{"reason":"other"}`), 200); u.Dispute == nil || u.Dispute.By != "participant" || u.Dispute.Reason != "not_me" {
		t.Errorf("%+v", u)
	}
	open := read[struct {
		Items []disputedUse `json:"items"`
	}](t, w.send("GET", "/v1/redemptions?state=disputed", branch, ""), 200)
	if len(open.Items) != 1 || open.Items[0].Dispute == nil {
		t.Errorf("%+v", open)
	}
	if u := read[disputedUse](t, w.send("POST", use+"/decide", branch, `{"decision":"reverse","note":"struk milik orang lain"}`), 200); u.State != "reversed" || u.Dispute.Note == "" {
		t.Errorf("%+v", u)
	}
	if u := read[disputedUse](t, w.send("GET", use, owner, ""), 200); u.State != "reversed" || u.Dispute == nil || u.Dispute.Decision != "reverse" || u.Dispute.Note != "" {
		t.Errorf("to the owner: %+v", u)
	}
	if rec := w.send("GET", "/r/"+w.a.receipt, "", "", "Accept", "text/html"); !strings.Contains(rec.Body.String(), "DIBATALKAN") {
		t.Error("the receipt does not say that the use was taken back")
	}
	after := read[struct{ Uses int64 }](t, w.send("GET", "/v1/my/savings", phone, ""), 200)
	if after.Uses != saved.Uses-1 {
		t.Errorf("%d uses after the reversal, %d before", after.Uses, saved.Uses)
	}
}

// TestWishesOverHTTP wishes and looks at what the branch sees.
func TestWishesOverHTTP(t *testing.T) {
	w := newTown(t)
	phone, branch := w.named("phone Alfa").token, w.named("branch_officer Alfa").token
	at := "/v1/my/wishes/" + w.candidate.String()
	w.log.take()
	for body, status := range map[string]int{
		`{"partner":"Apotek Mawar Rahasia"}`: 200, `{}`: 200, fmt.Sprintf(`{"partner":%q}`, strings.Repeat("é", 81)): 422, `{"partner":"a\u0000b"}`: 422,
	} {
		if rec := w.send("PUT", at, phone, body); rec.Code != status {
			t.Errorf("%s: %d %s", body, rec.Code, rec.Body)
		}
	}
	read[struct{}](t, w.send("PUT", at, phone, `{"partner":"Apotek Mawar Rahasia"}`), 200)
	counts := read[struct {
		Count    int64
		Partners []struct{ Text string }
	}](t, w.send("GET", "/v1/sectors/"+w.candidate.String()+"/wishes", branch, ""), 200)
	if counts.Count != 1 || len(counts.Partners) != 1 || counts.Partners[0].Text != "Apotek Mawar Rahasia" {
		t.Errorf("%+v", counts)
	}
	wishes := read[struct {
		Items []struct {
			Sector   struct{ ID uuid.UUID }
			WishedAt *string `json:"wished_at"`
			Partner  string
		}
	}](t, w.send("GET", "/v1/my/wishes", phone, ""), 200)
	n := 0
	for _, i := range wishes.Items {
		if i.WishedAt != nil {
			n++
		}
	}
	if n != 1 || len(wishes.Items) < 2 {
		t.Errorf("%+v", wishes)
	}
	if rec := w.send("DELETE", at, phone, ""); rec.Code != 204 {
		t.Error(rec.Code)
	}
	if log := w.log.take(); strings.Contains(log, "Mawar") {
		t.Error("what somebody misses is in the log")
	}
}
