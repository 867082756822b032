package cards

import (
	"crypto/ed25519"
	"crypto/rand"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"sync"

	"github.com/berlaku/berlaku/internal/keyfile"
)

// Keystore holds the private halves of signing keys, one file each
// (sign-<kid>.key), readable by the owner only. The public halves and what
// they are for are in the database.
type Keystore struct {
	dir string
	mu  sync.Mutex
	has map[string]ed25519.PrivateKey
}

// OpenKeystore returns the keystore in dir, which is made when there is none.
func OpenKeystore(dir string) (*Keystore, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("open keystore: %w", err)
	}
	return &Keystore{dir: dir, has: map[string]ed25519.PrivateKey{}}, nil
}

func keyName(kid string) string { return "sign-" + kid + ".key" }

// private returns the private key kid, or fs.ErrNotExist.
func (k *Keystore) private(kid string) (ed25519.PrivateKey, error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if key, ok := k.has[kid]; ok {
		return key, nil
	}
	if !isKID(kid) {
		return nil, fs.ErrNotExist
	}
	seed, err := keyfile.Read(k.dir, keyName(kid))
	if err != nil {
		return nil, fmt.Errorf("read signing key %s: %w", kid, err)
	}
	if len(seed) != ed25519.SeedSize {
		return nil, fmt.Errorf("read signing key %s: want %d bytes, have %d", kid, ed25519.SeedSize, len(seed))
	}
	key := ed25519.NewKeyFromSeed(seed)
	k.has[kid] = key
	return key, nil
}

// create makes a private key and its file and returns the public half; it
// returns fs.ErrExist when there is such a file.
func (k *Keystore) create(kid string) (ed25519.PublicKey, error) {
	public, private, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		return nil, fmt.Errorf("make signing key: %w", err)
	}
	if err := keyfile.Create(k.dir, keyName(kid), private.Seed()); err != nil {
		return nil, fmt.Errorf("make signing key: %w", err)
	}
	return public, nil
}

// missing reports whether err says that this machine does not hold the key.
func missing(err error) bool { return errors.Is(err, fs.ErrNotExist) }
