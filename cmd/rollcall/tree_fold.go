package main

import (
	"fmt"
	"slices"
)

const (
	// treeLimit is how many lines a drawn tree has unless --limit says otherwise:
	// what still can be looked through.
	treeLimit = 200
	// treeShare is the part of them that the accounts right below one may take,
	// so that a wide one leaves room for the others; treeTopShare that of the
	// topmost ones, or of those below the only one.
	treeShare    = 8
	treeTopShare = 2
)

// A foldingTree draws a tree of any size in so many lines, and keeps no more in
// memory. Where it is larger, siblings beyond their share are folded, and then
// the deepest levels until the rest fits. Each fold says how many it hides.
type foldingTree struct {
	*treePrinter
	lines int

	root    node
	open    []*node // the root and the last node of each level above the next account
	hidden  int     // level of the account that was folded last, as what is below it is too; -1 is none
	kept    int     // nodes
	folding bool
	levels  int // deeper ones are folded, once folding
}

// A node is an account that is drawn.
type node struct {
	values   []any
	children []*node
	beside   int // more children, which are folded
	below    int // all that is folded: those, and what is below them
}

func newFoldingTree(p *treePrinter, lines int) *foldingTree {
	t := &foldingTree{treePrinter: p, lines: lines, hidden: -1}
	t.open = []*node{&t.root}
	return t
}

// Row takes an account. Accounts come parents before children.
func (t *foldingTree) Row(values []any) error {
	level := int(row{t.names, values}.number("depth"))
	if t.hidden >= 0 && level > t.hidden {
		t.open[t.hidden].below++
		return nil
	}
	t.hidden, t.open = -1, t.open[:level+1]
	parent := t.open[level]
	if t.folding && (level >= t.levels || len(parent.children) >= t.share(level)) {
		parent.beside++
		parent.below++
		t.hidden = level
		return nil
	}
	n := &node{values: slices.Clone(values)}
	parent.children = append(parent.children, n)
	t.open = append(t.open, n)
	if t.kept++; t.kept > t.lines {
		t.fold()
	}
	return nil
}

// share is how many accounts of a level, below one, are drawn at most.
func (t *foldingTree) share(level int) int {
	part := treeShare
	if level == 0 || level == 1 && len(t.root.children) == 1 {
		part = treeTopShare
	}
	return max(t.lines/part, 1)
}

// fold makes the tree fit.
func (t *foldingTree) fold() {
	if !t.folding {
		t.folding, t.levels = true, t.root.height()
		t.narrow(&t.root, 0)
	}
	for t.kept = t.root.size(); t.kept > t.lines && t.levels > 1; t.kept = t.root.size() {
		t.levels--
		t.root.shorten(t.levels)
	}
	for i := 1; i < len(t.open); i++ {
		if !slices.Contains(t.open[i-1].children, t.open[i]) {
			t.open, t.hidden = t.open[:i], i-1
		}
	}
}

// height is the number of levels below n.
func (n *node) height() (levels int) {
	for _, c := range n.children {
		levels = max(levels, 1+c.height())
	}
	return levels
}

// size is the number of nodes below n.
func (n *node) size() (nodes int) {
	for _, c := range n.children {
		nodes += 1 + c.size()
	}
	return nodes
}

// narrow folds children beyond their share, at n and below.
func (t *foldingTree) narrow(n *node, level int) {
	n.hide(t.share(level))
	for _, c := range n.children {
		t.narrow(c, level+1)
	}
}

// shorten folds all that is more than so many levels below n.
func (n *node) shorten(levels int) {
	if levels == 0 {
		n.hide(0)
	}
	for _, c := range n.children {
		c.shorten(levels - 1)
	}
}

// hide folds the children of n beyond the first.
func (n *node) hide(first int) {
	if len(n.children) <= first {
		return
	}
	for _, c := range n.children[first:] {
		n.beside++
		n.below += 1 + c.hiddenOrDrawn()
	}
	n.children = n.children[:first]
}

// hiddenOrDrawn is the number of all accounts below n.
func (n *node) hiddenOrDrawn() int {
	all := n.below
	for _, c := range n.children {
		all += 1 + c.hiddenOrDrawn()
	}
	return all
}

// folded is how many accounts are not drawn.
func (n *node) folded() int {
	all := n.below
	for _, c := range n.children {
		all += c.folded()
	}
	return all
}

// End draws the tree.
func (t *foldingTree) End() error { return t.drawBelow(&t.root, 0) }

func (t *foldingTree) drawBelow(n *node, level int) error {
	for i, c := range n.children {
		remark := ""
		if len(c.children) == 0 && c.below > 0 {
			remark = fmt.Sprintf("[%s below]", grouped(c.below))
		}
		last := i == len(n.children)-1 && n.beside == 0
		if err := t.draw(row{t.names, c.values}, level, last, remark); err != nil {
			return err
		}
		if err := t.drawBelow(c, level+1); err != nil {
			return err
		}
	}
	if n.beside == 0 || len(n.children) == 0 {
		return nil
	}
	more := fmt.Sprintf("… %s more", grouped(n.beside))
	if n.below > n.beside {
		more += fmt.Sprintf(", and %s below them", grouped(n.below-n.beside))
	}
	return t.line(level, true, func(string) string { return t.screen.dimmed(more) })
}

// note tells what was folded, and how to see it.
func (t *foldingTree) note() string {
	if n := t.root.folded(); n > 0 {
		return fmt.Sprintf("%s accounts are folded: --limit 0 shows all, rollcall tree ID those below one", grouped(n))
	}
	return ""
}

// grouped is a number as people read it.
func grouped(n int) string {
	text := fmt.Sprint(n)
	for i := len(text) - 3; i > 0; i -= 3 {
		text = text[:i] + "," + text[i:]
	}
	return text
}
