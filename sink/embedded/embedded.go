// Package embedded runs a private Postgres: for the demo, for the tests, and
// for DATABASE_URL=embedded.
//
// A server belongs to the processes that use it. It listens on a socket in its own
// folder and on no network, and it stops when the last of them ends, however that one
// ends: see watch.sh.
package embedded

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"sync"
	"syscall"
	"time"
)

// Database is the name of the database that a server comes with.
const Database = "rollcall"

// superuser owns everything on a private server.
const superuser = "postgres"

// Options are those of Start; the zero value is for a test.
type Options struct {
	// DataDir holds the data. "" is a temporary folder, which Stop removes. One
	// folder has one server: another Start joins the running one.
	DataDir string
	// Durable keeps Postgres's guarantees through a crash. Without it no commit
	// waits for the disk; with synchronous_commit=on in Settings, a crash of Postgres
	// alone still loses no commit.
	Durable bool
	// Settings are added to the server's, by their names in postgresql.conf.
	Settings map[string]string
	// Logf, if set, logs what takes time: a download.
	Logf func(format string, args ...any)
}

// A Server is a running Postgres. Its methods may be called from many goroutines.
type Server struct {
	options   Options
	dir       folder
	temporary bool
	bin       string              // folder with initdb and postgres
	account   *syscall.Credential // that the server runs as; nil: ours

	mu      sync.Mutex
	lock    *os.File      // marks dir as used; nil after Stop
	pipe    *os.File      // held open while we use the server
	watcher chan struct{} // closed once watch.sh has ended; nil if another process started it
}

// Start starts a server, or joins the one that runs on the same folder, and returns
// once it takes connections. The caller must call Stop. ctx bounds only the start.
func Start(ctx context.Context, o Options) (*Server, error) {
	if o.Logf == nil {
		o.Logf = func(string, ...any) {}
	}
	ctx, cancel := context.WithTimeout(ctx, startTimeout)
	defer cancel()
	account, err := serverAccount()
	if err != nil {
		return nil, err
	}
	s := &Server{options: o, account: account, temporary: o.DataDir == ""}
	if s.dir, err = makeFolder(o.DataDir, account); err != nil {
		return nil, err
	}
	if err := s.open(ctx); err != nil {
		return nil, errors.Join(fmt.Errorf("embedded Postgres: %w", err), s.Stop())
	}
	return s, nil
}

// URL is the server's address in the form of DATABASE_URL; psql takes it too.
func (s *Server) URL() string { return s.DatabaseURL(Database) }

// DatabaseURL is the address of another database on the server.
func (s *Server) DatabaseURL(name string) string {
	u := url.URL{
		// Port and hostaddr too, so that PG… variables have no effect.
		Scheme: "postgres", User: url.User(superuser), Host: ":5432", Path: "/" + name,
		RawQuery: url.Values{"host": {s.dir.socket()}, "hostaddr": {""}, "sslmode": {"disable"}}.Encode(),
	}
	return u.String()
}

// Stop ends the use of the server. The server stops if it has no other user, and a
// temporary folder is removed. A second Stop does nothing.
func (s *Server) Stop() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	var err error
	last := s.lock != nil && tryLock(s.lock, syscall.LOCK_EX)
	if last {
		mode := Fast
		if s.temporary {
			mode = Immediate // its data is deleted
		}
		err = s.shutdown(mode)
	}
	s.release()
	if last && s.watcher != nil {
		<-s.watcher // which ends with the pipe, if not before
	}
	if s.temporary {
		err = errors.Join(err, os.RemoveAll(string(s.dir)))
	}
	return err
}

// release closes what marks the server as used.
func (s *Server) release() {
	for _, f := range []*os.File{s.pipe, s.lock} {
		if f != nil {
			f.Close() // nothing was written
		}
	}
	s.pipe, s.lock = nil, nil
}

// startTimeout bounds a start; crash recovery is what may take long.
const startTimeout = 2 * time.Minute

// A folder is where a server keeps everything it has.
type folder string

func (f folder) data() string   { return filepath.Join(string(f), "data") }
func (f folder) socket() string { return filepath.Join(string(f), "run") }
func (f folder) log() string    { return filepath.Join(string(f), "server.log") }
func (f folder) lock() string   { return filepath.Join(string(f), "lock") }
func (f folder) pid() string    { return filepath.Join(f.data(), "postmaster.pid") }
func (f folder) users() string  { return filepath.Join(string(f), "users") }
