package main

import (
	"cmp"
	"context"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"time"

	"github.com/spf13/cobra"

	"rollcall/sources/env"
)

// healthTimeout is how long serve may take to answer: a probe of Docker or
// Kubernetes waits no longer either.
const healthTimeout = 3 * time.Second

func healthcheckCommand(a *app) *cobra.Command {
	return &cobra.Command{
		Use:   "healthcheck",
		Short: "Check that a running serve is alive",
		Long: `Ask serve on ROLLCALL_ADDR for /healthz, and exit with status 0 if it is
alive: the probe of a container without a shell.`,
		Example: "  rollcall healthcheck",
		Args:    noArguments,
		RunE:    a.does(func(ctx context.Context, _ []string) error { return a.healthcheck(ctx) }),
	}
}

func (a *app) healthcheck(ctx context.Context) error {
	// It reads nothing else of the environment: a probe must not warn each time.
	var cfg struct {
		Addr address `env:"ROLLCALL_ADDR, default=:8080"`
	}
	if problems := env.Decode(ctx, a.env, "", &cfg); len(problems) > 0 {
		return &env.Error{Problems: problems}
	}
	ctx, cancel := context.WithTimeout(ctx, healthTimeout)
	defer cancel()
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+reachable(string(cfg.Addr))+"/healthz", nil)
	if err != nil {
		return err
	}
	// Not the default client: what listens here is not behind a proxy.
	client := http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	res, err := client.Do(r)
	if err != nil {
		return fmt.Errorf("serve does not answer on ROLLCALL_ADDR: %w; is it running?", err)
	}
	defer func() { _ = res.Body.Close() }()
	if res.StatusCode != http.StatusOK {
		return fmt.Errorf("serve is unhealthy: %s", res.Status)
	}
	return nil
}

// reachable returns the address for reaching a listener on addr from this machine.
func reachable(addr string) string {
	host, port, _ := net.SplitHostPort(addr)
	if ip, err := netip.ParseAddr(host); err == nil && ip.IsUnspecified() {
		host = map[bool]string{true: "127.0.0.1", false: "::1"}[ip.Is4()]
	}
	return net.JoinHostPort(cmp.Or(host, "127.0.0.1"), port)
}
