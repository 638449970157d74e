package embedded

import (
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"

	embeddedpostgres "github.com/fergusstrange/embedded-postgres"
)

// downloadVersion is the Postgres to download if none is installed. The library
// compares its archive with the published checksum.
const downloadVersion = embeddedpostgres.V17

// download downloads a Postgres server into the cache, once, and returns the folder
// of its programs.
func download(ctx context.Context, logf func(string, ...any)) (string, error) {
	cache, err := cacheFolder()
	if err != nil {
		return "", err
	}
	return fetch(ctx, cache, embeddedpostgres.DefaultConfig(), logf)
}

// cacheFolder returns the user's cache; for root, one that the server's account may
// enter.
func cacheFolder() (string, error) {
	if os.Geteuid() == 0 {
		return "/var/cache/rollcall", nil
	}
	cache, err := os.UserCacheDir()
	return filepath.Join(cache, "rollcall"), err
}

// fetch downloads from config's repository into a folder of cache.
func fetch(ctx context.Context, cache string, config embeddedpostgres.Config, logf func(string, ...any)) (string, error) {
	home := filepath.Join(cache, "postgres-"+string(downloadVersion))
	bin := filepath.Join(home, "bin")
	if hasServer(bin) {
		return bin, nil
	}
	logf("downloading Postgres %s into %s", downloadVersion, home)
	if err := os.MkdirAll(cache, 0o755); err != nil {
		return "", err
	}
	work, err := os.MkdirTemp(cache, "fetching-")
	if err != nil {
		return "", err
	}
	defer os.RemoveAll(work)
	part := filepath.Join(work, "postgres") // renamed once it is complete

	// The library downloads only to start a server. It gets an invalid database, so
	// that its start fails.
	invalid := filepath.Join(work, "invalid")
	if err := os.Mkdir(invalid, 0o700); err != nil {
		return "", err
	}
	if err := os.WriteFile(filepath.Join(invalid, "PG_VERSION"), []byte(downloadVersion), 0o600); err != nil {
		return "", err
	}
	config = config.Version(downloadVersion).CachePath(work).BinariesPath(part).
		DataPath(invalid).RuntimePath(filepath.Join(work, "run")).Port(0).Logger(io.Discard)
	failed := make(chan error, 1)
	go func() { failed <- embeddedpostgres.NewDatabase(config).Start() }() // it takes no ctx
	select {
	case <-ctx.Done():
		return "", ctx.Err()
	case err = <-failed:
	}
	if !hasServer(filepath.Join(part, "bin")) {
		return "", fmt.Errorf("downloading Postgres %s: %w", downloadVersion, err)
	}
	if err := os.Rename(part, home); err != nil && !hasServer(bin) { // another process may have been first
		return "", err
	}
	return bin, nil
}
