package access

import (
	"net"
	"net/http"
	"net/netip"

	"github.com/labstack/echo/v4"
)

// Prefix lengths that count as one network. A single customer gets a whole
// IPv6 /64 and may get a /48.
const (
	bitsV4     = 24
	bitsV6     = 64
	bitsV6Site = 48
)

// NetworkOf returns the network (/24, or /64 of IPv6) of an address, which may
// have a port. What is no address is all one network.
func NetworkOf(address string) string { return prefixOf(address, bitsV6) }

// siteOf returns the /48 of an IPv6 address, "" for IPv4.
func siteOf(address string) string {
	if ip, ok := parseAddress(address); !ok || ip.Is4() {
		return ""
	}
	return prefixOf(address, bitsV6Site)
}

func prefixOf(address string, v6 int) string {
	ip, ok := parseAddress(address)
	if !ok {
		return "unknown"
	}
	bits := v6
	if ip.Is4() {
		bits = bitsV4
	}
	p, err := ip.Prefix(bits)
	if err != nil {
		return "unknown"
	}
	return p.String()
}

func parseAddress(address string) (netip.Addr, bool) {
	if host, _, err := net.SplitHostPort(address); err == nil {
		address = host
	}
	ip, err := netip.ParseAddr(address)
	return ip.Unmap().WithZone(""), err == nil
}

// IPExtractor returns what tells the client's address: that of the connection,
// or, when it is one of the trusted proxies, the last one in X-Forwarded-For
// that is not. Nothing else is believed.
func IPExtractor(trusted []netip.Prefix) echo.IPExtractor {
	if len(trusted) == 0 {
		return echo.ExtractIPDirect()
	}
	options := []echo.TrustOption{echo.TrustLoopback(false), echo.TrustLinkLocal(false), echo.TrustPrivateNet(false)}
	for _, p := range trusted {
		if _, n, err := net.ParseCIDR(p.Masked().String()); err == nil {
			options = append(options, echo.TrustIPRange(n))
		}
	}
	return echo.ExtractIPFromXFFHeader(options...)
}

// FromHere reports whether the request was made on this machine, through no
// proxy.
func FromHere(r *http.Request) bool {
	for _, name := range []string{"Forwarded", "X-Forwarded-For", "X-Forwarded-Host", "X-Real-Ip", "Via"} {
		if r.Header.Get(name) != "" {
			return false
		}
	}
	ip, ok := parseAddress(r.RemoteAddr)
	return ok && ip.IsLoopback()
}
