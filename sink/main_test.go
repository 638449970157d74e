package sink

import (
	"crypto/sha256"
	"testing"

	"github.com/jmoiron/sqlx"

	"rollcall/model"
	"rollcall/sink/sinktest"
)

func TestMain(m *testing.M) { sinktest.Main(m) }

// directory opens a fresh database with the schema of this program.
func directory(t testing.TB) *sqlx.DB {
	t.Helper()
	db, err := Open(t.Context(), sinktest.URL(t), 8)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	if err := (Migration{DB: db, ReaderRole: "directory_reader"}).Run(t.Context()); err != nil {
		t.Fatal(err)
	}
	sinktest.Publish(t, db)
	return db
}

// manual is the start of a run of the connection acme.
var manual = Start{Source: "acme", Provider: "signalwire", Trigger: "manual"}

func begin(t testing.TB, db *sqlx.DB) *Run {
	t.Helper()
	r, err := Begin(t.Context(), db, manual)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// named is an account with a name and nothing else.
func named(id, name string) model.Account {
	return model.Account{
		ExternalID: id, Name: name, Status: model.Active,
		Payload: []byte(`{}`), Fingerprint: print(id + "\x00" + name),
	}
}

func print(text string) model.Fingerprint {
	sum := sha256.Sum256([]byte(text))
	return model.Fingerprint(sum[:16])
}

// read compares and stages accounts as one page of a listing.
func (r *Run) read(t testing.TB, accounts ...model.Account) {
	t.Helper()
	keys := make([]Key, len(accounts))
	for i, a := range accounts {
		keys[i] = Key{ExternalID: a.ExternalID, Fingerprint: a.Fingerprint}
	}
	differences, err := r.Compare(t.Context(), keys)
	if err != nil {
		t.Fatal(err)
	}
	var rows []byte
	for _, d := range differences {
		rows = r.Encode(rows, d, &accounts[d.Index])
	}
	if err := r.Stage(t.Context(), rows); err != nil {
		t.Fatal(err)
	}
}

// apply applies a complete listing that left nothing out.
func (r *Run) apply(t testing.TB) Report {
	t.Helper()
	report, err := r.Apply(t.Context(), Outcome{Mode: WholeListing})
	if err != nil {
		t.Fatal(err)
	}
	return report
}
