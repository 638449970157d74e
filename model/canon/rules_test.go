package canon

import (
	"encoding/json"
	"fmt"
	"net/url"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

func TestSecretNames(t *testing.T) {
	for _, name := range []string{
		// The providers' own.
		"auth_token", "signing_key", "webhook_secret", "ssoToken", "password", "basicAuth", "oauth2Auth", "refreshToken", "httpRequestHeader",
		"jwt", "BackstackJWT", "backstack_jwt_2", "app_key", "api_key", "apiKey", "credentials", "pvt_md5_auth", "pvt_", "pvt_tree", "X-Auth-Token",
		// In any spelling.
		"authToken", "AUTH-TOKEN", "Auth Token", "auth.token", "auth__token", "authtoken", "aUtH_ToKeN", "auth_token_", "auth\u00adtoken", "auth\ttoken", "auth_token\"", "\\auth_token\n",
		// And what any provider may have.
		"secondary_auth_token", "tokens", "accessTokens", "auth_token_2", "secret1", "password_hash", "passwordSHA256", "hashed_password", "password_md5", "secretValue",
		"passwd", "db_pwd", "passphrase", "client_secret", "secrets", "secret_keys", "private_key", "set-cookie", "Authorization", "encryption_key", "pre_shared_key", "key_of_it", "KeyOfIt",
	} {
		if testRules.trait(canonicalText(name))&secret == 0 {
			t.Errorf("%q is no secret", name)
		}
	}
	for _, name := range []string{
		// SignalWire, Twilio
		"date_created", "friendly_name", "sid", "owner_account_sid", "status", "subresource_uris", "available_phone_numbers", "signing_keys", "keys", "sip",
		"connect_apps", "authorized_connect_apps", "usage", "short_codes", "addresses", "type", "uri", "subproject", "region_preference", "balance",
		// Agendize
		"userName", "firstName", "preferences", "timeZone", "displayName", "resellerId", "domain", "credit", "profile", "tools", "whiteLabel", "logoURL",
		"clientName", "sendSignupEmail", "additionalUsers", "tags", "color", "accessTokenUrl", "signature", "cryptoKeyIds", "authUrl",
		// Backstack
		"account_id", "account_title", "contact_email", "timezone_id", "is_app_account", "domain_id", "version_id", "zip", "state",
		// Kazoo
		"realm", "enabled", "created", "caller_id", "tree", "flags", "reseller_id", "is_reseller", "billing_mode", "superduper_admin", "call_restriction",
		"music_on_hold", "notifications", "blacklists", "trial_time_left", "descendants_count", "dial_plan", "topup", "preflow", "ringtones", "zones",
		// Near a secret, and none.
		"password_changed_at", "token_count", "tokenUrl", "secretary", "passport", "bypass", "compass", "author", "key", "monkey", "pvc", "hash", "digest", "values", "", "s", "1", "-",
	} {
		if got := testRules.trait(canonicalText(name)); got&secret != 0 {
			t.Errorf("%q is a secret", name)
		}
	}
}

// A secret leaves nothing behind, wherever and however it is written.
func TestSecretMembersAreDropped(t *testing.T) {
	canon := New(testRules)
	const marker = "hunter2hunter2"
	rapid.Check(t, func(t *rapid.T) {
		v := objects(3).Draw(t, "object")
		want := write(v, false)
		hide(t, v, rapid.SampledFrom([]string{"auth_token", "authToken", "AUTH-TOKEN", "jwts", "key_of_it", "Key-Of-It", "pvt_a", "a_password", "credentials"}), marker)
		raw := speller{t}.spell(v, false)
		out, err := canon.Append(nil, []byte(raw))
		if err != nil || string(out) != want {
			t.Fatalf("of %s\n got %s, %v\nwant %s", raw, out, err, want)
		}
	})
}

// hide adds a member with such a name to v or to an object within.
func hide(t *rapid.T, v object, names *rapid.Generator[string], marker string) {
	for _, name := range sortedNames(v) {
		if inner, ok := v[name].(object); ok && rapid.Bool().Draw(t, "deeper") {
			hide(t, inner, names, marker)
			return
		}
	}
	v[names.Draw(t, "secret name")] = rapid.SampledFrom([]tree{marker, list{marker}, object{"a": marker, marker: nil}, nil, number("1"), true}).Draw(t, "secret")
}

// withSecrets returns testRules with those credentials.
func withSecrets(credentials ...string) *Rules {
	s := new(Secrets)
	s.Add(credentials...)
	return testRules.WithSecrets(s)
}

func TestCredentialsAreRedacted(t *testing.T) {
	rules := withSecrets("s3cr3t-t0ken", `qu"ote\back`, "pässwörter", "tab\tnew\nline", "a+b/c=d&e", "12345678", "abcdefgh", "defghijkl", "prefix-of-another", "prefix-of-a", "added later")
	for _, c := range []struct{ name, raw, want string }{
		{"a text", `{"a":"x s3cr3t-t0ken y"}`, `{"a":"x [redacted] y"}`},
		{"all of a text", `["s3cr3t-t0ken"]`, `["[redacted]"]`},
		{"a text alone", `"s3cr3t-t0ken"`, `"[redacted]"`},
		{"every time", `["s3cr3t-t0ken.s3cr3t-t0ken","s3cr3t-t0kens3cr3t-t0ken"]`, `["[redacted].[redacted]","[redacted]"]`},
		{"escaped by the provider", `"s3cr3t\u002dt0ke\u006e"`, `"[redacted]"`},
		{"with what is dropped within", "\"s3cr\\u00003t\x00-t0\xffken\"", `"[redacted]"`},
		{"quotes and backslashes", `"x qu\"ote\\back y"`, `"x [redacted] y"`},
		{"other than ASCII", `"p\u00e4ssw\u00f6rter pässwörter"`, `"[redacted] [redacted]"`},
		{"controls", `"tab\tnew\nline"`, `"[redacted]"`},
		{"in a URL", `"/x?t=a%2Bb%2Fc%3Dd%26e&u=a+b%2Fc=d&e"`, `"/x?t=[redacted]&u=[redacted]"`},
		{"JSON within a text", `"{\"t\":\"qu\\\"ote\\\\back\"}"`, `"{\"t\":\"[redacted]\"}"`},
		{"a number", `{"a":12345678,"b":[-912345678.5,1234567],"c":1}`, `{"a":"[redacted]","b":["[redacted]",1234567],"c":1}`},
		{"a number with an exponent", `[1.2345678e7]`, `["[redacted]"]`},
		{"a name", `{"s3cr3t-t0ken":1,"z":2}`, `{"z":2,"[redacted]":1}`},
		{"a name that has another place then", `{"elevenchars":1,"s3cr3t-t0ken":2,"a":3}`, `{"a":3,"[redacted]":2,"elevenchars":1}`},
		{"names that are equal then", `{"s3cr3t-t0ken":1,"qu\"ote\\back":2}`, `{"[redacted]":2}`},
		{"a set", `{"tools":["z","s3cr3t-t0ken","a"]}`, `{"tools":["[redacted]","a","z"]}`},
		{"those that overlap", `"abcdefghijkl!"`, `"[redacted]!"`},
		{"the longer one of two", `"prefix-of-another prefix-of-anchor"`, `"[redacted] [redacted]nchor"`},
		{"no character is cut", `"x\\qu\"ote\\back\\u"`, `"x\\[redacted]\\u"`},
		{"an escape is no text", "\"\\\\u000abcdefgh \\n\"", `"\\u000[redacted] \u000a"`},
		{"of several rules", `"added later"`, `"[redacted]"`},
	} {
		got := canonical(t, rules, c.raw)
		if got != c.want {
			t.Errorf("%s:\n got %s\nwant %s", c.name, got, c.want)
		}
		if again := canonical(t, rules, got); again != got {
			t.Errorf("%s: %s becomes %s", c.name, got, again)
		}
	}
	if got := canonical(t, rules, "\"\\u000abcdefgh\""); got != `"\u000abcdefgh"` {
		t.Errorf("what is half in an escape is no credential: got %s", got)
	}
	if got := canonical(t, withSecrets("", "short", "redacted", "[redacted]", "\x00\x00\xff\x00\x00\x00\x00\x00"), `"short redacted [redacted]"`); got != `"short redacted [redacted]"` {
		t.Errorf("what is no credential: got %s", got)
	}
}

// credentials draws some of 8 bytes and more, of any characters. The mark's own
// brackets would be found across its edge.
var credentials = rapid.OneOf(
	rapid.StringMatching(`[a-c"\\]{8,12}`),
	rapid.StringMatching(`[0-9]{8,9}`),
	rapid.Map(rapid.StringN(8, 20, -1), func(s string) string { return strings.NewReplacer("\x00", "", "[", "", "]", "").Replace(s) }),
)

func TestNoCredentialSurvives(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		value := credentials.Draw(t, "credential")
		other := credentials.Draw(t, "other")
		if len(value) < minSecret || len(other) < minSecret {
			return
		}
		planted := rapid.SampledFrom([]string{value, "x" + value, value + other, value[:len(value)/2] + value, url.QueryEscape(value), value + value, quote(value)}).Draw(t, "planted")
		v := objects(2).Draw(t, "object")
		v["a"], v[planted], v["list"] = planted, planted, list{object{planted: list{planted}}}
		raw := speller{t}.spell(v, false)
		rules := withSecrets(value, other)
		survives(t, rules, raw, value, other)
	})
}

// survives fails where a credential is in a name, a text or a number of what
// becomes of raw.
func survives(t interface {
	Helper()
	Fatalf(string, ...any)
}, rules *Rules, raw string, credentials ...string,
) {
	t.Helper()
	out := canonical(t, rules, raw)
	if why := storable([]byte(out)); why != "" {
		t.Fatalf("%s: %s", out, why)
	}
	if again := canonical(t, rules, out); again != out {
		t.Fatalf("%s is not canonical: %s", out, again)
	}
	decoder := json.NewDecoder(strings.NewReader(out))
	decoder.UseNumber()
	for {
		token, err := decoder.Token()
		if err != nil {
			return
		}
		for _, v := range credentials {
			if strings.Contains(fmt.Sprint(token), v) {
				t.Fatalf("%q is still in %q", v, token)
			}
		}
	}
}

func FuzzRedaction(f *testing.F) {
	f.Add(`{"a":"x hunter2hunter2","hunter2hunter2":[12345678]}`, "hunter2hunter2")
	f.Add(`["\u000aabcdefg\\abcdefg"]`, "aabcdefg")
	f.Add(`[12345678,-1.2345678e7]`, "12345678")
	f.Add(`{"b":"\\\\\\\\\\","a":"\\\\\\\\\""}`, `\\\\\\\\`)
	f.Fuzz(func(t *testing.T, raw, credential string) {
		if _, err := New(testRules).Append(nil, []byte(raw)); err != nil {
			return
		}
		clean := strings.ReplaceAll(strings.ToValidUTF8(credential, ""), "\x00", "")
		if len(clean) < minSecret || strings.ContainsAny(clean, "[]") || strings.Contains(Redacted, clean) {
			return
		}
		for _, literal := range []string{"true", "false", "null"} {
			if strings.Contains(literal, clean) {
				return
			}
		}
		survives(t, withSecrets(credential), raw, clean)
	})
}

func TestANameWithoutLettersIsNoSecret(t *testing.T) {
	if got := canonical(t, NewRules([]string{"***", ""}, nil, nil), `{"":1,"日本":2}`); got != `{"":1,"日本":2}` {
		t.Errorf("got %s", got)
	}
}

func TestRulesListTheirVolatiles(t *testing.T) {
	if got := fmt.Sprint(testRules.Volatile()); got != "[credit tags]" {
		t.Errorf("got %s", got)
	}
}
