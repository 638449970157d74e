package canon

import "testing"

// signalwire is the account that SignalWire's documentation shows, in the order
// in which it is sent.
const signalwire = `{"auth_token":"redacted","date_created":"Sat, 15 Sept 2018 10:00:00 +0000","date_updated":"Sun, 16 Sept 2018 20:00:00 +0000","friendly_name":"My Project","sid":"b3877c40-da60-4998-90ad-b792e98472af","status":"active","subresource_uris":{"available_phone_numbers":"/api/laml/2010-04-01/Accounts/b3877c40-da60-4998-90ad-b792e98472af/AvailablePhoneNumbers.json","calls":"/api/laml/2010-04-01/Accounts/b3877c40-da60-4998-90ad-b792e98472af/Calls.json","conferences":"/api/laml/2010-04-01/Accounts/b3877c40-da60-4998-90ad-b792e98472af/Conferences.json","incoming_phone_numbers":"/api/laml/2010-04-01/Accounts/b3877c40-da60-4998-90ad-b792e98472af/IncomingPhoneNumbers.json","notifications":null,"outgoing_caller_ids":"/api/laml/2010-04-01/Accounts/b3877c40-da60-4998-90ad-b792e98472af/OutgoingCallerIds.json","recordings":"/api/laml/2010-04-01/Accounts/b3877c40-da60-4998-90ad-b792e98472af/Recordings.json","transcriptions":"/api/laml/2010-04-01/Accounts/b3877c40-da60-4998-90ad-b792e98472af/Transcriptions.json","addresses":null,"signing_keys":null,"connect_apps":null,"sip":null,"authorized_connect_apps":null,"usage":null,"keys":null,"applications":"/api/laml/2010-04-01/Accounts/b3877c40-da60-4998-90ad-b792e98472af/Applications.json","short_codes":null,"queues":"/api/laml/2010-04-01/Accounts/b3877c40-da60-4998-90ad-b792e98472af/Queues.json","messages":"/api/laml/2010-04-01/Accounts/b3877c40-da60-4998-90ad-b792e98472af/Messages.json"},"type":"Full","uri":"/api/laml/2010-04-01/Accounts/b3877c40-da60-4998-90ad-b792e98472af.json"}`

func BenchmarkCanon(b *testing.B) {
	secrets := new(Secrets)
	secrets.Add("PT0123456789abcdef0123456789abcdef0123456789abcdef", "cHJvamVjdDpQVDAxMjM0NTY3ODlhYmNkZWY=")
	canon := New(NewRules([]string{"auth_token", "signing_key", "webhook_secret"}, nil, nil).WithSecrets(secrets))
	raw := []byte(signalwire)
	facts := Facts{Provider: "signalwire", Mapping: 1}
	var out []byte
	var err error
	b.Run("Append", func(b *testing.B) {
		b.SetBytes(int64(len(raw)))
		b.ReportAllocs()
		for b.Loop() {
			if out, err = canon.Append(out[:0], raw); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("Fingerprint", func(b *testing.B) {
		b.SetBytes(int64(len(raw)))
		b.ReportAllocs()
		for b.Loop() {
			canon.Fingerprint(out, facts)
		}
	})
	b.Run("both", func(b *testing.B) {
		b.SetBytes(int64(len(raw)))
		b.ReportAllocs()
		for b.Loop() {
			if out, err = canon.Append(out[:0], raw); err != nil {
				b.Fatal(err)
			}
			canon.Fingerprint(out, facts)
		}
	})
}
