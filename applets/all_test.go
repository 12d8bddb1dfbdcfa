package applets

import (
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"rescuebox/internal/applet"
)

func TestTable(t *testing.T) {
	sorted := slices.IsSortedFunc(All, func(a, b *applet.Applet) int { return strings.Compare(a.Name, b.Name) })
	if !sorted {
		t.Error("the table is not sorted by name")
	}
	owner := map[string]string{}
	for _, a := range All {
		for _, name := range append([]string{a.Name}, a.Aliases...) {
			if other, taken := owner[name]; taken {
				t.Errorf("%s and %s both answer to %s", a.Name, other, name)
			}
			owner[name] = a.Name
		}
	}
}

// Every applet has help text that a person can use, and tests.
func TestApplets(t *testing.T) {
	for _, a := range All {
		if !strings.HasPrefix(a.Usage, "usage: "+a.Name) {
			t.Errorf("%s: usage begins with %.30q", a.Name, a.Usage)
		}
		if !strings.HasSuffix(a.Usage, "\n") {
			t.Errorf("%s: usage does not end in a newline", a.Name)
		}
		if !a.Operands && !strings.Contains(a.Usage, "\nEXAMPLES\n") {
			t.Errorf("%s: usage has no EXAMPLES", a.Name)
		}
		for line := range strings.Lines(a.Usage) {
			if n := len(strings.TrimSuffix(line, "\n")); n > 80 || strings.Contains(line, "\t") {
				t.Errorf("%s: usage line has a tab or %d characters: %q", a.Name, n, line)
			}
		}
		if n := len(a.Summary); n == 0 || n > 60 {
			t.Errorf("%s: summary of %d characters", a.Name, n)
		}
		if tests, _ := filepath.Glob(filepath.Join(a.Name, "*_test.go")); len(tests) == 0 {
			t.Errorf("%s: no tests in applets/%s", a.Name, a.Name)
		}
	}
}
