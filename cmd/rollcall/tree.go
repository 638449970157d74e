package main

import (
	"bufio"
	"context"
	"strings"
	"time"

	"github.com/jmoiron/sqlx"
	"github.com/spf13/cobra"

	"rollcall/sink/reader"
)

func treeCommand(a *app) *cobra.Command {
	var pick picking
	var o output
	c := &cobra.Command{
		Use:   "tree [ID] [flags]",
		Short: "Show the hierarchy of all accounts, or below one",
		Long: `Show the hierarchy of all accounts, or of one and those below it. ID is the
directory's id or source/external_id. What is asked for is shown with all above
it; an account whose parent the directory does not know is marked.

A tree of more than 200 lines, or than --limit says, is folded: of the accounts
right below one only some are drawn, and as many levels as fit. What is folded is
counted.`,
		Example: `  rollcall tree --source acme
  rollcall tree acme/AC0123456789 --deleted
  rollcall tree 42 --as-of 2026-03-01
  rollcall tree --limit 0 | less`,
	}
	pick.add(c.Flags())
	o.add(c, treeLimit)
	c.RunE = a.does(func(ctx context.Context, args []string) error {
		var reference *reader.Reference
		if len(args) > 0 {
			r, err := reader.ParseReference(args[0])
			if err != nil {
				return usageError{err}
			}
			if reference = &r; len(pick.sources) > 0 {
				return badUsage("--source and an ID: a tree is within one connection, so take one of them")
			}
		}
		return a.withDirectory(ctx, func(ctx context.Context, _ *config, db *sqlx.DB) error {
			var top *reader.Account
			if reference != nil {
				account, err := reader.Find(ctx, db, *reference)
				if err != nil {
					return err
				}
				top = &account
			}
			drawn, lines := !o.machine(), o.limit
			if drawn {
				o.limit = 0 // of lines, not of accounts
			}
			return a.answerOf(ctx, db, pick.sources, reader.Tree(pick.filter(), top, drawn), &o, func(out *bufio.Writer) printer {
				p := newTreePrinter(out, a.screen)
				if lines == 0 {
					return p
				}
				return newFoldingTree(p, lines)
			})
		})
	})
	return c
}

// strokes draw a tree: to a child, to the last one, past one, past the last.
type strokes struct{ child, last, past, none string }

var (
	boxStrokes   = strokes{"├── ", "└── ", "│   ", "    "}
	asciiStrokes = strokes{"|-- ", "`-- ", "|   ", "    "}
)

// A treePrinter draws accounts that come parents before children. It keeps one
// stroke a level.
type treePrinter struct {
	out     *bufio.Writer
	screen  screen
	strokes strokes

	names map[string]int
	past  []string // for each level, the stroke past it to what is below
}

func newTreePrinter(out *bufio.Writer, s screen) *treePrinter {
	p := &treePrinter{out: out, screen: s, strokes: boxStrokes}
	if s.ascii {
		p.strokes = asciiStrokes
	}
	return p
}

// Columns takes the names of the values.
func (p *treePrinter) Columns(columns []string) error {
	p.names = positions(columns)
	return nil
}

// Row draws an account.
func (p *treePrinter) Row(values []any) error {
	r := row{p.names, values}
	last, _ := r.value("last").(bool)
	return p.draw(r, int(r.number("depth")), last, "")
}

// draw draws an account at a level, the last one of its siblings or not.
func (p *treePrinter) draw(r row, level int, last bool, remark string) error {
	return p.line(level, last, func(lead string) string { return p.label(r, lead, remark) })
}

// line draws what label makes of the strokes before it.
func (p *treePrinter) line(level int, last bool, label func(lead string) string) error {
	branch, past := "", ""
	if level > 0 {
		branch, past = p.strokes.child, p.strokes.past
		if last {
			branch, past = p.strokes.last, p.strokes.none
		}
	}
	p.past = append(p.past[:level], past)
	lead := strings.Join(p.past[:level], "") + branch
	_, err := p.out.WriteString(lead + label(lead) + "\n")
	return err
}

// label is what stands at a node, cut to the terminal but for its id.
func (p *treePrinter) label(r row, lead, remark string) string {
	name, id, rest := clean(named(r)), clean(r.text("source")+"/"+r.text("external_id")), ""
	notes := remarks(r)
	if remark != "" {
		notes = append(notes, remark)
	}
	for _, note := range notes {
		rest += "  " + clean(note)
	}
	if p.screen.terminal() {
		room := p.screen.width - width(lead) - len(gap) - width(id)
		name = shorten(name, max(room-width(rest), narrowest))
		rest = shorten(rest, max(room-width(name), narrowest))
	}
	rest = id + rest
	return name + gap + p.screen.dimmed(rest)
}

// named is the name of an account, or that it has none.
func named(r row) string {
	if name := r.text("name"); name != "" {
		return name
	}
	return "(no name)"
}

// remarks are what is out of the ordinary about an account.
func remarks(r row) (all []string) {
	if status := r.text("status"); status != "active" {
		all = append(all, "["+status+"]")
	}
	if at, deleted := r.value("deleted_at").(time.Time); deleted {
		all = append(all, "[deleted "+at.Format(toTheMinute)+"]")
	}
	if known, orphan := r.value("parent_known").(bool); orphan {
		why := "which is unknown"
		if known {
			why = "cut here, since it would go round"
		}
		all = append(all, "[parent "+r.text("parent_external_id")+", "+why+"]")
	}
	return all
}

// End has nothing left to draw.
func (p *treePrinter) End() error { return nil }
