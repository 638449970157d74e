package env

import (
	"errors"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/sethvargo/go-envconfig"
	"go.uber.org/goleak"

	"rollcall/sources"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

type phoneConfig struct {
	BaseURL  sources.BaseURL `env:"BASE_URL, default=https://api.example.com"`
	APIToken sources.Secret  `env:"API_TOKEN, required"`
	PageSize int             `env:"PAGE_SIZE, default=500" range:"1..1000"`
}

type chatConfig struct {
	Token    sources.Secret   `env:"TOKEN" or:"KEY"`
	Key      sources.Secret   `env:"KEY"`
	Sessions []sources.Secret `env:"SESSIONS"`
}

// opened is a Source that remembers with what it was opened.
type opened struct {
	sources.Source
	connection sources.Connection
	config     any
}

func (opened) Close() {}

func openPhone(c sources.Connection, cfg phoneConfig) (sources.Source, error) {
	return opened{nil, c, cfg}, nil
}

func openChat(c sources.Connection, cfg chatConfig) (sources.Source, error) {
	if cfg.Key == "odd" {
		return nil, errors.New("KEY is odd")
	}
	return opened{nil, c, cfg}, nil
}

var testProviders = []sources.Provider{sources.Define("phone", openPhone), sources.Define("chat", openChat)}

// configure calls Configure with an environment of these variables alone.
func configure(t *testing.T, env map[string]string, only ...string) ([]sources.Configured, []string, error) {
	t.Helper()
	var names []string
	for name := range env {
		names = append(names, name)
	}
	return Configure(t.Context(), testProviders, envconfig.MapLookuper(env), names, only)
}

func TestAConnectionIsConfigured(t *testing.T) {
	configured, warnings, err := configure(t, map[string]string{
		"ROLLCALL_SOURCES":    "acme-west:phone, chat",
		"ACME_WEST_API_TOKEN": "s3cret", "ACME_WEST_TIMEOUT": "90s", "ACME_WEST_BASE_URL": "https://west.example.com/v2/",
		"CHAT_KEY": "k", "CHAT_SESSIONS": "one, two,", "CHAT_RATE_LIMIT": "2.5",
	})
	if err != nil || len(warnings) > 0 {
		t.Fatal(err, warnings)
	}
	if got := []string{configured[0].Name, configured[0].Provider, configured[1].Name, configured[1].Provider}; !slices.Equal(got, []string{"acme-west", "phone", "chat", "chat"}) {
		t.Errorf("configured %q", got)
	}
	want := sources.Settings{Timeout: 90 * time.Second, RequestTimeout: 30 * time.Second, Concurrency: 4, MaxDeletePercent: 10}
	if diff := cmp.Diff(want, configured[0].Settings); diff != "" {
		t.Errorf("settings (-want +got):\n%s", diff)
	}
	source, err := configured[0].Open("rollcall/1", slog.New(slog.DiscardHandler), nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	phone := source.(opened).config.(phoneConfig)
	if phone.BaseURL.String() != "https://west.example.com/v2" || phone.APIToken.Reveal() != "s3cret" || phone.PageSize != 500 {
		t.Errorf("opened with %v", phone)
	}
	if agent := source.(opened).connection.UserAgent; agent != "rollcall/1" {
		t.Errorf("opened as %q", agent)
	}
	chat := configured[1].Config.(*chatConfig)
	if !slices.Equal(chat.Sessions, []sources.Secret{"one", "two"}) || configured[1].RateLimit != 2.5 {
		t.Errorf("chat is %d sessions at %v a second", len(chat.Sessions), configured[1].RateLimit)
	}
}

// What stands in a variable is "VALUE" wherever it is wrong: no message may
// repeat it.
func TestAllProblemsAreReportedAtOnceWithoutValues(t *testing.T) {
	empty, missing := filepath.Join(t.TempDir(), "VALUE"), filepath.Join(t.TempDir(), "VALUE")
	if err := os.WriteFile(empty, []byte("\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	_, _, err := configure(t, map[string]string{
		"ROLLCALL_SOURCES": "acme:phone,Value!,phone,phone,fax:VALUE,log,rollcall:phone,other:chat,third:chat,fourth:chat",

		"ACME_TIMEOUT": "VALUE", "ACME_REQUEST_TIMEOUT": "0s", "ACME_RATE_LIMIT": "NaN", "ACME_CONCURRENCY": "65",
		"ACME_MAX_DELETE_PERCENT": "-1", "ACME_PAGE_SIZE": "1VALUE", "ACME_BASE_URL": "https://user:VALUE@example.com",
		"PHONE_API_TOKEN": "", "PHONE_BASE_URL": "http://example.com", "PHONE_HOOK_PASSWORD_FILE": missing,
		"OTHER_KEY": "VALUE", "OTHER_KEY_FILE": "VALUE", "OTHER_SESSIONS": " , ,", "OTHER_SCHEDULE_FILE": empty,
		"THIRD_HOOK_USERNAME": "VALUE", "THIRD_TOKEN": "VALUE",
	})
	var config *Error
	if !errors.As(err, &config) {
		t.Fatalf("error %v", err)
	}
	want := []string{
		"ROLLCALL_SOURCES: entry 2: must be name or name:provider, a name being lower-case letters, digits and -",
		"ROLLCALL_SOURCES: phone: is there twice",
		"ROLLCALL_SOURCES: fax: unknown provider; write fax:PROVIDER, the provider being one of chat, phone",
		"ROLLCALL_SOURCES: log: is a name that rollcall needs itself; take another, such as log-1:provider",
		"ROLLCALL_SOURCES: rollcall: is a name that rollcall needs itself; take another, such as rollcall-1:provider",
		"ACME_TIMEOUT: not a duration such as 30s or 10m",
		"ACME_REQUEST_TIMEOUT: must be 1ms or more",
		"ACME_RATE_LIMIT: not a number",
		"ACME_CONCURRENCY: must be from 1 to 64",
		"ACME_MAX_DELETE_PERCENT: must be from 0 to 100",
		"ACME_BASE_URL: must not hold a user or a password",
		"ACME_API_TOKEN: is not set (nor is ACME_API_TOKEN_FILE)",
		"ACME_PAGE_SIZE: not a whole number",
		"PHONE_HOOK_PASSWORD_FILE: the file cannot be read: no such file or directory",
		"PHONE_BASE_URL: must be https (http is allowed on a loopback address alone)",
		"PHONE_API_TOKEN: is empty; it is required",
		"OTHER_SCHEDULE_FILE: names an empty file",
		"OTHER_KEY, OTHER_KEY_FILE: set one of them, not both",
		"OTHER_SESSIONS: is an empty list",
		"THIRD_HOOK_USERNAME, THIRD_HOOK_PASSWORD: set both or neither",
		"FOURTH_TOKEN, FOURTH_KEY: set one of them",
	}
	if diff := cmp.Diff(want, config.Problems); diff != "" {
		t.Errorf("problems (-want +got):\n%s", diff)
	}
	if strings.Contains(err.Error(), "VALUE") {
		t.Errorf("the error repeats a value:\n%v", err)
	}
}

func TestAProvidersOwnRefusalIsReportedWithTheRest(t *testing.T) {
	_, _, err := configure(t, map[string]string{"ROLLCALL_SOURCES": "chat,phone", "CHAT_KEY": "odd"})
	if want := "2 problems in the environment:\n  connection chat: KEY is odd\n  PHONE_API_TOKEN: is not set (nor is PHONE_API_TOKEN_FILE)"; err == nil || err.Error() != want {
		t.Errorf("error %v, want %s", err, want)
	}
}

func TestSourcesMustBeSet(t *testing.T) {
	for value, want := range map[string]string{
		"":    "ROLLCALL_SOURCES: is empty; it is required",
		" ,":  "ROLLCALL_SOURCES: is an empty list",
		"--x": "ROLLCALL_SOURCES: entry 1: must be name or name:provider, a name being lower-case letters, digits and -",
	} {
		if _, _, err := configure(t, map[string]string{"ROLLCALL_SOURCES": value}); err == nil || err.Error() != want {
			t.Errorf("%q: error %v, want %s", value, err, want)
		}
	}
	if _, _, err := configure(t, nil); err == nil || err.Error() != "ROLLCALL_SOURCES: is not set (nor is ROLLCALL_SOURCES_FILE)" {
		t.Errorf("unset: error %v", err)
	}
}

func TestAMistypedProviderIsSuggested(t *testing.T) {
	for list, want := range map[string]string{
		"acme:phon":           "did you mean phone?",
		"acme:chatt,b:phone":  "did you mean chat?",
		"phne":                "did you mean phone?",
		"acme:phone;b:chat":   "entry 1: holds several connections; put a comma between them",
		"x:chat,acme b:phone": "entry 2: holds several connections; put a comma between them",
		"acme:phone;":         "did you mean phone?",
	} {
		_, _, err := configure(t, map[string]string{"ROLLCALL_SOURCES": list})
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: err = %v, want %s", list, err, want)
		}
	}
	_, _, err := configure(t, map[string]string{"ROLLCALL_SOURCES": "acme:VALUE;VALUE"})
	if err == nil || strings.Contains(err.Error(), "VALUE") || strings.Contains(err.Error(), "did you mean") {
		t.Errorf("err = %v, want no value and no suggestion", err)
	}
}

func TestOnlyNamedConnectionsAreRead(t *testing.T) {
	vars := map[string]string{"ROLLCALL_SOURCES": "phone,chat", "CHAT_KEY": "k"}
	configured, _, err := configure(t, vars, "chat", "chat")
	if err != nil || len(configured) != 1 || configured[0].Name != "chat" {
		t.Errorf("configured %d connections: %v", len(configured), err)
	}
	if _, _, err = configure(t, vars, "chat", "caht"); err == nil || err.Error() != `no connection is called "caht"; ROLLCALL_SOURCES has phone, chat; did you mean chat?` {
		t.Errorf("an unknown name: %v", err)
	}
}

func TestAFileIsReadAgain(t *testing.T) {
	path := filepath.Join(t.TempDir(), "token")
	for content, want := range map[string]string{"first\n": "first", "second\r\n": "second", " third ": " third "} {
		if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
		configured, warnings, err := configure(t, map[string]string{"ROLLCALL_SOURCES": "phone", "PHONE_API_TOKEN_FILE": path})
		if err != nil || len(warnings) > 0 {
			t.Fatal(err, warnings)
		}
		if got := configured[0].Config.(*phoneConfig).APIToken.Reveal(); got != want {
			t.Errorf("the token is %q, want %q", got, want)
		}
	}
	if err := os.WriteFile(path, []byte("two\n\nlines"), 0o600); err != nil {
		t.Fatal(err)
	}
	_, _, err := configure(t, map[string]string{"ROLLCALL_SOURCES": "phone", "PHONE_API_TOKEN_FILE": path})
	if err == nil || err.Error() != "PHONE_API_TOKEN_FILE: holds a line break or another control character" {
		t.Errorf("a token of two lines: %v", err)
	}
}

func TestAListStandsOnePerLineInAFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "sessions")
	if err := os.WriteFile(path, []byte("one\r\ntwo\n\n three\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	configured, _, err := configure(t, map[string]string{"ROLLCALL_SOURCES": "chat", "CHAT_KEY": "k", "CHAT_SESSIONS_FILE": path})
	if err != nil {
		t.Fatal(err)
	}
	if got := configured[0].Config.(*chatConfig).Sessions; !slices.Equal(got, []sources.Secret{"one", "two", "three"}) {
		t.Errorf("%d sessions", len(got))
	}
}

func TestUnknownVariablesAreWarnedOf(t *testing.T) {
	_, warnings, err := configure(t, map[string]string{
		"ROLLCALL_SOURCES": "phone,phone-eu:phone", "PHONE_API_TOKEN": "t", "PHONE_EU_API_TOKEN": "t",
		"PHONE_APITOKEN": "t", "PHONE_EU_TIMEOUTS": "1s", "PHONE_COLOUR": "red", "PHONE_PORTAL": "x", "PHONE_API_TOKEN_FIL": "x",
		// Kubernetes, for services called phone and phone-eu:
		"PHONE_SERVICE_HOST": "10.0.0.1", "PHONE_SERVICE_PORT_HTTP": "80", "PHONE_PORT": "tcp://10.0.0.1:80",
		"PHONE_PORT_80_TCP_ADDR": "10.0.0.1", "PHONE_EU_SERVICE_PORT": "80", "PHONE_EU_PORT_5060_UDP": "udp://10.0.0.1:5060",
		"PHONETIC": "is another's", "CHAT_KEY": "of no connection",
	})
	if err != nil {
		t.Fatal(err)
	}
	want := []string{
		"PHONE_APITOKEN: no such variable; did you mean PHONE_API_TOKEN?",
		"PHONE_API_TOKEN_FIL: no such variable; did you mean PHONE_API_TOKEN_FILE?",
		"PHONE_COLOUR: no such variable",
		"PHONE_EU_TIMEOUTS: no such variable; did you mean PHONE_EU_TIMEOUT?",
		"PHONE_PORTAL: no such variable",
	}
	if diff := cmp.Diff(want, warnings); diff != "" {
		t.Errorf("warnings (-want +got):\n%s", diff)
	}
}

// acme reads API_TOKEN and acme-api TOKEN: both would read ACME_API_TOKEN.
func TestAVariableOfTwoConnectionsIsRefused(t *testing.T) {
	_, _, err := configure(t, map[string]string{"ROLLCALL_SOURCES": "acme:phone,acme-api:chat", "ACME_API_TOKEN": "t"})
	if err == nil || err.Error() != "ROLLCALL_SOURCES: acme and acme-api would both read ACME_API_TOKEN; rename one of them" {
		t.Errorf("error %v", err)
	}
}

func TestMisspeltWarnsOfNearNamesAlone(t *testing.T) {
	names := []string{"ROLLCALL_SHEDULE", "ROLLCALL_PORT", "ROLLCALL_ANYTHING_ELSE", "ROLLCALL_SCHEDULE_FILE", "HOME"}
	got := Misspelt(names, "ROLLCALL_", []string{"ROLLCALL_SCHEDULE", "ROLLCALL_ADDR"})
	if want := []string{"ROLLCALL_SHEDULE: no such variable; did you mean ROLLCALL_SCHEDULE?"}; !slices.Equal(got, want) {
		t.Errorf("warnings %q, want %q", got, want)
	}
}
