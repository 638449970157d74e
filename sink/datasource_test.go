package sink

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/lib/pq"

	"rollcall/sink/sinktest"
)

// hostsOf are the hosts of a target in order.
func hostsOf(t target) string {
	list := fmt.Sprintf("%s:%d", t.config.Host, t.config.Port)
	for _, m := range t.config.Multi {
		list += fmt.Sprintf(" %s:%d", m.Host, m.Port)
	}
	return list
}

// URLs and PG… variables mean what they mean to psql.
func TestTheURLAndTheEnvironmentAreReadAsByPsql(t *testing.T) {
	t.Parallel()
	service := filepath.Join(t.TempDir(), "services")
	if err := os.WriteFile(service, []byte("[other]\nhost=wrong\n\n# ours\n[acme]\nhost = s1\nsslmode=require\nuser=sue\n[third]\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	mode := func(t target) string { return string(t.config.SSLMode) }
	name := func(t target) string { return t.config.Database }
	who := func(t target) string { return t.config.User + "/" + t.config.Password }
	for _, c := range []struct {
		url, env string
		what     func(target) string
		want     string
	}{
		{"postgres://h/d", "", mode, "prefer"},
		{"postgres://h/d", "PGSSLMODE=require", mode, "require"},
		{"postgres://h/d", "PGSSLMODE=verify-full", mode, "verify-full"},
		{"postgres://h/d?sslmode=disable", "PGSSLMODE=verify-full", mode, "disable"},
		{"postgres://h/d?ssl=true", "", mode, "require"},
		{"postgres://h/d", "PGREQUIRESSL=1", mode, "require"},
		{"postgres://h/d?sslrootcert=system", "", mode, "verify-full"},
		{"postgres:///d?host=/run/pg", "PGSSLMODE=require", mode, "disable"},
		{"postgres://%2Frun%2Fpg,h/d?sslmode=require", "", mode, "require"},

		{"postgres://a:1,b:2/d", "", hostsOf, "a:1 b:2"},
		{"postgres://a,b:2/d", "", hostsOf, "a:5432 b:2"},
		{"postgres://a,b/d?port=6", "", hostsOf, "a:6 b:6"},
		{"postgres://u@[::1]:7,[fe80::2]/d", "", hostsOf, "::1:7 fe80::2:5432"},
		{"postgres://%2Frun%2Fpg:6000/d", "", hostsOf, "/run/pg:6000"},
		{"postgres://", "PGHOST=a,b PGPORT=1,2", hostsOf, "a:1 b:2"},
		{"postgresql:///d", "PGHOST=/run/pg", hostsOf, "/run/pg:5432"},
		{"postgres://h/d", "PGHOST=other PGPORT=9", hostsOf, "h:9"},
		{"postgres://h/d?host=i&host=j", "", hostsOf, "j:5432"},
		{"postgres://?hostaddr=127.0.0.1", "", func(t target) string { return t.config.Hostaddr.String() }, "127.0.0.1"},

		{"postgres://h", "PGDATABASE=x", name, "x"},
		{"postgres://h/a%2Fb?connect_timeout=3", "", name, "a/b"},
		{"postgres://h/a?dbname=b", "", name, "b"},
		{"postgres://u:p%40s%2Fs%23%25:x?@h/d", "", who, "u/p@s/s#%:x?"},
		{"postgres://u:@h/d", "PGPASSWORD=secret", who, "u/secret"},
		{"postgres://h/d?user=ann@server&password=x", "", who, "ann@server/x"},
		{"postgres://h/d?options=-c%20a=b+c", "", func(t target) string { return t.config.Options }, "-c a=b+c"},
		{"postgres://h/d", "PGOPTIONS=-cgeqo=off", func(t target) string { return t.config.Options }, "-cgeqo=off"},
		{"postgres://h/d?application_name=me", "PGAPPNAME=you", func(t target) string { return t.config.ApplicationName }, "me"},
		{"postgres://h/d", "", func(t target) string { return t.config.ApplicationName }, "rollcall"},
		{"postgres://a,b/d?connect_timeout=3", "", func(t target) string { return t.limit.String() }, "6s"},
		{"postgres://h/d?connect_timeout=0", "", func(t target) string { return t.limit.String() }, connectTimeout.String()},
		{"postgres://a/d?target_session_attrs=read-write", "", func(t target) string { return string(t.config.TargetSessionAttrs) }, "read-write"},
		{"postgres://h/d", "PGSERVICE=acme PGSERVICEFILE=" + service, hostsOf, "h:5432"},
		{"postgres:///d", "PGSERVICE=acme PGHOST=other PGSERVICEFILE=" + service, hostsOf, "s1:5432"},
		{"postgres:///d?service=acme", "PGUSER=other PGSERVICEFILE=" + service, who, "sue/"},
		{"postgres:///d?service=acme", "PGSSLMODE=disable PGSERVICEFILE=" + service, mode, "require"},

		{"postgres://h/d?channel_binding=prefer&gssencmode=disable&keepalives=1&tcp_user_timeout=5", "PGGSSENCMODE=prefer PGCHANNELBINDING=disable", func(t target) string {
			return fmt.Sprint(t.config.Runtime["channel_binding"], t.config.Runtime["gssencmode"], t.config.Runtime["keepalives"])
		}, ""},
		{"postgres://h/d?Search_Path=evil&statement_timeout=5&idle_session_timeout=7&work_mem=8MB", "PGDATESTYLE=German PGTZ=CET", func(t target) string {
			r := t.config.Runtime
			return fmt.Sprint(len(r) == len(settings)+1, r["search_path"], r["statement_timeout"], r["idle_session_timeout"], r["work_mem"], r["timezone"], r["datestyle"])
		}, "true" + pinnedPath + "508MBUTCISO, MDY"},
	} {
		got, err := dataSource(c.url, strings.Fields(c.env))
		if err != nil || c.what(got) != c.want {
			t.Errorf("%s with %q: %s, want %s: %v", c.url, c.env, c.what(got), c.want, err)
		}
	}
}

// What cannot be read or kept is refused: with what to blame, and without a part
// of the URL, any of which may be one of the password.
func TestWhatIsRefusedIsNotRepeated(t *testing.T) {
	t.Parallel()
	missing := filepath.Join(t.TempDir(), "root.crt")
	for _, c := range []struct{ url, env, from, says string }{
		{"postgres://u:sec@ret@h/d", "", "", "%40"},
		{"postgres://u:sec/ret@h/d", "", "", "%2F"},
		{"postgres://u:12/secret@h/d", "", "", "%2F"},
		{"postgres://u:sec#ret@h/d", "", "", "%23"},
		{"postgres://u:sec%ret@h/d", "", "", "%25"},
		{"postgres://u:sec%00ret@h/d", "", "", "%25"},
		{"postgres://u:sec ret@h/d", "", "", "%20"},
		{"postgres://u:sec?/ret@h/d", "", "", "name"},
		{"postgres://u:1/d?secret=x@h", "", "", "%40"},
		{"postgres://u:1?/secret@h/d?sslmode=disable", "", "", ""},
		{"postgres://u:secret@h:port/d", "", "", "65535"},
		{"postgres://u:secret@h:0/d", "", "", "65535"},
		{"postgres://u:secret@a:1,b:2,c/d?port=1,2", "", "", "65535"},
		{"postgres://u:secret@[::1/d", "", "", "brackets"},
		{"postgres://u:secret@::1/d", "", "", "65535"},
		{"mysql://u:secret@h/d", "", "", "postgres://"},
		{"host=h password=secret", "", "", "postgres://"},
		{"postgres://u:secret@h/d?sslmode=secret", "", "", "sslmode must be one of disable"},
		{"postgres://u:secret@h/d?connect_timeout=secret", "", "", "connect_timeout must"},
		{"postgres://u:secret@h/d?channel_binding=require", "", "", "channel_binding"},
		{"postgres://u:secret@h/d?gssencmode=require", "", "", "gssencmode"},
		{"postgres://u:secret@h/d?require_auth=scram-sha-256", "", "", "require_auth"},
		{"postgres://u:secret@h/d?sslcrl=/crl", "", "", "sslcrl"},
		{"postgres://u:secret@h/d?sslmode=verify-full&sslrootcert=" + missing, "", "", "sslrootcert cannot be read: open " + missing},
		{"postgres://u:secret@h/d?sslmode=require&sslrootcert=" + missing, "", "", missing},
		{"postgres://u:secret@h/d?sslmode=require&sslrootcert=system", "", "", "verify-full"},
		{"postgres://u:secret@h/d?sslnegotiation=direct", "", "", "needs sslmode"},
		{"postgres://u:secret@h/d", "PGSSLROOTCERT=" + missing, "PGSSLROOTCERT", "cannot be read: open " + missing},
		{"postgres://u:secret@h/d", "PGSSLMODE=secret", "PGSSLMODE", "must be one of"},
		{"postgres://u:secret@h/d", "PGCHANNELBINDING=require", "PGCHANNELBINDING", "leave it out"},
		{"postgres://u:secret@h/d", "PGPORT=secret", "PGPORT", "65535"},
		{"postgres://u:secret@h/d", "PGCONNECT_TIMEOUT=secret", "PGCONNECT_TIMEOUT", "seconds"},
		{"postgres://u:secret@h/d", "PGTARGETSESSIONATTRS=secret", "PGTARGETSESSIONATTRS", "read-write"},
		{"postgres://u:secret@h/d", "PGHOSTADDR=secret", "PGHOSTADDR", "IP"},
		{"postgres://u:secret@h/d", "PGSERVICE=acme PGSERVICEFILE=" + missing, "PGSERVICE", missing},
	} {
		_, err := dataSource(c.url, strings.Fields(c.env))
		if err == nil {
			t.Errorf("%s with %q is taken", c.url, c.env)
			continue
		}
		says := blamed(err).Error()
		from := c.from
		if from == "" {
			from = "DATABASE_URL"
		}
		if !strings.HasPrefix(says, from+": ") || !strings.Contains(says, c.says) || strings.Contains(says, "sec") && !strings.Contains(says, "seconds") || strings.Contains(says, "ret") && !strings.Contains(says, "seconds") {
			t.Errorf("%s with %q: %q, want %s: … %s", c.url, c.env, says, from, c.says)
		}
	}
}

// The URL is checked apart from the environment, since each is reported by name.
func TestTheEnvironmentIsCheckedApart(t *testing.T) {
	t.Setenv("PGSSLMODE", "sideways")
	const url = "postgres://u@h/d"
	if err := CheckURL(url); err != nil {
		t.Errorf("the URL is blamed: %v", err)
	}
	if err := CheckEnvironment(url); err == nil || !strings.HasPrefix(err.Error(), "PGSSLMODE: must be one of") {
		t.Errorf("the variable: %v", err)
	}
	if _, err := Open(t.Context(), url, 1); err == nil || !strings.HasPrefix(err.Error(), "PGSSLMODE: ") {
		t.Errorf("opening: %v", err)
	}
}

// A host that is away leaves time for the next one.
func TestTheSecondHostIsTried(t *testing.T) {
	t.Parallel()
	good, err := dataSource(sinktest.URL(t), nil)
	if err != nil {
		t.Fatal(err)
	}
	c := good.config
	c.Multi = []pq.ConfigMultihost{{Host: c.Host, Hostaddr: c.Hostaddr, Port: c.Port}}
	c.Host, c.Port, c.ConnectTimeout = "127.0.0.1", 1, 5*time.Second
	session, err := (&connector{silence: sessionSilence}).open(t.Context(), target{config: c, limit: connectTimeout})
	if err != nil {
		t.Fatalf("the second host is not tried: %v", err)
	}
	_ = session.Close()
}

// A failover leaves no primary for a while, which passes.
func TestAHostOfAnotherKindIsWaitedFor(t *testing.T) {
	t.Parallel()
	_, err := Open(t.Context(), sinktest.URL(t)+"&target_session_attrs=standby", 1)
	if err == nil || !strings.Contains(err.Error(), "target_session_attrs") || !IsTransient(err) {
		t.Errorf("a primary where a standby is required: %v", err)
	}
}
