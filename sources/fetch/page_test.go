package fetch

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
)

// readPages reads bodies as the pages of one listing, with that header each, and returns what ends it.
func readPages(header http.Header, bodies ...string) error {
	var tally Tally
	var last Page
	for _, body := range bodies {
		p, err := ReadPage(&http.Response{Header: header, Body: io.NopCloser(strings.NewReader(body))}, ListOptions{
			Lists: places.Lists, AllowBareArray: true, Success: "success",
		}, func(e Element) error {
			tally.Add(ID(e.Raw, "id"))
			return nil
		})
		if err != nil {
			return err
		}
		tally.Turn(&p)
		last = p
	}
	return tally.Complete(last)
}

// five is a page of five accounts with more members outside of the list.
func five(more string) string {
	return `{"items":[{"id":1},{"id":2},{"id":3},{"id":4},{"id":5}]` + more + `}`
}

// TestAPageThatSaysMore reads a last page: with each of these members it is not the last one.
func TestAPageThatSaysMore(t *testing.T) {
	for _, member := range []string{
		`"next":"/x?page=2"`, `"next":2`, `"next":{"href":"/x"}`, `"next_page":2`, `"nextPage":"2"`, `"next_page_url":"https://api.example/2"`,
		`"next_page_urls":["/2"]`, `"next_page_uri":"/2"`, `"next_url":"/2"`, `"nextLink":"/2"`, `"@odata.nextLink":"/2"`, `"nextPageToken":"a"`,
		`"next_token":"a"`, `"NextToken":"a"`, `"next_cursor":"a"`, `"next_start_key":["a",1]`, `"nextRecordsUrl":"/2"`, `"next_offset":5`,
		`"cursor":{"next":"a"}`, `"links":{"next":"/2"}`, `"_links":{"next":{"href":"/2"}}`, `"links":[{"rel":"self","href":"/1"},{"rel":"next","href":"/2"}]`,
		`"paging":{"next":"/2"}`, `"pagination":{"next":2}`, `"pagination":{"next_page":2}`, `"meta":{"next_page_url":"/2"}`,
		`"meta":{"pagination":{"links":{"next":"/2"}}}`, `"response_metadata":{"next_cursor":"a"}`,
		`"pageInfo":{"hasNextPage":true,"endCursor":"a"}`, `"page_info":{"has_next_page":true}`,
		`"has_more":true`, `"hasMore":true`, `"hasMore":"true"`, `"more":true`, `"more":7`, `"has_next":true`, `"truncated":true`, `"IsTruncated":true`,
		`"complete":false`, `"is_last":false`, `"last":false`, `"done":false`, `"ContinuationToken":"a"`, `"LastEvaluatedKey":{"id":"a"}`,
		`"total":12`, `"total":"12"`, `"total":12.0`, `"total":{"value":12}`, `"total_count":12`, `"totalCount":12`, `"total_results":6`, `"count":12`,
		`"meta":{"total":12}`, `"pagination":{"limit":5,"offset":0,"total":25}`, `"pagination":{"total_items":6}`, `"page":{"totalElements":6}`,
		`"offset":0,"limit":5,"total":6`, `"page":1,"pages":3`, `"page":0,"num_pages":3`, `"total_pages":2`, `"meta":{"last_page":2}`, `"page_info":{"total_pages":"2"}`,
		`"meta":{"next":"` + strings.Repeat("x", maxMember) + `"}`,
	} {
		err := readPages(nil, five(","+member))
		if incomplete := (*IncompleteError)(nil); !errors.As(err, &incomplete) {
			t.Errorf("%.80s: err = %v, want the listing to be incomplete", member, err)
		}
	}
	for _, header := range []http.Header{
		{"Link": {`</x?page=1>; rel="first", </x?page=2>; rel="next"`}},
		{"Link": {`</x?page=1>; rel=first`, `</x?page=2>; title="a"; rel=next`}},
		{"Link": {`</x?page=2>; REL="last NEXT"`}},
		{"X-Total-Count": {"12"}},
		{"X-Total-Pages": {"2"}},
		{"X-Next-Page": {"2"}},
		{"X-Has-More": {"true"}},
		{"Content-Range": {"items 0-4/12"}},
	} {
		err := readPages(header, five(""))
		if incomplete := (*IncompleteError)(nil); !errors.As(err, &incomplete) {
			t.Errorf("%v: err = %v, want the listing to be incomplete", header, err)
		}
	}
}

// TestAPageThatSaysNothing reads a page that is the last one: a false alarm would keep a connection from ever being complete.
func TestAPageThatSaysNothing(t *testing.T) {
	for _, member := range []string{
		`"next":null`, `"next":""`, `"next":false`, `"next":0`, `"next":"null"`, `"next":{"href":null}`, `"next_page_uri":null`, `"next_page_urls":[]`,
		`"nextPageToken":""`, `"cursor":"abc"`, `"cursor":{"next":null}`, `"paging":{"cursors":{"before":"a","after":"b"}}`, `"links":{}`,
		`"_links":{"self":{"href":"/1"},"next":null}`, `"links":[{"rel":"next","href":null}]`, `"links":{"first":"/1","last":"/1","prev":null}`,
		`"meta":{"next_page_url":null,"page":0,"page_size":50,"key":"accounts"}`, `"pagination":{"limit":10,"offset":0,"total":5}`,
		`"has_more":false`, `"hasMore":null`, `"more":0`, `"more_info":"https://api.example/docs"`, `"complete":true`, `"last":true`, `"last":"/5"`,
		`"total":5`, `"total":3`, `"total":0`, `"total":-1`, `"total":null`, `"total":12.5`, `"count":5`, `"count":1`, `"pages":1`, `"pages":0`, `"page":1,"pages":1`,
		`"page_size":1000`, `"size":20`, `"limit":100`, `"per_page":100`, `"start_key":"abc"`, `"tokens":{"consumed":0,"remaining":100}`, `"metadata":{}`,
		`"next_billing_date":"2026-01-01"`, `"nextSyncAt":17`, `"timestamp":"2026-02-04T18:45:54Z"`, `"revision":"automatic"`,
		`"error":null`, `"error":""`, `"error":false`, `"errors":[]`, `"errors":{}`, `"error":{"code":0,"message":""}`, `"error_code":0`, `"success":true`,
		`"status":"success"`, `"status":"SUCCESS"`, `"status":200`, `"status":null`, `"code":0,"message":"ok"`, `"code":200,"message":"done"`, `"code":1000,"message":"OK"`,
		`"message":"5 accounts"`, `"partial":false`, `"incomplete_results":false`, `"warnings":["slow"]`,
	} {
		if err := readPages(nil, five(","+member)); err != nil {
			t.Errorf("%s: %v", member, err)
		}
	}
	for _, header := range []http.Header{
		{"Link": {`</x?page=1>; rel="first", </next?rel=next>; rel="last"; title="next"`}},
		{"X-Total-Count": {"5"}},
		{"X-Next-Page": {""}},
		{"Content-Range": {"items 0-4/5"}},
		{"Content-Range": {"items 0-4/*"}},
	} {
		if err := readPages(header, five("")); err != nil {
			t.Errorf("%v: %v", header, err)
		}
	}
}

func TestAPageThatIsAnError(t *testing.T) {
	for _, member := range []string{
		`"error":"boom"`, `"error":{"code":500}`, `"error":true`, `"errors":[{"code":1}]`, `"errors":"x"`, `"error_message":"boom"`, `"error_code":17`,
		`"code":20500,"status":500`, `"code":20500,"message":"boom"`, `"code":503`, `"status":"503"`, `"statusCode":"403","message":"no"`,
		`"status":"error"`, `"status":"fatal"`, `"status":"FAILED"`, `"status":"busy"`, `"status":true`, `"success":false`, `"success":"false"`, `"ok":false`,
		`"partial":true`, `"incomplete_results":true`, `"meta":{"error":"boom"}`, `"meta":{"success":false}`,
	} {
		for name, bodies := range map[string][]string{
			"last page": {five(""), five("," + member)}, "first page": {five("," + member), five("")}, "before the list": {`{` + member + `,"items":[]}`},
			"wrapped": {`{"payload":{"list":[],` + member + `}}`},
		} {
			err := readPages(nil, bodies...)
			if answer := (*AnswerError)(nil); !errors.As(err, &answer) {
				t.Errorf("%s, %s: err = %v, want an error of the answer", member, name, err)
			}
		}
		if err := CheckAnswer([]byte(`{"data":{"id":1,"status":"error"},`+member+`}`), "success"); err == nil {
			t.Errorf("%s: a single answer passes", member)
		}
	}
	if err := CheckAnswer([]byte(`{"data":{"id":1,"status":"error","error":"boom"},"status":"success"}`), "success"); err != nil {
		t.Errorf("the object's own members are taken for the envelope's: %v", err)
	}
}

func TestTotals(t *testing.T) {
	page := func(from, to int, more string) string {
		var list []string
		for i := from; i < to; i++ {
			list = append(list, fmt.Sprintf(`{"id":%d}`, i))
		}
		return `{"items":[` + strings.Join(list, ",") + `]` + more + `}`
	}
	for _, c := range []struct {
		name  string
		pages []string
		want  string
	}{
		{"over pages", []string{page(0, 5, `,"total":9`), page(5, 9, `,"total":9`)}, ""},
		{"a total on the first page alone", []string{page(0, 5, `,"total":12`), page(5, 9, ``)}, "9 of 12 records (total)"},
		{"pages on the first page alone", []string{page(0, 5, `,"pages":3`), page(5, 9, ``)}, "2 of 3 pages (pages)"},
		{"accounts that were deleted while listed", []string{page(0, 5, `,"total":12`), page(5, 9, `,"total":9`)}, ""},
		{"accounts that were added while listed", []string{page(0, 5, `,"total":9`), page(5, 9, `,"total":11`)}, ""},
		{"more than the total", []string{page(0, 5, `,"total":5`), page(5, 9, `,"total":5`)}, ""},
		{"a page that comes again", []string{page(0, 5, `,"total":10`), page(0, 5, `,"total":10`)}, "5 of 10 records (total)"},
		{"many that come again", []string{page(0, 9000, `,"total":9001`), page(0, 9000, ``)}, "9000 of 9001"},
		{"more than are remembered", []string{page(0, 2*recentIDs, `,"total":131072`)}, ""},
		{"without ids", []string{`{"items":[1,2],"total":3}`, `{"items":[1],"total":3}`}, ""},
	} {
		err := readPages(nil, c.pages...)
		if c.want == "" && err != nil || c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want)) {
			t.Errorf("%s: err = %v, want %q", c.name, err, c.want)
		}
	}
	resumed := Tally{Resumed: true}
	p := Page{claims: claims{total: number{"total", 12}, pages: number{"pages", 3}}}
	if err := resumed.Complete(p); err != nil {
		t.Errorf("a resumed listing: %v", err)
	}
	p.more = "next"
	if err := resumed.Complete(p); err == nil {
		t.Error("a resumed listing ends where more follows")
	}
}

// TestOnlyAWholeAnswerIsRead checks that of all good statuses 200 alone is read.
func TestOnlyAWholeAnswerIsRead(t *testing.T) {
	for _, status := range []int{201, 202, 203, 204, 206, 207, 226} {
		s := &stage{script: script{fmt.Sprintf(`%d||{"items":[]}`, status)}}
		err := s.on(nil).Get(t.Context(), "x", nil, func(*http.Response) error {
			t.Errorf("%d is read", status)
			return nil
		})
		if e := asError(t, err); e.Status != status || s.sent() != 1 || !strings.Contains(err.Error(), "only 200 is a whole answer") {
			t.Errorf("%d: %v, sent %d times", status, err, s.sent())
		}
		if err := s.on(nil).Do(t.Context(), Request{Method: http.MethodPut, Ref: "x"}, nil); err != nil {
			t.Errorf("%d to a PUT: %v", status, err)
		}
	}
}

// TestAnErrorWithStatus200 carries the provider's code, and is not requested again.
func TestAnErrorWithStatus200(t *testing.T) {
	s := &stage{script: script{`200||{"items":[],"code":20500,"status":500}`}}
	c := s.on(func(o *Options) { o.ErrorCode = func(body []byte) string { return ID(body, "code") } })
	err := c.Get(t.Context(), "x", nil, func(r *http.Response) error {
		_, err := ReadPage(r, places, func(Element) error { return nil })
		return err
	})
	if e := asError(t, err); e.Code != "20500" || s.sent() != 1 || !strings.Contains(err.Error(), "the answer says that it is an error") {
		t.Errorf("err = %v, code %q, sent %d times", err, e.Code, s.sent())
	}
}

func TestCheck(t *testing.T) {
	c := (&stage{}).on(nil)
	for link, ok := range map[string]bool{"/v1/x?page=2": true, "x": true, "https://api.example/y": true, "https://other.example/y": false, "//other.example": false, "::": false} {
		if err := c.Check(link); (err == nil) != ok {
			t.Errorf("%s: %v", link, err)
		}
	}
}
