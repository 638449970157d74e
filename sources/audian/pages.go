package audian

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"

	"rollcall/sources/fetch"
)

const (
	// larger is the factor of one larger page where the cursor does not move. The cursor is an
	// account's name, so a page moves on only if it holds all the accounts of one name.
	larger = 10

	// pageBytes is the longest page that is read: it is held in memory while its details are fetched. An item
	// has 200 to 500 bytes.
	pageBytes = 64 << 20

	// oversizeBytes is how much is kept of an item that is too long to be stored.
	oversizeBytes = 64 << 10
)

// An item is an account as a list has it.
type item struct {
	id       string
	raw      []byte
	oversize bool
}

type page struct {
	fetch.Page
	items []item
	next  position // of the next page; zero at the end
}

// A position is where a page begins: at a key, or at an offset where the provider counts instead (Audian's page shows
// "pagination":{"limit","offset","total"}). The zero position is the beginning.
type position struct {
	key           string
	offset, limit int64
}

// dataList says where the list stands in an answer.
var dataList = fetch.ListOptions{Lists: [][]string{{"data"}}, Success: success}

// pages hands the pages of a list, from the key start on, to each, with the key that they begin at. A page that begins at
// an offset has none.
func (s *source) pages(ctx context.Context, list, start string, each func(p page, start string) error) error {
	var guard fetch.Loop
	guard.Closes(start)
	tally := fetch.Tally{Resumed: start != ""}
	for at := (position{key: start}); ; {
		p, err := s.page(ctx, list, at, s.pageSize)
		if err == nil && guard.Closes(p.next.key) {
			p, err = s.page(ctx, list, at, s.pageSize*larger)
			if err == nil && guard.Closes(p.next.key) {
				err = fmt.Errorf("the paging of %s does not move on, even with pages of %d: "+
					"more accounts than that may share one name; raise %s above their number", list, s.pageSize*larger, s.client.Variable("PAGE_SIZE"))
			}
		}
		if err != nil {
			return err
		}
		before := tally.Elements()
		for _, it := range p.items {
			tally.Add(it.id)
		}
		tally.Turn(&p.Page)
		switch {
		case at.offset > 0 && len(p.items) > 0 && tally.Elements() == before:
			return fmt.Errorf("the paging of %s does not move on: the accounts at offset %d are those before it", list, at.offset)
		case p.next == position{}:
			if err := tally.Complete(p.Page); err != nil {
				return err
			}
		}
		if err := each(p, at.key); err != nil {
			return err
		}
		if at = p.next; at == (position{}) {
			return nil
		}
	}
}

// page reads one page.
func (s *source) page(ctx context.Context, list string, at position, size int) (page, error) {
	query := url.Values{"page_size": {strconv.Itoa(size)}}
	if at.key != "" {
		query.Set("start_key", at.key)
	}
	if at.offset > 0 {
		query.Set("offset", strconv.FormatInt(at.offset, 10))
		query.Set("limit", strconv.FormatInt(at.limit, 10))
	}
	var p page
	err := s.client.Get(ctx, list+"?"+query.Encode(), nil, func(r *http.Response) error {
		var err error
		p, err = s.readPage(r)
		return err
	})
	if err == nil && p.next.key == "" {
		p.next, err = p.nextOffset(at)
	}
	return p, err
}

// nextOffset returns where the next page begins, if the provider counts and this is not the last one.
func (p page) nextOffset(at position) (position, error) {
	number := func(name string) int64 {
		text := cmp.Or(fetch.ID(p.Get("pagination"), name), p.Text(name))
		if n, err := strconv.ParseInt(text, 10, 64); err == nil {
			return n
		}
		return -1
	}
	offset, limit, total := number("offset"), number("limit"), number("total")
	switch {
	case len(p.items) == 0 || total < 0 || offset < 0 && limit < 0:
		return position{}, nil
	case offset < 0 && at.key == "":
		offset = at.offset
	case offset != at.offset && at.key == "":
		return position{}, fmt.Errorf("the paging does not move on: offset %d was requested, and %d answered", at.offset, offset)
	}
	end := offset + int64(len(p.items))
	if offset < 0 || total <= end {
		return position{}, nil
	}
	if limit <= 0 {
		limit = int64(len(p.items))
	}
	return position{offset: end, limit: limit}, nil
}

func (s *source) readPage(r *http.Response) (page, error) {
	var p page
	size := 0
	var err error
	p.Page, err = fetch.ReadPage(r, dataList, func(e fetch.Element) error {
		it := item{id: fetch.ID(e.Raw, "id"), oversize: e.Oversize}
		s.client.Arrived("listed", it.id)
		if it.raw = e.Raw; e.Oversize {
			it.raw = e.Raw[:min(len(e.Raw), oversizeBytes)]
		}
		it.raw = slices.Clone(it.raw)
		if size += len(it.raw); size > pageBytes {
			return errors.New("a page of the list is longer than 64 MiB: lower PAGE_SIZE")
		}
		p.items = append(p.items, it)
		return nil
	})
	s.token.learn(p.Get("auth_token"))
	if err != nil {
		return p, err
	}
	p.next.key, err = nextKey(p.Envelope)
	return p, err
}

// nextKey returns the start_key of the next page. It is opaque: a text is passed as it is, anything else as JSON.
func nextKey(e fetch.Envelope) (string, error) {
	const name = "next_start_key"
	raw := e.Get(name)
	switch {
	case slices.Contains(e.Dropped, name):
		return "", errors.New(name + " is longer than 16 KiB")
	case len(raw) == 0 || string(raw) == `""`:
		return "", nil
	case raw[0] != '"' && fetch.IsNothing(raw): // null, [], {} or false
		return "", nil
	case raw[0] != '"':
		return string(raw), nil
	}
	if key := e.Text(name); key != "" {
		return key, nil
	}
	return "", errors.New(name + " is not a text that can be sent back")
}
