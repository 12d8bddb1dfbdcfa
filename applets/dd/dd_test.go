package dd

import (
	"testing"

	"rescuebox/internal/applettest"
)

func TestMain(m *testing.M) { applettest.Main(m, &Applet) }

func TestScripts(t *testing.T) { applettest.Scripts(t) }
