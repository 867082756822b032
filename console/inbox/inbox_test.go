package inbox_test

import (
	"context"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/berlaku/berlaku/events"
	"github.com/berlaku/berlaku/internal/actor"
	"github.com/berlaku/berlaku/internal/config"
	"github.com/berlaku/berlaku/internal/testkit"
	"github.com/berlaku/berlaku/internal/testkit/console"
	"github.com/berlaku/berlaku/internal/testkit/shop"
	"github.com/berlaku/berlaku/notices"
)

type office struct {
	*console.Console
	sent string // file of messages
}

func open(t *testing.T, gateway bool) *office {
	t.Helper()
	o := &office{}
	o.Console = console.Open(t, func(c *config.Config) {
		o.sent = c.DataDir + "/pesan.jsonl"
		if gateway {
			c.MessageURL = "file:" + o.sent
		}
	})
	return o
}

func (o *office) tell(e events.Event) {
	o.T.Helper()
	o.Clock.Advance(time.Second)
	if err := o.DB.InTx(testkit.System(o.T), func(ctx context.Context) error { return o.Events.Publish(ctx, e) }); err != nil {
		o.T.Fatal(err)
	}
}

// tellAll publishes an event of every kind for Palu and a partner.
func (o *office) tellAll(partner uuid.UUID) {
	for _, k := range notices.Kinds() {
		o.tell(events.Event{Kind: string(k), SubjectID: uuid.New(), PartnerID: partner, Payload: map[string]any{
			"branch_id": shop.Palu, "partner_id": partner, "benefit_id": uuid.New(), "outlet_id": uuid.New(), "ends_on": "2026-12-31", "left": 7,
			"created": 12, "updated": 3, "rejected": 1, "state": "done",
		}})
	}
}

const root = "/konsol/pemberitahuan"

func TestEveryKindIsASentenceWithALink(t *testing.T) {
	o := open(t, false)
	o.tellAll(uuid.New())
	b := o.As(actor.BranchSupervisor, actor.BranchScope, shop.Palu)
	p := b.Get(root).Want(http.StatusOK, "10 belum dibaca", "berakhir pada 31 Des 2026", "tersisa 7", "12 baru, 3 diperbarui, 1 ditolak", "melewati 3 × 24 jam", "disanggah", "tidak terhubung")
	if !strings.Contains(p.Body, `aria-label="Pemberitahuan: 10 baru"`) {
		t.Error("the bell does not tell how many")
	}
	b.Get(root+"?lang=en").Want(http.StatusOK, "10 not read yet", "ends on 31 Dec 2026")
	o.As(actor.BranchViewer, actor.BranchScope, shop.Palu).Get(root).Want(http.StatusOK, "Belum ada pemberitahuan")
	o.As(actor.BranchSupervisor, actor.BranchScope, shop.Donggala).Get(root).Want(http.StatusOK, "Semua sudah dibaca")
	o.Anybody().Once(http.MethodGet, root, "", nil).Want(http.StatusSeeOther)
}

func TestOneAndAllAreMarkedAsRead(t *testing.T) {
	o := open(t, false)
	o.tellAll(uuid.New())
	b := o.As(actor.BranchSupervisor, actor.BranchScope, shop.Palu)
	p := b.Get(root).Submit("Tandai dibaca", nil).Want(http.StatusOK, "9 belum dibaca")
	p.Submit("Saring", url.Values{"baru": {"1"}}).Want(http.StatusOK)
	b.Get(root+"?jenis=quota.low").Want(http.StatusOK, "tersisa 7").WantNot("melewati 3")
	b.Get(root+"?jenis=entah").Want(http.StatusOK, "Tidak ada yang cocok")
	list, err := o.Notices.List(testkit.System(t), notices.Filter{Kind: notices.ImportFinished}, oneOf())
	if err != nil || len(list.Items) == 0 {
		t.Fatal(err)
	}
	n := list.Items[0]
	opened := b.Once(http.MethodPost, root+"/"+n.ID.String()+"/buka", "application/x-www-form-urlencoded", strings.NewReader(""))
	if opened.Status != http.StatusSeeOther || opened.Header.Get("Location") != "/konsol/impor/"+n.SubjectID.String() {
		t.Errorf("%d to %s", opened.Status, opened.Header.Get("Location"))
	}
	other := o.As(actor.BranchSupervisor, actor.BranchScope, shop.Donggala)
	other.Post(root+"/"+n.ID.String()+"/baca", nil).Want(http.StatusNotFound, "bukan untuk Anda")
	b.Get(root).Submit("Tandai semua dibaca", nil).Want(http.StatusOK, "Semua sudah dibaca")
}

func TestMailsAreChosenByKind(t *testing.T) {
	o := open(t, true)
	b := o.As(actor.BranchOfficer, actor.BranchScope, shop.Palu)
	p := b.Get(root+"/setelan").Want(http.StatusOK, "tanpa data pribadi").WantNot("belum dapat mengirim surel")
	p.Submit("Simpan", url.Values{"quota_low": {"now"}, "import_finished": {"daily"}}).Want(http.StatusOK, "Setelan disimpan")
	p.Submit("Simpan", url.Values{"quota_low": {"hourly"}}).Want(http.StatusUnprocessableEntity, "Pilih untuk tiap jenis")
	o.tell(events.Event{Kind: "quota.low", SubjectID: uuid.New(), Payload: map[string]any{"branch_id": shop.Palu}})
	if n, err := o.Notices.Mail(testkit.System(t)); err != nil || n != 1 {
		t.Errorf("%d mails, %v", n, err)
	}
	if n, err := o.Messages.Deliver(testkit.System(t)); err != nil || n != 1 {
		t.Errorf("%d left, %v", n, err)
	}
	text := read(t, o.sent)
	if !strings.Contains(text, "Kuota promo menipis") || !strings.Contains(text, "@contoh.example") || strings.Contains(text, "Petugas branch") {
		t.Errorf("sent %s", text)
	}
	open(t, false).As(actor.BranchOfficer, actor.BranchScope, shop.Palu).Get(root+"/setelan").Want(http.StatusOK, "belum dapat mengirim surel")
}
