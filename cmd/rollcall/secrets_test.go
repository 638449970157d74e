package main

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/jmoiron/sqlx"

	"rollcall/model/canon"
	"rollcall/sink"
)

// planted are the credentials that a hostile Kazoo repeats wherever it can: its
// own, those that it gave out, and those of another connection and of a webhook.
var planted = map[string]string{
	"API_KEY": "kazoo-key/with=specials+0001", "login token": "eyJhbGci.login-token.0002", "list token": "eyJhbGci.list-token.0003",
	"detail token": `detail"token\0004`, "HOOK_PASSWORD": "h00k pass&word", "other API_KEY": "agendize-api-key-0005", "other TOKEN": "agendize%token%0006",
	"other HOOK_PASSWORD": "hunter2",
}

// spellings are the ways in which one credential is planted and looked for.
func spellings(secret string) []string {
	escaped, _ := json.Marshal(secret)
	return []string{
		secret, url.QueryEscape(secret), strings.ReplaceAll(url.QueryEscape(secret), "+", "%20"),
		base64.StdEncoding.EncodeToString([]byte("hook:" + secret)), strings.Trim(string(escaped), `"`),
	}
}

// hostile answers as Kazoo does, with accounts full of credentials.
type hostile struct {
	accounts map[string]map[string]any
	fails    func(w http.ResponseWriter, r *http.Request) bool
}

func newHostile() *hostile {
	h := &hostile{accounts: map[string]map[string]any{}}
	add := func(fields map[string]any) {
		id := fmt.Sprintf("account%04d", len(h.accounts))
		account := map[string]any{"id": id, "name": id, "enabled": true, "created": 63700000000, "tree": []string{"root"}}
		maps.Copy(account, fields)
		h.accounts[account["id"].(string)] = account
	}
	for _, secret := range planted {
		for _, s := range spellings(secret) {
			within, _ := json.Marshal(map[string]any{"note": s, s: 1})
			add(map[string]any{"name": "Acme " + s + " Inc", "realm": s + ".example.com", "language": s, "timezone": s})
			add(map[string]any{"notes": []any{s, map[string]any{s: s}}, "x": map[string]any{"deep": []any{[]any{"a " + s + " b"}}}})
			add(map[string]any{"site": "https://u:" + s + "@h.example/" + s + "?a=" + s, "json": string(within)})
			add(map[string]any{"id": "id-" + s})
			add(map[string]any{"tree": []string{"root", "parent-" + s}})
			add(map[string]any{"name": s, "email": s + "@example.com", "contact": map[string]any{"technical": map[string]any{"email": s + "@example.com", "name": s}}})
		}
	}
	return h
}

func (h *hostile) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if h.fails != nil && h.fails(w, r) {
		return
	}
	answer := func(status int, data any, token string) {
		w.WriteHeader(status)
		_ = json.NewEncoder(w).Encode(map[string]any{"data": data, "status": "success", "auth_token": token, "page_size": 1})
	}
	id := strings.TrimPrefix(r.URL.Path, "/v2/accounts/")
	switch {
	case r.URL.Path == "/v2/api_auth":
		answer(http.StatusCreated, map[string]any{"account_id": "root"}, planted["login token"])
	case id == "root":
		answer(http.StatusOK, map[string]any{"id": "root", "name": "root", "enabled": true, "created": 63700000000}, planted["detail token"])
	case id == "root/descendants":
		var list []any
		for _, id := range slices.Sorted(maps.Keys(h.accounts)) {
			list = append(list, h.accounts[id])
		}
		answer(http.StatusOK, list, planted["list token"])
	default:
		answer(http.StatusNotFound, planted["API_KEY"], planted["detail token"])
	}
}

// dump is all that the database holds, as text.
func dump(t *testing.T, db *sqlx.DB) string {
	t.Helper()
	var tables, rows []string
	err := db.Select(&tables, `SELECT quote_ident(schemaname) || '.' || quote_ident(tablename) FROM pg_tables WHERE schemaname LIKE 'directory%'`)
	for _, table := range tables {
		var some []string
		if err == nil {
			err = db.Select(&some, `SELECT '`+table+` ' || to_jsonb(x)::text FROM `+table+` x`)
		}
		rows = append(rows, some...)
	}
	if err != nil {
		t.Fatal(err)
	}
	return strings.Join(rows, "\n")
}

// What a push names can be a credential, too.
func TestAHookKeepsNoCredential(t *testing.T) {
	t.Parallel()
	const other = "hook-password-of-c2"
	r, _, db := hooked(t, func(env map[string]string) { env["C2_HOOK_USERNAME"], env["C2_HOOK_PASSWORD"] = "pusher", other })
	if status := r.post("/hooks/c1", hookUser, hookPassword, `{"id":"`+other+`"}`); status != http.StatusAccepted {
		t.Errorf("answered %d", status)
	}
	pending := count(t, db, pendingRefreshes)
	if runs := count(t, db, `SELECT count(*) FROM directory.runs WHERE trigger = 'hook'`); pending+runs > 0 {
		t.Errorf("%d refreshes are pending, %d runs made some", pending, runs)
	}
}

func TestPasswordsOfTheDatabase(t *testing.T) {
	for text, want := range map[string]string{
		"postgres://me:s3cr3t-w0rd@host/db":         "s3cr3t-w0rd",
		"postgres://me@host/db?password=s3cr3tw0rd": "s3cr3tw0rd",
		"postgres://me:s3cr3t-w0rd@a:1,b:2/db":      "s3cr3t-w0rd",
		"postgres://me:me@host/db":                  "", "postgres://me:postgres@host/db": "", "postgres://me:db@host/db": "", "embedded": "",
	} {
		if got := sink.Password(text); got != want {
			t.Errorf("%s: got %q, want %q", text, got, want)
		}
	}
	var log bytes.Buffer
	secrets := new(canon.Secrets)
	secrets.Add("s3cr3t-w0rd")
	logger := newLogger(&log, slog.LevelInfo, "json", secrets)
	logger.With("a", "s3cr3t-w0rd").Info("b s3cr3t-w0rd", "c", errors.New("s3cr3t-w0rd"), "d", []string{"s3cr3t-w0rd"}, slog.Group("e", "f", "s3cr3t-w0rd"))
	if strings.Contains(log.String(), "s3cr3t") || strings.Count(log.String(), canon.Redacted) != 5 {
		t.Errorf("logged %s", log.String())
	}
}

// No credential leaves a provider's answers, regardless of its owner and how it
// is spelled: not for a table, a log, an error or an output.
func TestNoCredentialGetsThrough(t *testing.T) {
	database, db := migrated(t)
	provider := newHostile()
	server := httptest.NewServer(provider)
	defer server.Close()
	env := map[string]string{
		"DATABASE_URL": database, "ROLLCALL_SOURCES": "acme:kazoo,other:agendize", "LOG_LEVEL": "debug", "LOG_FORMAT": "json",
		"ACME_BASE_URL": server.URL + "/v2", "ACME_ACCOUNT_ID": "root", "ACME_API_KEY": planted["API_KEY"],
		"ACME_HOOK_USERNAME": "hook", "ACME_HOOK_PASSWORD": planted["HOOK_PASSWORD"],
		"OTHER_API_KEY": planted["other API_KEY"], "OTHER_TOKEN": planted["other TOKEN"],
		"OTHER_HOOK_USERNAME": "hook", "OTHER_HOOK_PASSWORD": planted["other HOOK_PASSWORD"],
	}
	search := func(what, text string) {
		t.Helper()
		for name, secret := range planted {
			for _, s := range spellings(secret) {
				for _, s := range []string{s, strings.ToLower(s), strings.Trim(fmt.Sprintf("%q", s), `"`)} {
					if at := strings.Index(text, s); at >= 0 {
						t.Errorf("%s: %s as %q: …%s…", what, name, s, text[max(0, at-200):min(len(text), at+200)])
						return
					}
				}
			}
		}
	}
	try := func(want int, args ...string) string {
		t.Helper()
		code, stdout, stderr := call(t, env, args...)
		if code != want {
			t.Fatalf("%v: exit status %d: %s", args, code, stderr)
		}
		search(strings.Join(args, " "), stdout+stderr)
		return stdout
	}
	try(exitWell, "plan", "acme")
	try(exitWell, "sync", "acme")
	search("the database", dump(t, db))
	rejected := count(t, db, `SELECT count(*) FROM directory.rejects WHERE resolved_at IS NULL AND external_id IS NULL AND reason LIKE '%credential%'`)
	live := count(t, db, `SELECT count(*) FROM directory.live_accounts`)
	if rejected == 0 || live < len(provider.accounts)/2 {
		t.Errorf("%d accounts, %d rejected", live, rejected)
	}
	for _, args := range []string{
		"backfill acme --replay", "sync acme", "accounts -o json", "accounts", "rejects", "rejects -o json", "runs", "tree", "export --format jsonl", "export --format csv",
		"history acme/root", "connections", "plan acme --replay",
	} {
		try(exitWell, strings.Fields(args)...)
	}
	if changed := count(t, db, `SELECT count(*) FROM directory.account_history WHERE operation <> 'created'`); changed > 0 {
		t.Errorf("%d changes where nothing changed", changed)
	}

	everything := strings.Join(slices.Collect(maps.Values(planted)), " ")
	provider.fails = func(w http.ResponseWriter, r *http.Request) bool {
		if strings.HasSuffix(r.URL.Path, "descendants") {
			w.Header().Set("Location", "https://"+planted["login token"]+".example/"+url.PathEscape(everything)+"?x="+url.QueryEscape(everything))
			w.WriteHeader(http.StatusFound)
			return true
		}
		return false
	}
	try(exitFailed, "sync", "acme")
	provider.fails = func(w http.ResponseWriter, r *http.Request) bool {
		if r.URL.Path == "/v2/api_auth" {
			return false
		}
		w.WriteHeader(http.StatusForbidden)
		_ = json.NewEncoder(w).Encode(map[string]any{"message": planted["list token"], "error": planted["other API_KEY"], "auth_token": planted["list token"]})
		return true
	}
	try(exitFailed, "sync", "acme")
	try(exitWell, "runs", "-o", "json")
	search("the database", dump(t, db))
}
