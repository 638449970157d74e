package main

import (
	"bufio"
	"strings"
	"time"

	"github.com/jedib0t/go-pretty/v6/text"
)

// A row is one row of an answer.
type row struct {
	columns map[string]int
	values  []any
}

// text is a value as people read it.
func (r row) text(column string) string {
	v := r.value(column)
	if t, ok := v.(time.Time); ok {
		return t.Format(time.RFC3339)
	}
	plain, err := plainText(v)
	if err != nil {
		return ""
	}
	return plain
}

func (r row) value(column string) any {
	i, ok := r.columns[column]
	if !ok {
		return nil
	}
	return r.values[i]
}

func (r row) number(column string) int64 {
	n, _ := r.value(column).(int64)
	return n
}

// A column of a table.
type column struct {
	title string
	right bool // numbers
	text  func(row) string
}

// plain is a column that shows a value as it is.
func plain(title, name string) column {
	return column{title: title, text: func(r row) string { return r.text(name) }}
}

const (
	// batchRows are laid out together; rows after them get the same widths, so
	// that a long answer flows.
	batchRows = 1000
	// gap is between two columns.
	gap = "  "
	// narrowest is how far a column is narrowed to fit the terminal.
	narrowest = 8
)

// A tablePrinter lays an answer out in columns, cut to the width of a terminal.
type tablePrinter struct {
	out     *bufio.Writer
	width   int // of the terminal; 0 cuts nothing
	columns []column

	names  map[string]int
	lines  [][]string
	widths []int
}

func newTable(out *bufio.Writer, s screen, columns ...column) *tablePrinter {
	return &tablePrinter{out: out, width: s.width, columns: columns}
}

// Columns takes the names of the values.
func (p *tablePrinter) Columns(columns []string) error {
	p.names = positions(columns)
	return nil
}

func positions(columns []string) map[string]int {
	at := make(map[string]int, len(columns))
	for i, c := range columns {
		at[c] = i
	}
	return at
}

// Row takes a row.
func (p *tablePrinter) Row(values []any) error {
	if len(p.lines) == 0 && p.widths == nil {
		p.lines = append(p.lines, p.titles())
	}
	line := make([]string, len(p.columns))
	for i, c := range p.columns {
		line[i] = clean(c.text(row{p.names, values}))
	}
	p.lines = append(p.lines, line)
	if len(p.lines) >= batchRows {
		return p.End()
	}
	return nil
}

func (p *tablePrinter) titles() []string {
	titles := make([]string, len(p.columns))
	for i, c := range p.columns {
		titles[i] = c.title
	}
	return titles
}

// End lays out what it has.
func (p *tablePrinter) End() error {
	if p.widths == nil {
		p.widths = p.measure()
	}
	for _, line := range p.lines {
		if _, err := p.out.WriteString(p.layout(line) + "\n"); err != nil {
			return err
		}
	}
	p.lines = p.lines[:0]
	return nil
}

// measure gives each column the width of its widest cell; where that is too
// much for the terminal, the widest column gives way first.
func (p *tablePrinter) measure() []int {
	widths := make([]int, len(p.columns))
	for _, line := range p.lines {
		for i, cell := range line {
			widths[i] = max(widths[i], width(cell))
		}
	}
	if p.width == 0 {
		return widths
	}
	for {
		total, widest := len(gap)*(len(widths)-1), 0
		for i, w := range widths {
			total += w
			if w > widths[widest] {
				widest = i
			}
		}
		if total <= p.width || widths[widest] <= narrowest {
			return widths
		}
		widths[widest]--
	}
}

func (p *tablePrinter) layout(line []string) string {
	cells := make([]string, len(line))
	for i, cell := range line {
		if p.width > 0 {
			cell = shorten(cell, p.widths[i])
		}
		if p.columns[i].right {
			cells[i] = strings.Repeat(" ", max(0, p.widths[i]-width(cell))) + cell
		} else {
			cells[i] = text.Pad(cell, p.widths[i], ' ')
		}
	}
	return strings.TrimRight(strings.Join(cells, gap), " ")
}

// shorten cuts text to a width, and shows that it did.
func shorten(cell string, columns int) string {
	return text.Snip(cell, max(columns, 1), "…")
}

// width is the number of columns that text takes on a terminal.
func width(s string) int { return text.StringWidthWithoutEscSequences(s) }
