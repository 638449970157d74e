package normalize

import (
	"testing"
)

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
		{"\ufeffhttps://example.com\u200b ", "https://example.com"},
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
