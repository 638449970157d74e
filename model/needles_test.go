package model

import (
	"bytes"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// A text of few letters holds values by chance, and nearly.
func TestNeedlesAreFound(t *testing.T) {
	letters := rapid.SampledFrom([]byte("abc"))
	rapid.Check(t, func(t *rapid.T) {
		values := rapid.SliceOfN(rapid.SliceOfN(letters, gramSize, 9), 1, 4).Draw(t, "values")
		text := rapid.SliceOfN(letters, 0, 200).Draw(t, "text")
		want := false
		for _, v := range values {
			want = want || bytes.Contains(text, v)
		}
		if got := newNeedles(values).in(text); got != want {
			t.Errorf("%q in %q: got %v, want %v", values, text, got, want)
		}
	})
}

// At every place of a text, to its very ends.
func TestNeedlesAreFoundAnywhere(t *testing.T) {
	n := newNeedles([][]byte{[]byte("s3cr3t-t0ken"), []byte("other-credential")})
	for before := range 40 {
		for after := range 40 {
			for _, v := range n.values {
				if text := strings.Repeat("x", before) + string(v) + strings.Repeat("x", after); !n.in([]byte(text)) {
					t.Fatalf("not found in %q", text)
				}
			}
		}
	}
}
