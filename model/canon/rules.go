package canon

import (
	"bytes"
	"slices"
	"strings"
)

// RedactionVersion is raised when redaction hides more than before: what is
// remembered of a listing is then looked at again.
const RedactionVersion = 2

// Rules say what a provider's members mean for redaction and for change.
type Rules struct {
	volatile []string
	names    map[string]bool  // secret ones, by plain name
	traits   map[string]trait // by name as sent; secrets are not among them
	secrets  KnownSecrets     // nil where there are none
}

// KnownSecrets are the credentials that are looked for in payloads.
type KnownSecrets interface {
	Leak(text []byte) bool   // reports whether one may be in text
	Hide(text string) string // returns text without them
}

// A trait is what a member's name means; a member can have several.
type trait uint8

const (
	secret trait = 1 << iota
	volatile
	set
	pairName
	pairValue
)

// NewRules returns the rules of a provider. secrets are the names of members
// that are dropped at any depth, in addition to those that are secret everywhere;
// volatiles are top-level members that make no change of their own; sets are
// members, at any depth, whose arrays have no order.
func NewRules(secrets, volatiles, sets []string) *Rules {
	r := &Rules{volatile: volatiles, names: map[string]bool{}, traits: map[string]trait{}}
	for _, name := range sets {
		r.traits[name] |= set
	}
	for _, name := range volatiles {
		r.traits[name] |= volatile
	}
	for _, name := range secrets {
		r.names[plainName(name)] = true
	}
	delete(r.names, "") // the plain name of every name without a letter
	return r
}

// WithSecrets returns the rules with credentials that are taken out of every
// text, every name and every number, also where they are encoded.
func (r *Rules) WithSecrets(s KnownSecrets) *Rules {
	with := *r
	with.secrets = s
	return &with
}

func (r *Rules) leak(text []byte) bool { return r.secrets != nil && r.secrets.Leak(text) }

// Leaks reports whether raw may have a credential in it.
func (r *Rules) Leaks(raw []byte) bool { return r.leak(raw) }

// HasSecret reports whether text, such as an id, has a credential in it, or had
// one that was taken out.
func (c *Canonicalizer) HasSecret(text string) bool {
	return c.rules.leak([]byte(text)) || strings.ContainsAny(text, `=@"[ `) && (IsRedacted(text) || c.clean(text) != text)
}

// IsRedacted reports whether a credential was taken out of text.
func IsRedacted(text string) bool { return strings.Contains(text, Redacted) }

// Volatile returns the top-level members that make no change of their own.
func (r *Rules) Volatile() []string { return r.volatile }

// Limits of what a Canonicalizer remembers of names; beyond, a name is looked at each
// time. A provider's own are a few dozen short ones, but objects whose names
// are ids, or pages long, must not fill the memory.
const (
	maxTraits    = 4096
	maxTraitName = 64
)

// trait returns what the member name means, which it remembers.
func (c *Canonicalizer) trait(name []byte) trait {
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
	text := nameText(name)
	plain := plainName(text)
	if r.names[plain] || secretName(text) {
		t |= secret
	}
	if slices.Contains(pairNames, plain) {
		t |= pairName
	}
	if slices.Contains(pairValues, plain) {
		t |= pairValue
	}
	return t
}

// nameText returns the text of a name in canonical form.
func nameText(name []byte) string {
	if bytes.IndexByte(name, '\\') < 0 {
		return string(name)
	}
	return Text(append(append([]byte{'"'}, name...), '"'))
}
