package simulate

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
)

// authenticate answers PUT api_auth: a wrong key with 404 and the key in the
// answer, as Kazoo does.
func (s *Kazoo) authenticate(w http.ResponseWriter, r *http.Request) {
	if r.Method != http.MethodPut {
		s.fail(w, http.StatusMethodNotAllowed)
		return
	}
	var body struct {
		Data struct {
			APIKey string `json:"api_key"`
		} `json:"data"`
	}
	if err := json.NewDecoder(io.LimitReader(r.Body, 1<<20)).Decode(&body); err != nil {
		s.fail(w, http.StatusBadRequest)
		return
	}
	if !same(body.Data.APIKey, s.APIKey) {
		send(w, http.StatusNotFound, s.errorBody(http.StatusNotFound, "bad_identifier", func(o *object) {
			o.str("api_key", body.Data.APIKey)
		}))
		return
	}
	token := s.issue()
	answer(w, http.StatusCreated, func(b []byte) []byte {
		o := newObject(b, nil)
		o.object("data", func(o *object) {
			o.strs("account_id", s.Root, "owner_id", "", "language", "en-us")
			o.bool("is_reseller", true)
		})
		return s.envelope(o, token)
	})
}

// issue hands out one more token; earlier ones stay valid.
func (s *Kazoo) issue() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.issued++
	token := fmt.Sprintf("eyJhbGciOiJSUzI1NiJ9.%s.%d", SecretMark, s.issued)
	if s.tokens == nil {
		s.tokens = map[string]int{}
	}
	s.tokens[token] = s.TokenUses
	return token
}

// spend takes one use from a token and reports whether it was good.
func (s *Kazoo) spend(token string) bool {
	if same(token, s.Token) {
		return true
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	left, ok := s.tokens[token]
	if !ok {
		return false
	}
	if s.TokenUses > 0 {
		if left == 0 {
			delete(s.tokens, token)
			return false
		}
		s.tokens[token] = left - 1
	}
	return true
}
