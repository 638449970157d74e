package main

import (
	"bufio"
	"bytes"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"time"
)

// A jsonPrinter writes an object a row, one a line; together an array if array
// is set.
type jsonPrinter struct {
	out   *bufio.Writer
	array bool
	keys  [][]byte
	line  bytes.Buffer
	rows  int
}

// Columns takes the keys.
func (p *jsonPrinter) Columns(columns []string) error {
	for _, c := range columns {
		key, err := json.Marshal(c)
		if err != nil {
			return err
		}
		p.keys = append(p.keys, key)
	}
	return nil
}

// Row writes an object.
func (p *jsonPrinter) Row(values []any) error {
	p.line.Reset()
	switch {
	case p.array && p.rows == 0:
		p.line.WriteString("[\n")
	case p.array:
		p.line.WriteString(",\n")
	}
	p.rows++
	encoder := json.NewEncoder(&p.line)
	encoder.SetEscapeHTML(false)
	for i, v := range values {
		p.line.WriteByte("{,"[min(i, 1)])
		p.line.Write(p.keys[i])
		p.line.WriteByte(':')
		if t, ok := v.(time.Time); ok {
			v = t.Format(time.RFC3339Nano)
		}
		if err := encoder.Encode(v); err != nil {
			return err
		}
		p.line.Truncate(p.line.Len() - 1) // the line break
	}
	p.line.WriteByte('}')
	if !p.array {
		p.line.WriteByte('\n')
	}
	_, err := p.out.Write(escaped(p.line.Bytes()))
	return err
}

// End closes the array.
func (p *jsonPrinter) End() error {
	end := ""
	switch {
	case p.array && p.rows == 0:
		end = "[]\n"
	case p.array:
		end = "\n]\n"
	}
	_, err := p.out.WriteString(end)
	return err
}

// escaped writes out what a terminal might obey and encoding/json leaves. It is
// within strings, wherever it is.
func escaped(line []byte) []byte {
	if printable(line[:len(line)-min(1, len(line))]) { // the line break aside
		return line
	}
	obeyed := func(r rune) bool { return r != '\n' && hidden(r) }
	if bytes.IndexFunc(line, obeyed) < 0 {
		return line
	}
	var b bytes.Buffer
	for _, r := range string(line) {
		if obeyed(r) {
			fmt.Fprintf(&b, `\u%04x`, r)
		} else {
			b.WriteRune(r)
		}
	}
	return b.Bytes()
}

// printable tells whether text is of visible ASCII characters alone, as most is.
func printable(text []byte) bool {
	for _, c := range text {
		if c < ' ' || c > '~' {
			return false
		}
	}
	return true
}

// A csvPrinter writes RFC 4180 with a header; null is empty.
type csvPrinter struct {
	out      *csv.Writer
	terminal bool
	cells    []string
}

func newCSVPrinter(out *bufio.Writer, terminal bool) *csvPrinter {
	return &csvPrinter{out: csv.NewWriter(out), terminal: terminal}
}

// Columns writes the header.
func (p *csvPrinter) Columns(columns []string) error {
	p.cells = make([]string, len(columns))
	return p.out.Write(columns)
}

// Row writes a record.
func (p *csvPrinter) Row(values []any) error {
	for i, v := range values {
		cell, err := plainText(v)
		if err != nil {
			return err
		}
		if _, isText := v.(string); isText {
			cell = inert(cell)
		}
		if p.terminal {
			cell = clean(cell)
		}
		p.cells[i] = cell
	}
	return p.out.Write(p.cells)
}

// End writes what is left.
func (p *csvPrinter) End() error {
	p.out.Flush()
	return p.out.Error()
}

// plainText is a value without quotes.
func plainText(v any) (string, error) {
	switch v := v.(type) {
	case nil:
		return "", nil
	case string:
		return v, nil
	case int64:
		return strconv.FormatInt(v, 10), nil
	case bool:
		return strconv.FormatBool(v), nil
	case time.Time:
		return v.Format(time.RFC3339Nano), nil
	default:
		text, err := json.Marshal(v)
		return string(text), err
	}
}

// numeric is what begins like a formula and is a number, of a phone say.
var numeric = regexp.MustCompile(`^[+-][0-9][0-9 ().:-]*$`)

// inert keeps a spreadsheet from running a cell: a customer may have named the
// account.
func inert(cell string) string {
	if cell == "" || !strings.ContainsRune("=+-@\t\r", rune(cell[0])) || numeric.MatchString(cell) {
		return cell
	}
	return "'" + cell
}
