package agendize

import (
	"bytes"
	"context"
	"errors"
	"iter"
	"net/http"
	"net/url"
	"time"

	"rollcall/sources"
	"rollcall/sources/fetch"
)

// errStopped ends a reading whose consumer wants no more.
var errStopped = errors.New("stopped by the consumer")

// itemsList says where the list stands in an answer.
var itemsList = fetch.ListOptions{Lists: [][]string{{"items"}}}

// List reads the whole list, or the accounts of a window and some around it.
func (s *source) List(ctx context.Context, w sources.Window, _ string) iter.Seq2[sources.Page, error] {
	return func(yield func(sources.Page, error) bool) {
		found, err := s.readAll(ctx, filter(w), yield)
		if err == nil && found == 0 && !w.Whole() {
			// Nothing was created then, or the reference means what it says about
			// the bounds (see filter): the whole list tells, and the engine filters.
			_, err = s.readAll(ctx, url.Values{}, yield)
		}
		if err != nil && !errors.Is(err, errStopped) {
			yield(sources.Page{}, err)
		}
	}
}

// Bounds that stand in where a window is open.
var (
	earliest = time.Date(1970, time.January, 1, 0, 0, 0, 0, time.UTC)
	latest   = time.Date(2100, time.January, 1, 0, 0, 0, 0, time.UTC)
)

// filter asks for the accounts created within w. Both bounds are exclusive to the
// second, so they lie a second outside of it.
//
// The reference calls createdStartDate the upper and createdEndDate the lower
// bound, against their names. It seems to have swapped the words, so the names
// count here. Both bounds are always sent: should the words be right after all,
// no account lies between them and the answer is empty, never a wrong selection.
func filter(w sources.Window) url.Values {
	q := url.Values{}
	if w.Whole() {
		return q
	}
	since, until := earliest, latest
	if !w.Since.IsZero() {
		since = w.Since.Add(-time.Second)
	}
	if !w.Until.IsZero() {
		until = w.Until.Add(time.Second)
	}
	q.Set("createdStartDate", since.UTC().Format(time.RFC3339))
	q.Set("createdEndDate", until.UTC().Format(time.RFC3339))
	return q
}

// readAll reads the list and returns how many accounts it held. Whether it holds
// the disabled ones is not documented: where none is among them, they are asked
// for by themselves. Otherwise they would look like deleted.
//
// No pages are documented either, so a list that says that there is more is not
// complete. A total may count the disabled accounts in both lists.
func (s *source) readAll(ctx context.Context, q url.Values, yield func(sources.Page, error) bool) (int, error) {
	var tally fetch.Tally
	page, disabled, err := s.read(ctx, q, &tally, yield)
	if err != nil {
		return 0, err
	}
	tally.Turn(&page)
	if !disabled {
		q.Set("status", "disabled")
		more, _, err := s.read(ctx, q, &tally, yield)
		if err == nil {
			err = tally.Complete(more)
		}
		if err != nil {
			return 0, err
		}
		page.Elements += more.Elements
	}
	return page.Elements, tally.Complete(page)
}

// read hands the accounts of one list on as they are read.
func (s *source) read(ctx context.Context, q url.Values, tally *fetch.Tally, yield func(sources.Page, error) bool) (page fetch.Page, disabled bool, err error) {
	ref := path
	if len(q) > 0 {
		ref += "?" + q.Encode()
	}
	var batch sources.Batch
	err = s.client.Get(ctx, ref, nil, func(res *http.Response) (err error) {
		batch, disabled = sources.Batch{}, false // a try that failed begins again
		full := false
		page, err = fetch.ReadPage(res, itemsList, func(e fetch.Element) error {
			if full && !yield(batch.Take(""), nil) {
				return errStopped
			}
			id := fetch.ID(e.Raw, "id")
			tally.Add(id)
			s.client.Arrived("account", id)
			disabled = disabled || isDisabled(e.Raw)
			full = batch.Add(sources.Record{ID: id, Raw: e.Raw, Oversize: e.Oversize})
			return nil
		})
		return err
	})
	if err != nil {
		return page, false, err
	}
	if batch.Len() > 0 && !yield(batch.Take(""), nil) {
		return page, false, errStopped
	}
	return page, disabled, nil
}

// isDisabled reads the status in whatever case Map takes it.
func isDisabled(raw []byte) bool {
	status, _ := fetch.Member(raw, "status")
	return bytes.EqualFold(status, []byte(`"disabled"`))
}
