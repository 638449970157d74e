package agendize

import (
	"testing"

	"rollcall/sources"
	"rollcall/sources/sourcetest"
)

func harness() sourcetest.Harness {
	return sourcetest.Harness{
		Open: func(c sources.Connection) (sources.Source, error) {
			return New(c, Config{BaseURL: sourcetest.Base(""), APIKey: "planted-api-key", Token: "planted-reseller-token"})
		},
		IDs: []string{"4711", "9007199254740993", "no-more", "4712"},
		Secrets: []string{
			"planted-api-key", "planted-reseller-token", "planted-sso-token", "planted-password",
			"planted-refresh-token", "planted-header-value",
		},
		Alive:     "4711",
		Gone:      "gone",
		Other:     "CRM-0042",
		ErrorBody: `{"error":{"code":403,"message":"Forbidden"}}`,
		ErrorCode: "403",
	}
}

func TestContract(t *testing.T) { sourcetest.Contract(t, harness()) }

func TestGolden(t *testing.T) { sourcetest.Golden(t, harness()) }
