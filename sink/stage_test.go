package sink

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"rollcall/model"
	"rollcall/model/canon"
)

// texts are what the text format of COPY could stumble over.
var texts = rapid.OneOf(
	rapid.String(),
	rapid.StringOf(rapid.SampledFrom([]rune("\\\t\n\r\b\f\vN.x0\"'{},é\u2028\U0001F600"))),
	rapid.SampledFrom([]string{`\N`, `\.`, `\\`, "\\\n", "\t", "", " ", "null"}),
)

// Every text that is valid is stored as it is, and nothing else of the row
// moves.
func TestTextsAreStoredAsTheyAre(t *testing.T) {
	t.Parallel()
	db := directory(t)
	rapid.Check(t, func(rt *rapid.T) {
		db.MustExec(`DELETE FROM directory.accounts; DELETE FROM directory_internal.last_change; DELETE FROM directory_internal.account_version`)
		clean := func(what string) string { return strings.ReplaceAll(texts.Draw(rt, what), "\x00", "") }
		want := model.Account{
			ExternalID: "x" + clean("id"), Parent: clean("parent"), Name: clean("name"), Status: model.Active,
			Kind: clean("kind"), Reference: clean("reference"), Email: clean("email"), Phone: clean("phone"),
			Website: clean("website"), Domain: clean("domain"), Organization: clean("organization"),
			ContactName: clean("contact"), Street: clean("street"), City: clean("city"), Region: clean("region"),
			PostalCode: clean("postal code"), Country: clean("country"), Timezone: clean("zone"),
			Language: clean("language"), Currency: clean("currency"),
			CreatedAt: time.UnixMicro(rapid.Int64Range(-30_000_000_000_000_000, 250_000_000_000_000_000).Draw(rt, "created")).UTC(),
		}
		object, err := json.Marshal(map[string]string{"text": clean("payload")})
		if err != nil {
			rt.Fatal(err)
		}
		canonical, err := canon.New(canon.NewRules(nil, nil, nil)).Append(nil, object)
		if err != nil {
			rt.Fatal(err)
		}
		want.Payload, want.Fingerprint = canonical, print(clean("fingerprint"))
		r := begin(t, db)
		r.read(t, want)
		r.apply(t)
		r.Close(t.Context())
		if diff := cmp.Diff(want, stored(t, db)); diff != "" {
			rt.Fatalf("-staged +stored:\n%s", diff)
		}
	})
}
