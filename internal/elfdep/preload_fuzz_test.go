package elfdep

import (
	"strings"
	"testing"
)

func FuzzParsePreload(f *testing.F) {
	f.Add("/lib/a.so b.so:c.so # comment\n\td.so\n#x")
	f.Add("a.so\r\nb.so") // the loader takes the \r for a part of the name
	f.Fuzz(func(t *testing.T, text string) {
		for _, name := range parsePreload(text) {
			if name == "" || strings.ContainsAny(name, " \t\n:#") {
				t.Errorf("name %q", name)
			}
		}
	})
}
