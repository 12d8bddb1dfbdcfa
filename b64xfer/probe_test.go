package b64xfer

import (
	"slices"
	"strings"
	"testing"
)

func TestParseProbe(t *testing.T) {
	const answer = "b64xfer-shell: bash x86_64  /lib64/ld-linux-x86-64.so.2\r\nb64xfer-runs: python3 base64\r\n" +
		"b64xfer-dirs: /tmp /dev/shm .\r\nb64xfer-noexec: /tmp\r\nb64xfer-end\r\n"
	a, err := ParseProbe("luna# " + Probe() + "\r\n" + answer + "luna# ")
	if err != nil || a.Shell != "bash" || a.Machine != "x86_64" || len(a.Loaders) != 1 || !slices.Equal(a.Runs, []string{"python3", "base64"}) ||
		len(a.Dirs) != 3 || len(a.Noexec) != 1 {
		t.Errorf("%+v, %v", a, err)
	}
	receiver, o, err := a.Choose("rb")
	if err != nil || receiver != "python3" || o.Arch != "amd64" || o.Dest != "/dev/shm/rb" || o.Memory {
		t.Errorf("%s, %+v, %v", receiver, o, err)
	}
	for _, text := range []string{"", Probe(), strings.TrimSuffix(answer, "b64xfer-end\r\n"), "b64xfer-end"} {
		if a, err := ParseProbe(text); err == nil {
			t.Errorf("%q: %+v", text, a)
		}
	}
}

func TestChoose(t *testing.T) {
	for _, c := range []struct {
		a        Answer
		receiver string
		arch     string
		dest     string
		memory   bool
	}{
		{Answer{Shell: "sh", Machine: "aarch64", Runs: []string{"base64", "awk"}, Dirs: []string{"/run"}}, "base64", "arm64", "/run/rb", false},
		{Answer{Shell: "mksh", Dirs: []string{"/tmp"}, Loaders: []string{"/lib/ld-linux-armhf.so.3"}}, "mksh", "armv7", "/tmp/rb", false},
		{Answer{Shell: "bash", Machine: "x86_64", Loaders: []string{"/lib/ld-linux.so.2"}, Dirs: []string{"."}}, "sh", "386", "rb", false},
		{Answer{Shell: "sh", Machine: "i686", Runs: []string{"node", "base64", "perl"}, Dirs: []string{"/tmp"}, Noexec: []string{"/"}}, "perl", "386", "/rb", true},
		{Answer{Shell: "sh", Runs: []string{"base64"}}, "", "amd64", "/rb", true},
	} {
		receiver, o, err := c.a.Choose("rb")
		if receiver != c.receiver || o.Arch != c.arch || o.Dest != c.dest || o.Memory != c.memory || (err == nil) != (receiver != "") {
			t.Errorf("%+v: %s, %+v, %v", c.a, receiver, o, err)
		}
	}
}

func FuzzParseProbe(f *testing.F) {
	f.Add("b64xfer-shell: bash x86_64\nb64xfer-runs: perl\nb64xfer-dirs: /tmp\nb64xfer-noexec:\nb64xfer-end\n")
	f.Fuzz(func(t *testing.T, text string) {
		a, err := ParseProbe(text)
		if err == nil {
			a.Choose("rb")
		}
	})
}
