package main

import (
	"bytes"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/sethvargo/go-envconfig"
	"go.yaml.in/yaml/v3"

	"rollcall/cmd/rollcall/internal/httpd"
	"rollcall/sink"
	"rollcall/sink/sinktest"
	"rollcall/sources"
	"rollcall/sources/simulate"
)

func readme(t *testing.T) string {
	t.Helper()
	text, err := os.ReadFile("../../README.md")
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// blocks returns the README's code blocks of a language.
func blocks(t *testing.T, language string) []string {
	t.Helper()
	var found []string
	for _, m := range regexp.MustCompile("(?s)```"+language+"\n(.*?)```").FindAllStringSubmatch(readme(t), -1) {
		found = append(found, m[1])
	}
	if len(found) == 0 {
		t.Fatalf("the README has no block of %s", language)
	}
	return found
}

// TestReadmeQueries runs each query of the README as an analyst would, on the
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
	if _, err := db.ExecContext(t.Context(), `SET ROLE directory_reader`); err != nil {
		t.Fatal(err)
	}
	for _, query := range blocks(t, "sql") {
		query = strings.ReplaceAll(query, "'2026-11-01'", "now() - interval '100 days'") // within the demo's history
		rows, err := db.QueryContext(t.Context(), query)
		if err != nil {
			t.Errorf("%v\n%s", err, query)
			continue
		}
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
		_ = rows.Close()
	}
}

// TestReadmeCommands runs what the README says to run that is rollcall's own,
// and looks up every command that it names.
func TestReadmeCommands(t *testing.T) {
	ran := 0
	for _, block := range blocks(t, "sh") {
		for line := range strings.Lines(block) {
			line, _, _ = strings.Cut(line, "#")
			args, ours := strings.CutPrefix(strings.TrimSpace(line), "go run ./cmd/rollcall ")
			if !ours {
				continue
			}
			ran++
			var out, log bytes.Buffer
			if status := run(t.Context(), strings.Fields(args), envconfig.MapLookuper(nil), nil, &out, &log); status != exitWell {
				t.Errorf("%s: exit status %d\n%s%s", line, status, &out, &log)
			}
		}
	}
	if ran == 0 {
		t.Error("the README runs nothing")
	}
	for _, m := range regexp.MustCompile("`rollcall ([a-z]+)").FindAllStringSubmatch(readme(t), -1) {
		command, _, err := newRoot(&app{env: envconfig.MapLookuper(nil)}).Find([]string{m[1]})
		if err != nil || command.Name() != m[1] {
			t.Errorf("the README names a command %q that there is not", m[1])
		}
	}
}

// TestReadmeVariables looks up every variable that the README names.
func TestReadmeVariables(t *testing.T) {
	known := append(sources.Variables("", new(config)), "DATABASE_URL", "ROLLCALL_SOURCES", "TEST_DATABASE_URL", "X", "X_FILE", "UTC")
	known = append(known, "DATABASE_URL_FILE", "HTTPS_PROXY", "NO_PROXY") // the last two are net/http's
	known = append(known, sources.Variables("", new(sources.Settings))...)
	for _, p := range providers {
		known = append(known, p.Variables()...)
	}
	for _, m := range regexp.MustCompile("`([A-Z][A-Z_]+)`").FindAllStringSubmatch(readme(t), -1) {
		if name := m[1]; !slices.Contains(known, name) {
			t.Errorf("the README names a variable %s that nothing reads", name)
		}
	}
}

// TestReadmeAlerts reads the rules as Prometheus does, as far as YAML goes, and
// looks up every metric that the README names.
func TestReadmeAlerts(t *testing.T) {
	known := metricNames(t)
	for _, block := range blocks(t, "yaml") {
		var rules struct {
			Groups []struct {
				Name  string
				Rules []struct {
					Alert, Expr, For string
					Annotations      map[string]string
				}
			}
		}
		decoder := yaml.NewDecoder(strings.NewReader(block))
		decoder.KnownFields(true)
		if err := decoder.Decode(&rules); err != nil {
			t.Fatal(err)
		}
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
	}
	named := map[string]bool{}
	for _, name := range regexp.MustCompile(`rollcall_[a-z_]+`).FindAllString(readme(t), -1) {
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
