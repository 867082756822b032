package lanca

import (
	"errors"
	"net"
	"net/netip"
	"slices"
)

// ErrNoNetwork says that this machine is in no private network.
var ErrNoNetwork = errors.New("this machine has no address of a private network")

// Addresses returns the private IPv4 addresses of this machine, the one it
// goes out with first; ErrNoNetwork when there is none.
func Addresses() ([]netip.Addr, error) {
	interfaces, err := net.InterfaceAddrs()
	if err != nil {
		return nil, err
	}
	var out []netip.Addr
	for _, i := range interfaces {
		ipNet, ok := i.(*net.IPNet)
		if !ok {
			continue
		}
		a, ok := netip.AddrFromSlice(ipNet.IP)
		if a = a.Unmap(); ok && a.Is4() && !a.IsLoopback() && Private(a) && !slices.Contains(out, a) {
			out = append(out, a)
		}
	}
	if len(out) == 0 {
		return nil, ErrNoNetwork
	}
	if i := slices.Index(out, outgoing()); i > 0 {
		out = slices.Concat(out[i:i+1], out[:i], out[i+1:])
	}
	return out, nil
}

// outgoing is the address that a packet to the world would carry. A UDP socket
// that is only connected sends none.
func outgoing() netip.Addr {
	c, err := net.DialUDP("udp4", nil, &net.UDPAddr{IP: net.IPv4(198, 51, 100, 1), Port: 9})
	if err != nil {
		return netip.Addr{}
	}
	defer c.Close() //nolint:errcheck // nothing was sent
	a, _ := c.LocalAddr().(*net.UDPAddr)
	return a.AddrPort().Addr().Unmap()
}
