//go:build amd64

package b64xfer

import (
	"testing"

	"rescuebox/internal/applettest"
)

func TestMain(m *testing.M) { applettest.Main(m, &Applet) }

// The scripts call this test binary as a program, which an emulated one cannot be.
func TestScripts(t *testing.T) { applettest.Scripts(t) }
