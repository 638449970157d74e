package main

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

// Fields are the group's, in order.
func (o ordered) Fields() []parquet.Field { return o.fields }

// given are the columns that are never null; all others may be.
var given = []string{
	"id", "account_id", "source", "external_id", "provider", "root_id", "depth", "path", "name", "status",
	"payload", "fingerprint", "changed_at", "operation", "valid_from",
}

// repeating are the columns whose values come again and again. A dictionary
// costs memory where they do not.
var repeating = []string{
	"source", "provider", "parent_external_id", "status", "kind", "organization", "city", "region", "postal_code",
	"country", "timezone", "language", "currency", "operation", "changed",
	"parent_id", "root_id", "depth", "path", "run_id", "first_seen_at", "changed_at", "deleted_at", "valid_from", "valid_to",
}

// schemaOf is the parquet schema for columns of these Postgres types.
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
		if !slices.Contains(given, name) {
			node = parquet.Optional(node)
		}
		root.Group[name] = node
		root.fields = append(root.fields, parquet.Group{name: node}.Fields()...)
	}
	return parquet.NewSchema("account", root), nil
}

// nodeOf is the parquet type of a Postgres type, or of what is in its list.
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

// parquetValue is the value of a column of that Postgres type, null aside.
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
