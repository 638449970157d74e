package backstack

import (
	"context"
	"errors"
	"fmt"
	"hash/maphash"
	"net/http"
	"slices"
	"strconv"

	"rollcall/model"
	"rollcall/sources"
	"rollcall/sources/fetch"
)

const (
	// pageMembers is how many members a page of a network holds (Backstack's reference).
	pageMembers = 25

	// pageBytes is the longest page that is read: one is held in memory for each running request.
	pageBytes = 32 << 20
)

// networkList says where the members stand in an answer, wrapped or not.
var networkList = fetch.ListOptions{
	Lists: [][]string{{"list"}, {"payload", "list"}, {"data", "list"}, {"payload"}, {"data"}},
}

// A member is an account as the network that it belongs to names it.
type member struct {
	id       string
	raw      []byte
	oversize bool
}

// A page is one page of a network. pages and total are -1 where the provider does not say.
type page struct {
	fetch.Page
	members      []member
	pages, total int
	digest       uint64 // of the members' ids
	none         bool   // there is no network
}

// digests is the seed of the pages' digests, which are compared within this process alone.
var digests = maphash.MakeSeed()

// network reads page n, from 1, of the network of session i.
func (s *source) network(ctx context.Context, i, n int) (page, error) {
	// page_index in one document and page in another: a provider reads the one that it knows.
	ref := fmt.Sprintf("account/networks?page_index=%d&page=%d", n, n)
	var p page
	err := s.client.Get(ctx, ref, s.sessions.header(i), func(r *http.Response) error {
		var err error
		p, err = readPage(r)
		return err
	})
	if n == 1 && fetch.Status(err) == http.StatusNotFound {
		return page{none: true}, nil
	}
	return p, err
}

func readPage(r *http.Response) (page, error) {
	p := page{}
	size := 0
	var ids maphash.Hash
	ids.SetSeed(digests)
	var err error
	p.Page, err = fetch.ReadPage(r, networkList, func(e fetch.Element) error {
		if size += len(e.Raw); size > pageBytes {
			return errors.New("a page of the network is longer than 32 MiB")
		}
		m := member{id: fetch.ID(e.Raw, "account_id"), oversize: e.Oversize}
		if m.id == "" {
			m.id = fetch.ID(e.Raw, "id")
		}
		m.raw = slices.Clone(e.Raw)
		p.members = append(p.members, m)
		_, _ = ids.WriteString(m.id) // never fails
		_ = ids.WriteByte(0)
		return nil
	})
	if err != nil {
		return p, err
	}
	p.pages, p.total, p.digest = count(p.Envelope, "pages"), count(p.Envelope, "total"), ids.Sum64()
	return p, nil
}

// count returns a number outside of the list, -1 where it is missing.
func count(e fetch.Envelope, name string) int {
	for _, text := range []string{e.Text(name), e.Text("payload", name), e.Text("data", name)} {
		if n, err := strconv.Atoi(text); err == nil && n >= 0 {
			return n
		}
	}
	return -1
}

// last reports whether p, the page n after which seen members were read, ends its network: by pages where the
// provider gives them, else by total, else by a page that is not full.
func (p page) last(n, seen int) bool {
	switch {
	case p.none:
		return true
	case p.pages >= 0:
		return n >= p.pages
	case p.total >= 0:
		return seen >= p.total
	default:
		return len(p.members) < pageMembers
	}
}

// readNetworks reads the networks of the sessions that answered, the last session first: an account in two
// networks is then yielded last by the first session that names it, and the last record of an account counts.
// No list of all the members has to be held for that.
func (l *listing) readNetworks(ctx context.Context) error {
	type answer struct {
		page
		lister *account
		err    error
	}
	// First pages are read ahead: most networks have no other.
	n := len(l.own)
	ask := func(ctx context.Context, i int) (answer, error) {
		lister := &l.own[n-1-i]
		p, err := l.source.network(ctx, lister.session, 1)
		return answer{p, lister, err}, nil
	}
	for first, err := range sources.InOrder(ctx, l.source.ahead, sources.Count(n), ask) {
		if err != nil {
			return err
		}
		lister := first.lister
		l.source.client.Arrived("network", lister.id)
		err = first.err
		if err == nil {
			err = l.readNetwork(ctx, lister, first.page)
		}
		switch {
		case ctx.Err() != nil:
			return context.Cause(ctx)
		case errors.Is(err, sources.ErrStopped):
			return err
		case err != nil:
			l.networkFailed = true
			if err := l.Part(fmt.Sprintf("network of session %d", lister.session+1), l.source.advise(err)); err != nil {
				return err
			}
		}
	}
	return l.Flush()
}

// readNetwork takes the members of a network, whose first page is p.
func (l *listing) readNetwork(ctx context.Context, lister *account, p page) error {
	begin, before := p.digest, p.digest
	var tally fetch.Tally
	network := "network of " + lister.id
	for n, seen := 1, 0; ; {
		for _, m := range p.members {
			tally.Add(m.id)
			l.source.client.Arrived(network, m.id)
			if err := l.take(lister, m); err != nil {
				return err
			}
		}
		tally.Turn(&p.Page)
		if seen += len(p.members); p.last(n, seen) || len(p.members) == 0 && p.pages < 0 {
			return tally.Complete(p.Page)
		}
		n++
		next, err := l.source.network(ctx, lister.session, n)
		if err != nil {
			return fmt.Errorf("page %d: %w", n, err)
		}
		if len(next.members) > 0 && (next.digest == before || next.digest == begin) {
			return fmt.Errorf("page %d repeats an earlier page: the provider's paging runs in a loop", n)
		}
		p, before = next, next.digest
	}
}

// take keeps what a network says about an account that has a session of its own, and yields any other.
func (l *listing) take(lister *account, m member) error {
	if m.id == lister.id {
		return nil // an account is not its own parent
	}
	if i, own := l.byID[m.id]; own {
		l.own[i].parent, l.own[i].member = lister.id, m.raw
		if m.oversize {
			l.own[i].member = nil
		}
		return nil
	}
	return l.Add(sources.Record{
		ID:       m.id,
		Raw:      m.raw,
		Oversize: m.oversize,
		Parent:   lister.id,
		Status:   model.Unknown,
		// Its own session may be the one that could not be read.
		KeepStatus: l.sessionFailed,
		Lower:      true,
	}, "")
}
