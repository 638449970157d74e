package payload

import (
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"rollcall/model"
	"rollcall/model/canon"
	"rollcall/model/normalize"
)

// read returns raw's members, and where the warnings go.
func read(t *testing.T, raw string) (Object, *[]model.Warning) {
	t.Helper()
	var warnings []model.Warning
	canonical, err := canon.New(noRules).Append(nil, []byte(raw))
	if err != nil {
		t.Fatalf("%s: %v", raw, err)
	}
	return Read(canonical, &warnings), &warnings
}

var noRules = canon.NewRules(nil, nil, nil)

var states = map[string]model.Status{"on": model.Active, "active": model.Active, "off": model.Suspended}

// everyReader calls each method of an Object that reads a member.
var everyReader = map[string]func(Object, string) any{
	"Text":     func(o Object, name string) any { return o.Text(name) },
	"Name":     func(o Object, name string) any { return o.Name(name) },
	"Lower":    func(o Object, name string) any { return o.Lower(name) },
	"First":    func(o Object, name string) any { return o.First(name, "no such", name) },
	"ID":       func(o Object, name string) any { return o.ID(name) },
	"Bool":     func(o Object, name string) any { value, known := o.Bool(name); return []bool{value, known} },
	"Email":    func(o Object, name string) any { return o.Email(name) },
	"Website":  func(o Object, name string) any { return o.Website(name) },
	"Domain":   func(o Object, name string) any { return o.Domain(name) },
	"Country":  func(o Object, name string) any { return o.Country(name) },
	"Timezone": func(o Object, name string) any { return o.Timezone(name) },
	"Language": func(o Object, name string) any { return o.Language(name) },
	"Currency": func(o Object, name string) any { return o.Currency(name) },
	"Time":     func(o Object, name string) any { return o.Time(name, normalize.ParseGregorian) },
	"Status":   func(o Object, name string) any { return o.Status(name, states) },
	"Items":    func(o Object, name string) any { return o.Items(name) },
	"Object":   func(o Object, name string) any { return o.Object(name).Text("x") },
	"Has":      func(o Object, name string) any { return o.Has(name) },
	"Raw":      func(o Object, name string) any { return o.Raw(name) },
}

func TestReaders(t *testing.T) {
	o, warnings := read(t, `{
		"text": "Zo\u00eb \"x\" \\ \n\t/\u007f", "empty": "", "null": null, "number": -12.50, "big": 9007199254740993, "exp": 1.7e9, "yes": true, "no": false,
		"none yet": "None", "blank": " ", "spaced": " Active ", "one": 1, "zero": "0", "TRUE": "True", "object": {"x": {"y": "z"}, "id": 7}, "list": [1, "a,b]", {"c": [2, 3]}, [], null], "none": [],
		"email": "Me@Example.COM", "at": "2024-01-15T10:30:00Z", "state": "ON", "long": "`+strings.Repeat("x", model.MaxExternalID+1)+`",
		"a\"b": "quoted", "caf\u00e9": "named"
	}`)
	for _, c := range []struct {
		reader, name string
		want         any
		problem      string
	}{
		{"Text", "text", "Zoë \"x\" \\ \n\t/\x7f", ""},
		{"Text", "empty", "", ""},
		{"Text", "null", "", ""},
		{"Text", "missing", "", ""},
		{"Text", "number", "-12.50", ""},
		{"Text", "big", "9007199254740993", ""},
		{"Text", "exp", "1700000000", ""},
		{"Text", "yes", "", "is not a text"},
		{"Text", "no", "", ""},
		{"Text", "zero", "", ""},
		{"Text", "none yet", "", ""},
		{"Text", "blank", "", ""},
		{"Text", "spaced", " Active ", ""},
		{"Text", "object", "", "is not a text"},
		{"Text", "list", "", "is not a text"},
		{"Text", "café", "named", ""},
		{"Name", "none yet", "None", ""},
		{"Name", "zero", "0", ""},
		{"Name", "no", "", ""},
		{"Name", "blank", "", ""},
		{"Name", "text", "Zoë \"x\" \\ \n\t/\x7f", ""},
		{"Lower", "TRUE", "true", ""},
		{"Lower", "spaced", "active", ""},
		{"First", "none yet", "", ""},
		{"First", "empty", "", ""},
		{"First", "one", "1", ""},
		{"ID", "big", "9007199254740993", ""},
		{"ID", "zero", "", ""},
		{"ID", "none yet", "", ""},
		{"ID", "long", "", "is longer than an id"},
		{"Bool", "yes", []bool{true, true}, ""},
		{"Bool", "no", []bool{false, true}, ""},
		{"Bool", "one", []bool{true, true}, ""},
		{"Bool", "zero", []bool{false, true}, ""},
		{"Bool", "TRUE", []bool{true, true}, ""},
		{"Bool", "null", []bool{false, false}, ""},
		{"Bool", "missing", []bool{false, false}, ""},
		{"Bool", "text", []bool{false, false}, "is neither true nor false"},
		{"Bool", "list", []bool{false, false}, "is neither true nor false"},
		{"Email", "email", "me@example.com", ""},
		{"Email", "text", "", "is not an e-mail address"},
		{"Email", "none yet", "", ""},
		{"Email", "zero", "", ""},
		{"Email", "yes", "", "is not a text"},
		{"Email", "no", "", ""},
		{"Domain", "none yet", "", ""},
		{"Country", "none yet", "", ""},
		{"Timezone", "none yet", "", ""},
		{"Language", "none yet", "", ""},
		{"Currency", "none yet", "", ""},
		{"Website", "none yet", "", ""},
		{"Time", "none yet", time.Time{}, ""},
		{"Time", "zero", time.Time{}, "is not a date"},
		{"Time", "no", time.Time{}, ""},
		{"Email", "missing", "", ""},
		{"Time", "at", time.Date(2024, 1, 15, 10, 30, 0, 0, time.UTC), ""},
		{"Time", "null", time.Time{}, ""},
		{"Time", "text", time.Time{}, "is not a date"},
		{"Status", "spaced", model.Active, ""},
		{"Status", "state", model.Active, ""},
		{"Status", "text", model.Unknown, "is not a known status"},
		{"Status", "missing", model.Unknown, "is missing"},
		{"Object", "object", "", "is not a text"},
		{"Object", "null", "", ""},
		{"Object", "missing", "", ""},
		{"Object", "list", "", "is not an object"},
		{"Items", "missing", [][]byte(nil), ""},
		{"Items", "null", [][]byte(nil), ""},
		{"Items", "none", [][]byte(nil), ""},
		{"Items", "object", [][]byte(nil), "is not a list"},
		{"Has", "null", true, ""},
		{"Has", "missing", false, ""},
		{"Raw", "null", []byte("null"), ""},
		{"Raw", "object", []byte(`{"x":{"y":"z"},"id":7}`), ""},
		{"Raw", "missing", []byte(nil), ""},
	} {
		*warnings = nil
		if got := everyReader[c.reader](o, c.name); !reflect.DeepEqual(got, c.want) {
			t.Errorf("%s(%q) = %#v, want %#v", c.reader, c.name, got, c.want)
		}
		var want, got []string
		if c.problem != "" {
			want = []string{c.name + ": " + c.problem}
		}
		if len(*warnings) == 1 && c.reader == "Object" && c.problem == "is not a text" {
			want[0] = c.name + ".x: " + c.problem
		}
		for _, w := range *warnings {
			got = append(got, w.Field+": "+w.Problem)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s(%q) warns (-want +got):\n%s", c.reader, c.name, diff)
		}
	}
}

func TestNestedObjects(t *testing.T) {
	o, warnings := read(t, `{"a":{"b":{"email":"no","c":"x"}},"n":null,"s":"text"}`)
	if got := o.Object("a").Object("b").Text("c"); got != "x" {
		t.Errorf("a.b.c = %q", got)
	}
	o.Object("a").Object("b").Email("email")
	o.Object("a").Object("missing").Object("more").Email("email")
	o.Object("n").Object("more").Text("x")
	o.Object("s").Object("more").Text("x")
	want := []model.Warning{{Field: "a.b.email", Value: `"no"`, Problem: "is not an e-mail address"}, {Field: "s", Value: `"text"`, Problem: "is not an object"}}
	if diff := cmp.Diff(want, *warnings); diff != "" {
		t.Errorf("warnings (-want +got):\n%s", diff)
	}
}

func TestItems(t *testing.T) {
	o, _ := read(t, `{"list":[1,"a,b]\"",{"c":[2,3]},[],null,true,-1.5,{}]}`)
	var got []string
	for _, item := range o.Items("list") {
		got = append(got, string(item))
	}
	want := []string{"1", `"a,b]\""`, `{"c":[2,3]}`, "[]", "null", "true", "-1.5", "{}"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if o, _ := read(t, `[{"a":1}]`); o.Has("a") || o.Text("a") != "" {
		t.Error("a list has members")
	}
}

func FuzzObject(f *testing.F) {
	for _, raw := range []string{`{"a":"\u0001\"","b":[1,[2],{}],"c":{"d":null}}`, `{"a":`, `{"a":"\`, `{"a":[1,}`, `{"":"`, `{"a"}`, `"\`, `{"a":[}`, `{"a":]`} {
		f.Add([]byte(raw))
	}
	problems := []string{
		"is not a text", "is not an object", "is not a list", "is not a date", "is not a known status", "is missing", "is neither true nor false",
		"is longer than an id", "is not an e-mail address", "is not a URL", "is not a domain", "is not a country", "is not a time zone",
		"is not a language tag", "is not a currency",
	}
	f.Fuzz(func(t *testing.T, raw []byte) {
		out, _ := canon.New(noRules).Append(nil, raw)
		for _, text := range [][]byte{raw, out} { // what is not canonical is no member's business, but must not hurt
			var warnings []model.Warning
			o := Read(slices.Clip(slices.Clone(text)), &warnings)
			for _, m := range o.members {
				for _, reader := range everyReader {
					reader(o, string(m.name))
				}
				for _, w := range warnings {
					if !slices.Contains(problems, w.Problem) || w.Field != string(m.name) && w.Field != string(m.name)+".x" {
						t.Fatalf("%s warns of %+v", m.name, w)
					}
				}
				warnings = nil
			}
		}
	})
}
