package nbdserve

import (
	"testing"

	"rescuebox/internal/applettest"
	"rescuebox/scripts/faultlab"
)

func TestMain(m *testing.M) {
	faultlab.Main()
	applettest.Main(m, &Applet)
}

func TestScripts(t *testing.T) { applettest.Scripts(t) }
