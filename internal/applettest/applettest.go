// Package applettest runs applets in tests: in this process, as a program of a
// testscript, and beside the real tools they stand in for.
package applettest

import (
	"bytes"
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"

	"rescuebox/internal/applet"
	"rescuebox/internal/multicall"
)

// Command is one call of an applet.
type Command struct {
	Name  string // what it is called as; empty means the applet's name
	Args  []string
	Stdin string
	Dir   string   // working directory
	Env   []string // KEY=VALUE; nothing else is set
}

// Result is what a program did.
type Result struct {
	Stdout, Stderr string
	Status         int
}

// Call runs a in this process.
func Call(a *applet.Applet, c Command) Result {
	var stdout, stderr bytes.Buffer
	s := applet.Streams{
		In: strings.NewReader(c.Stdin), Out: &stdout, Err: &stderr,
		Name: c.Name, Dir: c.Dir, LookupEnv: lookup(c.Env),
	}
	status := multicall.Run(context.Background(), a, s, c.Args, "test")
	return Result{Stdout: stdout.String(), Stderr: stderr.String(), Status: status}
}

// lookup finds the last setting of a variable, as a program of package exec does.
func lookup(env []string) func(string) (string, bool) {
	return func(key string) (value string, found bool) {
		for _, kv := range env {
			if k, v, _ := strings.Cut(kv, "="); k == key {
				value, found = v, true
			}
		}
		return value, found
	}
}

// The first thread only waits, as in cmd/rescuebox.
func init() { runtime.LockOSThread() }

// Main is the TestMain of an applet's tests: the test binary becomes the applet
// when a testscript calls it by one of its names.
func Main(m *testing.M, all ...*applet.Applet) {
	programs := map[string]func(){}
	for _, a := range all {
		for _, name := range append([]string{a.Name}, a.Aliases...) {
			programs[name] = func() {
				status := make(chan int)
				go func() { status <- process(all, name) }()
				os.Exit(<-status)
			}
		}
	}
	os.Setenv(peerPath, os.Getenv("PATH"))
	testscript.Main(m, programs)
}

// peerPath is the variable that keeps the PATH from before testscript put the
// test binary in front of it under the applets' names: a Confirmation that looked
// there would compare the applet with itself.
const peerPath = "APPLETTEST_PEER_PATH"

// systemPath is where the real tools are.
func systemPath() string {
	if path, ok := os.LookupEnv(peerPath); ok {
		return path
	}
	return os.Getenv("PATH")
}

// lookPath finds a real tool.
func lookPath(name string) (string, error) {
	for _, dir := range filepath.SplitList(systemPath()) {
		path := filepath.Join(dir, name)
		if found, err := exec.LookPath(path); err == nil {
			return found, nil
		}
	}
	return "", exec.ErrNotFound
}

// process runs the applet of that name on the process's own streams.
func process(all []*applet.Applet, name string) int {
	front := multicall.Front{Table: all, Build: multicall.Build{Version: "test", Profile: "test"}}
	s := applet.Streams{In: os.Stdin, Out: os.Stdout, Err: os.Stderr, LookupEnv: os.LookupEnv}
	return front.Main(context.Background(), s, append([]string{name}, os.Args[1:]...))
}

// Scripts runs the testscripts testdata/script/*.txtar. The test's package needs
// a TestMain that calls Main.
func Scripts(t *testing.T) {
	testscript.Run(t, testscript.Params{Dir: "testdata/script"})
}
