package embedded

import (
	"os"
	"testing"
)

func TestDefaultDataDir(t *testing.T) {
	for _, test := range []struct {
		env  map[string]string
		want string
	}{
		{map[string]string{"XDG_DATA_HOME": "/data", "HOME": "/home/ann"}, "/data/rollcall"},
		{map[string]string{"HOME": "/home/ann"}, map[bool]string{true: "/var/lib/rollcall", false: "/home/ann/.local/share/rollcall"}[os.Geteuid() == 0]},
	} {
		if got, err := DefaultDataDir(func(name string) (string, bool) { v, ok := test.env[name]; return v, ok }); err != nil || got != test.want {
			t.Errorf("%v: %s, want %s: %v", test.env, got, test.want, err)
		}
	}
}
