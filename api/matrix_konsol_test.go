package api_test

// The pages of the console, in the same table. A status of 422 says that the
// form, empty as it is sent, decides: whoever comes that far was let in.
const (
	desks       = "BV BO BS HA HX DP AU"
	seesBenefit = seesPartners + " AG WC"
	seesRows    = "PO BV BO BS HX DP AU"
	exports     = "PO BS HX DP AU"
	invites     = "PO BS HX SY"
	audits      = "BS HX DP AU"
	national    = "HX DP AU"
)

// deskRows are people, their cards, lists of them, and what they ask for.
var deskRows = []row{
	{op: "GET /konsol/peserta", who: seesPeople, status: 200},
	{op: "POST /konsol/peserta/cari", who: seesPeople, body: "q=2", status: 200},
	{op: "GET /konsol/peserta/baru", who: writesPeople, status: 200},
	{op: "POST /konsol/peserta", who: writesPeople, status: 422},
	{op: "GET /konsol/peserta/{id}", who: seesPeople, reach: inBranch, path: "/konsol/peserta/{person}", status: 200},
	{op: "POST /konsol/peserta/{id}/lihat", who: findsPeople, reach: inBranch, path: "/konsol/peserta/{person}/lihat", status: 422},
	{op: "GET /konsol/peserta/{id}/ubah", who: writesPeople, reach: inBranch, path: "/konsol/peserta/{person}/ubah", status: 200},
	{op: "POST /konsol/peserta/{id}/ubah", who: writesPeople, reach: inBranch, path: "/konsol/peserta/{person}/ubah", status: 422},
	{op: "GET /konsol/peserta/{id}/kepesertaan/{membership}", who: writesPeople, reach: inBranch, path: "/konsol/peserta/{person}/kepesertaan/{membership}", status: 200},
	{op: "POST /konsol/peserta/{id}/kepesertaan/{membership}", who: writesPeople, reach: inBranch, path: "/konsol/peserta/{person}/kepesertaan/{membership}", status: 422},
	{op: "POST /konsol/peserta/{id}/kartu", who: writesPeople, reach: inBranch, path: "/konsol/peserta/{person}/kartu", status: 303},
	{op: "POST /konsol/peserta/{id}/tautan", who: writesPeople, reach: inBranch, path: "/konsol/peserta/{person}/tautan", status: 200},
	{op: "GET /konsol/peserta/{id}/kartu/{card}/unduh/{form}", who: writesPeople, reach: inBranch, path: "/konsol/peserta/{person}/kartu/{card}/unduh/kartu.pdf", status: 200},
	{op: "GET /konsol/peserta/{id}/kartu/{card}/cabut", who: writesPeople, reach: inBranch, path: "/konsol/peserta/{person}/kartu/{card}/cabut", status: 200},
	{op: "POST /konsol/peserta/{id}/kartu/{card}/cabut", who: writesPeople, reach: inBranch, path: "/konsol/peserta/{person}/kartu/{card}/cabut", status: 422},
	{op: "POST /konsol/peserta/{id}/permintaan", who: handlesRequests, reach: inBranch, path: "/konsol/peserta/{person}/permintaan", status: 422},

	{op: "GET /konsol/kartu", who: writesPeople, status: 200},
	{op: "POST /konsol/kartu/tinjau", who: writesPeople, status: 422},
	{op: "POST /konsol/kartu", who: writesPeople, status: 422},
	{op: "GET /konsol/kartu/{id}", who: writesPeople, reach: inBranch, path: "/konsol/kartu/{card run}", status: 200},
	{op: "GET /konsol/kartu/{id}/lembar/{n}", who: writesPeople, reach: inBranch, path: "/konsol/kartu/{card run}/lembar/1", status: 200},
	{op: "POST /konsol/kartu/{id}/batal", who: writesPeople, reach: inBranch, path: "/konsol/kartu/{open run}/batal", status: 303},
	{op: "GET /konsol/kartu/{id}/cabut", who: writesPeople, reach: inBranch, path: "/konsol/kartu/{card run}/cabut", status: 200},
	{op: "POST /konsol/kartu/{id}/cabut", who: writesPeople, reach: inBranch, path: "/konsol/kartu/{card run}/cabut", status: 303},

	{op: "GET /konsol/permintaan-data", who: handlesRequests, status: 200},
	{op: "GET /konsol/permintaan-data/{id}", who: handlesRequests, reach: inBranch, path: "/konsol/permintaan-data/{request}", status: 200},
	{op: "POST /konsol/permintaan-data/{id}/selesai", who: handlesRequests, reach: inBranch, path: "/konsol/permintaan-data/{request}/selesai", status: 422},
	{op: "POST /konsol/permintaan-data/{id}/tolak", who: handlesRequests, reach: inBranch, path: "/konsol/permintaan-data/{request}/tolak", status: 422},
	{op: "POST /konsol/permintaan-data/{id}/siapkan", who: handlesRequests, reach: inBranch, path: "/konsol/permintaan-data/{erasure}/siapkan", status: 303},
	{op: "POST /konsol/permintaan-data/{id}/hapus", who: erasesPeople, reach: inBranch, path: "/konsol/permintaan-data/{prepared}/hapus", status: 422},
	{op: "POST /konsol/permintaan-data/{id}/serahkan", who: handlesRequests, reach: inBranch, path: "/konsol/permintaan-data/{request}/serahkan", status: 409},

	{op: "GET /konsol/impor", who: writesPeople, status: 200},
	{op: "GET /konsol/impor/baru", who: writesPeople, status: 200},
	{op: "POST /konsol/impor/baru", who: writesPeople, body: "{upload}", status: 422},
	{op: "GET /konsol/impor/templat/{format}", who: writesPeople, path: "/konsol/impor/templat/csv", status: 200},
	{op: "GET /konsol/impor/{id}", who: writesPeople, reach: inBranch, path: "/konsol/impor/{list}", status: 200},
	{op: "POST /konsol/impor/{id}/petakan", who: writesPeople, reach: inBranch, path: "/konsol/impor/{list}/petakan", status: 422},
	{op: "POST /konsol/impor/{id}/terbitkan", who: decides, reach: inBranch, path: "/konsol/impor/{list}/terbitkan", status: 422},
	{op: "POST /konsol/impor/{id}/batalkan", who: writesPeople, reach: inBranch, path: "/konsol/impor/{list}/batalkan", status: 303},
	{op: "GET /konsol/impor/{id}/kesalahan/{format}", who: writesPeople, reach: inBranch, path: "/konsol/impor/{run}/kesalahan/csv", status: 200},
	{op: "GET /konsol/impor/{id}/urungkan", who: decides, reach: inBranch, path: "/konsol/impor/{list}/urungkan", status: 409},
	{op: "POST /konsol/impor/{id}/urungkan", who: decides, reach: inBranch, path: "/konsol/impor/{list}/urungkan", status: 422},

	// Wadah and agents.
	{op: "GET /konsol/wadah", who: seesField, status: 200},
	{op: "GET /konsol/wadah/baru", who: writesPeople, status: 200},
	{op: "POST /konsol/wadah/baru", who: writesPeople, status: 422},
	{op: "GET /konsol/wadah/{id}", who: seesField, reach: inWadah, path: "/konsol/wadah/{wadah}", status: 200},
	{op: "POST /konsol/wadah/{id}/agen", who: writesPeople, reach: inWadah, path: "/konsol/wadah/{wadah}/agen", status: 422},
	{op: "GET /konsol/agen/{id}", who: seesField, reach: inWadah, path: "/konsol/agen/{agent}", status: 200},
	{op: "POST /konsol/agen/{id}/serah/{registration}", who: "AG WC", reach: "AG WC", path: "/konsol/agen/{agent}/serah/{registration}", status: 200},
	{op: "GET /konsol/angka-terlapor", who: seesField, status: 200},
	{op: "POST /konsol/angka-terlapor", who: writesPeople, status: 422},
}
