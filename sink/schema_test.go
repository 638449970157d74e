package sink

import (
	"flag"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

var update = flag.Bool("update", false, "accept the schema as it is")

// The names and types that others build on, in testdata/schema.txt, change only
// on purpose.
func TestThePublicSchemaIsStable(t *testing.T) {
	t.Parallel()
	var columns, functions []string
	db := directory(t)
	if err := db.Select(&columns, `SELECT table_name || '.' || column_name || ' ' || data_type || CASE is_nullable WHEN 'NO' THEN ' not null' ELSE '' END
		FROM information_schema.columns WHERE table_schema = 'directory' ORDER BY table_name, ordinal_position`); err != nil {
		t.Fatal(err)
	}
	if err := db.Select(&functions, `SELECT p.oid::regprocedure || ' returns ' || pg_get_function_result(p.oid) FROM pg_proc p
		WHERE p.pronamespace = 'directory'::regnamespace ORDER BY 1`); err != nil {
		t.Fatal(err)
	}
	got := strings.Join(append(columns, functions...), "\n") + "\n"
	const file = "testdata/schema.txt"
	if *update {
		if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(strings.Split(string(want), "\n"), strings.Split(got, "\n")); diff != "" {
		t.Errorf("accept with -update (-want +got):\n%s", diff)
	}
}
