package simulate

import (
	"fmt"
	"strconv"
	"time"
)

// What invented accounts are made of. The domains are reserved for examples
// (RFC 2606), the phone numbers for fiction.
var (
	inventedFirst = []string{"Harbor", "Cedar", "Summit", "Maple", "Granite", "Prairie", "Lakeside", "Northern", "Golden", "Blue Ridge", "Évangéline", "Riverbend", "Juniper", "Union", "Old Mill", "Copper"}
	inventedTrade = []string{"Dental", "Legal", "Plumbing", "Realty", "Insurance", "Veterinary", "Logistics", "Accounting", "Telecom", "Roofing", "Optical", "Travel"}
	inventedForm  = []string{"Group", "LLC", "& Sons", "Partners", "Inc.", "Associates", "Co-op", "Services"}
	inventedGiven = []string{"Ana", "Ben", "Chloé", "Dmitri", "Elena", "Farid", "Grace", "Hiro", "Inès", "Jonas", "Kemi", "Liam"}
	inventedSur   = []string{"Alvarez", "Brown", "Côté", "Dubois", "Eriksen", "Fischer", "García", "Hughes", "Ito", "Jensen", "Kowalski", "Lopez"}
	inventedRoad  = []string{"Main St", "2nd Ave", "Market St", "Mill Rd", "Station Rd", "Elm St"}
	inventedKind  = []string{"Full", "Full", "Full", "Trial"}
)

var inventedPlaces = []struct {
	city, region, postal, country, zone, currency, language, phone string
}{
	{"Portland", "OR", "97201", "US", "America/Los_Angeles", "USD", "en-US", "+1 503 555 01"},
	{"Seattle", "WA", "98101", "US", "America/Los_Angeles", "USD", "en-US", "(206) 555-01"},
	{"Chicago", "IL", "60601", "US", "America/Chicago", "USD", "en-US", "+1312555 01"},
	{"Boston", "MA", "02108", "US", "America/New_York", "USD", "en-US", "617-555-01"},
	{"Montréal", "QC", "H2X 1Y4", "CA", "America/Montreal", "CAD", "fr-CA", "+1 514 555 01"},
	{"London", "England", "SW1A 1AA", "GB", "Europe/London", "GBP", "en-GB", "+44 20 7946 09"},
	{"Lyon", "Auvergne-Rhône-Alpes", "69001", "FR", "Europe/Paris", "EUR", "fr-FR", "+33 4 65 71 01 "},
	{"Osaka", "Osaka", "530-0001", "jp", "Asia/Tokyo", "USD", "ja-JP", "+81 6 5550 01"},
}

// inventedEpoch is when the first invented accounts were created.
var inventedEpoch = time.Date(2018, time.September, 15, 10, 0, 0, 0, time.UTC)

// mix spreads a number over 64 bits (splitmix64), so that neighbours differ.
func mix(x uint64) uint64 {
	x += 0x9e3779b97f4a7c15
	x = (x ^ x>>30) * 0xbf58476d1ce4e5b9
	x = (x ^ x>>27) * 0x94d049bb133111eb
	return x ^ x>>31
}

// Invent makes a plausible account, the same for the same number, without id
// and parent. Names repeat, as they do in life.
func Invent(n uint64) Account {
	h := mix(n)
	draw := func(list []string) string {
		s := list[h%uint64(len(list))]
		h = mix(h)
		return s
	}
	number := strconv.FormatUint(n, 36)
	first, trade, form := draw(inventedFirst), draw(inventedTrade), draw(inventedForm)
	given, sur := draw(inventedGiven), draw(inventedSur)
	p := &inventedPlaces[h%uint64(len(inventedPlaces))]
	h = mix(h)
	created := inventedEpoch.Add(time.Duration(h%(7*365*24*3600)) * time.Second)
	var t texts
	name := t.add(first, " ", trade, " ", form)
	reference := t.add("client-", number)
	host := t.add(trade[:3], number, ".example.com")
	email := t.add("office", number, "@", trade[:3], number, ".example.com")
	website := t.add("https://www.", trade[:3], number, ".example.com")
	phone := t.add(p.phone, strconv.Itoa(10+int(h%90)))
	street := t.add(strconv.Itoa(1+int(h%9900)), " ", draw(inventedRoad))
	t.done()
	a := Account{
		Name:         t.get(name),
		Status:       Active,
		Kind:         draw(inventedKind),
		Reference:    t.get(reference),
		Email:        t.get(email),
		Phone:        t.get(phone),
		Website:      t.get(website),
		Domain:       t.get(host),
		Organization: t.get(name)[:len(first)+1+len(trade)],
		FirstName:    given,
		LastName:     sur,
		Street:       t.get(street),
		City:         p.city,
		Region:       p.region,
		PostalCode:   p.postal,
		Country:      p.country,
		TimeZone:     p.zone,
		Language:     p.language,
		Currency:     p.currency,
		Created:      created,
		Updated:      created.Add(time.Duration(h%1000) * time.Hour),
	}
	if h%16 == 0 {
		a.Status = Suspended
	}
	if h%5 == 0 {
		a.Tags = inventedTags
	}
	return a
}

var inventedTags = []string{"vip"} // shared: who changes an account copies it

// texts are the strings of one account in one piece of memory: a benchmark
// makes millions of accounts.
type texts struct {
	buf  [320]byte
	n    int
	text string
}

type span struct{ from, to int }

func (t *texts) add(parts ...string) span {
	from := t.n
	for _, p := range parts {
		t.n += copy(t.buf[t.n:], p)
	}
	return span{from, t.n}
}

func (t *texts) done()             { t.text = string(t.buf[:t.n]) }
func (t *texts) get(s span) string { return t.text[s.from:s.to] }

// Ids in the form of each provider, the same for the same number.

// UUID is an id as SignalWire's.
func UUID(n uint64) string {
	h := hex32(n)
	b := make([]byte, 0, 36)
	for i, c := range h {
		switch i {
		case 8, 12, 16, 20:
			b = append(b, '-')
		}
		b = append(b, c)
	}
	return string(b)
}

// HexID is an id as Kazoo's.
func HexID(n uint64) string {
	h := hex32(n)
	return string(h[:])
}

// AgendizeID is an id as Agendize's: digits in a string.
func AgendizeID(n uint64) string { return strconv.FormatUint(100_000_000+n, 10) }

// BackstackID is an id as Backstack's.
func BackstackID(n uint64) string { return fmt.Sprintf("acc_%010d", n) }

// odd makes the spreading of ids reversible: odd*oddInverse = 1 modulo 2⁶⁴.
const (
	odd        uint64 = 0x9e3779b97f4a7c15
	oddInverse uint64 = 0xf1de83e19937733d
)

// hex32 spreads ids over their space, as random ones are: a benchmark with ids
// in order would flatter the reader's indexes.
func hex32(n uint64) (b [32]byte) {
	for half, x := range [2]uint64{(n + 1) * odd, mix(n)} {
		for i := 15; i >= 0; i-- {
			b[half*16+i] = hexDigits[x&15]
			x >>= 4
		}
	}
	return b
}
