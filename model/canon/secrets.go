package canon

import (
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"html"
	"net/url"
	"slices"
	"strings"
	"sync"
	"unicode"
)

const (
	// minSecret is the shortest credential, in bytes, that is looked for anywhere:
	// a shorter one would be found by chance.
	minSecret = 8

	// minWord is the shortest one that is looked for as a word of its own, if it has
	// letters and something else: hunter2, but not orange or 123456.
	minWord = 6

	// minShown is the shortest one that is taken out of errors and logs.
	minShown = 4

	// maxLearned bounds how many credentials that were obtained are known. A
	// provider can answer each request with another one.
	maxLearned = 1024
)

// Secrets are the credentials that the process knows: those configured, and
// those obtained since. The set grows while runs use it. Its methods are safe for
// concurrent use.
type Secrets struct {
	mu      sync.RWMutex
	added   map[string]bool // configured, and never forgotten
	learned []string        // obtained, the latest last
	short   []string        // too short to be looked for in payloads
	matcher matcher
}

// Add adds configured credentials, which stay.
func (s *Secrets) Add(credentials ...string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, credential := range credentials {
		if s.added[credential] {
			continue
		}
		if s.added == nil {
			s.added = map[string]bool{}
		}
		s.added[credential] = true
		s.matcher.addSpellings(credential)
		if len(credential) >= minShown && len(credential) < minSecret && !strings.Contains(Redacted, credential) {
			s.short = append(s.short, credential)
		}
	}
}

// Learn adds credentials that were obtained. The latest are known.
func (s *Secrets) Learn(credentials ...string) {
	for _, credential := range credentials {
		s.learn(credential)
	}
}

func (s *Secrets) learn(credential string) {
	s.mu.RLock()
	known := s.added[credential] || slices.Contains(s.learned, credential)
	s.mu.RUnlock()
	if known {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.learned) >= maxLearned {
		s.learned = slices.Clone(s.learned[maxLearned/2:])
		s.matcher = matcher{}
		for credential := range s.added {
			s.matcher.addSpellings(credential)
		}
		for _, credential := range s.learned {
			s.matcher.addSpellings(credential)
		}
	}
	s.learned = append(s.learned, credential)
	s.matcher.addSpellings(credential)
}

// Leak reports whether a credential may be in text, as it is or as it stands in
// canonical JSON.
func (s *Secrets) Leak(text []byte) bool {
	if s == nil {
		return false
	}
	s.mu.RLock()
	defer s.mu.RUnlock()
	found := false
	s.matcher.find(text, func(int, int) bool {
		found = true
		return false
	})
	return found
}

// Hide returns text with one mark in place of each stretch that credentials
// cover, be it several that overlap.
func (s *Secrets) Hide(text string) string {
	if s == nil {
		return text
	}
	var found [][2]int
	s.mu.RLock()
	s.matcher.find([]byte(text), func(from, to int) bool {
		found = append(found, [2]int{from, to})
		return true
	})
	s.mu.RUnlock()
	if found == nil {
		return text
	}
	slices.SortFunc(found, func(a, b [2]int) int { return a[0] - b[0] })
	var out strings.Builder
	kept, hidden := 0, -1 // what is written or hidden; where the last stretch ends
	for _, at := range found {
		if at[0] > hidden {
			out.WriteString(text[kept:at[0]] + Redacted)
		}
		hidden = max(hidden, at[1])
		kept = hidden
	}
	return out.String() + text[kept:]
}

// Redact is Hide for an error or a log line, where shorter credentials count, too.
func (s *Secrets) Redact(text string) string {
	if s == nil {
		return text
	}
	text = s.Hide(text)
	s.mu.RLock()
	defer s.mu.RUnlock()
	for _, short := range s.short {
		text = strings.ReplaceAll(text, short, Redacted)
	}
	return text
}

// gramSize is how many bytes are looked at together.
const gramSize = 4

// A matcher finds values in a text for a fraction of what it costs to look for
// each: only a few bytes at every stride-th place are looked at, which are near
// enough to one another that each value covers one of them.
type matcher struct {
	values map[string]bool // true: as a word of its own
	stride int
	grams  map[uint32][]place // where the bytes that a place may show stand in values
	count  int                // of places in grams
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
	query, path := url.QueryEscape(credential), url.PathEscape(credential)
	encoded, _ := json.Marshal(credential) // never fails for a string
	escaped := string(encoded[1 : len(encoded)-1])
	for _, spelling := range []string{
		credential, strings.ToLower(credential), string(canonicalText(credential)), escaped, strings.ReplaceAll(escaped, "/", `\/`), html.EscapeString(credential),
		query, path, strings.ReplaceAll(query, "+", "%20"), lowerHex(query), lowerHex(path), url.QueryEscape(query),
	} {
		x.add(spelling, false)
		x.add(string(canonicalText(spelling)), false)
	}
	x.addBase64(credential)
}

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

// plainWord reports whether s is of letters alone, or of digits alone.
func plainWord(s string) bool {
	letters := strings.TrimFunc(s, unicode.IsLetter) == ""
	return letters || strings.TrimFunc(s, unicode.IsDigit) == ""
}

// lowerHex returns a percent-encoded text with its hex digits in lower case.
func lowerHex(s string) string {
	b := []byte(s)
	for i := 0; i+2 < len(b); i++ {
		if b[i] == '%' {
			copy(b[i:], strings.ToLower(s[i:i+3]))
		}
	}
	return string(b)
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
	if x.stride != 0 && stride >= x.stride && x.count < len(x.filter)*4 { // a sixteenth of the bits
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
	x.grams, x.count, x.filter = map[uint32][]place{}, 0, make([]uint64, 1<<x.bits/64)
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
		x.count++
	}
}

func (x *matcher) hash(gram uint32) uint32 { return gram * 0x9e3779b1 >> (32 - x.bits) }

// find calls found with each place of a value, until that returns false.
func (x *matcher) find(text []byte, found func(from, to int) bool) {
	if x.stride == 0 {
		return
	}
	for at := 0; at+gramSize <= len(text); at += x.stride {
		gram := binary.LittleEndian.Uint32(text[at:])
		if h := x.hash(gram); x.filter[h/64]&(1<<(h%64)) == 0 {
			continue
		}
		for _, p := range x.grams[gram] {
			from, to := at-p.offset, at-p.offset+len(p.value)
			if from < 0 || to > len(text) || string(text[from:to]) != p.value || x.values[p.value] && !alone(text, from, to) {
				continue
			}
			if !found(from, to) {
				return
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
