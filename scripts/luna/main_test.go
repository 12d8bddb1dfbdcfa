package main

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"rescuebox/scripts/faultlab"
)

func TestMain(m *testing.M) {
	faultlab.Main()
	insideMain()
	os.Exit(m.Run())
}

// One rescue on a disk and one in a folder, with different receivers. Needs root.
func TestRescue(t *testing.T) {
	kit := filepath.Join(t.TempDir(), "rescuebox")
	build := exec.Command("go", "run", "./build", "-profile", "kit", "-o", kit)
	build.Dir = "../.."
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	for seed, c := range []options{
		{mode: "root", receiver: "python3"},
		{mode: "user", receiver: "perl"},
		{mode: "root", receiver: "base64"},
		{mode: "user", receiver: "sh"},
	} {
		t.Run(c.mode+" "+c.receiver, func(t *testing.T) {
			var transcript strings.Builder
			c.kit, c.out = kit, &transcript
			err := rescue(context.Background(), c, uint64(seed))
			if err != nil {
				t.Fatalf("%v\n%s", err, transcript.String())
			}
			for _, part := range []string{"Bus error", "DAMAGED", "nothing left behind"} {
				if !strings.Contains(transcript.String(), part) {
					t.Errorf("no %q in\n%s", part, transcript.String())
				}
			}
		})
	}
}

// A rescue that is broken off leaves nothing, and says so.
func TestInterrupted(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	err := rescue(ctx, options{mode: "root", receiver: "base64", kit: "/proc/self/exe", out: &strings.Builder{}}, 1)
	if err == nil || err.Error() != "interrupted" {
		t.Errorf("%v", err)
	}
}
