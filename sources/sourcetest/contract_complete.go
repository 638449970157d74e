package sourcetest

import (
	"encoding/json"
	"net/http"
	"slices"
	"strings"
	"testing"
)

// completes checks that a listing ends as complete only where nothing in the
// answers says otherwise, and that nothing which says nothing keeps it from it.
func (h Harness) completes(t *testing.T, requests []string) {
	for _, member := range []string{
		`"next":"/more"`, `"nextPage":2`, `"next_page_urls":["/more"]`, `"nextPageToken":"more"`, `"cursor":{"next":"more"}`,
		`"links":{"next":{"href":"/more"}}`, `"paging":{"next":"/more"}`, `"meta":{"next_page_url":"/more"}`,
		`"has_more":true`, `"hasMore":true`, `"truncated":true`, `"page_info":{"has_next_page":true}`,
		`"total":1000`, `"totalCount":1000`, `"meta":{"total":1000}`, `"pagination":{"limit":2,"offset":0,"total":1000}`, `"total_pages":1000`,
		`"errors":[{"code":500}]`, `"success":false`, `"status":"fatal"`, `"status":500`, `"partial":true`,
	} {
		h.bubble(t, "is not complete with "+member, func(f *fixture) {
			f.server.Override = f.withMember(member)
			f.mustFail()
		})
	}
	for name, header := range map[string]http.Header{
		"a link":      {"Link": {`</more>; rel="next"`}},
		"a total":     {"X-Total-Count": {"1000"}},
		"a next page": {"X-Next-Page": {"2"}},
	} {
		h.bubble(t, "is not complete with "+name+" in the header", func(f *fixture) {
			f.server.Override = func(request string, r *http.Request) *Answer {
				a := f.server.scriptedFor(request, r.Header)
				if hasList(a.Body) {
					a.Header = header
				}
				return &a
			}
			f.mustFail()
		})
	}
	for _, member := range []string{
		`"next":null`, `"next_page":""`, `"nextPageToken":null`, `"links":{}`, `"meta":{"next_page_url":null}`, `"has_more":false`,
		`"total":null`, `"count":1`, `"errors":[]`, `"error":null`, `"success":true`, `"status":"success"`, `"code":0`,
	} {
		h.bubble(t, "is complete with "+member, func(f *fixture) {
			f.server.Override = f.withMember(member)
			f.listsAll()
		})
	}
	for _, request := range requests {
		if h.tolerates(request) || !strings.HasPrefix(request, "GET ") {
			continue
		}
		for _, status := range []int{http.StatusAccepted, http.StatusNonAuthoritativeInfo, http.StatusPartialContent} {
			h.bubble(t, "is not complete with "+http.StatusText(status)+" to "+request, func(f *fixture) {
				a := f.server.scripted(request)
				a.Status = status
				f.server.Override = only(request, a)
				f.mustFail()
			})
		}
		h.bubble(t, "is not complete with an error in the answer to "+request, func(f *fixture) {
			a := f.server.scripted(request)
			a.Body = withMember(a.Body, `"error":{"code":500,"message":"boom"}`)
			f.server.Override = only(request, a)
			f.mustFail()
		})
	}
}

// withMember answers as scripted, with one more member next to each list.
func (f *fixture) withMember(member string) func(string, *http.Request) *Answer {
	return func(request string, r *http.Request) *Answer {
		a := f.server.scriptedFor(request, r.Header)
		if hasList(a.Body) {
			a.Body = withMember(a.Body, member)
		}
		return &a
	}
}

// withMember adds a member at the end of the object in a body.
func withMember(body, member string) string {
	object, _ := strings.CutSuffix(strings.TrimSpace(body), "}")
	return object + "," + member + "}"
}

// hasList reports whether a body has a list, or wraps an object that has one.
func hasList(body string) bool {
	var members map[string]json.RawMessage
	if json.Unmarshal([]byte(body), &members) != nil {
		return false
	}
	for name, value := range members {
		if slices.Contains([]string{"accounts", "items", "list", "payload", "data"}, name) && (value[0] == '[' || hasList(string(value))) {
			return true
		}
	}
	return false
}

// arrives checks that each account was reported when it arrived.
func (f *fixture) arrives() {
	f.whole()
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, id := range f.IDs {
		if !f.arrived[id] {
			f.t.Errorf("the arrival of %s was not reported: a slow listing would make no progress", id)
		}
	}
}
