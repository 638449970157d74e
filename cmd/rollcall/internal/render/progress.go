package render

import (
	"fmt"
	"io"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"time"
)

const (
	drawEvery = 200 * time.Millisecond // on a terminal
	logEvery  = 30 * time.Second       // elsewhere
)

// A Task is how far one piece of work has come, such as the run of a connection.
type Task struct {
	Name     string
	Phase    string // such as reading
	Records  int64  // read so far
	Expected int64  // an estimate of all records; 0 where it is unknown
	Resumed  int64  // those of Records that an earlier run read
	Pages    int64
	Done     bool // the task leaves the display
}

// A Progress shows how far tasks have come: on a terminal as a line per task that
// is redrawn, elsewhere in the log.
type Progress struct {
	display *Display // nil where it is no terminal
	log     *slog.Logger
	key     string // of a task's name in the log
	total   int    // tasks
	now     func() time.Time

	mu    sync.Mutex
	tasks []*timed // running, in the order of their start
	done  int
}

// A timed task knows when its phase began.
type timed struct {
	Task
	began time.Time
}

// NewProgress returns the progress of so many tasks, on stderr. key names a task
// in the log.
func NewProgress(stderr io.Writer, log *slog.Logger, key string, total int) *Progress {
	p := &Progress{log: log, key: key, total: total, now: time.Now}
	if d, ok := stderr.(*Display); ok && d.drawable {
		p.display = d
	}
	return p
}

// Drawn reports whether the progress is drawn on a terminal.
func (p *Progress) Drawn() bool { return p.display != nil }

// Update takes the state of a task.
func (p *Progress) Update(t Task) {
	p.mu.Lock()
	defer p.mu.Unlock()
	at := slices.IndexFunc(p.tasks, func(known *timed) bool { return known.Name == t.Name })
	switch {
	case t.Done && at >= 0:
		p.tasks = slices.Delete(p.tasks, at, at+1)
		p.done++
	case t.Done:
	case at < 0:
		p.tasks = append(p.tasks, &timed{t, p.now()})
	case p.tasks[at].Phase != t.Phase:
		*p.tasks[at] = timed{t, p.now()}
	default:
		p.tasks[at].Task = t
	}
}

// Start shows the progress until the function that it returns is called.
func (p *Progress) Start() (stop func()) {
	every := logEvery
	if p.Drawn() {
		every = drawEvery
	}
	ticker := time.NewTicker(every)
	done := make(chan struct{})
	var following sync.WaitGroup
	following.Go(func() {
		for {
			select {
			case <-ticker.C:
				p.show()
			case <-done:
				return
			}
		}
	})
	return sync.OnceFunc(func() {
		ticker.Stop()
		close(done)
		following.Wait()
		if p.Drawn() {
			p.display.show(nil)
		}
	})
}

func (p *Progress) show() {
	p.mu.Lock()
	defer p.mu.Unlock()
	now := p.now()
	if !p.Drawn() {
		for _, t := range p.tasks {
			p.log.Info("progress", t.attributes(p.key, now)...)
		}
		return
	}
	var lines []string
	for _, t := range p.tasks {
		lines = append(lines, t.line(now))
	}
	if p.total > 1 {
		lines = append(lines, fmt.Sprintf("%d of %d done", p.done, p.total))
	}
	p.display.show(lines)
}

// line describes a task to people.
func (t *timed) line(now time.Time) string {
	parts := []string{t.Phase}
	if t.Records > 0 || t.Expected > 0 {
		records := fmt.Sprintf("%d records", t.Records)
		if t.Expected > 0 {
			records = fmt.Sprintf("%d of about %d records", t.Records, t.Expected)
		}
		parts = append(parts, records)
	}
	if t.Pages > 0 {
		parts = append(parts, fmt.Sprintf("page %d", t.Pages))
	}
	rate, left := t.pace(now)
	if rate > 0 {
		parts = append(parts, fmt.Sprintf("%.0f/s", rate))
	}
	if left > 0 {
		parts = append(parts, left.Round(time.Second).String()+" left")
	}
	return Clean(t.Name) + ": " + strings.Join(parts, ", ")
}

// attributes describe a task to the log.
func (t *timed) attributes(key string, now time.Time) []any {
	rate, left := t.pace(now)
	args := []any{key, t.Name, "phase", t.Phase, "read", t.Records, "per_second", int64(rate)}
	if t.Pages > 0 {
		args = append(args, "pages", t.Pages)
	}
	if t.Expected > 0 {
		args = append(args, "expected", t.Expected)
	}
	if left > 0 {
		args = append(args, "seconds_left", int64(left.Seconds()))
	}
	return args
}

// Reading is the phase of a task in which its records arrive.
const Reading = "reading"

// pace returns how many records arrive per second, and how long the rest may take.
// Both are 0 where they are unknown.
func (t *timed) pace(now time.Time) (rate float64, left time.Duration) {
	took := now.Sub(t.began).Seconds()
	if t.Phase != Reading || took <= 0 {
		return 0, 0
	}
	rate = float64(t.Records-t.Resumed) / took
	if rest := t.Expected - t.Records; rest > 0 && rate > 0 {
		left = time.Duration(float64(rest) / rate * float64(time.Second))
	}
	return rate, left
}
