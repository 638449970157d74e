package render

import (
	"bufio"
	"fmt"
	"strings"
)

// A TreeNode is what a tree shows of a row.
type TreeNode struct {
	Name  string   // cut where the terminal is narrow
	ID    string   // never cut
	Notes []string // after the id
}

// A Tree draws rows that arrive parents before children, with the columns depth
// and last (of its siblings). It keeps one stroke per level and one row.
type Tree struct {
	out    *bufio.Writer
	screen Screen
	node   func(Row) TreeNode
	depth  int // of the deepest rows that are drawn; negative draws all
	limit  int // of lines; 0 draws all

	names   map[string]int
	strokes strokes
	past    []string // for each level, the stroke past it to what is below
	held    *branch  // the line that is not written yet, as rows below it are counted
	drawn   int
	cut     int // rows beyond the limit
}

// A branch is a line of a tree.
type branch struct {
	TreeNode
	level int
	last  bool // of its siblings
	below int  // rows below it that are too deep to be drawn
}

// strokes draw a tree: to a child, to the last one, past one, past the last.
type strokes struct{ child, last, past, none string }

var (
	boxStrokes   = strokes{"├── ", "└── ", "│   ", "    "}
	asciiStrokes = strokes{"|-- ", "`-- ", "|   ", "    "}
)

// NewTree returns a tree of rows down to a depth, where it is not negative, in at
// most limit lines, where it is not 0.
func NewTree(out *bufio.Writer, s Screen, depth, limit int, node func(Row) TreeNode) *Tree {
	t := &Tree{out: out, screen: s, node: node, depth: depth, limit: limit, strokes: boxStrokes}
	if s.ASCII {
		t.strokes = asciiStrokes
	}
	return t
}

// Columns takes the names of the values.
func (t *Tree) Columns(names []string) error {
	t.names = positions(names)
	return nil
}

// Row draws a row once the next one arrives.
func (t *Tree) Row(values []any) error {
	r := Row{t.names, values}
	level := int(r.Number("depth"))
	switch {
	case t.limit > 0 && t.drawn > t.limit:
		t.cut++
		return nil
	case t.depth >= 0 && level > t.depth:
		t.held.below++
		return nil
	}
	err := t.End()
	if t.drawn++; t.limit > 0 && t.drawn > t.limit {
		t.cut++
		return err
	}
	last, _ := r.Value("last").(bool)
	t.held = &branch{TreeNode: t.node(r), level: level, last: last}
	return err
}

// End draws the last row.
func (t *Tree) End() error {
	b := t.held
	if t.held = nil; b == nil {
		return nil
	}
	stroke, past := "", ""
	if b.level > 0 {
		stroke, past = t.strokes.child, t.strokes.past
		if b.last {
			stroke, past = t.strokes.last, t.strokes.none
		}
	}
	t.past = append(t.past[:b.level], past)
	if b.below > 0 {
		b.Notes = append(b.Notes, fmt.Sprintf("[%d below]", b.below))
	}
	lead := strings.Join(t.past[:b.level], "") + stroke
	_, err := t.out.WriteString(lead + t.label(b.TreeNode, lead) + "\n")
	return err
}

// label returns the text of a node, which fits the terminal but for its id.
func (t *Tree) label(n TreeNode, lead string) string {
	name, id, notes := Clean(n.Name), Clean(n.ID), ""
	for _, note := range n.Notes {
		notes += gap + Clean(note)
	}
	if t.screen.Terminal() {
		room := t.screen.Width - width(lead) - len(gap) - width(id)
		name = shorten(name, max(room-width(notes), minShrunk))
		notes = shorten(notes, max(room-width(name), minShrunk))
	}
	return name + gap + t.screen.dimmed(id+notes)
}

// Note counts the rows beyond the limit.
func (t *Tree) Note() string {
	if t.cut == 0 {
		return ""
	}
	return fmt.Sprintf("%d more: --limit 0 shows all, --depth N fewer levels", t.cut)
}
