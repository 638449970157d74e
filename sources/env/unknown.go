package env

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/agnivade/levenshtein"
)

// A scope is a beginning of names, and the names that mean something there.
type scope struct {
	prefix string
	known  []string
	others bool // names that are not near a known one mean something elsewhere
}

// injected matches what Kubernetes sets in every container for a service that
// is called as the connection is.
var injected = regexp.MustCompile(`_SERVICE_(HOST|PORT)(_|$)|_PORT(_\d+_(TCP|UDP|SCTP)(_(PROTO|PORT|ADDR))?)?$`)

// unknown warns of the variables within the scopes that none of them knows.
func unknown(names []string, scopes []scope) (warnings []string) {
	var all []string
	for _, s := range scopes {
		all = append(all, s.known...)
	}
	for _, name := range slices.Sorted(slices.Values(names)) {
		at := slices.IndexFunc(scopes, func(s scope) bool { return strings.HasPrefix(name, s.prefix) })
		if at < 0 || slices.Contains(all, strings.TrimSuffix(name, fileSuffix)) || injected.MatchString(name) {
			continue
		}
		if meant := suggestion(name, all); meant != "" || !scopes[at].others {
			warnings = append(warnings, fmt.Sprintf("%s: no such variable%s", name, meant))
		}
	}
	return warnings
}

// Misspelt warns of names that begin with prefix and are nearly a known one.
func Misspelt(names []string, prefix string, known []string) []string {
	return unknown(names, []scope{{prefix, known, true}})
}

// suggestion names the known variable, or the one of its file, that is nearest, if one is near.
func suggestion(name string, known []string) string {
	var all []string
	for _, variable := range known {
		all = append(all, variable, variable+fileSuffix)
	}
	return didYouMean(nearest(name, all))
}

func didYouMean(meant string) string {
	if meant == "" {
		return ""
	}
	return "; did you mean " + meant + "?"
}

// nearest returns the known name that is nearest, "" where none is near.
func nearest(name string, known []string) string {
	const near = 3 // edits: a letter left out, two swapped, a plural
	best, meant := near+1, ""
	for _, candidate := range known {
		if d := levenshtein.ComputeDistance(name, candidate); d < best && d < len(candidate)/2+1 {
			best, meant = d, candidate
		}
	}
	return meant
}
