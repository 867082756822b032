// Package lanca is the small authority of a demo in one's own network: a root
// that a phone is told to trust for an afternoon, and a certificate of the
// machine under its addresses there. Cameras open for pages of a trusted
// origin only, and no public authority vouches for 192.168.1.7.
//
// The root can vouch for little: names and addresses of private networks, and
// none of the internet (X.509 name constraints, critical), for one year. Its key lies
// in the folder of the demo world with mode 0600 and is used by nothing else.
package lanca

import (
	"bytes"
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/hex"
	"encoding/pem"
	"errors"
	"fmt"
	"io/fs"
	"math/big"
	"net"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/berlaku/berlaku/internal/keyfile"
)

// Files in the folder; each holds a certificate and its key.
const (
	rootFile = "root.pem"
	leafFile = "server.pem"
)

const (
	day      = 24 * time.Hour
	early    = day       // clocks of phones are slow at times
	rootLife = 365 * day // what a phone forgets by itself
	leafLife = 397 * day // what browsers take; never beyond the root's
	renew    = 7 * day   // before the end
)

// Set is what stands in the folder.
type Set struct {
	Root *x509.Certificate
	File string // certificate and key of the machine (PEM)
	New  bool   // whether the root was made just now, so that no phone trusts it yet
}

// Ensure makes sure of a root and of a certificate for exactly these addresses
// and this machine itself in dir, keeping what is still good at now.
func Ensure(dir string, addresses []netip.Addr, now time.Time) (*Set, error) {
	s := &Set{File: filepath.Join(dir, leafFile)}
	root, err := read(dir, rootFile)
	if err != nil {
		return nil, err
	}
	if root == nil || now.After(root.cert.NotAfter.Add(-renew)) || !root.mayName(addresses, now) {
		if root, err = newRoot(addresses, now); err != nil {
			return nil, err
		}
		if err := root.write(dir, rootFile); err != nil {
			return nil, err
		}
		s.New = true
	}
	s.Root = root.cert
	leaf, err := read(dir, leafFile)
	if err != nil {
		return nil, err
	}
	if leaf == nil || !leaf.good(root, addresses, now.Add(renew)) {
		if leaf, err = root.newLeaf(addresses, now); err != nil {
			return nil, err
		}
		if err := leaf.write(dir, leafFile); err != nil {
			return nil, err
		}
	}
	return s, nil
}

// Fingerprint is the SHA-256 of the root as phones show it.
func (s *Set) Fingerprint() string {
	sum := sha256.Sum256(s.Root.Raw)
	text := strings.ToUpper(hex.EncodeToString(sum[:]))
	var pairs []string
	for part := range slices.Chunk([]byte(text), 2) {
		pairs = append(pairs, string(part))
	}
	return strings.Join(pairs, ":")
}

// identity is a certificate with its key.
type identity struct {
	cert *x509.Certificate
	key  crypto.Signer
}

// read returns what a file holds, or nil when there is none that can be used.
func read(dir, name string) (*identity, error) {
	b, err := keyfile.Read(dir, name)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, nil //nolint:nilnil // none yet
	case err != nil:
		return nil, fmt.Errorf("read certificate of the network: %w", err)
	}
	var id identity
	for block, rest := pem.Decode(b); block != nil; block, rest = pem.Decode(rest) {
		switch block.Type {
		case "CERTIFICATE":
			id.cert, err = x509.ParseCertificate(block.Bytes)
		case "PRIVATE KEY":
			var key any
			key, err = x509.ParsePKCS8PrivateKey(block.Bytes)
			id.key, _ = key.(crypto.Signer)
		}
		if err != nil {
			break
		}
	}
	if err != nil || id.cert == nil || id.key == nil {
		return nil, nil //nolint:nilnil,nilerr // half a file is made anew
	}
	return &id, nil
}

// write replaces a file. The old one is no loss: it is not good any more.
func (id *identity) write(dir, name string) error {
	der, err := x509.MarshalPKCS8PrivateKey(id.key)
	if err != nil {
		return fmt.Errorf("write key of the network: %w", err)
	}
	var b bytes.Buffer
	for _, block := range []*pem.Block{{Type: "CERTIFICATE", Bytes: id.cert.Raw}, {Type: "PRIVATE KEY", Bytes: der}} {
		if err := pem.Encode(&b, block); err != nil {
			return fmt.Errorf("write certificate of the network: %w", err)
		}
	}
	if err := os.Remove(filepath.Join(dir, name)); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("replace certificate of the network: %w", err)
	}
	if err := keyfile.Create(dir, name, b.Bytes()); err != nil {
		return fmt.Errorf("write certificate of the network: %w", err)
	}
	return nil
}

// Networks that a root may name: private ones, of a hotspot, of one cable, of this
// machine, and those for examples, which lead nowhere.
var networks = []string{
	"10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10", "169.254.0.0/16", "127.0.0.0/8",
	"192.0.2.0/24", "198.51.100.0/24", "203.0.113.0/24", "198.18.0.0/15", "::1/128", "fc00::/7", "fe80::/10",
}

// Private reports whether an address leads to no machine of the internet.
func Private(a netip.Addr) bool {
	return slices.ContainsFunc(networks, func(n string) bool { return netip.MustParsePrefix(n).Contains(a.Unmap()) })
}

// mayName reports whether the root's constraints allow the addresses.
func (id *identity) mayName(addresses []netip.Addr, now time.Time) bool {
	probe, err := id.newLeaf(addresses, now)
	return err == nil && probe.good(id, addresses, now)
}

func newRoot(addresses []netip.Addr, now time.Time) (*identity, error) {
	serial := serialNumber()
	t := &x509.Certificate{
		SerialNumber: serial,
		Subject:      pkix.Name{CommonName: fmt.Sprintf("Berlaku demo %X", serial.Bytes()[:2]), Organization: []string{"Berlaku, hanya untuk demo"}},
		NotBefore:    now.Add(-early), NotAfter: now.Add(rootLife),
		IsCA: true, BasicConstraintsValid: true, MaxPathLenZero: true, KeyUsage: x509.KeyUsageCertSign,
		PermittedDNSDomainsCritical: true, PermittedDNSDomains: []string{"local", "localhost"},
	}
	for _, n := range networks {
		_, ipNet, err := net.ParseCIDR(n)
		if err != nil {
			return nil, err
		}
		t.PermittedIPRanges = append(t.PermittedIPRanges, ipNet)
	}
	for _, a := range addresses { // somebody named an address of the internet and meant it
		if !Private(a) {
			t.PermittedIPRanges = append(t.PermittedIPRanges, &net.IPNet{IP: a.AsSlice(), Mask: net.CIDRMask(a.BitLen(), a.BitLen())})
		}
	}
	return sign(t, nil)
}

func (id *identity) newLeaf(addresses []netip.Addr, now time.Time) (*identity, error) {
	t := &x509.Certificate{
		SerialNumber: serialNumber(), Subject: pkix.Name{CommonName: "Berlaku demo"},
		NotBefore: now.Add(-early), NotAfter: now.Add(leafLife), KeyUsage: x509.KeyUsageDigitalSignature,
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth}, DNSNames: []string{"localhost"}, IPAddresses: named(addresses),
	}
	if t.NotAfter.After(id.cert.NotAfter) {
		t.NotAfter = id.cert.NotAfter
	}
	return sign(t, id)
}

// named are the addresses that a certificate of the machine holds.
func named(addresses []netip.Addr) []net.IP {
	all := append(slices.Clone(addresses), netip.MustParseAddr("127.0.0.1"), netip.IPv6Loopback())
	slices.SortFunc(all, netip.Addr.Compare)
	var out []net.IP
	for _, a := range slices.Compact(all) {
		out = append(out, a.AsSlice())
	}
	return out
}

// good reports whether the certificate is the root's, holds exactly the
// addresses, and is valid at now.
func (id *identity) good(root *identity, addresses []netip.Addr, now time.Time) bool {
	if !slices.EqualFunc(id.cert.IPAddresses, named(addresses), net.IP.Equal) {
		return false
	}
	pool := x509.NewCertPool()
	pool.AddCert(root.cert)
	_, err := id.cert.Verify(x509.VerifyOptions{Roots: pool, CurrentTime: now, DNSName: "localhost"})
	return err == nil
}

func serialNumber() *big.Int {
	b := make([]byte, 16)
	rand.Read(b) //nolint:errcheck // crypto/rand.Read never fails since Go 1.24
	b[0] = b[0]&0x3f | 0x40
	return new(big.Int).SetBytes(b)
}

// sign makes a key and has parent vouch for it; without one it does so itself.
func sign(template *x509.Certificate, parent *identity) (*identity, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, fmt.Errorf("make key of the network: %w", err)
	}
	id := &identity{cert: template, key: key}
	if parent == nil {
		parent = id
	}
	der, err := x509.CreateCertificate(rand.Reader, template, parent.cert, &key.PublicKey, parent.key)
	if err != nil {
		return nil, fmt.Errorf("sign certificate of the network: %w", err)
	}
	id.cert, err = x509.ParseCertificate(der)
	return id, err
}
