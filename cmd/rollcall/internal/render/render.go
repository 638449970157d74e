// Package render writes what commands print: tables and trees for people, JSON,
// CSV and Parquet for programs, and the progress of long work.
package render

import (
	"bufio"
	"encoding/json"
	"slices"
	"strconv"
	"time"
)

// A Printer writes an answer as its rows arrive. It is a reader.Receiver with an
// end.
type Printer interface {
	// Columns is called once, before the first row.
	Columns(names []string) error
	// Row is called for each row, with values as reader.Receiver has them.
	Row(values []any) error
	// End writes what is still buffered, and what closes the format.
	End() error
}

// A Noter is a Printer that may leave something out. Note says what, or is "".
type Noter interface{ Note() string }

// Formats are the formats of commands that read the directory.
var Formats = []string{"table", "json", "jsonl", "csv"}

// New returns the Printer of a format: json, jsonl or csv. For any other it
// returns what people makes.
func New(format string, out *bufio.Writer, s Screen, people func(*bufio.Writer) Printer) Printer {
	switch format {
	case "json":
		return &JSON{out: out, array: true}
	case "jsonl":
		return &JSON{out: out}
	case "csv":
		return NewCSV(out, s)
	default:
		return people(out)
	}
}

// All prints an answer that is at hand.
func All(p Printer, columns []string, rows [][]any) error {
	if err := p.Columns(columns); err != nil {
		return err
	}
	for _, row := range rows {
		if err := p.Row(row); err != nil {
			return err
		}
	}
	return p.End()
}

// A Row is a row of an answer, by the names of its columns.
type Row struct {
	columns map[string]int
	values  []any
}

// Clone returns r with values of its own, to keep after the call that r is for.
func (r Row) Clone() Row { return Row{r.columns, slices.Clone(r.values)} }

// Has reports whether the row has a column.
func (r Row) Has(column string) bool {
	_, ok := r.columns[column]
	return ok
}

func positions(columns []string) map[string]int {
	at := make(map[string]int, len(columns))
	for i, c := range columns {
		at[c] = i
	}
	return at
}

// Value returns the value of a column, or nil where there is no such column.
func (r Row) Value(column string) any {
	i, ok := r.columns[column]
	if !ok {
		return nil
	}
	return r.values[i]
}

// Text returns a value as people read it.
func (r Row) Text(column string) string {
	v := r.Value(column)
	if t, ok := v.(time.Time); ok {
		return t.Format(toTheSecond)
	}
	plain, err := plainText(v)
	if err != nil {
		return ""
	}
	return plain
}

// Number returns an integer, or 0 if the value is not one.
func (r Row) Number(column string) int64 {
	n, _ := r.Value(column).(int64)
	return n
}

// Times as people read them, in UTC. The machine formats have them exactly.
const (
	toTheSecond = "2006-01-02 15:04:05Z"
	toTheMinute = "2006-01-02 15:04Z"
)

// Minute returns a time of the row without its seconds, or "".
func (r Row) Minute(column string) string {
	if t, ok := r.Value(column).(time.Time); ok {
		return t.Format(toTheMinute)
	}
	return ""
}

// plainText returns a value without quotes.
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
