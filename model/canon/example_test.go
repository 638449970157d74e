package canon_test

import (
	"fmt"

	"rollcall/model/canon"
)

// The same account gives the same bytes and the same fingerprint, in whatever order
// it was sent, and without its secrets. A volatile member changes no fingerprint.
func ExampleCanonicalizer() {
	var secrets canon.Secrets
	secrets.Add("PT0123456789abcdef")
	rules := canon.NewRules([]string{"sso"}, []string{"credit"}, []string{"tags"}).WithSecrets(&secrets)
	c := canon.New(rules)
	for _, raw := range []string{
		`{"name": "Acme", "tags": ["b", "a"], "credit": 1e2, "auth_token": "x", "sso": "y"}`,
		`{"tags":["a","b"], "credit":7, "name":"Acme"}`,
		`{"name":"Acme", "url":"https://user:pw@h/?token=x", "note":"uses PT0123456789abcdef"}`,
	} {
		payload, err := c.Append(nil, []byte(raw))
		if err != nil {
			fmt.Println(err)
			return
		}
		fingerprint := c.Fingerprint(payload, canon.Facts{Provider: "agendize", Mapping: 1})
		fmt.Printf("%x %s\n", fingerprint[:3], payload)
	}
	// Output:
	// b96d50 {"name":"Acme","tags":["a","b"],"credit":100}
	// b96d50 {"name":"Acme","tags":["a","b"],"credit":7}
	// 5ce978 {"url":"https://h/?token=[redacted]","name":"Acme","note":"uses [redacted]"}
}
