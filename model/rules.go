package model

import "bytes"

// Rules say what a provider's members mean for redaction and for change.
type Rules struct {
	volatile []string
	secrets  map[string]bool  // by plain name
	traits   map[string]trait // by name as sent; secrets are not among them
	values   [][]byte         // the connection's own credentials, as they stand in canonical text
	needles  *needles         // of values; nil where there are none
}

// A trait is what a member's name means; a member can have several.
type trait uint8

const (
	secret trait = 1 << iota
	volatile
	set
)

// NewRules returns the rules of a provider. secrets are the names of members
// that are dropped at any depth, besides those that are secret everywhere;
// volatiles are top-level members that make no change of their own; sets are
// members, at any depth, whose arrays have no order.
func NewRules(secrets, volatiles, sets []string) *Rules {
	r := &Rules{volatile: volatiles, secrets: map[string]bool{}, traits: map[string]trait{}}
	for _, name := range sets {
		r.traits[name] |= set
	}
	for _, name := range volatiles {
		r.traits[name] |= volatile
	}
	for _, name := range secrets {
		r.secrets[string(plainName(nil, []byte(name)))] = true
	}
	delete(r.secrets, "") // what every name without a letter would be
	return r
}

// Volatile returns the top-level members that make no change of their own.
func (r *Rules) Volatile() []string { return r.volatile }

// Limits of what a Canon remembers of names; beyond, a name is looked at each
// time. A provider's own are a few dozen short ones, but objects whose names
// are ids, or pages long, must not fill the memory.
const (
	maxTraits    = 4096
	maxTraitName = 64
)

// trait returns what the member name means, which it remembers.
func (c *Canon) trait(name []byte) trait {
	t, ok := c.traits[string(name)]
	if !ok {
		t = c.rules.trait(name)
		if len(c.traits) < maxTraits && len(name) <= maxTraitName {
			c.traits[string(name)] = t
		}
	}
	return t
}

// trait works out what name, in canonical form, means.
func (r *Rules) trait(name []byte) trait {
	t := r.traits[string(name)]
	var buffer [maxTraitName]byte
	if plain := plainName(buffer[:0], name); r.secrets[string(plain)] || secretName(plain) {
		t |= secret
	}
	return t
}

// secretWords are the endings, in lower case without separators, of the names
// of what gives access. An ending, as password_changed_at and accessTokenUrl
// are worth keeping.
var secretWords = []string{
	"password", "passwd", "passphrase", "passcode", "pwd", "secret", "token", "credential", "cookie",
	"apikey", "appkey", "accesskey", "secretkey", "signingkey", "privatekey", "encryptionkey",
	"authkey", "sharedkey", "masterkey", "sessionkey",
	"authorization", "basicauth", "oauth2auth", "httprequestheader",
}

// secretTails are what can follow such a word and leaves it one: tokens,
// auth_token_2, passwordHash, password_sha256.
var secretTails = []string{"s", "hash", "digest", "salt", "value", "md", "sha"}

// keptNames end like a secret and are none: SignalWire and Twilio link to an
// account's signing keys by this name.
var keptNames = []string{"signingkeys"}

// secretName tells whether a plain name is secret at any provider.
func secretName(name []byte) bool {
	if bytes.HasPrefix(name, []byte("pvt")) || bytes.Contains(name, []byte("jwt")) {
		return true
	}
	for _, kept := range keptNames {
		if string(name) == kept {
			return false
		}
	}
	for before := len(name) + 1; len(name) < before; {
		for _, word := range secretWords {
			if bytes.HasSuffix(name, []byte(word)) {
				return true
			}
		}
		before = len(name)
		name = bytes.TrimRight(name, "0123456789")
		for _, tail := range secretTails {
			name = bytes.TrimSuffix(name, []byte(tail))
		}
	}
	return false
}

// plainName appends a canonical name in lower case, letters and digits alone:
// auth_token, authToken and Auth-Token are one name.
func plainName(dst, name []byte) []byte {
	for i := 0; i < len(name); i++ {
		switch b := name[i]; {
		case b >= 'A' && b <= 'Z':
			dst = append(dst, b|0x20)
		case b >= 'a' && b <= 'z' || b >= '0' && b <= '9':
			dst = append(dst, b)
		case b == '\\':
			i += escapeLen(name[i:]) - 1 // of a control character there are no letters
		}
	}
	return dst
}
