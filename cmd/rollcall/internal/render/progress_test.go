package main

import (
	"bufio"
	"bytes"
	"io"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"rollcall/schedule"
)

// A lockedBuffer is written to by one goroutine and read by another.
type lockedBuffer struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (b *lockedBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.text.Write(p)
}

// take returns what was written since it was called last.
func (b *lockedBuffer) take() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	defer b.text.Reset()
	return b.text.String()
}

func TestProgressIsLoggedEveryTenSeconds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var log lockedBuffer
		m := newMeter(&log, slog.New(slog.NewTextHandler(&log, nil)), time.Now)
		stop := m.start()
		m.watch(schedule.Progress{Source: "acme", Expected: 10_000, Resumed: 1000, Records: 1000})
		time.Sleep(9 * time.Second)
		m.watch(schedule.Progress{Source: "acme", Expected: 10_000, Resumed: 1000, Records: 4000})
		synctest.Wait()
		if text := log.take(); text != "" {
			t.Errorf("logged before ten seconds went by: %s", text)
		}
		time.Sleep(time.Second)
		synctest.Wait()
		if got, want := log.take(), "source=acme read=4000 per_second=300 expected=10000 left=20s"; !strings.Contains(got, want) {
			t.Errorf("logged %q, want %q", got, want)
		}
		stop()
		stop() // once more is once
		time.Sleep(time.Minute)
		if text := log.take(); text != "" {
			t.Errorf("logged after the end: %s", text)
		}
	})
}

func TestProgressIsDrawnOnATerminal(t *testing.T) {
	now := time.Unix(0, 0)
	var out bytes.Buffer
	m := newMeter(&out, slog.New(slog.DiscardHandler), func() time.Time { return now })
	m.width = 60
	m.watch(schedule.Progress{Source: "acme", Expected: 100})
	m.watch(schedule.Progress{Source: "other"})
	now = now.Add(2 * time.Second)
	m.watch(schedule.Progress{Source: "acme", Expected: 100, Records: 20})
	m.watch(schedule.Progress{Source: "other", Records: 7})
	ticks, done, ended := make(chan time.Time), make(chan struct{}), make(chan struct{})
	go func() {
		defer close(ended)
		m.follow(ticks, done)
	}()
	ticks <- now
	close(done)
	<-ended
	want := "\r\x1b[Kacme: 20 of about 100, 10/s, 8s left | other: 7, 4/s\r\x1b[K"
	if got := out.String(); got != want {
		t.Errorf("drawn %q, want %q", got, want)
	}
}

func TestAnExportTellsHowFarItIs(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var log lockedBuffer
		a := &app{stderr: &log}
		p := a.newProgress(&jsonPrinter{out: bufio.NewWriter(io.Discard)}, slog.New(slog.NewTextHandler(&log, nil)), "jsonl", 1000, true)
		if err := p.Columns([]string{"id"}); err != nil {
			t.Fatal(err)
		}
		for range 512 {
			if err := p.Row([]any{int64(1)}); err != nil {
				t.Fatal(err)
			}
		}
		time.Sleep(logEvery)
		synctest.Wait()
		if got, want := log.take(), "msg=progress export=jsonl read=512 per_second=51 expected=1000 left=10s"; !strings.Contains(got, want) {
			t.Errorf("logged %q, want %q", got, want)
		}
		p.done(true)
		if text := log.take(); text != "" {
			t.Errorf("told %q at the end, though there is no terminal", text)
		}
	})
}
