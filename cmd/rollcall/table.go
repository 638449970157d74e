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

// Times as people read them, in UTC. The machine formats have them exactly.
const (
	toTheSecond = "2006-01-02 15:04:05Z"
	toTheMinute = "2006-01-02 15:04Z"
)

// text is a value as people read it.
func (r row) text(column string) string {
	v := r.value(column)
	if t, ok := v.(time.Time); ok {
		return t.Format(toTheSecond)
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

// A column of a table. Its values are shown whole unless it yields; the last
// column, of free text in most tables, is wrapped.
type column struct {
	title  string
	right  bool // numbers
	yields bool // it is shortened where the terminal is narrow
	spare  int  // 1 is left out first where the terminal is narrow, then 2; 0 stays
	text   func(row) string
}

// plain is a column that shows a value as it is.
func plain(title, name string) column {
	return column{title: title, text: func(r row) string { return r.text(name) }}
}

// numeral is a column of numbers.
func numeral(title, name string) column {
	c := plain(title, name)
	c.right = true
	return c
}

// minute is a column of times where seconds do not matter.
func minute(title, name string) column {
	return column{title: title, text: func(r row) string {
		if t, ok := r.value(name).(time.Time); ok {
			return t.Format(toTheMinute)
		}
		return ""
	}}
}

// yielding is c, shortened where the terminal is narrow.
func (c column) yielding() column {
	c.yields = true
	return c
}

// spared is c, left out in its turn where the terminal is narrow.
func (c column) spared(turn int) column {
	c.spare = turn
	return c
}

const (
	// batchRows are laid out together; rows after them get the same widths, so
	// that a long answer flows.
	batchRows = 1000
	// gap is between two columns.
	gap = "  "
	// narrowest is how far a column that yields is narrowed, and narrowestLast how
	// far the last one, before others are left out.
	narrowest     = 12
	narrowestLast = 30
	// widest is how far a column is padded: a longer value sticks out, and leaves
	// the other rows as they are. The ids of all providers fit.
	widest = 48
	// maxLines is how many lines a wrapped cell takes.
	maxLines = 10
)

// A tablePrinter lays an answer out in columns, to suit the width of a terminal.
type tablePrinter struct {
	out     *bufio.Writer
	width   int // of the terminal; 0 cuts nothing and leaves nothing out
	columns []column

	names  map[string]int
	lines  [][]string
	widths []int
	shown  []int // the columns that there is room for
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
		p.measure()
	}
	for _, line := range p.lines {
		if err := p.write(line); err != nil {
			return err
		}
	}
	p.lines = p.lines[:0]
	return nil
}

// write writes a row: on further lines what is left of the last cell.
func (p *tablePrinter) write(line []string) error {
	last := p.shown[len(p.shown)-1]
	rest := []string{line[last]}
	if p.width > 0 && !p.columns[last].yields {
		rest = wrapped(line[last], p.widths[last])
	}
	for i, part := range rest {
		if i > 0 {
			line = make([]string, len(line))
		}
		line[last] = part
		if _, err := p.out.WriteString(p.layout(line) + "\n"); err != nil {
			return err
		}
	}
	return nil
}

func (p *tablePrinter) layout(line []string) string {
	cells := make([]string, len(p.shown))
	for i, at := range p.shown {
		cell, columns := line[at], p.widths[at]
		if p.width > 0 && p.columns[at].yields {
			cell = shorten(cell, columns)
		}
		if p.columns[at].right {
			cells[i] = strings.Repeat(" ", max(0, columns-width(cell))) + cell
		} else {
			cells[i] = text.Pad(cell, columns, ' ')
		}
	}
	return strings.TrimRight(strings.Join(cells, gap), " ")
}

// shorten cuts text to a width, and shows that it did.
func shorten(cell string, columns int) string {
	return text.Snip(cell, max(columns, 1), "…")
}

// wrapped breaks text into lines of a width, between words where it can.
func wrapped(cell string, columns int) (lines []string) {
	for len(lines) < maxLines-1 && width(cell) > columns {
		line := text.Trim(cell, columns)
		if space := strings.LastIndexByte(line, ' '); space > len(line)/2 && cell[len(line)] != ' ' {
			line = line[:space]
		}
		lines, cell = append(lines, line), strings.TrimLeft(cell[len(line):], " ")
	}
	return append(lines, shorten(cell, columns))
}

// width is the number of columns that text takes on a terminal.
func width(s string) int { return text.StringWidthWithoutEscSequences(s) }
