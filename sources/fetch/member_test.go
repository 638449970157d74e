package fetch

import (
	"strings"
	"testing"
)

func TestMember(t *testing.T) {
	for _, test := range []struct {
		name, raw, want string
		ok              bool
	}{
		{"first", `{"id":1,"b":2}`, "1", true},
		{"behind nested ones", `{"a":{"id":2,"x":["}"]},"b":[[{"id":3}]], "id" : "x" }`, `"x"`, true},
		{"the last of several", `{"id":1,"id":2}`, "2", true},
		{"escaped name", `{"\u0069d":1}`, "1", true},
		{"object", `{"id":{"a":1}}`, `{"a":1}`, true},
		{"other case", `{"ID":1}`, "", false},
		{"missing", `{"a":1}`, "", false},
		{"empty", `{}`, "", false},
		{"no object", `["id",1]`, "", false},
		{"nothing", "", "", false},
		{"cut behind it", `{"id":1,"b":"xx`, "1", true},
		{"cut in a number", `{"a":1,"id":12`, "", false},
		{"cut in a string", `{"id":"ab`, "", false},
		{"cut in a name", `{"id`, "", false},
		{"cut before the value", `{"id":`, "", false},
		{"no value", `{"id":}`, "", false},
		{"no comma", `{"id":1 "b":2}`, "1", true},
	} {
		if got, ok := Member([]byte(test.raw), "id"); string(got) != test.want || ok != test.ok {
			t.Errorf("%s: got %s, %v, want %s, %v", test.name, got, ok, test.want, test.ok)
		}
	}
}

func TestMemberDoesNotAllocate(t *testing.T) {
	raw := []byte(`{"a":{"b":["x"]},"sid":"b08dacad","c":null}`)
	if n := testing.AllocsPerRun(100, func() { Member(raw, "sid") }); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

func TestErrorCodes(t *testing.T) {
	read := ErrorCodes("code", "errors.code", "error.code", "error.type")
	for body, want := range map[string]string{
		`{"code":20003,"message":"no"}`:                     "20003",
		`{"code":"20003"}`:                                  "20003",
		`{"errors":[{"code":"invalid_parameter"},{"x":1}]}`: "invalid_parameter",
		`{"error":{"code":"","type":"authentication"}}`:     "authentication",
		`{"code":{},"error":{"code":403}}`:                  "403",
		`{"errors":[]}`:                                     "",
		`{"errors":{}}`:                                     "",
		`{"errors":[`:                                       "",
		`{"code":{}}`:                                       "",
		`<html>`:                                            "",
		``:                                                  "",
		`null`:                                              "",
	} {
		if got := read([]byte(body)); got != want {
			t.Errorf("the code of %s is %q, want %q", body, got, want)
		}
	}
}

func TestID(t *testing.T) {
	for _, test := range []struct{ name, value, want string }{
		{"string", `"b08dacad"`, "b08dacad"},
		{"escapes", `"a\/\u00e9\n\ud83d\ude00"`, "a/é\n😀"},
		{"integer", `12`, "12"},
		{"beyond 2^53", `9223372036854775807`, "9223372036854775807"},
		{"negative", `-5`, "-5"},
		{"zero", `0`, "0"},
		{"the longest", `"` + strings.Repeat("x", 1024) + `"`, strings.Repeat("x", 1024)},
		{"the replacement character itself", "\"\uFFFD\"", "\uFFFD"},
		{"too long", `"` + strings.Repeat("x", 1025) + `"`, ""},
		{"too long a number", strings.Repeat("1", 1025), ""},
		{"empty", `""`, ""},
		{"NUL", "\"a\x00\"", ""},
		{"escaped NUL", `"a\u0000"`, ""},
		{"control character", "\"a\n\"", ""},
		{"invalid UTF-8", "\"a\xff\"", ""},
		{"half a surrogate pair", `"\ud800"`, ""},
		{"no escape", `"\x"`, ""},
		{"leading zero", `012`, ""},
		{"fraction", `1.5`, ""},
		{"exponent", `1e3`, ""},
		{"sign alone", `-`, ""},
		{"null", `null`, ""},
		{"true", `true`, ""},
		{"object", `{"id":"x"}`, ""},
		{"array", `["x"]`, ""},
	} {
		if got := ID([]byte(`{"id":`+test.value+`}`), "id"); got != test.want {
			t.Errorf("%s: %s gives %q, want %q", test.name, test.value, got, test.want)
		}
	}
	if got := ID([]byte(`{}`), "id"); got != "" {
		t.Errorf("a missing id is %q", got)
	}
}
