package canon

import (
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"html"
	"iter"
	"net/url"
	"regexp"
	"strings"
	"unicode"
)

// gramSize is how many bytes are looked at together.
const gramSize = 4

// A matcher finds values in a text for a fraction of what it costs to look for
// each: only a few bytes at every stride-th place are looked at, which are near
// enough to one another that each value covers one of them.
type matcher struct {
	values map[string]bool // true: as a word of its own
	stride int
	grams  map[uint32][]place // where the bytes that a place may show stand in values
	filter []uint64           // a bit for the hash of each of grams
	bits   int                // log2 of the bits in filter
}

type place struct {
	value  string
	offset int
}

// addSpellings adds a credential in the ways that a text can have it.
func (x *matcher) addSpellings(credential string) {
	credential = strings.ReplaceAll(strings.ToValidUTF8(credential, ""), "\x00", "")
	if len(credential) < minSecret {
		if len(credential) >= minWord && !plainWord(credential) {
			x.add(credential, true)
			x.addBase64(credential)
		}
		return
	}
	lower := func(escaped string) string { return percentEscape.ReplaceAllStringFunc(escaped, strings.ToLower) }
	query, path := url.QueryEscape(credential), url.PathEscape(credential)
	encoded, _ := json.Marshal(credential) // never fails for a string
	escaped := string(encoded[1 : len(encoded)-1])
	for _, spelling := range []string{
		credential, strings.ToLower(credential), string(canonicalText(credential)), escaped, strings.ReplaceAll(escaped, "/", `\/`), html.EscapeString(credential),
		query, path, strings.ReplaceAll(query, "+", "%20"), lower(query), lower(path), url.QueryEscape(query),
	} {
		x.add(spelling, false)
		x.add(string(canonicalText(spelling)), false)
	}
	x.addBase64(credential)
}

var percentEscape = regexp.MustCompile(`%[0-9A-F]{2}`)

// addBase64 adds what base64 of any text with the credential in it contains,
// such as that of user:password. Its first and last character also depend on
// what stands around the credential.
func (x *matcher) addBase64(credential string) {
	for _, encoding := range []*base64.Encoding{base64.RawStdEncoding, base64.RawURLEncoding} {
		for before := range 3 {
			text := encoding.EncodeToString([]byte(strings.Repeat("x", before) + credential))
			from, to := (before*8+5)/6, (before+len(credential))*8/6
			x.add(text[from:to], false)
		}
	}
}

// plainWord reports whether s has letters alone, or digits alone.
func plainWord(s string) bool {
	letters := strings.TrimFunc(s, unicode.IsLetter) == ""
	return letters || strings.TrimFunc(s, unicode.IsDigit) == ""
}

// add adds one value, unless it is too short or found in the mark itself.
func (x *matcher) add(value string, word bool) {
	if _, known := x.values[value]; known || strings.Contains(Redacted, value) || !word && len(value) < minSecret {
		return
	}
	if x.values == nil {
		x.values = map[string]bool{}
	}
	x.values[value] = word
	stride := len(value) - gramSize + 1
	if x.stride != 0 && stride >= x.stride && len(x.grams) < len(x.filter)*4 { // a sixteenth of the bits
		x.enter(value)
		return
	}
	if x.stride == 0 || stride < x.stride {
		x.stride = stride
	}
	x.rebuild()
}

// rebuild enters all values again, after the stride or the filter had to change.
func (x *matcher) rebuild() {
	const least = 14 // bits; they stay in the first cache
	x.bits = max(least, x.bits)
	for len(x.values)*x.stride*16 > 1<<x.bits {
		x.bits++
	}
	x.grams, x.filter = map[uint32][]place{}, make([]uint64, 1<<x.bits/64)
	for value := range x.values {
		x.enter(value)
	}
}

func (x *matcher) enter(value string) {
	for offset := range x.stride {
		gram := binary.LittleEndian.Uint32([]byte(value[offset : offset+gramSize]))
		x.grams[gram] = append(x.grams[gram], place{value, offset})
		h := x.hash(gram)
		x.filter[h/64] |= 1 << (h % 64)
	}
}

func (x *matcher) hash(gram uint32) uint32 { return gram * 0x9e3779b1 >> (32 - x.bits) }

// find yields each place of a value in text, from its begin to its end.
func (x *matcher) find(text []byte) iter.Seq2[int, int] {
	return func(yield func(from, to int) bool) {
		for at := 0; x.stride > 0 && at+gramSize <= len(text); at += x.stride {
			gram := binary.LittleEndian.Uint32(text[at:])
			if h := x.hash(gram); x.filter[h/64]&(1<<(h%64)) == 0 {
				continue
			}
			for _, p := range x.grams[gram] {
				from, to := at-p.offset, at-p.offset+len(p.value)
				if from >= 0 && to <= len(text) && string(text[from:to]) == p.value &&
					(!x.values[p.value] || alone(text, from, to)) && !yield(from, to) {
					return
				}
			}
		}
	}
}

// alone reports whether text[from:to] is a word of its own. A letter in front of
// it may be that of an escape, as in \nhunter2.
func alone(text []byte, from, to int) bool {
	part := func(b byte) bool {
		return b >= 'a' && b <= 'z' || b >= 'A' && b <= 'Z' || b >= '0' && b <= '9' || b >= 0x80
	}
	return (from == 0 || !part(text[from-1]) || escapeBefore(text, from)) && (to == len(text) || !part(text[to]))
}

// escapeBefore reports whether text[:at] ends with an escape of canonical JSON.
func escapeBefore(text []byte, at int) bool {
	const control = len(`\u0000`)
	return at >= control && string(text[at-control:at-2]) == `\u00`
}

// canonicalText returns s as it stands within a canonical string.
func canonicalText(s string) []byte {
	var out []byte
	for _, r := range strings.ToValidUTF8(s, "") {
		out = appendRune(out, r)
	}
	return out
}
