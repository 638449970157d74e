package fetch

import (
	"bytes"
	"encoding/json"
	"fmt"
	"testing"
	"testing/iotest"

	"github.com/google/go-cmp/cmp"
)

// FuzzReadList compares with encoding/json wherever that accepts a body, and holds the rest to being the
// same however the body comes in pieces.
func FuzzReadList(f *testing.F) {
	for _, seed := range []string{
		`{"items":[{"a":1},"x",[null]],"next":"\u0041"}`, `[1,2]`, `{"payload":{"list":[{}]}}`, `{"items":[}`,
		`{"items":["\\\"",{"a":"]"}]`, `{"items":null}`, "\xef\xbb\xbf[]", `{"data":[1],"items":[2]}`, `nul`,
	} {
		f.Add([]byte(seed))
	}
	o := ListOptions{Lists: [][]string{{"items"}}, AllowBareArray: true, maxElement: 64}
	f.Fuzz(func(t *testing.T, body []byte) {
		got, env, err := readAll(bytes.NewReader(body), o)
		byByte, _, byteErr := readAll(iotest.OneByteReader(bytes.NewReader(body)), o)
		if diff := cmp.Diff(got, byByte); diff != "" || fmt.Sprint(err) != fmt.Sprint(byteErr) {
			t.Fatalf("byte by byte: %v, want %v; -want +got:\n%s", byteErr, err, diff)
		}
		if !json.Valid(body) {
			return
		}
		if kind(err) == "body" && len(body) < maxMember {
			t.Fatalf("valid JSON is refused: %v", err)
		}
		if err != nil {
			return
		}
		var want []json.RawMessage
		if json.Unmarshal(body, &want) != nil {
			var object map[string]json.RawMessage
			if err := json.Unmarshal(body, &object); err != nil {
				t.Fatal(err)
			}
			if err := json.Unmarshal(object["items"], &want); err != nil {
				t.Fatal(err)
			}
			for name, raw := range object {
				if name != "" && name != "items" && !bytes.ContainsRune([]byte(name), '\uFFFD') && !bytes.Equal(env.Get(name), raw) {
					t.Fatalf("member %q is %s, want %s", name, env.Get(name), raw)
				}
			}
		}
		if len(got) != len(want) {
			t.Fatalf("%d elements, want %d", len(got), len(want))
		}
		for i, raw := range want {
			text := string(raw)
			if len(text) > o.maxElement {
				text = text[:o.maxElement] + "…"
			}
			if got[i] != text {
				t.Fatalf("element %d is %s, want %s", i, got[i], text)
			}
		}
	})
}

// FuzzMember compares with encoding/json.
func FuzzMember(f *testing.F) {
	for _, seed := range []string{`{"id":1}`, `{"a":{"id":1},"id":"x"}`, `{"\u0069d":[1]}`, `{"id":1,"id":2}`, `{`, `{"id":"\ud800"}`} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, raw []byte) {
		got, ok := Member(raw, "id")
		ID(raw, "id")
		var object map[string]json.RawMessage
		if json.Unmarshal(raw, &object) != nil || object == nil {
			return
		}
		want, found := object["id"]
		if ok != found || !bytes.Equal(got, want) {
			t.Fatalf("got %s, %v, want %s, %v", got, ok, want, found)
		}
		for cut := range raw { // whatever is found in a part of it is complete
			if part, ok := Member(raw[:cut], "id"); ok && !json.Valid(part) {
				t.Fatalf("of the first %d bytes: %s", cut, part)
			}
		}
	})
}
