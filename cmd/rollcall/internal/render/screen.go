package render

import (
	"io"
	"os"
	"strings"
	"unicode"

	"github.com/sethvargo/go-envconfig"
	"golang.org/x/sys/unix"
)

// A Screen is where people see output. The zero Screen is no terminal.
type Screen struct {
	Width int  // of the terminal, in columns; 0 without one
	Color bool // may be used
	ASCII bool // is all that it can show
}

// Terminal reports whether output goes to a terminal.
func (s Screen) Terminal() bool { return s.Width > 0 }

// ScreenOf returns the screen that w writes to, as the environment describes it.
func ScreenOf(w io.Writer, env envconfig.Lookuper) Screen {
	s := Screen{Width: Width(w), ASCII: onlyASCII(env)}
	noColor, _ := env.Lookup("NO_COLOR")
	s.Color = s.Terminal() && noColor == "" && !dumb(env)
	return s
}

// dumb reports whether the terminal obeys no control sequences.
func dumb(env envconfig.Lookuper) bool {
	kind, _ := env.Lookup("TERM")
	return kind == "dumb"
}

// Width returns the number of columns of the terminal that w writes to, or 0.
func Width(w io.Writer) int {
	columns, _ := size(w)
	return columns
}

// size returns the columns and rows of the terminal that w writes to, or 0, 0.
func size(w io.Writer) (columns, rows int) {
	if d, ok := w.(*Display); ok {
		w = d.out
	}
	f, ok := w.(*os.File)
	if !ok {
		return 0, 0
	}
	s, err := unix.IoctlGetWinsize(int(f.Fd()), unix.TIOCGWINSZ)
	switch {
	case err != nil:
		return 0, 0
	case s.Col == 0 || s.Row == 0: // unknown, as in some containers
		return 80, 24
	}
	return int(s.Col), int(s.Row)
}

// onlyASCII reports whether the locale is one without UTF-8. Where there is no
// locale, as in most containers, the terminal outside shows UTF-8.
func onlyASCII(env envconfig.Lookuper) bool {
	for _, variable := range []string{"LC_ALL", "LC_CTYPE", "LANG"} {
		if locale, _ := env.Lookup(variable); locale != "" {
			locale = strings.ToLower(locale)
			return !strings.Contains(locale, "utf-8") && !strings.Contains(locale, "utf8")
		}
	}
	return false
}

const (
	dim   = "\x1b[2m"
	reset = "\x1b[0m"
)

// dimmed returns text in a less prominent colour.
func (s Screen) dimmed(text string) string {
	if !s.Color || text == "" {
		return text
	}
	return dim + text + reset
}

// hidden reports whether a terminal might obey r, or show the rest of the line from
// right to left, instead of showing r.
func hidden(r rune) bool {
	return unicode.IsControl(r) || unicode.Is(unicode.Bidi_Control, r) || r == '\u2028' || r == '\u2029'
}

// Clean returns text that any terminal shows as it is, on one line.
func Clean(text string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r == '\n', r == '\t', r == '\r':
			return ' '
		case hidden(r):
			return unicode.ReplacementChar
		}
		return r
	}, text)
}
