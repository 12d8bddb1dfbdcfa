//go:build amd64

package ls

import (
	"testing"

	"rescuebox/internal/applettest"
)

func TestScripts(t *testing.T) { applettest.Scripts(t) }
