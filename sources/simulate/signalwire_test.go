package simulate

import (
	"encoding/base64"
	"encoding/json"
	"slices"
	"testing"
	"time"
)

var signalWireAuth = []string{"Authorization", "Basic " + base64.StdEncoding.EncodeToString([]byte("p:t"))}

// The account of the SignalWire reference, and what the providers' page adds.
const signalWireSample = `{
"auth_token": "PTs3cr3tb3877c40-da60-4998-90ad-b792e98472af",
"date_created": "Sat, 15 Sept 2018 10:00:00 +0000",
"date_updated": "Sun, 16 Sept 2018 20:00:00 +0000",
"friendly_name": "My Project",
"owner_account_sid": "b3877c40-da60-4998-90ad-b792e98472af",
"region_preference": "us",
"sid": "b3877c40-da60-4998-90ad-b792e98472af",
"signing_key": "PSKs3cr3tb3877c40-da60-4998-90ad-b792e98472af",
"status": "active",
"subproject": false,
"subresource_uris": {
"available_phone_numbers": "/api/laml/2010-04-01/Accounts/b3877c40-da60-4998-90ad-b792e98472af/AvailablePhoneNumbers.json",
"calls": "/api/laml/2010-04-01/Accounts/b3877c40-da60-4998-90ad-b792e98472af/Calls.json",
"conferences": "/api/laml/2010-04-01/Accounts/b3877c40-da60-4998-90ad-b792e98472af/Conferences.json",
"incoming_phone_numbers": "/api/laml/2010-04-01/Accounts/b3877c40-da60-4998-90ad-b792e98472af/IncomingPhoneNumbers.json",
"notifications": null,
"outgoing_caller_ids": "/api/laml/2010-04-01/Accounts/b3877c40-da60-4998-90ad-b792e98472af/OutgoingCallerIds.json",
"recordings": "/api/laml/2010-04-01/Accounts/b3877c40-da60-4998-90ad-b792e98472af/Recordings.json",
"transcriptions": "/api/laml/2010-04-01/Accounts/b3877c40-da60-4998-90ad-b792e98472af/Transcriptions.json",
"addresses": null,
"signing_keys": null,
"connect_apps": null,
"sip": null,
"authorized_connect_apps": null,
"usage": null,
"keys": null,
"applications": "/api/laml/2010-04-01/Accounts/b3877c40-da60-4998-90ad-b792e98472af/Applications.json",
"short_codes": null,
"queues": "/api/laml/2010-04-01/Accounts/b3877c40-da60-4998-90ad-b792e98472af/Queues.json",
"messages": "/api/laml/2010-04-01/Accounts/b3877c40-da60-4998-90ad-b792e98472af/Messages.json"
},
"type": "Full",
"uri": "/api/laml/2010-04-01/Accounts/b3877c40-da60-4998-90ad-b792e98472af.json"
}`

func TestSignalWireRendersTheReference(t *testing.T) {
	got := decode(t, string(RenderSignalWire(Account{
		ID: "b3877c40-da60-4998-90ad-b792e98472af", Name: "My Project", Status: Active, Kind: "Full",
		Created: time.Date(2018, 9, 15, 10, 0, 0, 0, time.UTC), Updated: time.Date(2018, 9, 16, 20, 0, 0, 0, time.UTC),
	})))
	a, _ := json.MarshalIndent(got, "", " ")
	b, _ := json.MarshalIndent(decode(t, signalWireSample), "", " ")
	equal(t, "account", string(a), string(b))
}

func TestSignalWirePages(t *testing.T) {
	world := populated(23, Shape{ID: UUID, Levels: 2})
	server := Run(t, &SignalWire{Accounts: world, Project: "p", Token: "t"})
	for _, path := range []string{signalWirePath, signalWirePath + ".json", twilioPath + ".json"} {
		var sids, previous []string
		for link := path + "?PageSize=10"; link != ""; {
			page := must(t, 200)(get(t, server.URL+link, signalWireAuth...))
			wantKeys(t, page, "accounts", "page", "page_size", "uri", "first_page_uri", "next_page_uri", "previous_page_uri")
			sids = append(sids, column(page["accounts"], "sid")...)
			back, _ := page["previous_page_uri"].(string)
			previous = append(previous, back)
			link, _ = page["next_page_uri"].(string)
		}
		var want []string
		for _, a := range world.Snapshot() {
			want = append(want, a.ID)
		}
		if !slices.Equal(sids, want) {
			t.Errorf("%s: got %v, want %v", path, sids, want)
		}
		back := must(t, 200)(get(t, server.URL+previous[2], signalWireAuth...))
		if got := column(back["accounts"], "sid"); !slices.Equal(got, want[10:20]) {
			t.Errorf("%s: the page before the last is %v, want %v", path, got, want[10:20])
		}
	}
}

func TestSignalWirePageSizes(t *testing.T) {
	server := Run(t, &SignalWire{Accounts: &Lazy{N: 1200, UUID: true}, Project: "p", Token: "t"})
	for query, want := range map[string]int{"": 50, "?PageSize=7": 7, "?PageSize=5000": 1000} {
		page := must(t, 200)(get(t, server.URL+signalWirePath+query, signalWireAuth...))
		equal(t, "accounts of "+query, len(page["accounts"].([]any)), want)
	}
}

func TestSignalWireSubprojects(t *testing.T) {
	world := NewWorld(Account{ID: "root"}, Account{ID: "sub", Parent: "root"})
	server := Run(t, &SignalWire{Accounts: world, Project: "p", Token: "t"})
	for _, path := range []string{"/sub", "/sub.json"} {
		sub := must(t, 200)(get(t, server.URL+signalWirePath+path, signalWireAuth...))
		equal(t, "owner", sub["owner_account_sid"], any("root"))
		equal(t, "subproject", sub["subproject"], any(true))
	}
}

func TestSignalWireErrors(t *testing.T) {
	server := Run(t, &SignalWire{Accounts: populated(3, Shape{ID: UUID}), Project: "p", Token: "t"})
	for _, c := range []struct {
		path   string
		auth   []string
		status int
		code   float64
	}{
		{signalWirePath, nil, 401, 20003},
		{signalWirePath + "/none", signalWireAuth, 404, 20404},
		{signalWirePath + "?Page=2", signalWireAuth, 400, 70002},
		{signalWirePath + "?Page=2&PageToken=XX", signalWireAuth, 400, 20001},
		{"/elsewhere", signalWireAuth, 404, 20404},
	} {
		body := must(t, c.status)(get(t, server.URL+c.path, c.auth...))
		equal(t, c.path, body["code"], any(c.code))
		equal(t, c.path, body["status"], any(float64(c.status)))
	}
	_, body, _ := get(t, server.URL+twilioPath, signalWireAuth...)
	equal(t, "Twilio without .json", body[:5], "<?xml")
}

func TestExtraReplacesFields(t *testing.T) {
	a := Account{ID: "a", Name: "b", Extra: map[string]any{"status": "hibernating", "friendly_name": Raw("42"), "more": 1}}
	got := decode(t, string(RenderSignalWire(a)))
	equal(t, "status", got["status"], any("hibernating"))
	equal(t, "friendly_name", got["friendly_name"], any(42.0))
	equal(t, "more", got["more"], any(1.0))
}
