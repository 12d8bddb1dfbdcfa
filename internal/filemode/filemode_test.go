package filemode

import (
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"golang.org/x/sys/unix"
)

func TestParse(t *testing.T) {
	for _, bad := range []string{
		"", ",", "u", "ugo", "8", "78", "077777777777", "10000", "u+q", "u+r,", ",u+r", "u=4", "+4x", "=4,", "u+r+", "x", "-", "+", "u=gx", "u=ug", " 7", "7 ",
	} {
		_, err := Parse(bad)
		// An operator without permissions is a change of nothing.
		if ends := bad == "-" || bad == "+" || bad == "u+r+"; (err == nil) != ends {
			t.Errorf("%q: %v", bad, err)
		}
	}
}

func TestApply(t *testing.T) {
	for _, c := range []struct {
		text         string
		mode         uint32
		file, folder uint32
	}{
		{"755", 0o644, 0o755, 0o755},
		{"0755", 0o6644, 0o755, 0o6755},
		{"00755", 0o6644, 0o755, 0o755},
		{"=755", 0o6644, 0o755, 0o755},
		{"u+x,g-r", 0o644, 0o704, 0o704},
		{"a+X", 0o640, 0o640, 0o751},
		{"a+X", 0o740, 0o751, 0o751},
		{"g=u", 0o640, 0o660, 0o660},
		{"o=g-w", 0o660, 0o664, 0o664},
		{"+w", 0o444, 0o644, 0o644},
		{"=", 0o6777, 0, 0o6000},
		{"a=", 0o7777, 0, 0o6000},
		{"u=rws,g+s,o+t", 0, 0o7600, 0o7600},
		{"u-s", 0o6755, 0o2755, 0o2755},
		{"+t", 0o755, 0o1755, 0o1755},
		{"g+t", 0o755, 0o755, 0o755},
		{"u=", 0o6755, 0o2055, 0o6055},
		{"-rwx", 0o777, 0o022, 0o022},
		{"a-x,a+X", 0o755, 0o644, 0o755},
		{"u+4", 0, 0, 0},
		{"-7,+22", 0o777, 0o772, 0o772},
	} {
		change, err := Parse(c.text)
		if c.text == "u+4" {
			if err == nil {
				t.Error("u+4 is valid")
			}
			continue
		}
		if err != nil {
			t.Errorf("%s: %v", c.text, err)
			continue
		}
		file, folder := change.Apply(c.mode, false, 0o022), change.Apply(c.mode, true, 0o022)
		if file != c.file || folder != c.folder {
			t.Errorf("%s of %04o: file %04o, folder %04o, want %04o, %04o", c.text, c.mode, file, folder, c.file, c.folder)
		}
	}
}

func TestString(t *testing.T) {
	for mode, want := range map[uint32]string{
		0o644: "rw-r--r--", 0o7777: "rwsrwsrwt", 0o7000: "--S--S--T", 0o1755: "rwxr-xr-t", 0: "---------",
	} {
		if got := String(mode); got != want {
			t.Errorf("%04o: %s, want %s", mode, got, want)
		}
	}
	if got := Octal(0o4755); got != "4755" {
		t.Error(got)
	}
}

// The same as coreutils' chmod for every combination of small parts.
func TestConfirm(t *testing.T) {
	dir := t.TempDir()
	file, folder := filepath.Join(dir, "f"), filepath.Join(dir, "d")
	if err := os.WriteFile(file, nil, 0o644); err != nil {
		t.Fatal(err)
	}
	if err := os.Mkdir(folder, 0o755); err != nil {
		t.Fatal(err)
	}
	umask := Umask()
	for _, text := range []string{
		"u=rwx,go=", "ug+s", "a-s", "o=u,u=o", "g=o-w+x", "+X", "=rX", "u+rwxst", "-st", "o+t", "ugo=t", "7", "07777", "+7070",
		"=1", "a=u", "u=u", "g+u-o", "go-w,u+X", "a+rX,u-s,g=s", "1777", "01777", "-7777", "00000",
	} {
		for _, mode := range []uint32{0o644, 0o7777, 0, 0o2750, 0o4711, 0o1070} {
			change, err := Parse(text)
			if err != nil {
				t.Fatalf("%s: %v", text, err)
			}
			for _, path := range []string{file, folder} {
				if err := unix.Chmod(path, mode); err != nil {
					t.Fatal(err)
				}
				// The mode stands behind --, where no umask warning exists.
				if out, err := exec.Command("chmod", "--", text, path).CombinedOutput(); err != nil {
					t.Fatalf("chmod %s: %v, %s: apt-get install coreutils", text, err, out)
				}
				var st unix.Stat_t
				if err := unix.Stat(path, &st); err != nil {
					t.Fatal(err)
				}
				if got, want := change.Apply(mode, path == folder, umask), uint32(st.Mode)&All; got != want {
					t.Errorf("%s of %04o %s: %04o, want %04o", text, mode, filepath.Base(path), got, want)
				}
			}
		}
	}
}

func FuzzParse(f *testing.F) {
	for _, s := range []string{"u=rwX,go-w", "0755", "g=u", "=7", "a+st-x", "ugoa=o,+t"} {
		f.Add(s, uint16(0o644))
	}
	f.Fuzz(func(t *testing.T, text string, mode uint16) {
		c, err := Parse(text)
		if err != nil {
			return
		}
		for _, folder := range []bool{false, true} {
			if got := c.Apply(uint32(mode), folder, 0o022); got > All {
				t.Fatalf("%q gives %o", text, got)
			}
		}
		if n, err := strconv.ParseUint(text, 8, 32); err == nil && !strings.HasPrefix(text, "+") && c.Apply(0, false, 0) != uint32(n) {
			t.Fatalf("%q of 0 gives %o", text, c.Apply(0, false, 0))
		}
	})
}
