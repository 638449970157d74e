package sources

import (
	"errors"
	"slices"

	"rollcall/sources/fetch"
)

// A Hinter reads a provider's push. A Source that is one can be sent hooks.
type Hinter interface {
	// Hint returns the ids of the accounts that a delivery is about. It only
	// reads: the delivery may be forged.
	Hint(body []byte) (ids []string, err error)
}

// errNoHint is a delivery that names no account.
var errNoHint = errors.New("the delivery names no account")

// HintIDs finds ids in a delivery: a JSON object with one of the members names,
// or one that holds such an object in one of the members within.
func HintIDs(body []byte, names, within []string) ([]string, error) {
	var ids []string
	add := func(object []byte) {
		for _, name := range names {
			if id := fetch.ID(object, name); askable(id) && !slices.Contains(ids, id) {
				ids = append(ids, id)
				return
			}
		}
	}
	if add(body); len(ids) > 0 {
		return ids, nil
	}
	for _, name := range within {
		if object, ok := fetch.Member(body, name); ok {
			add(object)
		}
	}
	if len(ids) == 0 {
		return nil, errNoHint
	}
	return ids, nil
}

// askable tells whether an account of that id can be asked for at all: in a path
// these ids mean something else, so that a delivery with one would be asked for
// again and again.
func askable(id string) bool { return id != "" && id != "." && id != ".." }
