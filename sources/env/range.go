package env

import (
	"fmt"
	"math"
	"reflect"
	"strconv"
	"strings"
	"time"
)

// outOfRange says which values the field may have, if its own is not one of them.
func (f field) outOfRange() (problem string) {
	text := f.Tag.Get("range")
	var value float64
	switch {
	case f.to.CanInt():
		value = float64(f.to.Int())
	case f.to.CanFloat():
		value = f.to.Float()
	default:
		return ""
	}
	if math.IsNaN(value) || math.IsInf(value, 0) {
		return "not a number"
	}
	if text == "" {
		return ""
	}
	low, high, _ := strings.Cut(text, "..")
	switch {
	case high == "" && value < f.bound(low, math.Inf(-1)):
		return fmt.Sprintf("must be %s or more", low)
	case high != "" && (value < f.bound(low, math.Inf(-1)) || value > f.bound(high, math.Inf(1))):
		return fmt.Sprintf("must be from %s to %s", low, high)
	}
	return ""
}

// bound reads one end of a range in the field's unit.
func (f field) bound(text string, open float64) float64 {
	if text == "" {
		return open
	}
	if f.Type == reflect.TypeFor[time.Duration]() {
		d, err := time.ParseDuration(text)
		if err != nil {
			panic(fmt.Sprintf("range of %s: %v", f.key, err)) // a mistake in our tag
		}
		return float64(d)
	}
	n, err := strconv.ParseFloat(text, 64)
	if err != nil {
		panic(fmt.Sprintf("range of %s: %v", f.key, err))
	}
	return n
}
