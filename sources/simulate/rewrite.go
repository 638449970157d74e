package simulate

import (
	"bytes"
	"encoding/json"
	"maps"
	"net/http"
	"slices"
	"strconv"
)

// Rewrite changes the body of good answers.
func Rewrite(name string, edit func(r *http.Request, body []byte) []byte) Action {
	return Act(name, func(w http.ResponseWriter, r *http.Request, next http.Handler) {
		status, body := recorded(w, r, next)
		if status == http.StatusOK {
			body = edit(r, body)
		}
		w.Header().Set("Content-Length", strconv.Itoa(len(body)))
		w.WriteHeader(status)
		_, _ = w.Write(body)
	})
}

// recorded takes an answer instead of sending it. Its headers are set.
func recorded(w http.ResponseWriter, r *http.Request, next http.Handler) (status int, body []byte) {
	plain := r.Clone(r.Context())
	plain.Header.Del("Accept-Encoding") // what is compressed can't be edited
	rec := &recorder{header: w.Header(), status: http.StatusOK}
	next.ServeHTTP(rec, plain)
	return rec.status, rec.body.Bytes()
}

type recorder struct {
	header http.Header
	status int
	body   bytes.Buffer
}

func (r *recorder) Header() http.Header         { return r.header }
func (r *recorder) WriteHeader(status int)      { r.status = status }
func (r *recorder) Write(b []byte) (int, error) { return r.body.Write(b) }

// An Envelope is an answer taken apart: a list of records with what is around
// it, or one record. The texts are JSON, or what a fault makes of it.
type Envelope struct {
	Fields map[string][]byte
	Items  [][]byte // nil where there is no list
	Single bool     // Items is one record that stands where a list could

	key   string    // of the list in Fields
	inner *Envelope // an envelope under key, where the answer is wrapped
}

// EditEnvelope changes answers by their parts. Answers that can't be taken
// apart stay as they are. Items are those of the innermost envelope.
func EditEnvelope(name string, edit func(r *http.Request, e *Envelope)) Action {
	return Rewrite(name, func(r *http.Request, body []byte) []byte {
		e := parseEnvelope(body)
		if e == nil {
			return body
		}
		in := e
		for in.inner != nil {
			in = in.inner
		}
		edit(r, in)
		return e.append(nil)
	})
}

// EditList changes the list of a listing.
func EditList(name string, edit func(items [][]byte) [][]byte) Action {
	return EditEnvelope(name, func(_ *http.Request, e *Envelope) {
		if !e.Single {
			e.Items = edit(e.Items)
		}
	})
}

// lists are the fields that hold a listing's records, in any dialect, or an
// envelope that does.
var lists = [...]string{"accounts", "items", "list", "payload", "data"}

func parseEnvelope(body []byte) *Envelope {
	var fields map[string]json.RawMessage
	if json.Unmarshal(body, &fields) != nil || fields == nil {
		return nil
	}
	e := &Envelope{Fields: make(map[string][]byte, len(fields))}
	for k, v := range fields {
		e.Fields[k] = v
	}
	for _, key := range lists {
		var items []json.RawMessage
		v, ok := fields[key]
		if !ok {
			continue
		}
		if json.Unmarshal(v, &items) == nil && items != nil {
			e.key, e.Items = key, make([][]byte, len(items))
			for i, item := range items {
				e.Items[i] = item
			}
			return e
		}
		if e.inner = parseEnvelope(v); e.inner != nil {
			e.key = key
			return e
		}
	}
	e.Single, e.Items = true, [][]byte{slices.Clone(body)}
	return e
}

// append puts an answer together again.
func (e *Envelope) append(dst []byte) []byte {
	if e.Single {
		return append(dst, e.Items[0]...)
	}
	o := newObject(dst, nil)
	for _, k := range slices.Sorted(maps.Keys(e.Fields)) {
		o.name(k)
		switch {
		case k != e.key:
			o.b = append(o.b, e.Fields[k]...)
		case e.inner != nil:
			o.b = e.inner.append(o.b)
		case e.Items == nil:
			o.b = append(o.b, "null"...)
		default:
			o.b = append(append(append(o.b, '['), bytes.Join(e.Items, []byte{','})...), ']')
		}
	}
	return o.end()
}
