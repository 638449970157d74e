package model

import "strings"

// Rules say what a provider's members mean for redaction and for change.
type Rules struct {
	volatile []string
	traits   map[string]trait
	values   [][]byte // the connection's own credentials
}

type trait uint8

const (
	none trait = iota
	secret
	volatile
	set
)

// NewRules returns the rules of a provider. secrets are the names of members
// that are dropped at any depth, besides those that are secret everywhere;
// volatiles are top-level members that make no change of their own; sets are
// members, at any depth, whose arrays have no order.
func NewRules(secrets, volatiles, sets []string) *Rules {
	r := &Rules{volatile: volatiles, traits: map[string]trait{}}
	for _, name := range sets {
		r.traits[name] = set
	}
	for _, name := range volatiles {
		r.traits[name] = volatile
	}
	for _, name := range secrets {
		r.traits[name] = secret
		r.traits[plainName([]byte(name))] = secret
	}
	return r
}

// minSecret is the shortest credential, in bytes, that is looked for in texts: a
// shorter one would be found by chance.
const minSecret = 8

// WithValues returns the rules of a connection with those credentials, which
// are taken out of every text.
func (r *Rules) WithValues(credentials ...string) *Rules {
	with := *r
	with.values = nil
	for _, v := range credentials {
		if len(v) >= minSecret {
			with.values = append(with.values, []byte(v))
		}
	}
	return &with
}

// Volatile returns the top-level members that make no change of their own.
func (r *Rules) Volatile() []string { return r.volatile }

// everywhere are the endings of member names whose values are secrets at any
// provider, in lower case without separators. "signing_keys", which SignalWire
// uses for a link, is none.
var everywhere = []string{
	"password", "passwd", "passphrase", "secret", "token", "apikey", "appkey", "accesskey",
	"secretkey", "signingkey", "privatekey", "credential", "credentials", "authorization",
	"basicauth", "oauth2auth", "httprequestheader",
}

// maxTraits bounds the names a Canon remembers; what is beyond is worked out
// again each time.
const maxTraits = 4096

// trait returns what the member name means, which it remembers: a provider's
// objects share a few dozen names.
func (c *Canon) trait(name []byte) trait {
	if t, ok := c.traits[string(name)]; ok {
		return t
	}
	t, ok := c.rules.traits[string(name)]
	if plain := plainName(name); !ok && (c.rules.traits[plain] == secret || secretName(plain)) {
		t = secret
	}
	if len(c.traits) < maxTraits {
		c.traits[string(name)] = t
	}
	return t
}

func secretName(name string) bool {
	if strings.HasPrefix(name, "pvt") {
		return true
	}
	for _, end := range everywhere {
		if strings.HasSuffix(name, end) {
			return true
		}
	}
	return strings.Contains(name, "jwt")
}

// plainName is key in lower case, letters and digits alone: auth_token,
// authToken and Auth-Token are one name.
func plainName(key []byte) string {
	out := make([]byte, 0, len(key))
	for _, b := range key {
		switch {
		case b >= 'A' && b <= 'Z':
			out = append(out, b|0x20)
		case b >= 'a' && b <= 'z' || b >= '0' && b <= '9':
			out = append(out, b)
		}
	}
	return string(out)
}
