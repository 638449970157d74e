package normalize

import (
	"strings"
	"testing"
)

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
		{"bu\u0308cher.example", "xn--bcher-kva.example"},
		{"XN--BCHER-KVA.example", "xn--bcher-kva.example"},
		{"acme\u200b.com", "acme.com"},
		{"undefined", unreadable},
		{"null", unreadable},
		{"0", unreadable},
		{"xn--zzzzzzzzzzzzzzz.com", unreadable},
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
