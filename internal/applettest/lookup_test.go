package applettest

import "testing"

// A case that sets a variable again means the later value, in this process as in
// a peer's.
func TestLookup(t *testing.T) {
	env := lookup([]string{"TZ=UTC", "A=", "TZ=CET"})
	if v, ok := env("TZ"); v != "CET" || !ok {
		t.Errorf("TZ is %q, %v", v, ok)
	}
	if v, ok := env("A"); v != "" || !ok {
		t.Errorf("A is %q, %v", v, ok)
	}
	if _, ok := env("B"); ok {
		t.Error("B is set")
	}
}
