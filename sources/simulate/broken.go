package simulate

import (
	"encoding/json"
	"maps"
	"net/http"
	"slices"
	"strings"
	"sync"
)

// A Break is a way for a record to be wrong.
type Break string

// The ways for a record to be wrong.
const (
	NoID          Break = "no id"
	NullID        Break = "id null"
	NumberID      Break = "id a 64-bit number" // above 2⁵³: lost by a reader that makes it a float
	NULInID       Break = "NUL in the id"
	NULInName     Break = "NUL in the name"
	BadUTF8       Break = "invalid UTF-8 in the name"
	HugeName      Break = "name of 1.5 MB"
	HugeRecord    Break = "record of 5 MB"
	NumberName    Break = "name a number"
	NullName      Break = "name null"
	UnknownStatus Break = "unknown status"
	BadDate       Break = "unreadable date"
	NullRecord    Break = "null for a record"
	StringRecord  Break = "a string for a record"
)

// LargeID is the id of a record broken as NumberID: a float64 can't hold it.
const LargeID = "9007199254740993"

// Names of the same field in the dialects.
var (
	idFields     = []string{"sid", "account_id", "id"}
	nameFields   = []string{"friendly_name", "clientName", "account_title", "title", "name"}
	statusFields = []string{"status", "enabled"}
	dateFields   = []string{"date_created", "created"}
)

// A breakage is a field, by its name in each dialect, and the value in its place;
// "" leaves it out.
type breakage struct {
	names []string
	value string
}

// breaks are the breakages by their kind. They are made when they are first needed:
// two of them are megabytes long.
var breaks = sync.OnceValue(func() map[Break]breakage {
	return map[Break]breakage{
		NoID:          {idFields, ""},
		NullID:        {idFields, "null"},
		NumberID:      {idFields, LargeID},
		NULInID:       {idFields, `"a\u0000b"`},
		NULInName:     {nameFields, `"before\u0000after"`},
		BadUTF8:       {nameFields, "\"caf\xe9 \xff\xfe\""},
		HugeName:      {nameFields, `"` + strings.Repeat("x", 3<<19) + `"`},
		HugeRecord:    {nameFields, `"` + strings.Repeat("x", 5<<20) + `"`},
		NumberName:    {nameFields, "42"},
		NullName:      {nameFields, "null"},
		UnknownStatus: {statusFields, `"hibernating"`},
		BadDate:       {dateFields, `"the day before yesterday"`},
	}
})

// Apply breaks one rendered record.
func (b Break) Apply(item []byte) []byte {
	switch b {
	case NullRecord:
		return []byte("null")
	case StringRecord:
		return []byte(`"not an account"`)
	}
	var fields map[string]json.RawMessage
	if json.Unmarshal(item, &fields) != nil {
		return item
	}
	broken := known(fields, breaks()[b].names)
	o := newObject(nil, nil)
	for _, k := range slices.Sorted(maps.Keys(fields)) {
		if k != broken {
			o.lay(k, Raw(fields[k]))
		} else if value := breaks()[b].value; value != "" {
			o.lay(k, Raw(value))
		}
	}
	return o.end()
}

// BreakRecords breaks the records of these accounts wherever they are
// answered, in listings and by id. Without ids, it breaks each listing's first.
func BreakRecords(b Break, ids ...string) Action {
	return EditEnvelope(string(b), func(_ *http.Request, e *Envelope) {
		if len(ids) == 0 {
			if !e.Single && len(e.Items) > 0 {
				e.Items[0] = b.Apply(e.Items[0])
			}
			return
		}
		for i, item := range e.Items {
			if slices.Contains(ids, idOf(item)) {
				e.Items[i] = b.Apply(item)
			}
		}
	})
}

// known is the first of these names that the record has.
func known(fields map[string]json.RawMessage, names []string) string {
	for _, name := range names {
		if _, ok := fields[name]; ok {
			return name
		}
	}
	return ""
}
