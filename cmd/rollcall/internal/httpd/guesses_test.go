package httpd

import (
	"fmt"
	"testing"
)

func TestGuessesKeepsAFewPeers(t *testing.T) {
	t.Parallel()
	g := newGuesses(1)
	for i := range 3 * guessPeers {
		g.count("c1", fmt.Sprint(i))
	}
	if len(g.peers) > guessPeers {
		t.Errorf("%d peers are kept", len(g.peers))
	}
	for remote, want := range map[string]string{
		"192.0.2.1:1234": "192.0.2.1", "[::ffff:192.0.2.1]:1": "192.0.2.1",
		"[2001:db8::1:2:3:4]:1": "2001:db8::/64", "[fe80::1%eth0]:1": "fe80::/64", "@": "@",
	} {
		if got := peerOf(remote); got != want {
			t.Errorf("%s: %s, want %s", remote, got, want)
		}
	}
}
