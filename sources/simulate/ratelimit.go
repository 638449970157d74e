package simulate

import (
	"net/http"
	"strings"
	"sync"
	"time"
)

// RateLimit answers 429 without Retry-After once a bucket of burst requests is
// empty; it refills by perSecond. As with Kazoo, each account named in a URL
// has a bucket of its own; other requests share one.
func RateLimit(burst int, perSecond float64) Action {
	type bucket struct {
		left float64
		last time.Time
	}
	var mu sync.Mutex
	buckets := map[string]*bucket{}
	take := func(key string) bool {
		mu.Lock()
		defer mu.Unlock()
		now := time.Now()
		b := buckets[key]
		if b == nil {
			b = &bucket{left: float64(burst), last: now}
			buckets[key] = b
		}
		b.left = min(float64(burst), b.left+now.Sub(b.last).Seconds()*perSecond)
		b.last = now
		if b.left < 1 {
			return false
		}
		b.left--
		return true
	}
	return Act("rate limit", func(w http.ResponseWriter, r *http.Request, next http.Handler) {
		_, key, _ := strings.Cut(r.URL.Path, "/accounts/")
		key, _, _ = strings.Cut(key, "/")
		if !take(key) {
			send(w, http.StatusTooManyRequests, errorBody(next, http.StatusTooManyRequests))
			return
		}
		next.ServeHTTP(w, r)
	})
}
