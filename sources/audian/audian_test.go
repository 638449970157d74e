package audian

import (
	"testing"

	"rollcall/sources"
	"rollcall/sources/sourcetest"
)

func harness() sourcetest.Harness {
	return sourcetest.Harness{
		Open: func(c sources.Connection) (sources.Source, error) {
			return New(c, Config{BaseURL: sourcetest.Base("/v2"), AccountID: "account_abc123", APIKey: "planted-api-key", PageSize: 2})
		},
		IDs: []string{"account_abc123", "0a1b", "0c2d", "0e3f", "1a4b"},
		Secrets: []string{
			"planted-api-key", "planted-issued-token", "planted-fresh-token", "planted-smtp-password", "planted-pvt-key",
		},
		Alive: "0a1b", Gone: "gone0", Other: "other0",
		Allowed:   []string{"PUT /v2/api_auth"},
		Renews:    true,
		ErrorBody: `{"data":{"message":"invalid credentials"},"error":"401","message":"invalid_credentials","status":"error"}`,
		ErrorCode: "invalid_credentials",
	}
}

func TestContract(t *testing.T) { sourcetest.Contract(t, harness()) }

func TestGolden(t *testing.T) { sourcetest.Golden(t, harness()) }
