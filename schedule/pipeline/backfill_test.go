package pipeline

import (
	"errors"
	"fmt"
	"iter"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"rollcall/sink"
	"rollcall/sources"
)

func backfill(o *Options) { o.Kind = Backfill }

// object is a record of a fake account that was created on the n-th day of 2024.
func dated(id, name string, day int) sources.Record {
	created := time.Date(2024, 1, day, 0, 0, 0, 0, time.UTC).Unix()
	return sources.Record{ID: id, Raw: fmt.Appendf(nil, `{"id":%q,"name":%q,"status":"active","created":%d}`, id, name, created)}
}

// A book is a listing of pages whose cursors are their numbers. It breaks off
// before the page of that number, if there is one.
type book struct {
	pages   [][]sources.Record
	breakAt int      // 0 never
	asked   []string // the cursors that listings began with
}

var errTorn = errors.New("the listing broke off")

func (b *book) from(_ sources.Window, cursor string) iter.Seq2[sources.Page, error] {
	b.asked = append(b.asked, cursor)
	first, _ := strconv.Atoi(cursor)
	return func(yield func(sources.Page, error) bool) {
		for i := first; i < len(b.pages); i++ {
			if b.breakAt > 0 && i == b.breakAt {
				yield(sources.Page{}, errTorn)
				return
			}
			next := strconv.Itoa(i + 1)
			if i == len(b.pages)-1 {
				next = ""
			}
			if !yield(sources.Page{Records: slices.Clone(b.pages[i]), Cursor: next}, nil) {
				return
			}
		}
	}
}

// booked is a rig whose connection lists six pages of three accounts, and which
// knows some of them as they were before, and one that is deleted.
func booked(t *testing.T) (*rig, *fake, *book) {
	t.Parallel()
	r, f := newRig(t).withFake()
	b := &book{}
	for page := range 6 {
		var records []sources.Record
		for i := range 3 {
			records = append(records, dated(fmt.Sprintf("a%d%d", page, i), "new", page+1))
		}
		records = append(records, sources.Record{Raw: fmt.Appendf(nil, `{"name":"none %d"}`, page)})
		b.pages = append(b.pages, records)
	}
	f.lists([]sources.Record{dated("a00", "new", 1), dated("a10", "old", 2), dated("a40", "old", 5), dated("a50", "new", 6), dated("gone", "old", 1)})
	r.mustSync("succeeded")
	f.from = b.from
	return r, f, b
}

// mustBreak backfills up to the page at which the listing breaks off.
func (r *rig) mustBreak(b *book, page int) {
	r.t.Helper()
	b.breakAt = page
	r.mustSync("failed", backfill)
	b.breakAt = 0
}

func (b *book) last() string { return b.asked[len(b.asked)-1] }

func TestAListingGoesOnWhereItBrokeOff(t *testing.T) {
	r, _, b := booked(t)
	for _, page := range []int{1, 4, 5} {
		r.mustBreak(b, page)
	}
	result := r.mustSync("succeeded", backfill)
	if want := []string{"", "1", "4", "5"}; !slices.Equal(b.asked, want) {
		t.Errorf("listings began with the cursors %q, want %q", b.asked, want)
	}
	rows := r.directory()
	if len(rows) != 19 || rows["gone"].Deleted || rows["a10"].Name != "new" || rows["a40"].Name != "new" {
		t.Errorf("the directory after a resumed listing: %v", rows)
	}
	if got, want := fmt.Sprint(result.Counts), "{6 24 14 2 0 0 0 2 6 0}"; got != want {
		t.Errorf("counts %s, want %s, as of a listing that was not disturbed", got, want)
	}
	if r.lastRun().Complete {
		t.Error("a resumed listing counts as complete")
	}
	var rejects int64
	if r.get(&rejects, `SELECT count(*) FROM directory.rejects WHERE resolved_at IS NULL`); rejects != 6 {
		t.Errorf("%d rejects are open, want 6", rejects)
	}
	r.mustSync("succeeded", backfill)
	if b.last() != "" || !r.lastRun().Complete || !r.directory()["gone"].Deleted {
		t.Errorf("the next backfill began with %q; complete: %v", b.last(), r.lastRun().Complete)
	}
}

func TestACheckpointIsVoid(t *testing.T) {
	for what, change := range map[string]func(*rig, *fake, *book){
		"once another run applied": func(r *rig, f *fake, b *book) {
			f.from = nil
			r.mustSync("succeeded")
			f.from = b.from
		},
		"once a window was applied": func(r *rig, _ *fake, _ *book) {
			r.mustSync("succeeded", backfill, func(o *Options) { o.Window.Since = time.Date(2024, 1, 6, 0, 0, 0, 0, time.UTC) })
		},
		"once the mapping changed":    func(_ *rig, f *fake, _ *book) { f.metadata.Mapping++ },
		"once it reads another place": func(_ *rig, f *fake, _ *book) { f.metadata.Identity = "fake/2" },
		"after a day": func(r *rig, _ *fake, _ *book) {
			r.exec(`UPDATE directory_internal.checkpoint SET saved_at = saved_at - interval '25 hours'`)
		},
		"of a clock that was set back": func(r *rig, _ *fake, _ *book) {
			r.exec(`UPDATE directory_internal.checkpoint SET saved_at = saved_at + interval '1 year'`)
		},
		"once a crash took staged rows":  func(r *rig, _ *fake, _ *book) { r.exec(r.truncateStaged()) },
		"once a crash took some rejects": func(r *rig, _ *fake, _ *book) { r.exec(`TRUNCATE directory_internal.staged_reject`) },
	} {
		t.Run(what, func(t *testing.T) {
			r, f, b := booked(t)
			r.mustBreak(b, 3)
			change(r, f, b)
			b.asked = nil
			r.sync(backfill)
			if b.last() != "" {
				t.Errorf("the listing began with %q", b.last())
			}
		})
	}
}

// truncateStaged does to the staging tables what a crash of the server does.
func (r *rig) truncateStaged() string {
	r.t.Helper()
	var tables string
	r.get(&tables, `SELECT string_agg('directory_internal.' || tablename, ', ') FROM pg_tables WHERE tablename ~ '^staged_\d'`)
	return "TRUNCATE " + tables
}

func TestACheckpointSurvives(t *testing.T) {
	for what, between := range map[string]func(*rig, *fake, *book){
		"a run that fails": func(r *rig, f *fake, b *book) {
			f.from = func(sources.Window, string) iter.Seq2[sources.Page, error] {
				return func(yield func(sources.Page, error) bool) { yield(sources.Page{}, errTorn) }
			}
			r.mustSync("failed")
			f.from = b.from
		},
		"a plan": func(r *rig, _ *fake, _ *book) {
			r.run(r.t.Context(), acme, func(o *Options) { o.Plan = func(sink.Change) error { return nil } })
		},
		"a window that breaks off": func(r *rig, _ *fake, b *book) {
			b.breakAt = 2
			r.mustSync("failed", backfill, func(o *Options) { o.Window.Since = time.Date(2024, 1, 2, 0, 0, 0, 0, time.UTC) })
			b.breakAt = 0
		},
	} {
		t.Run(what, func(t *testing.T) {
			r, f, b := booked(t)
			r.mustBreak(b, 3)
			between(r, f, b)
			r.mustSync("succeeded", backfill)
			if b.last() != "3" || len(r.directory()) != 19 {
				t.Errorf("the listing began with %q, and %d accounts are there", b.last(), len(r.directory()))
			}
		})
	}
}

func TestRestartIgnoresACheckpoint(t *testing.T) {
	r, _, b := booked(t)
	r.mustBreak(b, 3)
	r.mustSync("succeeded", backfill, func(o *Options) { o.Kind = Restart })
	if b.last() != "" || !r.lastRun().Complete {
		t.Errorf("the listing began with %q", b.last())
	}
}

func TestARefusedCursorTellsOfRestart(t *testing.T) {
	r, _, b := booked(t)
	r.mustBreak(b, 3)
	b.breakAt = 3
	if err := r.mustSync("failed", backfill).Err; !strings.Contains(err.Error(), "rollcall backfill acme --restart") {
		t.Errorf("the error says nothing of --restart: %v", err)
	}
}

func TestAWindowTakesInWhatWasCreatedThen(t *testing.T) {
	r, f := newRig(t).withFake()
	untold := sources.Record{ID: "untold", Raw: []byte(`{"id":"untold","name":"new"}`)}
	f.lists([]sources.Record{dated("before", "old", 9), dated("first", "old", 10), dated("missing", "old", 11)})
	r.mustSync("succeeded")
	f.lists([]sources.Record{
		dated("before", "new", 9), dated("first", "new", 10), dated("last", "new", 11), dated("after", "new", 12),
		untold,
		{Raw: []byte(`{"name":"no id"}`)},
	})
	result := r.mustSync("succeeded", backfill, func(o *Options) {
		o.Window = sources.Window{Since: time.Date(2024, 1, 10, 0, 0, 0, 0, time.UTC), Until: time.Date(2024, 1, 12, 0, 0, 0, 0, time.UTC)}
	})
	names := map[string]string{}
	for id, w := range r.directory() {
		names[id] = w.Name
		if w.Deleted {
			t.Errorf("a window deleted %s", id)
		}
	}
	if diff := difference(map[string]string{"before": "old", "first": "new", "missing": "old", "last": "new"}, names); diff != "" {
		t.Errorf("accounts (-want +got):\n%s", diff)
	}
	if result.Fetched != 2 || result.Created != 1 || result.Updated != 1 || result.Rejected != 0 || r.lastRun().Complete {
		t.Errorf("the run: %+v", r.lastRun())
	}
}
