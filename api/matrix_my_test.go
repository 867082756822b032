package api_test

// A participant's own, and what staff do about it. A wish is for a sector, which
// is nobody's.
var myRows = []row{
	{op: "GET /v1/my/uses", who: "PT", status: 200},
	{op: "GET /v1/my/savings", who: "PT", status: 200},
	{op: "GET /v1/my/benefits", who: "PT", status: 200, listed: true},
	{op: "POST /v1/my/uses/{id}/dispute", who: "PT", reach: "PT", path: "/v1/my/uses/{use}/dispute", body: `{"reason":"not_me"}`, status: 200},
	{op: "GET /v1/my/wishes", who: "PT", status: 200},
	{op: "PUT /v1/my/wishes/{sector_id}", who: "PT", reach: open, path: "/v1/my/wishes/{candidate}", body: `{"partner":"Apotek Contoh"}`, status: 200},
	{op: "DELETE /v1/my/wishes/{sector_id}", who: "PT", reach: open, path: "/v1/my/wishes/{candidate}", status: 204},
	{op: "GET /v1/sectors/{id}/wishes", who: staff, reach: open, path: "/v1/sectors/{sector}/wishes", status: 200, except: map[string]int{"PO": 403, "AG": 403, "WC": 403}},
	{op: "POST /v1/redemptions/{id}/dispute", who: "PO", reach: "PO", path: "/v1/redemptions/{use}/dispute", body: `{"reason":"wrong_amount"}`, status: 200},
	// Nothing is disputed in the estates; TestADisputeFromPhoneToDecision decides one.
	{op: "POST /v1/redemptions/{id}/decide", who: decides, reach: "BS", path: "/v1/redemptions/{use}/decide", body: `{"decision":"uphold","note":"cocok"}`, status: 409},
}
