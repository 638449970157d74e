package sourcetest

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"rollcall/model"
	"rollcall/model/canon"
	"rollcall/model/payload"
	"rollcall/sources"
)

// maps checks that Map is pure and total: it takes any JSON in the place of any
// member, gives the same twice, and leaves its input alone.
func (h Harness) maps(t *testing.T) {
	var samples [][]byte
	h.bubble(t, "has accounts to map", func(f *fixture) {
		for _, r := range f.whole().records() {
			samples = append(samples, r.Raw)
		}
	})
	source, err := h.Open(Connection(NewServer(nil)))
	if err != nil {
		t.Fatal(err)
	}
	defer source.Close()
	c := canon.New(source.Metadata().Rules)
	t.Run("maps anything", rapid.MakeCheck(func(t *rapid.T) {
		raw := mutate(t, rapid.SampledFrom(samples).Draw(t, "sample"))
		m, err := mapRecord(source, c, sources.Record{ID: "x", Raw: raw})
		if err != nil {
			t.Fatalf("%s is not JSON: %v", raw, err)
		}
		before := bytes.Clone(m.canonical)
		var warnings []model.Warning
		again := source.Map(payload.Read(m.canonical, &warnings))
		again.ExternalID = "x"
		if diff := cmp.Diff(m.account, again); diff != "" {
			t.Fatalf("Map gave another account the second time (-first +second):\n%s", diff)
		}
		if diff := cmp.Diff(m.warnings, warnings); diff != "" {
			t.Fatalf("Map gave other warnings the second time (-first +second):\n%s", diff)
		}
		if !bytes.Equal(before, m.canonical) {
			t.Fatal("Map changed its input")
		}
		checkAccount(t, m.account)
	}))
}

// checkAccount checks what the directory needs of every account.
func checkAccount(t *rapid.T, a model.Account) {
	switch a.Status {
	case model.Active, model.Suspended, model.Closed, model.Unknown:
	default:
		t.Fatalf("status %q is not one of the four", a.Status)
	}
	if len(a.Parent) > model.MaxExternalID {
		t.Fatalf("a parent's id of %d bytes cannot be stored", len(a.Parent))
	}
	if a.Payload != nil || a.Fingerprint != (model.Fingerprint{}) {
		t.Fatal("Map must leave Payload and Fingerprint to its caller")
	}
	for _, at := range []time.Time{a.CreatedAt, a.UpdatedAt} {
		if at.Location() != time.UTC {
			t.Fatalf("%v is not in UTC", at)
		}
	}
	if text := fmt.Sprintf("%+v", a); !utf8.ValidString(text) || strings.ContainsRune(text, 0) {
		t.Fatalf("the account holds text that cannot be stored: %q", text)
	}
}

// mutate puts any JSON in the place of some members.
func mutate(t *rapid.T, raw []byte) []byte {
	if rapid.IntRange(0, 9).Draw(t, "no object") == 0 {
		return anyJSON(3).Draw(t, "value")
	}
	var members map[string]json.RawMessage
	if err := json.Unmarshal(raw, &members); err != nil {
		t.Fatalf("sample: %v", err)
	}
	names := slices.Sorted(maps.Keys(members))
	for _, name := range rapid.SliceOfDistinct(rapid.SampledFrom(names), rapid.ID[string]).Draw(t, "members") {
		members[name] = anyJSON(2).Draw(t, name)
	}
	out, err := json.Marshal(members)
	if err != nil {
		t.Fatalf("marshal: %v", err)
	}
	return out
}

// anyJSON draws any value, now and then one that looks like a provider's.
func anyJSON(depth int) *rapid.Generator[json.RawMessage] {
	return rapid.Custom(func(t *rapid.T) json.RawMessage {
		text := rapid.OneOf(rapid.String(), rapid.SampledFrom([]string{
			"", " ", "0", "-1", "null", "a@b.test", "a@", "UTC", "Local", "Eastern Standard Time", "../etc", "Sat, 15 Sept 2018 10:00:00 +0000",
			"2018-09-15T10:00:00", "9999-12-31T23:59:59.999999999Z", "0000-00-00T00:00:00", "\x00", "\u2028", "EUR", "xx-YY", strings.Repeat("9", 2000),
		}))
		kinds := 5
		if depth > 0 {
			kinds = 7
		}
		var v any
		switch rapid.IntRange(0, kinds-1).Draw(t, "kind") {
		case 0:
			return json.RawMessage("null")
		case 1:
			v = rapid.Bool().Draw(t, "bool")
		case 2:
			v = rapid.Int64().Draw(t, "int")
		case 3:
			v = rapid.Float64Range(-1e20, 1e20).Draw(t, "float")
		case 4:
			v = text.Draw(t, "text")
		case 5:
			v = rapid.SliceOfN(anyJSON(depth-1), 0, 3).Draw(t, "array")
		case 6:
			name := rapid.OneOf(rapid.StringN(0, 8, -1), rapid.SampledFrom([]string{"id", "name", "dateTime", "timeZone", "language", "displayName"}))
			v = rapid.MapOfN(name, anyJSON(depth-1), 0, 4).Draw(t, "object")
		}
		out, err := json.Marshal(v)
		if err != nil {
			t.Fatalf("marshal: %v", err)
		}
		return out
	})
}
