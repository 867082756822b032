package partners

// Trying reports whether a partner's tills are being tried out: approved, and
// not open yet. Test cards count then, and no others.
func (s State) Trying() bool { return s == Approved }

// Trying reports whether the outlet's tills are being tried out.
func (o Outlet) Trying() bool { return o.State == OutletActive && o.PartnerState.Trying() }
