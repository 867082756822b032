package tills

import (
	"crypto/rand"
	"fmt"
	"math/big"

	"github.com/berlaku/berlaku/internal/check"
	"github.com/berlaku/berlaku/internal/pii"
)

// NewPIN returns six digits at random that a cashier may have.
func NewPIN() pii.Text {
	for {
		n, err := rand.Int(rand.Reader, big.NewInt(1_000_000))
		if err != nil {
			continue // never since Go 1.24
		}
		pin := pii.Text(fmt.Sprintf("%06d", n))
		var wrong check.List
		if checkPIN(&wrong, pin); len(wrong.Fields()) == 0 {
			return pin
		}
	}
}
