package agendize

import (
	"encoding/json"
	"errors"

	"rollcall/sources"
)

// accountMembers are the members that an account may stand in. A watch sends the
// account resource itself; what it is wrapped in with the data of before the change
// (addPreviousData) is not documented.
var accountMembers = []string{"account", "resource", "data", "item", "object", "current", "new", "previous", "previousData", "old"}

// ReadNotification reads what a watch sends: an account, which a schema of the watch's
// own may have cut down.
func (s *source) ReadNotification(body []byte) ([]string, error) {
	if !json.Valid(body) {
		return nil, errors.New("the notification is not JSON")
	}
	return sources.NotificationIDs(body, []string{"id"}, accountMembers)
}
