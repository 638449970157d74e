package sources

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"strings"

	"github.com/sethvargo/go-envconfig"
)

const (
	// fileSuffix makes of a variable's name that of one which names a file with
	// the value, as Docker and Kubernetes hand out secrets.
	fileSuffix = "_FILE"

	// maxFile is the longest such file, in bytes. Hundreds of sessions fit; what
	// is longer is no secret, but a mistake.
	maxFile = 1 << 20
)

// lookup finds the value of a variable, and in which one it stood: the variable
// itself, the one of its file, or "".
func lookup(env envconfig.Lookuper, name string) (value, from, problem string) {
	value, set := env.Lookup(name)
	path, inFile := env.Lookup(name + fileSuffix)
	switch {
	case set && inFile:
		return "", "", fmt.Sprintf("%s, %s: set one of them, not both", name, name+fileSuffix)
	case set:
		return value, name, ""
	case !inFile:
		return "", "", ""
	}
	name += fileSuffix
	if strings.TrimSpace(path) == "" {
		return "", "", name + ": is empty; it must name a file"
	}
	value, err := readValue(path)
	if err != nil {
		return "", "", fmt.Sprintf("%s: the file cannot be read: %v", name, withoutPath(err))
	}
	return value, name, ""
}

// readValue reads a file less one trailing line break, which editors add.
func readValue(path string) (string, error) {
	f, err := os.Open(path)
	if err != nil {
		return "", err
	}
	defer f.Close() // nothing was written that could be lost
	text, err := io.ReadAll(io.LimitReader(f, maxFile+1))
	if err != nil {
		return "", err
	}
	if len(text) > maxFile {
		return "", errors.New("it is longer than 1 MiB")
	}
	return strings.TrimSuffix(strings.TrimSuffix(string(text), "\n"), "\r"), nil
}

// withoutPath takes from an error what stood in the variable: it may be the
// secret itself, put where its file should be named.
func withoutPath(err error) error {
	var e *fs.PathError
	if errors.As(err, &e) {
		return e.Err
	}
	return err
}
