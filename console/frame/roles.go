package frame

import "github.com/berlaku/berlaku/internal/actor"

// RoleText names a role for people.
func RoleText(r actor.Role) Text {
	switch r {
	case actor.PartnerOwner:
		return Say("Pemilik mitra", "Partner owner")
	case actor.BranchViewer:
		return Say("Pembaca cabang", "Branch viewer")
	case actor.BranchOfficer:
		return Say("Petugas cabang", "Branch officer")
	case actor.BranchSupervisor:
		return Say("Penyelia cabang", "Branch supervisor")
	case actor.HQAnalyst:
		return Say("Analis kantor pusat", "Headquarters analyst")
	case actor.ProgrammeAdmin:
		return Say("Pengelola program", "Programme administrator")
	case actor.DataProtectionOfficer:
		return Say("Pejabat pelindungan data", "Data-protection officer")
	case actor.SystemAdmin:
		return Say("Administrator sistem", "System administrator")
	case actor.Agent:
		return Say("Agen Perisai", "Perisai agent")
	case actor.WadahCoordinator:
		return Say("Koordinator wadah", "Wadah coordinator")
	case actor.Auditor:
		return Say("Auditor", "Auditor")
	}
	return Text{ID: string(r), EN: string(r)}
}

// The groups of the navigation.
var (
	NavToday     = Say("Ringkasan", "Overview")
	NavPeople    = Say("Peserta", "Participants")
	NavProgramme = Say("Program", "Programme")
	NavField     = Say("Lapangan", "Field")
	NavTrust     = Say("Akun & audit", "Accounts & audit")
)
