package fetch

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"
	"testing"
)

// benchBody is a page of SignalWire's: records of about 1.2 KB.
func benchBody(records int) []byte {
	var b strings.Builder
	b.WriteString(`{"uri":"/api/laml/2010-04-01/Accounts?PageSize=1000","accounts":[`)
	for i := range records {
		if i > 0 {
			b.WriteString(",\n")
		}
		fmt.Fprintf(&b, `{"sid":"b08dacad-3da7-4f36-9d50-%012d","friendly_name":"Subproject %d of the \"North\" region",`, i, i)
		b.WriteString(`"status":"active","auth_token":"PT0123456789abcdef0123456789abcdef0123456789abcdef","date_created":"Mon, 13 Sept 2021 22:17:21 +0000","date_updated":"Mon, 13 Sept 2021 22:17:21 +0000","type":"Full","owner_account_sid":"720796a0-8ee9-4350-83bd-2d07a3121f1e","uri":"/api/laml/2010-04-01/Accounts/b08dacad-3da7-4f36-9d50-a2d07a31","subproject":true,"signing_key":"PSK_0123456789abcdef","region_preference":"us","subresource_uris":{`)
		for j, name := range []string{"addresses", "available_phone_numbers", "applications", "authorized_connect_apps", "calls", "conferences", "connect_apps"} {
			if j > 0 {
				b.WriteByte(',')
			}
			fmt.Fprintf(&b, `"%s":"/api/laml/2010-04-01/Accounts/b08dacad-3da7-4f36-9d50/%s"`, name, name)
		}
		b.WriteString(`}}`)
	}
	b.WriteString(`],"page":0,"page_size":1000,"next_page_uri":null}`)
	return []byte(b.String())
}

func BenchmarkReadList(b *testing.B) {
	body := benchBody(1000)
	b.SetBytes(int64(len(body)))
	b.ReportAllocs()
	o := ListOptions{Lists: [][]string{{"accounts"}}}
	n := 0
	for b.Loop() {
		if _, err := ReadList(bytes.NewReader(body), o, func(Element) error { n++; return nil }); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkReadListWithID(b *testing.B) {
	body := benchBody(1000)
	b.SetBytes(int64(len(body)))
	b.ReportAllocs()
	o := ListOptions{Lists: [][]string{{"accounts"}}}
	for b.Loop() {
		_, err := ReadList(bytes.NewReader(body), o, func(e Element) error {
			if ID(e.Raw, "sid") == "" {
				b.Fatal("no id")
			}
			return nil
		})
		if err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkDecoder is the same with encoding/json, for comparison.
func BenchmarkDecoder(b *testing.B) {
	body := benchBody(1000)
	b.SetBytes(int64(len(body)))
	b.ReportAllocs()
	for b.Loop() {
		d := json.NewDecoder(bytes.NewReader(body))
		for t, err := d.Token(); t != json.Delim('['); t, err = d.Token() {
			if err != nil {
				b.Fatal(err)
			}
		}
		var raw json.RawMessage
		for d.More() {
			if err := d.Decode(&raw); err != nil {
				b.Fatal(err)
			}
		}
	}
}

func BenchmarkMember(b *testing.B) {
	var raw []byte
	_, err := ReadList(bytes.NewReader(benchBody(1)), ListOptions{Lists: [][]string{{"accounts"}}}, func(e Element) error {
		raw = bytes.Clone(e.Raw)
		return nil
	})
	if err != nil {
		b.Fatal(err)
	}
	b.SetBytes(int64(len(raw)))
	b.ReportAllocs()
	for b.Loop() {
		if _, ok := Member(raw, "sid"); !ok {
			b.Fatal("no member")
		}
	}
}
