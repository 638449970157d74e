package main

import (
	"bytes"
	"context"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/jmoiron/sqlx"
	"github.com/sethvargo/go-envconfig"

	"rollcall/sources/simulate"
)

// filled is a directory that simulated providers filled, and changed since.
func filled(t *testing.T, accounts int) (*simulate.ProviderSet, map[string]string) {
	t.Helper()
	fleet, err := simulate.Start(accounts, 1)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(fleet.Close)
	env := fleet.Env()
	env["DATABASE_URL"], _ = migrated(t)
	env["LOG_LEVEL"] = "error"
	for range 2 {
		if code, _, stderr := call(t, env, "sync"); code != exitWell {
			t.Fatalf("sync: exit status %d: %s", code, stderr)
		}
		fleet.Change(7, 0.1)
	}
	return fleet, env
}

// exported is what an export of that kind writes to stdout.
func exported(t *testing.T, env map[string]string, args ...string) string {
	t.Helper()
	code, stdout, stderr := call(t, env, append([]string{"export"}, args...)...)
	if code != exitWell || stderr != "" {
		t.Fatalf("export %q: exit status %d: %s", args, code, stderr)
	}
	return stdout
}

func TestAnExportIsOneSnapshot(t *testing.T) {
	fleet, env := filled(t, 200)
	before := exported(t, env)
	read, write := io.Pipe()
	ended := make(chan int, 1)
	go func() {
		ended <- run(t.Context(), []string{"export"}, envconfig.MapLookuper(env), nil, write, io.Discard)
		write.Close()
	}()
	var got bytes.Buffer
	if _, err := io.CopyN(&got, read, 100); err != nil { // the answer has begun
		t.Fatal(err)
	}
	fleet.Change(3, 0.5)
	if code, _, stderr := call(t, env, "sync"); code != exitWell && code != exitHeld {
		t.Fatalf("sync: exit status %d: %s", code, stderr)
	}
	if _, err := io.Copy(&got, read); err != nil || <-ended != exitWell {
		t.Fatal(err)
	}
	if diff := cmp.Diff(before, got.String()); diff != "" {
		t.Errorf("an export during which a sync applied (-want +got):\n%s", diff)
	}
	if exported(t, env) == before {
		t.Error("the sync changed nothing, so this shows nothing")
	}
}

func TestAnExportHasEveryLiveAccount(t *testing.T) {
	_, env := filled(t, 60)
	db := sqlx.MustConnect("postgres", env["DATABASE_URL"])
	defer db.Close()
	db.MustExec(`UPDATE directory.accounts SET deleted_at = changed_at WHERE id % 5 = 0`)
	for _, test := range []struct{ table, args string }{
		{"directory.live_accounts", ""},
		{"directory.accounts_as_of(now())", "--as-of=9999-01-01"},
	} {
		var columns, ids []string
		key := "id"
		args := []string{"--format=csv"}
		if test.args != "" {
			key, args = "account_id", append(args, test.args)
		}
		if err := db.Select(&ids, `SELECT t.`+key+`::text FROM `+test.table+` t ORDER BY t.`+key); err != nil {
			t.Fatal(err)
		}
		view := map[string]string{"id": "accounts", "account_id": "account_history"}[key]
		if err := db.Select(&columns, `SELECT column_name FROM information_schema.columns WHERE table_schema = 'directory' AND table_name = $1 ORDER BY ordinal_position`, view); err != nil {
			t.Fatal(err)
		}
		rows, err := csv.NewReader(strings.NewReader(exported(t, env, args...))).ReadAll()
		if err != nil || len(rows) < 50 {
			t.Fatalf("%d rows: %v", len(rows), err)
		}
		var got []string
		for _, row := range rows[1:] {
			got = append(got, row[0])
		}
		if diff := cmp.Diff([][]string{columns, ids}, [][]string{rows[0], got}); diff != "" {
			t.Errorf("%s (-want +got):\n%s", test.table, diff)
		}
	}
}

// folder is a directory with an export of another day in it.
func folder(t *testing.T) (dir, file string) {
	t.Helper()
	dir = t.TempDir()
	file = filepath.Join(dir, "accounts")
	if err := os.WriteFile(file, []byte("old"), 0o600); err != nil {
		t.Fatal(err)
	}
	return dir, file
}

// untouched fails the test unless the folder is as folder made it.
func untouched(t *testing.T, dir string) {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil || len(entries) != 1 {
		t.Errorf("the folder has %v, %v; want the old file alone", entries, err)
	}
	if text, err := os.ReadFile(filepath.Join(dir, "accounts")); err != nil || string(text) != "old" {
		t.Errorf("the old file is %q, %v", text, err)
	}
}

func TestAnExportThatFailsLeavesNothing(t *testing.T) {
	_, env := filled(t, 20)
	dir, file := folder(t)
	db := sqlx.MustConnect("postgres", env["DATABASE_URL"])
	defer db.Close()
	db.MustExec(`ALTER TABLE directory.accounts RENAME COLUMN kind TO kinds`)
	if code, _, stderr := call(t, env, "export", "--to", file); code != exitFailed || !strings.Contains(stderr, "rollcall migrate up") {
		t.Errorf("exit status %d: %s", code, stderr)
	}
	untouched(t, dir)
	if code, _, stderr := call(t, env, "export", "--to", dir); code != exitUsage || !strings.Contains(stderr, "is a directory") {
		t.Errorf("to a folder: exit status %d: %s", code, stderr)
	}
	if code, stdout, stderr := call(t, env, "export", "--to", ""); code != exitUsage || stdout != "" || !strings.Contains(stderr, "--to: is empty") {
		t.Errorf("to no name: exit status %d: %s", code, stderr)
	}
	if code, _, stderr := call(t, env, "export", "--to", filepath.Join(dir, "none", "x")); code != exitFailed ||
		!strings.Contains(stderr, filepath.Join(dir, "none", "x")+" cannot be written: there is no directory "+filepath.Join(dir, "none")) {
		t.Errorf("to a folder that is not there: exit status %d: %s", code, stderr)
	}
}

func TestAnInterruptedExportLeavesNothing(t *testing.T) {
	url, db := migrated(t)
	for _, format := range []string{"csv", "parquet"} {
		dir, file := folder(t)
		tx := db.MustBegin()
		tx.MustExec("LOCK TABLE directory.accounts IN ACCESS EXCLUSIVE MODE")
		cmd := program(t, "main", []string{"DATABASE_URL=" + url}, "export", "--format", format, "--to", file)
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		until(t, "it has a temporary file and waits for the lock", func() (waits bool) {
			entries, _ := os.ReadDir(dir)
			err := db.Get(&waits, "SELECT EXISTS (SELECT FROM pg_locks WHERE NOT granted AND database = (SELECT oid FROM pg_database WHERE datname = current_database()))")
			return err == nil && waits && len(entries) == 2
		})
		if err := cmd.Process.Signal(syscall.SIGINT); err != nil {
			t.Fatal(err)
		}
		if got := exitCode(t, cmd); got != 130 {
			t.Errorf("%s: exit status %d, want 130", format, got)
		}
		untouched(t, dir)
		if err := tx.Rollback(); err != nil {
			t.Fatal(err)
		}
	}
}

func TestAnExportReplacesItsFile(t *testing.T) {
	_, env := filled(t, 20)
	dir, file := folder(t)
	want := exported(t, env)
	if out := exported(t, env, "--to", "-"); out != want {
		t.Errorf("--to - differs from what goes to stdout: %q", out)
	}
	plain, err := os.Create(filepath.Join(t.TempDir(), "plain"))
	if err != nil {
		t.Fatal(err)
	}
	defer plain.Close()
	usual, err := plain.Stat()
	if err != nil {
		t.Fatal(err)
	}
	link := filepath.Join(t.TempDir(), "link")
	if err := os.Symlink(file, link); err != nil {
		t.Fatal(err)
	}
	// The old file keeps its mode, which is not the usual one.
	for to, mode := range map[string]os.FileMode{file: 0o600, link: 0o600, filepath.Join(dir, "new"): usual.Mode()} {
		if out := exported(t, env, "--to", to); out != "" {
			t.Errorf("stdout has %q", out)
		}
		text, err := os.ReadFile(to)
		if err != nil || string(text) != want {
			t.Errorf("%s differs from what goes to stdout: %v", to, err)
		}
		if now, err := os.Stat(to); err != nil || now.Mode() != mode {
			t.Errorf("%s: mode %v, want %v: %v", to, now.Mode(), mode, err)
		}
	}
	if now, err := os.Lstat(link); err != nil || now.Mode().Type() != os.ModeSymlink {
		t.Errorf("the link became %v, %v", now, err)
	}
	entries, err := os.ReadDir(dir)
	if err != nil || !slices.ContainsFunc(entries, func(e os.DirEntry) bool { return e.Name() == "new" }) || len(entries) != 2 {
		t.Errorf("the folder has %v, %v", entries, err)
	}
}

// modes are those of the files in a folder.
func modes(t *testing.T, dir string) (list []os.FileMode) {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		info, err := e.Info()
		if err != nil {
			t.Fatal(err)
		}
		list = append(list, info.Mode())
	}
	return list
}

func TestAFileIsReplacedByOneThatIsNoMoreOpen(t *testing.T) {
	for _, mode := range []os.FileMode{0o400, 0o600, 0o640, 0o664} {
		dir, file := folder(t)
		if err := os.Chmod(file, mode); err != nil {
			t.Fatal(err)
		}
		var owner uint32
		if os.Geteuid() == 0 {
			owner = 4242
			if err := os.Chown(file, int(owner), int(owner)); err != nil {
				t.Fatal(err)
			}
		}
		err := replaceFile(file, func(out io.Writer) error {
			for _, got := range modes(t, dir) {
				if got != mode {
					t.Errorf("while it is written: mode %v, want %v", got, mode)
				}
			}
			_, err := io.WriteString(out, "new")
			return err
		})
		if err != nil || len(modes(t, dir)) != 1 || modes(t, dir)[0] != mode {
			t.Errorf("modes %v, want %v: %v", modes(t, dir), mode, err)
		}
		now, err := os.Stat(file)
		if err != nil {
			t.Fatal(err)
		}
		if is := now.Sys().(*syscall.Stat_t); os.Geteuid() == 0 && (is.Uid != owner || is.Gid != owner) {
			t.Errorf("owner %d, group %d, want %d", is.Uid, is.Gid, owner)
		}
	}
}

func TestALinkToNothingIsFollowed(t *testing.T) {
	dir := t.TempDir()
	first, second, file := filepath.Join(dir, "first"), filepath.Join(dir, "second"), filepath.Join(dir, "file")
	if err := errors.Join(os.Symlink("second", first), os.Symlink(file, second)); err != nil {
		t.Fatal(err)
	}
	err := replaceFile(first, func(out io.Writer) error {
		_, err := io.WriteString(out, "new")
		return err
	})
	if now, statErr := os.Lstat(file); err != nil || statErr != nil || !now.Mode().IsRegular() {
		t.Errorf("%v, %v; want a file where the links lead to", err, statErr)
	}
	for _, link := range []string{first, second} {
		if now, err := os.Lstat(link); err != nil || now.Mode().Type() != os.ModeSymlink {
			t.Errorf("the link became %v, %v", now, err)
		}
	}
	if err := errors.Join(os.Remove(file), os.Symlink("first", file)); err != nil {
		t.Fatal(err)
	}
	if err := replaceFile(first, nil); err == nil || !strings.Contains(err.Error(), first+" cannot be written") {
		t.Errorf("links in a circle: %v", err)
	}
}

func TestAnErrorNamesTheFileAsGiven(t *testing.T) {
	err := replaceFile("/dev/full", func(out io.Writer) error {
		_, err := out.Write(make([]byte, 2*exportBuffer))
		return err
	})
	if err == nil || !strings.HasPrefix(err.Error(), "--to: /dev/full cannot be written: no space left on device") {
		t.Errorf("a full disk: %v", err)
	}
}

func TestADeviceStaysADevice(t *testing.T) {
	_, env := filled(t, 20)
	exported(t, env, "--to", os.DevNull)
	if now, err := os.Stat(os.DevNull); err != nil || now.Mode().IsRegular() {
		t.Fatalf("%s is %v: %v", os.DevNull, now, err)
	}
}

// A broken writer fails like a full disk, or like a pipe that nobody reads.
type broken struct {
	room int
	err  error
}

func (b *broken) Write(p []byte) (int, error) {
	if b.room -= len(p); b.room < 0 {
		return 0, b.err
	}
	return len(p), nil
}

func TestAFullDiskIsToldOfOnce(t *testing.T) {
	_, env := filled(t, 60)
	for _, args := range [][]string{
		{"accounts"},
		{"accounts", "-o", "json"},
		{"accounts", "-o", "jsonl"},
		{"accounts", "-o", "csv"},
		{"tree"},
		{"doctor"},
		{"export", "--format", "jsonl"},
	} {
		var messages bytes.Buffer
		code := run(t.Context(), args, envconfig.MapLookuper(env), nil, &broken{err: errors.New("no room")}, &messages)
		if code != exitFailed || messages.String() != "rollcall: no room\n" {
			t.Errorf("%q: exit status %d: %s", args, code, &messages)
		}
	}
}

func TestAnOutputThatBreaksEndsTheExport(t *testing.T) {
	_, env := filled(t, 60)
	for _, format := range []string{"csv", "jsonl", "parquet"} {
		for _, test := range []struct {
			err  error
			want int
		}{{errors.New("no room"), exitFailed}, {syscall.EPIPE, exitWell}} {
			var messages bytes.Buffer
			code := run(context.WithoutCancel(t.Context()), []string{"export", "--format", format}, envconfig.MapLookuper(env), nil, &broken{room: 10, err: test.err}, &messages)
			if code != test.want || strings.Count(messages.String(), "no room") != test.want || strings.Count(messages.String(), "\n") != test.want {
				t.Errorf("%s, %v: exit status %d, want %d, and one message: %s", format, test.err, code, test.want, &messages)
			}
		}
	}
}

// A shell's >(program) and /dev/stdout are links that lead nowhere.
func TestExportToADescriptor(t *testing.T) {
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	err = replaceFile(fmt.Sprintf("/dev/fd/%d", w.Fd()), func(to io.Writer) error {
		_, err := io.WriteString(to, "an account")
		return err
	})
	_ = w.Close()
	if got, readErr := io.ReadAll(r); err != nil || readErr != nil || string(got) != "an account" {
		t.Errorf("wrote %q: %v, %v", got, err, readErr)
	}
}
