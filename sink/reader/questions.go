package reader

import (
	"embed"
	"fmt"
	"strings"
	"sync"
	"time"

	"github.com/lib/pq"

	"rollcall/sink"
)

//go:embed sql/*.sql
var files embed.FS

var statements = sync.OnceValue(func() map[string]string { return sink.LoadStatements(files) })

// statement returns the statement of that name, with the condition that several share.
func statement(name string) string {
	return strings.ReplaceAll(statements()[name], "/*matches*/", statements()["matches"])
}

// A Filter picks accounts; the zero Filter is all that are live now.
type Filter struct {
	Sources  []string  // of these connections
	Statuses []string  // in one of these states
	Search   string    // with this in a name, id, address or number, in upper or lower case
	AsOf     time.Time // as they were then; zero is now
	Deleted  bool      // deleted ones too
}

// Accounts reads accounts in the order of source and external id. As of a time, it
// has live accounts only.
func Accounts(f Filter) Query {
	q := Query{text: statement("accounts"), order: "source, external_id", args: []any{list(f.Sources), list(f.Statuses), containing(f.Search), f.Deleted}}
	if f.Search != "" {
		// Postgres expects enough matches early in the index of that order. If there
		// are few, it takes ten times as long as reading all accounts.
		q.order = "source || '', external_id"
	}
	if !f.AsOf.IsZero() {
		q.text, q.args[3] = statement("accounts_as_of"), f.AsOf
	}
	return q
}

// Export reads all live accounts, or those live at asOf, in the order of their ids:
// stable, and close to the order on disk.
func Export(asOf time.Time) Query {
	q := Accounts(Filter{AsOf: asOf})
	if q.order = "id"; !asOf.IsZero() {
		q.order = "account_id"
	}
	return q
}

// Tree asks for the account top and those below it, or for all trees where top
// is nil: parents before their children, siblings by name. Accounts that the
// filter leaves out are shown where one below them is not. drawn adds what it
// takes to draw the tree: the columns last (of its siblings) and parent_known.
func Tree(f Filter, top *Account, drawn bool) Query {
	q := Query{order: "w.key", args: []any{list(f.Sources), list(f.Statuses), containing(f.Search), f.Deleted, nil}}
	name := "tree_all"
	if top != nil {
		name = "tree_below"
		q.args[0], q.args[4] = list([]string{top.Source}), top.ID // a tree is within one connection
	}
	if !f.AsOf.IsZero() {
		if name = "tree_as_of"; top != nil {
			name = "tree_below_as_of"
		}
		q.args = append(q.args, f.AsOf)
	}
	more := ""
	if drawn {
		more = statement("tree_drawn")
	}
	q.text = statement(name) + strings.ReplaceAll(statement("tree"), "/*drawn*/", more)
	return q
}

// ToDepth is q, a Tree, without accounts deeper than so many levels below the
// topmost ones.
func (q Query) ToDepth(levels int) Query {
	q.text += fmt.Sprintf("\nWHERE cardinality(w.key) - 1 <= %d", levels)
	return q
}

// History asks for the versions of an account, oldest first.
func History(a Account) Query {
	return Query{text: statement("history"), order: "valid_from", args: []any{a.ID}}
}

// Runs asks for runs, newest first.
func Runs(sources, statuses []string) Query {
	return Query{text: statement("runs"), order: "id DESC", args: []any{list(sources), list(statuses)}}
}

// Rejects reads the open rejects, and then the resolved ones if resolved is set.
func Rejects(sources []string, search string, resolved bool) Query {
	return Query{
		text: statement("rejects"), order: "resolved_at DESC NULLS FIRST, last_seen_at DESC, source, external_id",
		args: []any{list(sources), containing(search), resolved},
	}
}

// list is NULL where nothing is listed, which the statements take for anything.
func list(items []string) any {
	if len(items) == 0 {
		return nil
	}
	return pq.Array(items)
}

// containing is a pattern for what has the text in it, or NULL where it is "".
func containing(text string) any {
	if text == "" {
		return nil
	}
	return "%" + strings.NewReplacer(`\`, `\\`, `%`, `\%`, `_`, `\_`).Replace(text) + "%"
}
