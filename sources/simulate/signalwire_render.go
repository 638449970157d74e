package simulate

import "time"

// RenderSignalWire is one account as SignalWire sends it.
func RenderSignalWire(a Account) []byte { return appendSignalWire(nil, &a, signalWirePath) }

// subresources of a SignalWire account, in the order of its reference. A
// subresource without a path is null there.
var subresources = []struct{ key, path string }{
	{"available_phone_numbers", "/AvailablePhoneNumbers.json"},
	{"calls", "/Calls.json"},
	{"conferences", "/Conferences.json"},
	{"incoming_phone_numbers", "/IncomingPhoneNumbers.json"},
	{"notifications", ""},
	{"outgoing_caller_ids", "/OutgoingCallerIds.json"},
	{"recordings", "/Recordings.json"},
	{"transcriptions", "/Transcriptions.json"},
	{"addresses", ""},
	{"signing_keys", ""},
	{"connect_apps", ""},
	{"sip", ""},
	{"authorized_connect_apps", ""},
	{"usage", ""},
	{"keys", ""},
	{"applications", "/Applications.json"},
	{"short_codes", ""},
	{"queues", "/Queues.json"},
	{"messages", "/Messages.json"},
}

func appendSignalWire(dst []byte, a *Account, path string) []byte {
	owner := a.Parent
	if owner == "" {
		owner = a.ID
	}
	kind := a.Kind
	if kind == "" {
		kind = "Full"
	}
	o := newObject(dst, a.Extra)
	o.str("auth_token", a.secret("PT"))
	o.date("date_created", a.Created, path)
	o.date("date_updated", a.Updated, path)
	o.str("friendly_name", a.Name)
	o.str("owner_account_sid", owner)
	o.str("region_preference", "us")
	o.str("sid", a.ID)
	o.str("signing_key", a.secret("PSK"))
	o.str("status", a.Status)
	o.bool("subproject", a.Parent != "")
	if o.key("subresource_uris") {
		o.b = appendSubresources(o.b, a.ID, path)
	}
	o.str("type", kind)
	o.str("uri", path+"/"+a.ID+".json")
	return o.end()
}

func appendSubresources(b []byte, id, path string) []byte {
	b = append(b, '{')
	for i, s := range subresources {
		if i > 0 {
			b = append(b, ',')
		}
		b = append(append(append(b, '"'), s.key...), '"', ':')
		if s.path == "" {
			b = append(b, "null"...)
			continue
		}
		b = append(append(append(b, '"'), path...), '/')
		b = append(append(append(b, id...), s.path...), '"')
	}
	return append(b, '}')
}

// date writes a date as RFC 2822 does, but for SignalWire's own September.
func (o *object) date(k string, t time.Time, path string) {
	if t.IsZero() {
		o.raw(k, "null")
		return
	}
	t = t.UTC()
	layout := "Mon, 02 Jan 2006 15:04:05 +0000"
	if path == signalWirePath && t.Month() == time.September {
		layout = "Mon, 02 Sept 2006 15:04:05 +0000"
	}
	if o.key(k) {
		o.b = append(t.AppendFormat(append(o.b, '"'), layout), '"')
	}
}
