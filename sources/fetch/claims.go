package fetch

import (
	"bytes"
	"cmp"
	"encoding/json"
	"hash/maphash"
	"maps"
	"math"
	"net/http"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// What an envelope can say about its listing, by the names that public APIs give it. Names are compared without
// case and separators: nextPageToken is next_page_token. null, "", false, 0, [] and {} say nothing.

// claims are what a page says about the rest of its listing.
type claims struct {
	more         string // the member that says that more follows, "" where none does
	total, pages number // of the whole listing
}

// A number is a count and the member that it stands in.
type number struct {
	member string
	n      int64
}

var (
	// nextNames are links and cursors to a next page. "after" is none: cursors.after also stands on a last page.
	nextNames = regexp.MustCompile(`^(odata|page|pagination)?next(page|records?|results?|items?|batch|start|set|continuation)?` +
		`(urls?|uri|links?|href|token|cursor|key|offset|marker|number|num|no|index|path)?$`)

	moreNames = set(`continuation continuationtoken lastevaluatedkey resumptiontoken
		more hasmore hasnext hasnextpage hasmorepages hasmoreitems hasmoreresults hasmorerecords hasmoredata
		morepages moreitems moreresults morerecords moredata moreavailable ismore nextpageavailable
		truncated istruncated`)

	// endNames say that more follows where they are false.
	endNames = set(`complete iscomplete last islast lastpage islastpage done finished exhausted endoflist`)

	// totalNames can also count the elements of this page, which are never more than were counted.
	totalNames = set(`total totalcount totalresults totalitems totalrecords totalelements totalentries totalrows totalobjects
		totalsize totalhits totalaccounts totalnumber totalrecordcount totalitemcount totalresultcount
		count itemcount itemscount recordcount resultcount resultscount numresults numfound numberofresults`)

	pagesNames = set(`pages totalpages numpages numberofpages pagecount pagescount pagetotal pagestotal totalpagecount
		lastpage lastpagenumber`)

	// nestNames are objects that hold the members above.
	nestNames = set(`meta metadata pagination paginationinfo paginator paging pageinfo pager page links link cursor cursors
		responsemetadata resultinfo`)

	errorNames   = set(`error errors errorcode errormessage errordescription exception exceptions fault`)
	partialNames = set(`incomplete isincomplete incompleteresults partial ispartial partialresults`)
	successNames = set(`success issuccess succeeded successful ok`)
	statusNames  = set(`status statuscode httpstatus httpstatuscode httpcode`)
	failedTexts  = set(`error errors failed failure fail fatal partial incomplete denied unauthorized forbidden timeout`)
)

// claimHeaders are the header fields that say what a member of that name would.
var claimHeaders = map[string]string{
	"X-Total-Count": "total", "X-Total-Pages": "totalpages", "X-Next-Page": "next", "X-Has-More": "hasmore",
}

// maxNest is how deep members are looked for: meta.pagination.links.next.
const maxNest = 3

func set(names string) map[string]bool {
	all := map[string]bool{}
	for _, name := range strings.Fields(names) {
		all[name] = true
	}
	return all
}

// plain is a member's name without case and separators.
func plain(name string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case 'A' <= r && r <= 'Z':
			return r - 'A' + 'a'
		case strings.ContainsRune("_-.@$: ", r):
			return -1
		}
		return r
	}, name)
}

// claims collects what the members say about the listing.
func (e Envelope) claims() claims {
	var c claims
	for _, p := range e.paths() {
		c.note(p.String(), p.name, e.members[p], 1)
	}
	for _, name := range e.Dropped {
		if p := plain(name); nestNames[p] || nextNames.MatchString(p) {
			c.more = name + ", which is too long to be read"
		}
	}
	return c
}

// paths are the places of the members, in order.
func (e Envelope) paths() []path {
	return slices.SortedFunc(maps.Keys(e.members), func(a, b path) int {
		return cmp.Or(strings.Compare(a.outer, b.outer), strings.Compare(a.name, b.name))
	})
}

// note takes what the member name, whose place is shown, says.
func (c *claims) note(shown, name string, value []byte, depth int) {
	name = plain(name)
	if pagesNames[name] {
		c.pages.raise(shown, value)
	}
	switch {
	case nextNames.MatchString(name), moreNames[name]:
		if !isNothing(value) {
			c.more = shown
		}
	case endNames[name]:
		if string(value) == "false" {
			c.more = shown
		}
	case totalNames[name]:
		c.total.raise(shown, value)
	case nestNames[name] && depth <= maxNest:
		c.nested(shown, value, depth)
	}
}

// nested takes what the members of a nested object say, or a list of links ({"rel":"next","href":"…"}).
func (c *claims) nested(shown string, value []byte, depth int) {
	for name, inner := range named(value) {
		c.note(shown+"."+name, name, inner, depth+1)
	}
	var links []struct {
		Rel  string
		Href json.RawMessage
	}
	if len(value) == 0 || value[0] != '[' || json.Unmarshal(value, &links) != nil {
		return
	}
	for _, link := range links {
		if strings.EqualFold(link.Rel, "next") && !isNothing(link.Href) {
			c.more = shown + ", rel next"
		}
	}
}

// header takes what an answer's header says.
func (c *claims) header(h http.Header) {
	for name, member := range claimHeaders {
		if value := h.Get(name); value != "" {
			raw, err := json.Marshal(value)
			if err == nil {
				c.note("the header "+name, member, raw, maxNest+1)
			}
		}
	}
	if linksNext(h.Values("Link")) {
		c.more = "the header Link, rel next"
	}
	// 200 with a range is no HTTP, but some APIs page that way: items 0-24/319.
	if _, spans, ok := strings.Cut(h.Get("Content-Range"), " "); ok {
		span, total, _ := strings.Cut(spans, "/")
		_, last, _ := strings.Cut(span, "-")
		end, err := strconv.ParseInt(last, 10, 64)
		all, unknown := strconv.ParseInt(total, 10, 64)
		if err == nil && unknown == nil && end+1 < all {
			c.more = "the header Content-Range"
		}
	}
}

// linksNext reports whether a Link header (RFC 8288) has a link to a next page.
func linksNext(links []string) bool {
	for _, link := range strings.Split(strings.Join(links, ","), "<") {
		_, params, _ := strings.Cut(link, ">")
		for _, param := range strings.Split(params, ";") {
			name, value, _ := strings.Cut(param, "=")
			value = strings.ToLower(strings.Trim(value, `", `+"\t"))
			if strings.EqualFold(strings.TrimSpace(name), "rel") && slices.Contains(strings.Fields(value), "next") {
				return true
			}
		}
	}
	return false
}

// failure returns the member that says that the answer is an error, "" where none does. success is what the
// provider's member status holds in a good answer, "" where the provider defines none.
func (e Envelope) failure(success string) string {
	var code int64
	message, codeAt := "", ""
	for _, p := range e.paths() {
		name, shown, value := plain(p.name), p.String(), e.members[p]
		switch {
		case (errorNames[name] || partialNames[name]) && !isNothing(value),
			successNames[name] && (string(value) == "false" || string(value) == `"false"`),
			statusNames[name] && isFailure(value, success):
			return shown
		case name == "code":
			code, codeAt = integer(value), shown
		case name == "message" || name == "msg":
			message = strings.ToLower(text(value, maxMember))
		case nestNames[name]:
			for inner, value := range named(value) {
				if n := plain(inner); (errorNames[n] || partialNames[n]) && !isNothing(value) || n == "success" && string(value) == "false" {
					return shown + "." + inner
				}
			}
		}
	}
	isError := code >= http.StatusBadRequest && code < 600 || // as HTTP has it
		code >= http.StatusBadRequest && message != "" && message != "ok" && message != "success"
	if isError {
		return codeAt
	}
	return ""
}

// isFailure reports whether a status is one of a failure: a number as HTTP has it, or a text.
func isFailure(status []byte, success string) bool {
	if code := integer(status); code != 0 {
		return code >= http.StatusBadRequest
	}
	told := text(status, maxMember)
	if told == "" {
		return success != "" && !isNothing(status)
	}
	return success != "" && !strings.EqualFold(told, success) || failedTexts[strings.ToLower(told)]
}

// isNothing reports whether a value says nothing: null, false, 0, an empty text, or a list or object of nothing.
func isNothing(value []byte) bool {
	value = bytes.TrimSpace(value)
	if len(value) == 0 {
		return true
	}
	switch value[0] {
	case '{':
		for _, inner := range named(value) {
			if !isNothing(inner) {
				return false
			}
		}
		return json.Valid(value)
	case '[':
		var list []json.RawMessage
		return json.Unmarshal(value, &list) == nil && !slices.ContainsFunc(list, func(v json.RawMessage) bool { return !isNothing(v) })
	case '"':
		s, ok := unquote(value)
		s = strings.ToLower(strings.TrimSpace(s))
		return ok && slices.Contains([]string{"", "null", "none", "false", "0", "undefined"}, s)
	default:
		n, err := strconv.ParseFloat(string(value), 64)
		return err == nil && n == 0 || string(value) == "null" || string(value) == "false"
	}
}

// raise keeps a count if it is the largest so far.
func (n *number) raise(member string, value []byte) {
	if len(value) > 0 && value[0] == '{' { // {"total":{"value":25}}
		for name, inner := range named(value) {
			if name == "value" || name == "count" {
				n.raise(member+"."+name, inner)
			}
		}
		return
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
	raw := string(value)
	if s, ok := unquote(value); ok && len(value) > 0 && value[0] == '"' {
		raw = s
	}
	n, err := strconv.ParseFloat(raw, 64)
	if err != nil || n != math.Trunc(n) || math.Abs(n) > 1<<53 {
		return 0
	}
	return int64(n)
}

// seed is of this process: hashes are never stored.
var seed = maphash.MakeSeed()

// hashID returns a hash of the id that is not 0.
func hashID(id string) uint64 { return max(1, maphash.String(seed, id)) }
