package canon

import (
	"bytes"
	"cmp"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"unicode/utf16"
	"unicode/utf8"

	"pgregory.net/rapid"
)

// A tree is a JSON value: nil, a bool, a string, a number without exponent, a
// list of trees or an object.
type tree any

type (
	number string
	list   []tree
	object map[string]tree
)

// testRules have one of everything.
var testRules = NewRules([]string{"key_of_it"}, []string{"credit", "tags"}, []string{"tags", "tools"})

var (
	treeNames = rapid.OneOf(
		rapid.SampledFrom([]string{"a", "b", "id", "name", "credit", "tags", "tools", "a\"", "é", "long_name_a", "long_name_b", ""}),
		rapid.Map(anyText, func(s string) string {
			if testRules.trait(canonicalText(s))&secret != 0 {
				return "secret no more"
			}
			return s
		}),
	)
	anyText = rapid.Map(rapid.String(), func(s string) string { return strings.ReplaceAll(s, "\x00", "") })
	numbers = rapid.Map(rapid.StringMatching(`-?(0|[1-9][0-9]{0,20})(\.[0-9]{1,20})?`), func(s string) number {
		if strings.Trim(s, "-0.") == "" {
			s = strings.TrimPrefix(s, "-")
		}
		return number(s)
	})
)

// trees draws values up to so deep.
func trees(depth int) *rapid.Generator[tree] {
	return rapid.Custom(func(t *rapid.T) tree {
		kinds := 4
		if depth > 0 {
			kinds = 7
		}
		switch rapid.IntRange(0, kinds-1).Draw(t, "kind") {
		case 0:
			return nil
		case 1:
			return rapid.Bool().Draw(t, "bool")
		case 2:
			return anyText.Draw(t, "text")
		case 3:
			return numbers.Draw(t, "number")
		case 4:
			return list(rapid.SliceOfN(trees(depth-1), 0, 4).Draw(t, "list"))
		default:
			return objects(depth).Draw(t, "object")
		}
	})
}

func objects(depth int) *rapid.Generator[object] {
	return rapid.Map(rapid.MapOfN(treeNames, trees(depth-1), 0, 5), func(m map[string]tree) object { return m })
}

// write is what canonical form is defined as, written by way of values.
func write(v tree, isSet bool) string {
	switch v := v.(type) {
	case nil:
		return "null"
	case string:
		return quote(v)
	case list:
		var items []string
		for _, item := range v {
			items = append(items, write(item, false))
		}
		if isSet {
			slices.Sort(items)
		}
		return "[" + strings.Join(items, ",") + "]"
	case object:
		var members []string
		for _, name := range sortedNames(v) {
			members = append(members, quote(name)+":"+write(v[name], name == "tags" || name == "tools"))
		}
		return "{" + strings.Join(members, ",") + "}"
	default:
		return fmt.Sprint(v)
	}
}

func quote(s string) string {
	for _, escaped := range []byte("\\\"") {
		s = strings.ReplaceAll(s, string(escaped), `\`+string(escaped))
	}
	for b := byte(1); b < ' '; b++ {
		s = strings.ReplaceAll(s, string(b), fmt.Sprintf(`\u%04x`, b))
	}
	return `"` + s + `"`
}

// sortedNames returns the names in the order of their canonical text, the
// shorter first.
func sortedNames(o object) []string {
	names := make([]string, 0, len(o))
	for name := range o {
		names = append(names, name)
	}
	slices.SortFunc(names, func(a, b string) int {
		one, other := canonicalText(a), canonicalText(b)
		return cmp.Or(cmp.Compare(len(one), len(other)), bytes.Compare(one, other))
	})
	return names
}

// A speller writes trees in one of the ways that JSON has.
type speller struct{ *rapid.T }

func (t speller) odds(n int) bool { return rapid.IntRange(0, n-1).Draw(t.T, "odds") == 0 }

func (t speller) space() string {
	if !t.odds(4) {
		return ""
	}
	return rapid.SampledFrom([]string{" ", "\n", "\t", "\r\n\t "}).Draw(t.T, "space")
}

func (t speller) spell(v tree, isSet bool) string {
	var out string
	switch v := v.(type) {
	case nil:
		out = "null"
	case string:
		out = t.text(v)
	case number:
		out = t.number(string(v))
	case list:
		var items []string
		for _, item := range v {
			items = append(items, t.spell(item, false))
		}
		if isSet {
			items = rapid.Permutation(items).Draw(t.T, "set")
		}
		out = "[" + t.space() + strings.Join(items, ",") + "]"
	case object:
		out = t.object(v)
	default:
		out = fmt.Sprint(v)
	}
	return t.space() + out + t.space()
}

func (t speller) object(o object) string {
	var members []string
	add := func(name string, v tree) {
		members = append(members, t.space()+t.text(name)+t.space()+":"+t.spell(v, name == "tags" || name == "tools"))
	}
	names := rapid.Permutation(sortedNames(o)).Draw(t.T, "order")
	for _, name := range names {
		if t.odds(8) {
			add(name, trees(1).Draw(t.T, "overwritten"))
		}
		if t.odds(8) {
			add(rapid.SampledFrom([]string{"auth_token", "keyOfIt", "pvt_x"}).Draw(t.T, "secret"), trees(1).Draw(t.T, "dropped"))
		}
	}
	for _, name := range names {
		add(name, o[name])
	}
	return "{" + t.space() + strings.Join(members, ",") + "}"
}

// text spells a string with escapes that it need not have, and with what is
// dropped from it.
func (t speller) text(s string) string {
	if t.odds(2) {
		return quote(s)
	}
	var out strings.Builder
	out.WriteByte('"')
	for _, r := range s {
		if t.odds(9) {
			out.WriteString(rapid.SampledFrom([]string{`\u0000`, "\x00", "\xff", `\ud800`, `\uDc00`, "\xed\xa0\x80"}).Draw(t.T, "dropped"))
		}
		short := strings.IndexRune("\"\\/\b\f\n\r\t", r)
		switch {
		case short >= 0 && t.odds(2):
			out.WriteByte('\\')
			out.WriteByte(`"\/bfnrt`[short])
		case r == '"' || r == '\\' || t.odds(4):
			for _, unit := range utf16.Encode([]rune{r}) {
				fmt.Fprintf(&out, rapid.SampledFrom([]string{`\u%04x`, `\u%04X`}).Draw(t.T, "hex"), unit)
			}
		default:
			out.WriteRune(r)
		}
	}
	out.WriteByte('"')
	return out.String()
}

// number spells a number with an exponent, which moves its point.
func (t speller) number(s string) string {
	minus, digits := "", s
	if s[0] == '-' {
		minus, digits = "-", s[1:]
	}
	whole, frac, _ := strings.Cut(digits, ".")
	switch {
	case t.odds(2):
	case whole == "0":
		digits += rapid.SampledFrom([]string{"e0", "E-0", "e+00"}).Draw(t.T, "exponent")
	case t.odds(2):
		digits = fmt.Sprintf("%s%se-%d", whole, frac, len(frac))
	case len(whole)+len(frac) > 1:
		digits = fmt.Sprintf("%s.%se+%d", whole[:1], whole[1:]+frac, len(whole)-1)
	}
	if strings.Trim(s, "0.") == "" && t.odds(2) {
		minus = "-" // there is no -0
	}
	return minus + digits
}

// storable returns why jsonb or a text column would refuse canonical; "" if neither
// does.
func storable(canonical []byte) string {
	depth, digits := 0, 0
	for at := 0; at < len(canonical); at++ {
		switch b := canonical[at]; {
		case b == '"':
			text := canonical[at+1 : endOf(canonical, at)-1]
			at += len(text) + 1
			digits = 0
			for len(text) > 0 {
				n := escapeLen(text)
				if string(text[:n]) == `\u0000` {
					return "NUL"
				}
				text = text[n:]
			}
		case b == '{' || b == '[':
			depth++
		case b == '}' || b == ']':
			depth--
			digits = 0
		case b >= '0' && b <= '9':
			digits++
		case b == 'e' && digits > 0:
			return "an exponent"
		case b == ',':
			digits = 0
		}
		if depth > maxDepth || digits > maxNumber {
			return "too deep, or too long a number"
		}
	}
	switch {
	case !json.Valid(canonical):
		return "not JSON"
	case !utf8.Valid(canonical) || bytes.IndexByte(canonical, 0) >= 0:
		return "NUL or no UTF-8"
	}
	return ""
}
