package normalize

import (
	"strings"
	"sync"
)

// A cache keeps up to limit values: at the limit it starts over, so that it holds
// what is current and no provider can make it grow.
type cache[V any] struct {
	limit int
	mu    sync.RWMutex
	kept  map[string]V
}

func (c *cache[V]) get(key string) (V, bool) {
	c.mu.RLock()
	defer c.mu.RUnlock()
	v, ok := c.kept[key]
	return v, ok
}

func (c *cache[V]) put(key string, v V) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.kept == nil || len(c.kept) >= c.limit {
		c.kept = make(map[string]V)
	}
	c.kept[strings.Clone(key)] = v // key can be a part of a large text
}
