package agendize

import (
	"encoding/json"
	"errors"

	"rollcall/sources"
)

// hintWithin are the members that an account may stand in. A watch sends the
// account resource itself; what it is wrapped in when the data of before the
// change are asked for as well (addPreviousData) is not documented.
var hintWithin = []string{"account", "resource", "data", "item", "object", "current", "new", "previous", "previousData", "old"}

// Hint reads what a watch delivers: an account, which a schema of the watch's
// own may have cut down.
func (s *source) Hint(body []byte) ([]string, error) {
	if !json.Valid(body) {
		return nil, errors.New("the delivery is not JSON")
	}
	return sources.HintIDs(body, []string{"id"}, hintWithin)
}
