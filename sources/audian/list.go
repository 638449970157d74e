package audian

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"net/http"
	"slices"
	"time"

	"rollcall/model/canon"
	"rollcall/model/normalize"
	"rollcall/sources"
	"rollcall/sources/fetch"
)

const (
	// namedParts is how many accounts whose details could not be read are named; the others are counted.
	namedParts = 20

	// outage is how many failures in a row, without any answer in between, mean that the provider is
	// down: the remaining requests would each be retried for a minute.
	outage = 20

	// pageTime is how long records are gathered at most: a slow listing shows that it moves.
	pageTime = 5 * time.Second
)

// A listing is what List reads into.
type listing struct {
	*sources.Pages
	flushed time.Time

	failed, unnamed int   // parts that could not be read
	last            error // of those
	down            int   // failures in a row that look like an outage
}

// List implements [sources.Source]: the credential's own account, then all below it.
func (s *source) List(ctx context.Context, _ sources.Window, cursor string) iter.Seq2[sources.Page, error] {
	return sources.Listing(func(p *sources.Pages) error {
		l := &listing{Pages: p, flushed: time.Now()}
		return l.run(ctx, s, cursor)
	})
}

func (l *listing) run(ctx context.Context, s *source, cursor string) error {
	if err := s.token.ready(ctx); err != nil {
		return err
	}
	if cursor == "" {
		if err := l.own(ctx, s); err != nil {
			return err
		}
	}
	for e, err := range s.entries(ctx, cursor) {
		if err == nil {
			err = l.take(ctx, e)
		}
		if err != nil {
			return err
		}
	}
	if err := l.Flush(); err != nil || l.unnamed == 0 {
		return err
	}
	return l.Part(fmt.Sprintf("%d more accounts", l.unnamed), l.last)
}

// own reads the credential's own account. Map makes a root of it, whatever its object says.
func (l *listing) own(ctx context.Context, s *source) error {
	raw, err := s.get(ctx, s.account)
	if err != nil {
		return fmt.Errorf("the account of %s: %w", s.client.Variable("ACCOUNT_ID"), err)
	}
	s.client.Arrived("account", s.account)
	return l.add(sources.Record{ID: s.account, Raw: raw, Oversize: len(raw) > sources.MaxRecord}, "")
}

// take yields what became of an item.
func (l *listing) take(ctx context.Context, e entry) error {
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	if e.err == nil {
		l.down = 0
	} else if err := l.fail(e); err != nil {
		return err
	}
	if e.none {
		return nil
	}
	return l.add(e.record, e.cursor)
}

// fail reports a part that could not be read, or breaks the listing off where it is not about one part.
func (l *listing) fail(e entry) error {
	if refused(e.err) {
		return e.err
	}
	switch status := fetch.Status(e.err); {
	case status == 0 || status == http.StatusTooManyRequests || status >= http.StatusInternalServerError:
		l.down++
	default:
		l.down = 0
	}
	if l.down >= outage {
		return fmt.Errorf("%d accounts in a row could not be read, the last of them %s: %w", l.down, e.part, e.err)
	}
	l.last = e.err
	if l.failed++; l.failed > namedParts {
		l.unnamed++
		return nil
	}
	return l.Part(e.part, e.err)
}

func (l *listing) add(r sources.Record, cursor string) error {
	if err := l.Add(r, cursor); err != nil {
		return err
	}
	if time.Since(l.flushed) < pageTime {
		return nil
	}
	l.flushed = time.Now()
	return l.Flush()
}

// maxDepth is how deep accounts nest at most: more than that is a loop of the provider's.
const maxDepth = 100

// below emits every account below the credential's own: from the list of descendants, or, where
// the provider has none, from the lists of sub-accounts, one per account.
func (s *source) below(ctx context.Context, cursor string, emit func(entry) error) error {
	read := false
	err := s.pages(ctx, ref(s.account, "/descendants"), cursor, func(pg page, start string) error {
		read = true
		for i, it := range pg.items {
			if it.id == s.account {
				continue // read in full already
			}
			at := start
			if i == len(pg.items)-1 {
				at = pg.next.key
			}
			if err := emit(entry{item: it.under(s.account), cursor: at}); err != nil {
				return err
			}
		}
		return nil
	})
	if err == nil || read || cursor != "" || !missing(err) {
		return err
	}
	return s.walk(ctx, []string{s.account}, emit)
}

// missing reports whether a list does not exist: 404 or 405 (Kazoo's answer to Audian's own lists).
func missing(err error) bool {
	return fetch.IsGone(err) || fetch.Status(err) == http.StatusMethodNotAllowed
}

// walk emits the sub-accounts of the last account of path, each followed by those below it. Such a
// listing cannot be continued in its middle.
func (s *source) walk(ctx context.Context, path []string, emit func(entry) error) error {
	id := path[len(path)-1]
	if len(path) > maxDepth {
		return fmt.Errorf("accounts nest more than %d deep, down to %s: the provider's lists run in a loop", maxDepth, id)
	}
	var stop error
	err := s.pages(ctx, ref(id, "/accounts"), "", func(pg page, _ string) error {
		for _, it := range pg.items {
			if slices.Contains(path, it.id) {
				continue // an account is not below itself
			}
			if stop = emit(entry{item: it.under(path...)}); stop != nil {
				return stop
			}
			if it.id == "" {
				continue
			}
			if stop = s.walk(ctx, append(slices.Clip(path), it.id), emit); stop != nil {
				return stop
			}
		}
		return nil
	})
	switch {
	case err == nil || stop != nil || len(path) == 1 || refused(err) || ctx.Err() != nil:
		return err
	case fetch.IsGone(err):
		return nil // deleted since its parent's list was read
	default:
		return emit(entry{none: true, part: "sub-accounts of account " + id, err: err})
	}
}

// under returns the item with path as its ancestors, where it does not name any.
func (it item) under(path ...string) item {
	if tree, ok := fetch.Member(it.raw, "tree"); it.id == "" || it.oversize || ok && string(tree) != "null" {
		return it
	}
	tree, _ := json.Marshal(path) // texts are always JSON
	it.raw = withTree(it.raw, tree)
	return it
}

// aheadOf is how many items are read ahead of the one whose record is due, for each request at once. Their details
// are fetched while the next page is read, or while one account's details are late.
const aheadOf = 16

// An entry is one item of the listing with its record, or a part of it that could not be read.
type entry struct {
	item   item
	cursor string // continues the listing behind this item, or shortly before it

	record sources.Record
	none   bool   // there is no record: the account is deleted, or this is not an account
	part   string // what err is about
	err    error
}

// entries yields the items of the lists with their records, in the order of the listing.
func (s *source) entries(ctx context.Context, cursor string) iter.Seq2[entry, error] {
	items := func(ctx context.Context) iter.Seq2[entry, error] {
		return sources.Emit(func(emit func(entry, error) error) error {
			return s.below(ctx, cursor, func(e entry) error { return emit(e, nil) })
		})
	}
	return sources.InOrder(ctx, aheadOf*s.workers, items, s.detail)
}

// detail makes the record of an entry. What fails is the entry's error, and ends nothing.
func (s *source) detail(ctx context.Context, e entry) (entry, error) {
	if e.none {
		return e, nil
	}
	it := &e.item
	if it.detailed() {
		s.client.Arrived("account", it.id)
		e.record = it.record()
		return e, nil
	}
	object, err := s.get(ctx, it.id)
	s.client.Arrived("account", it.id)
	switch {
	case err == nil:
		if it.raw = merge(it.raw, object); len(it.raw) > sources.MaxRecord {
			it.raw, it.oversize = it.raw[:oversizeBytes], true
		}
	case fetch.IsGone(err):
		e.none = true // deleted since the list was read
		return e, nil
	case errors.Is(err, fetch.ErrTooLarge):
		it.oversize = true
	default:
		e.part, e.err = "account "+it.id, err
	}
	e.record = it.record()
	e.record.Lower = e.err != nil
	return e, nil
}

// detailed reports whether there is nothing to fetch: the item is a full object (Audian's own list may hold
// those), in either of its shapes, or it is rejected.
func (it item) detailed() bool {
	if it.id == "" || it.oversize {
		return true
	}
	has := func(name string) bool { _, ok := fetch.Member(it.raw, name); return ok }
	return has("enabled") && has("created") || has("status") && has("createdAt")
}

func (it item) record() sources.Record {
	return sources.Record{ID: it.id, Raw: it.raw, Oversize: it.oversize, Parent: it.parent()}
}

// parent returns the nearest ancestor: the last of tree, which some lists end with the account itself. A placeholder
// such as "undefined" is no ancestor. A root has "".
func (it item) parent() string {
	tree, _ := fetch.Member(it.raw, "tree")
	var ancestors []json.RawMessage
	if json.Unmarshal(tree, &ancestors) != nil {
		return ""
	}
	for _, ancestor := range slices.Backward(ancestors) {
		if id := fetch.ID(ancestor); id != it.id && !normalize.Placeholder(id) {
			return id
		}
	}
	return ""
}

// merge lays the detail over the item of a list: one object, in which the item's tree stays.
func merge(listed, detail []byte) []byte {
	merged := canon.Overlay(listed, detail)
	if tree, ok := fetch.Member(listed, "tree"); ok {
		return withTree(merged, tree)
	}
	return merged
}

func withTree(object, tree []byte) []byte {
	return canon.Overlay(object, fmt.Appendf(nil, `{"tree":%s}`, tree))
}
