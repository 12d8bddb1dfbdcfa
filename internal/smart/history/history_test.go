package history

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"reflect"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"rescuebox/internal/smart/verdict"
)

const day = 24 * 3600

// One counter through its life: each row is a look at it.
func TestCount(t *testing.T) {
	h := &History{}
	for _, c := range []struct {
		what     string
		day      int64
		value    int64
		accept   bool
		new, was bool // fresh, and known to have risen
		from     int64
	}{
		{"first seen", 1, 3, false, true, false, -1},
		{"the same a while after", 1, 3, false, true, false, -1},
		{"the same days after", 5, 3, false, false, false, -1},
		{"a rise", 6, 5, false, true, true, 3},
		{"the same", 6, 5, false, true, true, 3},
		{"old again", 9, 5, false, false, false, 3},
		{"a rise that is accepted", 10, 8, true, false, false, 5},
		{"the same", 10, 8, false, false, false, 5},
		{"a rise beyond that", 10, 9, false, true, true, 8},
		{"it falls", 11, 4, false, false, false, 4},
		{"a rise up to what was accepted", 12, 7, false, true, true, 4},
		{"none at all", 13, 0, false, false, false, 0},
		{"the clock is set back", 3, 1, false, true, true, 0},
	} {
		d := h.Seen("WDC", "S1", "/dev/sda", "ata1", []verdict.Counter{{Name: verdict.Pending, Value: c.value}}, "boot", c.day*day)
		if c.accept {
			d.Accept()
		}
		k, known := d.Count(verdict.Pending)
		if !known || k.New(c.day*day+60, day) != c.new || k.Rose(c.day*day+60, day) != c.was || k.From != c.from {
			t.Errorf("%s: %+v", c.what, k)
		}
	}
	if len(h.Disks) != 1 {
		t.Error(h.Disks)
	}
}

// What the kernel counts begins anew with each start of the system.
func TestBoot(t *testing.T) {
	h := &History{Boot: "first"}
	look := func(boot string, n int64) Count {
		h.Seen("", "S1", "", "", []verdict.Counter{{Name: verdict.KernelMedium, Value: n, Boot: true}, {Name: verdict.Pending, Value: n}}, boot, day)
		h.Boot = boot
		k, _ := h.Disks[0].Count(verdict.KernelMedium)
		return k
	}
	look("first", 10)
	if k := look("second", 4); !k.Rose(day, day) || k.From != 0 {
		t.Errorf("%+v", k)
	}
	if k, _ := h.Disks[0].Count(verdict.Pending); k.Rose(day, day) {
		t.Errorf("%+v", k)
	}
	if k := look("second", 4); k.From != 0 {
		t.Errorf("%+v", k)
	}
}

func TestFind(t *testing.T) {
	h := &History{}
	count := []verdict.Counter{{Name: verdict.CRC}}
	a := h.Seen("Bridge A", "0123456789", "/dev/sda", "", count, "", 1)
	b := h.Seen("Bridge B", "0123456789", "/dev/sdb", "", count, "", 1)
	c := h.Seen("", "", "/dev/sdc", "", count, "", 1)
	long := h.Seen("WDC WD5000AAKS-00TMA0", "WD-1", "/dev/sdd", "ata3", count, "", 1)
	if b == a {
		t.Error("two disks with one number")
	}
	if h.Find("x", "", "/dev/sdc") != c || h.Find("Bridge B", "0123456789", "/dev/sda") != b || h.Find("", "", "/dev/sda") != nil || h.Find("", "new", "/dev/sda") != nil {
		t.Error("not by path")
	}
	if h.Seen("WDC WD5000AAKS-0", "WD-1", "/dev/sde", "ata3", nil, "", 2) != long || long.Model != "WDC WD5000AAKS-00TMA0" || long.Path != "/dev/sde" {
		t.Errorf("%+v", long)
	}
}

func TestFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "state")
	if h, err := Load(path); err != nil || len(h.Disks) != 0 {
		t.Fatal(h, err)
	}
	want := &History{Boot: "b", Disks: []*Disk{
		{Model: "A\tB \"C\"", Serial: "S\n1", Path: "/dev/sd\xff", Port: "ata1", Seen: 1700000000, Counts: []Count{{"pending", 3, -1, 1700000000, -1}, {"crc_errors", 1 << 60, 2, 0, 7}}},
		{Serial: "S2"},
	}}
	if err := want.Save(path); err != nil {
		t.Fatal(err)
	}
	got, err := Load(path)
	if err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("%+v %v", got, err)
	}
	if info, _ := os.Stat(path); info.Mode().Perm() != 0o600 {
		t.Error(info.Mode())
	}

	// Each shorter file is seen to be damaged, and each with another byte in its frame.
	whole := string(want.Append(nil))
	for n := range whole {
		if h, err := Parse(whole[:n]); !errors.Is(err, ErrDamaged) {
			t.Fatalf("%d bytes: %+v %v", n, h, err)
		}
	}
	for _, bad := range []string{"\x00", strings.Replace(whole, "disk\t", "dusk\t", 1), strings.Replace(whole, "\t7\n", "\tx\n", 1), strings.Replace(whole, "\t7\n", "\t-7\n", 1),
		strings.Replace(whole, "history 1", "history 2", 1), strings.Replace(whole, "\"ata1\"", "ata1", 1), magic + "\t\"\"\ncount\t\"a\"\t1\t1\t1\t1\nend\t2\n"} {
		if _, err := Parse(bad); !errors.Is(err, ErrDamaged) {
			t.Errorf("%q: %v", bad, err)
		}
	}
	if err := os.WriteFile(path, []byte(whole[:40]), 0o600); err != nil {
		t.Fatal(err)
	}
	h, err := Load(path)
	var of *fs.PathError
	if !errors.Is(err, ErrDamaged) || !errors.As(err, &of) || of.Path != path || h == nil || len(h.Disks) != 0 {
		t.Error(h, err)
	}
	for text, want := range map[string]error{"": ErrDamaged, "rubbish": ErrForeign, magic: ErrDamaged, form + "2\t\"\"\nend\t1\n": ErrDamaged} {
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := Load(path); !errors.Is(err, want) {
			t.Errorf("%q: %v, want %v", text, err, want)
		}
	}
	if _, err := Load(filepath.Dir(path)); err == nil {
		t.Error("a folder is a history")
	}
}

// Runs at the same time each keep what the others have noted.
func TestLock(t *testing.T) {
	path := filepath.Join(t.TempDir(), "new", "state")
	const runs = 20
	var wait sync.WaitGroup
	for i := range runs {
		wait.Go(func() {
			unlock, err := Lock(path)
			if err != nil {
				t.Error(err)
				return
			}
			defer unlock()
			h, err := Load(path)
			if err != nil {
				t.Error(err)
			}
			h.Seen("", strconv.Itoa(i), "", "", nil, "", 1)
			if err := h.Save(path); err != nil {
				t.Error(err)
			}
		})
	}
	wait.Wait()
	if h, err := Load(path); err != nil || len(h.Disks) != runs {
		t.Errorf("%+v %v", h, err)
	}
	unlock, err := Lock(path)
	if err != nil {
		t.Fatal(err)
	}
	defer unlock()
	begin := time.Now()
	if _, err := Lock(path); !errors.Is(err, ErrBusy) || time.Since(begin) > 3*patience {
		t.Error(err, time.Since(begin))
	}
	if _, err := Lock(filepath.Join(path, "x")); err == nil {
		t.Error("below a file")
	}
}

func FuzzParse(f *testing.F) {
	f.Add(string((&History{Boot: "b", Disks: []*Disk{{Model: "M", Counts: []Count{{"pending", 3, -1, 17, -1}}}}}).Append(nil)))
	f.Add("end\t0\n")
	f.Fuzz(func(t *testing.T, text string) {
		h, err := Parse(text)
		if err != nil {
			return
		}
		again, err := Parse(string(h.Append(nil)))
		if err != nil || !reflect.DeepEqual(h, again) {
			t.Fatalf("%+v %+v %v", h, again, err)
		}
	})
}
