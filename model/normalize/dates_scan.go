package normalize

import "strings"

// A scan reads a date from left to right. Its methods return false where what
// they look for is not next.
type scan struct {
	s  string
	at int
}

func (c *scan) take(b byte) bool {
	if c.at < len(c.s) && c.s[c.at] == b {
		c.at++
		return true
	}
	return false
}

// spaces passes over white space, if any.
func (c *scan) spaces() {
	for c.at < len(c.s) && (c.s[c.at] == ' ' || c.s[c.at] == '\t' || c.s[c.at] == '\r' || c.s[c.at] == '\n') {
		c.at++
	}
}

// gap passes over what separates two parts: white space, or the dash of RFC 850.
func (c *scan) gap() bool {
	from := c.at
	if c.spaces(); c.at == from {
		return c.take('-')
	}
	return true
}

// number reads from least to most digits; a further one is an error.
func (c *scan) number(to *int, least, most int) bool {
	n, from := 0, c.at
	for c.at < len(c.s) && c.s[c.at]-'0' < 10 {
		if c.at-from == most {
			return false
		}
		n = n*10 + int(c.s[c.at]-'0')
		c.at++
	}
	*to = n
	return c.at-from >= least
}

// fraction reads digits after a point as billionths; what is beyond is dropped.
func (c *scan) fraction(to *int64) bool {
	n, unit, from := int64(0), int64(100_000_000), c.at
	for c.at < len(c.s) && c.s[c.at]-'0' < 10 {
		n += int64(c.s[c.at]-'0') * unit
		unit /= 10
		c.at++
	}
	*to = n
	return c.at > from
}

// word reads ASCII letters.
func (c *scan) word() string {
	from := c.at
	for c.at < len(c.s) && (c.s[c.at]|0x20)-'a' < 26 {
		c.at++
	}
	return c.s[from:c.at]
}

const weekdays = "sunmontuewedthufrisat"

// weekday passes over the name of a day, if there is one, and its comma. That
// it may be the wrong one is why it is not compared with the date.
func (c *scan) weekday() bool {
	if day := c.word(); day != "" {
		if index(weekdays, day) < 0 {
			return false
		}
		c.spaces()
		c.take(',')
	}
	c.spaces()
	return true
}

const months = "janfebmaraprmayjunjulaugsepoctnovdec"

var monthNames = [...]string{
	"january", "february", "march", "april", "may", "june", "july",
	"august", "september", "october", "november", "december",
}

func (c *scan) month(to *int) bool {
	name := c.word()
	i := index(months, name)
	if i < 0 {
		return false
	}
	*to = i + 1
	return len(name) == 3 || strings.EqualFold(name, monthNames[i]) || strings.EqualFold(name, "sept")
}

// index returns which of the three-letter names, all in lower case, name begins with.
func index(names, name string) int {
	if len(name) < 3 {
		return -1
	}
	a, b, d := name[0]|0x20, name[1]|0x20, name[2]|0x20
	for i := 0; i < len(names); i += 3 {
		if names[i] == a && names[i+1] == b && names[i+2] == d {
			return i / 3
		}
	}
	return -1
}

// clock reads hours and minutes, and seconds with their fraction if there are any.
func (c *scan) clock(d *date) bool {
	if !c.number(&d.hour, 2, 2) || !c.take(':') || !c.number(&d.minute, 2, 2) {
		return false
	}
	if !c.take(':') {
		return true
	}
	if !c.number(&d.second, 2, 2) {
		return false
	}
	if c.take('.') || c.take(',') { // ISO 8601 has both
		return c.fraction(&d.nanos)
	}
	return true
}

// zone reads an offset or the name of one, behind white space or not.
func (c *scan) zone(d *date) bool {
	c.spaces()
	east := c.take('+')
	if east || c.take('-') {
		var hours, minutes int
		from := c.at
		if !c.number(&hours, 2, 4) {
			return false
		}
		switch c.at - from {
		case 2:
			if c.take(':') && !c.number(&minutes, 2, 2) {
				return false
			}
		case 4:
			hours, minutes = hours/100, hours%100
		default:
			return false
		}
		d.offset = hours*3600 + minutes*60
		if !east {
			d.offset = -d.offset
		}
		return hours <= 23 && minutes <= 59
	}
	hours, ok := zoneHours(c.word())
	d.offset = hours * 3600
	return ok
}

// zoneHours returns the offset of a zone that RFC 2822, section 4.3, names, in
// hours. The single letters of the military were never used alike, Z aside.
func zoneHours(name string) (int, bool) {
	if len(name) > 3 || name == "" {
		return 0, false
	}
	var room [3]byte
	for i := range len(name) {
		room[i] = upper(name[i])
	}
	switch string(room[:len(name)]) {
	case "Z", "UT", "UTC", "GMT":
		return 0, true
	case "EDT":
		return -4, true
	case "EST", "CDT":
		return -5, true
	case "CST", "MDT":
		return -6, true
	case "MST", "PDT":
		return -7, true
	case "PST":
		return -8, true
	}
	return 0, false
}

// comments passes over comments in brackets, which nest, up to the end.
func (c *scan) comments() bool {
	depth := 0
	for ; c.at < len(c.s); c.at++ {
		switch b := c.s[c.at]; {
		case b == '(':
			depth++
		case b == ')':
			if depth--; depth < 0 {
				return false
			}
		case b == '\\' && depth > 0:
			c.at++ // a quoted character, which may be a bracket
		case depth == 0 && b != ' ' && b != '\t' && b != '\r' && b != '\n':
			return false
		}
	}
	return depth == 0
}
