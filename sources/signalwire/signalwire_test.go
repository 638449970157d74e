package signalwire

import (
	"testing"

	"rollcall/sources"
	"rollcall/sources/sourcetest"
)

func harness() sourcetest.Harness {
	return sourcetest.Harness{
		Open: func(c sources.Connection) (sources.Source, error) {
			return New(c, Config{BaseURL: sourcetest.Base(""), ProjectID: "b3877c40-da60-4998-90ad-b792e98472af", APIToken: "planted-api-token", PageSize: 1000})
		},
		IDs: []string{
			"b3877c40-da60-4998-90ad-b792e98472af",
			"0a1b2c3d-0000-4000-8000-000000000002",
			"0a1b2c3d-0000-4000-8000-000000000003",
			"0a1b2c3d-0000-4000-8000-000000000004",
		},
		Secrets:   []string{"planted-api-token", "planted-auth-token", "planted-signing-key", "planted-webhook-secret"},
		Alive:     "b3877c40-da60-4998-90ad-b792e98472af",
		Gone:      "gone",
		Other:     "other",
		Link:      "next_page_uri",
		ErrorBody: `{"code":20003,"message":"Authentication failed","more_info":"https://www.twilio.com/docs/errors/20003","status":401}`,
		ErrorCode: "20003",
	}
}

func TestContract(t *testing.T) { sourcetest.Contract(t, harness()) }

func TestGolden(t *testing.T) { sourcetest.Golden(t, harness()) }
