package main

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"slices"
	"time"

	"github.com/jmoiron/sqlx"
	"golang.org/x/sync/errgroup"

	"rollcall/schedule/pipeline"
	"rollcall/sink"
	"rollcall/sink/admin"
	"rollcall/sources"
	"rollcall/sources/fetch"
)

const (
	// examineTimeout bounds each look at a connection: a person waits for it.
	examineTimeout = 20 * time.Second

	// certificateWarned is how long before its end a certificate is reported.
	certificateWarned = 14 * 24 * time.Hour
)

// examineConnections looks at each connection, ROLLCALL_PARALLEL at a time: whether
// its host is found and trusted, its credential accepted and its accounts listed, and
// whether they are those of before. It writes nothing.
func (a *app) examineConnections(ctx context.Context, cfg *config, db *sqlx.DB) []admin.Finding {
	found := make([][]admin.Finding, len(cfg.connections))
	var group errgroup.Group // without a context: one failure must not cancel the others
	group.SetLimit(cfg.Parallel)
	for i, c := range cfg.connections {
		group.Go(func() error {
			found[i] = a.examineConnection(ctx, c, cfg.log, db)
			return nil
		})
	}
	_ = group.Wait() // no member returns an error
	return slices.Concat(found...)
}

func (a *app) examineConnection(ctx context.Context, c sources.Configured, log *slog.Logger, db *sqlx.DB) (list []admin.Finding) {
	note := func(check, state, detail string) bool {
		list = append(list, admin.Finding{Subject: c.Name, Check: check, State: state, Detail: detail})
		return state != admin.Failed
	}
	if base := c.Base(); base != nil {
		if !note(examineHost(ctx, base)) || !note(examineTLS(ctx, base)) {
			return list
		}
	}
	source, err := a.reopen(ctx, c, log.With("source", c.Name), nil)
	if err != nil {
		note("credential", admin.Failed, err.Error())
		return list
	}
	defer source.Close()
	if !examineListing(ctx, source, note) || db == nil {
		return list
	}
	identity, err := sink.Identity(ctx, db, c.Name)
	switch {
	case err != nil:
		note("identity", admin.Failed, err.Error())
	case identity == "":
		note("identity", admin.OK, "not run before")
	case pipeline.Moved(identity, source.Metadata().Identity):
		note("identity", admin.Warning, fmt.Sprintf("reads the host or provider account %s, but its accounts came from %s: the next sync is applied if at least half of them are listed; check its variables, or, if another one is meant, run rollcall sync %s --allow-deletes",
			source.Metadata().Identity, identity, c.Name))
	default:
		note("identity", admin.OK, "as before")
	}
	return list
}

// proxied reports whether requests go through a proxy, which then looks up the
// host and reaches it.
func proxied(base *url.URL) bool {
	proxy, err := http.ProxyFromEnvironment(&http.Request{URL: base})
	return err == nil && proxy != nil
}

func examineHost(ctx context.Context, base *url.URL) (check, state, detail string) {
	const name = "dns"
	if proxied(base) {
		return name, admin.OK, "left to the proxy"
	}
	ctx, cancel := context.WithTimeout(ctx, examineTimeout)
	defer cancel()
	addresses, err := net.DefaultResolver.LookupHost(ctx, base.Hostname())
	if err != nil {
		return name, admin.Failed, fmt.Sprintf("%s cannot be looked up: check the host in BASE_URL and the name service", base.Hostname())
	}
	return name, admin.OK, fmt.Sprintf("%s is %s", base.Hostname(), addresses[0])
}

func examineTLS(ctx context.Context, base *url.URL) (check, state, detail string) {
	const name = "tls"
	if base.Scheme != "https" {
		return name, admin.OK, "not used on a loopback address"
	}
	if proxied(base) {
		return name, admin.OK, "through the proxy"
	}
	ctx, cancel := context.WithTimeout(ctx, examineTimeout)
	defer cancel()
	port := base.Port()
	if port == "" {
		port = "443"
	}
	dialer := tls.Dialer{Config: &tls.Config{MinVersion: tls.VersionTLS12}}
	conn, err := dialer.DialContext(ctx, "tcp", net.JoinHostPort(base.Hostname(), port))
	if err != nil {
		return name, admin.Failed, fmt.Sprintf("%v: check BASE_URL, the network and the certificates that this machine trusts (SSL_CERT_FILE)", err)
	}
	defer func() { _ = conn.Close() }()
	ends := conn.(*tls.Conn).ConnectionState().PeerCertificates[0].NotAfter
	if left := time.Until(ends); left < certificateWarned {
		return name, admin.Warning, fmt.Sprintf("the provider's certificate ends on %s: runs fail from then on, unless it is renewed", ends.UTC().Format(time.DateOnly))
	}
	return name, admin.OK, "the certificate is good until " + ends.UTC().Format(time.DateOnly)
}

// examineListing makes one cheap request, or a few where that is what a
// provider's listing begins with.
func examineListing(ctx context.Context, source sources.Source, note func(check, state, detail string) bool) bool {
	ctx, cancel := context.WithTimeout(ctx, examineTimeout)
	defer cancel()
	err := probe(ctx, source)
	var part *sources.PartError
	switch status := fetch.Status(err); {
	case err == nil:
		note("credential", admin.OK, "")
		return note("listing", admin.OK, "")
	case status == http.StatusTooManyRequests: // which says nothing of a credential
		return note("listing", admin.Failed, err.Error())
	case errors.As(err, &part):
		return note("credential", admin.Failed, err.Error())
	case status == http.StatusUnauthorized || errors.Is(err, sources.ErrCredential):
		return note("credential", admin.Failed, err.Error())
	case ctx.Err() != nil && !errors.As(err, new(*fetch.ProxyError)):
		return note("listing", admin.Failed, fmt.Sprintf("no answer within %v: try again later, and ask the provider if it lasts", examineTimeout))
	default:
		return note("listing", admin.Failed, err.Error())
	}
}

// probe makes the cheapest request that shows whether the listing can be read.
func probe(ctx context.Context, source sources.Source) error {
	if p, ok := source.(sources.Prober); ok {
		return p.Probe(ctx)
	}
	for _, err := range source.List(ctx, sources.Window{}, "") {
		return err
	}
	return nil
}
