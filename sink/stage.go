package sink

import (
	"bytes"
	"context"
	"database/sql/driver"
	"encoding/hex"
	"strconv"
	"time"
	"unsafe"

	"rollcall/model"
)

// A Reject is a record that cannot be stored as an account.
type Reject struct {
	ExternalID string // "" where none could be read
	Unnamed    bool   // the id is not stored: it contains a credential
	Reason     string
	Payload    []byte // canonical JSON, nil where it cannot be stored
}

// Stage copies encoded rows to the connection's staging table, in a transaction
// of its own: none stays open while the provider is waited for.
func (r *Run) Stage(ctx context.Context, rows []byte) error {
	if len(rows) == 0 {
		return nil
	}
	if err := r.staging.create(ctx); err != nil {
		return wrap(ctx, err)
	}
	return wrap(ctx, r.copyIn(ctx, r.staging.statement(statement("stage")), rows))
}

// fullDetail is added to the place of records of full detail, so that the last
// one counts, and a partial one never supersedes it.
const fullDetail = 1 << 40

// copyChunk is how many bytes of rows are handed to the session at once.
const copyChunk = 64 << 10

// Reject stages rejects until the run ends.
func (r *Run) Reject(ctx context.Context, rejects []Reject) error {
	if len(rejects) == 0 {
		return nil
	}
	named := make([]string, 0, len(rejects))
	for _, reject := range rejects {
		if reject.ExternalID != "" {
			named = append(named, reject.ExternalID)
		}
	}
	var known int64
	if len(named) > 0 {
		var err error
		if known, err = r.Seen(ctx, named); err != nil {
			return err
		}
	}
	r.seen.noID += int64(len(rejects)) - known
	var b []byte
	for i := range rejects {
		r.staging.rejects++
		b = appendInt(b, r.staging.runID)
		b = appendInt(b, r.staging.rejects)
		b = appendText(b, r.Source)
		id := rejects[i].ExternalID
		if rejects[i].Unnamed {
			id = ""
		}
		b = appendOptional(b, id)
		b = appendText(b, rejects[i].Reason)
		if len(rejects[i].Payload) == 0 {
			b = appendOptional(b, "")
		} else {
			b = appendPayload(b, rejects[i].Payload)
		}
		b[len(b)-1] = '\n'
	}
	return wrap(ctx, r.copyIn(ctx, statement("stage_reject"), b))
}

// copyIn runs a COPY … FROM STDIN of encoded rows. The driver takes them as they
// are; going through database/sql instead would cost an allocation and a
// conversion per field.
func (s *session) copyIn(ctx context.Context, statement string, encoded []byte) error {
	return s.conn.Raw(func(session any) (err error) {
		tx, err := session.(driver.ConnBeginTx).BeginTx(ctx, driver.TxOptions{})
		if err != nil {
			return err
		}
		defer func() {
			if err != nil {
				// Closing the statement would complete the copy, and a rollback
				// cannot be sent in the middle of it: give the session up.
				err = &brokenSession{err}
			}
		}()
		stmt, err := session.(driver.ConnPrepareContext).PrepareContext(ctx, statement)
		if err != nil {
			return err
		}
		rows := stmt.(interface {
			CopyData(ctx context.Context, line string) (driver.Result, error)
			Exec(end []driver.Value) (driver.Result, error)
		})
		for len(encoded) > 0 {
			// Whole rows, of which CopyData ends the last one itself.
			n := len(encoded)
			if n > copyChunk {
				n = copyChunk + 1 + bytes.IndexByte(encoded[copyChunk:], '\n')
			}
			lines := encoded[:n-1]
			encoded = encoded[n:]
			if _, err := rows.CopyData(ctx, unsafe.String(unsafe.SliceData(lines), len(lines))); err != nil {
				return err
			}
		}
		if _, err := rows.Exec(nil); err != nil {
			return err
		}
		return tx.Commit()
	})
}

// A brokenSession is a failure after which database/sql must not use the session
// again.
type brokenSession struct{ err error }

func (e *brokenSession) Error() string        { return e.err.Error() }
func (e *brokenSession) Unwrap() error        { return e.err }
func (e *brokenSession) Is(target error) bool { return target == driver.ErrBadConn }

// Encode appends a as a row for Stage. It may be called by many goroutines.
func (r *Run) Encode(b []byte, d Difference, a *model.Account) []byte {
	seq := d.seq
	if !d.Lower {
		seq += fullDetail
	}
	b = appendInt(b, r.staging.runID)
	b = appendInt(b, seq)
	b = appendInt(b, d.AccountID)
	b = appendText(b, strconv.FormatBool(d.Known))
	b = appendText(b, a.ExternalID)
	b = appendText(b, r.start.Provider)
	b = appendOptional(b, a.Parent)
	b = appendText(b, a.Name)
	b = appendText(b, string(a.Status))
	for _, text := range [...]string{
		a.Kind, a.Reference, a.Email, a.Phone, a.Website, a.Domain, a.Organization, a.ContactName,
		a.Street, a.City, a.Region, a.PostalCode, a.Country, a.Timezone, a.Language, a.Currency,
	} {
		b = appendOptional(b, text)
	}
	b = appendTime(b, a.CreatedAt)
	b = appendTime(b, a.UpdatedAt)
	b = appendPayload(b, a.Payload)
	b = append(b, `\\x`...)
	b = hex.AppendEncode(b, a.Fingerprint[:])
	return append(b, '\n')
}

func appendInt(b []byte, n int64) []byte { return append(strconv.AppendInt(b, n, 10), '\t') }

func appendOptional(b []byte, text string) []byte {
	if text == "" {
		return append(b, `\N`+"\t"...)
	}
	return appendText(b, text)
}

// appendText escapes the special characters of COPY's text format.
// https://www.postgresql.org/docs/current/sql-copy.html#SQL-COPY-FILE-FORMATS
func appendText(b []byte, text string) []byte {
	from := 0
	for i := 0; i < len(text); i++ {
		var escape byte
		switch text[i] {
		case '\\':
			escape = '\\'
		case '\t':
			escape = 't'
		case '\n':
			escape = 'n'
		case '\r':
			escape = 'r'
		default:
			continue
		}
		b = append(append(b, text[from:i]...), '\\', escape)
		from = i + 1
	}
	return append(append(b, text[from:]...), '\t')
}

// appendPayload is appendText for canonical JSON, whose only special character is
// the backslash.
func appendPayload(b, canonical []byte) []byte {
	for {
		i := bytes.IndexByte(canonical, '\\')
		if i < 0 {
			return append(append(b, canonical...), '\t')
		}
		b = append(append(b, canonical[:i]...), '\\', '\\')
		canonical = canonical[i+1:]
	}
}

func appendTime(b []byte, t time.Time) []byte {
	if t.IsZero() {
		return appendOptional(b, "")
	}
	return append(t.UTC().AppendFormat(b, "2006-01-02 15:04:05.999999Z07:00"), '\t')
}
