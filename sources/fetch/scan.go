package fetch

import (
	"bytes"
	"errors"
	"fmt"
	"io"
)

const (
	// readSize is the room for one read, in bytes: records of 1 to 2 KiB come by the dozen.
	readSize = 64 << 10

	// maxEmptyReads is how many reads in a row may bring nothing, as in bufio.
	maxEmptyReads = 100

	// maxKinds is how many levels of brackets are checked to match. encoding/json refuses deeper
	// values, so deeper brackets are only counted: a body of brackets costs no memory.
	maxKinds = 10_000
)

// bom is UTF-8's byte order mark.
const bom = "\xef\xbb\xbf"

// What a byte means outside of strings.
const (
	other  = iota // only in strings, or punctuation between members
	space         // JSON's four
	scalar        // part of a number or a word
	quote         // "
	open          // [ {
	shut          // ] }
)

var classes = func() (t [256]byte) {
	for c := range t {
		switch {
		case '0' <= c && c <= '9', 'a' <= c|0x20 && c|0x20 <= 'z', c == '+', c == '-', c == '.':
			t[c] = scalar
		case c == ' ', c == '\t', c == '\n', c == '\r':
			t[c] = space
		}
	}
	t['"'], t['['], t['{'], t[']'], t['}'] = quote, open, open, shut, shut
	return t
}()

// A value is how far one JSON value was scanned. Brackets must balance and strings must end; what stands between
// them is checked where the value is decoded.
type value struct {
	depth   int
	in      byte            // quote or scalar while within one
	escaped bool            // the next byte of the string
	kinds   *[maxKinds]byte // the bracket that opened each level; nil only counts brackets
}

// scan continues through b. It returns how many bytes belong to the value and whether it ends there; ok is false where
// b[n] cannot stand in it. It does not recurse: the provider chooses the depth.
func (v *value) scan(b []byte) (n int, done, ok bool) {
	for n < len(b) {
		switch class := classes[b[n]]; {
		case v.in == quote:
			end, escaped := stringEnd(b[n:], v.escaped)
			if v.escaped = escaped; end < 0 {
				return len(b), false, true
			}
			n += end
			v.in = other
		case v.in == scalar && class != scalar:
			v.in = other
		case v.depth > 0 && class <= scalar, v.in == scalar:
			for n++; n < len(b) && classes[b[n]] <= scalar && (v.depth > 0 || classes[b[n]] == scalar); n++ {
			}
			continue
		case class == quote, class == scalar:
			v.in = class
			n++
			continue
		case class == open:
			if v.kinds != nil && v.depth < maxKinds {
				v.kinds[v.depth] = b[n]
			}
			v.depth++
			n++
		case class == shut && v.closes(b[n]):
			v.depth--
			n++
		default:
			return n, false, false
		}
		if v.depth == 0 {
			return n, true, true
		}
	}
	return n, false, true
}

// closes reports whether a bracket closes the innermost level.
func (v *value) closes(c byte) bool {
	return v.depth > 0 && (v.kinds == nil || v.depth > maxKinds || v.kinds[v.depth-1] == c-('}'-'{'))
}

// stringEnd returns the length of b up to the closing quote and with it, or -1 and whether the byte behind b
// is escaped; escaped says whether the first one is. A quote is escaped by an odd number of backslashes.
func stringEnd(b []byte, escaped bool) (int, bool) {
	from := 0
	if escaped {
		from = min(1, len(b))
	}
	for {
		n := bytes.IndexByte(b[from:], '"')
		text := b[from:]
		if n >= 0 {
			text = text[:n]
		}
		odd := false
		for i := len(text); i > 0 && text[i-1] == '\\'; i-- {
			odd = !odd
		}
		if n < 0 {
			return -1, odd
		}
		from += n + 1
		if !odd {
			return from, false
		}
	}
}

// A scanner finds the ends of JSON values in a stream. Its errors are *BodyError or ErrTooLarge.
type scanner struct {
	r        io.Reader
	err      error // of r, once it gave one
	buf      []byte
	pos, end int   // buf[pos:end] is read and not yet scanned
	total    int64 // bytes read

	mark  int  // where the captured value begins in buf, -1 without a capture
	limit int  // longest capture in bytes
	over  bool // the captured value is longer than that: buf[mark:mark+limit] is its beginning
	whole bool // a longer one is ErrTooLarge

	kinds [maxKinds]byte
}

func newScanner(r io.Reader) *scanner {
	return &scanner{r: r, buf: make([]byte, readSize), mark: -1}
}

// fill reads more. All of buf[:end] must be scanned; what belongs to the capture is kept.
func (s *scanner) fill() error {
	keep := 0
	if s.mark >= 0 {
		keep = s.end - s.mark
		if keep > s.limit {
			if s.whole {
				return ErrTooLarge
			}
			keep, s.over = s.limit, true
		}
		copy(s.buf, s.buf[s.mark:s.mark+keep])
		s.mark = 0
	}
	s.pos, s.end = keep, keep
	if keep > len(s.buf)/2 && len(s.buf) < s.limit+readSize {
		grown := make([]byte, min(2*len(s.buf), s.limit+readSize))
		copy(grown, s.buf[:keep])
		s.buf = grown
	}
	for range maxEmptyReads {
		if s.err != nil {
			return s.err
		}
		n := 0
		n, s.err = s.r.Read(s.buf[s.end:])
		s.end += n
		s.total += int64(n)
		if n > 0 {
			return nil
		}
	}
	s.err = io.ErrNoProgress
	return s.err
}

// start skips the byte order mark, if there is one, and returns the byte that follows.
func (s *scanner) start() (byte, error) {
	c, err := s.next()
	if err != nil || c != bom[0] {
		return c, err
	}
	for _, b := range []byte(bom) {
		if err := s.expect(b); err != nil {
			return 0, err
		}
	}
	return s.next()
}

// next skips white space and returns the byte that follows, without taking it.
func (s *scanner) next() (byte, error) {
	for {
		for ; s.pos < s.end; s.pos++ {
			if c := s.buf[s.pos]; classes[c] != space {
				return c, nil
			}
		}
		if err := s.fill(); err != nil {
			return 0, s.fail(err)
		}
	}
}

// expect takes c, the next byte but for white space.
func (s *scanner) expect(c byte) error {
	got, err := s.next()
	if err == nil && got != c {
		err = s.unexpected(got)
	}
	s.pos++
	return err
}

// tail makes sure that only white space follows, up to the body's end.
func (s *scanner) tail() error {
	c, err := s.next()
	if err != nil && s.err == io.EOF {
		return nil
	}
	if err == nil {
		err = s.unexpected(c)
	}
	return err
}

// capture takes the next value and returns at most limit bytes of it, which are valid until the next read; over
// reports that it is longer.
func (s *scanner) capture(limit int) (raw []byte, over bool, err error) {
	s.mark, s.limit, s.over = s.pos, limit, false
	defer func() { s.mark = -1 }()
	v := value{kinds: &s.kinds}
	for {
		n, done, ok := v.scan(s.buf[s.pos:s.end])
		if s.pos += n; !ok {
			return nil, false, s.unexpected(s.buf[s.pos])
		}
		if !done {
			err := s.fill()
			if err == nil {
				continue
			}
			if err != io.EOF || v.in != scalar { // a number or a word also ends with the body
				return nil, false, s.fail(err)
			}
		}
		length := s.pos - s.mark
		if length > limit {
			length, s.over = limit, true
		}
		return s.buf[s.mark : s.mark+length], s.over, nil
	}
}

// each calls read with the first byte of each item of an array or object, up to the closing bracket. The opening one
// is next.
func (s *scanner) each(closing byte, read func(c byte) error) error {
	s.pos++
	c, err := s.next()
	if err == nil && c == closing {
		s.pos++
		return nil
	}
	for {
		if err == nil {
			err = read(c)
		}
		if err == nil {
			c, err = s.next()
		}
		switch {
		case err != nil:
			return err
		case c != ',' && c != closing:
			return s.unexpected(c)
		}
		if s.pos++; c == closing {
			return nil
		}
		c, err = s.next()
	}
}

// unexpected names a single character: enough to recognise HTML, too little to leak anything.
func (s *scanner) unexpected(c byte) error {
	return s.fail(fmt.Errorf("unexpected character %q", c))
}

// fail makes a *BodyError of what ended the scan, except for a limit.
func (s *scanner) fail(err error) error {
	if errors.Is(err, ErrTooLarge) {
		return err
	}
	if err == io.EOF {
		err = io.ErrUnexpectedEOF
	}
	return &BodyError{Offset: s.total - int64(s.end-s.pos), Err: err}
}
