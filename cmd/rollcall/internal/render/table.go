package render

import (
	"bufio"
	"fmt"
	"strings"

	"github.com/jedib0t/go-pretty/v6/table"
	"github.com/jedib0t/go-pretty/v6/text"
)

// Widths are in columns of a terminal.
const (
	// batchRows are laid out together. Later batches get the widths of the first,
	// so that a long answer streams.
	batchRows = 1000
	// gap separates two columns.
	gap = "  "
	// minShrunk and minWrapped are how narrow a column may become before other
	// columns are dropped.
	minShrunk  = 12
	minWrapped = 30
	// maxPadded is how far a column is padded. A longer value sticks out and leaves
	// the other rows as they are. The ids of all providers fit.
	maxPadded = 48
	// maxLines is how many lines a wrapped value takes.
	maxLines = 10
)

// A Table lays an answer out in columns, to suit the width of a terminal.
type Table struct {
	out     *bufio.Writer
	width   int // of the terminal; 0 cuts nothing and drops nothing
	columns []Column

	names   map[string]int
	batch   []table.Row
	layout  []table.ColumnConfig // of all batches; nil before the first
	dropped []string             // titles
}

// NewTable returns a table of these columns.
func NewTable(out *bufio.Writer, s Screen, columns ...Column) *Table {
	return &Table{out: out, width: s.Width, columns: columns}
}

// Columns takes the names of the values.
func (t *Table) Columns(names []string) error {
	t.names = positions(names)
	return nil
}

// Row takes a row.
func (t *Table) Row(values []any) error {
	cells := make(table.Row, len(t.columns))
	for i, c := range t.columns {
		cells[i] = Clean(c.text(Row{t.names, values}))
	}
	if t.batch = append(t.batch, cells); len(t.batch) < batchRows {
		return nil
	}
	return t.End()
}

// End writes the rows that are buffered.
func (t *Table) End() error {
	if len(t.batch) == 0 {
		return nil
	}
	w := table.NewWriter()
	w.SetStyle(plainStyle)
	w.SuppressTrailingSpaces()
	if t.layout == nil {
		titles := make(table.Row, len(t.columns))
		for i, c := range t.columns {
			titles[i] = c.title
		}
		w.AppendHeader(titles)
		t.layout = t.arrange()
	}
	w.SetColumnConfigs(t.layout)
	w.AppendRows(t.batch)
	_, err := t.out.WriteString(w.Render() + "\n")
	t.batch = t.batch[:0]
	return err
}

// plainStyle has nothing but gaps between columns.
var plainStyle = table.Style{Box: table.BoxStyle{PaddingRight: gap}}

// arrange chooses the columns that are shown and their widths. Where the terminal
// is too narrow, columns that shrink or wrap give way first, down to their minimum;
// then columns are dropped. Ids and times are never cut.
func (t *Table) arrange() []table.ColumnConfig {
	layout := make([]table.ColumnConfig, len(t.columns))
	least := make([]int, len(t.columns))
	for i, c := range t.columns {
		longest := width(c.title)
		for _, row := range t.batch {
			longest = max(longest, width(row[i].(string)))
		}
		switch {
		case t.width == 0 || c.fit == whole:
			longest = min(longest, max(maxPadded, width(c.title)))
			least[i] = longest
		case c.fit == shrinks:
			least[i] = min(longest, max(minShrunk, width(c.title)))
		case c.fit == wraps:
			least[i] = min(longest, minWrapped)
		}
		layout[i] = table.ColumnConfig{Number: i + 1, Align: c.align, AlignHeader: c.align, WidthMax: longest, WidthMaxEnforcer: t.enforcer(c)}
	}
	for order := 1; order <= len(layout) && !t.fits(layout, func(i int) int { return least[i] }); order++ {
		for i, c := range t.columns {
			if c.drop == order {
				layout[i].Hidden = true
				t.dropped = append(t.dropped, c.title)
			}
		}
	}
	for limit := t.width; limit >= minShrunk && !t.fits(layout, func(i int) int { return layout[i].WidthMax }); limit-- {
		for i := range layout {
			layout[i].WidthMax = min(layout[i].WidthMax, max(limit, least[i]))
		}
	}
	for i := range layout {
		layout[i].WidthMin = layout[i].WidthMax
	}
	return layout
}

// fits reports whether a line with columns of these widths fits the terminal.
func (t *Table) fits(layout []table.ColumnConfig, width func(int) int) bool {
	total := -len(gap)
	for i, c := range layout {
		if !c.Hidden {
			total += len(gap) + width(i)
		}
	}
	return t.width == 0 || total <= t.width
}

// enforcer returns what fits a value of c to its width.
func (t *Table) enforcer(c Column) table.WidthEnforcer {
	switch {
	case t.width == 0 || c.fit == whole:
		return func(value string, _ int) string { return value }
	case c.fit == shrinks:
		return shorten
	default:
		return wrap
	}
}

// wrap breaks text into lines, between words where it can.
func wrap(value string, width int) string {
	lines := strings.SplitN(text.WrapSoft(value, width), "\n", maxLines+1)
	if len(lines) > maxLines {
		lines = lines[:maxLines]
		last := strings.TrimRight(lines[maxLines-1], " ")
		lines[maxLines-1] = text.Trim(last, width-1) + "…"
	}
	return strings.Join(lines, "\n")
}

// shorten cuts text to a width, and shows that it did.
func shorten(value string, width int) string { return text.Snip(value, max(width, 1), "…") }

// Shorten returns text as Clean does, cut to a width.
func Shorten(value string, width int) string { return shorten(Clean(value), width) }

// width is the number of columns that text takes on a terminal.
func width(s string) int { return text.StringWidthWithoutEscSequences(s) }

// Note names the columns that the terminal has no room for.
func (t *Table) Note() string {
	if len(t.dropped) == 0 {
		return ""
	}
	return fmt.Sprintf("there is no room for %s: a wider terminal or a pipe shows all", strings.Join(t.dropped, ", "))
}
