package libcheck

import (
	"strings"
	"testing"
)

func TestParseMaps(t *testing.T) {
	const text = `00400000-00452000 r-xp 00000000 08:02 173521 /usr/bin/dbus-daemon
00651000-00652000 r--p 00051000 08:02 173521 /usr/bin/dbus-daemon
00e03000-00e24000 rw-p 00000000 00:00 0 [heap]
35b1800000-35b1820000 r-xp 00000000 08:02 135522 /usr/lib64/a b\012c.so (deleted)
f2c6ff8c000-7f2c7078c000 rw-p 00000000 00:00 0
7f0000000000-7f0000001000 rw-s 00000000 08:02 7 /var/lib/data.db
7f0000001000-7f0000002000 r--s 00000000 08:02 8 /var/cache/fonts
7f0000002000-7f0000003000 rw-p 00000000 00:01 9 /memfd:x (deleted)
7f0000003000-7f0000004000 rw-s 00000000 00:05 10 /dev/zero (deleted)
not a line
`
	want := []mapping{
		{"00400000-00452000", 173521, "/usr/bin/dbus-daemon", false},
		{"35b1800000-35b1820000", 135522, "/usr/lib64/a b\nc.so", true},
		{"7f0000001000-7f0000002000", 8, "/var/cache/fonts", false},
	}
	got := parseMaps(text)
	if len(got) != len(want) {
		t.Fatalf("%+v", got)
	}
	for i := range want {
		if got[i] != want[i] {
			t.Errorf("%+v, want %+v", got[i], want[i])
		}
	}
}

func FuzzParseMaps(f *testing.F) {
	f.Add("00400000-00452000 r-xp 00000000 08:02 173521 /usr/bin/dbus-daemon (deleted)\n")
	f.Fuzz(func(t *testing.T, text string) {
		for _, m := range parseMaps(text) {
			if m.inode == 0 || !strings.HasPrefix(m.path, "/") || strings.Contains(m.span, " ") {
				t.Fatalf("%+v", m)
			}
		}
	})
}
