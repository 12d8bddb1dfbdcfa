//go:build amd64

package ldd

import (
	"path/filepath"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"

	"rescuebox/internal/applettest"
	"rescuebox/scripts/faultlab"
)

func TestMain(m *testing.M) {
	faultlab.Main()
	applettest.Main(m, &Applet)
}

func TestScripts(t *testing.T) {
	sh, err := filepath.EvalSymlinks("/bin/sh")
	if err != nil {
		t.Fatal(err)
	}
	testscript.Run(t, testscript.Params{Dir: "testdata/script", Setup: func(e *testscript.Env) error {
		e.Setenv("SH", sh)
		return nil
	}})
}
