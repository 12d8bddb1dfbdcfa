// Package machine names the machine that a benchmark ran on.
package machine

import (
	"bytes"
	"fmt"
	"os"
	"runtime"
	"strings"
	"syscall"
)

// Describe returns processor, number of processors, kernel and Go version in a line.
func Describe() string {
	cpu := "an unknown processor"
	if text, err := os.ReadFile("/proc/cpuinfo"); err == nil {
		if _, after, ok := bytes.Cut(text, []byte("model name")); ok {
			line, _, _ := bytes.Cut(after, []byte("\n"))
			cpu = strings.Trim(string(line), "\t :")
		}
	}
	var name syscall.Utsname
	release := ""
	if syscall.Uname(&name) == nil {
		for _, c := range name.Release {
			if c == 0 {
				break
			}
			release += string(rune(c))
		}
	}
	return fmt.Sprintf("%s, %d processors, Linux %s, %s", cpu, runtime.NumCPU(), release, runtime.Version())
}
