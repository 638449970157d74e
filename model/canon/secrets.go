package canon

import (
	"maps"
	"slices"
	"strings"
	"sync"
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

// Learn adds credentials that were obtained, and forgets the oldest ones.
func (s *Secrets) Learn(credentials ...string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, credential := range credentials {
		if s.added[credential] || slices.Contains(s.learned, credential) {
			continue
		}
		if len(s.learned) >= maxLearned {
			s.learned = slices.Clone(s.learned[maxLearned/2:])
			s.matcher = matcher{}
			for _, kept := range slices.AppendSeq(slices.Clone(s.learned), maps.Keys(s.added)) {
				s.matcher.addSpellings(kept)
			}
		}
		s.learned = append(s.learned, credential)
		s.matcher.addSpellings(credential)
	}
}

// Leak reports whether a credential may be in text, as it is or as it stands in
// canonical JSON.
func (s *Secrets) Leak(text []byte) bool {
	if s == nil {
		return false
	}
	s.mu.RLock()
	defer s.mu.RUnlock()
	for range s.matcher.find(text) {
		return true
	}
	return false
}

// Hide returns text with one mark in place of each stretch that credentials
// cover, be it several that overlap.
func (s *Secrets) Hide(text string) string {
	if s == nil {
		return text
	}
	var found [][2]int
	s.mu.RLock()
	for from, to := range s.matcher.find([]byte(text)) {
		found = append(found, [2]int{from, to})
	}
	s.mu.RUnlock()
	if found == nil {
		return text
	}
	slices.SortFunc(found, func(a, b [2]int) int { return a[0] - b[0] })
	var out strings.Builder
	kept, hidden := 0, -1 // what is written or hidden; the end of the last stretch
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
