package canon

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
	"testing"

	"pgregory.net/rapid"
)

// Each and Text read all of an object, as what it is.
func TestMembersAreReadAsTheyAre(t *testing.T) {
	canon := New(testRules)
	rapid.Check(t, func(t *rapid.T) {
		v := objects(2).Draw(t, "object")
		out, err := canon.Append(nil, []byte(speller{t}.spell(v, false)))
		if err != nil {
			t.Fatal(err)
		}
		checkMembers(t, out, v)
	})
}

func checkMembers(t *rapid.T, out []byte, want tree) {
	n := 0
	switch want := want.(type) {
	case object:
		for quoted, value := range Each(out) {
			name := Text(slices.Concat([]byte{'"'}, quoted, []byte{'"'}))
			if _, known := want[name]; !known {
				t.Fatalf("%s has a member %q", out, name)
			}
			checkMembers(t, value, want[name])
			n++
		}
		if n != len(want) {
			t.Fatalf("%s has %d members, want %d", out, n, len(want))
		}
	case list:
		for name := range Each(out) {
			if n++; name != nil {
				t.Fatalf("%s has an item %q", out, name)
			}
		}
		if n != len(want) {
			t.Fatalf("%s has %d items, want %d", out, n, len(want))
		}
	case string:
		if got := Text(out); got != want {
			t.Fatalf("%s is %q, want %q", out, got, want)
		}
	case number, bool:
		if string(out) != fmt.Sprint(want) {
			t.Fatalf("%s, want %v", out, want)
		}
	}
}

func FuzzMembers(f *testing.F) {
	for _, raw := range []string{signalwire, `{"a":"\u0001\"","b":[1,[2],{}],"c":{"d":null}}`, `{"a":`, `{"a":"\`, `{"a":[1,}`, `{"":"`, `{"a"}`, `"\`, `{"a":[}`, `{"a":]`} {
		f.Add([]byte(raw))
	}
	f.Fuzz(func(t *testing.T, raw []byte) {
		for _, value := range Each(slices.Clip(slices.Clone(raw))) { // a value that is not canonical must not hurt
			Text(value)
		}
		out, err := New(testRules).Append(nil, raw)
		if err != nil {
			return
		}
		var text string
		if json.Unmarshal(out, &text) == nil && out[0] == '"' && Text(out) != text {
			t.Fatalf("%s is %q, want %q", out, Text(out), text)
		}
		n := 0
		for range Each(out) {
			n++
		}
		var members map[string]json.RawMessage
		if json.Unmarshal(out, &members) == nil && n != len(members) {
			t.Fatalf("%s has %d members, want %d", out, n, len(members))
		}
	})
}

func TestOverlay(t *testing.T) {
	for _, c := range []struct{ name, stored, lower, want string }{
		{"lower wins", `{"a":1,"b":2}`, `{"b":3,"c":4}`, `{"a":1,"b":3,"c":4}`},
		{"as jsonb writes it", `{"b": 2, "aa": [1, {"x": "y"}]}`, `{"b":3}`, `{"b":3,"aa":[1,{"x":"y"}]}`},
		{"with white space", " {\n\"a\" : 1 } \n", "\t{ \"b\":2\r\n}\n", `{"a":1,"b":2}`},
		{"members are replaced whole", `{"a":{"x":1}}`, `{"a":{"y":2}}`, `{"a":{"y":2}}`},
		{"null counts", `{"a":1}`, `{"a":null}`, `{"a":null}`},
		{"nothing stored", `{}`, `{"a":1}`, `{"a":1}`},
		{"nothing stored, with white space", "{ \n}", `{"a":1}`, `{"a":1}`},
		{"nothing sent", `{"a":1}`, `{}`, `{"a":1}`},
		{"nothing sent, with white space", `{"a":1}`, ` { } `, `{"a":1}`},
		{"nothing at all", `{}`, `{}`, `{}`},
		{"none stored", ``, `{"a":1}`, `{"a":1}`},
		{"no object stored", `[1]`, `{"a":1}`, `{"a":1}`},
		{"no object sent", `{"a":1}`, `null`, `{"a":1}`},
		{"no object sent over nothing", `{}`, `[1]`, `{}`},
		{"neither is one", `1`, `2`, `2`},
	} {
		stored := []byte(c.stored)
		got := Overlay(stored, []byte(c.lower))
		if out := canonical(t, testRules, string(got)); out != c.want {
			t.Errorf("%s: got %s, want %s", c.name, out, c.want)
		}
		if !bytes.Equal(stored, []byte(c.stored)) {
			t.Errorf("%s: changed what was stored to %s", c.name, stored)
		}
	}
}

func TestOverlayIsAMap(t *testing.T) {
	canon := New(testRules)
	rapid.Check(t, func(t *rapid.T) {
		stored, lower := objects(2).Draw(t, "stored"), objects(2).Draw(t, "lower")
		raw := Overlay([]byte(speller{t}.spell(stored, false)), []byte(speller{t}.spell(lower, false)))
		for name, v := range lower {
			stored[name] = v
		}
		want, err := canon.Append(nil, []byte(write(stored, false))) // redacted, such as the user part of a name like //A@
		if err != nil {
			t.Fatal(err)
		}
		if out, err := canon.Append(nil, raw); string(out) != string(want) || err != nil {
			t.Fatalf("of %s\n got %s, %v\nwant %s", raw, out, err, want)
		}
	})
}
