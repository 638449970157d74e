package canon

import (
	"crypto/sha256"
	"encoding/binary"

	"rollcall/model"
)

// Facts are what a provider says about an account outside of its object, and
// what else decides how that object is mapped.
type Facts struct {
	Provider string       // its name
	Mapping  int          // the version of its mapping
	Parent   string       // the parent's external id, where it stands outside
	Status   model.Status // the state, where it is known from outside; else ""
}

// Fingerprint hashes facts and the object that Append brought into canonical
// form last, without its volatile members. It is SHA-256, cut to 16 bytes: a
// collision is no concern of any directory's size, and no provider can make one.
func (c *Canonicalizer) Fingerprint(canonical []byte, f Facts) model.Fingerprint {
	b := c.scratch[:0]
	for _, s := range [...]string{f.Provider, f.Parent, string(f.Status)} {
		b = binary.AppendUvarint(b, uint64(len(s)))
		b = append(b, s...)
	}
	b = binary.AppendVarint(b, int64(f.Mapping))
	if c.object {
		b = append(b, '{')
		for _, m := range c.top {
			b = append(b, canonical[m.from-c.base:m.to-c.base]...)
			b = append(b, ',')
		}
	} else {
		b = append(b, canonical...)
	}
	c.scratch = b
	sum := sha256.Sum256(b)
	return model.Fingerprint(sum[:16])
}
