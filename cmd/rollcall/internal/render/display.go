package render

import (
	"fmt"
	"io"
	"strings"
	"sync"

	"github.com/sethvargo/go-envconfig"
)

// A Display is stderr, on which log lines and the lines of a Progress share one
// terminal: text that is written appears above the progress lines.
type Display struct {
	out      io.Writer
	screen   Screen
	drawable bool // out is a terminal that obeys control sequences

	mu      sync.Mutex
	lines   []string // of the progress
	drawn   int      // lines that are on the terminal now
	partial bool     // the text above does not end a line
}

// NewDisplay returns the display of a program that writes its messages to stderr.
func NewDisplay(stderr io.Writer, env envconfig.Lookuper) *Display {
	s := ScreenOf(stderr, env)
	return &Display{out: stderr, screen: s, drawable: s.Terminal() && !dumb(env)}
}

// Write writes text above the progress lines.
func (d *Display) Write(text []byte) (int, error) { return d.above(d.out, text) }

// Above returns a writer to w that keeps clear of the progress lines, where w is a
// terminal: it is likely the same one.
func (d *Display) Above(w io.Writer) io.Writer {
	if !d.drawable || Width(w) == 0 {
		return w
	}
	return writerFunc(func(text []byte) (int, error) { return d.above(w, text) })
}

type writerFunc func([]byte) (int, error)

func (f writerFunc) Write(b []byte) (int, error) { return f(b) }

func (d *Display) above(w io.Writer, text []byte) (int, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if len(text) == 0 || !d.drawable {
		return w.Write(text)
	}
	d.clear()
	n, err := w.Write(text)
	d.partial = text[len(text)-1] != '\n'
	d.draw()
	return n, err
}

// show replaces the progress lines.
func (d *Display) show(lines []string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.lines = lines
	d.clear()
	d.draw()
}

// clear removes the progress lines from the terminal.
func (d *Display) clear() {
	if d.drawn > 0 {
		fmt.Fprintf(d.out, "\x1b[%dF\x1b[J", d.drawn) // up, and erase all that is below
		d.drawn = 0
	}
}

// draw puts the progress lines below the text, unless it would split a line.
func (d *Display) draw() {
	if len(d.lines) == 0 || d.partial {
		return
	}
	columns, rows := size(d.out)
	if columns == 0 {
		columns, rows = d.screen.Width, len(d.lines)+1
	}
	lines := d.lines[:min(len(d.lines), max(rows-1, 1))]
	var text strings.Builder
	for _, line := range lines {
		text.WriteString(d.screen.dimmed(shorten(line, columns-1)) + "\n")
	}
	_, _ = io.WriteString(d.out, text.String())
	d.drawn = len(lines)
}
