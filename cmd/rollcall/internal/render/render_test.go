package render

import (
	"bufio"
	"bytes"
	"encoding/csv"
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/jedib0t/go-pretty/v6/text"
	"github.com/sethvargo/go-envconfig"
)

// printed returns what a printer makes of rows.
func printed(t *testing.T, make func(*bufio.Writer) Printer, columns []string, rows ...[]any) string {
	t.Helper()
	var b bytes.Buffer
	out := bufio.NewWriter(&b)
	p := make(out)
	if err := p.Columns(columns); err != nil {
		t.Fatal(err)
	}
	for _, r := range rows {
		if err := p.Row(r); err != nil {
			t.Fatal(err)
		}
	}
	if err := p.End(); err != nil {
		t.Fatal(err)
	}
	out.Flush()
	return b.String()
}

var accountNames = []string{"id", "source", "external_id", "name", "status", "kind"}

var accountColumns = []Column{
	Number("ID", "id").Drop(2), Text("SOURCE", "source"), Text("EXTERNAL ID", "external_id"), Text("NAME", "name").Shrink(),
	Text("STATUS", "status").Drop(3), Text("KIND", "kind").Shrink().Drop(1),
}

// columnsOf is the number of columns that text takes on a terminal.
func columnsOf(s string) int { return text.StringWidthWithoutEscSequences(s) }

// treeOn makes a tree of rows with a name, a source and an external id.
func treeOn(s Screen, depth, limit int) func(*bufio.Writer) Printer {
	return func(out *bufio.Writer) Printer {
		return NewTree(out, s, depth, limit, func(r Row) TreeNode {
			return TreeNode{Name: r.Text("name"), ID: r.Text("source") + "/" + r.Text("external_id"), Notes: []string{r.Text("note")}}
		})
	}
}

// A terminal must not obey what a customer typed.
func TestControlCharactersDoNotReachATerminal(t *testing.T) {
	evil := "a\x1b]0;pwned\x07b\u009b31mc\u202ed\r\ne\x7f"
	values := []any{int64(1), "acme", evil, evil, "active", evil}
	tree := []string{"depth", "name", "source", "external_id", "note"}
	for what, shown := range map[string]string{
		"table": printed(t, people(200, accountColumns...), accountNames, values),
		"tree": printed(t, treeOn(Screen{Width: 200}, -1, 0), tree,
			[]any{int64(0), evil, "acme", evil, evil}),
		"json": printed(t, func(out *bufio.Writer) Printer { return New("jsonl", out, Screen{}, nil) }, accountNames, values),
		"csv":  printed(t, func(out *bufio.Writer) Printer { return New("csv", out, Screen{Width: 200}, nil) }, accountNames, values),
	} {
		if at := strings.IndexFunc(shown, func(r rune) bool { return r != '\n' && hidden(r) }); at >= 0 {
			t.Errorf("%s has %q in %q", what, shown[at:], shown)
		}
	}
}

func TestJSONIsExact(t *testing.T) {
	columns := []string{"id", "name", "payload", "at", "list", "none", "yes"}
	values := []any{
		int64(9007199254740993), "<a> & \u009b\x1b \u202e", json.RawMessage(`{"id": 9007199254740993.10}`),
		time.Date(2026, 3, 1, 1, 2, 3, 4000, time.UTC),
		[]string{"x", "y"},
		nil, true,
	}
	line := `{"id":9007199254740993,"name":"<a> & \u009b\u001b \u202e","payload":{"id":9007199254740993.10},"at":"2026-03-01T01:02:03.000004Z","list":["x","y"],"none":null,"yes":true}`
	lines := printed(t, func(out *bufio.Writer) Printer { return New("jsonl", out, Screen{}, nil) }, columns, values, values)
	if want := line + "\n" + line + "\n"; lines != want {
		t.Errorf("jsonl is\n%swant\n%s", lines, want)
	}
	array := printed(t, func(out *bufio.Writer) Printer { return New("json", out, Screen{}, nil) }, columns, values, values)
	var decoded []map[string]any
	if err := json.Unmarshal([]byte(array), &decoded); err != nil || len(decoded) != 2 || decoded[0]["name"] != values[1] {
		t.Errorf("the array reads as %v: %v", decoded, err)
	}
}

func TestCSVIsReadBack(t *testing.T) {
	rows := [][]any{
		{"plain", `quo"ted`, "two\nlines", nil, int64(-5), false, []int64{1, 2}},
		{"=1+1", "+49 (30) 12-34", "-1 OR 1", "@cmd", int64(0), true, []int64(nil)},
	}
	shown := printed(t, func(out *bufio.Writer) Printer { return New("csv", out, Screen{}, nil) }, []string{"a", "b", "c", "d", "e", "f", "g"}, rows...)
	got, err := csv.NewReader(strings.NewReader(shown)).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	want := [][]string{
		{"a", "b", "c", "d", "e", "f", "g"},
		{"plain", `quo"ted`, "two\nlines", "", "-5", "false", "[1,2]"},
		{"'=1+1", "+49 (30) 12-34", "'-1 OR 1", "'@cmd", "0", "true", "null"}, // a spreadsheet evaluates none of it
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("records (-want +got):\n%s", diff)
	}
}

func TestColourAndLinesSuitTheScreen(t *testing.T) {
	for _, test := range []struct {
		env   map[string]string
		ascii bool
	}{
		{nil, false},
		{map[string]string{"LANG": "de_DE.UTF-8"}, false},
		{map[string]string{"LANG": "de_DE.UTF-8", "LC_ALL": "C"}, true},
		{map[string]string{"LC_CTYPE": "en_US.utf8", "LANG": "C"}, false},
		{map[string]string{"LANG": "de_DE"}, true},
	} {
		if got := onlyASCII(envconfig.MapLookuper(test.env)); got != test.ascii {
			t.Errorf("%v: only ASCII is %v", test.env, got)
		}
	}
	tree := func(s Screen) string {
		return printed(t, func(out *bufio.Writer) Printer {
			return NewTree(out, s, -1, 0, func(Row) TreeNode { return TreeNode{Name: "Acme", ID: "acme/A"} })
		}, []string{"depth"}, []any{int64(0)})
	}
	if got := tree(Screen{Width: 80, Color: true}); got != "Acme  \x1b[2macme/A\x1b[0m\n" {
		t.Errorf("in colour: %q", got)
	}
	if got := tree(Screen{Width: 80}); got != "Acme  acme/A\n" {
		t.Errorf("without: %q", got)
	}
}
