package main

import (
	"go/parser"
	"go/token"
	"io/fs"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// layers say which of our packages a package may import; a name with /… stands
// for all below it. The first that matches an importer counts.
var layers = []struct {
	importer string
	may      []string
}{
	{"cmd/rollcall/internal/render", nil},
	{"cmd/rollcall/internal/httpd", []string{"schedule/pipeline", "sink", "sources", "sources/env", "sources/fetch"}},
	{"cmd/rollcall", []string{"cmd/rollcall/internal/…", "schedule", "schedule/pipeline", "sink", "sink/…", "sources", "sources/…", "migrations", "model", "model/canon"}},
	{"schedule/pipeline", []string{"sources", "sources/fetch", "sink", "model", "model/canon", "model/drift", "model/payload"}},
	{"schedule", []string{"schedule/pipeline", "sources", "sources/fetch", "sink", "sink/admin"}},
	{"sink/sinktest", []string{"sink/embedded"}},
	{"sink/sinktest/proxy", nil},
	{"sink/embedded", nil},
	{"sink/…", []string{"sink", "model"}},
	{"sink", []string{"model", "model/drift", "migrations"}},
	{"sources/fetch", nil},
	{"sources/env", []string{"sources", "model/canon"}},
	{"sources/simulate", nil},
	{"sources/sourcetest", []string{"sources", "sources/fetch", "model", "model/canon", "model/payload"}},
	{"sources/…", []string{"sources", "sources/fetch", "model", "model/canon", "model/payload", "model/normalize"}}, // a provider: no other one
	{"sources", []string{"sources/fetch", "model", "model/canon", "model/payload"}},
	{"model/normalize", nil},
	{"model/payload", []string{"model", "model/canon", "model/normalize"}},
	{"model/drift", []string{"model/canon"}},
	{"model/canon", []string{"model"}},
	{"model", nil},
	{"migrations", nil},
}

// onlyTests are packages that nothing but tests may import, and here the demo
// and DATABASE_URL=embedded.
var onlyTests = map[string][]string{
	"sink/sinktest":       nil,
	"sink/sinktest/proxy": nil,
	"sources/sourcetest":  nil,
	"sink/embedded":       {"cmd/rollcall", "sink/sinktest"},
	"sources/simulate":    {"cmd/rollcall"},
}

func TestImportsPointOneWay(t *testing.T) {
	found := 0
	err := filepath.WalkDir("../..", func(file string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || !strings.HasSuffix(file, ".go") || strings.HasSuffix(file, "_test.go") {
			return err
		}
		found++
		relative, err := filepath.Rel("../..", file)
		if err != nil {
			return err
		}
		checkImports(t, filepath.ToSlash(relative))
		return nil
	})
	if err != nil || found < 50 {
		t.Errorf("looked at %d files: %v", found, err)
	}
}

func checkImports(t *testing.T, file string) {
	t.Helper()
	importer := path.Dir(file)
	parsed, err := parser.ParseFile(token.NewFileSet(), filepath.Join("../..", file), nil, parser.ImportsOnly)
	if err != nil {
		t.Fatal(err)
	}
	for _, i := range parsed.Imports {
		imported, ours := strings.CutPrefix(strings.Trim(i.Path.Value, `"`), "rollcall/")
		if !ours {
			continue
		}
		if why := refused(importer, imported); why != "" {
			t.Errorf("%s imports %s: %s", file, imported, why)
		}
	}
}

// refused says why a package may not import another, if it may not.
func refused(importer, imported string) string {
	if importers, restricted := onlyTests[imported]; restricted && !slices.Contains(importers, importer) {
		return "that is for tests"
	}
	for _, layer := range layers {
		if !matches(layer.importer, importer) {
			continue
		}
		if slices.ContainsFunc(layer.may, func(pattern string) bool { return matches(pattern, imported) }) {
			return ""
		}
		return "it may import " + strings.Join(layer.may, ", ") + " alone"
	}
	return "the importer has no place in layers"
}

func matches(pattern, name string) bool {
	if above, below := strings.CutSuffix(pattern, "/…"); below {
		return strings.HasPrefix(name, above+"/")
	}
	return pattern == name
}

func TestRefusedKnowsTheRules(t *testing.T) {
	for _, test := range []struct {
		importer, imported string
		may                bool
	}{
		{"sources/audian", "sources/fetch", true},
		{"sources/audian", "sources/agendize", false},
		{"sources/audian", "sink", false},
		{"schedule", "sources/audian", false},
		{"schedule/pipeline", "sources/audian", false},
		{"schedule/pipeline", "schedule", false},
		{"schedule", "sink/embedded", false},
		{"cmd/rollcall", "sink/sinktest", false},
		{"sink/sinktest/proxy", "sink", false},
		{"model", "sources", false},
		{"sources/audian", "model/normalize", true},
		{"model/normalize", "model", false},
		{"model/payload", "model/canon", true},
		{"model/canon", "model/payload", false},
		{"model", "model/canon", false},
		{"sink", "model/canon", false},
		{"cmd/rollcall/internal/render", "sink/reader", false},
		{"sink", "schedule", false},
		{"sink", "sink/admin", false},
		{"sink/admin", "sink", true},
		{"sink/reader", "sink/admin", false},
		{"new/package", "model", false},
	} {
		if why := refused(test.importer, test.imported); (why == "") != test.may {
			t.Errorf("%s → %s: %q", test.importer, test.imported, why)
		}
	}
}
