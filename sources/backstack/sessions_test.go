package backstack

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/sethvargo/go-envconfig"

	"rollcall/sources"
)

func TestSessions(t *testing.T) {
	for _, c := range []struct {
		name, text string
		want       Sessions
		err        string
	}{
		{"one", "one", Sessions{"one"}, ""},
		{"by comma", "one, two ,three", Sessions{"one", "two", "three"}, ""},
		{"by line", "one\r\ntwo\n\nthree\n", Sessions{"one", "two", "three"}, ""},
		{"both, and empty ones", ",one,\n,two,\n", Sessions{"one", "two"}, ""},
		{"with the cookie's name", "BackstackJWT=ey.J0=.x", Sessions{"ey.J0=.x"}, ""},
		{"none", " ,\n, ", nil, "at least one"},
		{"a header", "one,two; Secure", nil, "session 2"},
		{"no ASCII", "öne", nil, "session 1"},
	} {
		t.Run(c.name, func(t *testing.T) {
			var cfg Config
			err := envconfig.ProcessWith(t.Context(), &envconfig.Config{
				Target:   &cfg,
				Lookuper: envconfig.MapLookuper(map[string]string{"APP_KEY": "k", "SESSIONS": c.text}),
			})
			if c.err == "" && err != nil || c.err != "" && (err == nil || !strings.Contains(err.Error(), c.err)) {
				t.Fatalf("err = %v, want %q", err, c.err)
			}
			if err != nil {
				return
			}
			if diff := cmp.Diff(c.want, cfg.Sessions); diff != "" {
				t.Errorf("sessions (-want +got):\n%s", diff)
			}
			if shown := fmt.Sprintf("%v %+v %#v %s", cfg, cfg, cfg, cfg.Sessions); strings.Contains(shown, "one") {
				t.Errorf("a session shows: %s", shown)
			}
			s, err := New(sources.Connection{}, cfg)
			if err != nil {
				t.Fatal(err)
			}
			if got := s.Metadata().Identity; got != "api.backstack.com/"+cfg.AppKey.Tag() {
				t.Errorf("Identity = %q", got)
			}
		})
	}
	if _, err := New(sources.Connection{}, Config{}); err == nil {
		t.Error("a connection without sessions was opened")
	}
}
