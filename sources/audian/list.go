package audian

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"net/http"
	"time"

	"rollcall/sources"
	"rollcall/sources/fetch"
)

const (
	// namedParts is how many accounts whose details could not be read are named; the others are counted.
	namedParts = 20

	// outage is after how many failures in a row, without any answer in between, the provider is taken to be
	// down: the remaining requests would each be tried for a minute.
	outage = 20

	// pageTime is how long records are gathered at most: a slow listing shows that it moves.
	pageTime = 5 * time.Second
)

// errStopped ends a listing whose consumer wants no more of it.
var errStopped = errors.New("the consumer stopped")

// A listing is what List yields to.
type listing struct {
	yield func(sources.Page, error) bool
	batch sources.Batch
	begun time.Time // when the batch got its first record
	at    string    // the cursor behind the batch's last record

	failed, unnamed int   // parts that could not be read
	last            error // of those
	down            int   // failures in a row that look like an outage
}

// List implements [sources.Source]: the credential's own account, then all below it.
func (s *source) List(ctx context.Context, _ sources.Window, cursor string) iter.Seq2[sources.Page, error] {
	return func(yield func(sources.Page, error) bool) {
		l := &listing{yield: yield}
		if err := l.run(ctx, s, cursor); err != nil && !errors.Is(err, errStopped) {
			yield(sources.Page{}, err)
		}
	}
}

func (l *listing) run(ctx context.Context, s *source, cursor string) error {
	if err := s.token.ready(ctx); err != nil {
		return err
	}
	if cursor == "" {
		if err := l.own(ctx, s); err != nil {
			return err
		}
	}
	for e, err := range s.entries(ctx, cursor) {
		if err == nil {
			err = l.take(ctx, e)
		}
		if err != nil {
			return err
		}
	}
	if err := l.flush(); err != nil {
		return err
	}
	return l.rest()
}

// own reads the credential's own account. Map makes a root of it, whatever its object says.
func (l *listing) own(ctx context.Context, s *source) error {
	raw, err := s.get(ctx, s.account)
	if err != nil {
		return fmt.Errorf("the account of ACCOUNT_ID: %w", err)
	}
	s.client.Arrived("account", s.account)
	return l.add(sources.Record{ID: s.account, Raw: raw, Oversize: len(raw) > sources.MaxRecord}, "")
}

// take yields what became of an item.
func (l *listing) take(ctx context.Context, e entry) error {
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	if e.err == nil {
		l.down = 0
	} else if err := l.part(e); err != nil {
		return err
	}
	if e.none {
		return nil
	}
	return l.add(e.record, e.cursor)
}

// part tells of a part that could not be read, or breaks the listing off where it is not about one part.
func (l *listing) part(e entry) error {
	if refused(e.err) {
		return e.err
	}
	switch status := fetch.Status(e.err); {
	case status == 0 || status == http.StatusTooManyRequests || status >= http.StatusInternalServerError:
		l.down++
	default:
		l.down = 0
	}
	if l.down >= outage {
		return fmt.Errorf("%d accounts in a row could not be read, the last of them %s: %w", l.down, e.part, e.err)
	}
	l.last = e.err
	if l.failed++; l.failed > namedParts {
		l.unnamed++
		return nil
	}
	return l.tell(&sources.PartError{Part: e.part, Err: e.err})
}

// rest tells of the parts that were not named.
func (l *listing) rest() error {
	if l.unnamed == 0 {
		return nil
	}
	return l.tell(&sources.PartError{Part: fmt.Sprintf("%d more accounts", l.unnamed), Err: l.last})
}

func (l *listing) tell(e *sources.PartError) error {
	if !l.yield(sources.Page{}, e) {
		return errStopped
	}
	return nil
}

func (l *listing) add(r sources.Record, cursor string) error {
	if l.batch.Len() == 0 {
		l.begun = time.Now()
	}
	l.at = cursor
	if l.batch.Add(r) || time.Since(l.begun) > pageTime {
		return l.flush()
	}
	return nil
}

func (l *listing) flush() error {
	if l.batch.Len() > 0 && !l.yield(l.batch.Take(l.at), nil) {
		return errStopped
	}
	return nil
}
