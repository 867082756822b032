package api_test

import "slices"

// Who may do what, written out: a change of a rule of a route or of the policy
// of a role must change this table too. The letters are
//
//	PT participant's phone    PO partner owner          BV branch viewer
//	BO branch officer         BS branch supervisor      HA headquarters analyst
//	HX programme admin        DP data-protection officer SY system admin
//	AU auditor                AG Perisai agent          WC wadah coordinator
//	KA API key, all scopes    KV validate only          KR redeem only
//	KX read only              TL till                   -- no credential that holds
//	TR bearer of a till that was revoked                TA assertion for handing in
const (
	staff    = "PO BV BO BS HA HX DP SY AU AG WC"
	anybody  = "*"
	signedIn = staff + " PT"
	scanners = "KA KV KR KX TL"

	seesPeople   = "BV BO BS HX DP"
	findsPeople  = "BO BS HX DP"
	writesPeople = "BO BS HX"
	seesPartners = "PO BV BO BS HA HX DP AU"
	writesShops  = "PO BO BS HX"
	decides      = "BS HX"
	seesPromos   = seesPartners + " AG WC KA KX"
	seesUses     = "PO BV BO BS HX DP AU KA KX TL" // of an analyst figures only
	seesField    = "BV BO BS HA HX DP AU AG WC"
)

// How far a permission can reach: which kinds of principal find what lies in
// their own estate or branch there. National roles find everything.
const (
	inBranch  = "BV BO BS"
	inPartner = inBranch + " PO"
	inUses    = inPartner + " KA KX TL"
	inWadah   = inBranch + " AG WC"
	open      = staff + " PT TR TA -- " + scanners
)

// route is one row: the operation, who may call it, how far that reaches, what
// is sent and the status of success. Of {} in path and body, names of things
// of an estate.
type row struct {
	op     string
	who    string
	reach  string // empty: nothing in the path is anybody's own
	path   string // empty: that of the operation
	body   string
	status int
	// except are the kinds of principal that hold the permission and are
	// refused all the same, within their own reach too.
	except map[string]int
	// listed says that what it shows of others is in the directory, for anybody.
	listed bool
	// page says that it is read by people: what a query holds beside is passed over.
	page bool
}

const termsText = `{"title":"Burung","kind":"percent","basis":"labour","value":10,"min_gross":0,"outlet_ids":["{outlet}"],` +
	`"valid_from":"2026-11-01","valid_to":"2027-11-01","segments":[],"max_status_age_days":45,"needs_id_check":false,"stacking":"stackable","exclusions":"","limits":{}}`

const (
	outletText     = `{"name":"Toko Baru","address":"Jl. Uji 2","region_code":"72.71","zone":"Asia/Makassar"}`
	membershipText = `{"kpj":"23000099999","segment":"bpu","status":"active","acquired_on":"2026-01-10","protected_until":"2027-01-31","status_as_of":"2026-11-20"}`
	reasonText     = `{"reason":"pemeriksaan"}`
	period         = "?from=2026-01-01&to=2026-12-31"
	hashText       = "abababababababababababababababababababababababababababababababab"
)

var matrix = slices.Concat(coreRows, claimRows, dataRows, phoneRows, runRows, myRows, assessRows, directoryRows,
	deskRows, programmeRows, placeRows, ownRows)

var coreRows = []row{
	// Anybody.
	{op: "GET /healthz", who: anybody, status: 200},
	{op: "GET /readyz", who: anybody, status: 200},
	{op: "GET /.well-known/jwks.json", who: anybody, status: 200},
	{op: "GET /s/{n}", who: anybody, path: "/s/0", status: 200},
	{op: "GET /r/{code}", who: anybody, reach: open, path: "/r/{receipt}", status: 200},
	{op: "POST /v1/activations", who: anybody, body: `{"code":"{activation}","device_key":{jwk}}`, status: 201},
	{op: "POST /v1/bootstrap", who: anybody, body: `{"token":"x","email":"satu@uji.example","name":"Satu","password":"` + townPassword + `"}`, status: 403},
	{op: "POST /v1/sessions", who: anybody, body: `{"email":"HX@uji.example","password":"` + townPassword + `"}`, status: 201},
	{op: "POST /v1/invitations/accept", who: anybody, body: `{"code":"{invitation}","name":"Baru","password":"` + townPassword + `"}`, status: 201},
	{op: "POST /v1/tills", who: anybody, body: `{"code":"{enrolment}","public_key":{jwk},"name":"Kasir"}`, status: 201},
	{op: "POST /v1/tills/token", who: anybody, body: `{"assertion":"{assertion}"}`, status: 200},

	// One's own.
	{op: "GET /v1/me", who: signedIn + " " + scanners, status: 200},
	{op: "GET /v1/sessions", who: signedIn, status: 200, except: map[string]int{"PT": 403}},
	{op: "DELETE /v1/sessions/current", who: signedIn, status: 204},
	{op: "POST /v1/sessions/current/confirm", who: signedIn, body: `{"password":"salah semua ini"}`, status: 422, except: map[string]int{"PT": 403}},
	{op: "POST /v1/totp", who: signedIn, status: 201, except: map[string]int{"PT": 403}},
	{op: "POST /v1/totp/confirm", who: signedIn, body: `{"code":"123456"}`, status: 409, except: map[string]int{"PT": 403}},
	{op: "POST /v1/totp/disable", who: signedIn, body: `{"code":"123456"}`, status: 409, except: map[string]int{"PT": 403}},
	{op: "POST /v1/invitations", who: "PO BS HX SY", body: `{"email":"baru@uji.example",{grant}}`, status: 201},
	{op: "GET /v1/my/card", who: "PT", status: 200},
	{op: "GET /v1/accounts", who: "PO BS HX SY", status: 200},
	{op: "GET /v1/accounts/{id}", who: "PO BS HX SY", reach: "PO BS", path: "/v1/accounts/{colleague}", status: 200, except: map[string]int{"SY": 404}},
	{op: "POST /v1/accounts/{id}/disable", who: "PO BS HX SY", reach: "PO BS", path: "/v1/accounts/{colleague}/disable", status: 204, except: map[string]int{"SY": 404}},
	{op: "POST /v1/accounts/{id}/sign-out", who: "PO BS HX SY", reach: "PO BS", path: "/v1/accounts/{colleague}/sign-out", status: 204, except: map[string]int{"SY": 404}},

	// Branches and sectors.
	{op: "GET /v1/branches", who: signedIn, status: 200},
	{op: "GET /v1/branches/{id}", who: signedIn, reach: open, path: "/v1/branches/{branch}", status: 200},
	{op: "GET /v1/sectors", who: staff, status: 200},
	{op: "GET /v1/sectors/{id}", who: staff, reach: open, path: "/v1/sectors/{sector}", status: 200},
	{op: "POST /v1/sectors", who: "HX", body: `{"code":"MKN","name_id":"Rumah makan","name_en":"Restaurants"}`, status: 201},
	{op: "POST /v1/sectors/{id}/state", who: "HX", reach: open, path: "/v1/sectors/{candidate}/state", body: `{"state":"assessed"}`, status: 200},

	// Participants.
	{op: "GET /v1/participants", who: seesPeople, status: 200},
	{op: "POST /v1/participants/search", who: findsPeople, body: `{"kpj":"23000000001"}`, status: 200},
	{op: "POST /v1/participants", who: writesPeople, body: `{"branch_id":"{branch}","id_number":"9901010101900999","name":"Siti"}`, status: 201},
	{op: "GET /v1/participants/{id}", who: seesPeople, reach: inBranch, path: "/v1/participants/{person}", status: 200},
	{op: "PATCH /v1/participants/{id}", who: writesPeople, reach: inBranch, path: "/v1/participants/{person}", body: `{"name":"Budi"}`, status: 200},
	{op: "POST /v1/participants/{id}/memberships", who: writesPeople, reach: inBranch, path: "/v1/participants/{person}/memberships", body: membershipText, status: 200},
	{op: "POST /v1/participants/{id}/consents", who: writesPeople, reach: inBranch, path: "/v1/participants/{person}/consents", body: `{"version":"1","text_hash":"` + hashText + `","channel":"branch"}`, status: 204},
	{op: "DELETE /v1/participants/{id}/consents", who: writesPeople, reach: inBranch, path: "/v1/participants/{person}/consents", status: 204},
	{op: "POST /v1/participants/{id}/activation", who: writesPeople, reach: inBranch, path: "/v1/participants/{person}/activation", status: 201},
	{op: "POST /v1/imports", who: writesPeople, body: "{file}", status: 202, except: map[string]int{"BO": 403}},
	{op: "GET /v1/imports", who: writesPeople, status: 200},
	{op: "GET /v1/imports/{id}", who: writesPeople, reach: inBranch, path: "/v1/imports/{run}", status: 200},
	{op: "GET /v1/imports/{id}/errors", who: writesPeople, reach: inBranch, path: "/v1/imports/{run}/errors", status: 200},

	// Cards.
	{op: "GET /v1/participants/{id}/cards", who: seesPeople, reach: inBranch, path: "/v1/participants/{person}/cards", status: 200},
	{op: "POST /v1/participants/{id}/cards", who: writesPeople, reach: inBranch, path: "/v1/participants/{person}/cards", body: `{"form":"printed"}`, status: 201},
	{op: "GET /v1/cards/{id}", who: seesPeople, reach: inBranch, path: "/v1/cards/{card}", status: 200},
	{op: "GET /v1/cards/{id}/qr.png", who: seesPeople, reach: inBranch, path: "/v1/cards/{card}/qr.png", status: 200},
	{op: "GET /v1/cards/{id}/qr.svg", who: seesPeople, reach: inBranch, path: "/v1/cards/{card}/qr.svg", status: 200},
	{op: "GET /v1/cards/{id}/card.pdf", who: seesPeople, reach: inBranch, path: "/v1/cards/{card}/card.pdf", status: 200},
	{op: "POST /v1/cards/{id}/revoke", who: writesPeople, reach: inBranch, path: "/v1/cards/{card}/revoke", body: `{"reason":"lost"}`, status: 200},
	{op: "POST /v1/cards/{id}/replace", who: writesPeople, reach: inBranch, path: "/v1/cards/{card}/replace", body: `{"reason":"lost"}`, status: 201},
	{op: "POST /v1/cards/sheet", who: writesPeople, body: `{"ids":["{card}"]}`, status: 200},

	// Partners.
	{op: "GET /v1/partners", who: seesPartners, status: 200},
	{op: "POST /v1/partners", who: writesShops, body: `{"sector_id":"{sector}","branch_id":"{branch}","name":"CV Baru"}`, status: 201, except: map[string]int{"PO": 422}},
	{op: "GET /v1/partners/{id}", who: seesPartners, reach: inPartner, path: "/v1/partners/{partner}", status: 200},
	{op: "PUT /v1/partners/{id}", who: writesShops, reach: inPartner, path: "/v1/partners/{partner}", body: `{"name":"CV Lain"}`, status: 200},
	{op: "POST /v1/partners/{id}/submit", who: writesShops, reach: inPartner, path: "/v1/partners/{partner draft}/submit", status: 200},
	{op: "POST /v1/partners/{id}/approve", who: decides, reach: inPartner, path: "/v1/partners/{partner submitted}/approve", status: 200},
	{op: "POST /v1/partners/{id}/reject", who: decides, reach: inPartner, path: "/v1/partners/{partner submitted}/reject", body: reasonText, status: 200},
	{op: "POST /v1/partners/{id}/activate", who: decides, reach: inPartner, path: "/v1/partners/{partner approved}/activate", status: 200},
	{op: "POST /v1/partners/{id}/suspend", who: decides, reach: inPartner, path: "/v1/partners/{partner}/suspend", body: reasonText, status: 200},
	{op: "POST /v1/partners/{id}/resume", who: decides, reach: inPartner, path: "/v1/partners/{partner suspended}/resume", status: 200},
	{op: "POST /v1/partners/{id}/end", who: decides, reach: inPartner, path: "/v1/partners/{partner}/end", body: reasonText, status: 200},
	{op: "GET /v1/partners/{id}/agreements", who: seesPartners, reach: inPartner, path: "/v1/partners/{partner}/agreements", status: 200},
	{op: "POST /v1/partners/{id}/agreements", who: writesShops, reach: inPartner, path: "/v1/partners/{partner}/agreements", body: `{"number":"PKS-9","starts_on":"2026-01-01","ends_on":"2027-12-31"}`, status: 201, except: map[string]int{"PO": 403}},
	{op: "GET /v1/partners/{id}/outlets", who: seesPartners, reach: inPartner, path: "/v1/partners/{partner}/outlets", status: 200},
	{op: "POST /v1/partners/{id}/outlets", who: writesShops, reach: inPartner, path: "/v1/partners/{partner}/outlets", body: outletText, status: 201},
	{op: "GET /v1/outlets/{id}", who: seesPartners, reach: inPartner, path: "/v1/outlets/{outlet}", status: 200},
	{op: "PUT /v1/outlets/{id}", who: writesShops, reach: inPartner, path: "/v1/outlets/{outlet}", body: outletText, status: 200},
	{op: "POST /v1/outlets/{id}/close", who: writesShops, reach: inPartner, path: "/v1/outlets/{outlet}/close", status: 200},
	{op: "GET /v1/partners/{id}/api-keys", who: "PO", reach: inPartner, path: "/v1/partners/{partner}/api-keys", status: 200},
	{op: "POST /v1/partners/{id}/api-keys", who: "PO", reach: inPartner, path: "/v1/partners/{partner}/api-keys", body: `{"name":"Kasir","outlet_id":"{outlet}","scopes":["validate"]}`, status: 201},
	{op: "DELETE /v1/partners/{id}/api-keys/{key_id}", who: "PO", reach: inPartner, path: "/v1/partners/{partner}/api-keys/{key}", status: 204},

	// Promos.
	{op: "GET /v1/partners/{id}/benefits", who: seesPromos, reach: inPartner, path: "/v1/partners/{partner}/benefits", status: 200},
	{op: "POST /v1/partners/{id}/benefits", who: writesShops, reach: inPartner, path: "/v1/partners/{partner}/benefits", body: termsText, status: 201},
	{op: "GET /v1/benefits/{id}", who: seesPromos, reach: inPartner, path: "/v1/benefits/{promo live}", status: 200},
	{op: "PUT /v1/benefits/{id}", who: writesShops, reach: inPartner, path: "/v1/benefits/{promo draft}", body: termsText, status: 200},
	{op: "GET /v1/benefits/{id}/versions", who: seesPromos, reach: inPartner, path: "/v1/benefits/{promo live}/versions", status: 200},
	{op: "POST /v1/benefits/{id}/versions", who: writesShops, reach: inPartner, path: "/v1/benefits/{promo live}/versions", body: termsText, status: 201},
	{op: "POST /v1/benefits/{id}/submit", who: writesShops, reach: inPartner, path: "/v1/benefits/{promo draft}/submit", status: 200},
	{op: "POST /v1/benefits/{id}/approve", who: decides, reach: inPartner, path: "/v1/benefits/{promo submitted}/approve", body: `{"version":1,"terms_hash":"{hash submitted}"}`, status: 200},
	{op: "POST /v1/benefits/{id}/reject", who: decides, reach: inPartner, path: "/v1/benefits/{promo submitted}/reject", body: reasonText, status: 200},
	{op: "POST /v1/benefits/{id}/publish", who: decides, reach: inPartner, path: "/v1/benefits/{promo approved}/publish", status: 200},
	{op: "POST /v1/benefits/{id}/pause", who: writesShops, reach: inPartner, path: "/v1/benefits/{promo live}/pause", status: 200},
	{op: "POST /v1/benefits/{id}/resume", who: writesShops, reach: inPartner, path: "/v1/benefits/{promo paused}/resume", status: 200},
	{op: "POST /v1/benefits/{id}/simulate", who: seesPromos, reach: inPartner, path: "/v1/benefits/{promo live}/simulate", body: `{"from":"2026-01-01","to":"2026-01-31"}`, status: 200},
	{op: "POST /v1/benefits/{id}/end", who: writesShops, reach: inPartner, path: "/v1/benefits/{promo live}/end", status: 200},

	// Tills.
	{op: "POST /v1/outlets/{id}/enrolments", who: "PO", reach: inPartner, path: "/v1/outlets/{outlet}/enrolments", status: 201},
	{op: "GET /v1/outlets/{id}/tills", who: "PO", reach: inPartner, path: "/v1/outlets/{outlet}/tills", status: 200},
	{op: "POST /v1/tills/{id}/confirm", who: "PO", reach: inPartner, path: "/v1/tills/{till pending}/confirm", status: 200},
	{op: "GET /v1/tills/{id}/chain", who: seesPartners, reach: inPartner, path: "/v1/tills/{till active}/chain", status: 200},
	{op: "POST /v1/tills/{id}/revoke", who: "PO BS HX", reach: inPartner, path: "/v1/tills/{till active}/revoke", status: 200},
	{op: "GET /v1/outlets/{id}/cashiers", who: "PO", reach: inPartner, path: "/v1/outlets/{outlet}/cashiers", status: 200},
	{op: "POST /v1/outlets/{id}/cashiers", who: "PO", reach: inPartner, path: "/v1/outlets/{outlet}/cashiers", body: `{"name":"Sari","pin":"204816"}`, status: 201},
	{op: "POST /v1/cashiers/{id}/pin", who: "PO", reach: inPartner, path: "/v1/cashiers/{cashier}/pin", body: `{"pin":"204816"}`, status: 200},
	{op: "POST /v1/cashiers/{id}/end", who: "PO", reach: inPartner, path: "/v1/cashiers/{cashier}/end", status: 200},
	{op: "POST /v1/till/cashiers/{id}/lock", who: "TL", reach: "TL", path: "/v1/till/cashiers/{cashier}/lock", status: 204},
	{op: "GET /v1/till/bundle", who: "TL", status: 200},
	{op: "POST /v1/till/allowances/{id}/return", who: "TL", reach: "TL", path: "/v1/till/allowances/{allowance}/return", status: 204},
	{op: "POST /v1/till/leave", who: "TL", status: 204},

	// Scan. Whoever recorded a use may void it, another key or till of the
	// same outlet may not.
	{op: "POST /v1/validations", who: "KA KV TL", body: `{"card":"{short code}","gross":100000}`, status: 200},
	{op: "POST /v1/redemptions", who: "KA KR TL", body: `{"card":"{short code}","benefit_id":"{promo live}","gross":100000,"id_checked":true}`, status: 201},
	{op: "POST /v1/redemptions/batch", who: "TL TR TA", body: `{"items":["x"]}`, status: 200},
	{op: "GET /v1/redemptions", who: seesUses, status: 200},
	{op: "GET /v1/redemptions/{id}", who: seesUses, reach: inUses, path: "/v1/redemptions/{use}", status: 200},
	{op: "POST /v1/redemptions/{id}/void", who: "PO BS HX KA KR TL", reach: inPartner + " KA", path: "/v1/redemptions/{use}/void", body: reasonText, status: 200},

	// Perisai.
	{op: "GET /v1/wadah", who: seesField, status: 200},
	{op: "POST /v1/wadah", who: writesPeople, body: `{"branch_id":"{branch}","code":"W-9","name":"Baru"}`, status: 201},
	{op: "GET /v1/wadah/{id}", who: seesField, reach: inWadah, path: "/v1/wadah/{wadah}", status: 200},
	{op: "GET /v1/agents", who: seesField, status: 200},
	{op: "POST /v1/agents", who: writesPeople, body: `{"wadah_id":"{wadah}","region_code":"72.71","code":"A-9","name":"Baru","active_from":"2026-01-01"}`, status: 201},
	{op: "GET /v1/agents/{id}", who: seesField, reach: inWadah, path: "/v1/agents/{agent}", status: 200},
	{op: "GET /v1/registrations", who: seesField, status: 200},
	{op: "POST /v1/registrations", who: writesPeople, body: `{"participant_id":"{fresh}","agent_id":"{agent}","registered_on":"2026-11-20"}`, status: 201},
	{op: "GET /v1/reported-figures", who: seesField, path: "/v1/reported-figures" + period, status: 200},
	{op: "POST /v1/reported-figures", who: writesPeople, body: `{"period_start":"2026-01-01","period_end":"2026-10-31","branch_id":"{branch}","metric":"registrations","value":9437,"as_of":"2026-11-01","source":"artikel"}`, status: 201},

	// Reports and the log.
	{op: "GET /v1/reports/summary", who: seesPartners, path: "/v1/reports/summary" + period, status: 200},
	{op: "GET /v1/reports/uses", who: seesPartners, path: "/v1/reports/uses" + period + "&by=partner", status: 200},
	{op: "GET /v1/reports/refusals", who: seesPartners, path: "/v1/reports/refusals" + period, status: 200},
	{op: "GET /v1/reports/registrations", who: seesPartners, path: "/v1/reports/registrations" + period, status: 200},
	{op: "GET /v1/audit/entries", who: "BS HX DP AU", path: "/v1/audit/entries?limit=200", status: 200},
	{op: "GET /v1/audit/checkpoints", who: "BS HX DP AU", status: 200},
	{op: "GET /v1/audit/proof", who: "BS HX DP AU", status: 422},
}

// appPages are those of the installable apps: the same for everybody, built or not.
var appPages = []string{"GET /assets/app/*", "GET /kasir", "GET /kasir/*", "GET /kartu", "GET /kartu/*"}

// pages are routes outside the description, each for anybody.
var pages = []string{
	"GET /", "GET /1", "GET /1/*", "GET /docs", "GET /openapi.json", "GET /sample.png", "GET /privasi",
	"GET /assets/docs.css", "GET /assets/mark.svg", "GET /assets/page.css", "GET /assets/tokens.css",
}
