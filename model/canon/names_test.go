package canon

import (
	"strings"
	"testing"
)

// The table of names in both directions.
func TestSecretNamesByWord(t *testing.T) {
	for _, name := range strings.Split(`pass|pin|PIN|pins|psk|creds|session_id|sessionId|otp_seed|ssh_key|hmac_key|consumer_key|bearer|connection_string|connectionString
sip_pin|sipPin|SIPPin|sip-pin|sip.pin|sip pin|sipPIN|userPass|user_pass|userpass|USERPASS|wifiPsk|wifi_psk|wifipsk|voicemailPin2|pin_number|pin_code
apiKeyV2|API-KEY|api.key|Api Key|X-Api-Key|password_confirmation|passwordOld|pass_hash|token_data|client_secret_base64|smtpPass|db_pw|otp|totp|backup_codes
p\u0430ssword|\u0440\u0430ssw\u043erd|ＰＡＳＳＷＯＲＤ|ｐｉｎ|pa\u200bssword|s\u0435cret|t\u03bfken|passw\u00f6rd|\u0391\u03a1\u0399_\u039a\u0395\u03a5|si\u2060p_p\u0456n|𝐩𝐚𝐬𝐬`, "|") {
		for _, name := range strings.Split(name, "\n") {
			if name = unescape(name); testRules.trait(canonicalText(name))&secret == 0 {
				t.Errorf("%q is no secret", name)
			}
		}
	}
	for _, name := range strings.Fields(`pin_count pinCount pinned shipping spin passenger passage compass bypass tokens_used keyboard session_count sessions session
		password_changed_at passwordChangedAt has_password hasPassword is_secret requires_pin max_tokens num_tokens api_key_count api_key_id access_key_id public_key
		publicKey ssh_public_key secretary sacred opinion pineapple spinner passport pass_rate pin_length pinterest tokenizer token_type token_expires_at cookies_accepted
		credential_id bearing key_count monkey hotkey crass glass description sid account_sid caller_id signature kpin`) {
		if testRules.trait(canonicalText(name))&secret != 0 {
			t.Errorf("%q is a secret", name)
		}
	}
}

// unescape reads \uXXXX, so that look-alike letters are visible here.
func unescape(name string) string {
	out, err := New(testRules).Append(nil, []byte(`"`+name+`"`))
	if err != nil {
		return name
	}
	return Text(out)
}

// Credentials by the place where they stand, wherever in an object.
func TestCredentialsByForm(t *testing.T) {
	const pem = `-----BEGIN RSA PRIVATE KEY-----\nMIIE\n-----END RSA PRIVATE KEY-----`
	for _, c := range []struct{ name, raw, want string }{
		{"a pair", `{"name":"Authorization","value":"x"}`, `{"name":"Authorization"}`},
		{"a pair in any order and case", `[{"Value":"x","Key":"api_key","n":1}]`, `[{"n":1,"Key":"api_key"}]`},
		{"a pair without a secret name", `{"name":"Accept","value":"x"}`, `{"name":"Accept","value":"x"}`},
		{"a pair of an object", `{"name":"sipPin","value":{"a":1}}`, `{"name":"sipPin"}`},
		{"a header", `{"h":["Authorization","x"]}`, `{"h":["Authorization","[redacted]"]}`},
		{"a list of pairs", `[["Accept","x"],["api-key","x"]]`, `[["Accept","x"],["api-key","[redacted]"]]`},
		{"a list of names", `{"scopes":["password","email"]}`, `{"scopes":["password","email"]}`},
		{"JSON in a text", `{"c":"{\"user\": \"u\", \"password\": \"x\"}"}`, `{"c":"{\"user\":\"u\"}"}`},
		{"JSON in JSON in a text", `{"c":"{\"d\":\"{\\\"pin\\\":1}\"}"}`, `{"c":"{\"d\":\"{}\"}"}`},
		{"JSON in a text in a text", `"\"{\\\"pin\\\":1}\""`, `"\"{}\""`},
		{"JSON without secrets stays as sent", `"{ \"b\": 1, \"a\": 2 }"`, `"{ \"b\": 1, \"a\": 2 }"`},
		{"JSON that is cut", `"{\"user\":\"u\",\"password\":\"x"`, `"{\"user\":\"u\",\"password\":[redacted]"`},
		{"JSON in other text", `"sent {\"token\":\"x\"} twice"`, `"sent {\"token\":[redacted]"`},
		{"a user part", `"see https://user:p%40w@host/a?b=c now"`, `"see https://host/a?b=c now"`},
		{"a user part with an @ and a slash", `["ftp://u:p@w@host","https://u:p/w@host/"]`, `["ftp://host","https://host/"]`},
		{"no user part", `["https://host:8080/@u","//host/a@b","a@b.example // x"]`, `["https://host:8080/@u","//host/a@b","a@b.example // x"]`},
		{"parameters", `"https://h/?token=x&a=1&key=x#access_token=x"`, `"https://h/?token=[redacted]&a=1&key=[redacted]#access_token=[redacted]"`},
		{"a signed URL", `"https://h/o?X-Amz-Signature=abc&X-Amz-Expires=60&sig=x"`, `"https://h/o?X-Amz-Signature=[redacted]&X-Amz-Expires=60&sig=[redacted]"`},
		{"a URL in a URL", `"https://h/?u=https%3A%2F%2Fu%3Ap%40g%2F"`, `"https://h/?u=https%3A%2F%2Fg%2F"`},
		{"a connection string", `"Server=h;Password=a b;Uid=u;Pwd = 'x;y'"`, `"Server=h;Password=[redacted] b;Uid=u;Pwd = [redacted]"`},
		{"no parameters", `["a=b","1+1=2","keyboard=x","https://h/?pin_count=2"]`, `["a=b","1+1=2","keyboard=x","https://h/?pin_count=2"]`},
		{"a private key", `"a ` + pem + ` b"`, `"a [redacted] b"`},
		{"a private key that is cut", `"-----BEGIN OPENSSH PRIVATE KEY-----\nx"`, `"[redacted]"`},
		{"a certificate", `"-----BEGIN CERTIFICATE-----\nx"`, `"-----BEGIN CERTIFICATE-----\u000ax"`},
		{"headers in a text", `["Authorization: x y","Bearer abcdef0123456789","basic dXNlcjpwYXNz="]`, `["Authorization: [redacted]","Bearer [redacted]","basic [redacted]"]`},
		{"words in a text", `["Basic telecommunications","bearer of news","The authorization: none"]`, `["Basic telecommunications","bearer of news","The authorization: [redacted]"]`},
		{"a name", `{"https://u:p@h":1,"token=x":2}`, `{"https://h":1,"token=[redacted]":2}`},
	} {
		got := canonical(t, testRules, c.raw)
		if got != c.want {
			t.Errorf("%s:\n got %s\nwant %s", c.name, got, c.want)
		}
		if again := canonical(t, testRules, got); again != got {
			t.Errorf("%s: %s becomes %s", c.name, got, again)
		}
	}
}
