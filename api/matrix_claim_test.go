package api_test

var claimRows = []row{
	{op: "GET /v1/privacy-notice", who: anybody, status: 200},
	{op: "POST /v1/claims", who: anybody, body: `{"kind":"nik","number":"9901010101900777","birth_on":"1990-01-01"}`, status: 202},
	{op: "POST /v1/claims/{id}/confirm", who: anybody, path: "/v1/claims/{claim}/confirm", body: `{"code":"{claim code}"}`, status: 200},
	{op: "POST /v1/registrations/{id}/activation", who: "AG WC", reach: "AG WC", path: "/v1/registrations/{registration}/activation", body: `{"send":true}`, status: 201},
}
