package fetch

import (
	"fmt"
	"testing"
)

// TestLoop checks Brent's algorithm against every small loop.
func TestLoop(t *testing.T) {
	for before := range 40 {
		for around := 1; around <= 40; around++ {
			var l Loop
			at, steps := 0, 0
			for ; !l.Closes(fmt.Sprint(at)); steps++ {
				if at++; at == before+around {
					at = before
				}
				if steps > 4*(before+around)+2 {
					t.Fatalf("a loop of %d after %d is not noticed", around, before)
				}
			}
			if steps < around {
				t.Fatalf("a loop of %d after %d is noticed after %d cursors", around, before, steps)
			}
			if around == 1 && steps != before+1 {
				t.Fatalf("a cursor that does not move after %d is noticed after %d", before, steps)
			}
		}
	}
	if l := new(Loop); l.Closes("a") || l.Closes("") || l.Closes("") {
		t.Error("the first cursor or the end closes a loop")
	}
}
