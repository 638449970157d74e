package render

import (
	"bufio"
	"encoding/csv"
	"regexp"
	"strings"
)

// A CSV printer writes RFC 4180 with a header. A null is an empty cell.
type CSV struct {
	out      *csv.Writer
	terminal bool
	cells    []string
}

// NewCSV returns a printer of CSV that is shown on s.
func NewCSV(out *bufio.Writer, s Screen) *CSV {
	return &CSV{out: csv.NewWriter(out), terminal: s.Terminal()}
}

// Columns writes the header.
func (p *CSV) Columns(columns []string) error {
	p.cells = make([]string, len(columns))
	return p.out.Write(columns)
}

// Row writes a record.
func (p *CSV) Row(values []any) error {
	for i, v := range values {
		cell, err := plainText(v)
		if err != nil {
			return err
		}
		if _, isText := v.(string); isText {
			cell = inert(cell)
		}
		if p.terminal {
			cell = Clean(cell)
		}
		p.cells[i] = cell
	}
	return p.out.Write(p.cells)
}

// End writes what is buffered.
func (p *CSV) End() error {
	p.out.Flush()
	return p.out.Error()
}

// numeric matches numbers, such as of phones, that begin like a formula.
var numeric = regexp.MustCompile(`^[+-][0-9][0-9 ().:-]*$`)

// inert keeps a spreadsheet from running a cell as a formula: customers choose the
// names of accounts.
func inert(cell string) string {
	if cell == "" || !strings.ContainsRune("=+-@\t\r", rune(cell[0])) || numeric.MatchString(cell) {
		return cell
	}
	return "'" + cell
}
