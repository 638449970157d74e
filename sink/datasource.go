package sink

import (
	"fmt"
	"net"
	"net/netip"
	"os"
	"os/user"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/lib/pq"
)

// A target is the database that a URL and the environment name.
type target struct {
	config pq.Config
	where  string        // its name and hosts, for errors: without user and password
	limit  time.Duration // of one attempt to open a session, over all hosts
}

// dataSource reads a URL and completes it from the environment, as libpq does.
// Nothing here asks the server.
func dataSource(databaseURL string, environ []string) (target, error) {
	p, err := collect(databaseURL, environ)
	if err != nil {
		return target{}, err
	}
	c := pq.Config{
		Database: p["dbname"].value, User: p["user"].value, Password: p["password"].value, Passfile: p["passfile"].value,
		Options: p["options"].value, ApplicationName: "rollcall",
		SSLCert: p["sslcert"].value, SSLKey: p["sslkey"].value, SSLRootCert: p["sslrootcert"].value,
		KrbSrvname: p["krbsrvname"].value, KrbSpn: p["krbspn"].value, Runtime: make(map[string]string),
	}
	for _, name := range []string{"fallback_application_name", "application_name"} {
		if v := p[name].value; v != "" {
			c.ApplicationName = v
		}
	}
	if c.User == "" {
		if u, err := user.Current(); err == nil {
			c.User = u.Username
		}
	}
	for _, step := range []func(*pq.Config) error{p.hosts, p.words, p.numbers, p.encrypt} {
		if err := step(&c); err != nil {
			return target{}, err
		}
	}
	for name, v := range p {
		if !known[name] {
			c.Runtime[name] = v.value
		}
	}
	pin(&c)
	return target{c, fmt.Sprintf("%q at %s", c.Database, addresses(c)), c.ConnectTimeout * time.Duration(1+len(c.Multi))}, nil
}

// hosts reads the servers to try, in their order.
func (p parameters) hosts(c *pq.Config) error {
	hosts, addresses, ports := items(p["host"]), items(p["hostaddr"]), items(p["port"])
	n := max(1, len(hosts), len(addresses))
	if len(hosts) > 0 && len(addresses) > 0 && len(hosts) != len(addresses) {
		return p.wrong("hostaddr", "must have as many addresses as there are hosts")
	}
	if len(ports) > 1 && len(ports) != n {
		return p.wrong("port", noPort)
	}
	for i := range n {
		m := pq.ConfigMultihost{Port: 5432}
		if text := nth(ports, min(i, max(0, len(ports)-1))); text != "" {
			port, err := strconv.ParseUint(text, 10, 16)
			if err != nil || port == 0 {
				return p.wrong("port", noPort)
			}
			m.Port = uint16(port)
		}
		if m.Host = nth(hosts, i); m.Host == "" {
			m.Host = defaultHost(m.Port)
		}
		if text := nth(addresses, i); text != "" {
			var err error
			if m.Hostaddr, err = netip.ParseAddr(text); err != nil {
				return p.wrong("hostaddr", "must have IP addresses")
			}
			if nth(hosts, i) == "" {
				m.Host = text
			}
		}
		if i == 0 {
			c.Host, c.Hostaddr, c.Port = m.Host, m.Hostaddr, m.Port
		} else {
			c.Multi = append(c.Multi, m)
		}
	}
	return nil
}

// items are those of a list; an item may be empty.
func items(v parameter) []string {
	if v.value == "" {
		return nil
	}
	return strings.Split(v.value, ",")
}

func nth(list []string, i int) string {
	if i < len(list) {
		return strings.TrimSpace(list[i])
	}
	return ""
}

// defaultHost is the default of psql: a socket in the folder that it was built
// with, else this machine.
func defaultHost(port uint16) string {
	for _, dir := range []string{"/var/run/postgresql", "/tmp"} {
		if _, err := os.Stat(filepath.Join(dir, fmt.Sprintf(".s.PGSQL.%d", port))); err == nil {
			return dir
		}
	}
	return "localhost"
}

// words reads the parameters with a fixed set of values.
func (p parameters) words(c *pq.Config) error {
	versions := []string{"TLSv1", "TLSv1.0", "TLSv1.1", "TLSv1.2", "TLSv1.3"}
	protocols := []string{"3.0", "3.2", "latest"}
	c.MinProtocolVersion, c.MaxProtocolVersion = pq.ProtocolVersion30, pq.ProtocolVersion30
	for _, w := range []struct {
		name  string
		words []string
		set   func(string)
	}{
		{"sslmode", []string{"disable", "allow", "prefer", "require", "verify-ca", "verify-full"}, func(v string) { c.SSLMode = pq.SSLMode(v) }},
		{"sslnegotiation", []string{"postgres", "direct"}, func(v string) { c.SSLNegotiation = pq.SSLNegotiation(v) }},
		{"target_session_attrs", []string{"any", "read-write", "read-only", "primary", "standby", "prefer-standby"}, func(v string) { c.TargetSessionAttrs = pq.TargetSessionAttrs(v) }},
		{"load_balance_hosts", []string{"disable", "random"}, func(v string) { c.LoadBalanceHosts = pq.LoadBalanceHosts(v) }},
		{"ssl_min_protocol_version", versions, func(v string) { c.SSLMinProtocolVersion = tlsVersion(v) }},
		{"ssl_max_protocol_version", versions, func(v string) { c.SSLMaxProtocolVersion = tlsVersion(v) }},
		{"min_protocol_version", protocols, func(v string) { c.MinProtocolVersion = pq.ProtocolVersion(v) }},
		{"max_protocol_version", protocols, func(v string) { c.MaxProtocolVersion = pq.ProtocolVersion(v) }},
	} {
		v := p[w.name].value
		if v == "" {
			continue
		}
		if !slices.Contains(w.words, v) {
			return p.wrong(w.name, "must be one of "+strings.Join(w.words, ", "))
		}
		w.set(v)
	}
	return nil
}

// tlsVersion is a version in the driver's spelling.
func tlsVersion(text string) pq.SSLProtocolVersion {
	if text == "TLSv1" {
		return pq.SSLProtocolVersionTLS10
	}
	return pq.SSLProtocolVersion(text)
}

// numbers reads times and switches.
func (p parameters) numbers(c *pq.Config) error {
	c.ConnectTimeout = connectTimeout
	if v := p["connect_timeout"].value; v != "" {
		const longest = 1 << 20 // seconds
		n, err := strconv.Atoi(v)
		if err != nil || n > longest {
			return p.wrong("connect_timeout", "must be a number of seconds")
		}
		if n > 0 { // 0 means no limit to libpq; here it is the default
			c.ConnectTimeout = time.Duration(n) * time.Second
		}
	}
	c.SSLSNI = true
	if v := p["sslsni"].value; v != "" {
		c.SSLSNI = strings.HasPrefix(v, "1")
	}
	for name, field := range map[string]*bool{"sslinline": &c.SSLInline, "binary_parameters": &c.BinaryParameters} {
		v := p[name].value
		if *field = v == "yes" || v == "true" || v == "on" || v == "1"; !*field && v != "" && !slices.Contains([]string{"no", "false", "off", "0"}, v) {
			return p.wrong(name, "must be yes or no")
		}
	}
	return nil
}

// encrypt completes how sessions are encrypted: never less than was configured.
func (p parameters) encrypt(c *pq.Config) error {
	if c.SSLMode == "" {
		c.SSLMode = pq.SSLModePrefer // psql's default; the driver's own is require
		if c.SSLRootCert == "system" {
			c.SSLMode = pq.SSLModeVerifyFull
		}
	}
	if sockets(*c) {
		c.SSLMode = pq.SSLModeDisable // a socket of this machine has no encryption
		return nil
	}
	weak := slices.Contains([]pq.SSLMode{pq.SSLModeDisable, pq.SSLModeAllow, pq.SSLModePrefer}, c.SSLMode)
	switch {
	case c.SSLNegotiation == pq.SSLNegotiationDirect && weak:
		return p.wrong("sslnegotiation", "needs sslmode require, verify-ca or verify-full")
	case c.SSLRootCert == "system" && c.SSLMode != pq.SSLModeVerifyFull:
		return p.wrong("sslrootcert", "is system, which needs sslmode verify-full")
	case c.SSLMode == pq.SSLModeDisable || c.SSLInline:
		return nil
	}
	if c.SSLRootCert == "" && c.SSLMode == pq.SSLModeVerifyCA {
		home, _ := os.UserHomeDir()
		if _, err := os.Stat(filepath.Join(home, ".postgresql", "root.crt")); err != nil {
			return p.wrong("sslmode", "is verify-ca, which needs sslrootcert")
		}
	}
	// The driver ignores a missing file, and then verifies nothing.
	for _, name := range []string{"sslrootcert", "sslcert", "sslkey"} {
		path := p[name].value
		if path == "" || path == "system" {
			continue
		}
		f, err := os.Open(path)
		if err != nil {
			return p.wrong(name, fmt.Sprintf("cannot be read: %v", err))
		}
		_ = f.Close() // nothing was written
	}
	return nil
}

// sockets reports whether all hosts are sockets of this machine.
func sockets(c pq.Config) bool {
	local := func(host string, address netip.Addr) bool {
		return !address.IsValid() && (filepath.IsAbs(host) || strings.HasPrefix(host, "@"))
	}
	return local(c.Host, c.Hostaddr) && !slices.ContainsFunc(c.Multi, func(m pq.ConfigMultihost) bool { return !local(m.Host, m.Hostaddr) })
}

// addresses are the hosts with their ports.
func addresses(c pq.Config) string {
	var list []string
	for _, m := range append([]pq.ConfigMultihost{{Host: c.Host, Port: c.Port}}, c.Multi...) {
		if filepath.IsAbs(m.Host) {
			list = append(list, m.Host)
		} else {
			list = append(list, net.JoinHostPort(m.Host, strconv.Itoa(int(m.Port))))
		}
	}
	return strings.Join(list, ",")
}
