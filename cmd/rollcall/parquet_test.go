package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"
	"time"

	goparquet "github.com/fraugster/parquet-go"
	"github.com/fraugster/parquet-go/parquet"
	"github.com/google/go-cmp/cmp"
	"github.com/jmoiron/sqlx"
	"github.com/klauspost/compress/zstd"
)

// unzstd lets the reader, which is not by the authors of the writer, decompress.
type unzstd struct{ *zstd.Decoder }

func (unzstd) CompressBlock([]byte) ([]byte, error)       { return nil, errors.ErrUnsupported }
func (u unzstd) DecompressBlock(b []byte) ([]byte, error) { return u.DecodeAll(b, nil) }

func openParquet(t *testing.T, file []byte) *goparquet.FileReader {
	t.Helper()
	decoder, err := zstd.NewReader(nil, zstd.WithDecoderConcurrency(1))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(decoder.Close)
	goparquet.RegisterBlockCompressor(parquet.CompressionCodec_ZSTD, unzstd{decoder})
	r, err := goparquet.NewFileReader(bytes.NewReader(file))
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// comparable is a value of a parquet file as JSONL has it.
func comparable(column string, v any) any {
	switch v := v.(type) {
	case []byte:
		switch column {
		case "payload":
			var object any
			_ = json.Unmarshal(v, &object)
			return object
		case "fingerprint":
			return fmt.Sprintf(`\x%x`, v)
		}
		return string(v)
	case int64:
		if strings.HasSuffix(column, "_at") || strings.HasPrefix(column, "valid_") {
			return time.UnixMicro(v).UTC().Format(time.RFC3339Nano)
		}
		return float64(v)
	case int32:
		return float64(v)
	case map[string]any: // a list
		items := []any{}
		list, _ := v["list"].([]map[string]any)
		for _, item := range list {
			items = append(items, comparable("", item["element"]))
		}
		return items
	}
	return v
}

func TestParquetIsReadBack(t *testing.T) {
	_, env := filled(t, 60)
	db := sqlx.MustConnect("postgres", env["DATABASE_URL"])
	defer db.Close()
	db.MustExec(`INSERT INTO directory.accounts (id, source, external_id, provider, root_id, depth, path,
		name, status, email, provider_created_at, payload, fingerprint, first_seen_at, changed_at) VALUES
		(9000, 'odd', 'A', 'signalwire', 9000, 0, '{}', E'=株\n"é', 'active', '', '0001-01-01Z', '[1, "=x"]', '', '1969-12-31 23:59:59.123456Z', '2026-03-01Z')`)
	for _, args := range [][]string{nil, {"--as-of=9999-01-01"}} {
		r := openParquet(t, []byte(exported(t, env, append(args, "--format=parquet")...)))
		var kept, names []string
		for _, c := range r.GetSchemaDefinition().RootColumn.Children {
			kept = append(kept, c.SchemaElement.Name)
		}
		lines := strings.Split(strings.TrimSpace(exported(t, env, append(args, "--format=jsonl")...)), "\n")
		header, _, _ := strings.Cut(exported(t, env, args...), "\n")
		names = strings.Split(header, ",")
		if diff := cmp.Diff(names, kept); diff != "" {
			t.Fatalf("columns (-csv +parquet):\n%s", diff)
		}
		for _, line := range lines {
			var want map[string]any
			if err := json.Unmarshal([]byte(line), &want); err != nil {
				t.Fatal(err)
			}
			row, err := r.NextRow()
			if err != nil {
				t.Fatal(err)
			}
			got := map[string]any{}
			for _, name := range names { // a null is left out
				got[name] = comparable(name, row[name])
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Fatalf("%v (-jsonl +parquet):\n%s", args, diff)
			}
		}
		if _, err := r.NextRow(); !errors.Is(err, io.EOF) || len(lines) < 50 {
			t.Errorf("after %d rows: %v", len(lines), err)
		}
	}
}

func TestParquetIsTyped(t *testing.T) {
	url, _ := migrated(t)
	r := openParquet(t, []byte(exported(t, map[string]string{"DATABASE_URL": url}, "--format=parquet")))
	text := r.GetSchemaDefinition().String()
	for _, want := range []string{
		"required int64 id (INT(64, true));", "optional int64 parent_id (INT(64, true));", "required int32 depth (INT(32, true));",
		"required binary name (STRING);", "optional binary email (STRING);", "required binary payload (JSON);", "required binary fingerprint;",
		"optional int64 provider_created_at (TIMESTAMP(MICROS, true));", "required group path (LIST) {\n    repeated group list {\n      required int64 element (INT(64, true));",
	} {
		if !strings.Contains(text, want) {
			t.Errorf("the schema lacks %q:\n%s", want, text)
		}
	}
	if r.NumRows() != 0 {
		t.Errorf("%d rows of an empty directory", r.NumRows())
	}
}

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
		var file bytes.Buffer
		p := &parquetPrinter{out: bufio.NewWriter(&file)}
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
		r := openParquet(t, file.Bytes())
		if r.NumRows() != int64(test.rows) || r.RowGroupCount() != test.groups {
			t.Errorf("%s: %d rows in %d groups, want %d in %d", test.what, r.NumRows(), r.RowGroupCount(), test.rows, test.groups)
		}
	}
}
