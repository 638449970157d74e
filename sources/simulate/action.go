package simulate

import (
	"bytes"
	"compress/gzip"
	"net/http"
	"strconv"
	"sync"
	"time"
)

// An Action is what a fault does to one request. next is the answer as it
// would have been.
type Action struct {
	Name string // under which Stats counts it
	do   func(w http.ResponseWriter, r *http.Request, next http.Handler)
}

// Act makes an action of a function.
func Act(name string, do func(w http.ResponseWriter, r *http.Request, next http.Handler)) Action {
	return Action{name, do}
}

// Pass does nothing: a gap in a script.
var Pass = Act("pass", func(w http.ResponseWriter, r *http.Request, next http.Handler) { next.ServeHTTP(w, r) })

// Status answers an error in the provider's own format.
func Status(code int) Action {
	return Act("status "+strconv.Itoa(code), func(w http.ResponseWriter, _ *http.Request, next http.Handler) {
		send(w, code, errorBody(next, code))
	})
}

// StatusBody answers a status with this body.
func StatusBody(code int, body string) Action {
	return Act("status "+strconv.Itoa(code), func(w http.ResponseWriter, _ *http.Request, _ http.Handler) {
		send(w, code, []byte(body))
	})
}

// Throttle answers 429 with this Retry-After: seconds, a date, or "" for none.
func Throttle(retryAfter string) Action {
	return Act("throttle", func(w http.ResponseWriter, _ *http.Request, next http.Handler) {
		if retryAfter != "" {
			w.Header().Set("Retry-After", retryAfter)
		}
		send(w, http.StatusTooManyRequests, errorBody(next, http.StatusTooManyRequests))
	})
}

// ThrottleUntil answers 429 with a Retry-After that is a date d from now.
func ThrottleUntil(d time.Duration) Action {
	return Act("throttle", func(w http.ResponseWriter, r *http.Request, next http.Handler) {
		Throttle(time.Now().Add(d).UTC().Format(http.TimeFormat)).do(w, r, next)
	})
}

// Echo answers an error whose body repeats the credentials of the request, as
// Kazoo does with a wrong key: a reader must not log it as it stands.
func Echo(code int) Action {
	return Act("echo", func(w http.ResponseWriter, r *http.Request, _ http.Handler) {
		o := newObject(nil, nil)
		o.str("error", "request refused")
		for _, name := range [...]string{"Authorization", "Cookie", "X-Auth-Token", "apiKey", "token"} {
			o.opt(name, r.Header.Get(name))
		}
		if user, pass, ok := r.BasicAuth(); ok {
			o.strs("user", user, "password", pass)
		}
		send(w, code, o.end())
	})
}

// Stall answers nothing until the client disconnects.
func Stall() Action {
	return Act("stall", func(_ http.ResponseWriter, r *http.Request, _ http.Handler) {
		<-r.Context().Done()
		panic(http.ErrAbortHandler)
	})
}

// Latency answers later.
func Latency(d time.Duration) Action {
	return Act("latency", func(w http.ResponseWriter, r *http.Request, next http.Handler) {
		timer := time.NewTimer(d)
		defer timer.Stop()
		select {
		case <-timer.C:
			next.ServeHTTP(w, r)
		case <-r.Context().Done():
			panic(http.ErrAbortHandler)
		}
	})
}

// Gate holds answers back until it is opened. Reached is closed when the
// first request waits there: a test need not guess how long to sleep.
type Gate struct {
	reached, open chan struct{}
	once, opened  sync.Once
}

// NewGate makes a closed gate.
func NewGate() *Gate { return &Gate{reached: make(chan struct{}), open: make(chan struct{})} }

// Reached is closed when a request waits at the gate.
func (g *Gate) Reached() <-chan struct{} { return g.reached }

// Open lets all requests pass, now and later.
func (g *Gate) Open() { g.opened.Do(func() { close(g.open) }) }

// Hold is the action that waits at the gate.
func (g *Gate) Hold() Action {
	return Act("hold", func(w http.ResponseWriter, r *http.Request, next http.Handler) {
		g.once.Do(func() { close(g.reached) })
		select {
		case <-g.open:
			next.ServeHTTP(w, r)
		case <-r.Context().Done():
			panic(http.ErrAbortHandler)
		}
	})
}

// Call runs a function, such as a change of the world, before the answer.
func Call(f func()) Action {
	return Act("call", func(w http.ResponseWriter, r *http.Request, next http.Handler) {
		f()
		next.ServeHTTP(w, r)
	})
}

// Cut closes the connection before any header is sent.
func Cut() Action {
	return Act("cut", func(http.ResponseWriter, *http.Request, http.Handler) { panic(http.ErrAbortHandler) })
}

// CutBody closes the connection in the middle of the body.
func CutBody() Action {
	return Act("cut body", func(w http.ResponseWriter, r *http.Request, next http.Handler) {
		status, body := recorded(w, r, next)
		w.Header().Set("Content-Length", strconv.Itoa(len(body)+1))
		w.WriteHeader(status)
		_, _ = w.Write(body[:len(body)/2])
		_ = http.NewResponseController(w).Flush()
		panic(http.ErrAbortHandler)
	})
}

// HTML answers a web page with status 200, as proxies in maintenance do.
func HTML() Action {
	return Act("html", func(w http.ResponseWriter, _ *http.Request, _ http.Handler) {
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		_, _ = w.Write([]byte("<!doctype html><title>Maintenance</title><h1>Back soon</h1>"))
	})
}

// Body answers this text with status 200: `{}`, `null`, an error object.
func Body(text string) Action {
	a := StatusBody(http.StatusOK, text)
	a.Name = "body " + text
	return a
}

// Redirect answers 302 to the same path below another base.
func Redirect(base string) Action {
	return Act("redirect", func(w http.ResponseWriter, r *http.Request, _ http.Handler) {
		http.Redirect(w, r, base+r.URL.RequestURI(), http.StatusFound)
	})
}

// GzipCut answers a compressed body that ends too early, with a length that
// agrees: only the decompressor can notice.
func GzipCut() Action {
	return Act("gzip cut", func(w http.ResponseWriter, r *http.Request, next http.Handler) {
		status, body := recorded(w, r, next)
		var buf bytes.Buffer
		z := gzip.NewWriter(&buf)
		_, _ = z.Write(body) // a Buffer never fails
		_ = z.Close()
		w.Header().Set("Content-Encoding", "gzip")
		w.Header().Set("Content-Length", strconv.Itoa(buf.Len()/2))
		w.WriteHeader(status)
		_, _ = w.Write(buf.Bytes()[:buf.Len()/2])
	})
}
