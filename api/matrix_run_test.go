package api_test

var runRows = []row{
	{op: "POST /v1/card-runs", who: writesPeople, body: `{"kind":"sheet","filter":{"segment":"bpu"}}`, status: 202},
	{op: "GET /v1/card-runs", who: writesPeople, status: 200},
	{op: "GET /v1/card-runs/{id}", who: writesPeople, reach: inBranch, path: "/v1/card-runs/{card run}", status: 200},
	{op: "GET /v1/card-runs/{id}/sheets/{n}", who: writesPeople, reach: inBranch, path: "/v1/card-runs/{card run}/sheets/1", status: 200},
	{op: "GET /v1/card-runs/{id}/failures", who: writesPeople, reach: inBranch, path: "/v1/card-runs/{card run}/failures", status: 200},
	{op: "POST /v1/card-runs/{id}/cancel", who: writesPeople, reach: inBranch, path: "/v1/card-runs/{open run}/cancel", status: 200},
	{op: "POST /v1/card-runs/{id}/revoke", who: writesPeople, reach: inBranch, path: "/v1/card-runs/{card run}/revoke", status: 200},
}
