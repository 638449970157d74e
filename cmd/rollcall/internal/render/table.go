package main

import (
	"bufio"
	"strings"

	"github.com/jedib0t/go-pretty/v6/text"
)

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
