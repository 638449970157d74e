package sink

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/jmoiron/sqlx"
)

// call is a function that is called by a bare name.
var call = regexp.MustCompile(`(?m)(^|[^\w."'])([a-z_][a-z0-9_]*)\(`)

// bare are the functions of Postgres that a text calls without their schema.
func bare(text string, functions map[string]bool) (found []string) {
	text = regexp.MustCompile(`(?m)--.*$`).ReplaceAllString(text, "")
	for _, m := range call.FindAllStringSubmatchIndex(text, -1) {
		name := text[m[4]:m[5]]
		if functions[name] && !(name == "unnest" && several(text[m[1]-1:])) {
			found = append(found, name)
		}
	}
	return found
}

// several reports whether the parenthesis at the beginning of text holds more
// than one argument. The unnest of several arrays is a word of the grammar, and
// means the one of Postgres.
func several(text string) bool {
	depth := 0
	for _, c := range text {
		switch c {
		case '(', '[':
			depth++
		case ')', ']':
			if depth--; depth == 0 {
				return false
			}
		case ',':
			if depth == 1 {
				return true
			}
		}
	}
	return false
}

// Each statement names the schema of the functions that it calls: it would be
// safe also in a session whose search_path somebody else chose.
func TestStatementsNameTheSchemaOfFunctions(t *testing.T) {
	t.Parallel()
	db := directory(t)
	functions := functionsOf(t, db)
	texts := map[string]string{}
	for _, pattern := range []string{"sql/*.sql", "reader/sql/*.sql"} {
		files, err := filepath.Glob(pattern)
		if err != nil || len(files) == 0 {
			t.Fatalf("%s: %v", pattern, err)
		}
		for _, file := range files {
			text, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			texts[file] = string(text)
		}
	}
	for _, pattern := range []string{"*.go", "reader/*.go", "admin/*.go", "../schedule/*.go", "../schedule/pipeline/*.go", "../cmd/rollcall/*.go"} {
		files, err := filepath.Glob(pattern)
		if err != nil {
			t.Fatal(err)
		}
		for _, file := range files {
			text, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			// The demo shows queries as analysts write them, on a database of its own.
			if !strings.HasSuffix(file, "_test.go") && !strings.Contains(file, "demo") {
				texts[file] = strings.Join(statementsIn(string(text)), "\n")
			}
		}
	}
	var inlined []struct{ Name, Body string }
	err := db.Select(&inlined, `SELECT p.proname AS name, p.prosrc AS body FROM pg_proc p JOIN pg_language l ON l.oid = p.prolang
		WHERE p.pronamespace IN ('directory'::regnamespace, 'directory_internal'::regnamespace) AND l.lanname IN ('sql', 'plpgsql')
		  AND NOT coalesce(array_to_string(p.proconfig, ' '), '') LIKE '%search_path=pg_catalog, pg_temp%'`)
	if err != nil {
		t.Fatal(err)
	}
	operator := regexp.MustCompile(`\s(=|<>|<|>|<=|>=|\+|-|\|\||~|%)\s`)
	for _, f := range inlined {
		texts["function "+f.Name] = f.Body
		if found := operator.FindAllString(regexp.MustCompile(`(?m)--.*$`).ReplaceAllString(f.Body, ""), -1); found != nil {
			t.Errorf("function %s has neither a search_path nor OPERATOR(pg_catalog.…) for %q", f.Name, found)
		}
	}
	for where, text := range texts {
		if found := bare(text, functions); len(found) > 0 {
			t.Errorf("%s calls without pg_catalog.: %v", where, slices.Compact(found))
		}
	}
}

// statementsIn are the raw strings of Go code that are SQL.
func statementsIn(code string) (found []string) {
	sql := regexp.MustCompile(`^\s*(SELECT|INSERT|UPDATE|DELETE|WITH|TRUNCATE|GRANT)\b`)
	for i, part := range strings.Split(code, "`") {
		if i%2 == 1 && sql.MatchString(part) {
			found = append(found, part)
		}
	}
	return found
}

// functionsOf are the names of the functions of Postgres, save those that are
// words of the grammar too.
func functionsOf(t *testing.T, db *sqlx.DB) map[string]bool {
	t.Helper()
	var names []string
	if err := db.Select(&names, `SELECT DISTINCT proname FROM pg_proc WHERE pronamespace = 'pg_catalog'::regnamespace`); err != nil {
		t.Fatal(err)
	}
	set := make(map[string]bool)
	for _, name := range names {
		set[name] = !slices.Contains([]string{"like", "name", "text", "left", "right", "timezone", "interval", "date", "path"}, name)
	}
	return set
}
