package staticlab

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// A static program finds in each environment what its description says.
func TestEnvironments(t *testing.T) {
	const busybox = "/bin/busybox"
	if _, err := os.Stat(busybox); err != nil {
		t.Fatalf("%v (apt-get install busybox-static)", err)
	}
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Minute)
	defer cancel()
	data := Data{t.TempDir()}
	if err := data.Make(); err != nil {
		t.Fatal(err)
	}
	const script = `id -u; echo /*; pwd; cat /proc/self/comm; : >/dev/null && echo dev; : >/tmp/x && echo tmp; cp /busybox /tmp/busybox && /tmp/busybox sh -c "echo exec"`
	want := map[string]string{
		"empty":         "0\n/busybox /data\n/data\n",
		"dev":           "0\n/busybox /data /dev\n/data\ndev\n",
		"proc":          "0\n/busybox /data /dev /proc\n/data\ncat\ndev\n",
		"noexec tmp":    "0\n/busybox /data /dev /proc /tmp\n/data\ncat\ndev\ntmp\n",
		"tmp":           "0\n/busybox /data /dev /proc /tmp\n/data\ncat\ndev\ntmp\nexec\n",
		"empty, nobody": "65534\n/busybox /data\n/data\n",
		"proc, nobody":  "65534\n/busybox /data /proc\n/data\ncat\n",
	}
	for _, e := range Environments {
		r, err := e.Run(ctx, data, Packed{File: busybox, Argv0: "sh", Args: []string{"-c", script}})
		if err != nil {
			t.Fatal(err)
		}
		if r.Stdout != want[e.Name] {
			t.Errorf("%s: %q, want %q; %s", e.Name, r.Stdout, want[e.Name], r.Stderr)
		}
	}
	if left, _ := filepath.Glob(os.TempDir() + "/staticlab-*"); len(left) > 0 {
		// Another test may be at work: only what is mounted would be a leak.
		mounts, _ := os.ReadFile("/proc/self/mounts")
		if strings.Contains(string(mounts), "staticlab-") {
			t.Errorf("left mounted: %s", left)
		}
	}
}

// The programs of the short list are installed and do what their line says.
func TestNative(t *testing.T) {
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Minute)
	defer cancel()
	data := Data{t.TempDir()}
	if err := data.Make(); err != nil {
		t.Fatal(err)
	}
	programs, err := Programs(false, "")
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range programs {
		for _, uid := range []int{0, Nobody} {
			if r, err := p.Native(ctx, data, uid); err != nil || r.Status != 0 || r.Stdout+r.Stderr == "" {
				t.Errorf("%s as %d: %v %+v", p.Name, uid, err, r)
			}
		}
	}
}
