package tarcmd

import (
	"bytes"
	"os"
	"os/exec"
	"slices"
	"strings"
	"testing"

	"rescuebox/internal/applettest"
)

// execute runs a real program in dir.
func execute(t testing.TB, dir string, argv ...string) applettest.Result {
	t.Helper()
	var stdout, stderr bytes.Buffer
	// The applet's tests have the test binary in front of PATH under its name.
	path, ok := os.LookupEnv("APPLETTEST_PEER_PATH")
	if !ok {
		path = os.Getenv("PATH")
	}
	cmd := exec.Command("/usr/bin/env", argv...)
	cmd.Dir, cmd.Stdout, cmd.Stderr = dir, &stdout, &stderr
	cmd.Env = []string{"LC_ALL=C", "TZ=UTC", "PATH=" + path}
	if err := cmd.Run(); cmd.ProcessState == nil {
		t.Fatalf("%s: %v", argv[0], err)
	}
	return applettest.Result{Stdout: stdout.String(), Stderr: stderr.String(), Status: cmd.ProcessState.ExitCode()}
}

// ours runs the applet in dir.
func ours(dir string, args ...string) applettest.Result {
	return applettest.Call(&Applet, applettest.Command{Args: args, Dir: dir, Env: []string{"TZ=UTC"}})
}

// sortLines is for the order of a folder's entries, which is anybody's choice.
func sortLines(s string) string {
	lines := strings.SplitAfter(s, "\n")
	slices.Sort(lines)
	return strings.Join(lines, "")
}
