package modestring

import "testing"

func TestString(t *testing.T) {
	for mode, want := range map[uint32]string{
		0o100644: "-rw-r--r--", 0o040755: "drwxr-xr-x", 0o120777: "lrwxrwxrwx", 0o010000: "p---------", 0o140700: "srwx------",
		0o060660: "brw-rw----", 0o020111: "c--x--x--x", 0o104755: "-rwsr-xr-x", 0o107000: "---S--S--T", 0o041777: "drwxrwxrwt", 0: "?---------",
	} {
		if got := String(mode); got != want {
			t.Errorf("%o is %s, want %s", mode, got, want)
		}
	}
}
