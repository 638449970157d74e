package fetch

// A Loop notices a cursor that comes again, however long the way round, and holds two of them (Brent's algorithm).
// The zero Loop is ready.
type Loop struct {
	last, mark   string
	steps, every int
}

// Closes reports whether next, the cursor of the next page, was seen before; if not, it is the last one now. The end
// of a listing, "", closes no loop.
func (l *Loop) Closes(next string) bool {
	switch next {
	case "":
		return false
	case l.last, l.mark:
		return true
	}
	l.last = next
	if l.steps++; l.steps > l.every {
		l.mark, l.steps, l.every = next, 0, max(1, 2*l.every)
	}
	return false
}
