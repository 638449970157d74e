package normalize

import (
	"maps"
	"strings"
	"sync"
	"sync/atomic"
)

// A cache keeps up to limit values and then takes no more: what providers send
// cannot make it grow. Reading takes no lock and allocates nothing.
type cache[V any] struct {
	limit int
	write sync.Mutex
	kept  atomic.Pointer[map[string]V] // replaced, never changed
}

func (c *cache[V]) get(key string) (V, bool) {
	kept := c.kept.Load()
	if kept == nil {
		var none V
		return none, false
	}
	v, ok := (*kept)[key]
	return v, ok
}

func (c *cache[V]) put(key string, v V) {
	c.write.Lock()
	defer c.write.Unlock()
	next := map[string]V{}
	if kept := c.kept.Load(); kept != nil {
		if len(*kept) >= c.limit {
			return
		}
		next = maps.Clone(*kept)
	}
	next[strings.Clone(key)] = v // key may be a part of a large text
	c.kept.Store(&next)
}
