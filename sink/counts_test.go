package sink

import (
	"reflect"
	"strings"
	"testing"
)

// Every count is listed under the name of its field, each once.
func TestEveryCountIsListed(t *testing.T) {
	t.Parallel()
	var c Counts
	fields := reflect.ValueOf(&c).Elem()
	for i := range fields.NumField() {
		fields.Field(i).SetInt(int64(i + 1))
	}
	i := 0
	for column, n := range c.Each() {
		if want := strings.ToLower(fields.Type().Field(i).Name); column != want || n != int64(i+1) {
			t.Errorf("count %d is %s: %d, want %s", i+1, column, n, want)
		}
		i++
	}
	if i != fields.NumField() {
		t.Errorf("%d of %d counts are listed", i, fields.NumField())
	}
	for operation := range c.Operations() {
		changed := Counts{}
		changed.add(operation, 1)
		if !changed.Changed() || changed == (Counts{}) {
			t.Errorf("%s changes nothing", operation)
		}
	}
	if c = (Counts{Fetched: 1, Unchanged: 1, Held: 1}); c.Changed() {
		t.Error("a run that only read changes something")
	}
}
