package sink

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// Each SQL statement is used by the Go code of its package.
func TestEveryStatementIsUsed(t *testing.T) {
	t.Parallel()
	for _, folder := range []string{".", "admin", "reader"} {
		paths, err := filepath.Glob(filepath.Join(folder, "*.go"))
		if err != nil {
			t.Fatal(err)
		}
		var code strings.Builder
		for _, path := range paths {
			text, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			code.Write(text)
		}
		all := LoadStatements(os.DirFS(folder))
		if len(all) < 10 {
			t.Errorf("%s has %d statements", folder, len(all))
		}
		for name := range all {
			if !strings.Contains(code.String(), `"`+name+`"`) {
				t.Errorf("%s: no code uses the statement %s", folder, name)
			}
		}
	}
}

func TestTwoStatementsCannotShareAName(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	if err := os.MkdirAll(filepath.Join(folder, "sql"), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(folder, "sql/x.sql"), []byte("-- name: a\n-- A comment.\nSELECT 1;\n\n-- name: a\nSELECT 2;\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	defer func() {
		if recover() == nil {
			t.Error("two statements share a name")
		}
	}()
	LoadStatements(os.DirFS(folder))
}
