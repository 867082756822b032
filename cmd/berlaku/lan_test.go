package main

import (
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"image"
	"image/color"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/makiuchi-d/gozxing"
	"github.com/makiuchi-d/gozxing/qrcode"
)

// demoWorld is a folder with a world of no one, made with the plain demo.
func demoWorld(t *testing.T) string {
	t.Helper()
	dir := migrated(t)
	if err := os.WriteFile(filepath.Join(dir, "demo.json"), []byte(`{"base_url": "http://127.0.0.1:1", "activations": [{"url": "http://127.0.0.1:1/kartu/#a"}]}`), 0o600); err != nil {
		t.Fatal(err)
	}
	return dir
}

// onLAN serves the world for phones and returns the address of the page and
// the port of https on this machine.
func onLAN(t *testing.T, dir string, addresses ...string) (page, port string, stop func() result) {
	t.Helper()
	_, port, err := net.SplitHostPort(freeAddr(t))
	if err != nil {
		t.Fatal(err)
	}
	pageAddr := freeAddr(t)
	_, pagePort, err := net.SplitHostPort(pageAddr)
	if err != nil {
		t.Fatal(err)
	}
	_, stop = serving(t, dir, "demo", "--dir="+dir, "--lan", "--lan-port="+port, "--lan-page-port="+pagePort, "--lan-address="+strings.Join(addresses, ","))
	return "http://" + pageAddr, port, stop
}

func rootOf(t *testing.T, page string) *x509.Certificate {
	t.Helper()
	resp, body := fetch(t, trusting(""), "GET", page+"/berlaku-ca.crt")
	if resp.StatusCode != http.StatusOK || resp.Header.Get("Content-Type") != "application/x-x509-ca-cert" {
		t.Fatalf("root: %d %v", resp.StatusCode, resp.Header)
	}
	root, err := x509.ParseCertificate([]byte(body))
	if err != nil {
		t.Fatal(err)
	}
	return root
}

func TestDemoForPhonesInTheSameNetwork(t *testing.T) {
	dir := demoWorld(t)
	page, port, stop := onLAN(t, dir, "192.168.77.5", "10.9.8.7")
	root := rootOf(t, page)

	resp, text := fetch(t, trusting(""), "GET", page+"/")
	sum := sha256.Sum256(root.Raw)
	fingerprint := fmt.Sprintf("%X", sum) // without colons
	for _, want := range []string{
		"https://192.168.77.5:" + port + "/kasir/", "/berlaku-ca.crt", root.Subject.CommonName, root.NotAfter.Format("2006-01-02"),
		"Android", "iPhone", "Hanya untuk demo", "network only", "Menghapusnya", "Removing", "sidik jari", "fingerprint",
	} {
		if !strings.Contains(text, want) {
			t.Errorf("the page does not say %q", want)
		}
	}
	if !strings.Contains(strings.ReplaceAll(text, ":", ""), fingerprint) || resp.Header.Get("Content-Security-Policy") == "" {
		t.Errorf("fingerprint or policy is missing: %v", resp.Header)
	}
	for _, c := range []struct {
		method, path string
		want         int
	}{
		{"GET", "/assets/tokens.css", 200},
		{"GET", "/assets/page.css", 200},
		{"HEAD", "/", 200},
		{"GET", "/healthz", 404},
		{"GET", "/v1/me", 404},
		{"POST", "/", 405},
	} {
		if resp, _ := fetch(t, trusting(""), c.method, page+c.path); resp.StatusCode != c.want {
			t.Errorf("%s %s: %d", c.method, c.path, resp.StatusCode)
		}
	}

	there := trusting("127.0.0.1:"+port, root)
	for _, host := range []string{"192.168.77.5", "10.9.8.7", "127.0.0.1", "localhost"} {
		resp, _ := fetch(t, there, "GET", "https://"+net.JoinHostPort(host, port)+"/readyz")
		page, _ := fetch(t, there, "GET", "https://"+net.JoinHostPort(host, port)+"/")
		if resp.StatusCode != http.StatusOK || page.StatusCode != http.StatusOK || page.Header.Get("Strict-Transport-Security") != "" {
			t.Errorf("%s: %d, %d %v", host, resp.StatusCode, page.StatusCode, page.Header)
		}
	}
	if _, err := trusting("127.0.0.1:" + port).Get("https://127.0.0.1:" + port + "/readyz"); err == nil {
		t.Error("trusted without the root")
	}
	if _, err := there.Get("https://192.168.77.6:" + port + "/readyz"); err == nil {
		t.Error("trusted under an address that is not this machine's")
	}
	if b, err := os.ReadFile(filepath.Join(dir, "demo.json")); err != nil || !strings.Contains(string(b), `"https://192.168.77.5:`+port+`/kartu/#a"`) {
		t.Errorf("demo.json: %s %v", b, err)
	}

	r := stop()
	if r.code != 0 || !strings.Contains(r.out, "It is new") || !strings.Contains(strings.ReplaceAll(r.out, ":", ""), fingerprint) {
		t.Errorf("got %+v", r)
	}
	if got, want := scanned(t, r.out), strings.Replace(page, "127.0.0.1", "192.168.77.5", 1)+"/"; got != want {
		t.Errorf("the QR code in the terminal leads to %q, want %q", got, want)
	}
}

func TestTheRootOfADemoIsKeptAndTheWorldToo(t *testing.T) {
	dir := demoWorld(t)
	_, stop := serving(t, dir, "demo", "--dir="+dir) // the cards get their origin here
	stop()
	origin := read(t, filepath.Join(dir, "keys", "origin"))
	page, port, stop := onLAN(t, dir, "192.168.77.5")
	root, leaf := rootOf(t, page), leafAt(t, port)
	if r := stop(); r.code != 0 {
		t.Fatalf("got %+v", r)
	}
	page, port, stop = onLAN(t, dir, "192.168.77.9")
	if again := rootOf(t, page); !again.Equal(root) {
		t.Error("another root after a restart")
	}
	if now := leafAt(t, port); now.Equal(leaf) || !slices.ContainsFunc(now.IPAddresses, net.ParseIP("192.168.77.9").Equal) || slices.ContainsFunc(now.IPAddresses, net.ParseIP("192.168.77.5").Equal) {
		t.Errorf("the certificate holds %v", now.IPAddresses)
	}
	if r := stop(); r.code != 0 || strings.Contains(r.out, "It is new") {
		t.Errorf("got %+v", r)
	}
	_, stop = serving(t, dir, "demo", "--dir="+dir)
	if r := stop(); r.code != 0 {
		t.Errorf("without phones again: %+v", r)
	}
	if now := read(t, filepath.Join(dir, "keys", "origin")); now != origin {
		t.Errorf("the origin of the cards was %q and is %q", origin, now)
	}
}

func TestDemoForPhonesRefuses(t *testing.T) {
	dir := demoWorld(t)
	taken, err := net.Listen("tcp", "0.0.0.0:0")
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	_, port, _ := net.SplitHostPort(taken.Addr().String())
	free := func() string { _, p, _ := net.SplitHostPort(freeAddr(t)); return p }
	berlaku(t, dir, "", "demo", "--dir="+dir, "--lan", "--lan-address=192.168.77.5", "--lan-port="+port).mentions(t, exitFailed, "in use")
	berlaku(t, dir, "", "demo", "--dir="+dir, "--lan", "--lan-address=192.168.77.5", "--lan-port="+free(), "--lan-page-port="+port).mentions(t, exitFailed, "in use")
	berlaku(t, dir, "", "demo", "--dir="+dir, "--lan", "--lan-address=here").sentence(t, exitUsage, "")
}

func read(t *testing.T, name string) string {
	t.Helper()
	b, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

func leafAt(t *testing.T, port string) *x509.Certificate {
	t.Helper()
	c, err := (&tls.Dialer{Config: &tls.Config{InsecureSkipVerify: true}}).DialContext(t.Context(), "tcp", "127.0.0.1:"+port)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	return c.(*tls.Conn).ConnectionState().PeerCertificates[0]
}

// scanned reads the QR code that was printed with half blocks, as a camera
// before a dark terminal would.
func scanned(t *testing.T, out string) string {
	t.Helper()
	var rows []string
	for line := range strings.Lines(out) {
		if strings.ContainsAny(line, "█▀▄") {
			rows = append(rows, strings.TrimRight(line, "\n"))
		}
	}
	const scale = 4
	width := len([]rune(rows[0]))
	img := image.NewGray(image.Rect(0, 0, width*scale, 2*len(rows)*scale))
	for y, row := range rows {
		for x, r := range []rune(row) {
			for half := range 2 {
				light := r == '█' || r == '▀' && half == 0 || r == '▄' && half == 1
				for i := range scale * scale {
					if light {
						img.SetGray(x*scale+i%scale, (2*y+half)*scale+i/scale, color.Gray{Y: 255})
					}
				}
			}
		}
	}
	bitmap, err := gozxing.NewBinaryBitmapFromImage(img)
	if err != nil {
		t.Fatal(err)
	}
	found, err := qrcode.NewQRCodeReader().Decode(bitmap, nil)
	if err != nil {
		t.Fatalf("no QR code: %v\n%s", err, strings.Join(rows, "\n"))
	}
	return found.GetText()
}
