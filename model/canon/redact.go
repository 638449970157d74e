package canon

import (
	"bytes"
	"net/url"
	"regexp"
	"slices"
	"strings"
)

// Redacted stands in place of a credential.
const Redacted = "[redacted]"

// maxNested is how many levels of JSON within a text within JSON are read.
const maxNested = 4

// maxPasses is how often a text is cleaned until nothing changes, which takes two.
const maxPasses = 8

// suspicious reports whether a canonical value may have a text that clean
// changes. It is asked about each object, and looks for a few bytes alone.
func (c *Canonicalizer) suspicious(canonical []byte) bool {
	return c.rules.leak(canonical) ||
		bytes.IndexByte(canonical, '=') >= 0 ||
		bytes.IndexByte(canonical, '@') >= 0 && bytes.Contains(canonical, []byte("//")) ||
		bytes.IndexByte(canonical, '\\') >= 0 && bytes.Contains(canonical, []byte(`\"`)) ||
		hasHeader(canonical)
}

// hasHeader reports whether text has what stands in front of the space before a
// credential in a header, or before the kind of a key in PEM.
func hasHeader(text []byte) bool {
	for {
		at := bytes.IndexByte(text, ' ')
		if at < 0 {
			return false
		}
		if at >= len("basic") {
			switch last := text[at-1] | 0x20; {
			case last != 'r' && last != 'c' && last != 'n' && text[at-1] != ':':
			case hasSuffix(text[:at], "bearer"), hasSuffix(text[:at], "basic"), hasSuffix(text[:at], "authorization:"), hasSuffix(text[:at], pemBegin):
				return true
			}
		}
		text = text[at+1:]
	}
}

func hasSuffix(text []byte, word string) bool {
	return len(text) >= len(word) && bytes.EqualFold(text[len(text)-len(word):], []byte(word))
}

// redact returns a canonical value without the credentials in its names, texts
// and numbers. Its members may be out of order.
func (c *Canonicalizer) redact(canonical []byte) []byte {
	out := make([]byte, 0, len(canonical))
	for at := 0; at < len(canonical); {
		from := at
		switch b := canonical[at]; {
		case b == '"':
			at = endOf(canonical, at)
			out = c.redactText(out, canonical[from:at])
		case b == '-' || b >= '0' && b <= '9':
			at = endOf(canonical, at)
			if number := canonical[from:at]; c.rules.leak(number) {
				out = append(out, `"`+Redacted+`"`...)
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

// redactText appends a canonical string without its credentials.
func (c *Canonicalizer) redactText(dst, quoted []byte) []byte {
	if c.suspicious(quoted) {
		text := Text(quoted)
		if clean := c.clean(text); clean != text {
			return append(append(append(dst, '"'), canonicalText(clean)...), '"')
		}
	}
	return append(dst, quoted...)
}

// clean returns a text without credentials: those that are known, and those that
// stand where a text has credentials. Cleaning again changes nothing.
func (c *Canonicalizer) clean(text string) string {
	for range maxPasses {
		before := text
		if c.rules.secrets != nil {
			text = c.rules.secrets.Hide(text)
		}
		if clean, isJSON := c.cleanJSON(text); isJSON {
			text = clean
		} else {
			text = cleanText(text)
		}
		if text == before {
			return text
		}
	}
	return Redacted
}

// cleanJSON cleans a text that is JSON, which stays as it was sent where there is
// nothing to hide.
func (c *Canonicalizer) cleanJSON(text string) (clean string, isJSON bool) {
	raw := strings.TrimSpace(text)
	if len(raw) < 2 || strings.IndexByte(`{["`, raw[0]) < 0 || c.nested == maxNested {
		return "", false
	}
	if c.within == nil {
		c.within = New(c.rules)
		c.within.nested = c.nested + 1
	}
	out, err := c.within.Append(nil, []byte(raw))
	if err != nil {
		return "", false
	}
	if c.within.hidden {
		text = string(out)
	}
	return text, true
}

// cleanText is clean for what is known by its form.
func cleanText(text string) string {
	if strings.Contains(text, pemBegin) {
		text = pemPattern.ReplaceAllString(text, Redacted)
	}
	if strings.Contains(text, "//") {
		text = userPart.ReplaceAllString(text, "//")
	}
	if hasHeader([]byte(text)) {
		text = hideHeaders(text)
	}
	text = cutFragment(text)
	if strings.Contains(text, "=") {
		text = redactParameters(text)
	}
	return text
}

// hideHeaders hides what stands in text as in the header of a request.
func hideHeaders(text string) string {
	return headerPattern.ReplaceAllStringFunc(text, func(found string) string {
		part := headerPattern.FindStringSubmatch(found)
		if part[2] != "" && strings.Trim(part[3], letters) == "" {
			return found // Basic telecommunications
		}
		return part[1] + part[2] + Redacted
	})
}

const (
	pemBegin = "-----BEGIN"
	letters  = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
)

var (
	// pemPattern matches a private key, also one that is cut.
	pemPattern = regexp.MustCompile(`(?s)-----BEGIN [A-Z0-9 ]*PRIVATE KEY[A-Z ]*-----.*?(?:-----END [A-Z0-9 ]*-----|$)`)

	// headerPattern matches a header with a credential, and a header's value.
	headerPattern = regexp.MustCompile(`(?i)\b(authorization: +)[^\r\n]+|\b((?:bearer|basic) +)([a-z0-9._~+/-]{12,}=*)`)

	// userPart matches the user and password of a URL. A password can have a slash
	// that should have been escaped; a port has digits alone.
	userPart = regexp.MustCompile(`//(?:[^\s"'<>/?#\\]+@|[^\s"'<>/?#\\:]*:\d*[^\d\s"'<>/?#\\][^\s"'<>]*@)`)

	// parameter matches name=value. A name after the first group is one of a URL.
	parameter = regexp.MustCompile(`([?&#;]?)([^?&#;,\s"'<>=(){}]*) *= *("[^"]*"|'[^']*'|[^&#;\s"'<>]*)`)

	// quotedName matches a name or a value in JSON.
	quotedName = regexp.MustCompile(`"([^"\\]{1,64})\\*"\s*[:,]`)
)

// cutFragment cuts a text behind a secret name in JSON that cannot be read, being
// cut itself or in the midst of other text: where the value ends is not known.
func cutFragment(text string) string {
	if !strings.Contains(text, `"`) {
		return text
	}
	for _, at := range quotedName.FindAllStringSubmatchIndex(text, -1) {
		if secretName(text[at[2]:at[3]]) {
			return text[:at[1]] + Redacted
		}
	}
	return text
}

// redactParameters replaces the values of secret names in name=value: the
// parameters of URLs and forms, and what connection strings are made of.
func redactParameters(text string) string {
	var out strings.Builder
	for {
		m := parameter.FindStringSubmatchIndex(text)
		if m == nil {
			return out.String() + text
		}
		name, value, link := text[m[4]:m[5]], text[m[6]:m[7]], m[2] < m[3]
		if decoded, err := url.QueryUnescape(name); err == nil {
			name = decoded
		}
		out.WriteString(text[:m[6]])
		text = text[m[6]:]
		if value == "" || value == Redacted {
			continue
		}
		if secretName(name) || link && secretLink(name) {
			out.WriteString(Redacted)
			text = text[len(value):]
		} else if decoded, err := url.QueryUnescape(value); err == nil && decoded != value {
			if clean := cleanText(decoded); clean != decoded { // a URL in a URL
				out.WriteString(url.QueryEscape(clean))
				text = text[len(value):]
			}
		}
	}
}

// dropPair drops from members, those of one object, the value of a pair whose name
// is secret. It reports whether it did.
func (c *Canonicalizer) dropPair(members *[]member) bool {
	secretName := func(m member) bool {
		value := c.out[m.key.to+len(`":`) : m.all.to]
		return m.trait&pairName != 0 && value[0] == '"' && c.trait(value[1:len(value)-1])&secret != 0
	}
	if !slices.ContainsFunc(*members, secretName) {
		return false
	}
	c.hidden = true
	*members = slices.DeleteFunc(*members, func(m member) bool { return m.trait&pairValue != 0 })
	return true
}

// hidePair hides the second of two texts in the array that stands in out behind
// from, where the first one is a header's name, or any secret name in a list of
// such pairs.
func (c *Canonicalizer) hidePair(from int, listed bool) {
	array := c.out[from:]
	if len(array) < len(`["",""]`) || array[1] != '"' {
		return
	}
	end := endOf(array, 1)
	if end+1 >= len(array) || array[end] != ',' || array[end+1] != '"' || endOf(array, end+1) != len(array)-1 {
		return
	}
	name := array[2 : end-1]
	if listed && c.trait(name)&secret == 0 || !listed && !slices.Contains(headerNames, plainName(nameText(name))) {
		return
	}
	if value := array[end+2 : len(array)-2]; string(value) != Redacted {
		c.out = append(c.out[:from+end+1], `"`+Redacted+`"]`...)
		c.hidden = true
	}
}
