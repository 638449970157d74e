package pipeline

import (
	"bytes"
	"context"
	"log/slog"
	"strings"
	"sync"
	"testing"

	"github.com/jmoiron/sqlx"
	"github.com/sethvargo/go-envconfig"
	"pgregory.net/rapid"

	"rollcall/sink"
	"rollcall/sink/sinktest"
	"rollcall/sources"
	"rollcall/sources/agendize"
	"rollcall/sources/audian"
	"rollcall/sources/backstack"
	"rollcall/sources/env"
	"rollcall/sources/signalwire"
	"rollcall/sources/simulate"
)

// A tester is a test or one case of a property.
type tester interface {
	rapid.TB
	Cleanup(f func())
	Context() context.Context
}

// acme is the connection of a rig that has one.
const acme = "acme"

var providers = []sources.Provider{
	sources.Define("signalwire", signalwire.New),
	sources.Define("agendize", agendize.New),
	sources.Define("backstack", backstack.New),
	sources.Define("audian", audian.New),
	sources.Define("kazoo", audian.NewKazoo),
}

// A rig is a directory and the connections whose accounts it holds. Whatever a
// run left is checked after each one.
type rig struct {
	t       tester
	db      *sqlx.DB
	through *sqlx.DB // what runs use, where that is another way to the same database
	url     string
	log     *journal
	tenants map[string]*tenant
	fakes   map[string]*fake
	moments []moment // how the directory was between runs
}

// newRig makes an empty directory.
func newRig(t *testing.T) *rig {
	t.Helper()
	return rigAt(t, sinktest.URL(t))
}

// rigAt makes an empty directory in that database.
func rigAt(t *testing.T, url string) *rig {
	t.Helper()
	db, err := sink.Open(t.Context(), url, 8)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	if err := (sink.Migration{DB: db, ReaderRole: "directory_reader"}).Run(t.Context()); err != nil {
		t.Fatal(err)
	}
	sinktest.Publish(t, db)
	return (&rig{db: db, url: url}).fresh(t)
}

// rigOf makes a directory with one connection, acme, to a provider.
func rigOf(t *testing.T, provider string, accounts ...simulate.Account) (*rig, *tenant) {
	t.Helper()
	r := newRig(t)
	return r, r.connect(acme, provider, accounts...)
}

// fresh is the rig with an empty directory and no connection, for t.
func (r *rig) fresh(t tester) *rig {
	t.Helper()
	clean := &rig{t: t, db: r.db, url: r.url, log: &journal{}, tenants: map[string]*tenant{}, fakes: map[string]*fake{}}
	clean.exec(`DO $$ DECLARE name text; BEGIN
		FOR name IN SELECT tablename FROM pg_tables WHERE schemaname = 'directory_internal' AND tablename ~ '^staged_\d' LOOP
			EXECUTE 'DROP TABLE directory_internal.' || name;
		END LOOP;
		FOR name IN SELECT schemaname || '.' || tablename FROM pg_tables WHERE schemaname IN ('directory', 'directory_internal')
			AND tablename NOT IN ('schema_version', 'applied_counter') LOOP
			EXECUTE 'DELETE FROM ' || name;
		END LOOP;
	END $$`)
	return clean
}

// connect adds a connection to a simulated provider with these accounts.
func (r *rig) connect(name, provider string, accounts ...simulate.Account) *tenant {
	r.t.Helper()
	tenant := newTenant(r.t, provider, accounts...)
	r.tenants[name] = tenant
	return tenant
}

// configured reads the configuration of a connection again.
func (r *rig) configured(name string) sources.Configured {
	r.t.Helper()
	if f := r.fakes[name]; f != nil {
		return f.configured(name)
	}
	tenant := r.tenants[name]
	vars := map[string]string{"ROLLCALL_SOURCES": name + ":" + tenant.provider}
	for key, value := range tenant.settings {
		vars[strings.ToUpper(name)+"_"+key] = value
	}
	list, _, err := env.Configure(r.t.Context(), providers, envconfig.MapLookuper(vars), nil, nil)
	if err != nil {
		r.t.Fatal(err)
	}
	return list[0]
}

// runner is a Runner against the rig's directory.
func (r *rig) runner() *Runner {
	return &Runner{
		DB: r.sessions(), Log: slog.New(slog.NewJSONHandler(r.log, &slog.HandlerOptions{Level: slog.LevelDebug})),
		Open: func(_ context.Context, c sources.Configured, log *slog.Logger, arrived func(kind, id string)) (sources.Source, error) {
			if f := r.fakes[c.Name]; f != nil {
				return f, nil
			}
			return c.Open("rollcall test", log, nil, arrived)
		},
	}
}

// sync runs acme once and checks what the run left.
func (r *rig) sync(change ...func(*Options)) Result {
	r.t.Helper()
	return r.syncNamed(acme, change...)
}

func (r *rig) syncNamed(name string, change ...func(*Options)) Result {
	r.t.Helper()
	result := r.run(r.t.Context(), name, change...)
	r.check()
	r.checkResult(result)
	r.remember()
	return result
}

// run runs a connection and leaves the checks to the caller.
func (r *rig) run(ctx context.Context, name string, change ...func(*Options)) Result {
	options := Options{}
	for _, f := range change {
		f(&options)
	}
	return r.runner().Run(ctx, r.configured(name), options)
}

func allowDeletes(o *Options) { o.Kind = AllowDeletes }
func wait(o *Options)         { o.Kind = SyncNamed }

// mustSync syncs acme and fails the test unless the run ends like that.
func (r *rig) mustSync(status string, change ...func(*Options)) Result {
	r.t.Helper()
	result := r.sync(change...)
	if result.Status != status {
		r.t.Fatalf("the run ended %q, want %q; error: %v; log:\n%s", result.Status, status, result.Err, r.log)
	}
	return result
}

// mustWriteNothing syncs acme once more and fails the test if that touches a
// tuple of the directory or of its history.
func (r *rig) mustWriteNothing() {
	r.t.Helper()
	before := r.tuples()
	result := r.sync()
	if result.Changed() {
		r.t.Errorf("a sync after which nothing changed at the provider: %+v", result.Counts)
	}
	if diff := difference(before, r.tuples()); diff != "" {
		r.t.Errorf("a run that changes nothing wrote rows (-before +after):\n%s", diff)
	}
}

// tuples returns the version of every row, its locks included.
func (r *rig) tuples() map[string]string {
	r.t.Helper()
	tuples := map[string]string{}
	for _, table := range []string{"directory.accounts", "directory_internal.account_version", "directory_internal.last_change", "directory_internal.applied_run"} {
		var list string
		r.get(&list, `SELECT coalesce(string_agg(concat_ws(' ', ctid, xmin, xmax), ', ' ORDER BY ctid), '') FROM `+table)
		tuples[table] = list
	}
	return tuples
}

func (r *rig) get(to any, query string, args ...any) {
	r.t.Helper()
	if err := r.db.GetContext(r.t.Context(), to, query, args...); err != nil {
		r.t.Fatalf("%s: %v", query, err)
	}
}

func (r *rig) list(to any, query string, args ...any) {
	r.t.Helper()
	if err := r.db.SelectContext(r.t.Context(), to, query, args...); err != nil {
		r.t.Fatalf("%s: %v", query, err)
	}
}

func (r *rig) exec(query string, args ...any) {
	r.t.Helper()
	if _, err := r.db.ExecContext(r.t.Context(), query, args...); err != nil {
		r.t.Fatalf("%s: %v", query, err)
	}
}

// A journal is all that was logged.
type journal struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (j *journal) Write(p []byte) (int, error) {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.text.Write(p)
}

func (j *journal) String() string {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.text.String()
}
