package render

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"time"
)

// A JSON printer writes one object per row and line: JSON Lines, or an array.
type JSON struct {
	out   *bufio.Writer
	array bool
	keys  [][]byte
	line  bytes.Buffer
	rows  int
}

// Columns takes the keys.
func (p *JSON) Columns(columns []string) error {
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
func (p *JSON) Row(values []any) error {
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
func (p *JSON) End() error {
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

// escaped escapes the control characters that encoding/json leaves and a terminal
// might obey. They can only be within strings.
func escaped(line []byte) []byte {
	if printable(line[:len(line)-min(1, len(line))]) { // the line break aside
		return line
	}
	unsafe := func(r rune) bool { return r != '\n' && hidden(r) }
	if bytes.IndexFunc(line, unsafe) < 0 {
		return line
	}
	var b bytes.Buffer
	for _, r := range string(line) {
		if unsafe(r) {
			fmt.Fprintf(&b, `\u%04x`, r)
		} else {
			b.WriteRune(r)
		}
	}
	return b.Bytes()
}

// printable reports whether text has visible ASCII characters alone, as most has.
func printable(text []byte) bool {
	for _, c := range text {
		if c < ' ' || c > '~' {
			return false
		}
	}
	return true
}
