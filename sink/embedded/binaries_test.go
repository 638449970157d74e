package embedded

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

func TestTheNewestIsFoundAfterThePath(t *testing.T) {
	root := t.TempDir()
	path := filepath.Join(root, "path")
	place := func(name string) string { return filepath.Join(root, "lib", name, "bin") }
	for _, bin := range []string{path, place("9.6"), place("10"), place("17"), place("9.10")} {
		fake(t, bin, "initdb", "pg_ctl", "postgres")
	}
	fake(t, place("18"), "postgres") // no initdb
	fake(t, filepath.Join(root, "client"), "initdb")

	got := installed(filepath.Join(root, "client")+":relative:"+path, []string{filepath.Join(root, "lib", "*", "bin")})
	want := []string{path, place("17"), place("10"), place("9.10"), place("9.6")}
	if !slices.Equal(got, want) {
		t.Errorf("found %q\n want %q", got, want)
	}
}

func TestALinkOnThePathIsFollowed(t *testing.T) {
	root := t.TempDir()
	path, real := filepath.Join(root, "path"), filepath.Join(root, "real")
	fake(t, real, "initdb", "pg_ctl", "postgres")
	if err := os.Mkdir(path, 0o755); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"initdb", "pg_ctl", "postgres"} {
		if err := os.Symlink(filepath.Join(real, name), filepath.Join(path, name)); err != nil {
			t.Fatal(err)
		}
	}
	if got := installed(path, nil); !slices.Equal(got, []string{real}) {
		t.Errorf("found %q, want %q", got, real)
	}
}

func TestTheVersionThatMadeTheDataIsChosen(t *testing.T) {
	data, old, newer := t.TempDir(), t.TempDir(), t.TempDir()
	fake(t, old, "initdb", "pg_ctl", "postgres")
	fake(t, newer, "initdb", "pg_ctl", "postgres")
	script(t, filepath.Join(old, "postgres"), "postgres (PostgreSQL) 14.1")
	script(t, filepath.Join(newer, "postgres"), "postgres (PostgreSQL) 17.1")
	none := func() (string, error) { return "", errors.New("no network") }
	found := []string{newer, old}

	if bin, err := findBinaries(data, found, none); bin != newer {
		t.Errorf("for a new folder: %s, %v", bin, err)
	}
	if err := os.WriteFile(filepath.Join(data, "PG_VERSION"), []byte("14\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if bin, err := findBinaries(data, found, none); bin != old {
		t.Errorf("for a folder of version 14: %s, %v", bin, err)
	}
	if _, err := findBinaries(data, found[:1], none); err == nil || !strings.Contains(err.Error(), "made by Postgres 14") {
		t.Errorf("without version 14: %v", err)
	}
	_, err := findBinaries(data, nil, none)
	for _, way := range []string{"apt-get install", "DATABASE_URL", "docker compose up -d postgres", "no network"} {
		if !errors.Is(err, ErrNoPostgres) || !strings.Contains(err.Error(), way) {
			t.Errorf("without any: %v, want it to name %q", err, way)
		}
	}
}

func TestVersion(t *testing.T) {
	for said, want := range map[string]string{
		"postgres (PostgreSQL) 15.13 (Debian 15.13-0+deb12u1)": "15",
		"postgres (PostgreSQL) 18":                             "18",
		"no idea":                                              "",
	} {
		bin := t.TempDir()
		script(t, filepath.Join(bin, "postgres"), said)
		if got := versionOf(bin); got != want {
			t.Errorf("%s: %q, want %q", said, got, want)
		}
	}
}

// fake makes programs that do nothing.
func fake(t *testing.T, bin string, programs ...string) {
	t.Helper()
	if err := os.MkdirAll(bin, 0o755); err != nil {
		t.Fatal(err)
	}
	for _, name := range programs {
		script(t, filepath.Join(bin, name), "")
	}
}

// script makes a program that says something.
func script(t *testing.T, path, says string) {
	t.Helper()
	if err := os.WriteFile(path, []byte("#!/bin/sh\necho '"+says+"'\n"), 0o755); err != nil {
		t.Fatal(err)
	}
}
