package dd

import (
	"testing"

	"rescuebox/internal/applettest"
)

func TestScripts(t *testing.T) { applettest.Scripts(t) }
