package main

import (
	"fmt"
	"io"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"time"

	"rollcall/schedule"
)

const (
	drawEvery = 200 * time.Millisecond // on a terminal: what looks alive
	logEvery  = 10 * time.Second       // elsewhere: what a log bears
)

// A meter shows how far runs have come: on a terminal as a line that is drawn
// over, else in the log.
type meter struct {
	out   io.Writer
	log   *slog.Logger
	key   string // what a gauge's Source is called in the log
	width int    // of the terminal, 0 where there is none
	now   func() time.Time

	mu     sync.Mutex
	gauges []*gauge // in the order in which the runs began
}

// A gauge is how far one run has come.
type gauge struct {
	schedule.Progress
	began time.Time
}

func newMeter(out io.Writer, log *slog.Logger, now func() time.Time) *meter {
	return &meter{out: out, log: log, key: "source", width: terminalWidth(out), now: now}
}

// watch takes what a run tells of itself.
func (m *meter) watch(p schedule.Progress) {
	m.mu.Lock()
	defer m.mu.Unlock()
	at := slices.IndexFunc(m.gauges, func(g *gauge) bool { return g.Source == p.Source })
	if at < 0 {
		m.gauges = append(m.gauges, &gauge{p, m.now()})
		return
	}
	m.gauges[at].Progress = p
}

// start shows the meter until the function that it returns is called.
func (m *meter) start() (stop func()) {
	every := logEvery
	if m.width > 0 {
		every = drawEvery
	}
	ticker := time.NewTicker(every)
	done, ended := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(ended)
		m.follow(ticker.C, done)
	}()
	return sync.OnceFunc(func() {
		ticker.Stop()
		close(done)
		<-ended
	})
}

// follow shows the meter at each tick.
func (m *meter) follow(ticks <-chan time.Time, done <-chan struct{}) {
	for {
		select {
		case <-ticks:
			m.show()
		case <-done:
			if m.width > 0 {
				fmt.Fprint(m.out, "\r\x1b[K")
			}
			return
		}
	}
}

func (m *meter) show() {
	m.mu.Lock()
	defer m.mu.Unlock()
	var parts []string
	for _, g := range m.gauges {
		rate, left := g.pace(m.now())
		if m.width == 0 {
			args := []any{m.key, g.Source, "read", g.Records, "per_second", int64(rate)}
			if g.Expected > 0 {
				args = append(args, "expected", g.Expected)
			}
			if left > 0 {
				args = append(args, "left", left.Round(time.Second).String())
			}
			m.log.Info("progress", args...)
			continue
		}
		part := fmt.Sprintf("%s: %d", g.Source, g.Records)
		if g.Expected > 0 {
			part += fmt.Sprintf(" of about %d", g.Expected)
		}
		part += fmt.Sprintf(", %.0f/s", rate)
		if left > 0 {
			part += ", " + left.Round(time.Second).String() + " left"
		}
		parts = append(parts, part)
	}
	if m.width > 0 {
		line := []rune(strings.Join(parts, " | "))
		fmt.Fprint(m.out, "\r\x1b[K"+string(line[:min(len(line), m.width-1)]))
	}
}

// pace is how many records come in a second, and how long the rest may take: 0
// where that cannot be told.
func (g *gauge) pace(now time.Time) (rate float64, left time.Duration) {
	took := now.Sub(g.began).Seconds()
	if took <= 0 {
		return 0, 0
	}
	rate = float64(g.Records-g.Resumed) / took
	if rest := g.Expected - g.Records; rest > 0 && rate > 0 {
		left = time.Duration(float64(rest) / rate * float64(time.Second))
	}
	return rate, left
}
