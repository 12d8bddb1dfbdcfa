package b64xfer

import (
	"strings"
	"testing"
)

// Each command has help that a person can use.
func TestUsage(t *testing.T) {
	for _, c := range commands {
		if !strings.HasPrefix(c.Usage, "usage: b64xfer "+c.Name+" ") || !strings.Contains(c.Usage, "\nEXAMPLES\n") {
			t.Errorf("%s: %.40q", c.Name, c.Usage)
		}
		for line := range strings.Lines(c.Usage) {
			if len(line) > 81 || strings.Contains(line, "\t") {
				t.Errorf("%s: %d columns: %s", c.Name, len(line)-1, line)
			}
		}
		if !strings.Contains(usage, "\n    "+c.Name+" ") {
			t.Errorf("%s is not in the help", c.Name)
		}
	}
}
