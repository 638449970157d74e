package main

import (
	"bytes"
	"errors"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/jmoiron/sqlx"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/sethvargo/go-envconfig"
	"go.yaml.in/yaml/v3"

	"rollcall/cmd/rollcall/internal/httpd"
	"rollcall/sink"
	"rollcall/sink/sinktest"
	"rollcall/sources"
	"rollcall/sources/env"
	"rollcall/sources/simulate"
)

// The documents at the root and in the folders. What they show is run, and what
// they name exists.
const (
	root      = "../../"
	front     = root + "README.md"
	operating = root + "schedule/README.md"
	analysts  = root + "sink/reader/README.md"
)

// documents returns the text of each README by its path.
func documents(t *testing.T) map[string]string {
	t.Helper()
	texts := map[string]string{}
	err := filepath.WalkDir(root, func(path string, entry os.DirEntry, err error) error {
		if err == nil && entry.Name() == "README.md" {
			texts[path] = document(t, path)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return texts
}

func document(t *testing.T, path string) string {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// blocks returns the code blocks of a language in a text.
func blocks(text, language string) []string {
	var found []string
	for _, m := range regexp.MustCompile("(?s)```"+language+"\n(.*?)```").FindAllStringSubmatch(text, -1) {
		found = append(found, m[1])
	}
	return found
}

// TestReadmeQueries runs each query of the documents as an analyst would, on the
// database that the demo leaves. Each finds something there.
func TestReadmeQueries(t *testing.T) {
	fleet, err := simulate.Start(40, 2026)
	if err != nil {
		t.Fatal(err)
	}
	defer fleet.Close()
	var out bytes.Buffer
	d := newDemonstration(&app{env: envconfig.MapLookuper(nil), stdout: &out, stderr: &out}, fleet, sinktest.URL(t))
	if err := d.story(t.Context()); err != nil {
		t.Fatalf("%v\n%s", err, &out)
	}
	db, err := sink.Open(t.Context(), d.env["DATABASE_URL"], 1)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = db.Close() }()
	logIn(t, db)
	checkSources(t, db)
	for path, least := range map[string]int{front: 5, analysts: 12} {
		queries := strings.SplitAfter(strings.Join(blocks(document(t, path), "sql"), ""), ";\n")
		queries = queries[:len(queries)-1] // nothing follows the last one
		if len(queries) < least {
			t.Errorf("%s has %d queries, want %d at least", path, len(queries), least)
		}
		for _, query := range queries {
			answers(t, db, strings.ReplaceAll(query, "'2026-11-01'", "now() - interval '100 days'")) // within the demo's history
		}
	}
}

func answers(t *testing.T, db *sqlx.DB, query string) {
	t.Helper()
	rows, err := db.QueryContext(t.Context(), query)
	if err != nil {
		t.Errorf("%v\n%s", err, query)
		return
	}
	defer func() { _ = rows.Close() }()
	found := 0
	for rows.Next() {
		found++
	}
	if err := rows.Err(); err != nil {
		t.Errorf("%v\n%s", err, query)
	}
	if found == 0 {
		t.Errorf("nothing found by\n%s", query)
	}
}

// logIn makes the analyst's role as the documents do, and becomes it until the
// test ends. Roles belong to the whole server, so nothing is committed.
func logIn(t *testing.T, db *sqlx.DB) {
	t.Helper()
	create := regexp.MustCompile(`CREATE ROLE (\w+) LOGIN [^"]*`).FindStringSubmatch(document(t, analysts))
	if create == nil {
		t.Fatal("the analysts' README creates no role")
	}
	for _, statement := range []string{"BEGIN", create[0], "SET LOCAL ROLE " + create[1]} {
		if _, err := db.ExecContext(t.Context(), statement); err != nil {
			t.Fatalf("%s: %v", statement, err)
		}
	}
}

// checkSources compares the sources.yml of dbt with the directory.
func checkSources(t *testing.T, db *sqlx.DB) {
	t.Helper()
	var file struct {
		Version int
		Sources []struct {
			Name, Schema string
			Tables       []struct {
				Name    string
				Columns []struct {
					Name  string
					Tests []string `yaml:"data_tests"`
				}
			}
		}
	}
	decode(t, analysts, &file)
	if len(file.Sources) != 1 || len(file.Sources[0].Tables) == 0 {
		t.Fatalf("the sources.yml has no tables: %+v", file)
	}
	for _, table := range file.Sources[0].Tables {
		columns := []string{"NULL"}
		for _, column := range table.Columns {
			columns = append(columns, column.Name)
		}
		query := "SELECT " + strings.Join(columns, ", ") + " FROM " + file.Sources[0].Schema + "." + table.Name + " LIMIT 0"
		if _, err := db.ExecContext(t.Context(), query); err != nil {
			t.Fatalf("the sources.yml names what there is not: %v", err)
		}
	}
}

// decode reads the only YAML block of a document, without unknown members.
func decode(t *testing.T, path string, into any) {
	t.Helper()
	found := blocks(document(t, path), "yaml")
	if len(found) != 1 {
		t.Fatalf("%s has %d blocks of YAML, want 1", path, len(found))
	}
	decoder := yaml.NewDecoder(strings.NewReader(found[0]))
	decoder.KnownFields(true)
	if err := decoder.Decode(into); err != nil && !errors.Is(err, io.EOF) {
		t.Fatalf("%s: %v", path, err)
	}
}

// TestReadmeCommands runs what the front page says to run that is rollcall's own,
// compares the picture of its output, and looks up every command that a document
// names.
func TestReadmeCommands(t *testing.T) {
	var shown bytes.Buffer
	for _, block := range blocks(document(t, front), "sh") {
		for line := range strings.Lines(block) {
			line, _, _ = strings.Cut(line, "#")
			args, ours := strings.CutPrefix(strings.TrimSpace(line), "go run ./cmd/rollcall ")
			if !ours {
				continue
			}
			var log bytes.Buffer
			if status := run(t.Context(), strings.Fields(args), envconfig.MapLookuper(nil), nil, &shown, &log); status != exitWell {
				t.Errorf("%s: exit status %d\n%s%s", line, status, &shown, &log)
			}
		}
	}
	comparePicture(t, shown.String())
	for path, text := range documents(t) {
		commands := regexp.MustCompile("(?:`|&& |rm )rollcall ([a-z]+)").FindAllStringSubmatch(text, -1)
		for _, block := range blocks(text, "sh") {
			commands = append(commands, regexp.MustCompile("(?m)^rollcall ([a-z]+)").FindAllStringSubmatch(block, -1)...)
		}
		for _, m := range commands {
			command, _, err := newRoot(&app{env: envconfig.MapLookuper(nil)}).Find([]string{m[1]})
			if err != nil || command.Name() != m[1] {
				t.Errorf("%s names a command %q that there is not", path, m[1])
			}
		}
	}
}

// comparePicture looks up the lines of the front page's picture in what the demo
// shows, in their order. Numbers, durations and the width of columns may differ.
func comparePicture(t *testing.T, shown string) {
	t.Helper()
	picture := blocks(document(t, front), "text")[0]
	lines := strings.Split(shapeOf(shown), "\n")
	for line := range strings.Lines(picture) {
		line = shapeOf(strings.TrimSuffix(line, "\n"))
		if line == "…" {
			continue
		}
		at := slices.Index(lines, line)
		if at < 0 {
			t.Fatalf("the demo does not show this line of the README's picture, or not in this order:\n%s", line)
		}
		lines = lines[at+1:]
	}
}

func shapeOf(text string) string {
	text = regexp.MustCompile(`\b[0-9.]+(ms|s)?\b`).ReplaceAllString(text, "0")
	return regexp.MustCompile(` +`).ReplaceAllString(text, " ")
}

// elsewhere are variables that others than rollcall's configuration read.
var elsewhere = []string{"CRON_TZ", "HTTPS_PROXY", "NO_PROXY", "SSL_CERT_FILE", "TEST_DATABASE_URL", "ROLLCALL_FAULTS", "ROLLCALL_BENCH_ACCOUNTS", "ROLLCALL_BENCH_URL"}

// TestReadmeVariables looks up every variable that a document names, with the
// name of a connection before it or without, and every variable in the documents.
func TestReadmeVariables(t *testing.T) {
	general := append(env.Variables("", new(config)), "DATABASE_URL", "ROLLCALL_SOURCES")
	own := env.Variables("", new(sources.Settings)) // of a connection
	for _, p := range providers {
		own = append(own, env.Variables("", p.Connection("x").Config)...)
	}
	known := func(name string) bool {
		name = strings.TrimSuffix(name, "_FILE")
		_, rest, _ := strings.Cut(name, "_")
		return name == "X" || slices.Contains(general, name) || slices.Contains(own, name) || slices.Contains(own, rest)
	}
	named := map[string]bool{}
	for path, text := range documents(t) {
		for _, m := range regexp.MustCompile("`([A-Z][A-Z_]+)`|name: ([A-Z_]+),|([A-Z]+_[A-Z_]+)=").FindAllStringSubmatch(text, -1) {
			name := m[1] + m[2] + m[3]
			named[name] = true
			if strings.Contains(name, "_") && !known(name) && !slices.Contains(elsewhere, name) {
				t.Errorf("%s names a variable %s that nothing reads", path, name)
			}
		}
	}
	for _, name := range append(general, own...) {
		if !named[name] {
			t.Errorf("no README names the variable %s", name)
		}
	}
}

// TestReadmeLinks follows the links between documents and to files.
func TestReadmeLinks(t *testing.T) {
	texts := documents(t)
	for path, text := range texts {
		for _, m := range regexp.MustCompile(`\]\(([^)#:]*)(?:#([^)]*))?\)`).FindAllStringSubmatch(text, -1) {
			target := filepath.Join(filepath.Dir(path), m[1])
			if m[1] == "" {
				target = path
			}
			if _, err := os.Stat(target); err != nil {
				t.Errorf("%s links to %s, which there is not", path, m[1])
			} else if m[2] != "" && !slices.Contains(anchors(texts[filepath.Clean(target)]), m[2]) {
				t.Errorf("%s links to %s#%s, which there is not", path, m[1], m[2])
			}
		}
	}
}

// anchors are those of the headings, as GitHub makes them.
func anchors(text string) []string {
	var found []string
	for _, m := range regexp.MustCompile(`(?m)^#+ (.*)$`).FindAllStringSubmatch(text, -1) {
		name := regexp.MustCompile(`[^a-z0-9_ -]`).ReplaceAllString(strings.ToLower(m[1]), "")
		found = append(found, strings.ReplaceAll(name, " ", "-"))
	}
	return found
}

// TestReadmeManifest checks what the manifest runs; TestReadmeVariables its
// variables.
func TestReadmeManifest(t *testing.T) {
	var manifest map[string]any
	decode(t, front, &manifest)
	args := regexp.MustCompile(`args: \[([a-z]+)\]`).FindStringSubmatch(blocks(document(t, front), "yaml")[0])
	if manifest["kind"] != "CronJob" || args == nil {
		t.Fatalf("no CronJob with args: %v", manifest)
	}
	if command, _, err := newRoot(&app{env: envconfig.MapLookuper(nil)}).Find(args[1:]); err != nil || command.Name() != args[1] {
		t.Errorf("the manifest runs a command %q that there is not", args[1])
	}
}

// TestReadmeAlerts reads the rules as Prometheus does, as far as YAML goes, and
// looks up every metric that a document names.
func TestReadmeAlerts(t *testing.T) {
	var rules struct {
		Groups []struct {
			Name  string
			Rules []struct {
				Alert, Expr, For string
				Annotations      map[string]string
			}
		}
	}
	decode(t, operating, &rules)
	for _, group := range rules.Groups {
		for _, rule := range group.Rules {
			if rule.Alert == "" || !strings.Contains(rule.Expr, "rollcall_") || rule.Annotations["summary"] == "" {
				t.Errorf("a rule that lacks something: %+v", rule)
			}
		}
	}
	if len(rules.Groups) == 0 || len(rules.Groups[0].Rules) < 4 {
		t.Errorf("there are no rules: %+v", rules)
	}
	known, named := metricNames(t), map[string]bool{}
	for _, name := range regexp.MustCompile(`rollcall_[a-z_]+`).FindAllString(document(t, operating), -1) {
		named[name] = true
		if !known[name] {
			t.Errorf("the README names a metric %s that there is not", name)
		}
	}
	for name := range known {
		if !named[name] {
			t.Errorf("the README does not name the metric %s", name)
		}
	}
}

// metricNames are the names of rollcall's own metrics.
func metricNames(t *testing.T) map[string]bool {
	t.Helper()
	names := map[string]bool{}
	server, err := httpd.New(t.Context(), httpd.Config{})
	if err != nil {
		t.Fatal(err)
	}
	descs := make(chan *prometheus.Desc, 100) // more than there are
	server.Describe(descs)
	close(descs)
	for d := range descs {
		if m := regexp.MustCompile(`fqName: "(rollcall_[a-z_]+)"`).FindStringSubmatch(d.String()); m != nil {
			names[m[1]] = true
		}
	}
	return names
}
