package agendize

import (
	"testing"

	"rollcall/sources"
	"rollcall/sources/sourcetest"
)

func harness() sourcetest.Harness {
	return sourcetest.Harness{
		Open: func(o sourcetest.Opening) (sources.Source, error) {
			return open(o.Fetch(o.Base("")), Config{APIKey: "planted-api-key", Token: "planted-reseller-token"}), nil
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
