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

var (
	// errStopped ends a reading whose consumer wants no more.
	errStopped = errors.New("stopped by the consumer")

	errPaged = errors.New("the list names a further page (nextPageToken), which its reference does not know of: the listing would be incomplete; rollcall must learn to page here")
)

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

// readAll reads the list and tells how many accounts it held. Whether it holds
// the disabled ones is not documented: where none is among them, they are asked
// for by themselves. Otherwise they would look like deleted.
func (s *source) readAll(ctx context.Context, q url.Values, yield func(sources.Page, error) bool) (int, error) {
	found, disabled, err := s.read(ctx, q, yield)
	if err != nil || disabled {
		return found, err
	}
	q.Set("status", "disabled")
	more, _, err := s.read(ctx, q, yield)
	return found + more, err
}

// read hands the accounts of one list on as they are read.
func (s *source) read(ctx context.Context, q url.Values, yield func(sources.Page, error) bool) (found int, disabled bool, err error) {
	ref := path
	if len(q) > 0 {
		ref += "?" + q.Encode()
	}
	var batch sources.Batch
	err = s.client.Get(ctx, ref, nil, func(res *http.Response) error {
		batch, found, disabled = sources.Batch{}, 0, false // a try that failed begins again
		full := false
		envelope, err := fetch.ReadList(res.Body, fetch.ListOptions{Lists: [][]string{{"items"}}}, func(e fetch.Element) error {
			if full && !yield(batch.Take(""), nil) {
				return errStopped
			}
			found++
			disabled = disabled || isDisabled(e.Raw)
			full = batch.Add(sources.Record{ID: fetch.ID(e.Raw, "id"), Raw: e.Raw, Oversize: e.Oversize})
			return nil
		})
		if err != nil {
			return err
		}
		if next := envelope.Get("nextPageToken"); next != nil && envelope.Text("nextPageToken") != "" {
			return errPaged
		}
		return nil
	})
	if err != nil {
		return 0, false, err
	}
	if batch.Len() > 0 && !yield(batch.Take(""), nil) {
		return 0, false, errStopped
	}
	return found, disabled, nil
}

// isDisabled reads the status in whatever case Map takes it.
func isDisabled(raw []byte) bool {
	status, _ := fetch.Member(raw, "status")
	return bytes.EqualFold(status, []byte(`"disabled"`))
}
