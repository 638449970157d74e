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

	// maxKinds is how deep brackets are told apart, in levels. encoding/json refuses what is
	// deeper, so from there on levels are only counted: a body of brackets costs no memory.
	maxKinds = 10_000
)

// bom is UTF-8's byte order mark.
var bom = []byte("\xef\xbb\xbf")

// A scanner finds the ends of JSON values in a stream. It checks that brackets balance and that strings
// end; what stands between them is left to whoever decodes the value.
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

	kinds [(maxKinds + 63) / 64]uint64 // one bit a level: 1 is an object
}

func newScanner(r io.Reader) *scanner {
	return &scanner{r: r, buf: make([]byte, readSize), mark: -1}
}

// fill reads more. All of buf[:end] must be scanned; what belongs to the capture is kept.
func (s *scanner) fill() error {
	if s.err != nil {
		return s.err
	}
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
		n, err := s.r.Read(s.buf[s.end:])
		s.end += n
		s.total += int64(n)
		s.err = err
		if n > 0 {
			return nil
		}
		if err != nil {
			return err
		}
	}
	s.err = io.ErrNoProgress
	return s.err
}

// next skips white space and returns the byte that follows, without taking it.
func (s *scanner) next() (byte, error) {
	for {
		for s.pos < s.end {
			if c := s.buf[s.pos]; classes[c] != space {
				return c, nil
			}
			s.pos++
		}
		if err := s.fill(); err != nil {
			return 0, err
		}
	}
}

// skipBOM takes the byte order mark, if there is one.
func (s *scanner) skipBOM() error {
	s.begin(len(bom))
	for s.end < len(bom) && s.err == nil {
		s.pos = s.end
		if err := s.fill(); err != nil && err != io.EOF {
			return err
		}
	}
	s.mark, s.pos = -1, 0
	if bytes.HasPrefix(s.buf[:s.end], bom) {
		s.pos = len(bom)
	}
	return nil
}

// expect takes c, the next byte but for white space.
func (s *scanner) expect(c byte) error {
	got, err := s.next()
	if err != nil {
		return err
	}
	if got != c {
		return s.unexpected(got)
	}
	s.pos++
	return nil
}

// begin captures from here on, at most limit bytes.
func (s *scanner) begin(limit int) {
	s.mark, s.limit, s.over = s.pos, limit, false
}

// captured ends the capture. The bytes are valid until the next read.
func (s *scanner) captured() (raw []byte, over bool) {
	n := s.pos - s.mark
	if n > s.limit {
		n, s.over = s.limit, true
	}
	raw = s.buf[s.mark : s.mark+n]
	s.mark = -1
	return raw, s.over
}

// skipValue takes the value that begins with c, the next byte.
func (s *scanner) skipValue(c byte) error {
	switch classes[c] {
	case open, openObject:
		return s.skipNested()
	case quote:
		s.pos++
		return s.skipString()
	case scalar:
		return s.skipScalar()
	default:
		return s.unexpected(c)
	}
}

// skipScalar takes a number or a word. It ends with the body, too.
func (s *scanner) skipScalar() error {
	for {
		for s.pos < s.end {
			if classes[s.buf[s.pos]] != scalar {
				return nil
			}
			s.pos++
		}
		if err := s.fill(); err == io.EOF {
			return nil
		} else if err != nil {
			return err
		}
	}
}

// skipString takes the rest of a string, up to its closing quote.
func (s *scanner) skipString() error {
	escaped := false
	for {
		var n int
		if n, escaped = stringEnd(s.buf[s.pos:s.end], escaped); n >= 0 {
			s.pos += n
			return nil
		}
		s.pos = s.end
		if err := s.fill(); err != nil {
			return err
		}
	}
}

// stringEnd returns the length of b up to the closing quote and with it, or -1 and whether the byte behind b
// is escaped; escaped says whether the first one is. A quote is escaped by an odd number of backslashes.
func stringEnd(b []byte, escaped bool) (int, bool) {
	from := 0
	if escaped {
		if len(b) == 0 {
			return -1, true
		}
		from = 1
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

// skipNested takes an object or array, without recursion: the depth is the provider's to choose.
func (s *scanner) skipNested() error {
	depth := 0
	b, i := s.buf[s.pos:s.end], 0
	for {
		for i < len(b) && classes[b[i]] <= scalar {
			i++
		}
		if i == len(b) {
			s.pos = s.end
			if err := s.fill(); err != nil {
				return err
			}
			b, i = s.buf[s.pos:s.end], 0
			continue
		}
		c := b[i]
		i++
		switch class := classes[c]; class {
		case quote:
			if n, _ := stringEnd(b[i:], false); n >= 0 {
				i += n
				continue
			}
			s.pos += i
			if err := s.skipString(); err != nil {
				return err
			}
			b, i = s.buf[s.pos:s.end], 0
		case open, openObject:
			s.push(depth, class == openObject)
			depth++
		case shut, shutObject:
			depth--
			if !s.pop(depth, class == shutObject) {
				s.pos += i - 1
				return s.unexpected(c)
			}
			if depth == 0 {
				s.pos += i
				return nil
			}
		}
	}
}

func (s *scanner) push(level int, object bool) {
	if level >= maxKinds {
		return
	}
	bit := uint64(1) << (level % 64)
	if object {
		s.kinds[level/64] |= bit
	} else {
		s.kinds[level/64] &^= bit
	}
}

// pop reports whether a bracket of this kind closes the level.
func (s *scanner) pop(level int, object bool) bool {
	return level >= maxKinds || (s.kinds[level/64]>>(level%64)&1 == 1) == object
}

// unexpected names a single character: enough to tell HTML from JSON, too little to leak anything.
func (s *scanner) unexpected(c byte) error {
	return fmt.Errorf("unexpected character %q", c)
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
