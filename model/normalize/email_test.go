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
		{"info@Bücher.example", "info@xn--bcher-kva.example"},
		{"info@bu\u0308cher.example", "info@xn--bcher-kva.example"},
		{"info@XN--BCHER-KVA.example", "info@xn--bcher-kva.example"},
		{"jose\u0301@example.com", "josé@example.com"},
		{"m\u200be@exam\u00adple.com\ufeff", "me@example.com"},
		{"ｍｅ＠ｅｘａｍｐｌｅ．ｃｏｍ", "me@example.com"},
		{"me@example。com", "me@example.com"},
		{"mailto:Me@example.com?subject=Hello", "me@example.com"},
		{"MAILTO:me%2Btag@example.com", "me+tag@example.com"},
		{"Me <me@example.com>", "me@example.com"},
		{"\"Doe, J.\" < J.Doe@example.com >", "j.doe@example.com"},
		{"<me@example.com>", "me@example.com"},
		{"me@example.com <mailto:me@example.com>", "me@example.com"},
		{"a@b.com, Me <c@d.com>", unreadable},
		{"Me <me@example.com", unreadable},
		{"Me <>", unreadable},
		{"Me <a@b.com> <c@d.com>", unreadable},
		{"mailto:", unreadable},
		{"mailto:%zz@example.com", unreadable},
		{"josé@example.com", "josé@example.com"},
		{"a@b_c.example.com", "a@b_c.example.com"},
		{"My Project", unreadable},
		{"me@work", unreadable},
		{"me@10.0.0.1", unreadable},
		{"me@[10.0.0.1]", unreadable},
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
		{"caf\ufffd@example.com", unreadable},
		{strings.Repeat("a", 64) + "@example.com", strings.Repeat("a", 64) + "@example.com"},
		{strings.Repeat("a", 65) + "@example.com", unreadable},
	})
}

func TestTheDomainOfAnEmailIsADomain(t *testing.T) {
	for _, name := range []string{"Bücher.example", "bu\u0308cher.example", "xn--bcher-kva.EXAMPLE", "ｂücher。example", "straße.de", "acme\u200b.com"} {
		email, ok := Email("me@" + name)
		domain, _ := Domain(name)
		if !ok || email != "me@"+domain {
			t.Errorf("%q: e-mail %q, domain %q", name, email, domain)
		}
	}
}
