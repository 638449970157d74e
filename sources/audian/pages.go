package audian

import (
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
	// larger is how many times the page size is asked for once where the cursor does not move. The cursor is an
	// account's name, so a page moves on only if it holds all the accounts of one name.
	larger = 10

	// pageBytes is the longest page that is taken: it is held in memory while its details are asked for. An item
	// has 200 to 500 bytes.
	pageBytes = 64 << 20

	// oversizeBytes is how much is kept of an item that is too long to be taken.
	oversizeBytes = 64 << 10
)

// An item is an account as a list has it.
type item struct {
	id       string
	raw      []byte
	oversize bool
}

type page struct {
	items []item
	next  string // the start_key of the next page, "" at the end
}

// dataList says where the list stands in an answer.
var dataList = fetch.ListOptions{Lists: [][]string{{"data"}}}

// pages hands the pages of a list, from the key start on, to each, with the key that they begin at.
func (s *source) pages(ctx context.Context, list, start string, each func(p page, start string) error) error {
	guard := loop{at: start, every: 1}
	for {
		p, err := s.page(ctx, list, start, s.pageSize)
		if err == nil && guard.repeats(p.next) {
			p, err = s.page(ctx, list, start, s.pageSize*larger)
			if err == nil && guard.repeats(p.next) {
				err = fmt.Errorf("the paging of %s does not move on, even with pages of %d: "+
					"more accounts than that may share one name; raise PAGE_SIZE above their number", list, s.pageSize*larger)
			}
		}
		if err != nil {
			return err
		}
		if err := each(p, start); err != nil {
			return err
		}
		if start = p.next; start == "" {
			return nil
		}
		guard.pass(start)
	}
}

// page reads one page.
func (s *source) page(ctx context.Context, list, start string, size int) (page, error) {
	query := url.Values{"page_size": {strconv.Itoa(size)}}
	if start != "" {
		query.Set("start_key", start)
	}
	var p page
	err := s.client.Get(ctx, list+"?"+query.Encode(), nil, func(r *http.Response) error {
		var err error
		p, err = s.readPage(r)
		return err
	})
	return p, err
}

func (s *source) readPage(r *http.Response) (page, error) {
	var p page
	size := 0
	envelope, err := fetch.ReadList(r.Body, dataList, func(e fetch.Element) error {
		it := item{id: fetch.ID(e.Raw, "id"), oversize: e.Oversize}
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
	s.token.learn(envelope.Get("auth_token"))
	if err != nil {
		return p, err
	}
	if envelope.Text("status") == "error" {
		return p, errors.New("the provider answered a list with the status error")
	}
	p.next, err = nextKey(envelope)
	return p, err
}

// nextKey returns the start_key of the next page. It is opaque: a text is passed as it came, anything else as JSON.
func nextKey(e fetch.Envelope) (string, error) {
	const name = "next_start_key"
	raw := e.Get(name)
	switch {
	case slices.Contains(e.Dropped, name):
		return "", errors.New(name + " is longer than 16 KiB")
	case len(raw) == 0 || string(raw) == "null" || string(raw) == `""`:
		return "", nil
	case raw[0] != '"':
		return string(raw), nil
	}
	if key := e.Text(name); key != "" {
		return key, nil
	}
	return "", errors.New(name + " is no text that can be sent back")
}

// A loop notices a cursor that comes again, however long the way round, and holds two of them (Brent's way).
type loop struct {
	at, mark     string
	steps, every int
}

// repeats tells whether the cursor next has been seen.
func (l *loop) repeats(next string) bool { return next != "" && (next == l.at || next == l.mark) }

// pass moves on to the cursor next.
func (l *loop) pass(next string) {
	l.at = next
	if l.steps++; l.steps == l.every {
		l.mark, l.steps, l.every = next, 0, 2*l.every
	}
}
