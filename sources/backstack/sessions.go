package backstack

import (
	"errors"
	"fmt"
	"net/http"
	"strings"

	"rollcall/sources"
)

// cookie carries the session.
const cookie = "BackstackJWT"

// Sessions are the tokens of the sessions of one connection, in the order of the configuration.
type Sessions []sources.Secret

var errNoSessions = errors.New("SESSIONS must hold at least one session token")

// EnvDecode reads sessions that are separated by commas or stand one a line. Its errors name a session by
// its number, never by its value.
func (s *Sessions) EnvDecode(text string) error {
	var list Sessions
	for _, part := range strings.FieldsFunc(text, func(r rune) bool { return r == ',' || r == '\n' || r == '\r' }) {
		// A session is often copied together with the cookie's name.
		token := strings.TrimPrefix(strings.TrimSpace(part), cookie+"=")
		if token == "" {
			continue
		}
		if !plain(token) {
			return fmt.Errorf("session %d holds a character that no session token has: copy it again", len(list)+1)
		}
		list = append(list, sources.Secret(token))
	}
	if len(list) == 0 {
		return errNoSessions
	}
	*s = list
	return nil
}

// plain reports whether a token can stand in a cookie (RFC 6265, cookie-octet).
func plain(token string) bool {
	for _, b := range []byte(token) {
		if b <= ' ' || b >= 0x7f || strings.IndexByte(`",;\`, b) >= 0 {
			return false
		}
	}
	return true
}

// header returns the header that makes a request one of session i.
func (s Sessions) header(i int) http.Header {
	return http.Header{"Cookie": {cookie + "=" + s[i].Reveal()}}
}
