package api_test

const (
	handlesRequests = "BO BS HX DP"
	erasesPeople    = "BS DP"
)

var dataRows = []row{
	// One's own data.
	{op: "GET /v1/my/data", who: "PT", status: 200},
	{op: "GET /v1/my/accesses", who: "PT", status: 200},
	{op: "GET /v1/my/data-requests", who: "PT", status: 200},
	{op: "POST /v1/my/data-requests", who: "PT", body: `{"kind":"withdraw","note":"terima kasih"}`, status: 201},
	{op: "DELETE /v1/my/data-requests/{id}", who: "PT", reach: "PT", path: "/v1/my/data-requests/{request}", status: 204},
	{op: "POST /v1/my/consent", who: "PT", body: `{"version":"{notice}","text_hash":"{notice hash}"}`, status: 204},

	// What staff do with requests.
	{op: "GET /v1/data-requests", who: handlesRequests, status: 200},
	{op: "GET /v1/data-requests/{id}", who: handlesRequests, reach: inBranch, path: "/v1/data-requests/{request}", status: 200},
	{op: "POST /v1/data-requests/{id}/complete", who: handlesRequests, reach: inBranch, path: "/v1/data-requests/{request}/complete", body: `{"answer":"Sudah diperbaiki."}`, status: 200},
	{op: "POST /v1/data-requests/{id}/refuse", who: handlesRequests, reach: inBranch, path: "/v1/data-requests/{request}/refuse", body: `{"answer":"Tidak ada yang salah."}`, status: 200},
	{op: "POST /v1/data-requests/{id}/prepare", who: handlesRequests, reach: inBranch, path: "/v1/data-requests/{erasure}/prepare", status: 200},
	{op: "POST /v1/data-requests/{id}/approve", who: erasesPeople, reach: inBranch, path: "/v1/data-requests/{prepared}/approve", status: 200},
}
