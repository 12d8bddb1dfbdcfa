package nbdserve

import (
	"testing"

	"rescuebox/internal/applettest"
)

func TestMain(m *testing.M) {
	startLab()
	applettest.Main(m, &Applet)
}

func TestScripts(t *testing.T) { applettest.Scripts(t) }
