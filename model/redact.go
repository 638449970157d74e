package model

import (
	"bytes"
	"net/url"
	"slices"
	"strings"
)

const (
	// redacted stands in place of a credential of the connection itself that
	// the provider repeats in a text.
	redacted = "[redacted]"
	// minSecret is the shortest credential, in bytes, that is looked for: a
	// shorter one would be found by chance.
	minSecret = 8
)

// WithValues returns the rules of a connection with those credentials, which
// are taken out of every text, every name and every number, also as they stand
// in a URL or in JSON within a text.
func (r *Rules) WithValues(credentials ...string) *Rules {
	with := *r
	with.values = slices.Clone(r.values)
	for _, v := range credentials {
		for _, spelled := range []string{v, url.QueryEscape(v), url.PathEscape(v), string(canonicalText(v))} {
			value := canonicalText(spelled)
			if len(value) < minSecret || strings.Contains(redacted, spelled) || with.has(value) {
				continue
			}
			with.values = append(with.values, value)
		}
	}
	if len(with.values) > 0 {
		with.needles = newNeedles(with.values)
	}
	return &with
}

func (r *Rules) has(value []byte) bool {
	return slices.ContainsFunc(r.values, func(v []byte) bool { return bytes.Equal(v, value) })
}

// canonicalText returns s as it stands within a canonical string.
func canonicalText(s string) []byte {
	var out []byte
	for _, r := range strings.ToValidUTF8(s, "") {
		out = appendRune(out, r)
	}
	return out
}

// leaks tells whether one of the connection's credentials may be in text.
func (r *Rules) leaks(text []byte) bool { return r.needles.in(text) }

// redact returns a canonical value without the connection's credentials. Its
// members may be out of order.
func (r *Rules) redact(canonical []byte) []byte {
	out := make([]byte, 0, len(canonical))
	for at := 0; at < len(canonical); {
		from := at
		switch b := canonical[at]; {
		case b == '"':
			at = endOf(canonical, at)
			out = append(r.redactText(append(out, '"'), canonical[from+1:at-1]), '"')
		case b == '-' || b >= '0' && b <= '9':
			at = endOf(canonical, at)
			if number := canonical[from:at]; r.leaks(number) {
				out = append(out, `"`+redacted+`"`...)
			} else {
				out = append(out, number...)
			}
		default:
			out = append(out, b)
			at++
		}
	}
	return out
}

// redactText appends the inside of a canonical string, with one mark in place
// of each stretch that credentials cover, be it several that overlap. It looks
// for them where a character begins, never within an escape.
func (r *Rules) redactText(dst, text []byte) []byte {
	kept, hidden := 0, -1 // what is appended or hidden; where the last stretch ends
	for at := 0; at < len(text); at += escapeLen(text[at:]) {
		n := r.longest(text[at:])
		if n == 0 {
			continue
		}
		if at > hidden {
			dst = append(append(dst, text[kept:at]...), redacted...)
		}
		hidden = max(hidden, at+n)
		kept = hidden
	}
	return append(dst, text[kept:]...)
}

// longest returns the length of the longest credential that text begins with.
func (r *Rules) longest(text []byte) int {
	n := 0
	for _, v := range r.values {
		if len(v) > n && bytes.HasPrefix(text, v) {
			n = len(v)
		}
	}
	return n
}

// escapeLen returns how many bytes the escape that canonical text begins with
// takes; 1 where it begins with none.
func escapeLen(text []byte) int {
	switch {
	case text[0] != '\\':
		return 1
	case len(text) > 1 && text[1] == 'u':
		return min(len(`\u0000`), len(text))
	default:
		return min(len(`\"`), len(text))
	}
}
