// Package embedded runs a private Postgres: for the demo, for the tests, and
// for DATABASE_URL=embedded.
//
// A server belongs to the processes that use it. It listens on a socket in a
// folder of its own and on no network, and it ends when the last of them does,
// however that one ends: see supervise.sh.
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

// superuser owns everything on a private server, whatever the account it runs as.
const superuser = "postgres"

// Options say which server to start; the zero value is one for a test.
type Options struct {
	// DataDir keeps the data. "" is a temporary folder, gone after Stop. One
	// folder has one server: whoever else starts it joins the running one.
	DataDir string
	// Durable keeps Postgres's guarantees through a crash. Without it no commit
	// waits for the disk, as suits what is thrown away; a crash of Postgres alone
	// then loses no commit where Settings have synchronous_commit=on.
	Durable bool
	// Settings are added to the server's, by the names of postgresql.conf.
	Settings map[string]string
	// Logf, if set, is told what takes time: a download, a new database.
	Logf func(format string, args ...any)
}

// A Server is a running Postgres. Its methods may be called from many goroutines.
type Server struct {
	options   Options
	dir       folder
	temporary bool
	bin       string              // folder with initdb and postgres
	account   *syscall.Credential // whom the server runs as; nil: as we are

	mu   sync.Mutex
	lock *os.File      // says that dir is in use; nil after Stop
	pipe *os.File      // held open while we use the server
	done chan struct{} // closed once it has ended; nil where another process started it

	supervisor int // process id of supervise.sh, where this process started it
}

// Start starts a server, or joins the one that runs on the same folder, and
// returns once it takes connections. The caller owes it a Stop. ctx limits the
// start alone.
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
		// Port and hostaddr too, so that PG… variables for another server change nothing.
		Scheme: "postgres", User: url.User(superuser), Host: ":5432", Path: "/" + name,
		RawQuery: url.Values{"host": {s.dir.socket()}, "hostaddr": {""}, "sslmode": {"disable"}}.Encode(),
	}
	return u.String()
}

// Stop gives the server up. It ends if nobody else uses it, and a temporary
// folder is removed. Stopping twice is stopping once.
func (s *Server) Stop() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	var err error
	if s.lock == nil || lastUser(s.lock) {
		mode := Fast
		if s.temporary {
			mode = Immediate // nothing of it is kept
		}
		err = s.shutdown(mode)
	}
	s.release()
	if s.temporary {
		err = errors.Join(err, os.RemoveAll(string(s.dir)))
	}
	return err
}

// release lets go of all that says we use the server.
func (s *Server) release() {
	for _, f := range []*os.File{s.pipe, s.lock} {
		if f != nil {
			f.Close() // nothing was written that could be lost
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
func (f folder) users() string  { return filepath.Join(string(f), "users") }
