package main

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

// printed is what a printer makes of rows.
func printed(t *testing.T, make func(*bufio.Writer) printer, columns []string, rows ...[]any) string {
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

func accountTable(s screen) func(*bufio.Writer) printer {
	return func(out *bufio.Writer) printer { return newTable(out, s, accountColumns(false)...) }
}

func TestATableFitsATerminal(t *testing.T) {
	rows := [][]any{
		{int64(7), "acme", "ACea38400fd23f67c6def24e8722020316", strings.Repeat("株式会社", 12), "suspended", "reseller"},
		{int64(1234567), "acme-west", "b", "Zoë 🐘", "active", nil},
	}
	for _, width := range []int{80, 61, 132} {
		for line := range strings.Lines(printed(t, accountTable(screen{width: width}), accountNames, rows...)) {
			if got := text.StringWidthWithoutEscSequences(strings.TrimSuffix(line, "\n")); got > width {
				t.Errorf("a line of %d columns on a terminal of %d: %s", got, width, line)
			}
		}
	}
	want := `     ID  SOURCE     EXTERNAL ID                         NAME           STATUS
      7  acme       ACea38400fd23f67c6def24e8722020316  株式会社株式…  suspended
1234567  acme-west  b                                   Zoë 🐘         active
`
	if diff := cmp.Diff(want, printed(t, accountTable(screen{width: 80}), accountNames, rows...)); diff != "" {
		t.Errorf("table (-want +got):\n%s", diff)
	}
	piped := printed(t, accountTable(screen{}), accountNames, rows...)
	if !strings.Contains(piped, rows[0][3].(string)) || strings.Contains(piped, "…") {
		t.Errorf("a pipe gets a cut table:\n%s", piped)
	}
}

// What a customer typed must not be obeyed by the terminal.
func TestNothingReachesTheTerminalThatItMightObey(t *testing.T) {
	evil := "a\x1b]0;pwned\x07b\u009b31mc\u202ed\r\ne\x7f"
	values := []any{int64(1), "acme", evil, evil, "active", evil}
	tree := []string{"depth", "name", "source", "external_id", "status"}
	for what, shown := range map[string]string{
		"table": printed(t, accountTable(screen{width: 200}), accountNames, values),
		"tree": printed(t, func(out *bufio.Writer) printer { return newTreePrinter(out, screen{width: 200}) }, tree,
			[]any{int64(0), evil, "acme", evil, "active"}),
		"json": printed(t, func(out *bufio.Writer) printer { return &jsonPrinter{out: out} }, accountNames, values),
		"csv":  printed(t, func(out *bufio.Writer) printer { return newCSVPrinter(out, true) }, accountNames, values),
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
	lines := printed(t, func(out *bufio.Writer) printer { return &jsonPrinter{out: out} }, columns, values, values)
	if want := line + "\n" + line + "\n"; lines != want {
		t.Errorf("jsonl is\n%swant\n%s", lines, want)
	}
	array := printed(t, func(out *bufio.Writer) printer { return &jsonPrinter{out: out, array: true} }, columns, values, values)
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
	shown := printed(t, func(out *bufio.Writer) printer { return newCSVPrinter(out, false) }, []string{"a", "b", "c", "d", "e", "f", "g"}, rows...)
	got, err := csv.NewReader(strings.NewReader(shown)).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	want := [][]string{
		{"a", "b", "c", "d", "e", "f", "g"},
		{"plain", `quo"ted`, "two\nlines", "", "-5", "false", "[1,2]"},
		{"'=1+1", "+49 (30) 12-34", "'-1 OR 1", "'@cmd", "0", "true", "null"}, // a spreadsheet runs none of it
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("records (-want +got):\n%s", diff)
	}
}

func TestALongTableFlows(t *testing.T) {
	var b bytes.Buffer
	out := bufio.NewWriterSize(&b, 1)
	p := newTable(out, screen{}, plain("NAME", "name"))
	if err := p.Columns([]string{"name"}); err != nil {
		t.Fatal(err)
	}
	for range 2*batchRows + 1 {
		if err := p.Row([]any{"x"}); err != nil {
			t.Fatal(err)
		}
		if len(p.lines) >= batchRows {
			t.Fatalf("%d rows are kept", len(p.lines))
		}
	}
	if err := p.End(); err != nil {
		t.Fatal(err)
	}
	out.Flush()
	if lines := strings.Count(b.String(), "\n"); lines != 2*batchRows+2 || strings.Count(b.String(), "NAME") != 1 {
		t.Errorf("%d lines", lines)
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
	tree := func(s screen) string {
		return printed(t, func(out *bufio.Writer) printer { return newTreePrinter(out, s) }, []string{"depth", "name", "source", "external_id", "status"},
			[]any{int64(0), "Acme", "acme", "A", "active"})
	}
	if got := tree(screen{width: 80, color: true}); got != "Acme  \x1b[2macme/A\x1b[0m\n" {
		t.Errorf("in colour: %q", got)
	}
	if got := tree(screen{width: 80}); got != "Acme  acme/A\n" {
		t.Errorf("without: %q", got)
	}
}
