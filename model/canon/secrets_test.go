package canon

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/url"
	"strings"
	"sync"
	"testing"

	"pgregory.net/rapid"
)

// A text of few letters holds values by chance, and nearly.
func TestMatcherFindsAllValues(t *testing.T) {
	letters := rapid.SampledFrom([]rune("abc"))
	rapid.Check(t, func(t *rapid.T) {
		values := rapid.SliceOfN(rapid.StringOfN(letters, minSecret, 12, -1), 1, 4).Draw(t, "values")
		text := rapid.StringOfN(letters, 0, 200, -1).Draw(t, "text")
		var m matcher
		want, got := map[string]bool{}, map[string]bool{}
		for _, v := range values {
			m.add(v, false)
			for at := range text {
				if strings.HasPrefix(text[at:], v) {
					want[fmt.Sprint(at, v)] = true
				}
			}
		}
		for from, to := range m.find([]byte(text)) {
			got[fmt.Sprint(from, text[from:to])] = true
		}
		if fmt.Sprint(got) != fmt.Sprint(want) {
			t.Errorf("%q in %q: got %v, want %v", values, text, got, want)
		}
	})
}

// A provider can send a credential in many spellings.
func TestSpellingsAreHidden(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		secret := rapid.StringMatching(`[a-zA-Z0-9/+"\\&<=@:% é-]{9,40}`).Draw(t, "secret")
		around := rapid.StringMatching(`[a-z]{0,4}`).Draw(t, "around")
		escaped, _ := json.Marshal(secret)
		s := new(Secrets)
		s.Add(secret)
		for _, spelled := range []string{
			secret, url.QueryEscape(secret), url.PathEscape(secret), strings.ToLower(url.QueryEscape(secret)), string(escaped[1 : len(escaped)-1]),
			base64.StdEncoding.EncodeToString([]byte(around + ":" + secret)), base64.URLEncoding.EncodeToString([]byte(around + secret + around)),
		} {
			if strings.ToLower(secret) != secret && spelled == strings.ToLower(url.QueryEscape(secret)) {
				continue // other letters
			}
			if got := s.Hide("x" + spelled + "x"); strings.Contains(got, spelled) || !strings.Contains(got, Redacted) {
				t.Errorf("%q as %q: got %q", secret, spelled, got)
			}
		}
	})
}

func TestShortCredentials(t *testing.T) {
	s := new(Secrets)
	s.Add("hunter2", "orange", "123456", "abc", "a1b2")
	for text, want := range map[string]string{
		"pw hunter2, xhunter2 hunter22": "pw [redacted], xhunter2 hunter22",
		"an orange for 123456 a1b2":     "an orange for 123456 a1b2",
		"aHVudGVyMg==":                  Redacted + "g==",
	} {
		if got := s.Hide(text); got != want {
			t.Errorf("%q: got %q, want %q", text, got, want)
		}
	}
	if got := s.Redact("an orange, abc, a1b2"); got != "an [redacted], abc, [redacted]" {
		t.Errorf("in an error: got %q", got)
	}
	if got := canonical(t, withSecrets("hunter2"), `{"a":"x\nhunter2"}`); got != `{"a":"x\u000a[redacted]"}` {
		t.Errorf("behind an escape: got %s", got)
	}
}

// The set grows while others read it; what was configured stays, and of what was
// obtained the latest.
func TestSecretsGrow(t *testing.T) {
	s := new(Secrets)
	rules := testRules.WithSecrets(s)
	raw := `{"a":"token-0000001","b":"configured-0"}`
	before := canonical(t, rules, `{"b":1}`)
	if got := canonical(t, rules, raw); got != raw {
		t.Errorf("before: got %s", got)
	}
	var readers sync.WaitGroup
	for range 2 {
		readers.Go(func() {
			canon := New(rules)
			for range 1000 {
				if _, err := canon.Append(nil, []byte(raw)); err != nil {
					t.Error(err)
				}
			}
		})
	}
	s.Add("configured-0")
	for i := range 3 * maxLearned {
		s.Learn(fmt.Sprintf("token-%07d", i))
		s.Learn(fmt.Sprintf("token-%07d", i))
	}
	readers.Wait()
	if got := s.Hide(fmt.Sprintf("configured-0 token-%07d token-0000001", 3*maxLearned-1)); got != "[redacted] [redacted] token-0000001" {
		t.Errorf("after: got %s", got)
	}
	if len(s.learned) > maxLearned {
		t.Errorf("%d are known", len(s.learned))
	}
	if after := canonical(t, rules, `{"b":1}`); after != before {
		t.Errorf("an object without a credential became %s", after)
	}
}
