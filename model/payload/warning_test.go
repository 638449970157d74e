package payload

import (
	"strings"
	"testing"

	"rollcall/model"
)

func TestWarningSaysWhatIsStoredInPlaceOfWhat(t *testing.T) {
	for _, c := range []struct{ value, want string }{
		{"Atlantis", `country "Atlantis" is not a country: stored as null`},
		{"a\nb", `country "a\nb" is not a country: stored as null`},
		{"", `country is not a country: stored as null`},
		{"user:password@host", `country is not a country: stored as null`},
		{"https://x.test/?token=1", `country is not a country: stored as null`},
		{"PT" + strings.Repeat("0f", 20), `country is not a country: stored as null`},
		{strings.Repeat("long ", 20), `country is not a country: stored as null`},
	} {
		w := model.Warning{Field: "country", Value: shown(c.value), Problem: "is not a country"}
		if got := w.String(); got != c.want {
			t.Errorf("%q: got %s, want %s", c.value, got, c.want)
		}
	}
	w := model.Warning{Field: "status", Value: `"merged"`, Problem: "is not a known status", Stored: "unknown"}
	if got, want := w.String(), `status "merged" is not a known status: stored as unknown`; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

func TestFirstFallsThroughPlaceholders(t *testing.T) {
	o, warnings := read(t, `{"a":"n/a","b":false,"c":"-","d":"Acme","e":"None"}`)
	if got := o.First("a", "b", "c", "d"); got != "Acme" {
		t.Errorf("First = %q", got)
	}
	if got := o.Name("e", "d"); got != "Acme" {
		t.Errorf("Name = %q, want the one that is no placeholder", got)
	}
	if got := o.Name("b", "e", "a"); got != "None" {
		t.Errorf("Name = %q, want what is sent", got)
	}
	if len(*warnings) > 0 {
		t.Errorf("warnings: %v", *warnings)
	}
}
