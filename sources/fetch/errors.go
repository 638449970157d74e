package fetch

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
)

// ErrTooLarge says that a body is longer than its limit. It is not retried.
var ErrTooLarge = errors.New("the answer is longer than its limit")

// A BodyError is a body that is not JSON or ends early. It is retried.
type BodyError struct {
	Offset int64 // bytes read when it was noticed
	Err    error
}

func (e *BodyError) Error() string {
	if e.Err == io.ErrUnexpectedEOF {
		return fmt.Sprintf("the body ends early, after %d bytes", e.Offset)
	}
	return fmt.Sprintf("the body cannot be read as JSON, at byte %d: %v", e.Offset, e.Err)
}

// Unwrap returns the reason.
func (e *BodyError) Unwrap() error { return e.Err }

// A NoListError is a JSON body without its list, or with two. It is not retried.
type NoListError struct {
	Reason   string
	Envelope Envelope
}

func (e *NoListError) Error() string { return e.Reason }

// A HostError is a link or redirect to another scheme, host or port than the connection's. Nothing was sent there.
type HostError struct {
	Host string // scheme://host[:port] that was refused
	Want string // the connection's own
}

func (e *HostError) Error() string {
	return fmt.Sprintf("it leads to %s, where nothing was sent, as credentials stay at %s", e.Host, e.Want)
}

// A statusError is an answer other than 2xx.
type statusError int

func (e statusError) Error() string {
	return strings.TrimSpace(fmt.Sprintf("%d %s", int(e), http.StatusText(int(e))))
}

// An Error is a request that failed for good. Its text says what happened and what to do, and never holds
// a query, a header or a body.
type Error struct {
	Method   string
	URL      string // without user part, query and fragment
	Status   int    // HTTP status; 0 where no answer came
	Code     string // the provider's own error code, or ""
	Attempts int    // 0 where nothing was sent
	Err      error  // the cause, or nil where the status says it all

	hints hints
}

// Unwrap returns the cause.
func (e *Error) Unwrap() error { return e.Err }

func (e *Error) Error() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s %s: ", e.Method, e.URL)
	if e.Status != 0 {
		b.WriteString(statusError(e.Status).Error())
	}
	if e.Code != "" {
		fmt.Fprintf(&b, " (code %s)", e.Code)
	}
	if e.Err != nil {
		if e.Status != 0 {
			b.WriteString(", ")
		}
		b.WriteString(e.Err.Error())
	}
	if e.Attempts > 1 {
		fmt.Fprintf(&b, ", after %d tries", e.Attempts)
	}
	if advice := e.advice(); advice != "" {
		b.WriteString(": " + advice)
	}
	return b.String()
}

// Status returns the HTTP status that err carries, 0 where it carries none.
func Status(err error) int {
	if e := (*Error)(nil); errors.As(err, &e) {
		return e.Status
	}
	return 0
}

// Code returns the provider's own error code that err carries, "" where it carries none.
func Code(err error) string {
	if e := (*Error)(nil); errors.As(err, &e) {
		return e.Code
	}
	return ""
}

// IsGone reports whether err says that there is nothing at the URL: 404 or 410.
func IsGone(err error) bool {
	status := Status(err)
	return status == http.StatusNotFound || status == http.StatusGone
}
