package sourcetest

import (
	"fmt"
	"net/http"
	"net/url"
	"os"
	"strconv"
	"strings"
)

// An Answer is what the scripted server answers to a request.
type Answer struct {
	Status int // 0 means 200
	Header http.Header
	Body   string
	Cut    bool // the connection breaks at the end of Body
	Hang   bool // neither answers nor ends, until the request is given up
	Stall  bool // sends Body, then no more, until the request is given up
}

// A Script is the answers of a provider, in order.
type Script []Entry

// An Entry is the answer to one request of a Script.
type Entry struct {
	Request string // as in "GET /accounts?page=2"
	Header  string // "Cookie: session=1": a header that the request must have; or ""
	Answer  Answer
}

// ParseScript reads a script:
//
//	what is said here is a comment
//	-- GET /v1/accounts?page=1 --
//	{"list":[…]}
//	-- GET /v1/accounts Cookie: session=1 --
//	HTTP 429
//	Retry-After: 7
//
//	{"error":…}
//
// A request's path is as sent; its query may stand in any order, and a request
// without a query matches any. Answers to one request follow each other; the
// last one stays. A body that begins with a line "HTTP 429" has its status and
// header there, up to an empty line.
func ParseScript(text []byte) (Script, error) {
	var script Script
	var answers []*strings.Builder
	for line := range strings.Lines(string(text)) {
		title, ok := strings.CutPrefix(strings.TrimSpace(line), "-- ")
		if title, ok = cutSuffix(title, " --", ok); !ok {
			if len(answers) > 0 {
				answers[len(answers)-1].WriteString(line)
			}
			continue
		}
		parts := strings.SplitN(title, " ", 3)
		if len(parts) < 2 || !strings.HasPrefix(parts[1], "/") {
			return nil, fmt.Errorf("script: %q is not a request such as GET /accounts", title)
		}
		e := Entry{Request: key(parts[0], parts[1])}
		if len(parts) == 3 {
			e.Header = parts[2]
		}
		script = append(script, e)
		answers = append(answers, &strings.Builder{})
	}
	for i, text := range answers {
		var err error
		if script[i].Answer, err = parseAnswer(text.String()); err != nil {
			return nil, fmt.Errorf("script: %s: %w", script[i].Request, err)
		}
	}
	return script, nil
}

func cutSuffix(s, suffix string, ok bool) (string, bool) {
	if !ok {
		return s, false
	}
	return strings.CutSuffix(s, suffix)
}

// ReadScript reads the scripts of files one after the other.
func ReadScript(files ...string) (Script, error) {
	var all Script
	for _, name := range files {
		text, err := os.ReadFile(name)
		if err != nil {
			return nil, err
		}
		script, err := ParseScript(text)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
		all = append(all, script...)
	}
	return all, nil
}

func parseAnswer(text string) (Answer, error) {
	rest, ok := strings.CutPrefix(text, "HTTP ")
	if !ok {
		return Answer{Body: text}, nil
	}
	head, body, _ := strings.Cut(rest, "\n\n")
	lines := strings.Split(strings.TrimSpace(head), "\n")
	status, err := strconv.Atoi(strings.TrimSpace(lines[0]))
	if err != nil {
		return Answer{}, fmt.Errorf("%q is not a status", lines[0])
	}
	a := Answer{Status: status, Header: http.Header{}, Body: body}
	for _, line := range lines[1:] {
		name, value, ok := strings.Cut(line, ":")
		if !ok {
			return Answer{}, fmt.Errorf("%q is not a header", line)
		}
		a.Header.Add(name, strings.TrimSpace(value))
	}
	return a, nil
}

// key names a request, with its query in order of its names.
func key(method, ref string) string {
	path, query, ok := strings.Cut(ref, "?")
	if !ok {
		return method + " " + path
	}
	values, err := url.ParseQuery(query)
	if err != nil {
		return method + " " + ref
	}
	return method + " " + path + "?" + values.Encode()
}
