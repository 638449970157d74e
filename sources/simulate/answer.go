package simulate

import (
	"crypto/subtle"
	"net/http"
	"strconv"
)

// keptBody is the largest body whose memory is kept for the next: a page of
// 1,000 accounts is under two megabytes.
const keptBody = 4 << 20

// bodies are reused between answers: allocating a page's memory each time
// would cost more than filling it. (A sync.Pool is emptied by each collection,
// which pages of this size bring about themselves.)
var bodies = make(chan []byte, 8)

func borrow() []byte {
	select {
	case b := <-bodies:
		return b[:0]
	default:
		return make([]byte, 0, 64<<10)
	}
}

func giveBack(b []byte) {
	if cap(b) > keptBody {
		return
	}
	select {
	case bodies <- b:
	default:
	}
}

// answer renders a body into reused memory and sends it.
func answer(w http.ResponseWriter, status int, render func([]byte) []byte) {
	b := render(borrow())
	send(w, status, b)
	giveBack(b)
}

func send(w http.ResponseWriter, status int, body []byte) {
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	w.Header().Set("Content-Length", strconv.Itoa(len(body)))
	w.WriteHeader(status)
	_, _ = w.Write(body) // the client may have gone: nothing to be done
}

// same compares a credential in constant time. An empty one never matches.
func same(got, want string) bool {
	return want != "" && subtle.ConstantTimeCompare([]byte(got), []byte(want)) == 1
}

// number reads a count out of a query; unset or unreadable is the default.
func number(text string, def int) int {
	if n, err := strconv.Atoi(text); err == nil && n > 0 {
		return n
	}
	return def
}

// all reads a tenant to its end.
func all(t Tenant) []Account {
	var out []Account
	for from, more := uint64(0), true; more; {
		var page []Account
		page, from, more = t.Page(from, 1000)
		out = append(out, page...)
	}
	return out
}
