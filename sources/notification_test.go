package sources

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestNotificationIDs(t *testing.T) {
	for body, want := range map[string][]string{
		`{"id":"a"}`:                                 {"a"},
		`{"id":42}`:                                  {"42"},
		`{"id":"..."}`:                               {"..."},
		`{"new":{"id":"b"},"old":{"id":"a"}}`:        {"b", "a"},
		`{"new":{"id":"a"},"old":{"id":"a"}}`:        {"a"},
		`{"id":"","new":{"id":"."},"old":{"id":""}}`: nil,
		`{"id":"."}`:                                 nil,
		`{"id":"..","new":{"id":"b"}}`:               {"b"},
		`{}`:                                         nil,
		`[]`:                                         nil,
	} {
		got, err := NotificationIDs([]byte(body), []string{"id"}, []string{"new", "old"})
		if diff := cmp.Diff(want, got); diff != "" || (err == nil) != (len(want) > 0) {
			t.Errorf("%s: %v (-want +got):\n%s", body, err, diff)
		}
	}
}
