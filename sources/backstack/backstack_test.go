package backstack

import (
	"testing"

	"rollcall/sources"
	"rollcall/sources/sourcetest"
)

func harness() sourcetest.Harness {
	return sourcetest.Harness{
		Open: func(c sources.Connection) (sources.Source, error) {
			return New(c, Config{
				BaseURL:  sourcetest.Base("/v1/auth"),
				AppKey:   "planted-app-key",
				Sessions: Sessions{"planted-session-1", "planted-session-2", "planted-session-3", "planted-session-4"},
			})
		},
		IDs:     []string{"acc_1234567890", "acc_2", "acc_3", "acc_4", "acc_5"},
		Repeats: true, // acc_5 is in two networks; one request has an answer a session
		Secrets: []string{
			"planted-app-key", "planted-session-1", "planted-session-2", "planted-session-3", "planted-session-4", "planted-object-jwt",
		},
		NoLookup:  true,
		ErrorBody: `{"error":{"type":"authentication","code":"session_expired","message":"The session has expired","fields":{}}}`,
		ErrorCode: "session_expired",
	}
}

func TestContract(t *testing.T) { sourcetest.Contract(t, harness()) }

func TestGolden(t *testing.T) { sourcetest.Golden(t, harness()) }
