package sink

import (
	"database/sql/driver"
	"sync"
	"time"
)

// A watchdog cuts a session unless it is given more time: nothing else ends a wait
// for an answer that the network lost.
type watchdog struct {
	mu    sync.Mutex
	timer *time.Timer
	final bool // no more time is given
}

// watch cuts the session after HeartbeatTimeout, and calls expired, if set, before
// that.
func (s *session) watch(expired func()) *watchdog {
	var session driver.Conn
	_ = s.conn.Raw(func(c any) error { session, _ = c.(driver.Conn); return nil })
	return &watchdog{timer: time.AfterFunc(HeartbeatTimeout, func() {
		if expired != nil {
			expired()
		}
		cut(s.db, session)
	})}
}

// extend gives the session d from now.
func (w *watchdog) extend(d time.Duration) { w.set(d, false) }

// shorten gives it d at most, and no more later.
func (w *watchdog) shorten(d time.Duration) { w.set(d, true) }

func (w *watchdog) set(d time.Duration, final bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if !w.final {
		w.final = final
		w.timer.Reset(d)
	}
}

// cutNow cuts the session now.
func (w *watchdog) cutNow() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.final = true
	w.timer.Reset(0)
}

// stop leaves the session alone.
func (w *watchdog) stop() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.final = true
	w.timer.Stop()
}
