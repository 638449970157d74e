// Package simulate serves the account APIs of SignalWire (and Twilio),
// Agendize, Backstack and Audian (Kazoo) over accounts held in memory or
// generated for each request, with faults on demand. The demo, the tests and the
// benchmarks read from it as from the real thing.
//
// A [World] is the truth of one provider account; a dialect ([SignalWire],
// [Agendize], [Backstack], [Kazoo]) is an http.Handler that renders it;
// [Listen] puts it on a loopback port behind [Faults].
//
// The field names and behaviours are those of the providers' public
// references, as of 2026-10. What those leave open is an option here, so that
// a reader can be shown to accept both.
package simulate
