package pipeline

import (
	"flag"
	"testing"

	"rollcall/sink/sinktest"
)

func TestMain(m *testing.M) {
	// Defaults, which the command line overrides. Many tests wait for a retry
	// and not for a processor.
	for name, value := range map[string]string{"test.parallel": "12", "rapid.checks": "10", "rapid.nofailfile": "true", "rapid.shrinktime": "5s"} {
		if err := flag.Set(name, value); err != nil {
			panic(err)
		}
	}
	sinktest.Main(m)
}
