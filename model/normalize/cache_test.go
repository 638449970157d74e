package normalize

import (
	"fmt"
	"testing"
)

func TestCacheIsBounded(t *testing.T) {
	c := cache[int]{limit: 10}
	for i := range 100 {
		c.put(fmt.Sprint(i), i)
	}
	if got := len(c.kept); got != 10 {
		t.Errorf("%d kept, want 10", got)
	}
	if v, ok := c.get("99"); v != 99 || !ok {
		t.Errorf("the latest is %d, %t", v, ok)
	}
	if _, ok := c.get("3"); ok {
		t.Error("kept beyond its limit")
	}
}
