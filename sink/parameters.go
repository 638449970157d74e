package sink

import (
	"bufio"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// A parameterError is a parameter of the connection that cannot be used. It
// does not repeat the value, which may be a secret or a part of one.
type parameterError struct {
	From   string // environment variable or service file; "" is the URL
	Reason string
}

func (e *parameterError) Error() string {
	if e.From == "" {
		return e.Reason
	}
	return e.From + ": " + e.Reason
}

// A parameter is a value and where it came from.
type parameter struct{ value, from string }

// parameters are those of one connection, by libpq's names.
type parameters map[string]parameter

// variables are libpq's: https://www.postgresql.org/docs/current/libpq-envars.html.
// PGDATESTYLE, PGTZ and PGCLIENTENCODING are left out: sessions set those themselves.
var variables = map[string]string{
	"PGHOST": "host", "PGHOSTADDR": "hostaddr", "PGPORT": "port", "PGDATABASE": "dbname", "PGUSER": "user",
	"PGPASSWORD": "password", "PGPASSFILE": "passfile", "PGSERVICE": "service", "PGOPTIONS": "options",
	"PGAPPNAME": "application_name", "PGSSLMODE": "sslmode", "PGREQUIRESSL": "requiressl",
	"PGSSLNEGOTIATION": "sslnegotiation", "PGSSLCOMPRESSION": "sslcompression", "PGSSLCERT": "sslcert",
	"PGSSLKEY": "sslkey", "PGSSLCERTMODE": "sslcertmode", "PGSSLROOTCERT": "sslrootcert", "PGSSLCRL": "sslcrl",
	"PGSSLCRLDIR": "sslcrldir", "PGSSLSNI": "sslsni", "PGREQUIREPEER": "requirepeer", "PGREQUIREAUTH": "require_auth",
	"PGCHANNELBINDING": "channel_binding", "PGSSLMINPROTOCOLVERSION": "ssl_min_protocol_version",
	"PGSSLMAXPROTOCOLVERSION": "ssl_max_protocol_version", "PGGSSENCMODE": "gssencmode", "PGKRBSRVNAME": "krbsrvname",
	"PGGSSLIB": "gsslib", "PGGSSDELEGATION": "gssdelegation", "PGCONNECT_TIMEOUT": "connect_timeout",
	"PGTARGETSESSIONATTRS": "target_session_attrs", "PGLOADBALANCEHOSTS": "load_balance_hosts",
	"PGMINPROTOCOLVERSION": "min_protocol_version", "PGMAXPROTOCOLVERSION": "max_protocol_version", "PGGEQO": "geqo",
}

// unsupported are parameters of libpq that the driver does not have, with the values
// that change nothing. Any other value is refused: to ignore it would weaken the
// security that it requires.
var unsupported = map[string][]string{
	"channel_binding": {"disable", "prefer"}, "gssencmode": {"disable", "prefer"}, "gssdelegation": {"0"},
	"sslcertmode": {"allow"}, "replication": {"false", "off", "no", "0"}, "require_auth": nil, "requirepeer": nil,
	"sslcrl": nil, "sslcrldir": nil, "sslpassword": nil, "sslkeylogfile": nil, "scram_client_key": nil,
	"scram_server_key": nil, "oauth_issuer": nil, "oauth_client_id": nil, "oauth_client_secret": nil,
	"oauth_scope": nil, "servicefile": nil,
}

// ignored are parameters of libpq that change nothing here: sessions keep their
// connections alive by themselves, and nothing is compressed.
var ignored = []string{
	"gsslib", "sslcompression", "keepalives", "keepalives_idle", "keepalives_interval", "keepalives_count", "tcp_user_timeout",
}

// honoured are parameters that say how to connect. Any other name is a setting of
// the server.
var honoured = []string{
	"host", "hostaddr", "port", "dbname", "user", "password", "passfile", "service", "options", "application_name",
	"fallback_application_name", "client_encoding", "sslmode", "requiressl", "sslnegotiation", "sslcert", "sslkey",
	"sslrootcert", "sslsni", "sslinline", "ssl_min_protocol_version", "ssl_max_protocol_version", "krbsrvname",
	"krbspn", "connect_timeout", "target_session_attrs", "load_balance_hosts", "min_protocol_version",
	"max_protocol_version", "binary_parameters",
}

// known are all names of parameters.
var known = func() map[string]bool {
	set := make(map[string]bool)
	for name := range unsupported {
		set[name] = true
	}
	for _, name := range slices.Concat(ignored, honoured) {
		set[name] = true
	}
	return set
}()

// collect reads the parameters: the URL first, then the service, then the
// environment.
func collect(databaseURL string, environ []string) (parameters, error) {
	given, err := parseURL(databaseURL)
	if err != nil {
		return nil, err
	}
	env := make(map[string]string)
	for _, item := range environ {
		if name, value, _ := strings.Cut(item, "="); strings.HasPrefix(name, "PG") && value != "" {
			env[name] = value
		}
	}
	p := make(parameters)
	for name, value := range given {
		p[name] = parameter{value: value}
	}
	service := p["service"]
	if service.value == "" {
		service = parameter{env["PGSERVICE"], "PGSERVICE"}
	}
	if service.value != "" {
		if err := p.addService(service, env); err != nil {
			return nil, err
		}
	}
	for variable, name := range variables {
		if value, set := env[variable]; set {
			p.add(name, parameter{value, variable})
		}
	}
	return p, p.check()
}

// add sets what is not set yet.
func (p parameters) add(name string, v parameter) {
	if _, set := p[name]; !set {
		p[name] = v
	}
}

// check refuses what the driver would ignore.
func (p parameters) check() error {
	for name, harmless := range unsupported {
		if v, set := p[name]; set && v.value != "" && !slices.Contains(harmless, v.value) {
			return p.wrong(name, "requires what rollcall does not support; leave it out")
		}
		delete(p, name)
	}
	for _, name := range ignored {
		delete(p, name)
	}
	if v := p["requiressl"]; strings.HasPrefix(v.value, "1") {
		p.add("sslmode", parameter{"require", v.from})
	}
	return nil
}

// wrong returns the error of a parameter, with the variable or file that set it.
func (p parameters) wrong(name, reason string) error {
	if from := p[name].from; variables[from] == name {
		return &parameterError{from, reason}
	}
	return &parameterError{p[name].from, name + " " + reason}
}

// addService adds the parameters of a section of the service file: the user's
// own, else the system's.
func (p parameters) addService(service parameter, env map[string]string) error {
	var files []string
	if own := env["PGSERVICEFILE"]; own != "" {
		files = append(files, own)
	} else if home, err := os.UserHomeDir(); err == nil {
		files = append(files, filepath.Join(home, ".pg_service.conf"))
	}
	if dir := env["PGSYSCONFDIR"]; dir != "" {
		files = append(files, filepath.Join(dir, "pg_service.conf"))
	}
	for _, file := range files {
		found, err := p.readService(file, service.value)
		if found || err != nil && !errors.Is(err, os.ErrNotExist) {
			return err
		}
	}
	return &parameterError{service.from, fmt.Sprintf("names a service that is in none of the files %s", strings.Join(files, ", "))}
}

func (p parameters) readService(file, service string) (found bool, err error) {
	f, err := os.Open(file)
	if err != nil {
		return false, err
	}
	defer func() { _ = f.Close() }() // nothing was written
	lines := bufio.NewScanner(f)
	for lines.Scan() {
		line := strings.TrimSpace(lines.Text())
		switch {
		case line == "" || line[0] == '#':
		case line[0] == '[':
			if found {
				return true, nil
			}
			found = line == "["+service+"]"
		case found:
			name, value, ok := strings.Cut(line, "=")
			if name = strings.TrimSpace(name); !ok || !known[name] || name == "service" {
				return true, &parameterError{file, "has a line that is no parameter of libpq, in the service that is used"}
			}
			p.add(name, parameter{strings.TrimSpace(value), file})
		}
	}
	return found, lines.Err()
}
