package normalize

import (
	"archive/zip"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"
)

func TestTimezone(t *testing.T) {
	check(t, Timezone, []reading{
		{"America/New_York", "America/New_York"},
		{" america/new_york", "America/New_York"},
		{"AMERICA/ARGENTINA/COMODRIVADAVIA", "America/Argentina/ComodRivadavia"},
		{"Europe/Kyiv", "Europe/Kyiv"},
		{"Europe/Kiev", "Europe/Kiev"},
		{"utc", "UTC"},
		{"GMT", "GMT"},
		{"etc/gmt+5", "Etc/GMT+5"},
		{"US/Eastern", "US/Eastern"},
		{"EST", "EST"},
		{"PDT", unreadable},
		{"Local", unreadable},
		{"Factory", unreadable},
		{"Eastern Standard Time", "America/New_York"},
		{" eastern daylight time ", "America/New_York"},
		{"W. Europe Standard Time", "Europe/Berlin"},
		{"Romance Standard Time", "Europe/Paris"},
		{"India Standard Time", "Asia/Calcutta"},
		{"UTC-02", "Etc/GMT+2"},
		{"Central Standard Time (Mexico)", "America/Mexico_City"},
		{"Middle-earth Standard Time", unreadable},
		{"+02:00", unreadable},
		{"UTC+2", unreadable},
		{"../etc/passwd", unreadable},
		{"/usr/share/zoneinfo/UTC", unreadable},
		{"posix/UTC", unreadable},
		{"right/UTC", unreadable},
		{"America", unreadable},
		{"America/Atlantis", unreadable},
		{strings.Repeat("a", 1<<16), unreadable},
	})
}

func TestZonesAreThoseOfGo(t *testing.T) {
	for _, name := range zones() {
		if len(name) > maxZone {
			t.Errorf("%s is longer than maxZone", name)
		}
		if zone, ok := Zone(name); !ok || zone.String() != name {
			t.Errorf("%s cannot be read", name)
		}
	}
	file, err := zip.OpenReader(filepath.Join(goroot(t), "lib", "time", "zoneinfo.zip"))
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	for _, f := range file.File {
		name := f.Name
		if strings.HasSuffix(name, "/") || name == "Factory" {
			continue
		}
		if got, ok := Timezone(name); !ok || got != name {
			t.Errorf("%s is missing from zoneNames", name)
		}
	}
}

// Go generates its table from CLDR's main branch at each release.
func TestWindowsZonesAreThoseOfGo(t *testing.T) {
	source, err := os.ReadFile(filepath.Join(goroot(t), "src", "time", "zoneinfo_abbrs_windows.go"))
	if err != nil {
		t.Fatal(err)
	}
	rows := regexp.MustCompile(`"(.+)": +\{.*\}, +// (\S+)`).FindAllStringSubmatch(string(source), -1)
	if len(rows) < 100 {
		t.Errorf("%d zones in Go's table", len(rows))
	}
	for _, row := range rows {
		if got, ok := Timezone(row[1]); !ok || got != row[2] && row[1] != "UTC" {
			t.Errorf("%s is %q: zones_cldr.go lacks %s=%s", row[1], got, row[1], row[2])
		}
	}
}

func goroot(t *testing.T) string {
	t.Helper()
	root, err := exec.Command("go", "env", "GOROOT").Output()
	if err != nil {
		t.Fatal("go env GOROOT:", err)
	}
	return strings.TrimSpace(string(root))
}

func TestZone(t *testing.T) {
	var group sync.WaitGroup
	for range 8 {
		group.Go(func() {
			for name := range strings.FieldsSeq("Europe/Paris asia/tokyo UTC America/New_York") {
				if zone, ok := Zone(name); !ok || !strings.EqualFold(zone.String(), name) {
					t.Errorf("%s is %v, %t", name, zone, ok)
				}
			}
		})
	}
	group.Wait()
	for _, name := range []string{"", "Local", "nowhere"} {
		if zone, ok := Zone(name); ok || zone != nil {
			t.Errorf("%q is %v", name, zone)
		}
	}
}

func BenchmarkZone(b *testing.B) {
	b.ReportAllocs()
	var zone *time.Location
	for b.Loop() {
		zone, _ = Zone("Europe/Paris")
	}
	_ = zone
}
