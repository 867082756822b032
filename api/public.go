package api

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/berlaku/berlaku/api/access"
	"github.com/berlaku/berlaku/cards"
	"github.com/berlaku/berlaku/redemptions"
)

func (s *Server) publicRoutes() {
	held := &huma.Response{Description: http.StatusText(http.StatusNotModified)}
	op := say(get("/.well-known/jwks.json", tagPublic, "The keys that sign cards and status lists"), "RFC 7517 with nbf, not_after, use_for and revoked; past and withdrawn keys too.")
	op.Responses = map[string]*huma.Response{"200": jsonAnswer[cards.JWKS](s), "304": held}
	route(s, op, access.Public().Unlimited(), s.jwks)
	op = say(get("/s/{n}", tagPublic, "The signed status list of one shard"), "A Token Status List (2 bits an entry) as statuslist+jwt.")
	op.Responses = file("application/statuslist+jwt")
	op.Responses["304"] = held
	route(s, op, access.Public().Unlimited(), s.statusList)
	op = say(get("/r/{code}", tagPublic, "Check a receipt"), "A page for people, JSON with Accept: application/json. Nothing of the person.")
	op.Responses = file("text/html")
	op.Responses["200"].Content["application/json"] = jsonAnswer[receiptBody](s).Content["application/json"]
	route(s, op, access.Public(), s.receipt)
}

type heldInput struct {
	IfNoneMatch string `header:"If-None-Match"`
}

const jwksAge = 5 * time.Minute

func (s *Server) jwks(ctx context.Context, in *heldInput) (*fileOutput, error) {
	set, err := s.services.Cards.JWKS(ctx)
	if err != nil {
		return nil, err
	}
	b, err := json.Marshal(set)
	if err != nil {
		return nil, err
	}
	return public("application/json", etagOf(b), jwksAge, b).unlessHeld(in.IfNoneMatch), nil
}

// public is a file that anybody may read and keep.
func public(media, etag string, age time.Duration, b []byte) *fileOutput {
	return &fileOutput{
		ContentType: media, ETag: etag, AllowOrigin: "*", Body: b,
		CacheControl: fmt.Sprintf("public, max-age=%d, must-revalidate", int(age.Seconds())),
	}
}

func (s *Server) statusList(ctx context.Context, in *struct {
	N           string `path:"n" pattern:"^(0|[1-9][0-9]{0,3})$" doc:"Number of the shard."`
	IfNoneMatch string `header:"If-None-Match"`
}) (*fileOutput, error) {
	n, err := strconv.ParseInt(in.N, 10, 64)
	if err != nil {
		return nil, cards.ErrShard
	}
	t, err := s.services.Cards.StatusToken(ctx, n)
	if err != nil {
		return nil, err
	}
	o := public("application/statuslist+jwt", `"`+t.Tag+`"`, t.MaxAge(s.opts.Clock.Now()), []byte(t.Token))
	return o.unlessHeld(in.IfNoneMatch), nil
}

type receiptBody struct {
	Code     string    `json:"code"`
	Partner  string    `json:"partner"`
	Outlet   string    `json:"outlet"`
	At       time.Time `json:"at" doc:"In the outlet's zone."`
	Gross    int64     `json:"gross"`
	Discount int64     `json:"discount"`
	Net      int64     `json:"net"`
	State    string    `json:"state" enum:"recorded,voided,disputed,upheld,reversed"`
}

func receiptOf(r redemptions.Receipt) receiptBody {
	return receiptBody{r.Code, r.Partner, r.Outlet, r.At, r.Gross, r.Discount, r.Net, string(r.State)}
}

type receiptPage struct {
	receiptBody
	Time, GrossText, DiscountText, NetText string
	Voided                                 bool
}

func (s *Server) receipt(ctx context.Context, in *struct {
	Code   string `path:"code" pattern:"^[A-Za-z0-9]{1,20}$"`
	Accept string `header:"Accept"`
}) (*fileOutput, error) {
	r, err := s.services.Redemptions.Receipt(ctx, strings.ToUpper(in.Code))
	if err != nil {
		return nil, err
	}
	var b bytes.Buffer
	body := receiptOf(r)
	if !strings.Contains(in.Accept, "text/html") {
		err := json.NewEncoder(&b).Encode(body)
		return &fileOutput{Status: http.StatusOK, ContentType: "application/json", Body: b.Bytes()}, err
	}
	page := receiptPage{
		receiptBody: body, Time: r.At.Format("02-01-2006 15:04 MST"), Voided: r.State == redemptions.Voided || r.State == redemptions.Reversed,
		GrossText: rupiah(r.Gross), DiscountText: rupiah(r.Discount), NetText: rupiah(r.Net),
	}
	err = templates.ExecuteTemplate(&b, "receipt.html", page)
	return &fileOutput{Status: http.StatusOK, ContentType: "text/html; charset=utf-8", Body: b.Bytes()}, err
}

// rupiah writes an amount as people in Indonesia do: Rp1.234.567.
func rupiah(n int64) string {
	text := strconv.FormatInt(n, 10)
	for i := len(text) - 3; i > 0 && text[i-1] != '-'; i -= 3 {
		text = text[:i] + "." + text[i:]
	}
	return "Rp" + text
}
