package main

import (
	"io"
	"os"
	"strings"
	"unicode"

	"github.com/sethvargo/go-envconfig"
	"golang.org/x/sys/unix"
)

// A screen is what people see the output on.
type screen struct {
	width int  // of the terminal, in columns; 0 where there is none
	color bool // may be used
	ascii bool // it can show nothing else
}

func (s screen) terminal() bool { return s.width > 0 }

func screenOf(w io.Writer, env envconfig.Lookuper) screen {
	s := screen{width: terminalWidth(w), ascii: onlyASCII(env)}
	noColor, _ := env.Lookup("NO_COLOR")
	kind, _ := env.Lookup("TERM")
	s.color = s.terminal() && noColor == "" && kind != "dumb"
	return s
}

// terminalWidth is the number of columns of the terminal that w is, or 0.
func terminalWidth(w io.Writer) int {
	const unknown = 80 // of a terminal that does not tell, as in some containers
	f, ok := w.(*os.File)
	if !ok {
		return 0
	}
	size, err := unix.IoctlGetWinsize(int(f.Fd()), unix.TIOCGWINSZ)
	switch {
	case err != nil:
		return 0
	case size.Col == 0:
		return unknown
	}
	return int(size.Col)
}

// onlyASCII tells whether the locale is one without UTF-8. Where there is no
// locale, as in most containers, UTF-8 is what the terminal outside speaks.
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

// dimmed is text that is not looked at first.
func (s screen) dimmed(text string) string {
	if !s.color || text == "" {
		return text
	}
	return dim + text + reset
}

// hidden tells of what is no visible character: a terminal might obey it, or
// show the rest of the line the other way round.
func hidden(r rune) bool {
	return unicode.IsControl(r) || unicode.Is(unicode.Bidi_Control, r) || r == '\u2028' || r == '\u2029'
}

// clean is text that any terminal shows as it is, on one line.
func clean(text string) string {
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
