package normalize

import (
	"strings"
	"testing"
)

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
