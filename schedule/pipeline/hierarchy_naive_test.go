package pipeline

import "slices"

// forest works out, from scratch and as simply as can be, where each account
// belongs: below the parent that it names where that is known, as a root
// otherwise. A cycle is broken at its smallest id.
func forest(parents map[string]string) (above map[string]string) {
	above = make(map[string]string, len(parents))
	for id, parent := range parents {
		above[id] = ""
		if _, known := parents[parent]; known && !smallestOfCycle(parents, id) {
			above[id] = parent
		}
	}
	return above
}

// smallestOfCycle reports whether id is on a cycle of parents, and its least.
func smallestOfCycle(parents map[string]string, id string) bool {
	way := []string{id}
	for {
		next := parents[way[len(way)-1]]
		if next == id {
			return slices.Min(way) == id
		}
		if _, known := parents[next]; !known || slices.Contains(way, next) {
			return false
		}
		way = append(way, next)
	}
}

// pathOf is the way from the root to id, both included.
func pathOf(above map[string]string, id string) []string {
	path := []string{id}
	for above[id] != "" {
		id = above[id]
		path = append(path, id)
	}
	slices.Reverse(path)
	return path
}
