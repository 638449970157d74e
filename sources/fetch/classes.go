package fetch

// What a byte means outside of strings. The scan of an object or array stops only at what is
// greater than scalar.
const (
	other      = iota // only in strings, or punctuation between members
	space             // JSON's four
	scalar            // of a number or a word
	quote             // "
	open              // [
	shut              // ]
	openObject        // {
	shutObject        // }
)

var classes = [256]byte{
	' ': space, '\t': space, '\n': space, '\r': space,
	'"': quote, '[': open, ']': shut, '{': openObject, '}': shutObject,
	'+': scalar, '-': scalar, '.': scalar,
	'0': scalar, '1': scalar, '2': scalar, '3': scalar, '4': scalar,
	'5': scalar, '6': scalar, '7': scalar, '8': scalar, '9': scalar,
	'A': scalar, 'B': scalar, 'C': scalar, 'D': scalar, 'E': scalar, 'F': scalar, 'G': scalar,
	'H': scalar, 'I': scalar, 'J': scalar, 'K': scalar, 'L': scalar, 'M': scalar, 'N': scalar,
	'O': scalar, 'P': scalar, 'Q': scalar, 'R': scalar, 'S': scalar, 'T': scalar, 'U': scalar,
	'V': scalar, 'W': scalar, 'X': scalar, 'Y': scalar, 'Z': scalar,
	'a': scalar, 'b': scalar, 'c': scalar, 'd': scalar, 'e': scalar, 'f': scalar, 'g': scalar,
	'h': scalar, 'i': scalar, 'j': scalar, 'k': scalar, 'l': scalar, 'm': scalar, 'n': scalar,
	'o': scalar, 'p': scalar, 'q': scalar, 'r': scalar, 's': scalar, 't': scalar, 'u': scalar,
	'v': scalar, 'w': scalar, 'x': scalar, 'y': scalar, 'z': scalar,
}
