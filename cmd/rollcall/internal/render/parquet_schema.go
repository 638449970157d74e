package render

import (
	"encoding/hex"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/parquet-go/parquet-go"
)

// An ordered group keeps its fields in order, where a parquet.Group sorts them.
type ordered struct {
	parquet.Group
	fields []parquet.Field
}

// Fields returns the fields in order.
func (o ordered) Fields() []parquet.Field { return o.fields }

// required are the columns that are never null; all others may be.
var required = []string{
	"id", "account_id", "source", "external_id", "provider", "root_id", "depth", "path", "name", "status",
	"payload", "fingerprint", "first_seen_at", "changed_at", "operation", "valid_from",
}

// repeating are the columns with few distinct values, which get a dictionary. It
// would cost memory where values are distinct.
var repeating = []string{
	"source", "provider", "parent_external_id", "status", "kind", "organization", "city", "region", "postal_code",
	"country", "timezone", "language", "currency", "operation", "changed",
	"parent_id", "root_id", "depth", "path", "run_id", "first_seen_at", "changed_at", "deleted_at", "valid_from", "valid_to",
}

// schemaOf returns the Parquet schema for columns of these Postgres types.
func schemaOf(columns, types []string) (*parquet.Schema, error) {
	var root ordered
	root.Group = parquet.Group{}
	for i, name := range columns {
		node, list, err := nodeOf(types[i])
		if err != nil {
			return nil, fmt.Errorf("column %s: %w", name, err)
		}
		if slices.Contains(repeating, name) {
			node = parquet.Encoded(node, &parquet.RLEDictionary)
		}
		if list {
			node = parquet.List(node)
		}
		if !slices.Contains(required, name) {
			node = parquet.Optional(node)
		}
		root.Group[name] = node
		root.fields = append(root.fields, parquet.Group{name: node}.Fields()...)
	}
	return parquet.NewSchema("account", root), nil
}

// nodeOf returns the Parquet type of a Postgres type, or of the elements of its list.
func nodeOf(kind string) (node parquet.Node, list bool, err error) {
	element, list := strings.CutPrefix(kind, "_")
	switch element {
	case "INT8":
		return parquet.Int(64), list, nil
	case "INT4":
		return parquet.Int(32), list, nil
	case "TEXT":
		return parquet.String(), list, nil
	case "JSONB":
		return parquet.JSON(), list, nil
	case "BYTEA":
		return parquet.Leaf(parquet.ByteArrayType), list, nil
	case "TIMESTAMPTZ":
		return parquet.Timestamp(parquet.Microsecond), list, nil
	default:
		return nil, false, fmt.Errorf("no parquet type for the database type %s", kind)
	}
}

// parquetValue returns a value, which is not null, of a column of that Postgres type.
func parquetValue(kind string, v any) (parquet.Value, error) {
	switch v := v.(type) {
	case int64:
		if strings.HasSuffix(kind, "INT4") {
			return parquet.Int32Value(int32(v)), nil
		}
		return parquet.Int64Value(v), nil
	case string:
		if kind == "BYTEA" {
			b, err := hex.DecodeString(strings.TrimPrefix(v, `\x`))
			return parquet.ByteArrayValue(b), err
		}
		return parquet.ByteArrayValue([]byte(v)), nil
	case json.RawMessage:
		return parquet.ByteArrayValue(v), nil
	case time.Time:
		return parquet.Int64Value(v.UnixMicro()), nil
	default:
		return parquet.Value{}, fmt.Errorf("no parquet value for a %T of the database type %s", v, kind)
	}
}
