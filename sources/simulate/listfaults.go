package simulate

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"sync"
	"sync/atomic"
	"time"
)

// Without leaves accounts out of listings; a request by id still gets them.
func Without(ids ...string) Action {
	return EditList("truncated list", func(items [][]byte) [][]byte {
		return slices.DeleteFunc(items, func(item []byte) bool { return slices.Contains(ids, idOf(item)) })
	})
}

// EmptyList answers a listing's last page, without accounts.
func EmptyList() Action {
	return EditEnvelope("empty list", func(_ *http.Request, e *Envelope) {
		if e.Single {
			return
		}
		e.Items = [][]byte{}
		delete(e.Fields, "next_start_key")
		for key, last := range map[string]string{"next_page_uri": "null", "total": "0", "pages": "0"} {
			if e.Fields[key] != nil {
				e.Fields[key] = []byte(last)
			}
		}
	})
}

// NoList answers null where the list belongs.
func NoList() Action {
	return EditList("no list", func([][]byte) [][]byte { return nil })
}

// Repeat begins each page with the last n accounts of the one answered before
// it, as happens while the provider changes.
func Repeat(n int) Action {
	var mu sync.Mutex
	var last [][]byte
	return EditList("repeated rows", func(items [][]byte) [][]byte {
		mu.Lock()
		defer mu.Unlock()
		out := append(slices.Clone(last), items...)
		last = slices.Clone(items[max(0, len(items)-n):])
		return out
	})
}

// NextIs sets a listing's link to the next page: a whole URL on another host,
// or the cursor, whichever the dialect has.
func NextIs(link string) Action {
	return EditEnvelope("next elsewhere", func(_ *http.Request, e *Envelope) { setNext(e, link) })
}

// NextIsSelf makes the next link lead to the page it is on, for ever.
func NextIsSelf() Action {
	return EditEnvelope("next repeats", func(r *http.Request, e *Envelope) {
		link := r.URL.RequestURI()
		if e.Fields["next_page_uri"] == nil {
			link = r.URL.Query().Get("start_key")
		}
		if link == "" && len(e.Items) > 0 { // the first page's cursor is the name of its first account
			var first struct{ Name string }
			_ = json.Unmarshal(e.Items[0], &first)
			link = kazooKey(first.Name)
		}
		setNext(e, link)
	})
}

// NextIsEndless makes each next link a new one, which leads to the first page
// again, for ever.
func NextIsEndless() Action {
	var n atomic.Int64
	return EditEnvelope("next is endless", func(r *http.Request, e *Envelope) {
		link := fmt.Sprintf("!%d", n.Add(1)) // no cursor of Kazoo's, so it is taken for a name, the smallest one
		if e.Fields["next_page_uri"] != nil {
			link = fmt.Sprintf("%s?PageSize=%s&n=%s", r.URL.Path, r.URL.Query().Get("PageSize"), link[1:])
		}
		setNext(e, link)
	})
}

// ListMember adds a member next to a listing's records, or sets it to another value.
func ListMember(member, value string) Action {
	return EditEnvelope("member "+member, func(_ *http.Request, e *Envelope) {
		if !e.Single {
			e.Fields[member] = []byte(value)
		}
	})
}

// Under answers as before, with another good status.
func Under(status int) Action {
	return Act(fmt.Sprint("status ", status), func(w http.ResponseWriter, r *http.Request, next http.Handler) {
		_, body := recorded(w, r, next)
		w.WriteHeader(status)
		_, _ = w.Write(body)
	})
}

// Trickle sends the body of an answer in parts, with a pause before each.
func Trickle(parts int, pause time.Duration) Action {
	return Act("trickle", func(w http.ResponseWriter, r *http.Request, next http.Handler) {
		status, body := recorded(w, r, next)
		w.Header().Del("Content-Length")
		w.WriteHeader(status)
		for part := range slices.Chunk(body, len(body)/parts+1) {
			select {
			case <-time.After(pause):
			case <-r.Context().Done():
				return
			}
			_, _ = w.Write(part)
			_ = http.NewResponseController(w).Flush() // of a recorder it fails, which is no matter
		}
	})
}

func setNext(e *Envelope, link string) {
	if e.Single {
		return
	}
	key := "next_start_key"
	if e.Fields["next_page_uri"] != nil {
		key = "next_page_uri"
	}
	e.Fields[key] = []byte(strconv.Quote(link))
}

// idOf is a record's id, in any dialect; "" where it has none.
func idOf(item []byte) string {
	var fields map[string]json.RawMessage
	if json.Unmarshal(item, &fields) != nil {
		return ""
	}
	var id string
	_ = json.Unmarshal(fields[known(fields, idFields)], &id) // a number is no id here
	return id
}
