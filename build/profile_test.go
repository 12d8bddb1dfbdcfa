package main

import (
	"os"
	"slices"
	"strings"
	"testing"

	"rescuebox/applets"
)

// The commands run at the module's root.
func TestMain(m *testing.M) {
	if err := os.Chdir(".."); err != nil {
		panic(err)
	}
	os.Exit(m.Run())
}

// A profile names applets by folder: it must be the applet's name.
func TestFoldersAreNames(t *testing.T) {
	folders, err := tableApplets()
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, a := range applets.All {
		names = append(names, a.Name)
	}
	if !slices.Equal(folders, names) {
		t.Errorf("folders %q\nnames   %q", folders, names)
	}
}

func TestReadProfile(t *testing.T) {
	full, err := readProfile("full")
	if err != nil {
		t.Fatal(err)
	}
	if len(full.applets) != len(applets.All) || !full.all || full.small {
		t.Errorf("full: %+v", full)
	}
	kit, err := readProfile("kit")
	if err != nil {
		t.Fatal(err)
	}
	if !slices.Contains(kit.applets, "cat") || kit.all || !kit.small {
		t.Errorf("kit: %+v", kit)
	}
	if _, err := readProfile("nosuch"); err == nil {
		t.Error("a profile that does not exist was read")
	}
}

func TestProfileSource(t *testing.T) {
	p := profile{name: "p", applets: []string{"false", "true"}}.without("false")
	got, err := p.source()
	if err != nil {
		t.Fatal(err)
	}
	if s := string(got); !strings.Contains(s, "&truecmd.Applet,") || strings.Contains(s, "false") || strings.Contains(s, "/cat") {
		t.Errorf("table of true alone:\n%s", s)
	}
}

func TestFindPlatform(t *testing.T) {
	if p, err := findPlatform("armv5"); err != nil || p.goarch != "arm" || !slices.Contains(p.env, "GOARM=5") {
		t.Errorf("armv5: %+v, %v", p, err)
	}
	if _, err := findPlatform("vax"); err == nil {
		t.Error("vax was found")
	}
}
