package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"regexp"
	"runtime"
	"strconv"
	"strings"
	"time"

	"github.com/sethvargo/go-envconfig"

	"rollcall/model/canon"
	"rollcall/schedule"
	"rollcall/sink"
	"rollcall/sources"
	"rollcall/sources/env"
	"rollcall/sources/fetch"
)

// A config is what the environment says beside the connections' own variables.
type config struct {
	DatabaseURL databaseURL // read only where it is needed

	Schedule        schedule.Expression `env:"ROLLCALL_SCHEDULE, default=@hourly"`
	Jitter          time.Duration       `env:"ROLLCALL_JITTER, default=0s" range:"0s.."`
	Addr            address             `env:"ROLLCALL_ADDR, default=:8080"`
	HooksAddr       address             `env:"ROLLCALL_HOOKS_ADDR"` // "" is Addr's
	Parallel        int                 `env:"ROLLCALL_PARALLEL, default=8" range:"1..1000"`
	ShutdownTimeout time.Duration       `env:"ROLLCALL_SHUTDOWN_TIMEOUT, default=25s" range:"0s.."`
	Retention       retention           `env:"ROLLCALL_RETENTION, default=90d"`
	ReaderRole      role                `env:"ROLLCALL_READER_ROLE, default=directory_reader"`
	DataDir         string              `env:"ROLLCALL_DATA_DIR"` // "" is the user's data folder
	LogLevel        logLevel            `env:"LOG_LEVEL, default=info"`
	LogFormat       logFormat           `env:"LOG_FORMAT"` // "" is text on a terminal, else json

	connections []sources.Configured // where they are needed
	secrets     *canon.Secrets       // that no log, error or payload may show
	log         *slog.Logger
}

// needs are what a command needs of the environment.
type needs struct {
	database    bool
	connections bool
	only        []string // of the connections; none is all
}

// configureTimeout is how long the files of the environment may take to be read.
const configureTimeout = 30 * time.Second

var errConfigureSlow = fmt.Errorf("the files that variables name were not read within %v", configureTimeout)

// databaseVariables are read again for each session.
type databaseVariables struct {
	URL databaseURL `env:"DATABASE_URL, required"`
}

// databaseURL reads DATABASE_URL as it is now.
func (a *app) databaseURL(ctx context.Context) (string, error) {
	var now databaseVariables
	if problems := env.Decode(ctx, a.env, "", &now); len(problems) > 0 {
		return "", &env.Error{Problems: problems}
	}
	if now.URL.Reveal() == embeddedURL {
		return "", fmt.Errorf("DATABASE_URL_FILE: holds %s now; restart rollcall to change to it", embeddedURL)
	}
	return now.URL.Reveal(), nil
}

// configure reads the environment and logs what looks like a mistake in it. The
// error tells all that is wrong at once.
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

// embeddedURL asks for a Postgres of our own.
const embeddedURL = "embedded"

// A databaseURL holds a password, so it prints as nothing.
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

// A retention is how long something is kept; days are allowed.
type retention time.Duration

// EnvDecode reads a retention.
func (r *retention) EnvDecode(text string) error {
	const day, longest = 24 * time.Hour, 100_000 // days: 273 years, near what a Duration holds
	d, err := time.ParseDuration(text)
	if digits, inDays := strings.CutSuffix(text, "d"); inDays {
		var days int
		days, err = strconv.Atoi(digits)
		d = time.Duration(min(days, longest)) * day
	}
	if err != nil || d <= 0 {
		return errors.New("must be a time such as 90d or 36h, longer than 0")
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
		return errors.New("must be the plain name of a Postgres role: lower-case letters, digits and _, and none that Postgres keeps for itself")
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

// userDataDir is where the user's programs keep their data.
func userDataDir(env envconfig.Lookuper) (string, error) {
	if dir, _ := env.Lookup("XDG_DATA_HOME"); filepath.IsAbs(dir) {
		return filepath.Join(dir, "rollcall"), nil
	}
	// Postgres does not run as root, and whom it then runs as can't get into
	// root's home.
	if os.Geteuid() == 0 {
		return "/var/lib/rollcall", nil
	}
	home, _ := env.Lookup("HOME")
	if !filepath.IsAbs(home) {
		return "", fmt.Errorf("ROLLCALL_DATA_DIR: is not set, and there is no home folder to keep the database in")
	}
	if runtime.GOOS == "darwin" {
		return filepath.Join(home, "Library", "Application Support", "rollcall"), nil
	}
	return filepath.Join(home, ".local", "share", "rollcall"), nil
}
