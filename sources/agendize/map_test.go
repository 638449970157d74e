package agendize

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/sethvargo/go-envconfig"

	"rollcall/model"
	"rollcall/model/canon"
	"rollcall/model/payload"
	"rollcall/sources"
	"rollcall/sources/env"
)

// mapped maps one object with that default zone.
func mapped(t *testing.T, zone, raw string) (model.Account, []model.Warning) {
	t.Helper()
	var cfg Config
	vars := envconfig.MapLookuper(map[string]string{"API_KEY": testKey, "TOKEN": testToken, "TIMEZONE": zone})
	if problems := env.Decode(t.Context(), vars, "", &cfg); len(problems) > 0 {
		t.Fatal(problems)
	}
	source, err := New(sources.Connection{}, cfg)
	if err != nil {
		t.Fatal(err)
	}
	defer source.Close()
	canonical, err := canon.New(source.Metadata().Rules).Append(nil, []byte(raw))
	if err != nil {
		t.Fatal(err)
	}
	var warnings []model.Warning
	return source.Map(payload.Read(canonical, &warnings)), warnings
}

func TestCreated(t *testing.T) {
	for _, c := range []struct {
		name, created, want string
		warned              bool
	}{
		{"in its own zone", `{"dateTime":"2024-07-01T12:00:00","timeZone":"Europe/Paris"}`, "2024-07-01T10:00:00Z", false},
		{"in winter", `{"dateTime":"2024-01-01T12:00:00","timeZone":"Europe/Paris"}`, "2024-01-01T11:00:00Z", false},
		{"with a fraction", `{"dateTime":"2024-01-01T12:00:00.250","timeZone":"UTC"}`, "2024-01-01T12:00:00.25Z", false},
		{"with an offset of its own", `{"dateTime":"2024-07-01T12:00:00-04:00","timeZone":"Europe/Paris"}`, "2024-07-01T16:00:00Z", false},
		{"without a zone", `{"dateTime":"2024-07-01T12:00:00"}`, "2024-07-01T16:00:00Z", false},
		{"in a zone of Windows", `{"dateTime":"2024-07-01T12:00:00","timeZone":"Romance Standard Time"}`, "2024-07-01T10:00:00Z", false},
		{"in an unknown zone", `{"dateTime":"2024-07-01T12:00:00","timeZone":"Atlantis Standard Time"}`, "2024-07-01T16:00:00Z", true},
		{"in no zone", `{"dateTime":"2024-07-01T12:00:00","timeZone":["?"]}`, "2024-07-01T16:00:00Z", true},
		{"missing", `{"timeZone":"Europe/Paris"}`, "0001-01-01T00:00:00Z", false},
		{"null", `null`, "0001-01-01T00:00:00Z", false},
		{"no date", `{"dateTime":"soon"}`, "0001-01-01T00:00:00Z", true},
		{"no object", `"2024-07-01T12:00:00Z"`, "0001-01-01T00:00:00Z", true},
	} {
		t.Run(c.name, func(t *testing.T) {
			a, warnings := mapped(t, "America/New_York", `{"status":"enabled","created":`+c.created+`}`)
			if got := a.CreatedAt.Format(time.RFC3339Nano); got != c.want || len(warnings) > 0 != c.warned {
				t.Errorf("created %s with warnings %v, want %s", got, warnings, c.want)
			}
		})
	}
}

func TestTimezoneFallsBack(t *testing.T) {
	for code, want := range map[string]string{
		`"Europe/Paris"`: "Europe/Paris", `"Romance Standard Time"`: "Europe/Paris", `"Atlantis Standard Time"`: "America/New_York", `"n/a"`: "", `null`: "", `""`: "",
	} {
		if a, _ := mapped(t, "America/New_York", `{"preferences":{"timeZone":`+code+`}}`); a.Timezone != want {
			t.Errorf("%s gives %q, want %q", code, a.Timezone, want)
		}
	}
	var cfg Config
	for _, zone := range []string{"Local", "Mars/Olympus", "../etc/passwd"} {
		vars := envconfig.MapLookuper(map[string]string{"API_KEY": testKey, "TOKEN": testToken, "TIMEZONE": zone})
		problems := env.Decode(t.Context(), vars, "", &cfg)
		if len(problems) != 1 || !strings.Contains(problems[0], "TIMEZONE") || strings.Contains(problems[0], zone) {
			t.Errorf("TIMEZONE=%s: problems %q", zone, problems)
		}
	}
}

// TestNameFallsBack takes one field after the other away.
func TestNameFallsBack(t *testing.T) {
	object := `{"clientName":"client","organization":"org","preferences":{"displayName":"display"},"userName":"user","email":"e@mail.test"}`
	for _, c := range []struct{ gone, want string }{
		{"", "client"},
		{`"clientName":"client",`, "org"},
		{`"organization":"org",`, "display"},
		{`"displayName":"display"`, "user"},
		{`"userName":"user",`, "e@mail.test"},
	} {
		object = strings.Replace(object, c.gone, "", 1)
		if a, _ := mapped(t, "UTC", object); a.Name != c.want {
			t.Errorf("%s gives the name %q, want %q", object, a.Name, c.want)
		}
	}
}

// TestWhatIsNoChange: credit and the order of tools and tags make none.
func TestWhatIsNoChange(t *testing.T) {
	source := openOver(nil)
	c := canon.New(source.Metadata().Rules)
	print := func(raw string) model.Fingerprint {
		canonical, err := c.Append(nil, []byte(raw))
		if err != nil {
			t.Fatal(err)
		}
		return c.Fingerprint(canonical, canon.Facts{Provider: "agendize", Mapping: mapping})
	}
	same := print(`{"id":"1","credit":1,"ssoToken":"a","tools":["call","save"],"tags":[{"id":"1"},{"id":"2"}]}`)
	if got := print(`{"tags":[{"id":"2"},{"id":"1"}],"tools":["save","call"],"ssoToken":"b","credit":2.5,"id":"1"}`); got != same {
		t.Error("credit, ssoToken or the order of tools and tags count as a change")
	}
	if got := print(`{"id":"1","tools":["call"],"tags":[{"id":"1"},{"id":"2"}]}`); got == same {
		t.Error("a tool less counts as no change")
	}
}

func TestErrorCode(t *testing.T) {
	got := map[string]string{}
	want := map[string]string{
		`{"error":{"code":403,"message":"no"}}`:           "403",
		`{"fields":{},"message":"no","statusCode":"401"}`: "401",
		`{"error":"no","statusCode":500}`:                 "500",
		`{"error":{},"statusCode":null}`:                  "",
		`<html>`:                                          "",
		`null`:                                            "",
	}
	for body := range want {
		got[body] = errorCode([]byte(body))
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("codes (-want +got):\n%s", diff)
	}
}

// TestIdentity differs between resellers and does not hold the key.
func TestIdentity(t *testing.T) {
	identity := func(key, token sources.Secret) string {
		var cfg Config
		if err := cfg.BaseURL.EnvDecode("https://api.agendize.com"); err != nil {
			t.Fatal(err)
		}
		cfg.APIKey, cfg.Token = key, token
		source, err := New(sources.Connection{}, cfg)
		if err != nil {
			t.Fatal(err)
		}
		defer source.Close()
		return source.Metadata().Identity
	}
	want := identity("one-api-key", "a")
	if got := identity("one-api-key", "b"); got != want {
		t.Errorf("a new token makes %s of %s", got, want)
	}
	if got := identity("another-key", "a"); got == want {
		t.Errorf("another key is %s, too", got)
	}
}
