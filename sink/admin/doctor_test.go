package admin

import (
	"net/url"
	"strings"
	"testing"

	"rollcall/sink"
	"rollcall/sink/sinktest"
)

// A role that may not create the reader role, or that does not own the tables,
// does what it can, and doctor reports the rest.
func TestDoctorNamesMissingReaderRights(t *testing.T) {
	t.Parallel()
	u, err := url.Parse(sinktest.URL(t))
	if err != nil {
		t.Fatal(err)
	}
	administrator := open(t, u.String())
	database := strings.TrimPrefix(u.Path, "/")
	owner, reader := database+"_owner", database+"_reader"
	administrator.MustExec(`CREATE ROLE ` + owner + ` LOGIN PASSWORD 'x' NOCREATEROLE; GRANT CREATE, TEMPORARY ON DATABASE ` + database + ` TO ` + owner)
	t.Cleanup(func() {
		administrator.MustExec(`DROP OWNED BY ` + owner + `, ` + reader + ` CASCADE; DROP ROLE ` + owner + `, ` + reader)
	})
	u.User = url.UserPassword(owner, "x")
	db := open(t, u.String())
	migrate := func() {
		t.Helper()
		if err := (sink.Migration{DB: db, ReaderRole: reader}).Run(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	check := func(state string, says ...string) {
		t.Helper()
		got, detail, err := (&examination{db: db, role: reader}).reader(t.Context())
		for _, part := range says {
			if err != nil || got != state || !strings.Contains(detail, part) {
				t.Errorf("%s %q, %v, want %s and %q", got, detail, err, state, part)
			}
		}
	}
	migrate()
	check(Warning, "CREATE ROLE "+reader)
	administrator.MustExec(`CREATE ROLE ` + reader)
	check(Warning, "may not read directory.account_history, directory.accounts,", "schema directory: run rollcall migrate up")
	migrate()
	check(OK, reader)
	administrator.MustExec(`ALTER VIEW directory.source_health OWNER TO CURRENT_USER; REVOKE SELECT ON directory.source_health, directory.runs FROM ` + reader)
	migrate()
	check(Warning, reader+" may not read directory.source_health: as the owner of these objects, run GRANT SELECT ON directory.source_health TO "+reader)
	administrator.MustExec(`GRANT USAGE ON SCHEMA directory_internal TO ` + reader)
	check(Warning, "has rights on schema directory_internal", "run rollcall migrate up, and as the owner")
}
