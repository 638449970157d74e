package main

import (
	"fmt"
	"strings"
)

// measure gives each column the width of its widest cell. Where that is too much
// for the terminal, first the last column and those that yield give way, as far
// as they can be read; then columns are left out.
func (p *tablePrinter) measure() {
	p.widths = make([]int, len(p.columns))
	for _, line := range p.lines {
		for i, cell := range line {
			p.widths[i] = max(p.widths[i], width(cell))
		}
	}
	for i := range p.columns {
		p.shown = append(p.shown, i)
	}
	last := len(p.columns) - 1
	for i, c := range p.columns {
		if p.width == 0 || i != last && !c.yields {
			p.widths[i] = min(p.widths[i], max(widest, width(c.title)))
		}
	}
	if p.width == 0 {
		return
	}
	for turn := 1; p.taken(p.least) > p.width && turn <= len(p.columns); turn++ {
		p.leaveOut(turn)
	}
	for p.taken(p.at) > p.width {
		if !p.narrow() {
			return // ids and times are not cut: the lines are too long
		}
	}
}

func (p *tablePrinter) leaveOut(turn int) {
	var rest []int
	for _, i := range p.shown {
		if p.columns[i].spare != turn {
			rest = append(rest, i)
		}
	}
	p.shown = rest
}

// narrow takes from the widest of the columns that give way.
func (p *tablePrinter) narrow() bool {
	found := -1
	for _, i := range p.shown {
		if p.widths[i] > p.least(i) && (found < 0 || p.widths[i] > p.widths[found]) {
			found = i
		}
	}
	if found >= 0 {
		p.widths[found]--
	}
	return found >= 0
}

// at is the width of a column, least the one that it can be narrowed to.
func (p *tablePrinter) at(i int) int { return p.widths[i] }

func (p *tablePrinter) least(i int) int {
	switch {
	case p.columns[i].yields:
		return min(p.widths[i], max(narrowest, width(p.columns[i].title)))
	case i == p.shown[len(p.shown)-1]:
		return min(p.widths[i], narrowestLast)
	}
	return p.widths[i]
}

// taken is the width of a line with columns of such widths.
func (p *tablePrinter) taken(columns func(int) int) int {
	total := len(gap) * (len(p.shown) - 1)
	for _, i := range p.shown {
		total += columns(i)
	}
	return total
}

// note tells which columns there was no room for.
func (p *tablePrinter) note() string {
	var out []string
	next := 0
	for i, c := range p.columns {
		if next < len(p.shown) && p.shown[next] == i {
			next++
		} else if p.shown != nil {
			out = append(out, c.title)
		}
	}
	if len(out) == 0 {
		return ""
	}
	return fmt.Sprintf("there is no room for %s: a wider terminal or a pipe shows all", strings.Join(out, ", "))
}
