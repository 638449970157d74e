package signalwire

import (
	"strings"
	"testing"

	"github.com/sethvargo/go-envconfig"

	"rollcall/sources"
	"rollcall/sources/env"
)

func TestConfig(t *testing.T) {
	t.Run("signalwire", func(t *testing.T) {
		var cfg Config
		problems := env.Decode(t.Context(), envconfig.MapLookuper(nil), "SW_", &cfg)
		for _, name := range []string{"SW_BASE_URL", "SW_PROJECT_ID", "SW_API_TOKEN"} {
			if !strings.Contains(strings.Join(problems, "\n"), name) {
				t.Errorf("%s is missing and not reported: %q", name, problems)
			}
		}
		if cfg.PageSize != 1000 {
			t.Errorf("PAGE_SIZE defaults to %d", cfg.PageSize)
		}
	})
	t.Run("twilio", func(t *testing.T) {
		var cfg TwilioConfig
		problems := env.Decode(t.Context(), envconfig.MapLookuper(map[string]string{"T_ACCOUNT_SID": "AC1", "T_AUTH_TOKEN": "x"}), "T_", &cfg)
		if len(problems) > 0 || cfg.BaseURL.String() != "https://api.twilio.com" || cfg.PageSize != 1000 {
			t.Errorf("%+v, %q", cfg, problems)
		}
	})
	for _, size := range []string{"0", "1001", "-1", "many", "1e3"} {
		t.Run("PAGE_SIZE="+size, func(t *testing.T) {
			var cfg TwilioConfig
			vars := envconfig.MapLookuper(map[string]string{"ACCOUNT_SID": "AC1", "AUTH_TOKEN": "x", "PAGE_SIZE": size})
			if problems := env.Decode(t.Context(), vars, "", &cfg); len(problems) != 1 || !strings.Contains(problems[0], "PAGE_SIZE") {
				t.Errorf("problems %q", problems)
			}
		})
	}
}

// TestIdentity differs by host and account, never by token.
func TestIdentity(t *testing.T) {
	identity := func(base, project string, token sources.Secret) string {
		var cfg Config
		if err := cfg.BaseURL.EnvDecode(base); err != nil {
			t.Fatal(err)
		}
		cfg.ProjectID, cfg.APIToken = project, token
		source, err := New(sources.Connection{}, cfg)
		if err != nil {
			t.Fatal(err)
		}
		defer source.Close()
		return source.Metadata().Identity
	}
	want := identity("https://example.signalwire.com", "p1", "one")
	if got := identity("https://EXAMPLE.signalwire.com/", "p1", "two"); got != want {
		t.Errorf("the same project is %q and %q", want, got)
	}
	for _, other := range []string{identity("https://example.signalwire.com", "p2", "one"), identity("https://other.signalwire.com", "p1", "one")} {
		if other == want {
			t.Errorf("another project or host is %q, too", other)
		}
	}
}
