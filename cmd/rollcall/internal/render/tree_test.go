package render

import (
	"bufio"
	"bytes"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

// A branching is an account with those below it.
type branching struct {
	name  string
	below []branching
}

// rows are the accounts of trees, parents before children.
func rows(trees []branching, depth int64) (all [][]any) {
	for i, b := range trees {
		all = append(all, []any{depth, b.name, i == len(trees)-1})
		all = append(all, rows(b.below, depth+1)...)
	}
	return all
}

// leaves are n accounts without any below them.
func leaves(name string, n int) (all []branching) {
	for i := range n {
		all = append(all, branching{name: fmt.Sprintf("%s%d", name, i+1)})
	}
	return all
}

// drawn returns what a tree makes of rows, and its note.
func drawn(t testing.TB, depth, limit int, rows [][]any) (lines []string, note string) {
	t.Helper()
	var b bytes.Buffer
	out := bufio.NewWriter(&b)
	tree := NewTree(out, Screen{}, depth, limit, func(r Row) TreeNode { return TreeNode{ID: r.Text("name")} })
	if err := All(tree, []string{"depth", "name", "last"}, rows); err != nil {
		t.Fatal(err)
	}
	out.Flush()
	for line := range strings.Lines(b.String()) {
		lines = append(lines, strings.TrimSuffix(line, "\n"))
	}
	return lines, tree.Note()
}

func TestATreeOfADepth(t *testing.T) {
	trees := []branching{
		{"a", []branching{{"b", leaves("c", 2)}, {"d", []branching{{"e", leaves("f", 1)}}}}},
		{"g", leaves("h", 3)},
	}
	const more = " more: --limit 0 shows all, --depth N fewer levels"
	for _, test := range []struct {
		what         string
		depth, limit int
		want         []string
		note         string
	}{
		{"whole", -1, 0, []string{
			"  a", "├──   b", "│   ├──   c1", "│   └──   c2", "└──   d", "    └──   e", "        └──   f1",
			"  g", "├──   h1", "├──   h2", "└──   h3",
		}, ""},
		{"roots", 0, 0, []string{"  a  [6 below]", "  g  [3 below]"}, ""},
		{"a level below them", 1, 0, []string{
			"  a", "├──   b  [2 below]", "└──   d  [2 below]", "  g", "├──   h1", "├──   h2", "└──   h3",
		}, ""},
		{"so many lines", -1, 3, []string{"  a", "├──   b", "│   ├──   c1"}, "8" + more},
		{"so many lines of a depth", 1, 3, []string{"  a", "├──   b  [2 below]", "└──   d  [2 below]"}, "4" + more},
		{"just enough lines", -1, 11, nil, ""},
	} {
		lines, note := drawn(t, test.depth, test.limit, rows(trees, 0))
		if test.want == nil {
			lines = nil
		}
		if diff := cmp.Diff(append(test.want, test.note), append(lines, note)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", test.what, diff)
		}
	}
}

// Each account is drawn once or counted once.
func TestATreeCountsWhatItLeavesOut(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var grow func(room int) []branching
		grow = func(room int) (trees []branching) {
			for room > 0 {
				size := rapid.IntRange(1, room).Draw(t, "size")
				trees = append(trees, branching{"x", grow(size - 1)})
				room -= size
			}
			return trees
		}
		all := rapid.IntRange(1, 60).Draw(t, "accounts")
		depth := rapid.IntRange(-1, 5).Draw(t, "depth")
		limit := rapid.IntRange(0, 40).Draw(t, "limit")
		tree := NewTree(bufio.NewWriter(new(bytes.Buffer)), Screen{}, depth, limit, func(Row) TreeNode { return TreeNode{} })
		var b bytes.Buffer
		tree.out = bufio.NewWriter(&b)
		if err := All(tree, []string{"depth", "name", "last"}, rows(grow(all), 0)); err != nil {
			t.Fatal(err)
		}
		tree.out.Flush()
		lines, counted := strings.Count(b.String(), "\n"), tree.cut
		for line := range strings.Lines(b.String()) {
			if _, remark, found := strings.Cut(line, "["); found {
				var below int
				if _, err := fmt.Sscanf(remark, "%d below]", &below); err != nil {
					t.Fatal(err)
				}
				counted += below
			}
		}
		if lines+counted != all || limit > 0 && lines > limit || lines == 0 {
			t.Fatalf("of %d accounts %d are drawn and %d counted (depth %d, limit %d)", all, lines, counted, depth, limit)
		}
	})
}
