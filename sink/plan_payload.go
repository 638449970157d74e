package sink

import (
	"bytes"
	"encoding/json"
	"maps"
	"slices"
)

// membersOf returns the top-level members in which two payloads differ, each
// as payload.NAME. jsonb gives equal values equal text.
func membersOf(before, after json.RawMessage) ([]Change, error) {
	var was, is map[string]json.RawMessage
	if err := json.Unmarshal(before, &was); err != nil {
		return nil, err
	}
	if err := json.Unmarshal(after, &is); err != nil {
		return nil, err
	}
	names := slices.Collect(maps.Keys(was))
	for name := range is {
		if _, ok := was[name]; !ok {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	var list []Change
	for _, name := range names {
		if !bytes.Equal(was[name], is[name]) {
			list = append(list, Change{Field: "payload." + name, Old: notNull(was[name]), New: notNull(is[name])})
		}
	}
	return list, nil
}
