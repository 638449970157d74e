package main

import (
	"encoding/json"
	"io"
	"log"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"testing"

	"rollcall/sink/admin"
	"rollcall/sink/sinktest"
	"rollcall/sources/simulate"
)

// A finding is what doctor says of one check.
type finding struct{ Subject, Check, State, Detail string }

// findings runs doctor and returns what it found, by subject and check.
func findings(t *testing.T, env map[string]string) (code int, found map[string]finding) {
	t.Helper()
	code, stdout, stderr := call(t, env, "doctor", "-o", "json")
	var list []finding
	if err := json.Unmarshal([]byte(stdout), &list); err != nil {
		t.Fatalf("exit status %d: %v\n%s%s", code, err, stdout, stderr)
	}
	found = map[string]finding{}
	for _, f := range list {
		found[f.Subject+" "+f.Check] = f
	}
	if all := stdout + stderr; strings.Contains(all, simulate.SecretMark) || strings.Contains(all, "hunter2") {
		t.Errorf("a secret is shown:\n%s", all)
	}
	return code, found
}

func TestDoctorFindsAllWell(t *testing.T) {
	fleet, err := simulate.Start(40, 1)
	if err != nil {
		t.Fatal(err)
	}
	defer fleet.Close()
	env := fleet.Env()
	env["DATABASE_URL"] = sinktest.URL(t)
	code, found := findings(t, env)
	if f := found["database schema"]; code != exitWell || f.State != admin.Warning || !strings.Contains(f.Detail, "migrate up") {
		t.Errorf("before the first sync: exit status %d, %+v", code, found)
	}
	if code, _, stderr := call(t, env, "sync"); code != exitWell {
		t.Fatal(stderr)
	}
	before := 0
	for _, s := range fleet.Servers {
		before += s.Requests()
	}
	code, found = findings(t, env)
	asked := -before
	for _, s := range fleet.Servers {
		asked += s.Requests()
	}
	if sessions := strings.Count(env["BACKSTACK_SESSIONS"], ",") + 1; asked > 5+sessions {
		t.Errorf("the providers were asked %d times", asked)
	}
	for name, f := range found {
		if f.State != admin.OK {
			t.Errorf("%s: %+v", name, f)
		}
	}
	if code != exitWell || len(found) != 9+4*5 {
		t.Errorf("exit status %d, %d findings: %v", code, len(found), slices.Sorted(maps.Keys(found)))
	}
	if code, stdout, _ := call(t, env, "doctor"); code != exitWell || !strings.Contains(stdout, "reader role") {
		t.Errorf("as a table: exit status %d\n%s", code, stdout)
	}
}

func TestDoctorTellsWhatFails(t *testing.T) {
	fleet, err := simulate.Start(40, 1)
	if err != nil {
		t.Fatal(err)
	}
	defer fleet.Close()
	secure := httptest.NewUnstartedServer(nil)
	secure.Config.ErrorLog = log.New(io.Discard, "", 0)
	secure.StartTLS() // by a certificate that nobody trusts
	defer secure.Close()
	busy := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Retry-After", "3600") // seconds
		w.WriteHeader(http.StatusTooManyRequests)
	}))
	defer busy.Close()
	base, db := migrated(t)
	well := fleet.Env()
	well["DATABASE_URL"] = base
	if code, _, stderr := call(t, well, "sync"); code != exitWell {
		t.Fatal(stderr)
	}
	user, err := url.Parse(base)
	if err != nil {
		t.Fatal(err)
	}
	role := "doctor_" + strings.TrimPrefix(user.Path, "/rollcall_test_")
	db.MustExec(`CREATE ROLE ` + role + ` LOGIN CONNECTION LIMIT 20 PASSWORD 'hunter2'`)
	defer db.MustExec(`DROP ROLE ` + role)
	user.User = url.UserPassword(role, "hunter2")
	ascii, err := url.Parse(base)
	if err != nil {
		t.Fatal(err)
	}
	ascii.Path = "/" + role
	db.MustExec(`CREATE DATABASE ` + role + ` ENCODING 'SQL_ASCII' LC_COLLATE 'C' LC_CTYPE 'C' TEMPLATE template0`)
	defer db.MustExec(`DROP DATABASE ` + role + ` WITH (FORCE)`)
	nowhere := *user
	nowhere.Path = "/nowhere"
	for what, test := range map[string]struct {
		set         map[string]string
		finding     string
		state, says string
	}{
		"a wrong token":          {map[string]string{"SIGNALWIRE_API_TOKEN": "hunter2"}, "signalwire credential", admin.Failed, "401"},
		"a wrong key":            {map[string]string{"AGENDIZE_API_KEY": "hunter2"}, "agendize listing", admin.Failed, "may not read"},
		"a wrong key for tokens": {map[string]string{"AUDIAN_API_KEY": "hunter2"}, "audian credential", admin.Failed, "refused"},
		"an expired session":     {map[string]string{"BACKSTACK_SESSIONS": well["BACKSTACK_SESSIONS"] + ",hunter2"}, "backstack credential", admin.Failed, "expired"},
		"a wrong app key":        {map[string]string{"BACKSTACK_APP_KEY": "hunter2"}, "backstack credential", admin.Failed, "right key into BACKSTACK_APP_KEY"},
		"a provider that waits":  {map[string]string{"SIGNALWIRE_BASE_URL": busy.URL}, "signalwire listing", admin.Failed, "429 Too Many Requests"},
		"sessions that wait":     {map[string]string{"BACKSTACK_BASE_URL": busy.URL}, "backstack listing", admin.Failed, "429 Too Many Requests"},
		"another account":        {map[string]string{"AUDIAN_ACCOUNT_ID": "another"}, "audian listing", admin.Failed, "404"},
		"a host that is not":     {map[string]string{"SIGNALWIRE_BASE_URL": "https://nowhere.invalid"}, "signalwire dns", admin.Failed, "BASE_URL"},
		"an unknown certificate": {map[string]string{"SIGNALWIRE_BASE_URL": secure.URL}, "signalwire tls", admin.Failed, "SSL_CERT_FILE"},
		"another place":          {map[string]string{"SIGNALWIRE_BASE_URL": strings.Replace(well["SIGNALWIRE_BASE_URL"], "127.0.0.1", "localhost", 1)}, "signalwire identity", admin.Warning, "--allow-deletes"},
		"a role without rights":  {map[string]string{"DATABASE_URL": user.String()}, "database rights", admin.Failed, "own"},
		"a database that is not": {map[string]string{"DATABASE_URL": nowhere.String()}, "database reachable", admin.Failed, "nowhere"},
		"a server that is not":   {map[string]string{"DATABASE_URL": "postgres://u:hunter2@127.0.0.1:1/x"}, "database reachable", admin.Failed, "127.0.0.1:1"},
		"no role for analysts":   {map[string]string{"DATABASE_URL": user.String(), "ROLLCALL_READER_ROLE": "nobody_here"}, "database reader role", admin.Warning, "CREATE ROLE nobody_here"},
		"too few connections":    {map[string]string{"DATABASE_URL": user.String(), "ROLLCALL_PARALLEL": "50"}, "database connections", admin.Warning, "allows 20, of the 55 that are needed at most"},
		"a read-only default":    {map[string]string{"DATABASE_URL": base + "&default_transaction_read_only=on"}, "database settings", admin.Failed, "RESET"},
		"an encoding but UTF-8":  {map[string]string{"DATABASE_URL": ascii.String()}, "database settings", admin.Failed, "SQL_ASCII"},
		"a pooler":               {map[string]string{"DATABASE_URL": pooled(t, base)}, "database pooler", admin.Failed, "pool by session"},
	} {
		t.Run(what, func(t *testing.T) {
			env := maps.Clone(well)
			maps.Copy(env, test.set)
			code, found := findings(t, env)
			f := found[test.finding]
			if f.State != test.state || !strings.Contains(f.Detail, test.says) {
				t.Errorf("%s: %+v, want %s and %q; all: %+v", test.finding, f, test.state, test.says, found)
			}
			if failed := test.state == admin.Failed; failed && code != exitFailed {
				t.Errorf("exit status %d", code)
			}
		})
	}
	db.MustExec(`INSERT INTO directory_internal.schema_version (version_id, is_applied) VALUES (9999, true)`)
	if code, found := findings(t, well); code != exitWell || found["database schema"].State != admin.OK || !strings.Contains(found["database schema"].Detail, "9999 is newer") {
		t.Errorf("a newer schema: exit status %d, %+v", code, found["database schema"])
	}
	db.MustExec(`DELETE FROM directory_internal.schema_version WHERE version_id IN (9999, (SELECT max(version_id) FROM directory_internal.schema_version WHERE version_id < 9999))`)
	if code, found := findings(t, well); code != exitWell || found["database schema"].State != admin.Warning {
		t.Errorf("an older schema: exit status %d, %+v", code, found["database schema"])
	}
}

func TestWritingRefusesAPooler(t *testing.T) {
	fleet, err := simulate.Start(8, 1)
	if err != nil {
		t.Fatal(err)
	}
	defer fleet.Close()
	env := fleet.Env()
	env["DATABASE_URL"] = pooled(t, sinktest.URL(t))
	for _, args := range [][]string{{"sync"}, {"backfill", "audian"}, {"connections", "retire", "gone", "--yes"}} {
		if code, _, stderr := call(t, env, args...); code != exitFailed || !strings.Contains(stderr, "a pooler in transaction mode") {
			t.Errorf("%v: exit status %d: %s", args, code, stderr)
		}
	}
}
