package sourcetest

import (
	"errors"
	"net/http"
	"strings"
	"testing"

	"rollcall/sources"
)

// looksUp checks the answers to a question for one account.
func (h Harness) looksUp(t *testing.T) {
	if h.NoLookup {
		h.bubble(t, "says that it cannot look up", func(f *fixture) {
			if _, err := f.lookup(f.IDs[0]); !errors.Is(err, sources.ErrNoLookup) {
				f.t.Errorf("err = %v, want ErrNoLookup", err)
			}
		})
		return
	}
	h.bubble(t, "finds a living account", func(f *fixture) {
		r, err := f.lookup(f.Alive)
		if err != nil || r.ID != f.Alive {
			f.t.Errorf("record %q, err = %v; want the account itself", r.ID, err)
		}
	})
	for _, status := range []int{http.StatusNotFound, http.StatusGone} {
		h.bubble(t, "reports a deleted account by "+http.StatusText(status), func(f *fixture) {
			f.server.Override = f.gets(Answer{Status: status, Body: f.ErrorBody})
			if _, err := f.lookup(f.Alive); !errors.Is(err, sources.ErrGone) {
				f.t.Errorf("err = %v, want ErrGone", err)
			}
		})
	}
	h.makesNothing(t)
	h.bubble(t, "keeps an id within its path", func(f *fixture) {
		const id = "x/../y?z=1#w"
		f.server.Override = func(_ string, r *http.Request) *Answer {
			if strings.Contains(r.URL.EscapedPath(), "..") && !strings.Contains(r.URL.EscapedPath(), "x%2F..%2Fy%3Fz=1%23w") {
				f.t.Errorf("path %s does not hold the id escaped", r.URL.EscapedPath())
			}
			if strings.Contains(r.URL.RawQuery, "z=1") {
				f.t.Errorf("query %s holds a part of the id", r.URL.RawQuery)
			}
			return nil
		}
		_, _ = f.lookup(id)
	})
	h.bubble(t, "does not look up an empty id", func(f *fixture) { f.saysNothing("") })
	if h.Gone != "" {
		h.bubble(t, "reports a deleted account", func(f *fixture) {
			if _, err := f.lookup(f.Gone); !errors.Is(err, sources.ErrGone) {
				f.t.Errorf("err = %v, want ErrGone", err)
			}
		})
	}
	if h.Other != "" {
		h.bubble(t, "makes nothing of another account", func(f *fixture) { f.saysNothing(f.Other) })
	}
}

// makesNothing checks answers that say neither that the account lives nor that
// it is deleted.
func (h Harness) makesNothing(t *testing.T) {
	for _, a := range []Answer{
		{Body: `{}`},
		{Body: `null`},
		{Body: ``},
		{Body: `[]`},
		{Body: `<html></html>`},
		{Body: `{"data":{},"payload":{}}`},
		{Status: http.StatusUnauthorized},
		{Status: http.StatusForbidden},
		{Status: http.StatusBadRequest},
		{Status: http.StatusServiceUnavailable},
		{Status: http.StatusFound, Header: http.Header{"Location": {"https://elsewhere.test/"}}},
	} {
		h.bubble(t, "makes nothing of "+http.StatusText(max(a.Status, http.StatusOK))+" "+a.Body, func(f *fixture) {
			f.server.Override = f.gets(a)
			f.saysNothing(f.Alive)
		})
	}
}

// gets answers every GET; other requests, such as those for a token, go by the
// script.
func (f *fixture) gets(a Answer) func(string, *http.Request) *Answer {
	return func(_ string, r *http.Request) *Answer {
		if r.Method != http.MethodGet {
			return nil
		}
		return &a
	}
}

func (f *fixture) lookup(id string) (sources.Record, error) {
	r, err := f.source.Lookup(f.t.Context(), id)
	if err != nil {
		f.errs = append(f.errs, err)
	}
	return r, err
}

// saysNothing checks that a lookup makes an account neither alive nor gone.
func (f *fixture) saysNothing(id string) {
	f.t.Helper()
	r, err := f.lookup(id)
	if err == nil || errors.Is(err, sources.ErrGone) || errors.Is(err, sources.ErrNoLookup) {
		f.t.Errorf("record %q, err = %v; want an error that says nothing about the account", r.ID, err)
	}
}
