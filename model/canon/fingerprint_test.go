package canon

import (
	"encoding/hex"
	"testing"

	"pgregory.net/rapid"

	"rollcall/model"
)

func fingerprint(t interface {
	Helper()
	Fatalf(string, ...any)
}, rules *Rules, raw string, f Facts,
) model.Fingerprint {
	t.Helper()
	canon := New(rules)
	const before = "what the arena holds already"
	out, err := canon.Append([]byte(before), []byte(raw))
	if err != nil {
		t.Fatalf("%.200q: %v", raw, err)
	}
	return canon.Fingerprint(out[len(before):], f)
}

func TestFingerprintIsTheSame(t *testing.T) {
	rules := withSecrets("hunter2hunter2")
	for _, c := range []struct{ name, a, b string }{
		{"in another order", `{"b":1,"a":{"d":1,"c":2}}`, ` {"a" : {"c":2,"d":1}, "b":1}`},
		{"with another volatile member", `{"a":1,"credit":1}`, `{"credit":2,"a":1}`},
		{"with a volatile member twice", `{"credit":3,"a":1,"credit":1}`, `{"a":1}`},
		{"with a volatile member more", `{"a":1,"z":2}`, `{"z":2,"credit":2,"a":1}`},
		{"with nothing but volatile members", `{"credit":1}`, `{"credit":2,"tags":[]}`},
		{"as if there were none", `{"credit":1}`, `{}`},
		{"with another secret", `{"a":{"auth_token":"x"}}`, `{"a":{"auth_token":"y","pvt_b":1}}`},
		{"of a set in another order", `{"tools":["a","b"]}`, `{"tools":["b","a"]}`},
		{"of a number spelled otherwise", `{"a":1e2}`, `{"a":100}`},
		{"with a credential in a text, next to a volatile member", `{"a":"hunter2hunter2","credit":1}`, `{"credit":2,"a":"[redacted]"}`},
		{"with a credential in a volatile text", `{"a":1,"credit":"hunter2hunter2"}`, `{"a":1}`},
		{"with a credential for a name", `{"~":1,"hunter2hunter2":2,"credit":1}`, `{"[redacted]":2,"~":1}`},
	} {
		if fingerprint(t, rules, c.a, Facts{}) != fingerprint(t, rules, c.b, Facts{}) {
			t.Errorf("not %s: %s and %s", c.name, c.a, c.b)
		}
	}
}

func TestFingerprintDiffers(t *testing.T) {
	for _, c := range []struct{ name, a, b string }{
		{"by a value", `{"a":1}`, `{"a":2}`},
		{"by a member more", `{"a":1}`, `{"a":1,"b":null}`},
		{"by null and missing", `{"a":null}`, `{}`},
		{"by type", `{"a":1}`, `{"a":"1"}`},
		{"by a list's order", `{"a":[1,2]}`, `{"a":[2,1]}`},
		{"by how often a set has one", `{"tools":[1,1]}`, `{"tools":[1]}`},
		{"by what is volatile elsewhere", `{"a":{"credit":1}}`, `{"a":{"credit":2}}`},
		{"by a digit that a float has not", `{"a":9007199254740992}`, `{"a":9007199254740993}`},
		{"by a digit behind the point", `{"a":1.0}`, `{"a":1.00}`},
		{"by kind", `{}`, `[]`},
		{"by kind, of the same bytes", `"{"`, `{}`},
		{"by where an object ends", `{"a":{"b":1}}`, `{"a":{},"b":1}`},
		{"of objects within a list", `[{"credit":1}]`, `[{"credit":2}]`},
	} {
		if fingerprint(t, testRules, c.a, Facts{}) == fingerprint(t, testRules, c.b, Facts{}) {
			t.Errorf("not %s: %s and %s", c.name, c.a, c.b)
		}
	}
	seen := map[model.Fingerprint]Facts{}
	for _, f := range []Facts{
		{},
		{Provider: "a"},
		{Parent: "a"},
		{Status: "a"},
		{Provider: "ab"},
		{Provider: "a", Parent: "b"},
		{Provider: "a", Status: "b"},
		{Parent: "a", Status: "b"},
		{Mapping: 1},
		{Mapping: 2},
		{Mapping: -1},
		{Provider: "\x01a"},
		{Parent: "\x00"},
		{Status: "\x00"},
		{Mapping: 1 << 40},
		{Parent: "{}"},
	} {
		print := fingerprint(t, testRules, `{}`, f)
		if other, ok := seen[print]; ok {
			t.Errorf("%+v is as %+v", f, other)
		}
		seen[print] = f
	}
}

// Two accounts have one fingerprint exactly when they are the same but for what
// is volatile.
func TestFingerprintTellsChanges(t *testing.T) {
	facts := rapid.Custom(func(t *rapid.T) Facts {
		text := rapid.SampledFrom([]string{"", "", "a", "b", "ab", "\x00", "\x01"})
		return Facts{Provider: text.Draw(t, "provider"), Mapping: rapid.IntRange(0, 1).Draw(t, "mapping"), Parent: text.Draw(t, "parent"), Status: model.Status(text.Draw(t, "status"))}
	})
	rapid.Check(t, func(t *rapid.T) {
		f := facts.Draw(t, "facts")
		v := objects(2).Draw(t, "object")
		g, w := f, v
		if rapid.Bool().Draw(t, "other facts") {
			g = facts.Draw(t, "facts")
		}
		if rapid.Bool().Draw(t, "other object") {
			w = object{}
			for name, value := range v {
				w[name] = value
			}
			w[treeNames.Draw(t, "name")] = trees(1).Draw(t, "value")
		}
		same := f == g && lasting(v) == lasting(w)
		a, b := speller{t}.spell(v, false), speller{t}.spell(w, false)
		if got := fingerprint(t, testRules, a, f) == fingerprint(t, testRules, b, g); got != same {
			t.Fatalf("%s %+v\n%s %+v\nsame fingerprint: %t, want %t", a, f, b, g, got, same)
		}
	})
}

// lasting writes what of v is not volatile.
func lasting(v object) string {
	rest := object{}
	for name, value := range v {
		if name != "credit" && name != "tags" {
			rest[name] = value
		}
	}
	return write(rest, false)
}

// The fingerprint is stored: where it changes, every account of every directory
// is written again.
func TestFingerprintStays(t *testing.T) {
	rules := NewRules([]string{"auth_token"}, []string{"credit"}, []string{"tools"})
	got := fingerprint(t, rules, `{"tools":["b","a"],"credit":1,"auth_token":"x","n":1e2,"name":"Zo\u00eb"}`, Facts{"agendize", 1, "p", model.Active})
	if want := "359a98d300bad868669bcb951e4cc5d9"; hex.EncodeToString(got[:]) != want {
		t.Errorf("got %x, want %s: if the canonical form had to change, say so in the release", got, want)
	}
}
