package simulate

import (
	"encoding/json"
	"maps"
	"slices"
	"strings"
	"testing"
)

// servers answers one of each dialect over three accounts, with the URL of its
// listing and the credentials.
func listings(t *testing.T) map[string]struct {
	server *Server
	url    string
	auth   []string
} {
	world := NewWorld(Account{ID: "top", Name: "Top"})
	for _, id := range []string{"a", "b", "c"} {
		world.Put(Account{ID: id, Parent: "top", Name: "Name " + id, Status: Active, Created: inventedEpoch})
	}
	out := map[string]struct {
		server *Server
		url    string
		auth   []string
	}{}
	add := func(name string, s *Server, path string, auth []string) {
		out[name] = struct {
			server *Server
			url    string
			auth   []string
		}{s, s.URL + path, auth}
	}
	add("signalwire", Run(t, &SignalWire{Accounts: world, Project: "p", Token: "t"}), signalWirePath, signalWireAuth)
	add("agendize", Run(t, &Agendize{Accounts: world, APIKey: "k", Token: "t"}), agendizePath, agendizeAuth)
	add("backstack", Run(t, &Backstack{Accounts: world, AppKey: "app", Wrap: Payload, Sessions: map[string]string{"s": "top"}}),
		backstackNetworks, backstackAuth("s"))
	add("kazoo", Run(t, &Kazoo{Accounts: world, Root: "top", Token: "t"}), "/v2/accounts/top/descendants", kazooAuth)
	return out
}

func TestListFaultsInEveryDialect(t *testing.T) {
	for name, l := range listings(t) {
		ids := func() string {
			_, body, _ := get(t, l.url, l.auth...)
			var got []string
			for _, item := range innermost(t, body).Items {
				if id := idOf(item); id != "top" {
					got = append(got, id)
				}
			}
			return strings.Join(got, " ")
		}
		for _, c := range []struct {
			action Action
			want   string
		}{
			{Pass, "a b c"},
			{Without("b"), "a c"},
			{EmptyList(), ""},
		} {
			rule := l.server.On(Listing).Do(c.action)
			equal(t, name+": "+c.action.Name, ids(), c.want)
			equal(t, name+": fired", rule.Fired(), 1)
			rule.Stop()
		}
		l.server.On(Listing).Do(Repeat(2))
		equal(t, name+": first page", ids(), "a b c")
		equal(t, name+": repeated rows", ids(), "b c a b c")
	}
}

func innermost(t *testing.T, body string) *Envelope {
	t.Helper()
	e := parseEnvelope([]byte(body))
	if e == nil {
		t.Fatalf("no envelope: %.300s", body)
	}
	for e.inner != nil {
		e = e.inner
	}
	return e
}

func TestBrokenRecordsInEveryDialect(t *testing.T) {
	for name, l := range listings(t) {
		_, sound, _ := get(t, l.url, l.auth...)
		for _, b := range slices.AppendSeq([]Break{NullRecord, StringRecord}, maps.Keys(breaks())) {
			if b == HugeRecord && name != "signalwire" {
				continue // slow to decode, and the same in all
			}
			rule := l.server.On(Any).Do(BreakRecords(b, "b"))
			_, body, _ := get(t, l.url, l.auth...)
			rule.Stop()
			items := innermost(t, body).Items
			if !json.Valid([]byte(body)) {
				t.Errorf("%s: %s: not JSON", name, b)
			}
			before := innermost(t, sound).Items
			at := slices.IndexFunc(before, func(item []byte) bool { return idOf(item) == "b" })
			// Networks and Kazoo's lists name neither status nor date.
			can := !(name == "backstack" || name == "kazoo") || b != UnknownStatus && b != BadDate
			if same := string(items[at]) == string(before[at]); same && can {
				t.Errorf("%s: %s: the record is sound", name, b)
			}
			equal(t, name+": "+string(b)+": its neighbour", idOf(items[at+1]), "c")
		}
	}
}

func TestBrokenSingleRecord(t *testing.T) {
	l := listings(t)["kazoo"]
	l.server.On(Any).Do(BreakRecords(UnknownStatus, "b"))
	url := strings.Replace(l.url, "top/descendants", "b", 1)
	data := must(t, 200)(get(t, url, l.auth...))["data"].(map[string]any)
	equal(t, "enabled", data["enabled"], any("hibernating"))
}

func TestKazooNextRepeats(t *testing.T) {
	l := listings(t)["kazoo"]
	l.server.On(Any).Do(NextIsSelf())
	first := must(t, 200)(get(t, l.url+"?page_size=1", l.auth...))["next_start_key"].(string)
	again := must(t, 200)(get(t, l.url+"?page_size=1&start_key="+first, l.auth...))
	equal(t, "next", again["next_start_key"], any(first))
	equal(t, "page", strings.Join(column(again["data"], "id"), " "), "a")
}
