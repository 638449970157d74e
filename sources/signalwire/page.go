package signalwire

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"strconv"

	"rollcall/sources"
	"rollcall/sources/fetch"
)

var (
	// errStopped ends a reading whose consumer wants no more.
	errStopped = errors.New("stopped by the consumer")

	errCircle = errors.New("the provider's links to the next page go round in a circle, also with the largest page: the listing cannot be completed; try again later, and tell the provider if it stays so")
)

// first is the ref of the first page.
func (s *source) first(size int) string {
	return s.list + "?PageSize=" + strconv.Itoa(size)
}

// readPage hands the accounts of one page on as they are read and returns the
// link to the next page, "" on the last one. The link is the cursor of the
// page's last batch alone: before that the page has not been seen whole.
func (s *source) readPage(ctx context.Context, ref string, size int, yield func(sources.Page, error) bool) (next string, err error) {
	var batch sources.Batch
	err = s.client.Get(ctx, ref, nil, func(res *http.Response) error {
		batch = sources.Batch{} // a try that failed begins again
		count, full := 0, false
		envelope, err := fetch.ReadList(res.Body, fetch.ListOptions{Lists: [][]string{{"accounts"}}}, func(e fetch.Element) error {
			// A full batch waits for one more account, so that a page that
			// fills it is a single batch with its cursor.
			if full && !yield(batch.Take(""), nil) {
				return errStopped
			}
			count++
			full = batch.Add(sources.Record{ID: fetch.ID(e.Raw, "sid"), Raw: e.Raw, Oversize: e.Oversize})
			return nil
		})
		if err != nil {
			return err
		}
		next, err = nextLink(envelope, count, size)
		return err
	})
	if err != nil {
		return "", err
	}
	if (batch.Len() > 0 || next != "") && !yield(batch.Take(next), nil) {
		return "", errStopped
	}
	return next, nil
}

// nextLink reads the link to the next page of a page with that many accounts.
// Where the link is missing, not null, a page that is not full must be the last.
func nextLink(envelope fetch.Envelope, count, size int) (string, error) {
	raw := envelope.Get("next_page_uri")
	if raw == nil {
		if n, err := strconv.Atoi(string(envelope.Get("page_size"))); err == nil && n > 0 && n < size {
			size = n
		}
		if count >= size {
			return "", errors.New("a full page does not say whether another one follows (next_page_uri is missing): the listing cannot be completed")
		}
		return "", nil
	}
	if bytes.Equal(raw, []byte("null")) {
		return "", nil
	}
	var link string
	if err := json.Unmarshal(raw, &link); err != nil {
		return "", errors.New("the link to the next page (next_page_uri) is not a text: the listing cannot be completed")
	}
	return link, nil
}

// A circle notices links that go round in a circle, in constant memory: Brent's
// algorithm keeps one link and compares the next 1, 2, 4, 8… with it.
// The zero circle is ready.
type circle struct {
	kept         string
	steps, limit int
}

// closes tells that link was seen before.
func (c *circle) closes(link string) bool {
	if link == c.kept {
		return true
	}
	if c.steps++; c.steps >= c.limit {
		c.kept, c.steps, c.limit = link, 0, max(1, 2*c.limit)
	}
	return false
}

// errorCode finds the code in {"code":20003,…} and in {"errors":[{"code":…}]}.
func errorCode(body []byte) string {
	if code := fetch.ID(body, "code"); code != "" {
		return code
	}
	list, _ := fetch.Member(body, "errors")
	var errs []json.RawMessage
	if json.Unmarshal(list, &errs) != nil || len(errs) == 0 {
		return ""
	}
	return fetch.ID(errs[0], "code")
}
