package render

import (
	"bufio"
	"bytes"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// people makes a table on a terminal of a width.
func people(width int, columns ...Column) func(*bufio.Writer) Printer {
	return func(out *bufio.Writer) Printer { return NewTable(out, Screen{Width: width}, columns...) }
}

// runColumns make a table with every kind of column.
var (
	runNames   = []string{"id", "trigger", "name", "started_at", "error"}
	runColumns = []Column{
		Number("ID", "id"), Text("TRIGGER", "trigger").Drop(1), Text("NAME", "name").Shrink(),
		Text("STARTED", "started_at"), Text("WHAT", "error").Wrap(),
	}
)

func TestANarrowTableKeepsWhatMatters(t *testing.T) {
	row := []any{
		int64(7), "schedule", "Summit Dental Partners of the North", time.Date(2026, 11, 22, 7, 58, 12, 345678000, time.UTC),
		"14 held: acme would lose 14 of 20 accounts, more than 10%",
	}
	for width, want := range map[int]string{
		0: `ID  TRIGGER   NAME                                 STARTED               WHAT
 7  schedule  Summit Dental Partners of the North  2026-11-22 07:58:12Z  14 held: acme would lose 14 of 20 accounts, more than 10%
`,
		100: `ID  TRIGGER   NAME                             STARTED               WHAT
 7  schedule  Summit Dental Partners of the …  2026-11-22 07:58:12Z  14 held: acme would lose 14 of
                                                                     20 accounts, more than 10%
`,
		72: `ID  NAME            STARTED               WHAT
 7  Summit Dental…  2026-11-22 07:58:12Z  14 held: acme would lose 14 of
                                          20 accounts, more than 10%
`,
	} {
		if diff := cmp.Diff(want, printed(t, people(width, runColumns...), runNames, row)); diff != "" {
			t.Errorf("%d columns (-want +got):\n%s", width, diff)
		}
	}
}

func TestATableNamesTheColumnsItDrops(t *testing.T) {
	for width, want := range map[int]string{0: "", 80: "", 20: "there is no room for TRIGGER: a wider terminal or a pipe shows all"} {
		p := people(width, runColumns...)(bufio.NewWriter(new(strings.Builder)))
		if err := All(p, []string{"id", "trigger"}, [][]any{{int64(7), "schedule"}}); err != nil {
			t.Fatal(err)
		}
		if got := p.(Noter).Note(); got != want {
			t.Errorf("%d columns: %q, want %q", width, got, want)
		}
	}
}

func TestATableFitsATerminal(t *testing.T) {
	rows := [][]any{
		{int64(7), "acme", "ACea38400fd23f67c6def24e8722020316", strings.Repeat("株式会社", 12), "suspended", "reseller"},
		{int64(1234567), "acme-west", "b", "Zoë 🐘", "active", nil},
	}
	for _, width := range []int{60, 61, 80, 120, 132} {
		for line := range strings.Lines(printed(t, people(width, accountColumns...), accountNames, rows...)) {
			if got := columnsOf(strings.TrimSuffix(line, "\n")); got > width {
				t.Errorf("a line of %d columns on a terminal of %d: %s", got, width, line)
			}
		}
	}
	want := `     ID  SOURCE     EXTERNAL ID                         NAME           STATUS
      7  acme       ACea38400fd23f67c6def24e8722020316  株式会社株式…  suspended
1234567  acme-west  b                                   Zoë 🐘         active
`
	if diff := cmp.Diff(want, printed(t, people(80, accountColumns...), accountNames, rows...)); diff != "" {
		t.Errorf("table (-want +got):\n%s", diff)
	}
	piped := printed(t, people(0, accountColumns...), accountNames, rows...)
	if !strings.Contains(piped, rows[0][3].(string)) || strings.Contains(piped, "…") {
		t.Errorf("a pipe gets a cut table:\n%s", piped)
	}
}

// One long value must not make every row as long.
func TestALongValueSticksOut(t *testing.T) {
	long := strings.Repeat("x", 3000)
	shown := printed(t, people(0, accountColumns...), accountNames,
		[]any{int64(1), "acme", "A", long, "active", nil}, []any{int64(2), "acme", "B", "Berg", "active", nil})
	if lines := strings.Split(shown, "\n"); !strings.Contains(lines[1], long+"  active") || len(lines[2]) > 100 {
		t.Errorf("the row after it has %d bytes", len(lines[2]))
	}
}

// An id is there to be copied.
func TestAnIDIsNeverCut(t *testing.T) {
	id := strings.Repeat("0123456789", 7)
	values := []any{int64(1), "acme", id, "Summit Dental Partners", "active", "full"}
	if shown := printed(t, people(60, accountColumns...), accountNames, values); !strings.Contains(shown, id) {
		t.Errorf("the table has\n%s", shown)
	}
	names := append([]string{"depth"}, accountNames...)
	if shown := printed(t, treeOn(Screen{Width: 60}, -1, 0), names, append([]any{int64(0)}, values...)); !strings.Contains(shown, "acme/"+id) {
		t.Errorf("the tree has\n%s", shown)
	}
}

func TestTextIsWrapped(t *testing.T) {
	for _, test := range []struct {
		text string
		want []string
	}{
		{"", []string{""}},
		{"ten of ten", []string{"ten of ten"}},
		{"between the words", []string{"between", "the words"}},
		{"0123456789 after", []string{"0123456789", "after"}},
		{"https://example.com", []string{"https://ex", "ample.com"}},
		{"株式会社株式会社", []string{"株式会社株", "式会社"}},
		{strings.Repeat("x", 10*maxLines+1), append(slices.Repeat([]string{"xxxxxxxxxx"}, maxLines-1), "xxxxxxxxx…")},
	} {
		got := strings.Split(wrap(test.text, 10), "\n")
		for i := range got {
			got[i] = strings.TrimRight(got[i], " ")
		}
		if diff := cmp.Diff(test.want, got); diff != "" {
			t.Errorf("%q (-want +got):\n%s", test.text, diff)
		}
	}
}

func TestALongTableStreams(t *testing.T) {
	var b bytes.Buffer
	out := bufio.NewWriterSize(&b, 1)
	p := NewTable(out, Screen{}, Text("NAME", "name"), Text("MORE", "more"))
	if err := p.Columns([]string{"name", "more"}); err != nil {
		t.Fatal(err)
	}
	for i := range 2*batchRows + 1 {
		if err := p.Row([]any{fmt.Sprint(i), "x"}); err != nil {
			t.Fatal(err)
		}
		if len(p.batch) >= batchRows {
			t.Fatalf("%d rows are buffered", len(p.batch))
		}
	}
	if err := p.End(); err != nil {
		t.Fatal(err)
	}
	out.Flush()
	if lines := strings.Count(b.String(), "\n"); lines != 2*batchRows+2 || strings.Count(b.String(), "NAME") != 1 {
		t.Errorf("%d lines", lines)
	}
	if want := "2000  x\n"; !strings.HasSuffix(b.String(), want) {
		t.Errorf("the last batch ends with %q, want the widths of the first: %q", b.String()[b.Len()-20:], want)
	}
}
