//go:build amd64

package dd

import (
	"testing"

	"rescuebox/internal/applettest"
	"rescuebox/scripts/faultlab"
)

func TestMain(m *testing.M) {
	faultlab.Main()
	applettest.Main(m, &Applet)
}
