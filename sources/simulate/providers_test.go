package simulate

import (
	"strings"
	"testing"
)

func TestProviderSet(t *testing.T) {
	set, err := Start(200, 1)
	if err != nil {
		t.Fatal(err)
	}
	defer set.Close()
	env := set.Env()
	total := set.SignalWire.Len() + set.Agendize.Len() + set.Backstack.Len() + set.Audian.Len()
	equal(t, "accounts", total, 200)

	customers := map[string]int{}
	for _, w := range []*World{set.Agendize, set.Backstack, set.Audian} {
		for _, a := range w.Snapshot() {
			customers[a.Email+" "+a.Phone+" "+a.Domain]++
		}
	}
	shared := [4]int{}
	for _, n := range customers {
		shared[n]++
	}
	if shared[2] == 0 || shared[3] == 0 || shared[1] == 0 {
		t.Errorf("customers at one, two and three providers: %v", shared[1:])
	}

	must(t, 200)(get(t, env["AGENDIZE_BASE_URL"]+agendizePath, "apiKey", env["AGENDIZE_API_KEY"], "token", env["AGENDIZE_TOKEN"]))
	for _, session := range strings.Split(env["BACKSTACK_SESSIONS"], ",") {
		must(t, 200)(get(t, env["BACKSTACK_BASE_URL"]+"/account",
			"Authorization", "Bearer "+env["BACKSTACK_APP_KEY"], "Cookie", "BackstackJWT="+session))
	}
	status, body, _ := ask(t, "PUT", env["AUDIAN_BASE_URL"]+"/api_auth", `{"data":{"api_key":"`+env["AUDIAN_API_KEY"]+`"}}`)
	equal(t, "login", status, 201)
	token := decode(t, body)["auth_token"].(string)
	must(t, 200)(get(t, env["AUDIAN_BASE_URL"]+"/accounts/"+env["AUDIAN_ACCOUNT_ID"]+"/descendants", "X-Auth-Token", token))

	for name, changes := range set.Change(2, 0.1) {
		if len(changes) == 0 {
			t.Errorf("%s did not change", name)
		}
	}
}

func TestSmallestProviderSet(t *testing.T) {
	set, err := Start(1, 1)
	if err != nil {
		t.Fatal(err)
	}
	set.Change(1, 1)
	set.Close()
}
