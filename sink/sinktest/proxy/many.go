package proxy

import (
	"os"
	"strconv"
)

// allSchedules is how many random fault schedules make the whole of the tests of
// faults.
const allSchedules = 200

// HowMany is how often a test of random faults does what it does: few times, or
// all with ROLLCALL_FAULTS=200, and in that ratio with any other number.
func HowMany(tb TB, few, all int) int {
	tb.Helper()
	text := os.Getenv("ROLLCALL_FAULTS")
	if text == "" {
		return few
	}
	n, err := strconv.Atoi(text)
	if err != nil || n < 1 {
		tb.Fatal("ROLLCALL_FAULTS must be the number of random fault schedules, such as ", allSchedules)
	}
	return max(1, few, n*all/allSchedules)
}
