package api

import (
	"github.com/berlaku/berlaku/accounts"
	"github.com/berlaku/berlaku/api/access"
	"github.com/berlaku/berlaku/audit"
	"github.com/berlaku/berlaku/benefits"
	"github.com/berlaku/berlaku/cards"
	"github.com/berlaku/berlaku/internal/fault"
	"github.com/berlaku/berlaku/internal/page"
	"github.com/berlaku/berlaku/notices"
	"github.com/berlaku/berlaku/participants"
	"github.com/berlaku/berlaku/partners"
	"github.com/berlaku/berlaku/perisai"
	"github.com/berlaku/berlaku/redemptions"
	"github.com/berlaku/berlaku/reports"
	"github.com/berlaku/berlaku/tills"
)

// faults are those that routes answer with, for the documentation; a test
// keeps them complete.
func faults() []*fault.Error {
	return []*fault.Error{
		errNoRoute, errNoBody, errBody, errQuery, errKey, errValidation, errTermsHash, errTextHash, errNothingSought, errNotHere,
		access.ErrUnauthenticated, access.ErrForbidden, access.ErrStepUp, access.ErrFactor, access.ErrCrossOrigin, access.ErrTooMany, page.ErrCursor,
		accounts.ErrAccountExists, accounts.ErrConfirm, accounts.ErrFactorNeeded, accounts.ErrIdentity, accounts.ErrLoginOver, accounts.ErrOwnRequest,
		accounts.ErrPasskey, accounts.ErrPasskeyCounter, accounts.ErrPasskeys, accounts.ErrRecovery, accounts.ErrRecoveryLink, accounts.ErrResetOpen, accounts.ErrResetState,
		accounts.ErrBootstrap, accounts.ErrCredentials, accounts.ErrEmail, accounts.ErrForbidden,
		accounts.ErrGrantAbove, accounts.ErrInvitation, accounts.ErrKeyLife, accounts.ErrKeyName, accounts.ErrKeyOutlet,
		accounts.ErrKeyScopes, accounts.ErrLocked, accounts.ErrName, accounts.ErrNotFound, accounts.ErrPasswordCommon,
		accounts.ErrPasswordLong, accounts.ErrPasswordShort, accounts.ErrScope, accounts.ErrSelf, accounts.ErrTOTPCode,
		accounts.ErrTOTPEnabled, accounts.ErrTOTPMissing, accounts.ErrTOTPRequired, accounts.ErrUnauthenticated,
		benefits.ErrAboveCap, benefits.ErrAllowance, benefits.ErrAllowanceNotFound, benefits.ErrBudgetSpent, benefits.ErrInvalid, benefits.ErrLimitBelowUse, benefits.ErrNotFound, benefits.ErrOwnProposal,
		benefits.ErrPartnerEnded, benefits.ErrSecondPerson, benefits.ErrState, benefits.ErrTermsChanged, benefits.ErrTotalSpent,
		cards.ErrAssertion, cards.ErrCannotSend, cards.ErrCardReplaced, cards.ErrCardRevoked, cards.ErrRunEmpty, cards.ErrRunNotFound,
		cards.ErrRunState, cards.ErrRunsAtOnce, cards.ErrRunTooMany, cards.ErrRunWho, cards.ErrSheetNotFound, cards.ErrDeviceKey, cards.ErrForm, cards.ErrKeyNotFound, cards.ErrKeyRevoked, cards.ErrNoPicture, cards.ErrNotActive,
		cards.ErrNotFound, cards.ErrParticipant, cards.ErrReason, cards.ErrRestricted, cards.ErrShard, cards.ErrTooMany,
		participants.ErrActivation, participants.ErrClaimCode, participants.ErrClaims, participants.ErrConsentVersion,
		participants.ErrBranchNotFound, participants.ErrDuplicateIdentity, participants.ErrDuplicateKPJ,
		participants.ErrIdentityForm, participants.ErrImportFile, participants.ErrImportNotFound, participants.ErrInvalid,
		participants.ErrKPJForm, participants.ErrNIKDate, participants.ErrNIKSerial, participants.ErrNoConsent,
		participants.ErrNotFound, participants.ErrPhoneForm, participants.ErrSearch, participants.ErrSearches, participants.ErrStale,
		participants.ErrErased, participants.ErrOwnPreparation, participants.ErrRequestKind, participants.ErrRequestNotFound, participants.ErrRequestState, participants.ErrRequestText,
		partners.ErrAgreementExists, partners.ErrInvalid, partners.ErrNoAgreement, partners.ErrNoOutlet, partners.ErrNotFound,
		partners.ErrOutletNotFound, partners.ErrOwnProposal, partners.ErrSectorExists, partners.ErrSectorNotFound,
		partners.ErrSectorNotOpen, partners.ErrStaffOnly, partners.ErrState,
		partners.ErrSectorClosed, partners.ErrCriterion, partners.ErrIncomplete, partners.ErrGate, partners.ErrChanged, partners.ErrSetChanged, partners.ErrWeights,
		partners.ErrAgreementNotFound, partners.ErrApplicationNotFound, partners.ErrApplications, partners.ErrDocumentActive, partners.ErrDocumentEmpty,
		partners.ErrDocumentKind, partners.ErrDocumentNotFound, partners.ErrDocumentSame, partners.ErrDocumentSize, partners.ErrNoBranch, partners.ErrNotSubmitter,
		perisai.ErrHandOverLate, perisai.ErrHandedOver, perisai.ErrRegistrationNotFound, perisai.ErrAgentInactive, perisai.ErrAgentNotFound, perisai.ErrBranchNotFound, perisai.ErrCodeTaken, perisai.ErrInvalid,
		perisai.ErrNoParticipant, perisai.ErrRegistered, perisai.ErrWadahNotFound,
		redemptions.ErrRows, redemptions.ErrNotWaiting, redemptions.ErrExceptionDecided, redemptions.ErrNotAcceptable, redemptions.ErrNothingLeft,
		audit.ErrNational, redemptions.ErrComment, redemptions.ErrComments, redemptions.ErrManyRange, redemptions.ErrExportSize, redemptions.ErrPeriod,
		audit.ErrNotFound, audit.ErrNoCheckpoint, audit.ErrNotCovered, audit.ErrProofQuery,
		redemptions.ErrBenefit, redemptions.ErrCaller, redemptions.ErrGross, redemptions.ErrInFlight, redemptions.ErrItems, redemptions.ErrKeyReused,
		redemptions.ErrNotFound, redemptions.ErrNotVoidable, redemptions.ErrOccurredAt, redemptions.ErrReceiptNumber,
		redemptions.ErrScanNotFound, redemptions.ErrScanOrCard, redemptions.ErrTillOnly, redemptions.ErrVoidReason, redemptions.ErrVoidWindowOver,
		redemptions.ErrDecided, redemptions.ErrDecision, redemptions.ErrDecisionNote, redemptions.ErrDisputeReason, redemptions.ErrDisputeWindowOver,
		redemptions.ErrSimulationPeriod, redemptions.ErrSimulationSmall, participants.ErrImportPublish, redemptions.ErrSimulationVersion, redemptions.ErrNoParticipant, redemptions.ErrNotDisputable, redemptions.ErrNotDisputed, redemptions.ErrOwnDispute,
		reports.ErrDimension, reports.ErrNotFound, reports.ErrPeriod, notices.ErrNotFound, notices.ErrSetting,
		participants.ErrLookReason, participants.ErrImportState, participants.ErrOwnImport, participants.ErrImportExpired, participants.ErrUndoTooLate, participants.ErrMapping,
		tills.ErrAssertion, tills.ErrCashierNotFound, tills.ErrCashiersFull, tills.ErrCode, tills.ErrInvalid, tills.ErrNotFound,
		tills.ErrOutletClosed, tills.ErrPending, tills.ErrRevoked, tills.ErrState, tills.ErrTillOnly, tills.ErrToken, tills.ErrTooLate,
	}
}
