package api_test

var directoryRows = []row{
	{op: "GET /v1/directory", who: anybody, status: 200},
	{op: "GET /promo", who: anybody, status: 200, page: true},
}
