package main

import (
	"bufio"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// runsTable is a table with all that gives way, on a terminal of such a width.
func runsTable(width int) func(*bufio.Writer) printer {
	return func(out *bufio.Writer) printer {
		return newTable(out, screen{width: width}, numeral("ID", "id"), plain("TRIGGER", "trigger").spared(1),
			plain("NAME", "name").yielding(), plain("STARTED", "started_at"), plain("WHAT", "error"))
	}
}

func TestANarrowTableKeepsWhatMatters(t *testing.T) {
	names := []string{"id", "trigger", "name", "started_at", "error"}
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
		if diff := cmp.Diff(want, printed(t, runsTable(width), names, row)); diff != "" {
			t.Errorf("%d columns (-want +got):\n%s", width, diff)
		}
	}
}

func TestATableTellsWhatItLeavesOut(t *testing.T) {
	for width, want := range map[int]string{0: "", 80: "", 20: "there is no room for TRIGGER: a wider terminal or a pipe shows all"} {
		p := runsTable(width)(bufio.NewWriter(new(strings.Builder)))
		_ = p.Columns([]string{"id", "trigger"})
		_ = p.Row([]any{int64(7), "schedule"})
		if err := p.End(); err != nil {
			t.Fatal(err)
		}
		if got := p.(noting).note(); got != want {
			t.Errorf("%d columns: %q, want %q", width, got, want)
		}
	}
}

// One long value must not make every row as long.
func TestALongValueSticksOut(t *testing.T) {
	long := strings.Repeat("x", 3000)
	shown := printed(t, accountTable(screen{}), accountNames,
		[]any{int64(1), "acme", "A", long, "active", nil}, []any{int64(2), "acme", "B", "Berg", "active", nil})
	if lines := strings.Split(shown, "\n"); !strings.Contains(lines[1], long+"  active") || len(lines[2]) > 100 {
		t.Errorf("the row after it has %d bytes", len(lines[2]))
	}
}

// An id is there to be copied.
func TestAnIDIsNeverCut(t *testing.T) {
	id := strings.Repeat("0123456789", 7)
	values := []any{int64(1), "acme", id, "Summit Dental Partners", "active", "full"}
	if shown := printed(t, accountTable(screen{width: 60}), accountNames, values); !strings.Contains(shown, id) {
		t.Errorf("the table has\n%s", shown)
	}
	tree := func(out *bufio.Writer) printer { return newTreePrinter(out, screen{width: 60}) }
	names := append([]string{"depth"}, accountNames...)
	if shown := printed(t, tree, names, append([]any{int64(0)}, values...)); !strings.Contains(shown, "acme/"+id) {
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
		if diff := cmp.Diff(test.want, wrapped(test.text, 10)); diff != "" {
			t.Errorf("%q (-want +got):\n%s", test.text, diff)
		}
	}
}
