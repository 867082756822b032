// Package cards issues, checks and ends the cards of the programme: KARTU-1.
//
// A card is a short upper-case text in a QR symbol. Its fields expand by one
// fixed template into an SD-JWT without disclosures plus, for a card on a
// phone, a KB-JWT (RFC 9901): signed by the issuer with Ed25519, proved by the
// phone every 30 s with P-256. Nothing on it is secret, and nothing on it but
// a masked name is personal.
//
//	phone:   HTTPS://KARTU.EXAMPLE/1/KID.IDX.DAY.NAME.DK.SIG.T.PSIG
//	stored:  HTTPS://KARTU.EXAMPLE/1/KID.IDX.DAY.NAME.DK.SIG   never accepted at a till
//	printed: HTTPS://KARTU.EXAMPLE/1/KID.IDX.DAY.NAME.SIG
//
// Expand takes a text apart, Verifier judges it in 18 steps without any I/O,
// VerifyLines is the engine of `berlaku card verify`, Service does the same
// against the live tables and owns keys, cards and status lists.
//
// Invariants: an index is drawn once and never again; status 1 (revoked) is
// for ever; the status of an active card follows its holder's standing in the
// transaction that changes it; a key signs only from its not_before on and
// only what expires by its not_after; every purpose has keys of its own.
package cards
