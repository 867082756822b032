package main

import (
	"errors"
	"fmt"
	"net/netip"
	"path/filepath"

	"github.com/skip2/go-qrcode"

	"github.com/berlaku/berlaku/api"
	"github.com/berlaku/berlaku/internal/lanca"
)

// lanFlags make a demo world reachable for phones in the same network.
type lanFlags struct {
	LAN        bool         `name:"lan" help:"Serve phones in the same network by https, with a certificate of its own small authority."`
	LANPort    uint16       `name:"lan-port" default:"8443" help:"Port for https with --lan." placeholder:"PORT"`
	LANPage    uint16       `name:"lan-page-port" default:"8081" help:"Port of the page that helps a phone to trust it." placeholder:"PORT"`
	LANAddress []netip.Addr `name:"lan-address" help:"Addresses of this machine in that network; default: every private one." placeholder:"IP"`
}

// lan is a demo in one's own network.
type lan struct {
	addresses []netip.Addr
	set       *lanca.Set
	page      string // its address, and as a QR code for the terminal
	qr        string
	pageAddr  string // where it is served
	port      uint16 // of https
}

var errLAN = errors.New("this machine has no address of a private network: connect it, or name one with --lan-address")

// prepare makes the certificates and turns the settings to https. The origin
// of the cards stays what it is: only the address of the server differs.
func (f *lanFlags) prepare(e *environment, dir string) (*lan, error) {
	l := &lan{addresses: f.LANAddress, pageAddr: netip.AddrPortFrom(netip.IPv4Unspecified(), f.LANPage).String(), port: f.LANPort}
	if len(l.addresses) == 0 {
		var err error
		if l.addresses, err = lanca.Addresses(); errors.Is(err, lanca.ErrNoNetwork) {
			return nil, unusable(errLAN)
		} else if err != nil {
			return nil, fmt.Errorf("look for addresses of this machine: %w", err)
		}
	}
	var err error
	if l.set, err = lanca.Ensure(filepath.Join(dir, "lan"), l.addresses, e.clock.Now()); err != nil {
		return nil, err
	}
	c, first := &e.settings, l.addresses[0]
	c.Addr = netip.AddrPortFrom(netip.IPv4Unspecified(), f.LANPort).String()
	c.AllowPublic, c.TLSCert, c.TLSKey, c.TLSAutoHosts = true, l.set.File, l.set.File, nil
	if c.PublicURL == "" {
		c.PublicURL = "https://" + netip.AddrPortFrom(first, f.LANPort).String()
	}
	l.page = "http://" + netip.AddrPortFrom(first, f.LANPage).String() + "/"
	code, err := qrcode.New(l.page, qrcode.Medium)
	if err != nil {
		return nil, fmt.Errorf("draw QR of the page: %w", err)
	}
	l.qr = code.ToSmallString(false)
	return l, nil
}

// hosts are the addresses under which phones may come.
func (l *lan) hosts() []string {
	var out []string
	for _, a := range l.addresses {
		out = append(out, a.String())
	}
	return out
}

// serve serves the page beside the program.
func (l *lan) serve(s *server) error {
	h, err := api.NewLAN(api.LAN{URL: s.env.settings.PublicURL, Root: l.set.Root, Fingerprint: l.set.Fingerprint()})
	if err != nil {
		return err
	}
	return s.beside(l.pageAddr, h)
}

// say tells in the terminal how phones come to the page.
func (l *lan) say(e *environment) {
	e.say("Phones in this network begin here:\n\n%s", l.qr)
	e.say("  %s", l.page)
	e.say("The certificate to trust there has the SHA-256 fingerprint\n  %s", l.set.Fingerprint())
	if l.set.New {
		e.say("It is new: no phone trusts it yet.")
	}
	for _, a := range l.addresses[1:] {
		e.say("This machine is also https://%s", netip.AddrPortFrom(a, l.port))
	}
}
