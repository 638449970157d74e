package audian

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"

	"rollcall/sources/fetch"
)

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

// missing tells whether a list is not there: 404 or 405 (Kazoo's answer to Audian's own lists).
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
	tree, err := json.Marshal(path)
	if err != nil {
		panic(errors.Join(errors.New("a list of texts is always JSON"), err))
	}
	raw := append([]byte(nil), it.raw[:len(it.raw)-1]...)
	raw = append(raw, `,"tree":`...)
	it.raw = append(append(raw, tree...), '}')
	return it
}
