package actor

import "slices"

// Permission is one thing that somebody may do. Routes name the permission
// they need; the table below says which role holds it.
type Permission string

// The permissions.
const (
	ReadParticipants   Permission = "participants.read"
	ReadNames          Permission = "participants.names"  // in full; without it they are masked as on cards
	SearchParticipants Permission = "participants.search" // by NIK or KPJ
	WriteParticipants  Permission = "participants.write"
	ImportParticipants Permission = "participants.import"
	PublishImports     Permission = "participants.publish" // lets a checked list run, undoes one
	ReadCards          Permission = "cards.read"
	IssueCards         Permission = "cards.issue"
	RevokeCards        Permission = "cards.revoke"
	ReadSectors        Permission = "sectors.read"
	WriteSectors       Permission = "sectors.write"  // enter, decide, weigh
	AssessSectors      Permission = "sectors.assess" // score by what was found out
	ReadAssessments    Permission = "sectors.assessments"
	ReadPartners       Permission = "partners.read"
	WritePartners      Permission = "partners.write"   // profile, outlets
	ApprovePartners    Permission = "partners.approve" // approve, reject, activate, suspend, end
	ReadBenefits       Permission = "benefits.read"
	WriteBenefits      Permission = "benefits.write"   // draft, submit, pause
	ApproveBenefits    Permission = "benefits.approve" // approve, reject, publish
	Validate           Permission = "redemptions.validate"
	Redeem             Permission = "redemptions.redeem"
	ReadRedemptions    Permission = "redemptions.read"
	VoidOwn            Permission = "redemptions.void_own"   // same caller, within 15 minutes
	VoidLater          Permission = "redemptions.void_later" // owner, branch
	HandIn             Permission = "redemptions.hand_in"    // what a till recorded by itself
	ReadPerisai        Permission = "perisai.read"
	WritePerisai       Permission = "perisai.write"
	ReadReports        Permission = "reports.read"
	ReadAudit          Permission = "audit.read"
	ManageKeys         Permission = "api_keys.manage"
	EnrolTills         Permission = "tills.enrol"
	InvitePeople       Permission = "accounts.invite"
	OwnSession         Permission = "sessions.own" // whoami, sign out
	ReadOwnCard        Permission = "my.card"
	OwnRecords         Permission = "my.records" // what a participant's phone may see and ask for
	HandOver           Permission = "registrations.hand_over"
	HandleRequests     Permission = "data_requests.handle"
	ApproveErasure     Permission = "data_requests.erase"
	DisputeUses        Permission = "redemptions.dispute"
	DecideDisputes     Permission = "redemptions.decide"
	ReadUseFigures     Permission = "redemptions.figures" // sums of uses and refusals, no single record
	ExportUses         Permission = "redemptions.export"  // lists of records as files
)

// table is the policy: who may do what. Scope narrows each row to the grant.
var table = map[Role][]Permission{
	PartnerOwner: {
		ReadSectors, ReadPartners, WritePartners, ReadBenefits, WriteBenefits, ReadRedemptions, ReadUseFigures, ExportUses, VoidLater,
		ReadReports, ManageKeys, EnrolTills, InvitePeople, DisputeUses,
	},
	BranchViewer: {
		ReadParticipants, ReadCards, ReadSectors, ReadAssessments, ReadPartners, ReadBenefits, ReadRedemptions, ReadUseFigures, ReadPerisai, ReadReports,
	},
	BranchOfficer: {
		ReadParticipants, ReadNames, SearchParticipants, WriteParticipants, ImportParticipants, ReadCards, IssueCards, RevokeCards,
		ReadSectors, ReadAssessments, AssessSectors, ReadPartners, WritePartners, ReadBenefits, WriteBenefits, ReadRedemptions, ReadUseFigures, ReadPerisai, WritePerisai, ReadReports,
		HandleRequests,
	},
	BranchSupervisor: {
		ReadParticipants, ReadNames, SearchParticipants, WriteParticipants, ImportParticipants, PublishImports, ReadCards, IssueCards, RevokeCards,
		ReadSectors, ReadAssessments, AssessSectors, ReadPartners, WritePartners, ApprovePartners, ReadBenefits, WriteBenefits, ApproveBenefits,
		ReadRedemptions, ReadUseFigures, ExportUses, VoidLater, DecideDisputes, ReadPerisai, WritePerisai, ReadReports, ReadAudit, InvitePeople,
		HandleRequests, ApproveErasure,
	},
	HQAnalyst: {ReadSectors, ReadAssessments, ReadPartners, ReadBenefits, ReadUseFigures, ReadPerisai, ReadReports},
	ProgrammeAdmin: {
		ReadParticipants, ReadNames, SearchParticipants, WriteParticipants, ImportParticipants, PublishImports, ReadCards, IssueCards, RevokeCards,
		ReadSectors, ReadAssessments, WriteSectors, AssessSectors, ReadPartners, WritePartners, ApprovePartners, ReadBenefits, WriteBenefits, ApproveBenefits,
		ReadRedemptions, ReadUseFigures, ExportUses, VoidLater, DecideDisputes, ReadPerisai, WritePerisai, ReadReports, ReadAudit, InvitePeople,
		HandleRequests,
	},
	DataProtectionOfficer: {
		ReadParticipants, ReadNames, SearchParticipants, ReadCards, ReadSectors, ReadAssessments, ReadPartners, ReadBenefits, ReadRedemptions, ReadUseFigures, ExportUses, ReadPerisai, ReadReports, ReadAudit,
		HandleRequests, ApproveErasure,
	},
	SystemAdmin:      {ReadSectors, InvitePeople},
	Agent:            {ReadSectors, ReadBenefits, ReadPerisai, HandOver},
	WadahCoordinator: {ReadSectors, ReadBenefits, ReadPerisai, HandOver},
	Auditor:          {ReadSectors, ReadAssessments, ReadPartners, ReadBenefits, ReadRedemptions, ReadUseFigures, ExportUses, ReadPerisai, ReadReports, ReadAudit},
}

// Can reports whether the role holds p. Every account holds OwnSession.
func (r Role) Can(p Permission) bool {
	perms, known := table[r]
	return known && (p == OwnSession || slices.Contains(perms, p))
}

// Roles returns every role there is, in a fixed order.
func Roles() []Role {
	return []Role{
		PartnerOwner, BranchViewer, BranchOfficer, BranchSupervisor, HQAnalyst, ProgrammeAdmin,
		DataProtectionOfficer, SystemAdmin, Agent, WadahCoordinator, Auditor,
	}
}

// ScopeOf returns the kinds of scope in which a role can be granted.
func (r Role) ScopeOf() []ScopeKind {
	switch r {
	case PartnerOwner:
		return []ScopeKind{PartnerScope}
	case BranchViewer, BranchOfficer, BranchSupervisor:
		return []ScopeKind{BranchScope}
	case Agent, WadahCoordinator:
		return []ScopeKind{WadahScope}
	case HQAnalyst, ProgrammeAdmin, DataProtectionOfficer, SystemAdmin, Auditor:
		return []ScopeKind{National}
	}
	return nil
}
