package signalwire

import (
	"testing"

	"rollcall/model"
	"rollcall/model/canon"
	"rollcall/model/payload"
)

func mapped(t *testing.T, raw string) (model.Account, []model.Warning) {
	t.Helper()
	canonical, err := canon.New(canon.NewRules(nil, nil, nil)).Append(nil, []byte(raw))
	if err != nil {
		t.Fatal(err)
	}
	var warnings []model.Warning
	return (*source)(nil).Map(payload.Read(canonical, &warnings)), warnings
}

func TestMapReadsWhatFeedsWrite(t *testing.T) {
	a, warnings := mapped(t, `{"sid":"a","owner_account_sid":"undefined","friendly_name":"Ops <Ops@Bücher.example>","status":" Active ",
		"type":" Full","date_created":"Fri, 15 Sept. 2018 9:05:00 (UTC)","date_updated":"0"}`)
	if a.Parent != "" || a.Status != model.Active || a.Kind != "full" || a.Email != "ops@xn--bcher-kva.example" ||
		a.CreatedAt.Format("2006-01-02 15:04") != "2018-09-15 09:05" || !a.UpdatedAt.IsZero() {
		t.Errorf("got %+v", a)
	}
	if len(warnings) != 1 || warnings[0].String() != `date_updated "0" is not a date: stored as null` {
		t.Errorf("warnings: %v", warnings)
	}
}
