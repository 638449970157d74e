package pipeline

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"rollcall/sources"
)

// fields is directory.payload_fields, a line a field.
func (r *rig) fields() (list []string) {
	r.t.Helper()
	r.list(&list, `SELECT path || ' ' || array_to_string(types, ',') || ' ' || count FROM directory.payload_fields WHERE provider = 'fake' ORDER BY path`)
	return list
}

func record(id, object string) sources.Record {
	return sources.Record{ID: id, Raw: []byte(object)}
}

const drifted = "the provider's objects have changed"

func TestANewFieldIsNoticed(t *testing.T) {
	r, f := newRig(t).withFake()
	f.lists(pageOf(record("A", `{"name":"a","tags":[1],"password":"hunter2"}`), record("B", `{"name":"b","tags":null}`)))
	r.mustSync("succeeded")
	want := []string{"name string 2", "tags array,null 2", "tags[] number 1"}
	if diff := cmp.Diff(want, r.fields()); diff != "" {
		t.Errorf("after the first load (-want +got):\n%s", diff)
	}
	if strings.Contains(r.log.String(), drifted) {
		t.Errorf("a first load warns:\n%s", r.log)
	}
	var before, after string
	const tuples = `SELECT string_agg(concat_ws(' ', ctid, xmin, xmax), ',' ORDER BY path) FROM directory.payload_fields`
	r.get(&before, tuples)
	r.mustWriteNothing()
	if r.get(&after, tuples); before != after {
		t.Error("a run that changes nothing wrote to payload_fields")
	}

	f.lists(pageOf(record("A", `{"name":7,"plan":{"secret_plan":"gold-value"},"tags":[1]}`), record("B", `{"name":"b","tags":null}`)))
	r.mustSync("succeeded")
	want = []string{"name number,string 3", "plan object 1", "plan.secret_plan string 1", "tags array,null 3", "tags[] number 2"}
	if diff := cmp.Diff(want, r.fields()); diff != "" {
		t.Errorf("after a change (-want +got):\n%s", diff)
	}
	log := r.log.String()
	for _, part := range []string{drifted, `"new_fields":["plan (object)","plan.secret_plan (string)"]`, `"new_types":["name (string; now number)"]`} {
		if strings.Count(log, part) != 1 {
			t.Errorf("the log lacks %q:\n%s", part, log)
		}
	}
	if strings.Contains(log, "gold-value") || strings.Contains(log, "hunter2") {
		t.Errorf("the log has a value:\n%s", log)
	}
	f.lists(pageOf(record("A", `{"name":"c","tags":[2]}`), record("B", `{"name":"b","tags":["x"]}`)))
	r.mustSync("succeeded")
	if got := r.log.String(); strings.Count(got, drifted) != 2 || !strings.Contains(got, `"new_types":["tags[] (number; now string)"]`) {
		t.Errorf("what is known is logged again, or a new type is not:\n%s", got)
	}
	var runs []int64
	r.list(&runs, `SELECT dense_rank() OVER (ORDER BY first_run) + 10 * (last_run = (SELECT max(id) FROM directory.runs))::int
		FROM directory.payload_fields ORDER BY path`)
	if diff := cmp.Diff([]int64{11, 2, 2, 11, 11}, runs); diff != "" {
		t.Errorf("first and last run of each (-want +got):\n%s", diff)
	}
}

// A plan, and a run that applies nothing, leave no trace.
func TestOnlyARunThatAppliesTellsOfFields(t *testing.T) {
	r, f := newRig(t).withFake()
	f.lists(pageOf(record("A", `{"name":"a"}`)))
	r.mustSync("succeeded")
	f.lists(pageOf(record("A", `{"name":"a","extra":1}`)))
	r.planned()
	if diff := cmp.Diff([]string{"name string 1"}, r.fields()); diff != "" {
		t.Errorf("after a plan (-want +got):\n%s", diff)
	}
}
