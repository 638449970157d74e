package simulate

import (
	"strings"
	"testing"
)

func TestFleet(t *testing.T) {
	fleet, err := Start(200, 1)
	if err != nil {
		t.Fatal(err)
	}
	defer fleet.Close()
	env := fleet.Env()
	total := fleet.SignalWire.Len() + fleet.Agendize.Len() + fleet.Backstack.Len() + fleet.Audian.Len()
	equal(t, "accounts", total, 200)

	must(t, 200)(get(t, env["AGENDIZE_BASE_URL"]+agendizePath, "apiKey", env["AGENDIZE_API_KEY"], "token", env["AGENDIZE_TOKEN"]))
	for _, session := range strings.Split(env["BACKSTACK_SESSIONS"], ",") {
		must(t, 200)(get(t, env["BACKSTACK_BASE_URL"]+"/account",
			"Authorization", "Bearer "+env["BACKSTACK_APP_KEY"], "Cookie", "BackstackJWT="+session))
	}
	status, body, _ := ask(t, "PUT", env["AUDIAN_BASE_URL"]+"/api_auth", `{"data":{"api_key":"`+env["AUDIAN_API_KEY"]+`"}}`)
	equal(t, "login", status, 201)
	token := decode(t, body)["auth_token"].(string)
	must(t, 200)(get(t, env["AUDIAN_BASE_URL"]+"/accounts/"+env["AUDIAN_ACCOUNT_ID"]+"/descendants", "X-Auth-Token", token))

	for name, changes := range fleet.Change(2, 0.1) {
		if len(changes) == 0 {
			t.Errorf("%s did not change", name)
		}
	}
}

func TestSmallestFleet(t *testing.T) {
	fleet, err := Start(1, 1)
	if err != nil {
		t.Fatal(err)
	}
	fleet.Change(1, 1)
	fleet.Close()
}
