package simulate

import (
	"encoding/json"
	"maps"
	"slices"
	"strconv"
	"unicode/utf8"
)

// An object appends one JSON object, with an account's Extra laid over it.
// Written by hand because a benchmark of a reader must not measure its server.
type object struct {
	b     []byte
	first int
	extra map[string]any
	used  map[string]bool
}

func newObject(dst []byte, extra map[string]any) object {
	o := object{b: append(dst, '{'), extra: extra}
	o.first = len(o.b)
	if len(extra) > 0 {
		o.used = make(map[string]bool, len(extra))
	}
	return o
}

// key begins a field. It is false where Extra has answered the field already.
func (o *object) key(k string) bool {
	if o.used != nil {
		if v, ok := o.extra[k]; ok {
			if !o.used[k] {
				o.used[k] = true
				o.lay(k, v)
			}
			return false
		}
	}
	o.name(k)
	return true
}

func (o *object) name(k string) {
	if len(o.b) > o.first {
		o.b = append(o.b, ',')
	}
	o.b = append(o.b, '"')
	o.b = append(o.b, k...)
	o.b = append(o.b, '"', ':')
}

// lay writes one value of Extra.
func (o *object) lay(k string, v any) {
	data, isRaw := v.(Raw)
	if !isRaw {
		text, err := json.Marshal(v)
		if err != nil {
			text = []byte("null")
		}
		data = Raw(text)
	}
	o.name(k)
	o.b = append(o.b, data...)
}

func (o *object) str(k, v string) {
	if o.key(k) {
		o.b = appendString(o.b, v)
	}
}

// strs writes several fields: key, value, key, value…
func (o *object) strs(pairs ...string) {
	for i := 0; i+1 < len(pairs); i += 2 {
		o.str(pairs[i], pairs[i+1])
	}
}

// opt writes a field only where it has a value.
func (o *object) opt(k, v string) {
	if v != "" {
		o.str(k, v)
	}
}

func (o *object) raw(k, v string) {
	if o.key(k) {
		o.b = append(o.b, v...)
	}
}

func (o *object) bool(k string, v bool) {
	if o.key(k) {
		o.b = strconv.AppendBool(o.b, v)
	}
}

func (o *object) int(k string, v int64) {
	if o.key(k) {
		o.b = strconv.AppendInt(o.b, v, 10)
	}
}

// array writes a list of strings.
func (o *object) array(k string, vs []string) {
	if !o.key(k) {
		return
	}
	o.b = append(o.b, '[')
	for i, v := range vs {
		if i > 0 {
			o.b = append(o.b, ',')
		}
		o.b = appendString(o.b, v)
	}
	o.b = append(o.b, ']')
}

// object writes a nested object. Extra does not reach into it.
func (o *object) object(k string, fill func(*object)) {
	if !o.key(k) {
		return
	}
	in := newObject(o.b, nil)
	fill(&in)
	o.b = in.end()
}

// end writes what is left of Extra, in order of its keys, and closes.
func (o *object) end() []byte {
	if len(o.extra) > 0 {
		for _, k := range slices.Sorted(maps.Keys(o.extra)) {
			if !o.used[k] {
				o.lay(k, o.extra[k])
			}
		}
	}
	return append(o.b, '}')
}

const hexDigits = "0123456789abcdef"

// appendString appends a JSON string. Invalid UTF-8 goes through as it is: a
// provider that stores bytes sends bytes.
func appendString(dst []byte, s string) []byte {
	dst = append(dst, '"')
	from := 0
	for i := 0; i < len(s); i++ {
		c := s[i]
		if c >= utf8.RuneSelf || c >= ' ' && c != '"' && c != '\\' {
			continue
		}
		dst = append(dst, s[from:i]...)
		from = i + 1
		switch c {
		case '"', '\\':
			dst = append(dst, '\\', c)
		case '\n':
			dst = append(dst, '\\', 'n')
		default:
			dst = append(dst, '\\', 'u', '0', '0', hexDigits[c>>4], hexDigits[c&15])
		}
	}
	dst = append(dst, s[from:]...)
	return append(dst, '"')
}
