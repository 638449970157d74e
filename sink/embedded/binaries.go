package embedded

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
)

// ErrNoPostgres means that no Postgres server was found or could be downloaded.
var ErrNoPostgres = errors.New(`this machine has no Postgres server. Do one of:
  - install it: apt-get install postgresql, or brew install postgresql@17
  - set DATABASE_URL to a Postgres you have
  - docker compose up -d postgres`)

// places are where packages put Postgres. On Debian and with Homebrew, PATH has only
// the clients.
var places = []string{
	"/usr/lib/postgresql/*/bin",                          // Debian, Ubuntu
	"/usr/pgsql-*/bin",                                   // Red Hat, by postgresql.org
	"/usr/libexec/postgresql*",                           // Alpine
	"/opt/homebrew/opt/postgresql*/bin",                  // macOS on ARM
	"/usr/local/opt/postgresql*/bin",                     // macOS on Intel
	"/home/linuxbrew/.linuxbrew/opt/postgresql*/bin",     // Linux
	"/Applications/Postgres.app/Contents/Versions/*/bin", // macOS
	"/usr/local/pgsql/bin",                               // built from source
}

// findBinaries picks from found, or fetches, the folder with a server's programs, of
// the version that made the data folder if that exists.
func findBinaries(data string, found []string, fetch func() (string, error)) (string, error) {
	wanted, err := os.ReadFile(filepath.Join(data, "PG_VERSION"))
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		return "", err
	}
	version := strings.TrimSpace(string(wanted))
	if len(found) == 0 {
		bin, err := fetch()
		if err != nil {
			return "", fmt.Errorf("%w\n(%w)", ErrNoPostgres, err)
		}
		found = []string{bin}
	}
	for _, bin := range found {
		if version == "" || version == versionOf(bin) {
			return bin, nil
		}
	}
	return "", fmt.Errorf("%s was made by Postgres %s, which is not among those found (%s); install that version, or move the folder away to start over",
		data, version, strings.Join(found, ", "))
}

// installed lists the folders with a Postgres server: first those on PATH, then the
// newest of each place.
func installed(path string, places []string) []string {
	folders := filepath.SplitList(path)
	for _, place := range places {
		matches, _ := filepath.Glob(place) // fails only on a bad pattern
		slices.SortFunc(matches, newestFirst)
		folders = append(folders, matches...)
	}
	var found []string
	for _, bin := range folders {
		if !filepath.IsAbs(bin) || !hasServer(bin) {
			continue
		}
		// initdb looks for postgres in its own folder, behind links.
		if real, err := filepath.EvalSymlinks(filepath.Join(bin, "initdb")); err == nil {
			bin = filepath.Dir(real)
		}
		if hasServer(bin) && !slices.Contains(found, bin) {
			found = append(found, bin)
		}
	}
	return found
}

// hasServer reports whether a folder holds the programs of a server.
func hasServer(bin string) bool {
	for _, name := range []string{"initdb", "pg_ctl", "postgres"} {
		if _, err := exec.LookPath(filepath.Join(bin, name)); err != nil {
			return false
		}
	}
	return true
}

// newestFirst orders paths by the first number in which they differ: 17 before 9.6.
func newestFirst(a, b string) int {
	return -slices.Compare(numbers(a), numbers(b))
}

func numbers(path string) []int {
	var all []int
	for _, digits := range strings.FieldsFunc(path, func(r rune) bool { return r < '0' || r > '9' }) {
		if n, err := strconv.Atoi(digits); err == nil {
			all = append(all, n)
		}
	}
	return all
}

// versionOf returns the major version of a server: "17" of "postgres (PostgreSQL) 17.5 (Debian …)".
func versionOf(bin string) string {
	out, err := exec.Command(filepath.Join(bin, "postgres"), "--version").Output()
	if err != nil {
		return ""
	}
	for _, word := range strings.Fields(string(out)) {
		if word[0] >= '0' && word[0] <= '9' {
			major, _, _ := strings.Cut(word, ".")
			return major
		}
	}
	return ""
}
