package normalize

import (
	"net/url"
	"strings"
	"testing"
	"unicode/utf8"

	"pgregory.net/rapid"
)

// A reading is a text and its normal form; "!" is for a text that cannot be read.
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

// holds checks what every normalizer promises, for one text.
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

func BenchmarkReaders(b *testing.B) {
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
