package sink

import (
	"net/url"
	"strings"
	"unicode"
)

// Reasons why a URL is refused. None repeats a part of it: with a character that
// is not escaped, any part of it may be one of the password.
const (
	notAURL    = "must be a URL such as postgres://user:password@host:5432/database, or embedded"
	notEscaped = "has a character that is not escaped: in the user, the password and the database's name write @ as %40, / as %2F, # as %23, % as %25 and a space as %20"
	notNamed   = "has a parameter without a name or a value: write them as ?name=value&name=value"
	noPort     = "must have a port from 1 to 65535 for each host, or one for all"
	noBracket  = "must have an IPv6 address in brackets, such as [::1]:5432"
)

// parseURL reads a URL the way libpq does: several hosts, %2F for a socket's
// folder, parameters. It refuses what could show a part of the password.
func parseURL(text string) (map[string]string, error) {
	scheme, rest, ok := strings.Cut(text, "://")
	if !ok || scheme != "postgres" && scheme != "postgresql" {
		return nil, &parameterError{Reason: notAURL}
	}
	if strings.ContainsFunc(rest, func(r rune) bool { return r == '#' || unicode.IsSpace(r) || unicode.IsControl(r) }) {
		return nil, &parameterError{Reason: notEscaped}
	}
	found := make(map[string]string)
	if at := strings.IndexAny(rest, "@/"); at >= 0 && rest[at] == '@' {
		found["user"], found["password"], _ = strings.Cut(rest[:at], ":")
		rest = rest[at+1:]
	}
	rest, query, _ := strings.Cut(rest, "?")
	hosts, database, _ := strings.Cut(rest, "/")
	if strings.Contains(rest, "@") {
		return nil, &parameterError{Reason: notEscaped}
	}
	found["dbname"] = database
	var err error
	if found["host"], found["port"], err = splitHosts(hosts); err != nil {
		return nil, err
	}
	for name, value := range found {
		if value == "" {
			delete(found, name)
		} else if found[name], err = unescape(value); err != nil {
			return nil, err
		}
	}
	return found, addQuery(found, query)
}

// splitHosts separates the hosts of a list from their ports.
func splitHosts(list string) (hosts, ports string, err error) {
	var names, numbers []string
	for item := range strings.SplitSeq(list, ",") {
		name, port, _ := strings.Cut(item, ":")
		if inside, bracketed := strings.CutPrefix(item, "["); bracketed {
			if name, port, bracketed = strings.Cut(inside, "]"); !bracketed || port != "" && port[0] != ':' {
				return "", "", &parameterError{Reason: noBracket}
			}
			port = strings.TrimPrefix(port, ":")
		}
		names, numbers = append(names, name), append(numbers, port)
	}
	ports = strings.Join(numbers, ",")
	if strings.Trim(ports, ",") == "" {
		ports = "" // the default, or PGPORT
	}
	return strings.Join(names, ","), ports, nil
}

// addQuery adds the parameters after the question mark; of two with one name
// the last one counts.
func addQuery(found map[string]string, query string) error {
	for pair := range strings.SplitSeq(query, "&") {
		if pair == "" {
			continue
		}
		name, value, ok := strings.Cut(pair, "=")
		if !ok || name == "" {
			return &parameterError{Reason: notNamed}
		}
		if strings.Contains(name, "@") || strings.Contains(value, "@") && !known[name] {
			return &parameterError{Reason: notEscaped}
		}
		var err error
		if name, err = unescape(name); err != nil {
			return err
		}
		if value, err = unescape(value); err != nil {
			return err
		}
		switch {
		case name == "ssl" && value == "true": // as JDBC has it
			name, value = "sslmode", "require"
		case name == "database": // as the driver has it
			name = "dbname"
		}
		found[name] = value
	}
	return nil
}

// unescape replaces % and two hex digits. A NUL ends a text of the protocol.
func unescape(text string) (string, error) {
	plain, err := url.PathUnescape(text)
	if err != nil || strings.Contains(plain, "\x00") {
		return "", &parameterError{Reason: notEscaped}
	}
	return plain, nil
}
