package reader

import (
	"encoding/hex"
	"encoding/json"
	"fmt"
	"time"

	"github.com/lib/pq"
)

// value converts a value of the driver to one of the types that a Receiver gets.
func value(kind string, v any) (any, error) {
	switch v := v.(type) {
	case nil, string, int64, float64, bool:
		return v, nil
	case time.Time:
		return v.UTC(), nil
	case []byte:
		return fromBytes(kind, v)
	default:
		return nil, fmt.Errorf("a %T of the database type %s", v, kind)
	}
}

func fromBytes(kind string, v []byte) (any, error) {
	switch kind {
	case "JSON", "JSONB":
		return json.RawMessage(v), nil
	case "BYTEA":
		return `\x` + hex.EncodeToString(v), nil // as Postgres writes it
	case "_TEXT":
		var list pq.StringArray
		err := list.Scan(v)
		return []string(list), err
	case "_INT8":
		var list pq.Int64Array
		err := list.Scan(v)
		return []int64(list), err
	default:
		return string(v), nil
	}
}
