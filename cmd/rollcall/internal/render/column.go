package main

import "time"

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
