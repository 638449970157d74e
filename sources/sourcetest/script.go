package sourcetest

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"net/http"
	"net/textproto"
	"net/url"
	"os"
	"strconv"
	"strings"

	"golang.org/x/tools/txtar"
)

// An Answer is what the scripted server answers to a request.
type Answer struct {
	Status int // 0 means 200
	Header http.Header
	Body   string
	Cut    bool // the connection breaks at the end of Body
	Silent bool // never answers, until the request is cancelled
	Stall  bool // sends Body, then no more, until the request is cancelled
}

// A Script is the answers of a provider, in order.
type Script []Entry

// An Entry is the answer to one request of a Script.
type Entry struct {
	Request string // as in "GET /accounts?page=2"
	Header  string // "Cookie: session=1": a header that the request must have; or ""
	Answer  Answer
}

// ParseScript reads a script, in the form of a txtar archive:
//
//	a comment
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
	for _, f := range txtar.Parse(text).Files {
		parts := strings.SplitN(f.Name, " ", 3)
		if len(parts) < 2 || !strings.HasPrefix(parts[1], "/") {
			return nil, fmt.Errorf("script: %q is not a request such as GET /accounts", f.Name)
		}
		e := Entry{Request: key(parts[0], parts[1]), Answer: Answer{Body: string(f.Data)}}
		if len(parts) == 3 {
			e.Header = parts[2]
		}
		if rest, ok := bytes.CutPrefix(f.Data, []byte("HTTP ")); ok {
			var err error
			if e.Answer, err = parseAnswer(rest); err != nil {
				return nil, fmt.Errorf("script: %s: %w", e.Request, err)
			}
		}
		script = append(script, e)
	}
	return script, nil
}

// parseAnswer reads a status, a header and a body.
func parseAnswer(text []byte) (Answer, error) {
	r := bufio.NewReader(bytes.NewReader(text))
	line, _ := r.ReadString('\n') // without one the number is wrong
	status, err := strconv.Atoi(strings.TrimSpace(line))
	if err != nil {
		return Answer{}, fmt.Errorf("%q is not a status", line)
	}
	header, err := textproto.NewReader(r).ReadMIMEHeader()
	if err != nil && err != io.EOF {
		return Answer{}, err
	}
	body, err := io.ReadAll(r)
	return Answer{Status: status, Header: http.Header(header), Body: string(body)}, err
}

// readScript reads the scripts of files one after the other.
func readScript(files ...string) (Script, error) {
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
