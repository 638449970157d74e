package simulate

import (
	"net/http"
	"sync"
)

// Cache remembers a handler's good answers by URI, so that a benchmark of a
// reader doesn't measure the rendering. It looks at no credentials, and at
// changes only after Reset.
type Cache struct {
	next http.Handler
	room int64

	mu    sync.RWMutex
	known map[string][]byte
	held  int64
}

// CachePages caches up to limit bytes of answers; what comes after is rendered
// each time.
func CachePages(next http.Handler, limit int64) *Cache {
	return &Cache{next: next, room: limit, known: map[string][]byte{}}
}

// Reset forgets all answers.
func (c *Cache) Reset() {
	c.mu.Lock()
	defer c.mu.Unlock()
	clear(c.known)
	c.held = 0
}

// ServeHTTP implements http.Handler.
func (c *Cache) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	uri := r.URL.RequestURI()
	c.mu.RLock()
	body, ok := c.known[uri]
	full := c.held >= c.room
	c.mu.RUnlock()
	switch {
	case ok:
		send(w, http.StatusOK, body)
		return
	case full || r.Method != http.MethodGet:
		c.next.ServeHTTP(w, r)
		return
	}
	status, body := recorded(w, r, c.next)
	if status == http.StatusOK {
		c.mu.Lock()
		if _, ok := c.known[uri]; !ok {
			c.known[uri] = body
			c.held += int64(len(body))
		}
		c.mu.Unlock()
	}
	send(w, status, body)
}

// ErrorBody is the dialect's own error body.
func (c *Cache) ErrorBody(status int) []byte { return errorBody(c.next, status) }
