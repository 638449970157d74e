package main

import (
	"fmt"
	"log/slog"
	"time"

	"rollcall/schedule"
	"rollcall/sink/reader"
)

// A progress hands rows on and tells a meter how many there were.
type progress struct {
	printer
	meter *meter
	so    schedule.Progress
	began time.Time
	stop  func()
}

// newProgress shows how far an export has come of what is expected, or of what
// cannot be told where that is 0: on a terminal, unless the rows go there too,
// else in the log.
func (a *app) newProgress(p printer, log *slog.Logger, format string, expected int64, visible bool) *progress {
	m := newMeter(a.stderr, log, time.Now)
	m.key = "export"
	progress := &progress{printer: p, meter: m, began: time.Now(), stop: func() {}}
	progress.so = schedule.Progress{Source: format, Expected: expected}
	m.watch(progress.so)
	if visible || m.width == 0 {
		progress.stop = m.start()
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
	if p.so.Records++; p.so.Records%256 == 0 { // its lock costs, too
		p.meter.watch(p.so)
	}
	return p.printer.Row(values)
}

// done tells a terminal the last of it.
func (p *progress) done(visible bool) {
	p.stop()
	if visible && p.meter.width > 0 {
		fmt.Fprintf(p.meter.out, "%d accounts in %s\n", p.so.Records, time.Since(p.began).Round(time.Second/10))
	}
}
