package reader_test

import (
	"database/sql"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/jmoiron/sqlx"

	"rollcall/sink"
	"rollcall/sink/reader"
	"rollcall/sink/sinktest"
)

func TestMain(m *testing.M) { sinktest.Main(m) }

// day is the n-th of March 2026.
func day(n int) time.Time { return time.Date(2026, 3, n, 0, 0, 0, 0, time.UTC) }

// empty is a directory without accounts.
func empty(t testing.TB) *sqlx.DB {
	t.Helper()
	db := sinktest.Open(t)
	if err := (sink.Migration{DB: db, ReaderRole: "directory_reader"}).Run(t.Context()); err != nil {
		t.Fatal(err)
	}
	return db
}

// add puts an account into the directory as of the first day, below a parent
// that is there, or named and unknown.
func add(t testing.TB, db *sqlx.DB, id int64, source, externalID, name, parent string) {
	t.Helper()
	const statement = `
		INSERT INTO directory.accounts (id, source, external_id, provider, parent_external_id, parent_id, root_id, depth, path,
		    name, status, payload, fingerprint, first_seen_at, changed_at)
		SELECT $1, $2, $3, 'signalwire', nullif($4, ''), p.id, coalesce(p.root_id, $1), coalesce(p.depth + 1, 0), p.path || $1::bigint,
		    $5, 'active', '{"n": 1}', '\x0a', $6, $6
		FROM (SELECT) one LEFT JOIN directory.accounts p ON p.source = $2 AND p.external_id = $4`
	if _, err := db.Exec(statement, id, source, externalID, parent, name, day(1)); err != nil {
		t.Fatal(err)
	}
}

func must(t testing.TB, db *sqlx.DB, statement string, args ...any) {
	t.Helper()
	if _, err := db.Exec(statement, args...); err != nil {
		t.Fatal(err)
	}
}

// small is a directory with two connections.
//
//	acme:  1 Acme ─ 2 Berg (suspended) ─ 3 Älv
//	              └ 4 Zoo (deleted) ─ 5 Ape
//	       6 Lost, below the unknown X
//	other: 7 50% off
func small(t testing.TB) *sqlx.DB {
	t.Helper()
	db := empty(t)
	add(t, db, 1, "acme", "A", "Acme", "")
	add(t, db, 2, "acme", "B", "Berg", "A")
	add(t, db, 3, "acme", "C/1", "Älv", "B")
	add(t, db, 4, "acme", "Z", "Zoo", "A")
	add(t, db, 5, "acme", "P", "Ape", "Z")
	add(t, db, 6, "acme", "L", "Lost", "X")
	add(t, db, 7, "other", "A", "50% off", "")
	must(t, db, `UPDATE directory.accounts SET status = 'suspended', email = 'box@berg.example' WHERE id = 2`)
	must(t, db, `UPDATE directory.accounts SET deleted_at = $1, changed_at = $1 WHERE id = 4`, day(5))
	must(t, db, `INSERT INTO directory_internal.account_version
		(source, external_id, account_id, valid_from, valid_to, operation, provider, parent_external_id, name, status, payload, fingerprint)
		VALUES ('acme', 'Z', 4, $1, $2, 'created', 'signalwire', 'A', 'Zoo', 'active', '{}', '\x00')`, day(1), day(5))
	must(t, db, `INSERT INTO directory_internal.last_change VALUES (4, 'deleted', NULL)`)
	return db
}

// taken is a Receiver that keeps everything.
type taken struct {
	columns []string
	rows    [][]any
}

func (k *taken) Columns(columns []string) error { k.columns = columns; return nil }

func (k *taken) Row(values []any) error {
	k.rows = append(k.rows, slices.Clone(values))
	return nil
}

func ask(t testing.TB, db *sqlx.DB, q reader.Query) *taken {
	t.Helper()
	k := new(taken)
	if err := reader.Read(t.Context(), db, q, k); err != nil {
		t.Fatal(err)
	}
	return k
}

// each is what text makes of each row, by the names of its columns.
func (k *taken) each(text func(map[string]any) string) (all []string) {
	for _, values := range k.rows {
		row := make(map[string]any)
		for i, c := range k.columns {
			row[c] = values[i]
		}
		all = append(all, text(row))
	}
	return all
}

func name(row map[string]any) string { return fmt.Sprint(row["name"]) }

func TestAccountsAreFiltered(t *testing.T) {
	db := small(t)
	for _, test := range []struct {
		what   string
		filter reader.Filter
		want   []string
	}{
		{"all that live, by source and id", reader.Filter{}, []string{"Acme", "Berg", "Älv", "Lost", "Ape", "50% off"}},
		{"deleted ones too", reader.Filter{Deleted: true, Sources: []string{"acme"}}, []string{"Acme", "Berg", "Älv", "Lost", "Ape", "Zoo"}},
		{"of a source", reader.Filter{Sources: []string{"other"}}, []string{"50% off"}},
		{"of two sources", reader.Filter{Sources: []string{"other", "acme"}, Search: "o"}, []string{"Berg", "Lost", "50% off"}},
		{"in a state", reader.Filter{Statuses: []string{"suspended", "closed"}}, []string{"Berg"}},
		{"by e-mail, in upper case", reader.Filter{Search: "BOX@"}, []string{"Berg"}},
		{"a percent sign is no wildcard", reader.Filter{Search: "%"}, []string{"50% off"}},
		{"nor is an underscore", reader.Filter{Search: "_"}, nil},
		{"nor is a backslash an escape", reader.Filter{Search: `\`}, nil},
		{"as of a time before a deletion", reader.Filter{AsOf: day(4), Search: "zoo"}, []string{"Zoo"}},
		{"as of the very time of a deletion", reader.Filter{AsOf: day(5), Search: "zoo"}, nil},
		{"as of a time before all", reader.Filter{AsOf: day(1).Add(-time.Second)}, nil},
	} {
		t.Run(test.what, func(t *testing.T) {
			q := reader.Accounts(test.filter)
			if diff := cmp.Diff(test.want, ask(t, db, q).each(name)); diff != "" {
				t.Errorf("accounts (-want +got):\n%s", diff)
			}
			if n, err := reader.Count(t.Context(), db, q.Limited(1)); err != nil || n != int64(len(test.want)) {
				t.Errorf("counted %d, want %d: %v", n, len(test.want), err)
			}
		})
	}
}

func TestValuesAreOfFewTypes(t *testing.T) {
	db := small(t)
	got := ask(t, db, reader.Accounts(reader.Filter{Search: "c/1"})).rows[0]
	want := map[string]any{
		"id": int64(3), "external_id": "C/1", "kind": nil, "path": []int64{1, 2, 3}, "payload": json.RawMessage(`{"n": 1}`),
		"fingerprint": `\x0a`, "first_seen_at": day(1), "deleted_at": nil,
	}
	columns := ask(t, db, reader.Accounts(reader.Filter{})).columns
	for c, value := range want {
		if diff := cmp.Diff(value, got[slices.Index(columns, c)]); diff != "" {
			t.Errorf("%s (-want +got):\n%s", c, diff)
		}
	}
}

// line is an account as a tree shows it.
func line(row map[string]any) string {
	text := strings.Repeat("  ", int(row["depth"].(int64))) + fmt.Sprint(row["name"])
	if row["last"] == true {
		text += " ."
	}
	if known, orphan := row["parent_known"].(bool); orphan {
		text += fmt.Sprintf(" (parent %v, known: %v)", row["parent_external_id"], known)
	}
	return text
}

func TestTreesAreInOrder(t *testing.T) {
	db := small(t)
	account := func(id int64, source string) *reader.Account { return &reader.Account{ID: id, Source: source} }
	for _, test := range []struct {
		what   string
		filter reader.Filter
		top    *reader.Account
		want   []string
	}{
		{
			"all; a deleted parent is shown above a living child",
			reader.Filter{},
			nil,
			[]string{"Acme", "  Berg", "    Älv .", "  Zoo .", "    Ape .", "Lost (parent X, known: false)", "50% off ."},
		},
		{"below one", reader.Filter{}, account(2, "acme"), []string{"Berg .", "  Älv ."}},
		{"one that is deleted", reader.Filter{}, account(4, "acme"), []string{"Zoo .", "  Ape ."}},
		{"what is found, with all above", reader.Filter{Search: "älv"}, nil, []string{"Acme .", "  Berg .", "    Älv ."}},
		{"in a state", reader.Filter{Statuses: []string{"suspended"}}, nil, []string{"Acme .", "  Berg ."}},
		{"of a source", reader.Filter{Sources: []string{"other"}}, nil, []string{"50% off ."}},
		{"as of a time, below one", reader.Filter{AsOf: day(4)}, account(4, "acme"), []string{"Zoo .", "  Ape ."}},
		{
			"as of the very time of a change",
			reader.Filter{AsOf: day(5), Deleted: true},
			account(1, "acme"),
			[]string{"Acme .", "  Berg", "    Älv .", "  Zoo .", "    Ape ."},
		},
	} {
		t.Run(test.what, func(t *testing.T) {
			if diff := cmp.Diff(test.want, ask(t, db, reader.Tree(test.filter, test.top, true)).each(line)); diff != "" {
				t.Errorf("tree (-want +got):\n%s", diff)
			}
		})
	}
}

func TestADeletedLeafIsShownWhereItIsAskedFor(t *testing.T) {
	db := small(t)
	must(t, db, `UPDATE directory.accounts SET deleted_at = $1 WHERE id = 5`, day(6))
	alone := ask(t, db, reader.Tree(reader.Filter{}, &reader.Account{ID: 5, Source: "acme"}, true)).each(line)
	if want := []string{"Ape ."}; !slices.Equal(alone, want) {
		t.Errorf("tree of a deleted account: %q, want %q", alone, want)
	}
	below := &reader.Account{ID: 1, Source: "acme"}
	for _, test := range []struct {
		deleted bool
		want    []string
	}{
		{false, []string{"Acme .", "  Berg .", "    Älv ."}},
		{true, []string{"Acme .", "  Berg", "    Älv .", "  Zoo .", "    Ape ."}},
	} {
		if diff := cmp.Diff(test.want, ask(t, db, reader.Tree(reader.Filter{Deleted: test.deleted}, below, true)).each(line)); diff != "" {
			t.Errorf("deleted %v: tree (-want +got):\n%s", test.deleted, diff)
		}
	}
}

// As of a time the parents are names alone, which may go round: the forest is
// broken at the smallest id of each cycle, as it is in accounts.
func TestATreeAsOfATimeIsAForest(t *testing.T) {
	db := empty(t)
	add(t, db, 1, "acme", "R", "root", "")
	add(t, db, 2, "acme", "B", "two", "C")
	add(t, db, 3, "acme", "C", "three", "D")
	add(t, db, 4, "acme", "D", "four", "B")
	add(t, db, 5, "acme", "E", "below four", "D")
	add(t, db, 6, "acme", "S", "itself", "S")
	want := []string{
		"itself (parent S, known: true)", "root", "two . (parent C, known: true)",
		"  four .", "    below four", "    three .",
	}
	if diff := cmp.Diff(want, ask(t, db, reader.Tree(reader.Filter{AsOf: day(2)}, nil, true)).each(line)); diff != "" {
		t.Errorf("tree (-want +got):\n%s", diff)
	}
}

// The tree below one account is found without looking at any other, and is the
// same as it is within all of them.
func TestATreeAsOfATimeIsThatOfAll(t *testing.T) {
	db := small(t)
	for i, cyclic := range []struct{ id, parent string }{{"R", ""}, {"B", "C"}, {"C", "D"}, {"D", "B"}, {"E", "D"}, {"S", "S"}, {"F", "B"}} {
		add(t, db, int64(20+i), "round", cyclic.id, "round "+cyclic.id, cyclic.parent)
	}
	must(t, db, `UPDATE directory.accounts a SET parent_id = p.id FROM directory.accounts p
		WHERE a.source = 'round' AND p.source = a.source AND p.external_id = a.parent_external_id AND a.external_id NOT IN ('B', 'S')`)
	for _, at := range []time.Time{day(1).Add(-time.Second), day(1), day(4), day(5), day(9)} {
		filter := reader.Filter{AsOf: at, Deleted: true}
		all := ask(t, db, reader.Tree(filter, nil, true))
		id, depth := slices.Index(all.columns, "id"), slices.Index(all.columns, "depth")
		for i, top := range all.rows {
			want := []string{}
			for j, r := range all.rows[i:] {
				if j > 0 && r[depth].(int64) <= top[depth].(int64) {
					break
				}
				r = slices.Clone(r)
				r[depth] = r[depth].(int64) - top[depth].(int64)
				if j == 0 {
					r[slices.Index(all.columns, "last")] = true // of one
				}
				want = append(want, fmt.Sprint(r))
			}
			got := []string{}
			source := top[slices.Index(all.columns, "source")].(string)
			for _, r := range ask(t, db, reader.Tree(filter, &reader.Account{ID: top[id].(int64), Source: source}, true)).rows {
				got = append(got, fmt.Sprint(r))
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("below %v at %v (-all +below):\n%s", top, at, diff)
			}
		}
		if (len(all.rows) == 0) != at.Before(day(1)) {
			t.Errorf("%d accounts at %v", len(all.rows), at)
		}
	}
}

func TestHistoryIsOldestFirst(t *testing.T) {
	db := small(t)
	got := ask(t, db, reader.History(reader.Account{ID: 4})).each(func(row map[string]any) string {
		return fmt.Sprint(row["operation"], " ", row["valid_from"].(time.Time).Day(), " ", row["valid_to"] == nil)
	})
	if want := []string{"created 1 false", "deleted 5 true"}; !slices.Equal(got, want) {
		t.Errorf("versions %q, want %q", got, want)
	}
}

func TestRunsAndRejectsAreFiltered(t *testing.T) {
	db := empty(t)
	for i, status := range []string{"succeeded", "failed", "held"} {
		must(t, db, `INSERT INTO directory.runs (id, source, trigger, status, started_at) VALUES ($1, $2, 'manual', $3, $4)`,
			i+1, []string{"acme", "other", "acme"}[i], status, day(1))
		must(t, db, `INSERT INTO directory.rejects (run_id, source, external_id, reason, first_seen_at, last_seen_at, resolved_at)
			VALUES ($1, 'acme', $2, 'over 4 MiB', $3, $3, $4)`, i+1, fmt.Sprint("R", i), day(i+1), sql.NullTime{Time: day(9), Valid: i == 2})
	}
	id := func(row map[string]any) string { return fmt.Sprintf("%v%v", row["id"], row["external_id"]) }
	for _, test := range []struct {
		what string
		q    reader.Query
		want []string
	}{
		{"runs, newest first", reader.Runs(nil, nil), []string{"3<nil>", "2<nil>", "1<nil>"}},
		{"runs of a source", reader.Runs([]string{"acme"}, nil), []string{"3<nil>", "1<nil>"}},
		{"runs in a state", reader.Runs(nil, []string{"failed", "partial"}), []string{"2<nil>"}},
		{"open rejects", reader.Rejects(nil, "", false), []string{"<nil>R1", "<nil>R0"}},
		{"all rejects, open ones first", reader.Rejects([]string{"acme"}, "", true), []string{"<nil>R1", "<nil>R0", "<nil>R2"}},
		{"rejects by reason", reader.Rejects(nil, "r0", true), []string{"<nil>R0"}},
	} {
		if diff := cmp.Diff(test.want, ask(t, db, test.q).each(id)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", test.what, diff)
		}
	}
}

func TestAnAccountIsFoundByEitherName(t *testing.T) {
	db := small(t)
	for text, want := range map[string]int64{"3": 3, "acme/C/1": 3, "other/A": 7, "acme/Z": 4, "8": 0, "acme/c/1": 0, "none/A": 0} {
		reference, err := reader.ParseReference(text)
		if err != nil {
			t.Fatal(err)
		}
		account, err := reader.Find(t.Context(), db, reference)
		if account.ID != want || (err != nil) != (want == 0) {
			t.Errorf("%s: account %d, want %d: %v", text, account.ID, want, err)
		}
		if err != nil && !strings.Contains(err.Error(), "no account "+text) {
			t.Errorf("%s: %v", text, err)
		}
	}
	for _, text := range []string{"", "acme", "/A", "acme/", "1x", "99999999999999999999"} {
		if _, err := reader.ParseReference(text); err == nil {
			t.Errorf("%q is taken for an account", text)
		}
	}
}

func TestAMissingOrOldSchemaIsNamed(t *testing.T) {
	db := sinktest.Open(t)
	check := func(what string) {
		t.Helper()
		if err := reader.Read(t.Context(), db, reader.Accounts(reader.Filter{}), new(taken)); err == nil || !strings.Contains(err.Error(), "rollcall migrate up") {
			t.Errorf("%s: %v", what, err)
		}
	}
	check("no schema")
	must(t, db, `CREATE SCHEMA directory; CREATE TABLE directory.accounts (id bigint)`)
	check("a table of another version")
}
