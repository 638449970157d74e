package sources

import (
	"errors"
	"slices"

	"rollcall/sources/fetch"
)

// A NotificationReader reads a provider's webhook notifications. A Source that
// is one can be sent them.
type NotificationReader interface {
	// ReadNotification returns the ids of the accounts that changed. It only
	// reads: the notification may be forged.
	ReadNotification(body []byte) (ids []string, err error)
}

var errNoAccount = errors.New("the notification names no account")

// NotificationIDs finds ids in a notification: a JSON object with one of the members names,
// or one that holds such an object in one of the members within.
func NotificationIDs(body []byte, names, within []string) ([]string, error) {
	var ids []string
	add := func(object []byte) {
		for _, name := range names {
			if id := fetch.ID(object, name); requestable(id) && !slices.Contains(ids, id) {
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
		return nil, errNoAccount
	}
	return ids, nil
}

// requestable reports whether an account of that id can be requested: in a path
// . and .. mean something else, and a request with one would fail each time.
func requestable(id string) bool { return id != "" && id != "." && id != ".." }
