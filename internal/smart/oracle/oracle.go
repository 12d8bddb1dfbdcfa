// Package oracle lets Debian's smartctl decode recorded exchanges, for tests: what it
// makes of them is compared with what we do.
package oracle

import (
	"bytes"
	_ "embed"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"sort"
	"strings"
	"syscall"
	"testing"
)

//go:embed testdata/shim.c
var shim []byte

// Smartctl is a smartctl that asks recordings instead of devices.
type Smartctl struct {
	path, library string
	// Version is its own, as "7.3".
	Version string
}

// places are where smartctl may be: installed, or only unpacked by scripts/packages, as
// its package starts a daemon.
var places = []string{"/usr/sbin/smartctl", "/var/cache/vmlab/usr/sbin/smartctl"}

// New finds smartctl, or the one that SMARTCTL names, and compiles what answers it.
func New(t *testing.T) *Smartctl {
	t.Helper()
	dir := t.TempDir()
	s := &Smartctl{path: os.Getenv("SMARTCTL")}
	for _, p := range places {
		if _, err := os.Stat(p); err == nil && s.path == "" {
			s.path = p
		}
	}
	if s.path == "" {
		t.Fatal("there is no smartctl: run scripts/packages")
	}
	version, err := exec.Command(s.path, "-V").Output()
	m := regexp.MustCompile(`^smartctl (\d+\.\d+)`).FindSubmatch(version)
	if err != nil || m == nil {
		t.Fatalf("%s -V: %v\n%.200s", s.path, err, version)
	}
	s.Version = string(m[1])
	source := filepath.Join(dir, "shim.c")
	s.library = filepath.Join(dir, "shim.so")
	if err := os.WriteFile(source, shim, 0o644); err != nil {
		t.Fatal(err)
	}
	if out, err := exec.Command("gcc", "-shared", "-fPIC", "-O1", "-Wall", "-Werror", "-o", s.library, source, "-ldl").CombinedOutput(); err != nil {
		t.Fatalf("gcc: %v\n%s", err, out)
	}
	return s
}

// Path is where it is.
func (s *Smartctl) Path() string { return s.path }

// Run returns what smartctl prints, and its exit status, with the options and the
// exchanges of a recording. nsid is that of an NVMe device; -1 its controller.
func (s *Smartctl) Run(t *testing.T, exchanges []byte, nsid int, options ...string) (string, int) {
	t.Helper()
	file := filepath.Join(t.TempDir(), "exchanges")
	if err := os.WriteFile(file, exchanges, 0o644); err != nil {
		t.Fatal(err)
	}
	// Any device that opens will do.
	cmd := exec.Command(s.path, append(options, "/dev/null")...)
	cmd.Env = append(os.Environ(), "LD_PRELOAD="+s.library, "EXCHANGES="+file, fmt.Sprint("NSID=", nsid), "TZ=UTC", "LC_ALL=C", "SHIM="+s.library)
	out, err := cmd.Output()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		t.Fatal(err)
	}
	return string(out), cmd.ProcessState.ExitCode()
}

// Serve is Run with a device that answers as the program asks, so that it sees what is
// written to it. It is given the command and its data, and how many bytes may come back.
func (s *Smartctl) Serve(t *testing.T, device func(cdb, data []byte, most int) (status byte, reply, sense []byte), options ...string) (string, int) {
	t.Helper()
	pair, err := syscall.Socketpair(syscall.AF_UNIX, syscall.SOCK_STREAM|syscall.SOCK_CLOEXEC, 0)
	if err != nil {
		t.Fatal(err)
	}
	here, there := os.NewFile(uintptr(pair[0]), "here"), os.NewFile(uintptr(pair[1]), "there")
	defer func() { _ = here.Close() }()
	cmd := exec.Command(s.path, append(options, "/dev/null")...)
	cmd.ExtraFiles = []*os.File{there}
	cmd.Env = append(os.Environ(), "LD_PRELOAD="+s.library, "SERVER=3", "TZ=UTC", "LC_ALL=C", "SHIM="+s.library)
	var out bytes.Buffer
	cmd.Stdout = &out
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	_ = there.Close()
	for serve(here, device) {
	}
	var exit *exec.ExitError
	if err := cmd.Wait(); err != nil && !errors.As(err, &exit) {
		t.Fatal(err)
	}
	return out.String(), cmd.ProcessState.ExitCode()
}

// serve answers a command; false: there are no more.
func serve(conn *os.File, device func(cdb, data []byte, most int) (byte, []byte, []byte)) bool {
	var lengths [3]uint32
	if binary.Read(conn, binary.NativeEndian, &lengths) != nil {
		return false
	}
	b := make([]byte, lengths[0]+lengths[1])
	if _, err := io.ReadFull(conn, b); err != nil {
		return false
	}
	status, reply, sense := device(b[:lengths[0]], b[lengths[0]:], int(lengths[2]))
	var out bytes.Buffer
	_ = binary.Write(&out, binary.NativeEndian, [3]uint32{uint32(status), uint32(len(reply)), uint32(len(sense))})
	out.Write(reply)
	out.Write(sense)
	_, err := conn.Write(out.Bytes())
	return err == nil
}

// Both returns the text and the JSON document that smartctl makes of the same commands.
func (s *Smartctl) Both(t *testing.T, exchanges []byte, nsid int, options ...string) (text string, document []byte, status int) {
	t.Helper()
	out, status := s.Run(t, exchanges, nsid, append([]string{"--json=o"}, options...)...)
	var d struct {
		Smartctl struct{ Output []string }
	}
	if err := json.Unmarshal([]byte(out), &d); err != nil {
		t.Fatalf("%v in\n%s", err, out)
	}
	return strings.Join(d.Smartctl.Output, "\n") + "\n", []byte(out), status
}

// Explained is a difference that is as it must be, and why.
type Explained struct {
	Path string // a regular expression of all of a path in JSON, or of a line of text
	Why  string
}

// JSON compares two documents and returns a line for each value of theirs that ours has
// not or that is another, less those that are explained. What only ours has is no
// difference. It counts the values that are equal.
func JSON(t *testing.T, ours, theirs []byte, explained []Explained) (unexplained []string, equal int) {
	t.Helper()
	a, b := flatten(t, ours), flatten(t, theirs)
	for path, want := range b {
		got, ok := a[path]
		switch {
		case ok && got == want:
			equal++
		case explains(explained, path):
		case !ok:
			unexplained = append(unexplained, path+": missing, they have "+want)
		default:
			unexplained = append(unexplained, path+": "+got+", they have "+want)
		}
	}
	sort.Strings(unexplained)
	return unexplained, equal
}

func explains(table []Explained, s string) bool {
	for _, e := range table {
		if regexp.MustCompile(`^(?:` + e.Path + `)$`).MatchString(s) {
			return true
		}
	}
	return false
}

func flatten(t *testing.T, document []byte) map[string]string {
	t.Helper()
	d := json.NewDecoder(bytes.NewReader(document))
	d.UseNumber()
	var v any
	if err := d.Decode(&v); err != nil {
		t.Fatalf("%v in\n%s", err, document)
	}
	out := map[string]string{}
	var walk func(path string, v any)
	walk = func(path string, v any) {
		switch v := v.(type) {
		case map[string]any:
			for k, m := range v {
				walk(strings.TrimPrefix(path+"."+k, "."), m)
			}
		case []any:
			for i, m := range v {
				walk(fmt.Sprintf("%s[%d]", path, i), m)
			}
		default:
			b, _ := json.Marshal(v)
			out[path] = string(b)
		}
	}
	walk("", v)
	return out
}

// Text compares two texts line by line and returns what must be taken away (-) and added
// (+) to make ours of theirs, less those lines that are explained.
func Text(ours, theirs string, explained []Explained) (unexplained []string) {
	a, b := strings.Split(theirs, "\n"), strings.Split(ours, "\n")
	// The length of the longest common subsequence of the rests from i and j on.
	common := make([][]int, len(a)+1)
	for i := range common {
		common[i] = make([]int, len(b)+1)
	}
	for i := len(a) - 1; i >= 0; i-- {
		for j := len(b) - 1; j >= 0; j-- {
			if a[i] == b[j] {
				common[i][j] = common[i+1][j+1] + 1
			} else {
				common[i][j] = max(common[i+1][j], common[i][j+1])
			}
		}
	}
	add := func(s string) {
		if !explains(explained, s) {
			unexplained = append(unexplained, s)
		}
	}
	i, j := 0, 0
	for i < len(a) || j < len(b) {
		switch {
		case i < len(a) && j < len(b) && a[i] == b[j]:
			i, j = i+1, j+1
		case j == len(b) || i < len(a) && common[i+1][j] >= common[i][j+1]:
			add("-" + a[i])
			i++
		default:
			add("+" + b[j])
			j++
		}
	}
	return unexplained
}

// Body is a text of smartctl without the lines that say which program it is.
func Body(s string) string {
	if _, rest, ok := strings.Cut(s, "www.smartmontools.org\n\n"); ok {
		return rest
	}
	return s
}
