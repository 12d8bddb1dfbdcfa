package smartmetrics

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"rescuebox/internal/applet"
	"rescuebox/internal/applettest"
	"rescuebox/internal/smart/report"
	"rescuebox/internal/smart/survey"
	"rescuebox/internal/smart/verdict"
)

func TestMain(m *testing.M) { applettest.Main(m, &Applet) }

func TestScripts(t *testing.T) { applettest.Scripts(t) }

// call runs the applet on what ask returns.
func call(ask func() []*survey.Disk, args ...string) (out, said string, err error) {
	var stdout, stderr bytes.Buffer
	r := &run{
		s:   applet.Streams{Out: &stdout, Err: &stderr, Name: "smartmetrics"},
		ask: func(context.Context, []survey.Target) ([]*survey.Disk, error) { return ask(), nil },
	}
	err = r.main(context.Background(), args)
	return stdout.String(), stderr.String(), err
}

func dead(name string) *survey.Disk {
	d := &survey.Disk{Path: "/dev/" + name, Report: &report.Output{Status: report.OpenFailed}}
	d.Evidence = verdict.Evidence{Device: d.Path, Silent: 15 * time.Second}
	d.Judge()
	return d
}

func TestFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "smart.prom")
	some := func() []*survey.Disk { return []*survey.Disk{dead("sda"), dead("sdb")} }
	for range 2 {
		if out, said, err := call(some, "-o", path); out+said != "" || err != nil {
			t.Fatal(out, said, err)
		}
	}
	text, err := os.ReadFile(path)
	info, _ := os.Stat(path)
	if err != nil || info.Mode().Perm() != 0o644 || !strings.Contains(string(text), "\nrescuebox_disk_verdict{device=\"sdb\",verdict=\"DEAD\"} 1\n") {
		t.Errorf("%v %s", info, text)
	}
	if out, _, err := call(some); err != nil || !strings.Contains(out, "\nsmartctl_devices 2\n") {
		t.Error(out, err)
	}
	if entries, _ := os.ReadDir(filepath.Dir(path)); len(entries) != 1 {
		t.Error(entries)
	}

	// What hangs leaves the old metrics, which grow old.
	hang := make(chan struct{})
	defer close(hang)
	begin := time.Now()
	_, _, err = call(func() []*survey.Disk { <-hang; return nil }, "-t", "1", "-o", path)
	if again, _ := os.ReadFile(path); err == nil || time.Since(begin) > 5*time.Second || !bytes.Equal(again, text) {
		t.Errorf("%v\n%s", err, again)
	}
	if _, _, err := call(some, "-o", filepath.Join(path, "x")); err == nil {
		t.Error("a file in a file")
	}
}

func TestNotPermitted(t *testing.T) {
	d := dead("sda")
	d.Err = unix.EACCES
	out, said, err := call(func() []*survey.Disk { return []*survey.Disk{d} })
	if err != nil || !strings.HasPrefix(out, "# HELP ") || said != "smartmetrics: /dev/sda: not permitted: it must run as root\n" {
		t.Error(out, said, err)
	}
}

func TestNoDisks(t *testing.T) {
	out, _, err := call(func() []*survey.Disk { return nil })
	if err != nil || !strings.HasPrefix(out, "# HELP smartctl_devices Disks that were asked.\n# TYPE smartctl_devices gauge\nsmartctl_devices 0\n") {
		t.Error(out, err)
	}
}

func TestMistakes(t *testing.T) {
	for _, bad := range []string{"-x", "-t 0", "-t 9999", "-t x", "-n idle", "-i sat", "-i nonsense x", "-i megaraid,[2-1] x", "-o"} {
		if _, _, err := call(func() []*survey.Disk { t.Error(bad); return nil }, strings.Fields(bad)...); applet.Status(err) != 1 {
			t.Errorf("%s: %v", bad, err)
		}
	}
	o, err := parse(strings.Fields("-d a b -i megaraid,[0-1] -t 7 -n standby --output=x"))
	if err != nil || o.Timeout != 7*time.Second || !o.LetSleep || len(o.Targets(o.Devices, strings.Clone)) != 4 || o.output != "x" {
		t.Errorf("%+v %v", o, err)
	}
}
