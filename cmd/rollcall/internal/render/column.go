package render

import "github.com/jedib0t/go-pretty/v6/text"

// A Column is a column of a table. Its values are shown whole unless it shrinks
// or wraps.
type Column struct {
	title string
	text  func(Row) string
	align text.Align
	fit   fit
	drop  int
}

// fit says how a column gives way on a narrow terminal.
type fit int

const (
	whole   fit = iota
	shrinks     // its values are cut
	wraps       // its values continue on further lines
)

// Text is a column that shows a value as it is.
func Text(title, name string) Column {
	return Func(title, func(r Row) string { return r.Text(name) })
}

// Number is a column of numbers.
func Number(title, name string) Column { return Text(title, name).Right() }

// Minute is a column of times where seconds do not matter.
func Minute(title, name string) Column {
	return Func(title, func(r Row) string { return r.Minute(name) })
}

// Func is a column that shows what text makes of a row.
func Func(title string, text func(Row) string) Column { return Column{title: title, text: text} }

// Right returns c, aligned to the right.
func (c Column) Right() Column {
	c.align = text.AlignRight
	return c
}

// Shrink returns c, whose values are cut where the terminal is narrow.
func (c Column) Shrink() Column {
	c.fit = shrinks
	return c
}

// Wrap returns c, whose values continue on further lines where the terminal is
// narrow. It suits free text in the last column.
func (c Column) Wrap() Column {
	c.fit = wraps
	return c
}

// Drop returns c, left out where the terminal is narrow: order 1 first, then 2.
func (c Column) Drop(order int) Column {
	c.drop = order
	return c
}
