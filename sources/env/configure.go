// Package env reads the configuration of rollcall and of its connections from
// the environment: [Configure] all connections, [Decode] any struct with env tags.
package env

import (
	"context"
	"fmt"
	"log/slog"
	"regexp"
	"slices"
	"strings"

	"github.com/sethvargo/go-envconfig"

	"rollcall/model/canon"
	"rollcall/sources"
)

// An Error is everything that is wrong with the environment. It names
// variables and never repeats what they hold.
type Error struct {
	Problems []string // one line each
}

func (e *Error) Error() string {
	if len(e.Problems) == 1 {
		return e.Problems[0]
	}
	return fmt.Sprintf("%d problems in the environment:\n  %s", len(e.Problems), strings.Join(e.Problems, "\n  "))
}

// Reread reads the variables of one connection again, to see a rotated secret.
func Reread(ctx context.Context, env envconfig.Lookuper, c sources.Configured) (sources.Configured, error) {
	fresh := c.Blank()
	if problems := read(ctx, env, &fresh); len(problems) > 0 {
		return fresh, &Error{Problems: problems}
	}
	return fresh, nil
}

// Hook reads the user and the password of the connection's webhook again; both
// are "" where none is configured.
func Hook(ctx context.Context, env envconfig.Lookuper, c sources.Connection) (username string, password sources.Secret, err error) {
	var now struct {
		Username string         `env:"HOOK_USERNAME"`
		Password sources.Secret `env:"HOOK_PASSWORD"`
	}
	if problems := Decode(ctx, env, c.Variable(""), &now); len(problems) > 0 {
		return "", "", &Error{Problems: problems}
	}
	return now.Username, now.Password, nil
}

// Configure reads ROLLCALL_SOURCES and the variables of each connection, or of
// those named in only if there are any. names are the names of all variables; it
// returns warnings of those that begin like a connection's and are not known.
// The error is an *Error with all that is wrong; what could be read comes with it.
func Configure(ctx context.Context, providers []sources.Provider, env envconfig.Lookuper, names, only []string) ([]sources.Configured, []string, error) {
	all, problems := listed(ctx, providers, env)
	if len(problems) == 0 {
		problems = unlisted(all, only)
	}
	scopes := make([]scope, len(all))
	for i, c := range all {
		prefix := c.Variable("")
		scopes[i] = scope{prefix, append(Variables(prefix, &c.Settings), Variables(prefix, c.Config)...), false}
	}
	problems = append(problems, ambiguous(all, scopes)...)

	var configured []sources.Configured
	secrets := new(canon.Secrets)
	for _, c := range all {
		c.Secrets = secrets
		if len(only) == 0 || slices.Contains(only, c.Name) {
			problems = append(problems, read(ctx, env, &c)...)
			configured = append(configured, c)
		} else {
			readSecrets(ctx, env, c)
		}
	}
	warnings := unknown(names, scopes)
	if len(problems) > 0 {
		return configured, warnings, &Error{Problems: problems}
	}
	return configured, warnings, nil
}

// Listed returns the connections that ROLLCALL_SOURCES names, none where it is
// not set, without reading their variables.
func Listed(ctx context.Context, providers []sources.Provider, env envconfig.Lookuper) ([]sources.Connection, error) {
	_, set := env.Lookup("ROLLCALL_SOURCES")
	if _, inFile := env.Lookup("ROLLCALL_SOURCES" + fileSuffix); !set && !inFile {
		return nil, nil
	}
	all, problems := listed(ctx, providers, env)
	if len(problems) > 0 {
		return nil, &Error{Problems: problems}
	}
	list := make([]sources.Connection, len(all))
	for i := range all {
		list[i] = all[i].Connection
	}
	return list, nil
}

// CheckName says what is wrong with a connection's name, if something is.
func CheckName(name string) error {
	switch {
	case !namePattern.MatchString(name):
		return fmt.Errorf("%q is not a valid name: use lower-case letters, digits and -, the first one a letter", name)
	case slices.Contains(reserved, name):
		return fmt.Errorf("%s is a name that rollcall needs itself", name)
	}
	return nil
}

// namePattern is what a connection can be called.
var namePattern = regexp.MustCompile(`^[a-z][a-z0-9-]*$`)

// reserved are names whose variables have a meaning of their own already.
var reserved = []string{"rollcall", "database", "log"}

// listed reads ROLLCALL_SOURCES alone. A problem names an invalid entry by its
// place: it may be a secret that was put into the wrong variable.
func listed(ctx context.Context, providers []sources.Provider, env envconfig.Lookuper) (all []sources.Configured, problems []string) {
	var list struct {
		Sources []string `env:"ROLLCALL_SOURCES, required"`
	}
	problems = Decode(ctx, env, "", &list)
	var known []string
	for _, p := range providers {
		known = append(known, p.Name)
	}
	slices.Sort(known)
	for i, entry := range list.Sources {
		name, kind, named := strings.Cut(entry, ":")
		name, kind = strings.TrimSpace(name), strings.TrimSpace(kind)
		if !named {
			kind = name
		}
		at := slices.IndexFunc(providers, func(p sources.Provider) bool { return p.Name == kind })
		wrong := ""
		switch {
		case separated.MatchString(entry):
			wrong = fmt.Sprintf("entry %d: holds several connections; put a comma between them", i+1)
		case !namePattern.MatchString(name):
			wrong = fmt.Sprintf("entry %d: must be name or name:provider, a name being lower-case letters, digits and -", i+1)
		case slices.Contains(reserved, name):
			wrong = fmt.Sprintf("%s: is a name that rollcall needs itself; take another, such as %s-1:provider", name, name)
		case slices.ContainsFunc(all, func(c sources.Configured) bool { return c.Name == name }):
			wrong = fmt.Sprintf("%s: is there twice", name)
		case at < 0:
			wrong = fmt.Sprintf("%s: unknown provider; write %s:PROVIDER, the provider being one of %s%s",
				name, name, strings.Join(known, ", "), didYouMean(nearest(kind, known)))
		}
		if wrong != "" {
			problems = append(problems, "ROLLCALL_SOURCES: "+wrong)
			continue
		}
		all = append(all, providers[at].Connection(name))
	}
	return all, problems
}

// separated matches an entry that is several, between which another separator stands.
var separated = regexp.MustCompile(`^\s*[a-z][a-z0-9-]*(:[a-z]+)?(\s*[;|\s]\s*[a-z][a-z0-9-]*(:[a-z]+)?)+[;|\s]*$`)

// unlisted reports names in only that no connection has.
func unlisted(all []sources.Configured, only []string) (problems []string) {
	var names []string
	for _, c := range all {
		names = append(names, c.Name)
	}
	for _, name := range only {
		if !slices.Contains(names, name) {
			problems = append(problems, fmt.Sprintf("no connection is called %q; ROLLCALL_SOURCES has %s%s",
				name, strings.Join(names, ", "), didYouMean(nearest(name, names))))
		}
	}
	return problems
}

// ambiguous reports variables that two connections would read, as acme (for
// its API_TOKEN) and acme-api (for its TOKEN) both would ACME_API_TOKEN.
func ambiguous(all []sources.Configured, scopes []scope) (problems []string) {
	reader := make(map[string]string)
	for i, s := range scopes {
		for _, variable := range s.known {
			if other, taken := reader[variable]; taken {
				problems = append(problems, fmt.Sprintf("ROLLCALL_SOURCES: %s and %s would both read %s; rename one of them", other, all[i].Name, variable))
			}
			reader[variable] = all[i].Name
		}
	}
	return problems
}

// read fills the settings and the provider's configuration.
func read(ctx context.Context, env envconfig.Lookuper, c *sources.Configured) []string {
	prefix := c.Variable("")
	problems := append(Decode(ctx, env, prefix, &c.Settings), Decode(ctx, env, prefix, c.Config)...)
	keepSecrets(*c)
	if len(problems) > 0 {
		return problems
	}
	if (c.HookUsername == "") != (c.HookPassword == "") {
		return []string{fmt.Sprintf("%[1]sHOOK_USERNAME, %[1]sHOOK_PASSWORD: set both or neither", prefix)}
	}
	// What a provider checks by itself is reported now, with all the rest.
	source, err := c.Open("rollcall", slog.New(slog.DiscardHandler), nil, nil)
	if err != nil {
		return []string{oneLine(err.Error())}
	}
	source.Close()
	return nil
}

func oneLine(text string) string { return strings.Join(strings.Fields(text), " ") }
