package sink

import (
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// The data dictionary in migrations/README.md lists the comments of the schema.
func TestDictionary(t *testing.T) {
	t.Parallel()
	db := directory(t)
	var entries []struct {
		Object, Name, Type, Comment string
		Place                       int
	}
	if err := db.Select(&entries, `
		SELECT c.relname::text AS object, '' AS name, '' AS type, obj_description(c.oid, 'pg_class') AS comment, 0 AS place
		FROM pg_class c WHERE c.relnamespace = 'directory'::regnamespace AND c.relkind IN ('r', 'v')
		UNION ALL
		SELECT c.relname, a.attname::text, format_type(a.atttypid, a.atttypmod), col_description(c.oid, a.attnum), a.attnum
		FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
		WHERE c.relnamespace = 'directory'::regnamespace AND c.relkind IN ('r', 'v') AND c.relname <> 'live_accounts'
		UNION ALL
		SELECT 'functions', p.proname || '(' || pg_get_function_arguments(p.oid) || ')',
			CASE WHEN p.proallargtypes IS NULL THEN replace(pg_get_function_result(p.oid), 'SETOF directory.', 'rows of ')
			     ELSE array_to_string(p.proargnames[p.pronargs + 1:], ', ') END, obj_description(p.oid, 'pg_proc'), 1
		FROM pg_proc p WHERE p.pronamespace = 'directory'::regnamespace
		ORDER BY object, place, name`); err != nil {
		t.Fatal(err)
	}
	var b strings.Builder
	object := ""
	for _, e := range entries {
		if e.Object != object {
			object = e.Object
			fmt.Fprintf(&b, "\n**%s**", object)
			if e.Name == "" {
				fmt.Fprintf(&b, ": %s\n", e.Comment)
				if object != "live_accounts" {
					b.WriteString("\n| column | type | meaning |\n| --- | --- | --- |\n")
				}
				continue
			}
			b.WriteString("\n\n| function | returns | meaning |\n| --- | --- | --- |\n")
		}
		fmt.Fprintf(&b, "| `%s` | %s | %s |\n", e.Name, e.Type, e.Comment)
	}
	const file, begin, end = "../migrations/README.md", "<!-- dictionary -->\n", "<!-- end of dictionary -->"
	readme, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	before, rest, found := strings.Cut(string(readme), begin)
	got, after, ended := strings.Cut(rest, end)
	if !found || !ended {
		t.Fatalf("%s has no place for the dictionary", file)
	}
	want := b.String() + "\n"
	if *update {
		got = want
		if err := os.WriteFile(file, []byte(before+begin+want+end+after), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if diff := cmp.Diff(strings.Split(want, "\n"), strings.Split(got, "\n")); diff != "" {
		t.Errorf("accept with -update (-want +got):\n%s", diff)
	}
}
