package main

import (
	"rollcall/sources"
	"rollcall/sources/agendize"
	"rollcall/sources/audian"
	"rollcall/sources/backstack"
	"rollcall/sources/signalwire"
)

// providers are all there are; a new one is a line.
var providers = []sources.Provider{
	sources.Define("signalwire", signalwire.New),
	sources.Define("twilio", signalwire.NewTwilio),
	sources.Define("agendize", agendize.New),
	sources.Define("backstack", backstack.New),
	sources.Define("audian", audian.New),
	sources.Define("kazoo", audian.NewKazoo),
}
