package main

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/apache/arrow-go/v18/parquet"
	"github.com/apache/arrow-go/v18/parquet/file"
	"github.com/google/go-cmp/cmp"
	"github.com/jmoiron/sqlx"
)

// openParquet opens a file with Arrow, which shares no code with the writer.
func openParquet(t *testing.T, text string) *file.Reader {
	t.Helper()
	r, err := file.NewParquetReader(strings.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// readColumn returns the values of a column as JSONL has them.
func readColumn(t *testing.T, r *file.Reader, column int) (values []any) {
	t.Helper()
	name := r.MetaData().Schema.Column(column).Path()
	for group := range r.NumRowGroups() {
		chunk, err := r.RowGroup(group).Column(column)
		if err != nil {
			t.Fatal(err)
		}
		switch chunk := chunk.(type) {
		case *file.Int64ColumnChunkReader:
			values = append(values, readChunk(t, chunk, chunk.ReadBatch, func(n int64) any {
				if strings.HasSuffix(name, "_at") || strings.HasPrefix(name, "valid_") {
					return time.UnixMicro(n).UTC().Format(time.RFC3339Nano)
				}
				return float64(n)
			})...)
		case *file.Int32ColumnChunkReader:
			values = append(values, readChunk(t, chunk, chunk.ReadBatch, func(n int32) any { return float64(n) })...)
		case *file.ByteArrayColumnChunkReader:
			values = append(values, readChunk(t, chunk, chunk.ReadBatch, func(b parquet.ByteArray) any {
				switch name {
				case "payload":
					var object any
					_ = json.Unmarshal(b, &object)
					return object
				case "fingerprint":
					return fmt.Sprintf(`\x%x`, []byte(b))
				}
				return string(b)
			})...)
		default:
			t.Fatalf("column %s is a %T", name, chunk)
		}
	}
	return values
}

// readChunk returns the values of one row group, in which a repetition level
// continues a list.
func readChunk[T any](t *testing.T, chunk file.ColumnChunkReader, read func(int64, []T, []int16, []int16) (int64, int, error), convert func(T) any) (rows []any) {
	t.Helper()
	descriptor := chunk.Descriptor()
	list := descriptor.MaxRepetitionLevel() > 0
	for chunk.HasNext() {
		const batch = 1 << 12
		buffer, present, repeated := make([]T, batch), make([]int16, batch), make([]int16, batch)
		levels, _, err := read(batch, buffer, present, repeated)
		if err != nil {
			t.Fatal(err)
		}
		for i := range levels {
			missing := descriptor.MaxDefinitionLevel() - present[i]
			var value any
			if missing == 0 {
				value, buffer = convert(buffer[0]), buffer[1:]
			}
			switch {
			case !list || missing > 1:
				rows = append(rows, value)
			case missing == 1:
				rows = append(rows, []any{})
			case repeated[i] == 0:
				rows = append(rows, []any{value})
			default:
				last := len(rows) - 1
				rows[last] = append(rows[last].([]any), value)
			}
		}
	}
	return rows
}

func TestParquetIsReadBack(t *testing.T) {
	_, env := filled(t, 60)
	db := sqlx.MustConnect("postgres", env["DATABASE_URL"])
	defer db.Close()
	db.MustExec(`INSERT INTO directory.accounts (id, source, external_id, provider, root_id, depth, path,
		name, status, email, provider_created_at, payload, fingerprint, first_seen_at, changed_at) VALUES
		(9000, 'odd', 'A', 'signalwire', 9000, 0, '{}', E'=株\n"é', 'active', '', '0001-01-01Z', '[1, "=x"]', '', '1969-12-31 23:59:59.123456Z', '2026-03-01Z')`)
	for _, args := range [][]string{nil, {"--as-of=9999-01-01"}} {
		r := openParquet(t, exported(t, env, append(args, "--format=parquet")...))
		lines := strings.Split(strings.TrimSpace(exported(t, env, append(args, "--format=jsonl")...)), "\n")
		header, _, _ := strings.Cut(exported(t, env, args...), "\n")
		got, want := make([]map[string]any, len(lines)), make([]map[string]any, len(lines))
		for i, line := range lines {
			got[i] = map[string]any{}
			if err := json.Unmarshal([]byte(line), &want[i]); err != nil {
				t.Fatal(err)
			}
		}
		var names []string
		for i := range r.MetaData().Schema.NumColumns() {
			name := r.MetaData().Schema.Root().Field(i).Name()
			names = append(names, name)
			values := readColumn(t, r, i)
			if len(values) != len(lines) || len(lines) < 50 {
				t.Fatalf("%s has %d values, want %d", name, len(values), len(lines))
			}
			for row, value := range values {
				got[row][name] = value
			}
		}
		if diff := cmp.Diff(strings.Split(header, ","), names); diff != "" {
			t.Fatalf("columns (-csv +parquet):\n%s", diff)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%v (-jsonl +parquet):\n%s", args, diff)
		}
	}
}

func TestParquetIsTyped(t *testing.T) {
	url, _ := migrated(t)
	r := openParquet(t, exported(t, map[string]string{"DATABASE_URL": url}, "--format=parquet"))
	text := r.MetaData().Schema.String()
	for _, want := range []string{
		"required int64 field_id=-1 id (Int(bitWidth=64, isSigned=true));",
		"optional int64 field_id=-1 parent_id (Int(bitWidth=64, isSigned=true));",
		"required int32 field_id=-1 depth (Int(bitWidth=32, isSigned=true));",
		"required byte_array field_id=-1 name (String);", "optional byte_array field_id=-1 email (String);",
		"required byte_array field_id=-1 payload (JSON);", "required byte_array field_id=-1 fingerprint;",
		"required int64 field_id=-1 first_seen_at (Timestamp(isAdjustedToUTC=true, timeUnit=microseconds,",
		"optional int64 field_id=-1 provider_created_at (Timestamp(isAdjustedToUTC=true, timeUnit=microseconds,",
		"required group field_id=-1 path (List) {\n    repeated group field_id=-1 list {\n      required int64 field_id=-1 element (Int(bitWidth=64, isSigned=true));",
	} {
		if !strings.Contains(text, want) {
			t.Errorf("the schema lacks %q:\n%s", want, text)
		}
	}
	if r.NumRows() != 0 {
		t.Errorf("%d rows of an empty directory", r.NumRows())
	}
}
