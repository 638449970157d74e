package embedded

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestAFailedStart(t *testing.T) {
	t.Run("reports the server's log, and leaves nothing", func(t *testing.T) {
		parent := shortDir(t)
		defer func(usual []string) { temporaryParents = usual }(temporaryParents)
		temporaryParents = []string{parent}
		_, err := Start(t.Context(), Options{Settings: map[string]string{"no_such_setting": "1"}})
		if err == nil || !strings.Contains(err.Error(), `unrecognized configuration parameter "no_such_setting"`) {
			t.Errorf("got %v", err)
		}
		if left, err := os.ReadDir(parent); err != nil || len(left) > 0 {
			t.Errorf("left: %v, %v", left, err)
		}
	})
	t.Run("refuses a path that no socket can have", func(t *testing.T) {
		wantError(t, Options{DataDir: filepath.Join(shortDir(t), strings.Repeat("x", 100))}, "choose a shorter folder")
	})
	t.Run("ends with its context", func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		if _, err := Start(ctx, Options{}); !errors.Is(err, context.Canceled) {
			t.Errorf("got %v", err)
		}
	})
}

func TestAFolderTheServerCannotReach(t *testing.T) {
	parent := shortDir(t)
	if err := os.Chmod(parent, 0o700); err != nil {
		t.Fatal(err)
	}
	o := Options{DataDir: filepath.Join(parent, "data")}
	if os.Geteuid() == 0 { // the server is somebody else
		wantError(t, o, "set ROLLCALL_DATA_DIR to a folder that every user may enter")
	} else {
		start(t, o)
	}
}
