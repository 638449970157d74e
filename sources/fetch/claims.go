package fetch

import (
	"bytes"
	"encoding/json"
	"maps"
	"math"
	"net/http"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// A meaning is what a member outside of the list says about the listing or the answer.
type meaning int

const (
	more    meaning = iota + 1 // more follows, unless it is nothing
	end                        // more follows where it is false
	total                      // how many records the listing has
	pages                      // how many pages the listing has, or false where this is not the last one
	nest                       // an object that holds such members
	failed                     // the answer is an error or a part, unless it is nothing
	success                    // the answer is an error where it is false
	status                     // an HTTP status, or a word for one
	code                       // an HTTP status, or with a message any number of 400 or more
	message                    // what belongs to code
)

// meanings are the members by the names that public APIs give them, without case and separators: hasMore is has_more.
var meanings = func() map[string]meaning {
	table := map[meaning]string{
		more: `continuation continuationtoken lastevaluatedkey resumptiontoken
			more hasmore hasnext hasnextpage hasmorepages hasmoreitems hasmoreresults hasmorerecords hasmoredata
			morepages moreitems moreresults morerecords moredata moreavailable ismore nextpageavailable truncated istruncated`,
		end: `complete iscomplete last islast islastpage done finished exhausted endoflist`,
		// A total can also count the elements of this page, which are never more than were counted.
		total: `total totalcount totalresults totalitems totalrecords totalelements totalentries totalrows totalobjects
			totalsize totalhits totalaccounts totalnumber totalrecordcount totalitemcount totalresultcount
			count itemcount itemscount recordcount resultcount resultscount numresults numfound numberofresults`,
		pages: `pages totalpages numpages numberofpages pagecount pagescount pagetotal pagestotal totalpagecount lastpage lastpagenumber`,
		nest: `meta metadata pagination paginationinfo paginator paging pageinfo pager page links link cursor cursors
			responsemetadata resultinfo`,
		failed: `error errors errorcode errormessage errordescription exception exceptions fault
			incomplete isincomplete incompleteresults partial ispartial partialresults`,
		success: `success issuccess succeeded successful ok`,
		status:  `status statuscode httpstatus httpstatuscode httpcode`,
		code:    `code`,
		message: `message msg`,
	}
	all := map[string]meaning{}
	for m, names := range table {
		for _, name := range strings.Fields(names) {
			all[name] = m
		}
	}
	return all
}()

var (
	// nextNames are links and cursors to a next page. "after" is not one of them: cursors.after also stands on a last page.
	nextNames = regexp.MustCompile(`^(odata|page|pagination)?next(page|records?|results?|items?|batch|start|set|continuation)?` +
		`(urls?|uri|links?|href|token|cursor|key|offset|marker|number|num|no|index|path)?$`)

	// separators stand within names.
	separators = strings.NewReplacer("_", "", "-", "", ".", "", "@", "", "$", "", ":", "", " ", "")

	failedWords = strings.Fields(`error errors failed failure fail fatal partial incomplete denied unauthorized forbidden timeout`)

	// claimHeaders are the header fields that say what a member of that name would.
	claimHeaders = map[string]string{"X-Total-Count": "total", "X-Total-Pages": "totalpages", "X-Next-Page": "next", "X-Has-More": "hasmore"}
)

// maxNest is how deep members are looked for: meta.pagination.links.next.
const maxNest = 3

func meaningOf(name string) meaning {
	name = strings.ToLower(separators.Replace(name))
	if nextNames.MatchString(name) {
		return more
	}
	return meanings[name]
}

// claims are what an answer says about itself and about the rest of its listing: members, "" where none says so.
type claims struct {
	more         string // says that more follows
	failed       string // says that the answer is an error, or a part
	total, pages number // of the whole listing

	success string // what status holds in a good answer, "" where the provider defines none
	code    number
	message string // in lower case
}

// A number is a count and the member that it stands in.
type number struct {
	member string
	n      int64
}

// claims collects what the members say.
func (e Envelope) claims(success string) claims {
	c := claims{success: success}
	for _, p := range slices.SortedFunc(maps.Keys(e.members), func(a, b path) int { return strings.Compare(a.String(), b.String()) }) {
		c.note(p.String(), p.name, e.members[p], 0)
	}
	for _, name := range e.Dropped {
		if m := meaningOf(name); m == nest || m == more {
			c.more = name + ", which is too long to be read"
		}
	}
	if c.code.n >= http.StatusBadRequest && (c.code.n < 600 || !slices.Contains([]string{"", "ok", "success"}, c.message)) {
		c.failed = c.code.member
	}
	return c
}

// note records what the member name says; shown is its path.
func (c *claims) note(shown, name string, value []byte, depth int) {
	isFalse := string(value) == "false" || string(value) == `"false"`
	switch m := meaningOf(name); {
	case m == more && !IsNothing(value), (m == end || m == pages) && isFalse:
		c.more = shown
	case m == total:
		c.total.raise(shown, value)
	case m == pages:
		c.pages.raise(shown, value)
	case m == failed && !IsNothing(value), m == success && isFalse, m == status && depth == 0 && isFailure(value, c.success):
		c.failed = shown
	case m == code && depth == 0:
		c.code.raise(shown, value)
	case m == message && depth == 0:
		c.message = strings.ToLower(text(value, maxMember))
	case m == nest && depth < maxNest:
		c.nested(shown, value, depth)
	}
}

// nested records what the members of a nested object say, or a list of links ({"rel":"next","href":"…"}).
func (c *claims) nested(shown string, value []byte, depth int) {
	for name, inner := range named(value) {
		c.note(shown+"."+name, name, inner, depth+1)
	}
	var links []struct {
		Rel  string
		Href json.RawMessage
	}
	if value[0] != '[' || json.Unmarshal(value, &links) != nil {
		return
	}
	for _, link := range links {
		if strings.EqualFold(link.Rel, "next") && !IsNothing(link.Href) {
			c.more = shown + ", rel next"
		}
	}
}

// contentRange matches items 0-24/319: 200 with a range is not HTTP, but some APIs page that way.
var contentRange = regexp.MustCompile(`^\w+ \d+-(\d{1,15})/(\d{1,15})$`)

// linkNext matches one link of a Link header (RFC 8288) to a next page.
var linkNext = regexp.MustCompile(`(?i)<[^>]*>[^<]*;\s*rel\s*=\s*("([^"<]*\s)?next[\s"]|next\s*([;,]|$))`)

// header records what an answer's header says.
func (c *claims) header(h http.Header) {
	for name, member := range claimHeaders {
		if value := h.Get(name); value != "" {
			c.note("the header "+name, member, strconv.AppendQuote(nil, value), maxNest)
		}
	}
	if linkNext.MatchString(strings.Join(h.Values("Link"), ",")) {
		c.more = "the header Link, rel next"
	}
	if m := contentRange.FindStringSubmatch(h.Get("Content-Range")); m != nil && integer([]byte(m[1]))+1 < integer([]byte(m[2])) {
		c.more = "the header Content-Range"
	}
}

// isFailure reports whether a status is one of a failure: a number as HTTP has it, or a word.
func isFailure(status []byte, success string) bool {
	if code := integer(status); code != 0 {
		return code >= http.StatusBadRequest
	}
	word := text(status, maxMember)
	if word == "" {
		return success != "" && !IsNothing(status)
	}
	return success != "" && !strings.EqualFold(word, success) || slices.Contains(failedWords, strings.ToLower(word))
}

// IsNothing reports whether a value says nothing: null, false, 0, an empty text, or a list or object of nothing.
func IsNothing(value []byte) bool {
	value = bytes.TrimSpace(value)
	if len(value) == 0 {
		return true
	}
	switch value[0] {
	case '{':
		for _, inner := range named(value) {
			if !IsNothing(inner) {
				return false
			}
		}
		return json.Valid(value)
	case '[':
		var list []json.RawMessage
		return json.Unmarshal(value, &list) == nil && !slices.ContainsFunc(list, func(v json.RawMessage) bool { return !IsNothing(v) })
	case '"':
		s, ok := unquote(value)
		return ok && slices.Contains([]string{"", "null", "none", "false", "0", "undefined"}, strings.ToLower(strings.TrimSpace(s)))
	default:
		n, err := strconv.ParseFloat(string(value), 64)
		return err == nil && n == 0 || string(value) == "null" || string(value) == "false"
	}
}

// raise keeps a count if it is the largest so far.
func (n *number) raise(member string, value []byte) {
	for name, inner := range named(value) { // {"total":{"value":25}}
		if name == "value" || name == "count" {
			n.raise(member+"."+name, inner)
		}
	}
	if count := integer(value); count > n.n {
		*n = number{member, count}
	}
}

// least returns the smaller of two counts, of those that are known.
func (n number) least(other number) number {
	if n.n == 0 || other.n > 0 && other.n < n.n {
		return other
	}
	return n
}

// integer returns a whole number, sent as such, as 25.0 or as a text; 0 for anything else.
func integer(value []byte) int64 {
	n, err := strconv.ParseFloat(string(bytes.Trim(value, `"`)), 64)
	if err != nil || n != math.Trunc(n) || math.Abs(n) > 1<<53 {
		return 0
	}
	return int64(n)
}
