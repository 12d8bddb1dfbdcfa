package main

import (
	"runtime"
	"strconv"
	"strings"
	"testing"
)

// A panic is told with addresses that lead back to where it happened.
func TestCrash(t *testing.T) {
	text := func() (text string) {
		defer func() { text = crash(recover()) }()
		var m map[string]int
		breakDown(m)
		return ""
	}()
	first, addresses, _ := strings.Cut(text, "these addresses:")
	if !strings.HasPrefix(first, "rescuebox: this is a defect of the program: assignment to entry in nil map\n") {
		t.Errorf("%q", text)
	}
	for _, word := range strings.Fields(addresses) {
		pc, err := strconv.ParseUint(word, 0, 64)
		if err != nil {
			t.Fatal(err)
		}
		if f := runtime.FuncForPC(uintptr(pc) - 1); f != nil && strings.HasSuffix(f.Name(), ".breakDown") {
			return
		}
	}
	t.Errorf("%q does not lead to breakDown", text)
}

//go:noinline
func breakDown(m map[string]int) { m["x"] = 1 }
