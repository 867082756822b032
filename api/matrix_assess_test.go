package api_test

var assessRows = []row{
	{op: "GET /v1/sectors/{id}/assessments", who: "BV BO BS HA HX DP AU", reach: open, path: "/v1/sectors/{sector}/assessments", status: 200},
	{op: "POST /v1/sectors/{id}/assessments", who: "BO BS HX", reach: open, path: "/v1/sectors/{candidate}/assessments", body: `{"criterion":"NEED","score":4,"evidence":"Wawancara tiga usaha"}`, status: 201},
}
