package sourcetest

import (
	"encoding/json"
	"net/http"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"rollcall/sources/fetch"
)

// healthy names the requests of a healthy listing, each once, in their order.
func (h Harness) healthy(t *testing.T) []string {
	var requests []string
	h.bubble(t, "knows its requests", func(f *fixture) {
		f.whole()
		for _, r := range f.server.Requests() {
			if !slices.Contains(requests, r) {
				requests = append(requests, r)
			}
		}
	})
	if len(requests) == 0 {
		t.Fatal("a healthy listing made no request")
	}
	return requests
}

func (h Harness) tolerates(request string) bool {
	return slices.ContainsFunc(h.Tolerates, func(begin string) bool { return strings.HasPrefix(request, begin) })
}

// breaks answers each request of a listing in turn with an unusable one: the
// listing must never end as complete.
func (h Harness) breaks(t *testing.T, requests []string) {
	for _, request := range requests {
		if h.tolerates(request) {
			continue
		}
		for _, bad := range []struct {
			name   string
			answer func(good Answer) Answer
		}{
			{"an empty object", body200(`{}`)},
			{"null", body200(`null`)},
			{"nothing", body200(``)},
			{"HTML", body200(`<!DOCTYPE html><html><body>Down for maintenance</body></html>`)},
			{"an error with status 200", body200(`{"error":{"code":500,"message":"boom"},"code":20500,"message":"boom","status":500}`)},
			{"a list that is null", body200(`{"accounts":null,"items":null,"data":null,"list":null}`)},
			{"half an answer", func(good Answer) Answer { return Answer{Body: good.Body[:len(good.Body)/2]} }},
			{"a broken connection", func(good Answer) Answer { return Answer{Body: good.Body[:len(good.Body)/2], Cut: true} }},
			{"a bad request", func(Answer) Answer { return Answer{Status: http.StatusBadRequest, Body: `{"code":70002}`} }},
			{"a server error", func(Answer) Answer { return Answer{Status: http.StatusBadGateway} }},
		} {
			h.bubble(t, "breaks off at "+bad.name+" to "+request, func(f *fixture) {
				f.server.Override = only(request, bad.answer(f.server.scripted(request)))
				f.mustFail()
			})
		}
	}
}

func body200(body string) func(Answer) Answer {
	return func(Answer) Answer { return Answer{Body: body} }
}

// scripted returns the script's first answer to a request, whatever its header.
func (s *Server) scripted(request string) Answer {
	for _, query := range []bool{true, false} {
		for _, e := range s.script {
			e.Header = ""
			if e.matches(request, nil, query) {
				return e.Answer
			}
		}
	}
	return Answer{}
}

// only answers one request, always, and leaves the others to the script.
func only(request string, a Answer) func(string, *http.Request) *Answer {
	return func(got string, _ *http.Request) *Answer {
		if got != request {
			return nil
		}
		return &a
	}
}

// mustFail checks that a listing reports an error, and returns the first.
func (f *fixture) mustFail() error {
	f.t.Helper()
	l := f.list(f.t.Context(), "")
	if len(l.errs) == 0 {
		f.t.Fatalf("the listing ended as complete, with %d records", len(l.records()))
	}
	if l.errs[0].Error() == "" {
		f.t.Error("the error says nothing")
	}
	return l.errs[0]
}

// refuses checks refused credentials, redirects and links to other hosts, and
// that an error's text never holds what the provider echoes.
func (h Harness) refuses(t *testing.T, requests []string) {
	for _, request := range requests {
		if h.tolerates(request) {
			continue
		}
		h.bubble(t, "does not repeat what is refused: "+request, func(f *fixture) {
			f.server.Override = only(request, Answer{Status: http.StatusUnauthorized, Body: f.ErrorBody})
			err := f.mustFail()
			if got := fetch.Status(err); got != http.StatusUnauthorized {
				f.t.Errorf("status of the error = %d, want 401: %v", got, err)
			}
			most := 1
			if f.Renews {
				most = 2
			}
			if got := f.server.Count(request); got > most && !f.Repeats {
				f.t.Errorf("asked %d times, want at most %d", got, most)
			}
			if !strings.Contains(err.Error(), "TEST_") {
				f.t.Errorf("the error names no variable of the connection: %v", err)
			}
			if f.ErrorCode != "" && !strings.Contains(err.Error(), f.ErrorCode) {
				f.t.Errorf("the error does not hold the provider's code %s: %v", f.ErrorCode, err)
			}
		})
		for _, status := range []int{http.StatusBadRequest, http.StatusForbidden, http.StatusInternalServerError} {
			h.bubble(t, "hides what an error echoes: "+request, func(f *fixture) {
				f.server.Override = only(request, Answer{Status: status, Body: f.echo()})
				f.mustFail()
			})
		}
		h.bubble(t, "does not follow a redirect elsewhere: "+request, func(f *fixture) {
			f.server.Override = only(request, Answer{
				Status: http.StatusFound,
				Header: http.Header{"Location": {"https://elsewhere.test/accounts"}},
			})
			f.mustFail()
		})
	}
	h.links(t)
}

// links checks that a link to the next page is followed on the same host alone.
func (h Harness) links(t *testing.T) {
	if h.Link == "" {
		return
	}
	for _, link := range []string{
		"https://elsewhere.test/accounts", "//elsewhere.test/accounts", "http://" + Host + "/accounts",
		"https://" + Host + ":8443/accounts", "https://" + Host + "@elsewhere.test/accounts", `\\elsewhere.test/accounts`,
	} {
		h.bubble(t, "does not follow the link "+link, func(f *fixture) { f.link(link) })
	}
}

// echo is the body of an error that repeats every secret, also where a code
// belongs.
func (f *fixture) echo() string {
	all, _ := json.Marshal(strings.Join(f.Secrets, " "))
	one, _ := json.Marshal(f.Secrets[0])
	return `{"code":` + string(one) + `,"message":` + string(all) + `,"error":{"code":` + string(one) +
		`,"message":` + string(all) + `},"errors":[{"code":` + string(one) + `}],"data":` + string(all) + `}`
}

// link puts a link to the next page into the first list.
func (f *fixture) link(link string) {
	placed := false
	f.server.Override = func(request string, _ *http.Request) *Answer {
		var envelope map[string]json.RawMessage
		good := f.server.scripted(request)
		if json.Unmarshal([]byte(good.Body), &envelope) != nil || envelope[f.Link] == nil {
			return nil
		}
		placed = true
		envelope[f.Link], _ = json.Marshal(link)
		body, _ := json.Marshal(envelope)
		return &Answer{Body: string(body)}
	}
	f.mustFail()
	if !placed {
		f.t.Errorf("no answer has the member %s", f.Link)
	}
}

// recovers checks that a request that fails once is sent again, after the wait
// that the provider names; accounts may then be yielded again.
func (h Harness) recovers(t *testing.T, requests []string) {
	h.Repeats = true
	for _, request := range requests {
		for _, bad := range []struct {
			name   string
			answer func(good Answer) Answer
			wait   time.Duration
		}{
			{"is throttled", func(Answer) Answer {
				return Answer{Status: http.StatusTooManyRequests, Header: http.Header{"Retry-After": {"7"}}, Body: h.ErrorBody}
			}, 7 * time.Second},
			{"fails", func(Answer) Answer { return Answer{Status: http.StatusBadGateway} }, 0},
			{"breaks", func(good Answer) Answer { return Answer{Body: good.Body[:len(good.Body)*3/4], Cut: true} }, 0},
			{"stalls", func(good Answer) Answer { return Answer{Body: good.Body[:len(good.Body)*3/4], Stall: true} }, 30 * time.Second},
		} {
			h.bubble(t, "continues where it "+bad.name+" once: "+request, func(f *fixture) {
				var failed atomic.Bool // requests may come side by side
				answer := bad.answer(f.server.scripted(request))
				f.server.Override = func(got string, _ *http.Request) *Answer {
					if got != request || !failed.CompareAndSwap(false, true) {
						return nil
					}
					return &answer
				}
				begin := time.Now()
				f.listsAll()
				if took := time.Since(begin); took < bad.wait {
					f.t.Errorf("took %v, want to wait %v", took, bad.wait)
				}
			})
		}
	}
}
