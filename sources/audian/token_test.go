package audian

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"testing"

	"github.com/sethvargo/go-envconfig"

	"rollcall/sources"
	"rollcall/sources/simulate"
)

func TestATokenThatExpires(t *testing.T) {
	k := &simulate.Kazoo{Accounts: world(60)}
	s, server := kazoo(t, k, nil)
	server.On(details).Skip(20).Times(1).Do(simulate.Act("expire", func(w http.ResponseWriter, r *http.Request, next http.Handler) {
		k.ExpireTokens()
		next.ServeHTTP(w, r)
	}))
	if got := len(read(t.Context(), s, "").well(t).records); got != 61 {
		t.Errorf("%d records, want 61", got)
	}
	if got := k.TokensIssued(); got != 2 {
		t.Errorf("%d tokens were requested, want 2: one for all requests that were refused at once", got)
	}
}

func TestATokenThatWasGiven(t *testing.T) {
	k := &simulate.Kazoo{Accounts: world(5)}
	s, server := kazoo(t, k, func(c *Config) { c.APIKey, c.AuthToken = "", "stale-s3cr3t-token" })
	r := read(t.Context(), s, "")
	if r.err == nil || !strings.Contains(r.err.Error(), "401") {
		t.Errorf("err = %v, want the refusal", r.err)
	}
	if got := server.Requests(); got != 1 {
		t.Errorf("%d requests, want 1", got)
	}
}

func TestAWrongKey(t *testing.T) {
	s, _ := kazoo(t, &simulate.Kazoo{Accounts: world(5)}, func(c *Config) { c.APIKey = "wrong-s3cr3t-key" })
	_, lookup := s.Lookup(t.Context(), "a0001")
	for name, err := range map[string]error{"List": read(t.Context(), s, "").err, "Lookup": lookup} {
		if err == nil || !strings.Contains(err.Error(), "check KAZOO_API_KEY") || strings.Contains(err.Error(), simulate.SecretMark) {
			t.Errorf("%s: err = %v, want what to do, without the key", name, err)
		}
		if errors.Is(err, sources.ErrGone) {
			t.Errorf("%s takes a wrong key for a missing account", name)
		}
	}
}

// A key that was replaced while a listing runs must not make every account look gone.
func TestAKeyThatIsRevoked(t *testing.T) {
	k := &simulate.Kazoo{Accounts: world(60)}
	s, server := kazoo(t, k, nil)
	server.On(details).Skip(20).Times(1).Do(simulate.Act("revoke", func(w http.ResponseWriter, r *http.Request, next http.Handler) {
		server.On(simulate.PathEnd("/api_auth")).Do(simulate.Status(http.StatusNotFound))
		k.ExpireTokens()
		next.ServeHTTP(w, r)
	}))
	if r := read(t.Context(), s, ""); r.err == nil || !strings.Contains(r.err.Error(), "check KAZOO_API_KEY") {
		t.Errorf("err = %v, want the listing to break off", r.err)
	}
}

func TestConfig(t *testing.T) {
	base := map[string]string{"ACCOUNT_ID": "abc"}
	for _, c := range []struct {
		name string
		env  map[string]string
		want string // in the error
	}{
		{"an API key", map[string]string{"API_KEY": "k"}, ""},
		{"a token", map[string]string{"AUTH_TOKEN": "t"}, ""},
		{"no credential", nil, "set API_KEY or AUTH_TOKEN"},
		{"two credentials", map[string]string{"API_KEY": "k", "AUTH_TOKEN": "t"}, "API_KEY and AUTH_TOKEN are both set"},
		{"no pages", map[string]string{"API_KEY": "k", "PAGE_SIZE": "0"}, "PAGE_SIZE"},
	} {
		t.Run(c.name, func(t *testing.T) {
			var cfg Config
			err := envconfig.ProcessWith(context.Background(), &envconfig.Config{
				Target:   &cfg,
				Lookuper: envconfig.MultiLookuper(envconfig.MapLookuper(c.env), envconfig.MapLookuper(base)),
			})
			if err != nil {
				t.Fatal(err)
			}
			s, err := New(sources.Connection{}, cfg)
			if c.want != "" {
				if err == nil || !strings.Contains(err.Error(), c.want) {
					t.Errorf("err = %v, want %s", err, c.want)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			if got, want := s.Metadata().Identity, "api.audian.com:8443/abc"; got != want || cfg.PageSize != 500 {
				t.Errorf("Identity = %q, PageSize = %d; want %q, 500", got, cfg.PageSize, want)
			}
		})
	}
	var kazoo KazooConfig
	lookuper := envconfig.MapLookuper(map[string]string{"ACCOUNT_ID": "abc", "API_KEY": "k"})
	if err := envconfig.ProcessWith(t.Context(), &envconfig.Config{Target: &kazoo, Lookuper: lookuper}); !errors.Is(err, envconfig.ErrMissingRequired) {
		t.Errorf("err = %v, want BASE_URL to be required of kazoo", err)
	}
}
