package main

import (
	"bytes"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
)

// A proxy that refuses or is away is named as such, without its password.
func TestProxies(t *testing.T) {
	t.Parallel()
	const password = "pr0xypass"
	url, db := migrated(t)
	var asked atomic.Int32
	refuses := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		asked.Add(1)
		if r.Method != http.MethodConnect || r.Header.Get("Proxy-Authorization") == "" {
			t.Errorf("the proxy got %s without a password", r.Method)
		}
		w.WriteHeader(http.StatusProxyAuthRequired)
	}))
	defer refuses.Close()
	away := httptest.NewServer(nil)
	away.Close()
	for _, c := range []struct {
		proxy, says string
		status      int
	}{
		{strings.Replace(refuses.URL, "//", "//us3r:"+password+"@", 1), "the proxy answered 407 Proxy Authentication Required: check the user and the password in HTTPS_PROXY", exitFailed},
		{strings.Replace(away.URL, "//", "//us3r:"+password+"@", 1), "check HTTPS_PROXY, and whether the proxy is up", exitFailed},
		{"http://us3r:" + password + "#@127.0.0.1:1", "HTTPS_PROXY: must be a URL", exitUsage},
	} {
		env := settle(t, "signalwire", 1, 1).env
		env["DATABASE_URL"], env["C1_BASE_URL"], env["C1_TIMEOUT"] = url, "https://provider.invalid", "1s"
		env["C1_API_TOKEN"], env["C1_PROJECT_ID"] = "a-long-token", "a-project"
		env["HTTPS_PROXY"], env["https_proxy"], env["LOG_LEVEL"] = c.proxy, "", "debug"
		cmd := program(t, "main", environ(env), "sync")
		var said bytes.Buffer
		cmd.Stderr = &said
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		if got := exitCode(t, cmd); got != c.status || !strings.Contains(said.String(), c.says) {
			t.Errorf("exit status %d, want %d and %q:\n%s", got, c.status, c.says, &said)
		}
		if strings.Contains(said.String(), password) {
			t.Errorf("the password of the proxy is shown:\n%s", &said)
		}
	}
	if n := asked.Load(); n != 1 {
		t.Errorf("the proxy that refuses was asked %d times", n)
	}
	if n := count(t, db, `SELECT count(*) FROM directory.runs WHERE status = 'failed' AND error NOT LIKE '%HTTPS\_PROXY%' OR error LIKE '%`+password+`%'`); n > 0 {
		t.Errorf("the errors of %d runs do not name the proxy", n)
	}
}
