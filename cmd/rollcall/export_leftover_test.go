package main

import (
	"errors"
	"io"
	"os"
	"path/filepath"
	"slices"
	"testing"
)

func namesIn(t *testing.T, dir string) (names []string) {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		names = append(names, e.Name())
	}
	return names
}

// A killed export leaves a file that the next one to that folder removes; one
// that is being written, and what others have there, stays.
func TestAKilledExportIsSwept(t *testing.T) {
	t.Parallel()
	w := settle(t, "signalwire", 1, 3)
	w.env["DATABASE_URL"], _ = migrated(t)
	if code, _, stderr := call(t, w.env, "sync"); code != exitWell {
		t.Fatalf("sync: %d: %s", code, stderr)
	}
	dir := t.TempDir()
	others := []string{".rollcall-export-mine.tmp", "a.csv.tmp"}
	for _, name := range others {
		if err := os.WriteFile(filepath.Join(dir, name), nil, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	process := program(t, "stuck export", environ(w.env), dir)
	said, err := process.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if _, err := process.StdinPipe(); err != nil {
		t.Fatal(err)
	}
	if err := process.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = process.Process.Kill(); _ = process.Wait() })
	if _, err := said.Read(make([]byte, 1)); err != nil { // it writes
		t.Fatal(err)
	}
	export := func() {
		t.Helper()
		if code, _, stderr := call(t, w.env, "export", "--to", filepath.Join(dir, "b.csv")); code != exitWell {
			t.Fatalf("export: %d: %s", code, stderr)
		}
	}
	export()
	if names := namesIn(t, dir); len(names) != len(others)+2 {
		t.Errorf("while an export runs there is %q", names)
	}
	if err := process.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = process.Wait()
	export()
	if names, want := namesIn(t, dir), append(slices.Clone(others), "b.csv"); !slices.Equal(names, want) {
		t.Errorf("after a killed export there is %q, want %q", names, want)
	}
}

// stuckExport writes a file until its stdin ends.
func stuckExport(dir string) {
	_ = replaceFile(filepath.Join(dir, "a.csv"), func(io.Writer) error {
		os.Stdout.WriteString("x")
		_, err := io.Copy(io.Discard, os.Stdin)
		return err
	})
}

// An export whose file is swept before it is locked takes another one.
func TestExportsAtOnce(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	errs := make(chan error)
	const exports = 50
	for range exports {
		go func() {
			errs <- replaceFile(filepath.Join(dir, "a.csv"), func(out io.Writer) error {
				_, err := io.WriteString(out, "whole")
				return err
			})
		}()
	}
	var all error
	for range exports {
		all = errors.Join(all, <-errs)
	}
	text, err := os.ReadFile(filepath.Join(dir, "a.csv"))
	if names := namesIn(t, dir); all != nil || err != nil || string(text) != "whole" || len(names) != 1 {
		t.Errorf("%v, %v; %q in %q", all, err, text, names)
	}
}
