package simulate

import (
	"context"
	"io"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"
)

func faultyServer(t *testing.T) *Server {
	return Run(t, &SignalWire{Accounts: populated(6, Shape{ID: UUID, Levels: 2}), Project: "p", Token: "t"})
}

func TestStatusFaults(t *testing.T) {
	server := faultyServer(t)
	url := server.URL + signalWirePath
	rule := server.On(Listing).Skip(1).Do(Status(503), Pass, Throttle("7"), Throttle(""), ThrottleUntil(time.Hour), Echo(500))
	for i, want := range []int{200, 503, 200, 429, 429, 429, 500, 200} {
		status, body, header := get(t, url, signalWireAuth...)
		equal(t, "status", status, want)
		switch i {
		case 1:
			equal(t, "code", decode(t, body)["code"], any(20500.0))
		case 3:
			equal(t, "Retry-After", header.Get("Retry-After"), "7")
		case 4:
			equal(t, "Retry-After", header.Get("Retry-After"), "")
		case 5:
			if _, err := http.ParseTime(header.Get("Retry-After")); err != nil {
				t.Error(err)
			}
		case 6:
			equal(t, "password", decode(t, body)["password"], any("t"))
		}
	}
	equal(t, "fired", rule.Fired(), 6)
	equal(t, "throttled", server.Fired()["throttle"], 3)
}

func TestRulesNestAndEnd(t *testing.T) {
	server := faultyServer(t)
	slow := server.On(Any).Times(2).Do(Latency(time.Millisecond))
	broken := server.On(Path("Accounts")).Do(Status(502))
	for _, want := range []int{502, 502, 502} {
		status, _, _ := get(t, server.URL+signalWirePath, signalWireAuth...)
		equal(t, "status", status, want)
	}
	equal(t, "slow", slow.Fired(), 2)
	broken.Stop()
	status, _, _ := get(t, server.URL+signalWirePath, signalWireAuth...)
	equal(t, "stopped", status, 200)
	server.On(Any).Do(Status(500))
	server.Clear()
	status, _, _ = get(t, server.URL+signalWirePath, signalWireAuth...)
	equal(t, "cleared", status, 200)
}

func TestConnectionFaults(t *testing.T) {
	server := faultyServer(t)
	server.On(Any).Do(Cut(), CutBody())
	for _, want := range []string{"EOF", "unexpected EOF"} {
		req, _ := http.NewRequestWithContext(t.Context(), http.MethodGet, server.URL+signalWirePath, nil)
		req.SetBasicAuth("p", "t")
		resp, err := (&http.Transport{DisableKeepAlives: true}).RoundTrip(req)
		if err == nil {
			_, err = io.ReadAll(resp.Body)
			resp.Body.Close()
		}
		if err == nil || !strings.HasSuffix(err.Error(), want) {
			t.Errorf("got %v, want %s", err, want)
		}
	}
}

func TestHangEndsWithTheClient(t *testing.T) {
	server := faultyServer(t)
	ctx, cancel := context.WithCancel(t.Context())
	server.On(Any).Do(Call(cancel))
	server.On(Any).Do(Stall())
	req, _ := http.NewRequestWithContext(ctx, http.MethodGet, server.URL, nil)
	if resp, err := http.DefaultClient.Do(req); err == nil {
		resp.Body.Close()
		t.Error("a stalled request was answered")
	}
	server.wait() // for ever, if the handler were still stalled
}

func TestGate(t *testing.T) {
	server := faultyServer(t)
	gate := NewGate()
	server.On(Any).Times(1).Do(gate.Hold())
	done := make(chan int)
	go func() {
		status, _, _ := get(t, server.URL+signalWirePath, signalWireAuth...)
		done <- status
	}()
	<-gate.Reached()
	equal(t, "in flight", server.Peak(), 1)
	gate.Open()
	equal(t, "status", <-done, 200)
}

func TestBodyFaults(t *testing.T) {
	server := faultyServer(t)
	elsewhere := Elsewhere(t)
	for _, c := range []struct {
		action Action
		want   string
	}{
		{HTML(), "<!doctype html>"},
		{Body("{}"), "{}"},
		{Body("null"), "null"},
		{NextIs(elsewhere.URL), `"next_page_uri":"` + elsewhere.URL + `"`},
		{NextIsSelf(), `"next_page_uri":"` + signalWirePath + `?PageSize=2"`},
		{NoList(), `"accounts":null`},
		{EmptyList(), `"next_page_uri":null`},
	} {
		server.Clear()
		server.On(Any).Do(c.action)
		_, body, _ := get(t, server.URL+signalWirePath+"?PageSize=2", signalWireAuth...)
		if !strings.Contains(body, c.want) {
			t.Errorf("%s: %.400s lacks %s", c.action.Name, body, c.want)
		}
		equal(t, c.action.Name, server.Fired()[c.action.Name], 1)
	}
	server.Clear()
	server.On(Any).Do(Redirect(elsewhere.URL))
	status, _, header := get(t, server.URL+signalWirePath, signalWireAuth...)
	equal(t, "redirect", status, 302)
	equal(t, "to", header.Get("Location"), elsewhere.URL+signalWirePath)
	equal(t, "visits", elsewhere.Requests(), 0)
}

func TestGzipCutIsNoticed(t *testing.T) {
	server := faultyServer(t)
	server.On(Any).Do(GzipCut())
	req, _ := http.NewRequestWithContext(t.Context(), http.MethodGet, server.URL+signalWirePath, nil)
	req.SetBasicAuth("p", "t")
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	if _, err := io.ReadAll(resp.Body); err == nil {
		t.Error("half of a compressed body was read without an error")
	}
}

func TestOddsDependOnTheRequestAlone(t *testing.T) {
	outcome := func() string {
		server := faultyServer(t)
		server.On(Any).Odds(3, 0.5, 2).Do(Status(500), Status(503))
		var got strings.Builder
		for range 3 {
			for _, q := range []string{"", "?PageSize=1", "?PageSize=2"} {
				status, _, _ := get(t, server.URL+signalWirePath+q, signalWireAuth...)
				got.WriteString(http.StatusText(status) + ",")
			}
		}
		return got.String()
	}
	first := outcome()
	equal(t, "second time", outcome(), first)
	if !strings.Contains(first, "OK") || !strings.Contains(first, "Internal") {
		t.Errorf("one-sided dice: %s", first)
	}
}

func TestOnlyReadingIsAllowed(t *testing.T) {
	server := faultyServer(t)
	for _, method := range []string{"POST", "DELETE", "PUT", "HEAD"} {
		status, _, _ := ask(t, method, server.URL+signalWirePath, "", signalWireAuth...)
		equal(t, method, status, 405)
	}
	equal(t, "violations", len(server.Violations()), 4)
	equal(t, "route", server.Routes()["PUT "+signalWirePath], 1)
}

func TestStats(t *testing.T) {
	server := faultyServer(t)
	var group sync.WaitGroup
	for range 4 {
		group.Go(func() {
			for range 300 {
				req, _ := http.NewRequest(http.MethodGet, server.URL+signalWirePath+"/none", nil)
				req.SetBasicAuth("p", "t")
				server.ServeHTTP(&recorder{header: http.Header{}}, req)
			}
		})
	}
	group.Wait()
	equal(t, "requests", server.Requests(), 1200)
	equal(t, "route", server.Routes()["GET "+signalWirePath+"/{id}"], 1200)
	if p := server.Peak(); p < 1 || p > 4 {
		t.Errorf("peak %d", p)
	}
	server.ResetStats()
	equal(t, "requests", server.Requests(), 0)
}
