package api_test

var phoneRows = []row{
	{op: "POST /v1/my/token", who: anybody, body: `{"assertion":"{card assertion}"}`, status: 200},
	{op: "POST /v1/my/card/renew", who: "PT", status: 200},
	{op: "GET /v1/my/status", who: "PT", status: 200},
	{op: "GET /v1/my/cards", who: "PT", status: 200},
	{op: "POST /v1/my/cards/{id}/revoke", who: "PT", reach: "PT", path: "/v1/my/cards/{card}/revoke", body: `{"reason":"lost"}`, status: 200},
	{op: "GET /v1/my/wallet", who: "PT", status: 200},
}
