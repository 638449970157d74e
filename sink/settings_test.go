package sink

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"net/url"
	"strings"
	"testing"

	"github.com/jmoiron/sqlx"
	"github.com/lib/pq"

	"rollcall/sink/sinktest"
)

// adverse are defaults of a role, a database or a URL that would change what
// statements mean or how long they may take.
var adverse = map[string]string{
	"search_path": "public, pg_catalog", "statement_timeout": "1ms", "idle_in_transaction_session_timeout": "1ms",
	"idle_session_timeout": "1ms", "lock_timeout": "1ms", "default_transaction_isolation": "serializable",
	"standard_conforming_strings": "off", "array_nulls": "off", "datestyle": "German, DMY", "intervalstyle": "iso_8601",
	"timezone": "Asia/Tokyo", "bytea_output": "escape", "extra_float_digits": "-15", "client_encoding": "LATIN1",
	"client_min_messages": "error", "row_security": "off", "gin_fuzzy_search_limit": "1", "jit": "on",
	"transaction_timeout": "1ms",
}

// wrongSettings are the settings of a session that are not as they must be.
func wrongSettings(t *testing.T, db *sqlx.DB) (wrong []string) {
	t.Helper()
	for _, s := range append([]setting{{name: "transaction_timeout", value: "0"}}, settings...) {
		var got sql.NullString
		err := db.Get(&got, `SELECT (SELECT setting FROM pg_settings WHERE name ILIKE $1)`, s.name)
		if err != nil {
			t.Fatal(err)
		}
		if got.Valid && got.String != s.value {
			wrong = append(wrong, s.name+" = "+got.String)
		}
	}
	return wrong
}

// A session sets all that it depends on, over the defaults of role and database
// and over options.
func TestASessionDependsOnNoDefault(t *testing.T) {
	address := sinktest.URL(t)
	admin := sqlx.MustConnect("postgres", address)
	defer admin.Close()
	var name string
	if err := admin.Get(&name, `SELECT current_database()`); err != nil {
		t.Fatal(err)
	}
	role := name + "_role"
	admin.MustExec(`CREATE ROLE ` + role + ` LOGIN SUPERUSER`)
	t.Cleanup(func() {
		other := sqlx.MustConnect("postgres", strings.Replace(address, "/"+name, "/postgres", 1))
		defer other.Close()
		other.MustExec(`ALTER DATABASE ` + name + ` OWNER TO CURRENT_USER; DROP ROLE ` + role)
	})
	u, err := url.Parse(address)
	if err != nil {
		t.Fatal(err)
	}
	u.User = url.User(role)
	for where, alter := range map[string]string{"database": `ALTER DATABASE ` + name, "role": `ALTER ROLE ` + role} {
		for setting, value := range adverse {
			// An older server does not know all of them.
			_, _ = admin.Exec(alter + ` SET ` + setting + ` = ` + pq.QuoteLiteral(value))
		}
		db, err := Open(t.Context(), u.String(), 2)
		if err != nil {
			t.Fatal(err)
		}
		for what, pool := range map[string]*sqlx.DB{"runs": db, "questions": ControlPool(db)} {
			if wrong := wrongSettings(t, pool); len(wrong) > 0 {
				t.Errorf("defaults of the %s hold in sessions for %s: %v", where, what, wrong)
			}
		}
		_ = db.Close()
		if _, err := admin.Exec(alter + ` RESET ALL`); err != nil {
			t.Fatal(err)
		}
	}
	q := u.Query()
	var options []string
	for setting, value := range adverse {
		if setting != "transaction_timeout" {
			options = append(options, "-c "+setting+"="+strings.NewReplacer(" ", `\ `).Replace(value))
		}
	}
	q.Set("options", strings.Join(options, " "))
	q.Set("Search_Path", "public")
	u.RawQuery = strings.ReplaceAll(q.Encode(), "+", "%20")
	db, err := Open(t.Context(), u.String(), 2)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	if wrong := wrongSettings(t, db); len(wrong) > 0 {
		t.Errorf("options hold: %v", wrong)
	}
}

// withholding opens sessions without their start parameters, and pins config.
type withholding struct {
	*pq.Connector
	config pq.Config
}

func (w withholding) Connect(ctx context.Context) (driver.Conn, error) {
	conn, err := w.Connector.Connect(ctx)
	if err != nil {
		return nil, err
	}
	return conn, ensurePinned(ctx, conn, w.config)
}

// A pooler may withhold the parameters of the start of a session from the server.
func TestWhatAPoolerWithholdsIsSetByStatement(t *testing.T) {
	t.Parallel()
	to, err := dataSource(sinktest.URL(t), nil)
	if err != nil {
		t.Fatal(err)
	}
	bare := to.config.Clone()
	bare.Runtime = nil
	through, err := pq.NewConnectorConfig(bare)
	if err != nil {
		t.Fatal(err)
	}
	db := sqlx.NewDb(sql.OpenDB(withholding{through, to.config}), "postgres")
	defer db.Close()
	if wrong := wrongSettings(t, db); len(wrong) > 0 {
		t.Errorf("not set: %v", wrong)
	}
}
