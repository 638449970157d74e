package signalwire

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"

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

// accountsList says where the list stands in an answer.
var accountsList = fetch.ListOptions{Lists: [][]string{{"accounts"}}}

// readPage hands the accounts of one page on as they are read and returns the
// link to the next page, "" on the last one. The link is the cursor of the
// page's last batch alone: before that the page has not been seen whole.
func (s *source) readPage(ctx context.Context, ref string, size int, tally *fetch.Tally, yield func(sources.Page, error) bool) (next string, err error) {
	var batch sources.Batch
	var page fetch.Page
	kind := "account of a page of " + strconv.Itoa(size) // what is read again with larger pages is progress
	err = s.client.Get(ctx, ref, nil, func(res *http.Response) (err error) {
		batch = sources.Batch{} // a try that failed begins again
		full := false
		page, err = fetch.ReadPage(res, accountsList, func(e fetch.Element) error {
			// A full batch waits for one more account, so that a page that
			// fills it is a single batch with its cursor.
			if full && !yield(batch.Take(""), nil) {
				return errStopped
			}
			id := fetch.ID(e.Raw, "sid")
			tally.Add(id)
			s.client.Arrived(kind, id)
			full = batch.Add(sources.Record{ID: id, Raw: e.Raw, Oversize: e.Oversize})
			return nil
		})
		if err != nil {
			return err
		}
		next, err = nextLink(page, size)
		return err
	})
	if err != nil {
		return "", err
	}
	if tally.Turn(&page); next == "" {
		if err := tally.Complete(page); err != nil {
			return "", err
		}
	}
	if (batch.Len() > 0 || next != "") && !yield(batch.Take(next), nil) {
		return "", errStopped
	}
	return next, nil
}

// linkMembers hold the link to the next page: in SignalWire's answers and
// Twilio's of 2010-04-01 the first, in Twilio's newer ones the last.
var linkMembers = []string{"next_page_uri", "next_page_url", "meta.next_page_url"}

// nextLink reads the link to the next page, from the first of its members that
// is there. Where all are missing, not null, a page that is not full must be
// the last.
func nextLink(page fetch.Page, size int) (string, error) {
	for _, name := range linkMembers {
		raw := page.Get(name)
		if inner, ok := strings.CutPrefix(name, "meta."); ok {
			raw, _ = fetch.Member(page.Get("meta"), inner)
		}
		if raw == nil {
			continue
		}
		if bytes.Equal(raw, []byte("null")) {
			return "", nil
		}
		var link string
		if err := json.Unmarshal(raw, &link); err != nil {
			return "", fmt.Errorf("the link to the next page (%s) is not a text: the listing cannot be completed", name)
		}
		return link, nil
	}
	if n, err := strconv.Atoi(string(page.Get("page_size"))); err == nil && n > 0 && n < size {
		size = n
	}
	if page.Elements >= size {
		return "", errors.New("a full page does not say whether another one follows (next_page_uri is missing): the listing cannot be completed")
	}
	return "", nil
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
