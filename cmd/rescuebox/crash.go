package main

import (
	"runtime"
	"strconv"
)

// crashed is the exit status of a program that broke down, as Go's runtime has it.
const crashed = 2

// crash words a panic for a report: what happened, in which build, and the addresses
// of the calls that led to it, the innermost first. The kit has no names of functions;
// the same commit, built with symbols, gives them (go tool addr2line).
func crash(what any) string {
	text := "rescuebox: this is a defect of the program: " + reason(what) +
		"\nPlease report it with " + version + " " + commit + " " + profile + " " + runtime.GOARCH + " and these addresses:"
	var calls [32]uintptr
	const skip = 3 // Callers, crash, and the deferred call
	for _, pc := range calls[:runtime.Callers(skip, calls[:])] {
		text += " 0x" + strconv.FormatUint(uint64(pc), 16)
	}
	return text + "\n"
}

func reason(what any) string {
	switch v := what.(type) {
	case error:
		return v.Error()
	case string:
		return v
	}
	return "panic"
}
