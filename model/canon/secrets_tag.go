package canon

import (
	"crypto/sha256"
	"encoding/binary"
	"maps"
	"slices"
)

// Tag returns 32 bits of a hash of all configured credentials together: enough to
// notice another set, and too few to find a credential by. known is false where
// the process has obtained others since, which the tag does not cover.
func (s *Secrets) Tag() (tag uint32, known bool) {
	if s == nil {
		return 0, true
	}
	s.mu.RLock()
	defer s.mu.RUnlock()
	h := sha256.New()
	for _, credential := range slices.Sorted(maps.Keys(s.added)) {
		_, _ = h.Write(binary.AppendUvarint(nil, uint64(len(credential)))) // never fails
		_, _ = h.Write([]byte(credential))
	}
	return binary.LittleEndian.Uint32(h.Sum(nil)), len(s.learned) == 0
}

// SecretsTag is Secrets.Tag of the credentials that the rules look for.
func (r *Rules) SecretsTag() (tag uint32, known bool) {
	if s, ok := r.secrets.(*Secrets); ok {
		return s.Tag()
	}
	return 0, r.secrets == nil
}
