package model

import (
	"net/url"
	"strings"
	"testing"
	"unicode/utf8"

	"pgregory.net/rapid"
)

// A reading is what a normaliser makes of one text; "!" is one it can't read.
type reading struct{ in, want string }

const unreadable = "!"

func check(t *testing.T, read func(string) (string, bool), cases []reading) {
	t.Helper()
	for _, c := range cases {
		got, ok := read(c.in)
		if !ok {
			if got != "" {
				t.Errorf("%q: unreadable, and yet %q", c.in, got)
			}
			got = unreadable
		}
		if got != c.want {
			t.Errorf("%q: got %q, want %q", c.in, got, c.want)
		}
	}
}

// holds checks what every normaliser promises of one text.
func holds(t interface{ Errorf(string, ...any) }, name string, read func(string) (string, bool), s string) {
	got, ok := read(s)
	if !ok {
		if got != "" {
			t.Errorf("%s(%q): unreadable, and yet %q", name, s, got)
		}
		return
	}
	if !utf8.ValidString(got) || strings.ContainsRune(got, 0) {
		t.Errorf("%s(%q) = %q, which Postgres refuses", name, s, got)
	}
	if again, ok := read(got); again != got || !ok {
		t.Errorf("%s(%q) = %q, of which it makes %q, %t", name, s, got, again, ok)
	}
}

var readers = []struct {
	name string
	read func(string) (string, bool)
}{
	{"Email", Email},
	{"Website", Website},
	{"Domain", Domain},
	{"Country", Country},
	{"Timezone", Timezone},
	{"Language", Language},
	{"Currency", Currency},
}

func TestEveryReaderHolds(t *testing.T) {
	text := rapid.OneOf(
		rapid.String(),
		rapid.StringMatching(`[ -~]{0,12}`),
		rapid.StringMatching(`(https?://)?([a-zäİK]{1,9}[@:._-]){0,3}[a-zA-Z]{1,5}([:/?#][!-~]{0,9})?`),
	)
	for _, r := range readers {
		t.Run(r.name, func(t *testing.T) {
			check(t, r.read, []reading{{"", ""}, {" \t\n", ""}, {"\x00", unreadable}, {"a\xff", unreadable}, {"?", unreadable}})
			rapid.Check(t, func(t *rapid.T) { holds(t, r.name, r.read, text.Draw(t, "text")) })
		})
	}
}

func FuzzReaders(f *testing.F) {
	for _, s := range []string{
		"Me@Example.COM", "x@bücher.example", "https://u:p@[::1]:80/?q#f", "acme.com/x", "a。b", "xn--a", "İ@İ.com",
		"uk", "America/new_york", "zh_hant_tw", "i-klingon", "usd",
	} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		for _, r := range readers {
			holds(t, r.name, r.read, s)
		}
		if site, ok := Website(s); ok && site != "" {
			u, err := url.Parse(site)
			if err != nil || u.User != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" {
				t.Errorf("Website(%q) = %q, which is %+v, %v", s, site, u, err)
			}
		}
	})
}

func TestEmail(t *testing.T) {
	check(t, Email, []reading{
		{" Me@Example.COM\n", "me@example.com"},
		{"first.last+tag@sub.example.co.uk", "first.last+tag@sub.example.co.uk"},
		{"o'brien@example.com", "o'brien@example.com"},
		{"info@Bücher.example", "info@bücher.example"},
		{"josé@example.com", "josé@example.com"},
		{"a@b_c.example.com", "a@b_c.example.com"},
		{"My Project", unreadable},
		{"me@work", unreadable},
		{"me@10.0.0.1", unreadable},
		{"me@[10.0.0.1]", unreadable},
		{"Me <me@example.com>", unreadable},
		{`"me"@example.com`, unreadable},
		{"a@b.com, c@d.com", unreadable},
		{"a@b@c.com", unreadable},
		{"@example.com", unreadable},
		{"me@", unreadable},
		{".me@example.com", unreadable},
		{"m..e@example.com", unreadable},
		{"me.@example.com", unreadable},
		{"me@example.com.", unreadable},
		{"me@ example.com", unreadable},
		{"me@-example.com", unreadable},
		{"mailto:me@example.com", unreadable},
		{"caf\ufffd@example.com", unreadable},
		{strings.Repeat("a", 64) + "@example.com", strings.Repeat("a", 64) + "@example.com"},
		{strings.Repeat("a", 65) + "@example.com", unreadable},
	})
}

func TestWebsite(t *testing.T) {
	check(t, Website, []reading{
		{"https://Example.com/Path?q=1#f", "https://Example.com/Path?q=1#f"},
		{"HTTP://example.com", "HTTP://example.com"},
		{"http://intranet:8080/", "http://intranet:8080/"},
		{"http://[2001:db8::1]:80/", "http://[2001:db8::1]:80/"},
		{"https://user:secret@example.com/x", "https://example.com/x"},
		{"https://a@b@example.com", "https://example.com"},
		{"https://example.com/@someone", "https://example.com/@someone"},
		{"https://example.com?mail=a@b.c", "https://example.com?mail=a@b.c"},
		{"acme.com/x", "https://acme.com/x"},
		{"www.acme.com:8443", "https://www.acme.com:8443"},
		{"bücher.example", "https://bücher.example"},
		{"acme.com?to=http://x", "https://acme.com?to=http://x"},
		{"me@acme.com", unreadable},
		{"acme", unreadable},
		{"n/a", unreadable},
		{"3.14", unreadable},
		{"acme.com:", unreadable},
		{"https://acme.com:99999", unreadable},
		{"https://", unreadable},
		{"https://user@/", unreadable},
		{"ftp://acme.com", unreadable},
		{"javascript:alert(1)", unreadable},
		{"//acme.com", unreadable},
		{"https://acme .com", unreadable},
		{"https://acme.com/a b", unreadable},
		{`https://acme.com\@evil.example`, unreadable},
		{"https://acme.com/%zz", unreadable},
	})
}

func TestDomain(t *testing.T) {
	check(t, Domain, []reading{
		{"Acme.SIP.audian.com", "acme.sip.audian.com"},
		{"acme.com.", "acme.com"},
		{"asterisk", "asterisk"},
		{"_sip._udp.acme.com", "_sip._udp.acme.com"},
		{"10.0.0.1", "10.0.0.1"},
		{"Bücher.example", "xn--bcher-kva.example"},
		{"例え。jp", "xn--r8jz45g.jp"},
		{"straße.de", "xn--strae-oqa.de"},
		{".", unreadable},
		{"acme..com", unreadable},
		{"-acme.com", unreadable},
		{"acme.com:5060", unreadable},
		{"sip:acme.com", unreadable},
		{"acme com", unreadable},
		{strings.Repeat("a", 63) + ".com", strings.Repeat("a", 63) + ".com"},
		{strings.Repeat("a", 64) + ".com", unreadable},
		{strings.Repeat("a.", 127) + "a", unreadable},
		{strings.Repeat("ü", 1<<16), unreadable},
	})
}

func BenchmarkContact(b *testing.B) {
	for _, c := range []struct {
		name, in string
		read     func(string) (string, bool)
	}{
		{"Email", "first.last@example.com", Email},
		{"EmailUpper", "First.Last@Example.com", Email},
		{"Website", "https://www.example.com/about", Website},
		{"WebsiteBare", "www.example.com", Website},
		{"Domain", "acme.sip.audian.com", Domain},
		{"DomainIDN", "bücher.example", Domain},
		{"Country", "us", Country},
		{"Timezone", "America/New_York", Timezone},
		{"Language", "en_US", Language},
		{"Currency", "usd", Currency},
	} {
		b.Run(c.name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if _, ok := c.read(c.in); !ok {
					b.Fatal("unreadable")
				}
			}
		})
	}
}
