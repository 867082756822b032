package lanca_test

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"encoding/hex"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/berlaku/berlaku/internal/lanca"
)

var noon = time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)

func addrs(texts ...string) []netip.Addr {
	var out []netip.Addr
	for _, s := range texts {
		out = append(out, netip.MustParseAddr(s))
	}
	return out
}

func ensure(t *testing.T, dir string, now time.Time, addresses ...string) (*lanca.Set, *x509.Certificate) {
	t.Helper()
	s, err := lanca.Ensure(dir, addrs(addresses...), now)
	if err != nil {
		t.Fatal(err)
	}
	pair, err := tls.LoadX509KeyPair(s.File, s.File)
	if err != nil {
		t.Fatal(err)
	}
	return s, pair.Leaf
}

func trusts(root, leaf *x509.Certificate, name string, at time.Time) error {
	pool := x509.NewCertPool()
	pool.AddCert(root)
	_, err := leaf.Verify(x509.VerifyOptions{Roots: pool, DNSName: name, CurrentTime: at})
	return err
}

func TestTheRootVouchesForTheMachineInItsNetworks(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "lan")
	s, leaf := ensure(t, dir, noon, "192.168.1.7", "10.0.0.9")
	for _, name := range []string{"192.168.1.7", "10.0.0.9", "127.0.0.1", "localhost", "::1"} {
		if err := trusts(s.Root, leaf, name, noon); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	for _, name := range []string{"192.168.1.8", "bank.example", "8.8.8.8"} {
		if trusts(s.Root, leaf, name, noon) == nil {
			t.Errorf("%s is trusted", name)
		}
	}
	if _, ok := s.Root.PublicKey.(*ecdsa.PublicKey); !ok || !s.Root.IsCA || !s.Root.MaxPathLenZero || !s.New {
		t.Errorf("root: %+v", s.Root.Subject)
	}
	if life := s.Root.NotAfter.Sub(noon); life != 365*24*time.Hour {
		t.Errorf("the root lives %v", life)
	}
	if life := leaf.NotAfter.Sub(leaf.NotBefore); life > 397*24*time.Hour || leaf.NotAfter.After(s.Root.NotAfter) {
		t.Errorf("the certificate lives %v", life)
	}
	sum := sha256.Sum256(s.Root.Raw)
	if got := strings.ReplaceAll(s.Fingerprint(), ":", ""); got != strings.ToUpper(hex.EncodeToString(sum[:])) || len(s.Fingerprint()) != 95 {
		t.Errorf("fingerprint %s", s.Fingerprint())
	}
	entries, err := os.ReadDir(dir)
	if err != nil || len(entries) != 2 {
		t.Fatalf("%v %v", entries, err)
	}
	for _, e := range entries {
		if info, err := e.Info(); err != nil || info.Mode().Perm() != 0o600 {
			t.Errorf("%s: %v %v", e.Name(), info, err)
		}
	}
	if info, err := os.Stat(dir); err != nil || info.Mode().Perm() != 0o700 {
		t.Errorf("folder: %v %v", info, err)
	}
}

func TestTheRootCannotVouchForTheInternet(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "lan")
	before, _ := ensure(t, dir, noon, "192.168.1.7")
	after, leaf := ensure(t, dir, noon, "8.8.8.8")
	if !after.New || after.Root.Equal(before.Root) {
		t.Error("the old root vouches for an address of the internet")
	}
	if err := trusts(after.Root, leaf, "8.8.8.8", noon); err != nil {
		t.Errorf("an address that was named on purpose: %v", err)
	}
	if trusts(before.Root, leaf, "8.8.8.8", noon) == nil {
		t.Error("trusted by the old root")
	}
	if d := before.Root; !d.PermittedDNSDomainsCritical || len(d.PermittedIPRanges) == 0 || len(d.PermittedDNSDomains) != 2 {
		t.Errorf("constraints %v %v", d.PermittedDNSDomains, d.PermittedIPRanges)
	}
}

func TestWhatIsStillGoodIsKept(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "lan")
	first, leaf := ensure(t, dir, noon, "192.168.1.7")
	for name, c := range map[string]struct {
		at       time.Time
		addr     string
		root     bool // kept
		leafKept bool
	}{
		"the next day":              {noon.Add(24 * time.Hour), "192.168.1.7", true, true},
		"under another address":     {noon.Add(24 * time.Hour), "192.168.1.8", true, false},
		"in the last week":          {noon.Add(360 * 24 * time.Hour), "192.168.1.8", false, false},
		"when the clock went ahead": {noon.Add(900 * 24 * time.Hour), "192.168.1.8", false, false},
	} {
		t.Run(name, func(t *testing.T) {
			there := t.TempDir()
			if err := os.CopyFS(there, os.DirFS(dir)); err != nil {
				t.Fatal(err)
			}
			for _, file := range []string{"root.pem", "server.pem"} {
				if err := os.Chmod(filepath.Join(there, file), 0o600); err != nil {
					t.Fatal(err)
				}
			}
			if err := os.Chmod(there, 0o700); err != nil {
				t.Fatal(err)
			}
			s, now := ensure(t, there, c.at, c.addr)
			if s.Root.Equal(first.Root) != c.root || s.New == c.root || now.Equal(leaf) != c.leafKept {
				t.Errorf("root kept %v, certificate kept %v", s.Root.Equal(first.Root), now.Equal(leaf))
			}
			if err := trusts(s.Root, now, c.addr, c.at); err != nil {
				t.Error(err)
			}
		})
	}
}

func TestFilesThatCannotBeUsed(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "lan")
	first, _ := ensure(t, dir, noon, "192.168.1.7")
	root := filepath.Join(dir, "root.pem")
	whole, err := os.ReadFile(root)
	if err != nil {
		t.Fatal(err)
	}
	for name, b := range map[string][]byte{"half a file": whole[:len(whole)/2], "an empty file": nil, "noise": bytes.Repeat([]byte("x"), 99)} {
		if err := os.WriteFile(root, b, 0o600); err != nil {
			t.Fatal(err)
		}
		if s, _ := ensure(t, dir, noon, "192.168.1.7"); s.Root.Equal(first.Root) || !s.New {
			t.Errorf("%s is used", name)
		}
	}
	if err := os.Chmod(root, 0o644); err != nil { //nolint:gosec // on purpose
		t.Fatal(err)
	}
	if _, err := lanca.Ensure(dir, addrs("192.168.1.7"), noon); err == nil {
		t.Error("a key that others can read is used")
	}
}

func TestPrivate(t *testing.T) {
	for text, want := range map[string]bool{
		"192.168.1.7": true, "10.1.2.3": true, "172.16.0.1": true, "172.32.0.1": false, "8.8.8.8": false, "127.0.0.1": true,
		"100.64.0.1": true, "fd00::2": true, "2001:4860:4860::8888": false, "::ffff:8.8.8.8": false,
	} {
		if got := lanca.Private(netip.MustParseAddr(text)); got != want {
			t.Errorf("%s: %v", text, got)
		}
	}
}

func TestAddressesOfThisMachineArePrivate(t *testing.T) {
	found, err := lanca.Addresses()
	if err != nil {
		t.Skip(err)
	}
	for _, a := range found {
		if !a.Is4() || a.IsLoopback() || !lanca.Private(a) {
			t.Errorf("%s", a)
		}
	}
}
