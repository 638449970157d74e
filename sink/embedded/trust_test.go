package embedded

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// What another user put into the folder is refused, and what it leads to stays
// as it is.
func TestAFolderWithLinks(t *testing.T) {
	const content, mode = "precious", 0o640
	for name, plant := range map[string]func(f folder, target string) error{
		"server.log": func(f folder, target string) error { return os.Symlink(target, f.log()) },
		"lock":       func(f folder, target string) error { return os.Symlink(target, f.lock()) },
		"users":      func(f folder, target string) error { return os.Symlink(target, f.users()) },
		"run":        func(f folder, target string) error { return os.Symlink(filepath.Dir(target), f.socket()) },
		"data.new":   func(f folder, target string) error { return os.Symlink(filepath.Dir(target), f.data()+fresh) },
		"hard link":  func(f folder, target string) error { return os.Link(target, f.log()) },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f, other := folder(shortDir(t)), shortDir(t)
			target := filepath.Join(other, "target")
			if err := os.WriteFile(target, []byte(content), mode); err != nil {
				t.Fatal(err)
			}
			if err := plant(f, target); err != nil {
				t.Fatal(err)
			}
			wantError(t, Options{DataDir: string(f)}, "remove it")
			text, err := os.ReadFile(target)
			if err != nil || string(text) != content {
				t.Errorf("the target holds %q, %v", text, err)
			}
			for _, path := range []string{target, other} {
				info, err := os.Stat(path)
				if err != nil || int(info.Sys().(*syscall.Stat_t).Uid) != os.Geteuid() {
					t.Errorf("%s has another owner, %v", path, err)
				}
			}
		})
	}
}

// A link that comes once the folder was looked at is not followed either.
func TestLinksAreNotFollowed(t *testing.T) {
	t.Parallel()
	dir := shortDir(t)
	target := filepath.Join(dir, "target")
	if err := os.Mkdir(target, 0o700); err != nil {
		t.Fatal(err)
	}
	link := filepath.Join(dir, "link")
	if err := os.Symlink(target, link); err != nil {
		t.Fatal(err)
	}
	stranger := &syscall.Credential{Uid: 12345, Gid: 12345}
	for what, err := range map[string]error{"give": give(link, stranger), "openOwn": closed(openOwn(link, os.O_RDWR|os.O_CREATE))} {
		if err == nil || !strings.Contains(err.Error(), "symbolic link") {
			t.Errorf("%s: %v", what, err)
		}
	}
	if info, err := os.Stat(target); err != nil || info.Sys().(*syscall.Stat_t).Uid == stranger.Uid {
		t.Errorf("the target was given away, %v", err)
	}
}

func closed(f *os.File, err error) error {
	if err == nil {
		f.Close()
	}
	return err
}

func TestAFolderOfAnotherUser(t *testing.T) {
	t.Parallel()
	dir := shortDir(t)
	info, err := os.Stat(dir)
	if err != nil {
		t.Fatal(err)
	}
	if !isTrusted(info, nil) {
		t.Error("a folder of our own is refused")
	}
	info.Sys().(*syscall.Stat_t).Uid = 12345
	if isTrusted(info, nil) || !isTrusted(info, &syscall.Credential{Uid: 12345}) {
		t.Error("it does not depend on the owner")
	}
	if os.Geteuid() != 0 {
		return // only root can give a folder away
	}
	if err := os.Chown(dir, 12345, 12345); err != nil {
		t.Fatal(err)
	}
	wantError(t, Options{DataDir: dir}, "belongs to another user; set ROLLCALL_DATA_DIR")
	if left, err := os.ReadDir(dir); err != nil || len(left) > 0 {
		t.Errorf("it was written to: %v, %v", left, err)
	}
}

// A process that is killed while initdb works leaves a folder that the next start
// removes, once initdb has ended.
func TestLeftoversAreSwept(t *testing.T) {
	t.Parallel()
	bin := shortDir(t)
	started := filepath.Join(bin, "started")
	if err := syscall.Mkfifo(started, 0o622); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(started, 0o622); err != nil { // whatever the umask: initdb is run by another user
		t.Fatal(err)
	}
	script := fmt.Sprintf("#!/bin/sh\necho $$ \"$2\" >%s\nexec 1>&- 2>&-\nexec sleep 600\n", started)
	for _, name := range []string{"initdb", "pg_ctl", "postgres"} {
		if err := os.WriteFile(filepath.Join(bin, name), []byte(script), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	child := exec.CommandContext(t.Context(), os.Args[0])
	child.Env = append(os.Environ(), childFolder+"=", "PATH="+bin+":"+os.Getenv("PATH"))
	if err := child.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { child.Process.Kill(); child.Wait() })
	text, err := os.ReadFile(started) // which waits for initdb
	if err != nil {
		t.Fatal(err)
	}
	var initdb int
	var data string
	if _, err := fmt.Sscan(string(text), &initdb, &data); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { syscall.Kill(initdb, syscall.SIGKILL) })
	dir, parent := filepath.Dir(data), filepath.Dir(filepath.Dir(data))
	account, err := serverAccount()
	if err != nil {
		t.Fatal(err)
	}
	sweep(parent, account)
	if !exists(dir) {
		t.Fatal("the folder of a running process was removed")
	}
	kill(t, child)
	sweep(parent, account)
	if !exists(dir) {
		t.Fatal("the folder of a running initdb was removed")
	}
	if err := syscall.Kill(initdb, syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	await(t, "the folder's removal", func() bool { sweep(parent, account); return !exists(dir) })
}

// A running server's folder stays, whether its process uses it or kept it.
func TestNothingInUseIsSwept(t *testing.T) {
	t.Parallel()
	s := start(t, Options{})
	dir, account := s.dir, s.account
	sweep(filepath.Dir(string(dir)), account)
	ask(t, s, "SELECT 1")
	pid, err := s.Keep()
	if err != nil || pid <= 1 {
		t.Fatalf("process %d: %v", pid, err)
	}
	sweep(filepath.Dir(string(dir)), account)
	if !s.answers() {
		t.Error("a kept server does not answer")
	}
	if err := syscall.Kill(pid, syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	await(t, "the folder's removal", func() bool { return !exists(string(dir)) })
}
