package sources

import (
	"context"
	"fmt"
	"log/slog"
	"regexp"
	"slices"
	"strings"

	"github.com/sethvargo/go-envconfig"

	"rollcall/model"
	"rollcall/sources/fetch"
)

// A ConfigError is everything that is wrong with the environment. It names
// variables and never repeats what they hold.
type ConfigError struct {
	Problems []string // one line each
}

func (e *ConfigError) Error() string {
	if len(e.Problems) == 1 {
		return e.Problems[0]
	}
	return fmt.Sprintf("%d problems in the environment:\n  %s", len(e.Problems), strings.Join(e.Problems, "\n  "))
}

// A Configured is a connection whose configuration was read and found sound.
type Configured struct {
	Connection

	provider Provider
	config   any
}

// Open opens the connection. It asks the provider for nothing yet.
func (c Configured) Open(userAgent string, logger *slog.Logger, observe func(fetch.Attempt), arrived func(kind, id string)) (Source, error) {
	c.UserAgent, c.Logger, c.Observe, c.Arrived = userAgent, logger, observe, arrived
	source, err := c.provider.open(c.Connection, c.config)
	if err != nil {
		return nil, fmt.Errorf("connection %s: %w", c.Name, err)
	}
	return source, nil
}

// Shape tells, without a secret, what the connection asks its provider for: two
// that are equal ask for the same. How fast they ask is no part of it.
func (c Configured) Shape() string { return fmt.Sprintf("%+v", c.config) }

// Afresh reads the connection's own variables again, to see a rotated secret.
func (c Configured) Afresh(ctx context.Context, env envconfig.Lookuper) (Configured, error) {
	fresh := Configured{
		Connection: Connection{Name: c.Name, Provider: c.Provider, Secrets: c.Secrets},
		provider:   c.provider, config: c.provider.config(),
	}
	if problems := fresh.read(ctx, env); len(problems) > 0 {
		return fresh, &ConfigError{Problems: problems}
	}
	return fresh, nil
}

// Hook reads the user and the password of the connection's webhook again; both
// are "" where none is configured.
func (c Configured) Hook(ctx context.Context, env envconfig.Lookuper) (username string, password Secret, err error) {
	var now struct {
		Username string `env:"HOOK_USERNAME"`
		Password Secret `env:"HOOK_PASSWORD"`
	}
	if problems := Decode(ctx, env, c.prefix(), &now); len(problems) > 0 {
		return "", "", &ConfigError{Problems: problems}
	}
	return now.Username, now.Password, nil
}

// Configure reads ROLLCALL_SOURCES and the variables of each connection, or of
// those named in only if there are any. It reads afresh: call it again to see a
// rotated secret. names are the names of all variables; those that look meant
// for a connection and mean nothing to it come back as warnings. The error is a
// *ConfigError with all that is wrong; what could be read comes with it.
func Configure(ctx context.Context, providers []Provider, env envconfig.Lookuper, names, only []string) ([]Configured, []string, error) {
	all, problems := listed(ctx, providers, env)
	if len(problems) == 0 {
		problems = unlisted(all, only)
	}
	scopes := make([]scope, len(all))
	for i := range all {
		scopes[i] = all[i].scope()
	}
	problems = append(problems, ambiguous(all, scopes)...)

	var asked []Configured
	secrets := new(model.Secrets)
	for _, c := range all {
		c.Secrets = secrets
		if len(only) == 0 || slices.Contains(only, c.Name) {
			problems = append(problems, c.read(ctx, env)...)
			asked = append(asked, c)
		} else {
			c.readSecrets(ctx, env)
		}
	}
	warnings := unknown(names, scopes)
	if len(problems) > 0 {
		return asked, warnings, &ConfigError{Problems: problems}
	}
	return asked, warnings, nil
}

// Listed returns the connections that ROLLCALL_SOURCES names, none where it is
// not set, without reading their variables.
func Listed(ctx context.Context, providers []Provider, env envconfig.Lookuper) ([]Connection, error) {
	_, set := env.Lookup("ROLLCALL_SOURCES")
	if _, inFile := env.Lookup("ROLLCALL_SOURCES" + fileSuffix); !set && !inFile {
		return nil, nil
	}
	all, problems := listed(ctx, providers, env)
	if len(problems) > 0 {
		return nil, &ConfigError{Problems: problems}
	}
	list := make([]Connection, len(all))
	for i := range all {
		list[i] = all[i].Connection
	}
	return list, nil
}

// CheckName says what is wrong with a connection's name, if something is.
func CheckName(name string) error {
	switch {
	case !namePattern.MatchString(name):
		return fmt.Errorf("%q is no name: it must be lower-case letters, digits and -, the first one a letter", name)
	case slices.Contains(reserved, name):
		return fmt.Errorf("%s is a name that rollcall needs itself", name)
	}
	return nil
}

// namePattern is what a connection can be called.
var namePattern = regexp.MustCompile(`^[a-z][a-z0-9-]*$`)

// reserved are names whose variables have a meaning of their own already.
var reserved = []string{"rollcall", "database", "log"}

// listed reads ROLLCALL_SOURCES alone. An entry that is no name is told by its
// place, since it may be a secret that was put into the wrong variable.
func listed(ctx context.Context, providers []Provider, env envconfig.Lookuper) (all []Configured, problems []string) {
	var list struct {
		Sources []string `env:"ROLLCALL_SOURCES, required"`
	}
	problems = Decode(ctx, env, "", &list)
	for i, entry := range list.Sources {
		name, kind, named := strings.Cut(entry, ":")
		name, kind = strings.TrimSpace(name), strings.TrimSpace(kind)
		if !named {
			kind = name
		}
		at := slices.IndexFunc(providers, func(p Provider) bool { return p.Name == kind })
		wrong := ""
		switch {
		case !namePattern.MatchString(name):
			wrong = fmt.Sprintf("entry %d: must be name or name:provider, a name being lower-case letters, digits and -", i+1)
		case slices.Contains(reserved, name):
			wrong = fmt.Sprintf("%s: is a name that rollcall needs itself; take another, such as %s-1:provider", name, name)
		case slices.ContainsFunc(all, func(c Configured) bool { return c.Name == name }):
			wrong = fmt.Sprintf("%s: is there twice", name)
		case at < 0:
			wrong = fmt.Sprintf("%s: unknown provider; write %s:PROVIDER, the provider being one of %s", name, name, known(providers))
		}
		if wrong != "" {
			problems = append(problems, "ROLLCALL_SOURCES: "+wrong)
			continue
		}
		all = append(all, Configured{
			Connection: Connection{Name: name, Provider: kind},
			provider:   providers[at], config: providers[at].config(),
		})
	}
	return all, problems
}

func known(providers []Provider) string {
	names := make([]string, len(providers))
	for i, p := range providers {
		names[i] = p.Name
	}
	slices.Sort(names)
	return strings.Join(names, ", ")
}

// unlisted tells of names asked for that are no connection.
func unlisted(all []Configured, only []string) (problems []string) {
	names := make([]string, len(all))
	for i, c := range all {
		names[i] = c.Name
	}
	for _, name := range only {
		if !slices.Contains(names, name) {
			problems = append(problems, fmt.Sprintf("no connection is called %q; ROLLCALL_SOURCES has %s", name, strings.Join(names, ", ")))
		}
	}
	return problems
}

// ambiguous tells of variables that two connections would read, as acme (for
// its API_TOKEN) and acme-api (for its TOKEN) both would ACME_API_TOKEN.
func ambiguous(all []Configured, scopes []scope) (problems []string) {
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

// scope is what the connection reads.
func (c *Configured) scope() scope {
	return scope{c.prefix(), append(Variables(c.prefix(), &c.Settings), Variables(c.prefix(), c.config)...)}
}

// prefix begins the names of the connection's variables.
func (c *Configured) prefix() string {
	return strings.ToUpper(strings.ReplaceAll(c.Name, "-", "_")) + "_"
}

// read fills the settings and the provider's configuration.
func (c *Configured) read(ctx context.Context, env envconfig.Lookuper) []string {
	problems := append(Decode(ctx, env, c.prefix(), &c.Settings), Decode(ctx, env, c.prefix(), c.config)...)
	c.keepSecrets()
	if len(problems) > 0 {
		return problems
	}
	if (c.HookUsername == "") != (c.HookPassword == "") {
		return []string{fmt.Sprintf("%[1]sHOOK_USERNAME, %[1]sHOOK_PASSWORD: set both or neither", c.prefix())}
	}
	// What a provider checks by itself is found out now, with all the rest.
	source, err := c.Open("rollcall", slog.New(slog.DiscardHandler), nil, nil)
	if err != nil {
		return []string{oneLine(err.Error())}
	}
	source.Close()
	return nil
}

func oneLine(text string) string { return strings.Join(strings.Fields(text), " ") }
