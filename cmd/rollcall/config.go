package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"regexp"
	"strconv"
	"strings"
	"time"

	"rollcall/model/canon"
	"rollcall/schedule"
	"rollcall/sink"
	"rollcall/sources"
	"rollcall/sources/env"
	"rollcall/sources/fetch"
)

// A config holds the variables that belong to no connection.
type config struct {
	DatabaseURL databaseURL // read only if a command needs it

	Schedule        schedule.Expression `env:"ROLLCALL_SCHEDULE, default=@hourly"`
	Jitter          time.Duration       `env:"ROLLCALL_JITTER, default=0s" range:"0s.."`
	Addr            address             `env:"ROLLCALL_ADDR, default=:8080"`
	HooksAddr       address             `env:"ROLLCALL_HOOKS_ADDR"` // "" is Addr
	Parallel        int                 `env:"ROLLCALL_PARALLEL, default=8" range:"1..1000"`
	ShutdownTimeout time.Duration       `env:"ROLLCALL_SHUTDOWN_TIMEOUT, default=25s" range:"0s.."`
	Retention       retention           `env:"ROLLCALL_RETENTION, default=90d"`
	ReaderRole      role                `env:"ROLLCALL_READER_ROLE, default=directory_reader"`
	DataDir         string              `env:"ROLLCALL_DATA_DIR"` // "" is the user's data folder
	LogLevel        logLevel            `env:"LOG_LEVEL, default=info"`
	LogFormat       logFormat           `env:"LOG_FORMAT"` // "" is text on a terminal, else json

	connections []sources.Configured // read only if a command needs them
	secrets     *canon.Secrets       // no log, error or payload may show them
	log         *slog.Logger
}

// needs says what a command needs from the environment.
type needs struct {
	database    bool
	connections bool
	only        []string // connections; none means all
}

// configureTimeout bounds reading the files of the environment.
const configureTimeout = 30 * time.Second

var errConfigureSlow = fmt.Errorf("the files that variables name were not read within %v", configureTimeout)

// databaseVariables are read again for each session.
type databaseVariables struct {
	URL databaseURL `env:"DATABASE_URL, required"`
}

// databaseURL reads the current DATABASE_URL.
func (a *app) databaseURL(ctx context.Context) (string, error) {
	var now databaseVariables
	if problems := env.Decode(ctx, a.env, "", &now); len(problems) > 0 {
		return "", &env.Error{Problems: problems}
	}
	if now.URL.Reveal() == embeddedURL {
		return "", fmt.Errorf("DATABASE_URL_FILE: now holds %s; restart rollcall to change to it", embeddedURL)
	}
	return now.URL.Reveal(), nil
}

// configure reads the environment and logs what looks like a mistake in it. Its
// error lists everything that is wrong.
func (a *app) configure(ctx context.Context, n needs) (*config, error) {
	ctx, cancel := context.WithTimeoutCause(ctx, configureTimeout, errConfigureSlow)
	defer cancel()
	cfg := new(config)
	var database databaseVariables
	var problems []string
	if n.database {
		problems = env.Decode(ctx, a.env, "", &database)
		cfg.DatabaseURL = database.URL
		if url := database.URL.Reveal(); url != "" && url != embeddedURL {
			if err := sink.CheckEnvironment(url); err != nil {
				problems = append(problems, err.Error())
			}
		}
	}
	problems = append(problems, env.Decode(ctx, a.env, "", cfg)...)
	known := append(env.Variables("", cfg), "ROLLCALL_SOURCES")
	warnings := env.Misspelt(a.names, "ROLLCALL_", known)
	if n.connections {
		problems = append(problems, fetch.CheckProxy(a.env.Lookup)...)
		connections, more, err := env.Configure(ctx, providers, a.env, a.names, n.only)
		var wrong *env.Error
		if errors.As(err, &wrong) {
			problems = append(problems, wrong.Problems...)
		} else if err != nil {
			return nil, err
		}
		for _, c := range connections {
			if c.Schedule == "" {
				continue
			}
			if _, err := schedule.Parse(c.Schedule); err != nil {
				problems = append(problems, fmt.Sprintf("%sSCHEDULE: %v", prefixOf(c.Name), err))
			}
		}
		cfg.connections, warnings = connections, append(warnings, more...)
	}
	cfg.secrets = new(canon.Secrets)
	if len(cfg.connections) > 0 {
		cfg.secrets = cfg.connections[0].Secrets
	}
	cfg.secrets.Add(sink.Password(cfg.DatabaseURL.Reveal()))
	cfg.log = newLogger(a.stderr, slog.Level(cfg.LogLevel), cfg.LogFormat, cfg.secrets)
	for _, warning := range warnings {
		cfg.log.Warn("environment: " + warning)
	}
	if len(problems) > 0 {
		return nil, &env.Error{Problems: problems}
	}
	return cfg, nil
}

// embeddedURL selects a private Postgres.
const embeddedURL = "embedded"

// A databaseURL holds a password, so it does not print.
type databaseURL struct{ sources.Secret }

// EnvDecode reads a databaseURL.
func (d *databaseURL) EnvDecode(text string) error {
	if text != embeddedURL {
		if err := sink.CheckURL(text); err != nil {
			return err
		}
	}
	d.Secret = sources.Secret(text)
	return nil
}

// An address is host:port to listen on; the host may be missing.
type address string

// EnvDecode reads an address.
func (a *address) EnvDecode(text string) error {
	_, port, err := net.SplitHostPort(text)
	if n, e := strconv.Atoi(port); err != nil || e != nil || n < 0 || n > 65535 {
		return errors.New("must be an address such as :8080 or 127.0.0.1:8080")
	}
	*a = address(text)
	return nil
}

// A retention is how long something is kept, such as 36h or 90d.
type retention time.Duration

// EnvDecode reads a retention.
func (r *retention) EnvDecode(text string) error {
	d, err := parseDuration(text)
	if err != nil || d <= 0 {
		return errors.New("must be a duration such as 90d or 36h, longer than 0")
	}
	*r = retention(d)
	return nil
}

// A role is the plain name of a Postgres role.
type role string

// rolePattern is a name that needs no quotes, of at most NAMEDATALEN − 1 bytes.
var rolePattern = regexp.MustCompile(`^[a-z_][a-z0-9_]{0,62}$`)

// EnvDecode reads a role.
func (r *role) EnvDecode(text string) error {
	reserved := strings.HasPrefix(text, "pg_") || text == "public" || text == "none"
	if !rolePattern.MatchString(text) || reserved {
		return errors.New("must be the plain name of a Postgres role: lower-case letters, digits and _, and not one that Postgres reserves")
	}
	*r = role(text)
	return nil
}

type logLevel slog.Level

// EnvDecode reads a logLevel.
func (l *logLevel) EnvDecode(text string) error {
	levels := map[string]slog.Level{"debug": slog.LevelDebug, "info": slog.LevelInfo, "warn": slog.LevelWarn, "error": slog.LevelError}
	level, ok := levels[strings.ToLower(text)]
	if !ok {
		return errors.New("must be debug, info, warn or error")
	}
	*l = logLevel(level)
	return nil
}

type logFormat string

// EnvDecode reads a logFormat.
func (f *logFormat) EnvDecode(text string) error {
	if text != "text" && text != "json" {
		return errors.New("must be text or json")
	}
	*f = logFormat(text)
	return nil
}
