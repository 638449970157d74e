package render

import (
	"bufio"
	"bytes"
	"encoding/json"
	"strings"
	"testing"

	"github.com/parquet-go/parquet-go"
)

// Row groups are cut by rows and by bytes, so that memory does not grow.
func TestRowGroupsAreBounded(t *testing.T) {
	for _, test := range []struct {
		what         string
		rows, groups int
		payload      string
	}{
		{"small rows", rowGroupRows + parquetRows, 2, "{}"},
		{"large rows", 20, 3, `"` + strings.Repeat("x", 2<<20) + `"`},
	} {
		var b bytes.Buffer
		p := NewParquet(bufio.NewWriter(&b), "test")
		step := func(err error) {
			if err != nil {
				t.Fatal(err)
			}
		}
		step(p.Types([]string{"INT8", "JSONB"}))
		step(p.Columns([]string{"id", "payload"}))
		payload := json.RawMessage(test.payload)
		for i := range test.rows {
			step(p.Row([]any{int64(i), payload}))
		}
		step(p.End())
		step(p.out.Flush())
		file, err := parquet.OpenFile(bytes.NewReader(b.Bytes()), int64(b.Len()))
		step(err)
		if file.NumRows() != int64(test.rows) || len(file.RowGroups()) != test.groups {
			t.Errorf("%s: %d rows in %d groups, want %d in %d", test.what, file.NumRows(), len(file.RowGroups()), test.rows, test.groups)
		}
	}
}
