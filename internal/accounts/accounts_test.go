package accounts

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestParse(t *testing.T) {
	users, err := Parse(strings.NewReader("root:x:0:0:root:/root:/bin/sh\ntoor:x:0:0::/:/bin/sh\n# x:y:1\n+nis:x:7:\nbad\nbig:x:99999999999:\nd:x:1:\nd:x:2:\n"))
	if err != nil {
		t.Fatal(err)
	}
	if got := users.Label(0); got != "root" {
		t.Errorf("0 is %q", got)
	}
	if got := users.Label(7); got != "7" {
		t.Errorf("7 is %q", got)
	}
	if id, ok := users.ID("toor"); !ok || id != 0 {
		t.Errorf("toor is %d, %v", id, ok)
	}
	if id, _ := users.ID("d"); id != 1 {
		t.Errorf("d is %d", id)
	}
	if _, ok := users.ID("big"); ok {
		t.Error("a number of more than 32 bits was taken")
	}
}

func TestLoad(t *testing.T) {
	root := t.TempDir()
	a, err := Load(root)
	if err != nil || !a.Users.Empty() || !a.Groups.Empty() {
		t.Errorf("without files: %v, %v", a, err)
	}
	if err := os.MkdirAll(filepath.Join(root, "etc"), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(root, "etc/group"), []byte("disk:x:6:\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	a, err = Load(root)
	if err != nil || a.Groups.Label(6) != "disk" {
		t.Errorf("group 6 is %q, %v", a.Groups.Label(6), err)
	}
}

func FuzzParse(f *testing.F) {
	f.Add("root:x:0:0\n")
	f.Add("a:b:\n:::\n")
	f.Fuzz(func(t *testing.T, text string) {
		table, _ := Parse(strings.NewReader(text))
		for id, name := range table.byID {
			if name == "" || table.Label(id) != name {
				t.Fatalf("%d is %q", id, name)
			}
		}
	})
}
