package main

import (
	"bufio"
	"bytes"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

var treeNames = []string{"depth", "name", "source", "external_id", "status"}

// A sprout is an account with those below it.
type sprout struct {
	name  string
	below []sprout
}

// rows are the accounts of trees, parents before children.
func rows(trees []sprout, depth int64) (all [][]any) {
	for _, s := range trees {
		all = append(all, []any{depth, s.name, "acme", s.name, "active"})
		all = append(all, rows(s.below, depth+1)...)
	}
	return all
}

// leaves are n accounts without any below them.
func leaves(name string, n int) (all []sprout) {
	for i := range n {
		all = append(all, sprout{name: fmt.Sprintf("%s%d", name, i+1)})
	}
	return all
}

// drawnIn is what a folding tree of so many lines makes of trees, without the
// ids, and what it notes.
func drawnIn(t testing.TB, lines int, trees []sprout) (text, note string) {
	t.Helper()
	var b bytes.Buffer
	tree := newFoldingTree(newTreePrinter(bufio.NewWriter(&b), screen{}), lines)
	step := func(err error) {
		if err != nil {
			t.Fatal(err)
		}
	}
	step(tree.Columns(treeNames))
	for _, values := range rows(trees, 0) {
		step(tree.Row(values))
		if tree.root.size() > lines {
			t.Fatalf("%d accounts are kept, of %d lines", tree.root.size(), lines)
		}
	}
	step(tree.End())
	step(tree.out.Flush())
	for line := range strings.Lines(b.String()) {
		before, after, found := strings.Cut(line, "  acme/")
		if found {
			_, remark, _ := strings.Cut(strings.TrimSpace(after), "  ")
			line = strings.TrimRight(before+"  "+remark, " ") + "\n"
		}
		text += line
	}
	return text, tree.note()
}

func TestALargeTreeIsFolded(t *testing.T) {
	wide := []sprout{{"a", leaves("b", 1500)}}
	var deep []sprout
	for range 4 {
		deep = []sprout{{"a", deep}, {"b", deep}}
	}
	both := []sprout{
		{"a", append(leaves("b", 3), sprout{"c", leaves("d", 2)}, sprout{"e", leaves("f", 7)}, sprout{"g", nil})},
		{"h", leaves("i", 2)},
	}
	for _, test := range []struct {
		what       string
		lines      int
		trees      []sprout
		want, note string
	}{
		{"one that fits", 3, []sprout{{"a", leaves("b", 2)}}, "a\n├── b1\n└── b2\n", ""},
		{
			"a wide one", 6, wide, "a\n├── b1\n├── b2\n├── b3\n└── … 1,497 more\n",
			"1,497 accounts are folded: --limit 0 shows all, rollcall tree ID those below one",
		},
		{
			"a deep one", 16, deep,
			"a\n├── a\n│   ├── a  [2 below]\n│   └── b  [2 below]\n└── b\n    ├── a  [2 below]\n    └── b  [2 below]\n" +
				"b\n├── a\n│   ├── a  [2 below]\n│   └── b  [2 below]\n└── b\n    ├── a  [2 below]\n    └── b  [2 below]\n",
			"16 accounts are folded: --limit 0 shows all, rollcall tree ID those below one",
		},
		{
			"one with some of both", 16, both, "a\n├── b1\n├── b2\n└── … 4 more, and 9 below them\nh\n├── i1\n└── i2\n",
			"13 accounts are folded: --limit 0 shows all, rollcall tree ID those below one",
		},
	} {
		text, note := drawnIn(t, test.lines, test.trees)
		if diff := cmp.Diff(test.want+test.note, text+note); diff != "" {
			t.Errorf("%s (-want +got):\n%s", test.what, diff)
		}
	}
}

// No account is drawn twice, and none is neither drawn nor counted.
func TestAFoldedTreeCountsWhatItHides(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var grow func(room int) []sprout
		grow = func(room int) (trees []sprout) {
			for room > 0 {
				size := rapid.IntRange(1, room).Draw(t, "size")
				trees = append(trees, sprout{"x", grow(size - 1)})
				room -= size
			}
			return trees
		}
		all := rapid.IntRange(0, 60).Draw(t, "accounts")
		lines := rapid.IntRange(1, 40).Draw(t, "lines")
		tree := newFoldingTree(newTreePrinter(bufio.NewWriter(new(bytes.Buffer)), screen{}), lines)
		_ = tree.Columns(treeNames)
		for _, values := range rows(grow(all), 0) {
			_ = tree.Row(values)
		}
		if drawn := tree.root.size(); drawn+tree.root.folded() != all || drawn > lines || all <= lines && drawn < all {
			t.Fatalf("of %d accounts %d are drawn in %d lines and %d folded", all, drawn, lines, tree.root.folded())
		}
		if all > 0 && tree.root.size() == 0 {
			t.Fatal("nothing is drawn")
		}
	})
}
