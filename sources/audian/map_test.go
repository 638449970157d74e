package audian

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

func TestPlaceholdersAreNoValues(t *testing.T) {
	a, warnings := mapped(t, `{"name":"None","enabled":true,"org":"n/a","realm":"undefined","timezone":"-","language":"null",
		"caller_id":{"external":{"number":"anonymous"}},
		"contact":{"billing":{"name":false,"email":"none","number":"020 7946 0000","locality":"0","country":"United Kingdom"}}}`)
	want := model.Account{Name: "None", Status: model.Active, Phone: "+442079460000", Country: "GB"}
	if got := a; got.Name != want.Name || got.Status != want.Status || got.Phone != want.Phone || got.Country != want.Country ||
		got.Organization+got.Domain+got.Timezone+got.Language+got.ContactName+got.Email+got.City != "" {
		t.Errorf("got %+v, want %+v", got, want)
	}
	if len(warnings) > 0 {
		t.Errorf("warnings: %v", warnings)
	}
}

func TestAPlaceholderIsNoParent(t *testing.T) {
	for tree, want := range map[string]string{
		`["top","middle","undefined"]`: "middle",
		`["0"]`:                        "",
		`[null]`:                       "",
		`["top","self"]`:               "top",
	} {
		it := item{id: "self", raw: []byte(`{"id":"self","tree":` + tree + `}`)}
		if got := it.parent(); got != want {
			t.Errorf("tree %s: parent %q, want %q", tree, got, want)
		}
	}
}
