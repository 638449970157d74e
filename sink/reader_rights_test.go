package sink

import (
	"context"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/jmoiron/sqlx"
	"golang.org/x/sync/errgroup"

	"rollcall/sink/sinktest"
)

// A site is a database in which rollcall is no superuser.
type site struct {
	admin  *sqlx.DB
	owner  *sqlx.DB // rollcall's
	reader string   // its reader role, not created yet
}

// newSite makes one with a role for rollcall that has the attributes.
func newSite(t *testing.T, attributes string) site {
	t.Helper()
	address := sinktest.URL(t)
	u, err := url.Parse(address)
	if err != nil {
		t.Fatal(err)
	}
	suffix := strings.TrimPrefix(u.Path, "/rollcall_test_")
	owner, reader := "owner_"+suffix, "reader_"+suffix
	admin, err := Open(t.Context(), address, 2)
	if err != nil {
		t.Fatal(err)
	}
	admin.MustExec(`CREATE ROLE ` + owner + ` LOGIN PASSWORD 'x' ` + attributes)
	admin.MustExec(`GRANT CREATE, TEMPORARY ON DATABASE ` + strings.TrimPrefix(u.Path, "/") + ` TO ` + owner)
	u.User = url.UserPassword(owner, "x")
	db, err := Open(t.Context(), u.String(), 4)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = db.Close()
		for _, role := range []string{owner, reader} {
			var exists bool
			if err := admin.GetContext(context.Background(), &exists, `SELECT EXISTS (SELECT FROM pg_roles WHERE rolname = $1)`, role); err != nil {
				t.Error(err)
			} else if exists {
				admin.MustExec(`DROP OWNED BY ` + role + ` CASCADE`)
				admin.MustExec(`DROP ROLE ` + role)
			}
		}
		_ = admin.Close()
	})
	return site{admin, db, reader}
}

// foreign makes what is not rollcall's in its schema.
func (s site) foreign() {
	s.admin.MustExec(`CREATE FOREIGN DATA WRAPPER nothing`)
	s.admin.MustExec(`CREATE SERVER nowhere FOREIGN DATA WRAPPER nothing`)
	s.admin.MustExec(`CREATE FOREIGN TABLE directory.elsewhere (x int) SERVER nowhere`)
	s.admin.MustExec(`CREATE TABLE directory.another (x int)`)
}

// gaps returns what is wrong with the reader's rights.
func (s site) gaps(t *testing.T) (objects []string) {
	t.Helper()
	gaps, err := ReaderGaps(t.Context(), s.owner, s.reader)
	if err != nil {
		t.Fatal(err)
	}
	for _, g := range gaps {
		objects = append(objects, g.Object)
	}
	return objects
}

func (s site) migrate(t *testing.T) {
	t.Helper()
	if err := (Migration{DB: s.owner, ReaderRole: s.reader}).Run(t.Context()); err != nil {
		t.Fatal(err)
	}
	if gaps := s.gaps(t); len(gaps) > 0 {
		t.Errorf("after a start the reader's rights differ on %q", gaps)
	}
}

// All that the schema directory has is what the reader role is given.
func TestTheReadersObjectsAreThoseOfTheSchema(t *testing.T) {
	t.Parallel()
	db := directory(t)
	var relations, functions []string
	if err := db.Select(&relations, `SELECT c.oid::regclass::text FROM pg_class c WHERE c.relnamespace = 'directory'::regnamespace AND c.relkind IN ('r', 'p', 'v', 'm') ORDER BY 1`); err != nil {
		t.Fatal(err)
	}
	if err := db.Select(&functions, `SELECT replace(p.oid::regprocedure::text, 'timestamp with time zone', 'timestamptz') FROM pg_proc p WHERE p.pronamespace = 'directory'::regnamespace ORDER BY 1`); err != nil {
		t.Fatal(err)
	}
	plain := func(list []string) []string {
		list = slices.Clone(list)
		for i := range list {
			list[i] = strings.ReplaceAll(list[i], ", ", ",")
		}
		slices.Sort(list)
		return list
	}
	if diff := cmp.Diff(plain(relations), plain(readable)); diff != "" {
		t.Errorf("relations (-schema +readable):\n%s", diff)
	}
	if diff := cmp.Diff(plain(functions), plain(callable)); diff != "" {
		t.Errorf("functions (-schema +callable):\n%s", diff)
	}
}

// Rights are completed at every start, also with objects of others in the schema,
// and rights on internal tables are revoked.
func TestReaderRightsAreCompletedAtEveryStart(t *testing.T) {
	t.Parallel()
	s := newSite(t, "CREATEROLE")
	migrateTo(t, s.owner, 2)
	s.foreign()
	s.migrate(t) // an upgrade, and the reader role is new
	s.admin.MustExec(`GRANT SELECT ON directory.elsewhere, directory.another TO ` + s.reader)
	for _, damage := range []string{
		`REVOKE SELECT ON directory.accounts, directory.source_health FROM ` + s.reader,
		`REVOKE USAGE ON SCHEMA directory FROM ` + s.reader,
		`REVOKE EXECUTE ON ALL FUNCTIONS IN SCHEMA directory FROM PUBLIC`,
		`GRANT USAGE ON SCHEMA directory_internal TO ` + s.reader,
		`GRANT SELECT, UPDATE ON ALL TABLES IN SCHEMA directory_internal TO ` + s.reader,
		`GRANT USAGE ON ALL SEQUENCES IN SCHEMA directory_internal TO ` + s.reader,
	} {
		s.admin.MustExec(damage)
		if gaps := s.gaps(t); len(gaps) == 0 {
			t.Errorf("%s: no difference", damage)
		}
		s.migrate(t)
	}
	var kept int
	if err := s.admin.Get(&kept, `SELECT count(*) FROM pg_class c, aclexplode(c.relacl) a, pg_roles r
		WHERE c.relname IN ('elsewhere', 'another') AND a.grantee = r.oid AND r.rolname = $1`, s.reader); err != nil || kept != 2 {
		t.Errorf("%d rights on what is not rollcall's were kept, %v", kept, err)
	}
}

// A start that finds all rights right writes nothing.
func TestRightReaderRightsAreLeftAlone(t *testing.T) {
	t.Parallel()
	s := newSite(t, "CREATEROLE")
	s.migrate(t)
	s.foreign()
	state := func() (rows []string) {
		t.Helper()
		if err := s.admin.Select(&rows, `SELECT oid || ' ' || xmin FROM pg_class WHERE relnamespace IN ('directory'::regnamespace, 'directory_internal'::regnamespace)
			UNION ALL SELECT oid || ' ' || xmin FROM pg_namespace UNION ALL SELECT oid || ' ' || xmin FROM pg_proc WHERE pronamespace = 'directory'::regnamespace ORDER BY 1`); err != nil {
			t.Fatal(err)
		}
		return rows
	}
	before := state()
	s.migrate(t)
	if diff := cmp.Diff(before, state()); diff != "" {
		t.Errorf("-before +after:\n%s", diff)
	}
}

// Many that start at once complete the rights together; so does a start with
// another role.
func TestManyCompleteRightsAtOnce(t *testing.T) {
	t.Parallel()
	s := newSite(t, "CREATEROLE")
	s.migrate(t)
	for range 5 {
		s.admin.MustExec(`REVOKE ALL ON ALL TABLES IN SCHEMA directory FROM ` + s.reader)
		var group errgroup.Group
		for range 4 {
			group.Go(func() error { return ensureReader(t.Context(), s.owner, s.reader) })
		}
		if err := group.Wait(); err != nil {
			t.Fatal(err)
		}
		if gaps := s.gaps(t); len(gaps) > 0 {
			t.Fatalf("the rights differ on %q", gaps)
		}
	}
	s.admin.MustExec(`DROP OWNED BY ` + s.reader)
	s.admin.MustExec(`DROP ROLE ` + s.reader)
	s.migrate(t) // as after ROLLCALL_READER_ROLE changed
}
