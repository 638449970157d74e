package canon

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

func canonical(t interface {
	Helper()
	Fatalf(string, ...any)
}, rules *Rules, raw string,
) string {
	t.Helper()
	out, err := New(rules).Append(nil, []byte(raw))
	if err != nil {
		t.Fatalf("%.200q: %v", raw, err)
	}
	return string(out)
}

func TestAppend(t *testing.T) {
	for _, c := range []struct{ name, raw, want string }{
		{"members by name", `{"b":1,"a":2,"aa":{"d":[],"c":{}}}`, `{"a":2,"b":1,"aa":{"c":{},"d":[]}}`},
		{"white space", " {\n\"a\" :\t[ 1 ,\r2 ] } ", `{"a":[1,2]}`},
		{"the last of equal names", `{"a":1,"b":0,"a":2,"\u0061":3}`, `{"a":3,"b":0}`},
		{"the last of many equal names", "{" + strings.Repeat(`"b":1,"a":1,`, 50) + `"a":2,"b":3}`, `{"a":2,"b":3}`},
		{"the last of equal names, within", `{"x":{"a":{"y":1},"a":{"z":2}}}`, `{"x":{"a":{"z":2}}}`},
		{"the shorter name first, then by byte", `{"abcdefghj":0,"abcdefghi":1,"abcdefgh":2,"é":3,"~":4,"":5}`, `{"":5,"~":4,"é":3,"abcdefgh":2,"abcdefghi":1,"abcdefghj":0}`},
		{"lists keep their order", `[2,1,{"b":1,"a":0}]`, `[2,1,{"a":0,"b":1}]`},
		{"sets don't", `{"tools":["b","a",{"y":1,"x":2},"a"]}`, `{"tools":["a","a","b",{"x":2,"y":1}]}`},
		{"sets at any depth", `[{"n":{"tools":[2,1]}}]`, `[{"n":{"tools":[1,2]}}]`},
		{"a set holds lists, not sets", `{"tools":[[2,1],[0]]}`, `{"tools":[[0],[2,1]]}`},
		{"a set that is no array", `{"tools":{"b":1,"a":2}}`, `{"tools":{"a":2,"b":1}}`},
		{"a set that is volatile too", `{"tags":[2,1],"n":{"tags":[2,1]}}`, `{"n":{"tags":[1,2]},"tags":[1,2]}`},
		{"escapes", `"\u0041\/\"\\\b\f\n\r\t\u007f\u00e9\ud83d\ude00\u2028"`, "\"A/\\\"\\\\\\u0008\\u000c\\u000a\\u000d\\u0009\x7fé😀\u2028\""},
		{"controls that are not escaped", "\"a\tb\x01\x1f\"", `"a\u0009b\u0001\u001f"`},
		{"NUL", "\"a\x00b\\u0000c\"", `"abc"`},
		{"no UTF-8", "\"a\xffb\xc3\xed\xa0\x80\xf5c\xf0\x9f\x98\"", `"abc"`},
		{"U+FFFD as sent", "\"\uFFFD\\ufffd\"", "\"\uFFFD\uFFFD\""},
		{"half a pair", `"a\ud800b\udc00c\ud800\ud800\udc00d\ud800\u0041\ud800\n\ud800"`, "\"abc\U00010000dA\\u000a\""},
		{"a name that is cleaned meets another", `{"a":1,"a\u0000":2}`, `{"a":2}`},
		{"one value of any kind", ` null `, `null`},
		{"literals", `[true,false,null]`, `[true,false,null]`},
		{"secrets", `{"auth_token":{"x":[1]},"a":{"password":1,"b":2},"z":[{"api_key":"k"}]}`, `{"a":{"b":2},"z":[{}]}`},
	} {
		if got := canonical(t, testRules, c.raw); got != c.want {
			t.Errorf("%s:\n got %s\nwant %s", c.name, got, c.want)
		}
	}
}

func TestAppendRefuses(t *testing.T) {
	canon := New(testRules)
	for _, raw := range []string{
		"", " ", "{", "}", "[", "]", `"`, `"\`, `"\"`, `"\u12"`, `"\u12g4"`, `"\x"`, `"\ud800\u"`, `"\ud800\u00zz"`, "-", "+1", "01", "-01",
		"1.", ".1", "1e", "1e+", "0x1", "1 2", "NaN", "Infinity", "tru", "truex", "nul", "True", `{"a"}`, `{"a":}`, `{"a":1,}`, `{,}`, `{"a":1 "b":2}`,
		`{a:1}`, `{1:1}`, `{"a":1}}`, "[1,]", "[,1]", "[1 2]", "[1}", `{"a":1]`, "\ufeff{}", "{}\x00", "\x00", "'a'", `{"auth_token":x}`, "//", "[1]/**/",
	} {
		for _, deep := range []int{0, maxDepth + 1} {
			raw := strings.Repeat("[", deep) + raw + strings.Repeat("]", deep)
			if deep > 0 && json.Valid([]byte(raw)) {
				continue // nothing at all within a list
			}
			out, err := canon.Append([]byte("dst"), []byte(raw))
			if !errors.Is(err, ErrSyntax) || string(out) != "dst" {
				t.Errorf("%q: got %q, %v, want ErrSyntax and what was there", raw, out, err)
			}
		}
	}
	if got, err := canon.Append([]byte("dst"), []byte(`{"b":1,"a":2}`)); string(got) != `dst{"a":2,"b":1}` || err != nil {
		t.Errorf("after refusals: got %q, %v", got, err)
	}
}

func TestNumbers(t *testing.T) {
	long := strings.Repeat("9", maxNumber)
	zeros := strings.Repeat("0", maxNumber)
	for _, c := range [][2]string{
		{"0", "0"},
		{"-0", "0"},
		{"-0.00", "0.00"},
		{"-0.5", "-0.5"},
		{"1.50", "1.50"},
		{"9007199254740993", "9007199254740993"},
		{"0.1000000000000000055511151231257827", "0.1000000000000000055511151231257827"},
		{"1e2", "100"},
		{"1E+2", "100"},
		{"-12.50e1", "-125.0"},
		{"12.50e5", "1250000"},
		{"12.5e-1", "1.25"},
		{"12.5e-4", "0.00125"},
		{"100e-2", "1.00"},
		{"0e5", "0"},
		{"0.000e2", "0.0"},
		{"0.012e1", "0.12"},
		{"0.012e4", "120"},
		{"-0e-3", "0.000"},
		{"1e000000000000000000000002", "100"},
		{"1e40", "1" + zeros[:40]},
		{"1e41", `"1e41"`},
		{"1e-40", "0." + zeros[:39] + "1"},
		{"1e-41", `"1e-41"`},
		{"1e-500", `"1e-500"`},
		{"1.7976931348623157e308", `"1.7976931348623157e308"`},
		{"1E99999999999999999999", `"1E99999999999999999999"`},
		{"1e-99999999999999999999", `"1e-99999999999999999999"`},
		{"0e99999", `"0e99999"`},
		{long, long},
		{"-" + long[:300] + "." + long[:100], "-" + long[:300] + "." + long[:100]},
		{long + "9", `"` + long + `9"`},
		{"0." + long, `"0.` + long + `"`},
		{long + "e400", `"` + long + `e400"`},
		{long + "e-1", `"` + long + `e-1"`},
		{long[:390] + "e10", long[:390] + zeros[:10]},
		{long[:390] + "e11", `"` + long[:390] + `e11"`},
		{long[:390] + "e-10", long[:380] + "." + long[:10]},
		{long[:390] + "e-11", `"` + long[:390] + `e-11"`},
	} {
		got := canonical(t, testRules, c[0])
		if got != c[1] {
			t.Errorf("%.60s:\n got %s\nwant %s", c[0], got, c[1])
		}
		if again := canonical(t, testRules, got); again != got {
			t.Errorf("%.60s gives %s, which gives %s", c[0], got, again)
		}
	}
}

func TestDepth(t *testing.T) {
	nest := func(n int, open, inner, closing string) string {
		return strings.Repeat(open, n) + inner + strings.Repeat(closing, n)
	}
	for _, c := range []struct{ name, raw, want string }{
		{"as deep as may be", nest(maxDepth, "[", "1", "]"), nest(maxDepth, "[", "1", "]")},
		{"one more", nest(maxDepth+1, "[", "1", "]"), nest(maxDepth, "[", "null", "]")},
		{"one more, empty", nest(maxDepth, "[", "{}", "]"), nest(maxDepth, "[", "null", "]")},
		{"objects", nest(maxDepth+1, `{"a":`, `"x"`, "}"), nest(maxDepth, `{"a":`, "null", "}")},
		{"between others", nest(maxDepth, "[", `1,[ [] , {"a" : [ {"b":[]} ],"c":"]"} ],2`, "]"), nest(maxDepth, "[", "1,null,2", "]")},
		{"a secret below", nest(maxDepth, `{"a":`, `{"auth_token":"x"}`, "}"), nest(maxDepth, `{"a":`, "null", "}")},
		{"no stack is deep enough", nest(1<<20, "[", "", "]"), nest(maxDepth, "[", "null", "]")},
	} {
		if got := canonical(t, testRules, c.raw); got != c.want {
			t.Errorf("%s:\n got %.300s\nwant %.300s", c.name, got, c.want)
		}
	}
}

// However an object is spelled, it comes out as what it holds is defined to.
func TestSpellingMakesNoDifference(t *testing.T) {
	canon := New(testRules)
	rapid.Check(t, func(t *rapid.T) {
		v := trees(3).Draw(t, "tree")
		raw, want := speller{t}.spell(v, false), write(v, false)
		got, err := canon.Append([]byte("before"), []byte(raw))
		if string(got) != "before"+want || err != nil {
			t.Fatalf("of %s\n got %s, %v\nwant %s", raw, got, err, want)
		}
		if why := storable(got[len("before"):]); why != "" {
			t.Fatalf("%s: %s", got, why)
		}
	})
}

// A Canonicalizer keeps nothing of what it read before.
func TestCanonIsUsedAgain(t *testing.T) {
	canon := New(testRules)
	for _, broken := range []string{`{"b":{"c":[{"a":1,"b":`, `{"tools":[3,2,`, strings.Repeat("[", maxDepth+9)} {
		if _, err := canon.Append(nil, []byte(broken)); err == nil {
			t.Fatalf("%s: no error", broken)
		}
		deep := strings.Repeat("[", maxDepth+1) + strings.Repeat("]", maxDepth+1)
		out, err := canon.Append(nil, []byte(`[{"tools":[3,2],"a":1},`+deep+`]`))
		if !strings.HasPrefix(string(out), `[{"a":1,"tools":[2,3]},[[`) || err != nil {
			t.Errorf("after %s: got %s, %v", broken, out, err)
		}
	}
	var names bytes.Buffer
	for n := range 2 * maxTraits {
		fmt.Fprintf(&names, `,"id%s%d":0`, strings.Repeat("x", n%70), n)
	}
	if _, err := canon.Append(nil, []byte(`{"a":0`+names.String()+`}`)); err != nil {
		t.Fatal(err)
	}
	if len(canon.traits) > maxTraits {
		t.Errorf("remembers %d names", len(canon.traits))
	}
	for name := range canon.traits {
		if len(name) > maxTraitName {
			t.Errorf("remembers a name of %d bytes", len(name))
		}
	}
	if out, _ := canon.Append(nil, []byte(`{"auth_token_of_another_name":1,"new_auth_token":2}`)); string(out) != `{"auth_token_of_another_name":1}` {
		t.Errorf("beyond what it remembers: got %s", out)
	}
}

func TestAppendAllocatesNothing(t *testing.T) {
	canon := New(withSecrets("a-credential-of-the-connection"))
	raw, out := []byte(signalwire), make([]byte, 0, 2*len(signalwire))
	once := func() {
		out, _ = canon.Append(out[:0], raw)
		canon.Fingerprint(out, Facts{Provider: "signalwire"})
	}
	if once(); testing.AllocsPerRun(100, once) != 0 {
		t.Error("a second object of the same kind allocates")
	}
}

// FuzzAppend: what encoding/json takes is taken, what it refuses is refused,
// controls and invalid UTF-8 in strings aside, and the result can be stored.
func FuzzAppend(f *testing.F) {
	for _, raw := range []string{
		signalwire, `{"b":[1,-2.5e3,"\ud83d\ude00\u0000"],"a":{"auth_token":1},"a":null}`, strings.Repeat("[", 102) + strings.Repeat("]", 102),
		"\"a\tb\xff\"", `{"tags":[2,1],"tools":[{},[]]}`, "[1e-500,1e400,-0]", `"\\u0000"`,
	} {
		f.Add([]byte(raw))
	}
	f.Fuzz(func(t *testing.T, raw []byte) {
		canon := New(testRules)
		out, err := canon.Append(nil, raw)
		if want := json.Valid(lenient(raw)); (err == nil) != want {
			t.Fatalf("error %v, while encoding/json says %t", err, want)
		}
		if err != nil {
			return
		}
		if why := storable(out); why != "" {
			t.Fatalf("%s: %s", out, why)
		}
		if again, err := canon.Append(nil, out); !bytes.Equal(again, out) || err != nil {
			t.Fatalf("%s\nis not canonical: %s, %v", out, again, err)
		}
		if bytes.ContainsAny(raw, "\\0123456789") || bytes.Count(raw, []byte("{"))+bytes.Count(raw, []byte("[")) > maxDepth || !bytes.Equal(raw, lenient(raw)) {
			return // escapes, numbers, depth and invalid bytes are read otherwise, and have tests of their own
		}
		if out, err = New(NewRules(nil, nil, nil)).Append(nil, raw); err != nil {
			t.Fatal(err)
		}
		if got, want := decoded(t, out), decoded(t, raw); !reflect.DeepEqual(got, want) {
			t.Fatalf("encoding/json reads %v of it, and %v of what was sent", got, want)
		}
	})
}

// lenient puts bytes that JSON allows in place of control characters.
func lenient(raw []byte) []byte {
	return bytes.Map(func(r rune) rune {
		switch {
		case r == '\t' || r == '\n' || r == '\r':
			return ' '
		case r < ' ':
			return 'x'
		}
		return r
	}, raw)
}

// decoded returns what encoding/json reads, without secrets.
func decoded(t *testing.T, raw []byte) any {
	var v any
	if err := json.Unmarshal(raw, &v); err != nil {
		t.Fatalf("%s: %v", raw, err)
	}
	return withoutSecrets(v)
}

func withoutSecrets(v any) any {
	switch v := v.(type) {
	case []any:
		for i := range v {
			v[i] = withoutSecrets(v[i])
		}
	case map[string]any:
		for name := range v {
			if testRules.trait(canonicalText(name))&secret != 0 {
				delete(v, name)
			} else {
				v[name] = withoutSecrets(v[name])
			}
		}
	}
	return v
}
