package fetch

import (
	"errors"
	"fmt"
	"io"
	"runtime"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/google/go-cmp/cmp"
)

// places are the lists that the tests accept.
var places = ListOptions{Lists: [][]string{{"items"}, {"data"}, {"payload", "list"}}, AllowBareArray: true}

// readAll reads a list; elements that are too long end with "…".
func readAll(r io.Reader, o ListOptions) (elements []string, env Envelope, err error) {
	env, err = ReadList(r, o, func(e Element) error {
		text := string(e.Raw)
		if e.Oversize {
			text += "…"
		}
		elements = append(elements, text)
		return nil
	})
	return elements, env, err
}

// kind names an error's kind.
func kind(err error) string {
	var body *BodyError
	var noList *NoListError
	switch {
	case err == nil:
		return ""
	case errors.As(err, &body):
		return "body"
	case errors.As(err, &noList):
		return "no list"
	default:
		return err.Error()
	}
}

func TestReadList(t *testing.T) {
	deep := strings.Repeat("[", 2*maxKinds) + strings.Repeat("]", 2*maxKinds)
	for _, test := range []struct {
		name, body string
		want       []string
		kind       string
	}{
		{"elements of every type", `{"items":[{"a":1},[],"x",12,null,true]}`, []string{`{"a":1}`, `[]`, `"x"`, `12`, `null`, `true`}, ""},
		{"white space", " {\n\"items\" :\t[ 1 ,\r\n{ } ] } \n", []string{"1", "{ }"}, ""},
		{"empty list", `{"items":[]}`, nil, ""},
		{"list inside", `{"payload":{"total":2,"list":[1,2]}}`, []string{"1", "2"}, ""},
		{"bare array", `[1,2]`, []string{"1", "2"}, ""},
		{"brackets and quotes in strings", `{"items":["]}\"","\\","\\\"]"]}`, []string{`"]}\""`, `"\\"`, `"\\\"]"`}, ""},
		{"NUL and invalid UTF-8", "{\"items\":[\"a\x00b\xff\"]}", []string{"\"a\x00b\xff\""}, ""},
		{"byte order mark", "\xef\xbb\xbf{\"items\":[1]}", []string{"1"}, ""},
		{"escaped name", `{"\u0069tems":[1]}`, []string{"1"}, ""},
		{"unreadable names outside", "{\"\xff\":1,\"\\ud800\":2,\"items\":[1]}", []string{"1"}, ""},
		{"deep element", `{"items":[` + deep + `]}`, []string{deep}, ""},
		{"list elsewhere", `{"meta":{"items":[1]},"items":[2]}`, []string{"2"}, ""},

		{"empty object", `{}`, nil, "no list"},
		{"null", `null`, nil, "no list"},
		{"a text", `"maintenance"`, nil, "no list"},
		{"error object", `{"code":20003,"status":401}`, nil, "no list"},
		{"null list", `{"items":null}`, nil, "no list"},
		{"object for a list", `{"items":{"a":[1]}}`, nil, "no list"},
		{"empty wrapper", `{"payload":{}}`, nil, "no list"},
		{"two lists", `{"items":[1],"data":[2]}`, []string{"1"}, "no list"},
		{"the same list twice", `{"items":[1],"items":[]}`, []string{"1"}, "no list"},

		{"nothing", ``, nil, "body"},
		{"only a byte order mark", "\xef\xbb\xbf", nil, "body"},
		{"HTML", `<html><body>down</body></html>`, nil, "body"},
		{"a word", `nope`, nil, "body"},
		{"cut between elements", `{"items":[1,`, []string{"1"}, "body"},
		{"cut in a string", `{"items":["a`, nil, "body"},
		{"cut in an escape", `{"items":["a\`, nil, "body"},
		{"cut in an element", `{"items":[{"a":1`, nil, "body"},
		{"cut behind the list", `{"items":[1]`, []string{"1"}, "body"},
		{"cut in what follows", `{"items":[1],"next`, []string{"1"}, "body"},
		{"no separator", `{"items":[{}{}]}`, []string{"{}"}, "body"},
		{"wrong separator", `{"items":[{}:{}]}`, []string{"{}"}, "body"},
		{"separator too many", `{"items":[1,]}`, []string{"1"}, "body"},
		{"separator at the beginning", `{"items":[,1]}`, nil, "body"},
		{"brackets crossed", `{"items":[{"a":[}]]}`, nil, "body"},
		{"bracket too many", `{"items":[1]]}`, []string{"1"}, "body"},
		{"something follows", `{"items":[1]} x`, []string{"1"}, "body"},
		{"two values", `{"items":[1]}{"items":[2]}`, []string{"1"}, "body"},
		{"no colon", `{"items" [1]}`, nil, "body"},
		{"comma before the end", `{"items":[1],}`, []string{"1"}, "body"},
		{"half a word outside", `{"page":tru,"items":[1]}`, nil, "body"},
		{"long text outside", `{"items":[1],"next":"` + strings.Repeat("x", maxMember) + `"}`, []string{"1"}, "body"},
		{"much outside", `{"items":[1]` + strings.Repeat(`,"a":"`+strings.Repeat("x", 1000)+`"`, 70) + `}`, []string{"1"}, "body"},
	} {
		t.Run(test.name, func(t *testing.T) {
			got, _, err := readAll(strings.NewReader(test.body), places)
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Errorf("elements -want +got:\n%s", diff)
			}
			if kind(err) != test.kind {
				t.Errorf("error %v, want kind %q", err, test.kind)
			}
			byByte, _, byteErr := readAll(iotest.OneByteReader(strings.NewReader(test.body)), places)
			if diff := cmp.Diff(got, byByte); diff != "" || fmt.Sprint(err) != fmt.Sprint(byteErr) {
				t.Errorf("byte by byte: %v, want %v; elements -want +got:\n%s", byteErr, err, diff)
			}
		})
	}
}

func TestReadListEnvelope(t *testing.T) {
	body := `{"page":0,"accounts":[1],"next_page_uri":"/a?b=c&d","meta":{"n":[1]},"none":null,"id":12345678901234567890,` +
		`"big":[` + strings.Repeat(`"x",`, maxMember) + `1],"page":3}`
	_, env, err := readAll(strings.NewReader(body), ListOptions{Lists: [][]string{{"accounts"}}})
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]string{"page": "3", "next_page_uri": `"/a?b=c&d"`, "meta": `{"n":[1]}`, "none": "null", "accounts": "", "missing": "", "big": ""}
	for name, value := range want {
		if got := string(env.Get(name)); got != value {
			t.Errorf("%s is %s, want %s", name, got, value)
		}
	}
	texts := map[string]string{"page": "3", "next_page_uri": "/a?b=c&d", "meta": "", "none": "", "id": "12345678901234567890"}
	for name, value := range texts {
		if got := env.Text(name); got != value {
			t.Errorf("text of %s is %q, want %q", name, got, value)
		}
	}
	if diff := cmp.Diff([]string{"big"}, env.Dropped); diff != "" {
		t.Errorf("dropped -want +got:\n%s", diff)
	}

	_, env, err = readAll(strings.NewReader(`{"success":true,"payload":{"total":25,"list":[],"pages":1}}`), places)
	if err != nil {
		t.Fatal(err)
	}
	if got := env.Text("payload", "pages"); got != "1" {
		t.Errorf("payload.pages is %q, want 1", got)
	}

	var noList *NoListError
	_, _, err = readAll(strings.NewReader(`{"error":{"code":403}}`), places)
	if !errors.As(err, &noList) || string(noList.Envelope.JSON()) != `{"error":{"code":403}}` {
		t.Errorf("error %v does not carry the envelope", err)
	}
}

func TestReadListOversize(t *testing.T) {
	o := ListOptions{Lists: places.Lists, maxElement: 8}
	body := `{"items":["123456","1234567",{"a":"` + strings.Repeat(`\"`, readSize) + `"},12345678,123456789,[[]]],"after":1}`
	want := []string{`"123456"`, `"1234567…`, `{"a":"\"…`, `12345678`, `12345678…`, `[[]]`}
	for name, r := range map[string]io.Reader{
		"whole":        strings.NewReader(body),
		"byte by byte": iotest.OneByteReader(strings.NewReader(body)),
	} {
		got, env, err := readAll(r, o)
		if err != nil || env.Text("after") != "1" {
			t.Errorf("%s: error %v, after %q", name, err, env.Text("after"))
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s: -want +got:\n%s", name, diff)
		}
	}
}

// An endless body of whatever shape costs no memory.
func TestReadListMemory(t *testing.T) {
	for name, part := range map[string]string{"string": `["`, "brackets": `[`, "records": `[{"a":"b"},`} {
		t.Run(name, func(t *testing.T) {
			const size = 4 << 20
			first, rest := part[:1], part[1:]
			if rest == "" {
				rest = "["
			}
			var before, after runtime.MemStats
			runtime.ReadMemStats(&before)
			r := io.MultiReader(strings.NewReader(first), io.LimitReader(&repeat{text: rest}, size))
			_, err := ReadList(r, ListOptions{AllowBareArray: true, maxElement: 1 << 10}, func(Element) error { return nil })
			runtime.ReadMemStats(&after)
			if kind(err) != "body" {
				t.Errorf("error %v, want a body that ends early", err)
			}
			if used := after.TotalAlloc - before.TotalAlloc; used > size/8 {
				t.Errorf("%d bytes allocated for a body of %d", used, size)
			}
		})
	}
}

// repeat is an endless reader.
type repeat struct {
	text string
	at   int
}

func (r *repeat) Read(p []byte) (int, error) {
	if len(r.text) < readSize {
		r.text = strings.Repeat(r.text, readSize/len(r.text)+1)
	}
	n := copy(p, r.text[r.at:])
	r.at = (r.at + n) % len(r.text)
	return n, nil
}

func TestReadListPassesErrorsOn(t *testing.T) {
	mine := errors.New("mine")
	if _, err := ReadList(strings.NewReader(`[1,2]`), places, func(Element) error { return mine }); err != mine {
		t.Errorf("error of each became %v", err)
	}
	r := io.MultiReader(strings.NewReader(`[1,2]`), iotest.ErrReader(mine))
	if _, _, err := readAll(r, places); !errors.Is(err, mine) || kind(err) != "body" {
		t.Errorf("error of the reader became %v", err)
	}
	if _, _, err := readAll(stuck{}, places); !errors.Is(err, io.ErrNoProgress) {
		t.Errorf("a reader that gives nothing became %v", err)
	}
}

type stuck struct{}

func (stuck) Read([]byte) (int, error) { return 0, nil }

func TestReadObject(t *testing.T) {
	for _, test := range []struct{ name, body, want, kind string }{
		{"object", "\xef\xbb\xbf {\"a\":[1]}\n", `{"a":[1]}`, ""},
		{"as long as allowed", `["3456789"]`, `["3456789"]`, ""},
		{"longer", `["34567890"]`, "", ErrTooLarge.Error()},
		{"null", `null`, `null`, ""},
		{"cut", `{"a":`, "", "body"},
		{"no JSON", `<html>`, "", "body"},
		{"half a word", `nul`, "", "body"},
		{"something follows", `{} {}`, "", "body"},
		{"nothing", "", "", "body"},
	} {
		t.Run(test.name, func(t *testing.T) {
			for _, r := range []io.Reader{strings.NewReader(test.body), iotest.OneByteReader(strings.NewReader(test.body))} {
				got, err := ReadObject(r, 11)
				if string(got) != test.want || kind(err) != test.kind {
					t.Errorf("got %s, %v, want %s, %s", got, err, test.want, test.kind)
				}
			}
		})
	}
	endless := io.MultiReader(strings.NewReader(`"`), &repeat{text: "x"})
	if _, err := ReadObject(endless, 1<<20); !errors.Is(err, ErrTooLarge) {
		t.Errorf("an endless body became %v", err)
	}
}
