package nbdserve

import (
	"net"
	"net/netip"
	"slices"
	"testing"
)

func TestCommands(t *testing.T) {
	some := func() []netip.Addr {
		return []netip.Addr{netip.MustParseAddr("192.0.2.7"), netip.MustParseAddr("2001:db8::7")}
	}
	none := func() []netip.Addr { return nil }
	const tunnelled = "rescuebox ddrescue nbd://127.0.0.1:10809/ image map"
	for _, c := range []struct {
		args  []string
		at    net.Addr
		local func() []netip.Addr
		want  []string
	}{
		{nil, &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1), Port: 10809}, none,
			[]string{"ssh -fNL 127.0.0.1:10809:127.0.0.1:10809 root@THIS-HOST", tunnelled}},
		{[]string{"--bind", "::1"}, &net.TCPAddr{IP: net.IPv6loopback, Port: 7}, none,
			[]string{"ssh -fNL 127.0.0.1:10809:[::1]:7 root@THIS-HOST", tunnelled}},
		{[]string{"--unix", "/run/s"}, &net.UnixAddr{Net: "unix", Name: "/run/s"}, none,
			[]string{"ssh -fNL 127.0.0.1:10809:/run/s root@THIS-HOST", tunnelled}},
		{[]string{"--bind", "192.0.2.1", "--name", "a b"}, &net.TCPAddr{IP: net.IPv4(192, 0, 2, 1), Port: 10809}, none,
			[]string{"rescuebox ddrescue nbd://192.0.2.1:10809/a%20b image map"}},
		{[]string{"--bind", "0.0.0.0"}, &net.TCPAddr{Port: 10809}, some,
			[]string{"rescuebox ddrescue nbd://192.0.2.7:10809/ image map", "rescuebox ddrescue nbd://[2001:db8::7]:10809/ image map"}},
		{[]string{"--bind", "::"}, &net.TCPAddr{Port: 99}, none,
			[]string{"rescuebox ddrescue nbd://THIS-HOST:99/ image map"}},
	} {
		s, err := parse(append(c.args, "disk"))
		if err != nil {
			t.Fatal(err)
		}
		if got := commands(s, c.at, c.local); !slices.Equal(got, c.want) {
			t.Errorf("%q: %q", c.args, got)
		}
	}
}

// Only who is beyond this machine's own users is warned of.
func TestWarning(t *testing.T) {
	for _, args := range [][]string{nil, {"--bind=127.0.0.2"}, {"--bind=::1"}, {"--unix=s"}} {
		if s, err := parse(append(args, "disk")); err != nil || warning(s, &net.TCPAddr{IP: net.IPv4zero, Port: 10809}) != "" {
			t.Errorf("%q: %v, %s", args, err, warning(s, &net.TCPAddr{IP: net.IPv4zero, Port: 10809}))
		}
	}
	s, err := parse([]string{"--bind=0.0.0.0", "/dev/sda"})
	if want := "warning: no password, no encryption: whoever can reach 0.0.0.0:10809 can read all of /dev/sda"; err != nil || warning(s, &net.TCPAddr{IP: net.IPv4zero, Port: 10809}) != want {
		t.Errorf("%v, %s", err, warning(s, &net.TCPAddr{IP: net.IPv4zero, Port: 10809}))
	}
}

func TestSectors(t *testing.T) {
	for _, c := range []struct {
		where       []place
		off, length int64
		want        string
	}{
		{[]place{{}}, 0, 512, "sector 0"},
		{[]place{{}}, 512, 1024, "sectors 1-2"},
		{[]place{{}, {"/dev/sda", 2048}}, 5120, 512, "sector 10, that is /dev/sda sector 2058"},
		{[]place{{}, {"/dev/sda", 2048}}, 4096, 4096, "sectors 8-15, that is /dev/sda sectors 2056-2063"},
	} {
		if got := sectors(c.where, c.off, c.length); got != c.want {
			t.Errorf("%q, not %q", got, c.want)
		}
	}
}
