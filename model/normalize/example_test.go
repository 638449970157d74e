package normalize_test

import (
	"fmt"
	"time"

	"rollcall/model/normalize"
)

func ExampleEmail() {
	for _, s := range []string{"Ops <Ops@Bücher.example>", "mailto:me@example.com", "me@work"} {
		fmt.Println(normalize.Email(s))
	}
	// Output:
	// ops@xn--bcher-kva.example true
	// me@example.com true
	//  false
}

func ExamplePhone() {
	fmt.Println(normalize.Phone("(415) 555-0100", "US"))
	fmt.Println(normalize.Phone("+44 (0)20 7946 0000", ""))
	fmt.Println(normalize.Phone("415 555 0100 ext. 7", "US"))
	// Output:
	// +14155550100
	// +442079460000
	// 415 555 0100 ext. 7
}

func ExampleCountry() {
	for _, s := range []string{"us", "GBR", "276", "EL", "Korea, Republic of", "Atlantis"} {
		fmt.Println(normalize.Country(s))
	}
	// Output:
	// US true
	// GB true
	// DE true
	// GR true
	// KR true
	//  false
}

func ExampleTimezone() {
	fmt.Println(normalize.Timezone("europe/paris"))
	fmt.Println(normalize.Timezone("Eastern Standard Time")) // of Windows
	// Output:
	// Europe/Paris true
	// America/New_York true
}

func ExampleLanguage() {
	fmt.Println(normalize.Language("en_US.UTF-8"))
	// Output: en-US true
}

func ExampleWebsite() {
	fmt.Println(normalize.Website("acme.example/shop"))
	fmt.Println(normalize.Website("https://user:password@acme.example"))
	// Output:
	// https://acme.example/shop true
	// https://acme.example true
}

func ExampleParseRFC2822() {
	at, ok := normalize.ParseRFC2822("Sat, 15 Sept. 2018 9:00:00 EST")
	fmt.Println(at.Format(time.RFC3339), ok)
	// Output: 2018-09-15T14:00:00Z true
}

func ExampleParseRFC3339() {
	paris, _ := normalize.Zone("Europe/Paris")
	at, ok := normalize.ParseRFC3339("2024-07-01T12:00:00", paris)
	fmt.Println(at.Format(time.RFC3339), ok)
	// Output: 2024-07-01T10:00:00Z true
}

func ExamplePlaceholder() {
	fmt.Println(normalize.Placeholder("N/A"), normalize.Placeholder("undefined"), normalize.Placeholder("NA"))
	// Output: true true false
}
