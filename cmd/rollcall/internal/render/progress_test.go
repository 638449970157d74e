package render

import (
	"bytes"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
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

// take returns what was written since its last call.
func (b *lockedBuffer) take() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	defer b.text.Reset()
	return b.text.String()
}

func TestProgressIsLoggedEvery30Seconds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var log lockedBuffer
		p := NewProgress(&log, slog.New(slog.NewTextHandler(&log, nil)), "source", 2)
		stop := p.Start()
		p.Update(Task{Name: "acme", Phase: Reading, Expected: 10_000, Resumed: 1000, Records: 1000})
		p.Update(Task{Name: "other", Phase: Reading, Records: 5})
		time.Sleep(29 * time.Second)
		p.Update(Task{Name: "acme", Phase: Reading, Expected: 10_000, Resumed: 1000, Records: 4000, Pages: 3})
		p.Update(Task{Name: "other", Done: true})
		synctest.Wait()
		if text := log.take(); text != "" {
			t.Errorf("logged before 30 seconds passed: %s", text)
		}
		time.Sleep(time.Second)
		synctest.Wait()
		got := log.take()
		if want := "source=acme phase=reading read=4000 per_second=100 pages=3 expected=10000 seconds_left=60\n"; !strings.HasSuffix(got, want) || strings.Count(got, "\n") != 1 {
			t.Errorf("logged %q, want one line with %q", got, want)
		}
		stop()
		stop() // once more does nothing
		time.Sleep(time.Minute)
		if text := log.take(); text != "" {
			t.Errorf("logged after the end: %s", text)
		}
	})
}

// onTerminal is a display that writes to out as to a terminal of a width.
func onTerminal(out *lockedBuffer, width int) *Display {
	return &Display{out: out, screen: Screen{Width: width}, drawable: true}
}

func TestProgressIsDrawnOnATerminal(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var out lockedBuffer
		p := NewProgress(onTerminal(&out, 60), slog.New(slog.DiscardHandler), "source", 3)
		stop := p.Start()
		p.Update(Task{Name: "acme", Phase: Reading, Expected: 100})
		p.Update(Task{Name: "other", Phase: "starting"})
		time.Sleep(2*time.Second - time.Millisecond)
		synctest.Wait()
		out.take()
		p.Update(Task{Name: "acme", Phase: Reading, Expected: 100, Records: 20, Pages: 2})
		time.Sleep(time.Millisecond)
		synctest.Wait()
		const first = "acme: reading, 20 of about 100 records, page 2, 10/s, 8s l…\nother: starting\n0 of 3 done\n"
		if got := out.take(); got != "\x1b[3F\x1b[J"+first {
			t.Errorf("drawn %q", got)
		}
		// Another phase has no rate, and an ended task no line.
		p.Update(Task{Name: "acme", Phase: "applying", Expected: 100, Records: 90})
		p.Update(Task{Name: "other", Done: true})
		time.Sleep(drawEvery)
		synctest.Wait()
		if got, want := out.take(), "\x1b[3F\x1b[Jacme: applying, 90 of about 100 records\n1 of 3 done\n"; got != want {
			t.Errorf("drawn %q, want %q", got, want)
		}
		stop()
		if got, want := out.take(), "\x1b[2F\x1b[J"; got != want {
			t.Errorf("the end draws %q, want %q", got, want)
		}
	})
}

// Log lines appear whole above the progress, whichever stream they take.
func TestTextAppearsAboveTheProgress(t *testing.T) {
	var out lockedBuffer
	d := onTerminal(&out, 60)
	d.show([]string{"acme: reading"})
	for _, step := range []struct{ text, want string }{
		{"level=WARN msg=x\n", "\x1b[1F\x1b[Jlevel=WARN msg=x\nacme: reading\n"},
		{"half of ", "\x1b[1F\x1b[Jhalf of "}, // the rest of the line must follow it
		{"a line\n", "a line\nacme: reading\n"},
	} {
		out.take()
		if n, err := d.Write([]byte(step.text)); n != len(step.text) || err != nil {
			t.Errorf("wrote %d bytes of %q: %v", n, step.text, err)
		}
		if diff := cmp.Diff(step.want, out.take()); diff != "" {
			t.Errorf("%q (-want +got):\n%s", step.text, diff)
		}
	}
	d.show([]string{strings.Repeat("x", 80)})
	if text := out.take(); columnsOf(strings.TrimPrefix(text, "\x1b[1F\x1b[J")) > 60 {
		t.Errorf("drawn over the edge: %q", text)
	}
}

func TestProgressIsNotDrawnOnADumbTerminal(t *testing.T) {
	var out lockedBuffer
	d := onTerminal(&out, 60)
	d.drawable = false
	if NewProgress(d, slog.New(slog.DiscardHandler), "source", 1).Drawn() {
		t.Error("drawn without control sequences")
	}
	if _, err := d.Write([]byte("a line\n")); err != nil || out.take() != "a line\n" {
		t.Errorf("a line is changed: %v", err)
	}
}
