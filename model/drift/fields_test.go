package drift

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"rollcall/model/canon"
)

// surveyed returns what a survey of these canonical objects found, in batches of one.
func surveyed(objects ...string) *Fields {
	var s Survey
	for _, object := range objects {
		shapes := Shapes{}
		shapes.Note([]byte(object))
		s.Add(shapes)
	}
	return s.Fields()
}

func lines(fields []Field) (list []string) {
	for _, f := range fields {
		list = append(list, fmt.Sprint(f.Path, " ", strings.Join(f.Types.Names(), ","), " ", f.Count))
	}
	return list
}

func TestFieldsByPathAndType(t *testing.T) {
	for _, test := range []struct {
		what    string
		objects []string
		want    []string
	}{
		{"members", []string{`{"a":1,"b":{"c":"x","d":null}}`}, []string{"a number 1", "b object 1", "b.c string 1", "b.d null 1"}},
		{"types of several", []string{`{"a":1}`, `{"a":"x"}`, `{"a":true}`, `{"a":2}`}, []string{"a boolean,number,string 4"}},
		{"items", []string{`{"a":[1,"x",{"b":[]}]}`}, []string{"a array 1", "a[] number,object,string 3", "a[].b array 1"}},
		{"names that cannot stand in a path", []string{`{"":1,"a.b":1,"c@x":1,"k\"":{"d":1},"` + strings.Repeat("l", 65) + `":"x"}`}, []string{"* number,object,string 4", "*.d number 1", "c@x number 1"}},
		{"no object", []string{`[1]`, `"x"`, `null`}, []string{"[] number 1"}},
		{"so deep", []string{strings.Repeat(`{"a":`, 9) + "1" + strings.Repeat("}", 9)}, []string{"a object 1", "a.a object 1", "a.a.a object 1", "a.a.a.a object 1", "a.a.a.a.a object 1", "a.a.a.a.a.a object 1"}},
	} {
		now, gone := surveyed(test.objects...).Merge(nil)
		if diff := cmp.Diff(test.want, lines(now)); diff != "" || len(gone) > 0 {
			t.Errorf("%s (-want +got), gone %q:\n%s", test.what, gone, diff)
		}
	}
}

// A provider that uses ids as names of members does not make more and more of
// them, neither in a run nor over many.
func TestIDsAsNamesAreOneField(t *testing.T) {
	var members []string
	for i := range 500 {
		members = append(members, fmt.Sprintf(`"id%03d":{"n":1}`, i))
	}
	object := `{"by_id":{` + strings.Join(members, ",") + `}}`
	want := []string{"by_id object 1", "by_id.* object 500", "by_id.*.n number 500"}
	now, _ := surveyed(object).Merge(nil)
	if diff := cmp.Diff(want, lines(now)); diff != "" {
		t.Errorf("in one object (-want +got):\n%s", diff)
	}
	known := map[string]Field{}
	for i := range 500 {
		var before []Field
		for _, f := range known {
			before = append(before, f)
		}
		now, gone := surveyed(`{"by_id":{` + members[i] + `}}`).Merge(before)
		for _, f := range now {
			known[f.Path] = f
		}
		for _, path := range gone {
			delete(known, path)
		}
		if len(known) > 1+2*maxFieldNames {
			t.Fatalf("after %d runs there are %d fields", i+1, len(known))
		}
	}
	if _, any := known["by_id.*"]; !any || len(known) != 3 {
		t.Errorf("over 500 runs: %d fields", len(known))
	}
}

func TestFieldsAreBounded(t *testing.T) {
	var s Survey
	for i := range 60 {
		shapes := Shapes{}
		for j := range 60 {
			shapes.Note(fmt.Appendf(nil, `{"a%d":{"b%d":{"c":1}}}`, i, j))
		}
		s.Add(shapes)
		if len(s.shapes) > maxShapes {
			t.Fatalf("%d shapes are kept", len(s.shapes))
		}
	}
	if n := s.Fields().paths; n != MaxFields {
		t.Errorf("%d fields, want %d", n, MaxFields)
	}
}

// The fields are those of each object by itself, in whatever batches the objects
// come and whatever shapes were counted before.
func TestShapesLoseNothing(t *testing.T) {
	value := rapid.Deferred(func() *rapid.Generator[string] { return drawnValue(3) })
	rapid.Check(t, func(t *rapid.T) {
		c := canon.New(canon.NewRules(nil, nil, nil))
		var plain Fields
		var s Survey
		shapes := Shapes{}
		for _, v := range rapid.SliceOfN(value, 1, 30).Draw(t, "objects") {
			canonical, err := c.Append(nil, []byte(v))
			if err != nil {
				t.Fatal(err)
			}
			plain.add(canonical, 1)
			shapes.Note(canonical)
			if rapid.Bool().Draw(t, "batch ends") {
				s.Add(shapes)
				shapes = Shapes{}
			}
		}
		s.Add(shapes)
		want, _ := plain.Merge(nil)
		got, _ := s.Fields().Merge(nil)
		for _, list := range [][]Field{want, got} {
			for i := range list {
				if strings.Contains(list[i].Path, eachItem) {
					list[i].Count = 1 // lists of one shape differ in length
				}
			}
		}
		if diff := cmp.Diff(lines(want), lines(got)); diff != "" {
			t.Errorf("one by one and by shape (-want +got):\n%s", diff)
		}
	})
}

// drawnValue draws JSON of at most that depth.
func drawnValue(depth int) *rapid.Generator[string] {
	scalar := rapid.SampledFrom([]string{"1", `"x"`, "true", "null", `"a,b]}"`, `"\\"`, `"\",\\\""`, "{}", "[]"})
	if depth == 0 {
		return scalar
	}
	below := drawnValue(depth - 1)
	return rapid.OneOf(scalar, rapid.Custom(func(t *rapid.T) string {
		return "[" + strings.Join(rapid.SliceOfN(below, 0, 4).Draw(t, "items"), ",") + "]"
	}), rapid.Custom(func(t *rapid.T) string {
		var members []string
		for _, name := range rapid.SliceOfNDistinct(rapid.SampledFrom([]string{"a", "b", "c"}), 0, 3, rapid.ID[string]).Draw(t, "names") {
			members = append(members, `"`+name+`":`+below.Draw(t, "value"))
		}
		return "{" + strings.Join(members, ",") + "}"
	}))
}

func BenchmarkNote(b *testing.B) {
	object := []byte(`{"account":"x","auth":{"a":1,"b":[1,2,3]},"date_created":"Tue, 01 Mar 2026 00:00:00 +0000","friendly_name":"` + strings.Repeat("x", 40) +
		`","sid":"0b5ed6f2-0000-4000-8000-000000000000","status":"active","subresource_uris":{"calls":"/api/laml/2010-04-01/Accounts/x/Calls","messages":"/api/laml/2010-04-01/Accounts/x/Messages","recordings":"/api/laml/2010-04-01/Accounts/x/Recordings"},"type":"Full","uri":"/api/laml"}`)
	shapes := Shapes{}
	b.SetBytes(int64(len(object)))
	for b.Loop() {
		shapes.Note(object)
	}
}
