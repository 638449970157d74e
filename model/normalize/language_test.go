package normalize

import (
	"strings"
	"testing"
)

func TestLanguage(t *testing.T) {
	check(t, Language, []reading{
		{"en", "en"},
		{"en_US", "en-US"},
		{"EN-us", "en-US"},
		{"eng", "en"},
		{"iw", "he"},
		{"zh_hant_tw", "zh-Hant-TW"},
		{"es-419", "es-419"},
		{"English", unreadable},
		{"xx", unreadable},
		{"und", unreadable},
		{"und-US", unreadable},
		{"root", unreadable},
		{"x-klingon", unreadable},
		{"en-", unreadable},
		{"en_US.UTF-8", "en-US"},
		{"de_DE@euro", "de-DE"},
		{"sr_RS.UTF-8@latin", "sr-Latn-RS"},
		{"sr@latin", "sr-Latn"},
		{"ca_ES@valencia", "ca-ES-valencia"},
		{"C", ""},
		{"C.UTF-8", ""},
		{"POSIX", ""},
		{"nan", "nan"},
		{".UTF-8", unreadable},
		{"en-x-" + strings.Repeat("a-", 1<<16), unreadable},
	})
}
