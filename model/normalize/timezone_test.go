package normalize

import (
	"archive/zip"
	"os/exec"
	"path/filepath"
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
		{"Eastern Standard Time", unreadable},
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
	root, err := exec.Command("go", "env", "GOROOT").Output()
	if err != nil {
		t.Fatal("asking for the tree of Go:", err)
	}
	file, err := zip.OpenReader(filepath.Join(strings.TrimSpace(string(root)), "lib", "time", "zoneinfo.zip"))
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
