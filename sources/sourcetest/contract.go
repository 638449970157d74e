package sourcetest

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"rollcall/model/canon"
	"rollcall/sources"
)

// Contract checks what every provider promises, against scripted answers.
func Contract(t *testing.T, h Harness) {
	h.bubble(t, "lists every account", (*fixture).listsAll)
	h.bubble(t, "lists the same again", (*fixture).listsSame)
	h.bubble(t, "reports what arrives", (*fixture).arrives)
	h.bubble(t, "continues from a cursor", (*fixture).resumes)
	h.bubble(t, "has stable metadata", (*fixture).metadata)
	h.bubble(t, "keeps secrets out of accounts", (*fixture).accountsHideSecrets)
	h.bubble(t, "stops when the reader does", (*fixture).stopsEarly)
	h.stops(t)
	requests := h.healthy(t)
	h.breaks(t, requests)
	h.completes(t, requests)
	h.refuses(t, requests)
	h.recovers(t, requests)
	h.looksUp(t)
	h.maps(t)
}

func (f *fixture) listsAll() {
	ids := f.whole().ids()
	if slices.Contains(ids, "") {
		f.t.Error("an account has no id")
	}
	slices.Sort(ids)
	if f.Repeats {
		ids = slices.Compact(ids)
	}
	if diff := cmp.Diff(slices.Sorted(slices.Values(f.IDs)), ids); diff != "" {
		f.t.Errorf("ids (-want +got):\n%s", diff)
	}
	if len(f.server.unscripted) > 0 {
		f.t.Errorf("requests that list.txt does not answer: %q", f.server.unscripted)
	}
}

func (f *fixture) listsSame() {
	first, second := f.whole(), f.whole()
	if diff := cmp.Diff(first.records(), second.records()); diff != "" {
		f.t.Errorf("records of the second listing (-first +second):\n%s", diff)
	}
}

// resumes checks that a cursor continues after its page: what came before it
// and what a new listing yields from it on make the whole.
func (f *fixture) resumes() {
	all := f.whole()
	var before []string
	for i, page := range all.pages {
		for _, r := range page.Records {
			before = append(before, r.ID)
		}
		if page.Cursor == "" {
			continue
		}
		rest := f.list(f.t.Context(), page.Cursor)
		if err := errors.Join(rest.errs...); err != nil {
			f.t.Fatalf("from the cursor of page %d: %v", i, err)
		}
		got := append(slices.Clone(before), rest.ids()...)
		slices.Sort(got)
		want := slices.Sorted(slices.Values(all.ids()))
		if f.Repeats {
			got, want = slices.Compact(got), slices.Compact(want)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			f.t.Errorf("ids up to page %d and from its cursor on (-want +got):\n%s", i, diff)
		}
	}
}

func (f *fixture) metadata() {
	metadata := f.source.Metadata()
	if metadata.Mapping < 1 {
		f.t.Errorf("Mapping = %d, want at least 1", metadata.Mapping)
	}
	if metadata.Rules == nil {
		f.t.Error("no Rules")
	}
	if !strings.Contains(metadata.Identity, Host) {
		f.t.Errorf("Identity = %q does not name the host", metadata.Identity)
	}
	f.hides("Identity", metadata.Identity)
	if again := f.source.Metadata(); again.Identity != metadata.Identity {
		f.t.Errorf("Identity = %q, then %q", metadata.Identity, again.Identity)
	}
}

func (f *fixture) accountsHideSecrets() {
	c := canon.New(f.source.Metadata().Rules)
	planted := false
	for _, r := range f.whole().records() {
		for _, secret := range f.Secrets {
			planted = planted || strings.Contains(string(r.Raw), secret)
		}
		m, err := mapRecord(f.source, c, r)
		if err != nil {
			f.t.Errorf("%s: %v", r.ID, err)
			continue
		}
		f.hides("payload of "+r.ID, string(m.canonical))
		f.hides("account "+r.ID, describe(m))
	}
	if !planted {
		f.t.Error("no secret is planted in list.txt: the check is worth nothing")
	}
}

// stopsEarly breaks out after the first page; bubble and clean find what is
// left behind.
func (f *fixture) stopsEarly() {
	for range f.source.List(f.t.Context(), sources.Window{}, "") {
		break
	}
	asked := len(f.server.Requests())
	time.Sleep(time.Hour) // in fake time: what still runs has its chance
	if got := len(f.server.Requests()); got != asked {
		f.t.Errorf("%d more requests after the reader stopped", got-asked)
	}
}

var errStopped = errors.New("stopped by the test")

// stops checks that a cancelled context ends a listing at once, whether the
// answer does not begin or does not end.
func (h Harness) stops(t *testing.T) {
	for _, c := range []struct {
		name   string
		answer Answer
	}{
		{"stops when cancelled before an answer", Answer{Silent: true}},
		{"stops when cancelled within an answer", Answer{Body: "{", Stall: true}},
	} {
		h.bubble(t, c.name, func(f *fixture) {
			ctx, cancel := context.WithCancelCause(f.t.Context())
			f.server.Override = func(string, *http.Request) *Answer { return &c.answer }
			begin := time.Now()
			time.AfterFunc(time.Second, func() { cancel(errStopped) })
			l := f.list(ctx, "")
			if took := time.Since(begin); took != time.Second {
				f.t.Errorf("ended after %v, want to end with the context, after 1s", took)
			}
			if err := errors.Join(l.errs...); !errors.Is(err, errStopped) {
				f.t.Errorf("err = %v, want the cause of the context's end", err)
			}
		})
	}
}
