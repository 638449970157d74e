package main

import (
	"bytes"
	"fmt"
	"log/slog"
	"testing"
	"time"

	"github.com/sethvargo/go-envconfig"
)

func TestRetentionIsToldInDays(t *testing.T) {
	for text, want := range map[string]time.Duration{
		"90d": 90 * 24 * time.Hour, "1d": 24 * time.Hour, "36h": 36 * time.Hour, "100000d": 100_000 * 24 * time.Hour,
		"9999999999d": 100_000 * 24 * time.Hour, // for ever, without overflow
		"0d":          0, "-1d": 0, "0s": 0, "d": 0, "1.5d": 0, "90": 0, "1y": 0,
	} {
		var r retention
		if err := r.EnvDecode(text); time.Duration(r) != want || (err == nil) != (want > 0) {
			t.Errorf("%s is %v, want %v: %v", text, time.Duration(r), want, err)
		}
	}
}

func TestReaderRoleIsAPlainName(t *testing.T) {
	for text, good := range map[string]bool{
		"directory_reader": true, "_r2": true, "Reader": false, "pg_monitor": false, "public": false, "none": false,
		`a"; DROP ROLE b; --`: false, "": false, "a-b": false, "9a": false,
		"a23456789012345678901234567890123456789012345678901234567890123":  true,
		"a234567890123456789012345678901234567890123456789012345678901234": false,
	} {
		if err := new(role).EnvDecode(text); (err == nil) != good {
			t.Errorf("%q: %v", text, err)
		}
	}
}

func TestDefaultsAreTheContracts(t *testing.T) {
	a := &app{env: envconfig.MapLookuper(nil), stderr: new(bytes.Buffer)}
	cfg, err := a.configure(t.Context(), needs{})
	if err != nil {
		t.Fatal(err)
	}
	halfPast := time.Date(2026, 1, 1, 10, 30, 0, 0, time.UTC)
	if next := cfg.Schedule.Cron.Next(halfPast); !next.Equal(halfPast.Add(30 * time.Minute)) {
		t.Errorf("the next tick of the default schedule is %v, want @hourly", next)
	}
	got := fmt.Sprint(cfg.Jitter, " ", cfg.Addr, " ", cfg.HooksAddr, " ", cfg.Parallel, " ", cfg.ShutdownTimeout, " ",
		time.Duration(cfg.Retention), " ", cfg.ReaderRole, " ", slog.Level(cfg.LogLevel))
	if want := "0s :8080  8 25s 2160h0m0s directory_reader INFO"; got != want {
		t.Errorf("defaults are %s, want %s", got, want)
	}
}

func TestTheDatabaseURLIsNotPrinted(t *testing.T) {
	var d databaseURL
	if err := d.EnvDecode("postgres://ann:hunter2@host/db"); err != nil {
		t.Fatal(err)
	}
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q"} {
		if got := fmt.Sprintf(verb, config{DatabaseURL: d}); bytes.Contains([]byte(got), []byte("hunter2")) {
			t.Errorf("%s prints %s", verb, got)
		}
	}
}
