//go:build amd64

package ldd

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"rescuebox/internal/applettest"
)

// report is what --json writes, as a script would read it.
type report []struct {
	File        string
	Interpreter string `json:"script_interpreter"`
	Program     place
	Loader      *place
	Libraries   []place
	Versions    []struct{ Requester, File, Version, Provider, State string }
	Undefined   []struct {
		Symbol, Version, Requester string
		AtStart                    bool `json:"at_start"`
	}
	Unused []string
	Damage []place
	Error  string
	Offset *int64
}

type place struct {
	Name, Rule, Path, Requester string
	RealPath                    string `json:"real_path"`
	HostPath                    string `json:"host_path"`
	PathOf                      string `json:"path_of"`
	Error                       string
	Offset                      *int64
}

// ask runs ldd --json.
func ask(t testing.TB, dir string, args ...string) (report, applettest.Result) {
	t.Helper()
	r := applettest.Call(&Applet, applettest.Command{Args: append([]string{"--json"}, args...), Dir: dir})
	var got report
	if err := json.Unmarshal([]byte(r.Stdout), &got); err != nil {
		t.Fatalf("%v: %s%s", err, r.Stdout, r.Stderr)
	}
	return got, r
}

func TestJSON(t *testing.T) {
	dir := t.TempDir()
	fixture(t, dir)
	jsonMembers(t, dir)
	jsonBelowRoot(t, dir)
	jsonOfCutOff(t, dir)
}

func jsonMembers(t *testing.T, dir string) {
	got, r := ask(t, dir, "./rpath", "nosuch", "./script", "./missing", "./static")
	if r.Status != 1 || len(got) != 5 {
		t.Fatalf("%+v", r)
	}
	p := got[0]
	if p.File != "./rpath" || p.Program.Path != dir+"/./rpath" || p.Program.RealPath != dir+"/rpath" || p.Loader == nil || p.Loader.Rule != "the loader itself" {
		t.Errorf("program: %+v", p)
	}
	rules := map[string]string{}
	for _, l := range p.Libraries {
		rules[l.Name] = fmt.Sprintf("%s %s, for %s", l.Rule, l.PathOf, l.Requester)
		if l.HostPath != l.RealPath {
			t.Errorf("%+v", l)
		}
	}
	for name, want := range map[string]string{
		"libleft.so": "RPATH ./rpath, for ./rpath", "libbase.so": "RPATH ./rpath, for " + dir + "/d/libleft.so",
		"libc.so.6": "/etc/ld.so.cache , for ./rpath",
	} {
		if rules[name] != want {
			t.Errorf("%s: %s, want %s", name, rules[name], want)
		}
	}
	if len(p.Unused) != 2 || len(p.Versions) == 0 || p.Versions[0].State != "found" || p.Versions[0].Provider == "" || len(p.Undefined) != 0 {
		t.Errorf("symbols: %+v", p)
	}
	if got[1].Error != "No such file or directory" || got[2].Interpreter != "/bin/sh" || got[3].Libraries[0].Rule != "not found" || got[3].Libraries[0].Path != "" {
		t.Errorf("%+v", got[1:4])
	}
	if got[4].Error != "not a dynamic executable" {
		t.Errorf("%+v", got[4])
	}
}

// The paths of another root are told for inside and for the host.
func jsonBelowRoot(t *testing.T, dir string) {
	got, _ := ask(t, dir, "--root", dir, "/runpath")
	var left place
	for _, l := range got[0].Libraries {
		if l.Name == "libleft.so" {
			left = l
		}
	}
	if left.RealPath != "/d/libleft.so" || left.HostPath != dir+"/d/libleft.so" {
		t.Errorf("%+v", left)
	}
}

// A library cut off anywhere is told of with the place, in text and in JSON.
func jsonOfCutOff(t *testing.T, dir string) {
	path := filepath.Join(dir, "d/libleft.so")
	whole, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for n := 0; n < 0x800 && n < len(whole); n += 101 {
		if err := os.WriteFile(path, whole[:n], 0o755); err != nil {
			t.Fatal(err)
		}
		got, r := ask(t, dir, "./rpath")
		if r.Status != 1 || !strings.Contains(r.Stderr, path+": ") {
			t.Fatalf("cut at %d: status %d, %s", n, r.Status, r.Stderr)
		}
		if n < 4 {
			continue // no ELF file at all
		}
		found := false
		for _, l := range append(got[0].Libraries, got[0].Damage...) {
			found = found || l.Error != "" && l.Offset != nil && l.Path == path
		}
		if !found || !strings.Contains(r.Stderr, "at byte ") {
			t.Fatalf("cut at %d: %s%s", n, r.Stdout, r.Stderr)
		}
	}
}
