package sourcetest

import (
	"io"
	"net/http"
	"testing"

	"github.com/google/go-cmp/cmp"
)

const scriptText = `a comment
-- GET /list?b=2&a=1 --
first
-- GET /list?a=1&b=2 --
HTTP 429
Retry-After: 7

second
-- GET /list --
any query
-- GET /me Cookie: session=one --
one
-- GET /me Cookie: session=two --
two
`

func TestServerFollowsItsScript(t *testing.T) {
	script, err := ParseScript([]byte(scriptText))
	if err != nil {
		t.Fatal(err)
	}
	server := NewServer(script)
	ask := func(path, cookie string) string {
		r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "https://"+Host+path, nil)
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("Cookie", cookie)
		res, err := server.RoundTrip(r)
		if err != nil {
			t.Fatal(err)
		}
		defer res.Body.Close()
		body, err := io.ReadAll(res.Body)
		if err != nil {
			t.Fatal(err)
		}
		return http.StatusText(res.StatusCode) + res.Header.Get("Retry-After") + " " + string(body)
	}
	var got []string
	for _, path := range []string{"/list?a=1&b=2", "/list?a=1&b=2", "/list?b=2&a=1", "/list?c=3", "/list"} {
		got = append(got, ask(path, ""))
	}
	got = append(got, ask("/me", "session=two"), ask("/me", "session=one"), ask("/me", "session=three"))
	want := []string{
		"OK first\n", "Too Many Requests7 second\n", "Too Many Requests7 second\n", "OK any query\n", "OK any query\n",
		"OK two\n", "OK one\n", `Not Found {"message":"not in the script"}`,
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("answers (-want +got):\n%s", diff)
	}
}

func TestScriptsThatAreNone(t *testing.T) {
	for _, text := range []string{"-- /list --\n", "-- GET list --\n", "-- GET /list --\nHTTP many\n", "-- GET /list --\nHTTP 200\nno header\n\n"} {
		if _, err := ParseScript([]byte(text)); err == nil {
			t.Errorf("%q is taken for a script", text)
		}
	}
}
