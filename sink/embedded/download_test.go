package embedded

import (
	"archive/zip"
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"

	embeddedpostgres "github.com/fergusstrange/embedded-postgres"
)

// archive is a .tar.xz of bin/initdb, bin/pg_ctl and bin/postgres, which do nothing.
const archive = `/Td6WFoAAATm1rRGAgAhARYAAAB0L+Wj4Cf/AJNdADEaShsFkZA3OlG9V3Gz1uQT2IkQonAbexNN
15tic70r6rNJbkVqC6RLQH2665UL531xp7xGLwZ7XpHLBaQBV2qdi7Nuo0gRWL2O+qN31pwXdila
doih/KVyzW9PNWFczYFX9l5uKY+Cu3u+Z08gtwRh7LOyEX0voBLvf56zwd3V8zgsACYpQ2fIsGhK
9w96/aMbAAAAd0onZgbv1toAAa8BgFAAAN3GmpexxGf7AgAAAAAEWVo=`

func TestPostgresIsFetchedOnce(t *testing.T) {
	requests := 0
	jar := packed(t)
	config := repository(t, func(w http.ResponseWriter, r *http.Request) {
		requests++
		if strings.HasSuffix(r.URL.Path, ".sha256") {
			fmt.Fprintf(w, "%x", sha256.Sum256(jar))
			return
		}
		w.Write(jar)
	})
	cache := t.TempDir()
	for range 2 {
		bin, err := fetch(t.Context(), cache, config, t.Logf)
		if err != nil {
			t.Fatal(err)
		}
		if !hasServer(bin) {
			t.Errorf("no server in %s", bin)
		}
	}
	if requests != 2 { // the archive and its checksum
		t.Errorf("%d requests, want 2", requests)
	}
	wantEntries(t, cache, 1)
}

func TestABadArchiveIsRefused(t *testing.T) {
	jar := packed(t)
	config := repository(t, func(w http.ResponseWriter, r *http.Request) {
		if strings.HasSuffix(r.URL.Path, ".sha256") {
			fmt.Fprintf(w, "%x", sha256.Sum256([]byte("another")))
			return
		}
		w.Write(jar)
	})
	cache := t.TempDir()
	if _, err := fetch(t.Context(), cache, config, t.Logf); err == nil || !strings.Contains(err.Error(), "checksum") {
		t.Errorf("got %v", err)
	}
	wantEntries(t, cache, 0)
}

// repository is where the library fetches from.
func repository(t *testing.T, h http.HandlerFunc) embeddedpostgres.Config {
	t.Setenv("TMPDIR", t.TempDir()) // the library leaves its log there
	s := httptest.NewServer(h)
	t.Cleanup(s.Close)
	t.Cleanup(http.DefaultClient.CloseIdleConnections)
	return embeddedpostgres.DefaultConfig().BinaryRepositoryURL(s.URL)
}

func packed(t *testing.T) []byte {
	t.Helper()
	content, err := base64.StdEncoding.DecodeString(archive)
	if err != nil {
		t.Fatal(err)
	}
	var jar bytes.Buffer
	z := zip.NewWriter(&jar)
	w, err := z.Create("postgres.txz")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := w.Write(content); err != nil {
		t.Fatal(err)
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return jar.Bytes()
}

func wantEntries(t *testing.T, dir string, want int) {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	if len(entries) != want {
		t.Errorf("%s has %v, want %d entries", dir, entries, want)
	}
}
