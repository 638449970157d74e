package simulate

import (
	"encoding/json"
	"io"
	"maps"
	"net/http"
	"slices"
	"strings"
	"testing"
)

// get asks with a header for each pair of name and value.
func get(t *testing.T, url string, headers ...string) (status int, body string, header http.Header) {
	t.Helper()
	return ask(t, http.MethodGet, url, "", headers...)
}

func ask(t *testing.T, method, url, body string, headers ...string) (int, string, http.Header) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), method, url, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	for i := 0; i+1 < len(headers); i += 2 {
		req.Header.Set(headers[i], headers[i+1])
	}
	client := http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	resp, err := client.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	data, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return resp.StatusCode, string(data), resp.Header
}

func decode(t *testing.T, body string) map[string]any {
	t.Helper()
	var out map[string]any
	if err := json.Unmarshal([]byte(body), &out); err != nil {
		t.Fatalf("%v in %.300s", err, body)
	}
	return out
}

// must fails unless an answer has this status, and decodes it.
func must(t *testing.T, want int) func(status int, body string, _ http.Header) map[string]any {
	return func(status int, body string, _ http.Header) map[string]any {
		t.Helper()
		if status != want {
			t.Fatalf("status %d, want %d: %.300s", status, want, body)
		}
		return decode(t, body)
	}
}

// column reads one field of each record.
func column(list any, field string) []string {
	var out []string
	for _, item := range list.([]any) {
		text, _ := item.(map[string]any)[field].(string)
		out = append(out, text)
	}
	return out
}

func wantKeys(t *testing.T, got map[string]any, want ...string) {
	t.Helper()
	have := slices.Sorted(maps.Keys(got))
	slices.Sort(want)
	if !slices.Equal(have, want) {
		t.Errorf("fields\n got %v\nwant %v", have, want)
	}
}

func equal[T comparable](t *testing.T, what string, got, want T) {
	t.Helper()
	if got != want {
		t.Errorf("%s: got %v, want %v", what, got, want)
	}
}

func populated(n int, shape Shape) *World {
	w := NewWorld()
	Populate(w, 7, n, shape)
	return w
}
