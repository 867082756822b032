package redemptions

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"time"

	"github.com/google/uuid"

	"github.com/berlaku/berlaku/benefits"
	"github.com/berlaku/berlaku/cards"
	"github.com/berlaku/berlaku/internal/actor"
	"github.com/berlaku/berlaku/internal/clock"
	"github.com/berlaku/berlaku/internal/fault"
	"github.com/berlaku/berlaku/partners"
)

// ErrTillOnly occurs when somebody else asks for what only a till holds.
var ErrTillOnly = fault.New(fault.Forbidden, "till_only", "Only a till may do this.")

// What a till is told beside the rules of the promos.
const (
	pinAttempts   = 5 // wrong PINs that lock a cashier
	allowanceType = "berlaku-allowance+jwt"
)

// Bundle is all that a till needs to decide without the server. There is
// nothing in it about people but the cashiers of the outlet.
type Bundle struct {
	ServerTime int64           `json:"server_time" doc:"Unix seconds."`
	PublicURL  string          `json:"public_url"`
	Origin     string          `json:"origin" doc:"What the text of every card of ours begins with."`
	Till       BundleTill      `json:"till"`
	Partner    BundlePartner   `json:"partner"`
	Outlet     BundleOutlet    `json:"outlet"`
	Policy     BundlePolicy    `json:"policy"`
	JWKS       cards.JWKS      `json:"jwks"`
	Status     []BundleStatus  `json:"status" doc:"The status lists of the outlet's province."`
	Benefits   []BundleBenefit `json:"benefits"`
	Allowances []string        `json:"allowances" doc:"JWS, EdDSA, by a key of the status lists."`
	Cashiers   []BundleCashier `json:"cashiers" doc:"None: the till works without PIN."`
	// ETag changes when anything but ServerTime does. Without quotes.
	ETag string `json:"-"`
}

// BundleTill is the till itself.
type BundleTill struct {
	ID          uuid.UUID `json:"id"`
	Name        string    `json:"name"`
	Fingerprint string    `json:"fingerprint"`
}

// BundlePartner is whose till it is.
type BundlePartner struct {
	ID   uuid.UUID `json:"id"`
	Name string    `json:"name"`
}

// BundleOutlet is where the till stands.
type BundleOutlet struct {
	ID      uuid.UUID     `json:"id"`
	Name    string        `json:"name"`
	Address string        `json:"address"`
	Zone    string        `json:"zone" doc:"IANA."`
	Open    bool          `json:"open" doc:"Promos may be used here."`
	Hours   []BundleHours `json:"hours"`
}

// BundleHours is a span in which the outlet serves; days count from Monday, 1.
type BundleHours partners.Hours

// BundlePolicy is what holds for every promo, in seconds where it is time.
type BundlePolicy struct {
	ProofWindow       int64  `json:"proof_window"`
	StatusMaxAge      int64  `json:"status_max_age"`
	ScanLife          int64  `json:"scan_life"`
	VoidWindow        int64  `json:"void_window"`
	Printed           string `json:"printed" enum:"allow,refuse"`
	PINAttempts       int    `json:"pin_attempts"`
	OfflineOverPerDay int    `json:"offline_over_per_day"`
}

// BundleStatus is a status list and a number that grows when it changes.
type BundleStatus struct {
	Shard   int64  `json:"shard"`
	Version int64  `json:"version"`
	URL     string `json:"url"`
}

// BundleBenefit is a promo of the outlet; of its outlets only this one is named.
type BundleBenefit struct {
	ID      uuid.UUID      `json:"id"`
	Version int            `json:"version"`
	Title   string         `json:"title"`
	State   benefits.State `json:"state" enum:"live,paused"`
	Terms   benefits.Terms `json:"terms"`
	Summary BundleText     `json:"summary"`
}

// BundleText is a text in both languages.
type BundleText struct {
	ID string `json:"id"`
	EN string `json:"en"`
}

// BundleCashier is a cashier with what the till checks a PIN by.
type BundleCashier struct {
	ID         uuid.UUID `json:"id"`
	Name       string    `json:"name"`
	State      string    `json:"state" enum:"active,locked"`
	PINVersion int       `json:"pin_version"`
	PIN        BundlePIN `json:"pin"`
}

// BundlePIN is a verifier: PBKDF2-HMAC-SHA-256 over the six digits, base64url.
type BundlePIN struct {
	Salt   string `json:"salt"`
	Hash   string `json:"hash"`
	Rounds int    `json:"rounds"`
}

// grant is the payload of a signed allowance; times are Unix seconds.
type grant struct {
	Issuer     string    `json:"iss"`
	Till       uuid.UUID `json:"sub"`
	ID         uuid.UUID `json:"jti"`
	Benefit    uuid.UUID `json:"benefit"`
	Version    int       `json:"version"`
	Uses       int64     `json:"uses"`
	Used       int64     `json:"used"`
	Amount     *int64    `json:"amount"`
	UsedAmount int64     `json:"used_amount"`
	IssuedAt   int64     `json:"iat"`
	ExpiresAt  int64     `json:"exp"`
}

// Bundle returns what the calling till holds, and renews its allowances. It
// returns ErrTillOnly.
func (s *Service) Bundle(ctx context.Context) (Bundle, error) {
	who := actor.From(ctx)
	if who.Kind != actor.Till || who.Ended {
		return Bundle{}, ErrTillOnly
	}
	outlet, err := s.Partners.Outlet(ctx, who.OutletID)
	if err != nil {
		return Bundle{}, fmt.Errorf("look up the till's outlet: %w", err)
	}
	b := Bundle{PublicURL: s.PublicURL, Origin: s.Origin, Policy: policy()}
	for _, add := range []func(context.Context, *Bundle, partners.Outlet) error{
		s.addPlace, s.addCards, s.addBenefits, s.addAllowances, s.addCashiers,
	} {
		if err := add(ctx, &b, outlet); err != nil {
			return Bundle{}, fmt.Errorf("make bundle: %w", err)
		}
	}
	text, err := json.Marshal(b) // the time is not yet in it
	if err != nil {
		return Bundle{}, fmt.Errorf("make bundle: %w", err)
	}
	sum := sha256.Sum256(text)
	b.ETag = base64.RawURLEncoding.EncodeToString(sum[:18])
	b.ServerTime = s.Clock.Now().Unix()
	return b, nil
}

func policy() BundlePolicy {
	return BundlePolicy{
		ProofWindow: seconds(cards.DefaultWindow), StatusMaxAge: seconds(StatusMaxAge), ScanLife: seconds(ScanLife), VoidWindow: seconds(VoidWindow),
		Printed: "allow", PINAttempts: pinAttempts, OfflineOverPerDay: OfflinePerDay,
	}
}

func seconds(d time.Duration) int64 { return int64(d / time.Second) }

func (s *Service) addPlace(ctx context.Context, b *Bundle, o partners.Outlet) error {
	till, err := s.Tills.Known(ctx, actor.From(ctx).ID)
	if err != nil {
		return err
	}
	b.Till = BundleTill{ID: till.ID, Name: till.Name, Fingerprint: till.Fingerprint}
	b.Partner = BundlePartner{ID: o.PartnerID, Name: o.PartnerName}
	b.Outlet = BundleOutlet{ID: o.ID, Name: o.Name, Address: o.Address, Zone: o.Zone, Open: o.Open(), Hours: make([]BundleHours, len(o.Hours))}
	for i, h := range o.Hours {
		b.Outlet.Hours[i] = BundleHours(h)
	}
	return nil
}

func (s *Service) addCards(ctx context.Context, b *Bundle, o partners.Outlet) (err error) {
	if b.JWKS, err = s.Cards.JWKS(ctx); err != nil {
		return err
	}
	branches, err := s.Partners.ProvinceBranches(ctx, o.RegionCode)
	if err != nil {
		return err
	}
	shards, err := s.Cards.ShardsOf(ctx, branches)
	if err != nil {
		return err
	}
	b.Status = make([]BundleStatus, len(shards))
	for i, sh := range shards {
		b.Status[i] = BundleStatus{Shard: sh.Shard, Version: sh.Version, URL: fmt.Sprintf("/s/%d", sh.Shard)}
	}
	return nil
}

func (s *Service) addBenefits(ctx context.Context, b *Bundle, o partners.Outlet) error {
	offers, err := s.Benefits.HeldAt(ctx, o.ID)
	if err != nil {
		return err
	}
	if o.Testing() {
		b.Benefits = []BundleBenefit{testOffer(o, clock.DayOf(s.Clock.Now(), o.Location()))}
		return nil
	}
	b.Benefits = make([]BundleBenefit, len(offers))
	for i, offer := range offers {
		terms := offer.Terms
		terms.OutletIDs = []uuid.UUID{o.ID}
		b.Benefits[i] = BundleBenefit{
			ID: offer.BenefitID, Version: offer.Version, Title: offer.Title, State: offer.State, Terms: terms,
			Summary: summaryOf(terms),
		}
	}
	return nil
}

// summaryOf says what concerns the two at the counter. The totals of a promo are
// the partner's affair.
func summaryOf(t benefits.Terms) BundleText {
	t.Limits.OutletPerDay, t.Limits.TotalCount, t.Limits.TotalAmount = nil, nil, nil
	return BundleText{ID: t.Summary("id"), EN: t.Summary("en")}
}

// addAllowances renews what the till may grant by itself: nothing where no
// promo may be used.
func (s *Service) addAllowances(ctx context.Context, b *Bundle, o partners.Outlet) error {
	b.Allowances = []string{}
	if !o.Open() {
		return nil
	}
	all, err := s.Benefits.RenewAllowances(ctx, b.Till.ID, o.ID)
	if err != nil {
		return err
	}
	for _, a := range all {
		text, err := s.Cards.SignStatement(ctx, allowanceType, grant{
			Issuer: s.Origin, Till: a.TillID, ID: a.ID, Benefit: a.BenefitID, Version: a.Version, Uses: a.Uses, Used: a.UsedUses,
			Amount: a.Amount, UsedAmount: a.UsedAmount, IssuedAt: a.IssuedAt.Unix(), ExpiresAt: a.ExpiresAt.Unix(),
		})
		if err != nil {
			return err
		}
		b.Allowances = append(b.Allowances, text)
	}
	return nil
}

func (s *Service) addCashiers(ctx context.Context, b *Bundle, o partners.Outlet) error {
	keys, err := s.Tills.CashiersForTill(ctx, o.ID)
	if err != nil {
		return err
	}
	b.Cashiers = make([]BundleCashier, len(keys))
	for i, k := range keys {
		b.Cashiers[i] = BundleCashier{ID: k.ID, Name: k.Name, State: k.State, PINVersion: k.PINVersion, PIN: BundlePIN{
			Salt: base64.RawURLEncoding.EncodeToString(k.Salt), Hash: base64.RawURLEncoding.EncodeToString(k.Hash), Rounds: k.Rounds,
		}}
	}
	return nil
}
