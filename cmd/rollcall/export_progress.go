package main

import (
	"fmt"
	"io"
	"time"

	"rollcall/sink/reader"
)

// progressEvery is how often a terminal is told: often enough to look alive.
const progressEvery = 200 * time.Millisecond

// A progress hands rows on and tells a terminal how many there were.
type progress struct {
	printer
	terminal io.Writer // nil where there is none
	rows     int
	began    time.Time
	told     time.Time
}

func newProgress(p printer, stderr io.Writer, terminal bool) *progress {
	now := time.Now()
	progress := &progress{printer: p, began: now, told: now}
	if terminal {
		progress.terminal = stderr
	}
	return progress
}

// Types hands on the columns' types, where they are wanted.
func (p *progress) Types(types []string) error {
	if typed, ok := p.printer.(reader.Typed); ok {
		return typed.Types(types)
	}
	return nil
}

// Row hands on a row.
func (p *progress) Row(values []any) error {
	p.rows++
	if p.terminal != nil && p.rows%256 == 0 { // the clock costs, too
		if now := time.Now(); now.Sub(p.told) >= progressEvery {
			p.told = now
			p.tell("\x1b[K")
		}
	}
	return p.printer.Row(values)
}

func (p *progress) tell(end string) {
	took := time.Since(p.began).Seconds()
	fmt.Fprintf(p.terminal, "\r%d accounts, %.0f a second%s", p.rows, float64(p.rows)/max(took, 0.001), end)
}

// done tells the last of it.
func (p *progress) done() {
	if p.terminal != nil {
		p.tell("\x1b[K\n")
	}
}
