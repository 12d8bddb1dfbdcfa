//go:build amd64

package dd

import (
	"bytes"
	"flag"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"rescuebox/internal/applettest"
)

var every = flag.Int("dd.every", 19, "compare every n-th combination of conversions and sizes")

// side is a dd. The test binary is in the PATH under the applet's name.
type side struct{ name, path string }

type outcome struct{ stdout, stderr, tree, status string }

// beside is a command line that is run by both.
type beside struct {
	line   string
	pieces []string // what comes through a pipe, by one read each; nil is /dev/null
	differ string   // why it is to differ
}

func fixture(t *testing.T, big bool) string {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "w")
	if err := os.Mkdir(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	data := make([]byte, 3000)
	for i := range data {
		data[i] = byte(i>>2) ^ byte(i*7)
	}
	for name, text := range map[string]string{
		"f": string(data), "old": strings.Repeat("old!", 1024), "empty": "",
		"zeros": strings.Repeat("\x00", 5000) + "x" + strings.Repeat("\x00", 9000),
		"text":  "One line\n\nand another, which is longer than that\ttab\nno end",
		"cards": "first   second  third                   x",
		"big":   strings.Repeat(string(data), 1000),
	} {
		if name == "big" && !big {
			continue
		}
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Symlink("f", filepath.Join(dir, "link")); err != nil {
		t.Fatal(err)
	}
	return dir
}

func (s side) run(t *testing.T, c beside) outcome {
	t.Helper()
	dir := fixture(t, strings.Contains(c.line, "big"))
	cmd := exec.Command(s.path, strings.Fields(c.line)...)
	cmd.Args[0] = "dd"
	cmd.Dir, cmd.Env = dir, append(os.Environ(), "LC_ALL=C")
	var stdout, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	if c.pieces != nil {
		r, w, err := os.Pipe()
		if err != nil {
			t.Fatal(err)
		}
		cmd.Stdin = r
		ended, fed := make(chan struct{}), make(chan struct{})
		go func() {
			defer close(fed)
			feed(r, w, c.pieces, ended)
		}()
		defer func() {
			close(ended)
			<-fed
			r.Close()
		}()
	}
	timer := time.AfterFunc(2*time.Minute, func() { _ = cmd.Process.Kill() })
	defer timer.Stop()
	_ = cmd.Run()
	return outcome{stdout.String(), shape(stderr.String()), applettest.Tree(t, dir), cmd.ProcessState.String()}
}

// feed writes a piece when the one before it was read, until the program has ended.
func feed(r, w *os.File, pieces []string, ended <-chan struct{}) {
	defer w.Close()
	for _, p := range pieces {
		if _, err := w.WriteString(p); err != nil {
			return
		}
		for {
			n, err := unix.IoctlGetInt(int(r.Fd()), unix.TIOCINQ)
			if err != nil || n == 0 {
				break
			}
			select {
			case <-ended:
				return
			case <-time.After(time.Millisecond):
			}
		}
	}
}

var shapes = []struct {
	pattern *regexp.Regexp
	to      string
}{
	{regexp.MustCompile(`copied, .* s, .*B/s`), "copied"},
	{regexp.MustCompile(`(?m)^dd: error reading '(.*)': `), "dd: $1: read error: "},
	{regexp.MustCompile(`(?m)^dd: (?:error writing|writing to) '(.*)': `), "dd: $1: write error: "},
	{regexp.MustCompile(`(read|write) error at byte \d+( \(.*sector \d+\))?: `), "$1 error: "},
	{regexp.MustCompile(`(?m)^dd: 'standard input': cannot skip`), "dd: standard input: cannot skip"},
}

// shape is what was said, without time and rate, and with places left out.
func shape(stderr string) string {
	for _, s := range shapes {
		stderr = s.pattern.ReplaceAllString(stderr, s.to)
	}
	return stderr
}

func TestBesideCoreutils(t *testing.T) {
	// The toolbox itself: a test binary with the race detector takes half a second to
	// start.
	ours := filepath.Join(t.TempDir(), "dd")
	build := exec.Command("go", "build", "-o", ours, "rescuebox/cmd/rescuebox")
	build.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	for _, c := range cases() {
		a, b := side{"ours", ours}.run(t, c), side{"GNU", "/usr/bin/dd"}.run(t, c)
		switch {
		case a != b && c.differ == "":
			t.Errorf("dd %s %q\nours: %s %q\n%s%s\nGNU:  %s %q\n%s%s", c.line, c.pieces,
				a.status, a.stdout, a.stderr, a.tree, b.status, b.stdout, b.stderr, b.tree)
		case a == b && c.differ != "":
			t.Errorf("dd %s %q: agrees, yet a difference is claimed: %s", c.line, c.pieces, c.differ)
		}
	}
}

func cases() []beside {
	short := []string{strings.Repeat("a", 100), strings.Repeat("b", 100), strings.Repeat("c", 700), "d\n", strings.Repeat("e", 98)}
	const exact = "bytes of a pipe are skipped and counted exactly"
	list := []beside{
		{line: "if=f bs=512 skip=1 iflag=skip_bytes,fullblock count=7 of=o"}, {line: "if=/dev/zero count=3 of=/dev/full"},
		{line: "bs=512 skip=1 of=o", pieces: short, differ: exact}, {line: "bs=512 skip=150B of=o", pieces: short, differ: exact},
		{line: "bs=512 count=250B of=o", pieces: short, differ: exact},
		{line: "bs=512 skip=100 of=o", pieces: short, differ: exact}, {line: "skip=1 ibs=100 of=o", pieces: short},
		{line: "if=zeros of=old bs=512 conv=sparse,notrunc", differ: "zeros are written where something was"},
		{line: "if=f of=f", differ: "the input is not lost"},
		{line: "if=f of=f conv=notrunc"}, {line: "if=f count=2R of=o", differ: "R and Q came with coreutils 9.2"},
		{line: "if=f bs=1x2B", differ: "a multiplier may stand in any factor"},
		{line: "if=f seek=7B of=o oflag=append", differ: "seek counts also where it is less than a block"},
		{line: "if=f bs=512 skip=9223372036854775807", differ: "told before anything is opened"},
		{line: "if=f bs=2x3x5 count=2x3 of=o", differ: "several x are documented, and refused by coreutils 9.1"},
	}
	for _, line := range strings.Split(lines, "\n") {
		if line = strings.TrimSpace(line); line != "" {
			list = append(list, beside{line: line})
		}
	}
	for _, line := range strings.Split(piped, "\n") {
		if line = strings.TrimSpace(line); line != "" {
			list = append(list, beside{line: line, pieces: short}, beside{line: line, pieces: []string{}})
		}
	}
	number := 0
	for _, conv := range []string{
		"swab", "lcase", "ucase", "ascii", "ebcdic", "ibm", "block", "unblock", "sync", "sync,block", "sync,unblock", "noerror",
		"noerror,sync", "swab,sync", "swab,ucase", "ascii,lcase", "ebcdic,ucase", "ibm,swab", "block,swab", "sparse", "sparse,sync",
		"block,ucase", "ebcdic,sync", "ascii,sync", "fsync", "fdatasync,lcase",
	} {
		for _, sizes := range []string{"", "bs=7", "ibs=5 obs=8", "ibs=8 obs=5", "ibs=3 obs=3", "bs=1M", "cbs=8", "cbs=8 bs=9", "cbs=7 ibs=5 obs=3", "cbs=80 bs=100"} {
			for _, file := range []string{"text", "cards"} {
				if number++; number%*every != 0 {
					continue
				}
				list = append(list, beside{line: "if=" + file + " of=o conv=" + conv + " " + sizes})
			}
		}
	}
	return list
}

const piped = `
	of=o
	bs=512 of=o
	bs=512
	ibs=512 obs=512 of=o
	ibs=64 obs=1000
	bs=512 count=2 of=o
	bs=512 count=2 iflag=fullblock of=o
	ibs=512 count=2 of=o
	bs=512 conv=sync of=o
	bs=512 conv=sync,noerror of=o
	ibs=512 obs=100 conv=sync of=o
	bs=512 conv=ucase of=o
	bs=512 conv=swab of=o
	bs=99 conv=swab of=o
	bs=512 conv=block cbs=10 of=o
	bs=512 conv=unblock cbs=10 of=o
	bs=1M of=o
	bs=1M count=1 of=o
	bs=512 iflag=fullblock count=1000B
	bs=512 of=o seek=1
	bs=512 of=o oflag=append conv=notrunc
	bs=512 of=old oflag=append conv=notrunc
	bs=512 of=old oflag=append
	conv=sparse of=o
	bs=50 skip=3 of=o
	count=0
	status=none
	status=noxfer of=o
	bs=4096 oflag=direct of=o
	seek=2
`

const lines = `
	foo
	foo=bar
	-x
	--foo
	if=f -- of=o
	-- if=f of=o
	bs=
	bs=0
	bs=x
	bs=-1
	bs=1xx
	bs=0x10 if=f of=o
	bs=00x10 if=f of=o
	count=0x1 if=f of=o
	bs=99999999999999999999
	count=99999999999999999999
	if=f count=2mB of=o
	if=f bs=1g of=o
	if=f bs=1t
	if=f count=Bx2
	if=f count=1kB of=o
	if=f count=1kBx2 of=o
	if=f count=2kiB of=o
	if=f count=2k of=o
	if=f count=2K of=o
	if=f count=1KiB of=o
	if=f count=3b of=o
	if=f bs=2w count=3c of=o
	if=f count=1E of=o
	if=f count=1B of=o
	if=f count=0B of=o
	if=f count=513B of=o
	if=f count=513B of=o conv=sync
	if=f bs=1000 of=o
	if=f bs=1023 count=1 of=o
	if=big bs=64K of=o
	if=big bs=1M of=o
	if=big bs=1M count=2 of=o
	if=big ibs=1M obs=3000 of=o
	if=big ibs=100 obs=1M of=o
	if=big bs=1M count=1500000B skip=3B of=o
	if=big bs=70000 skip=2 seek=3 of=o
	if=big bs=1M conv=sync of=o
	if=big bs=1M conv=noerror,sync of=o
	if=big bs=1M conv=swab of=o
	if=big bs=1M of=/dev/full
	conv=foo
	conv=
	conv=sync,,swab
	iflag=foo
	oflag=fullblock
	iflag=binary
	iflag=nolinks
	iflag=cio
	status=foo
	status=none,noxfer if=f of=o
	conv=ascii,ebcdic
	conv=ebcdic,ibm
	conv=block,unblock
	conv=block,unblock cbs=3
	conv=ascii,block cbs=3
	conv=lcase,ucase
	conv=excl,nocreat
	iflag=direct,nocache
	oflag=direct,nocache
	if=nosuch
	if=nosuch status=none
	if=f of=/nosuch/x
	if=f of=nosuch conv=nocreat
	if=f of=old conv=nocreat
	if=f of=old conv=excl
	if=f of=o conv=excl
	if=/
	if=f of=/
	if=f of=/dev/full
	if=f of=/dev/full bs=100
	if=f of=/dev/full ibs=100 obs=1000
	if=f of=/dev/null
	if=/dev/null of=o
	if=empty of=o
	if=empty of=old
	if=f skip=100 of=o
	if=f skip=100 of=o status=none
	if=f skip=5 ibs=600 of=o
	if=f skip=2999B of=o
	if=f skip=3000B of=o
	if=f skip=3001B of=o
	if=f iseek=2 oseek=1 of=o
	if=f skip=1 iseek=2 count=1
	if=f seek=2
	if=f seek=3 of=o
	if=f seek=3 of=old
	if=f seek=1 count=1 of=old conv=notrunc
	if=f seek=100 count=0 of=o
	if=f seek=1 count=0 of=old
	if=f seek=7B of=o
	if=f seek=7 oflag=seek_bytes of=o
	if=f skip=7 iflag=skip_bytes of=o
	if=f count=7 iflag=count_bytes of=o
	if=f of=o iflag=directory
	if=link of=o iflag=nofollow
	if=f of=link oflag=nofollow
	if=link of=o
	if=f of=o iflag=append
	if=f of=o bs=100 iflag=direct
	if=f of=o bs=4096 iflag=direct
	if=big of=o bs=4096 iflag=direct oflag=direct
	if=big of=o bs=64K iflag=direct oflag=direct
	if=f of=o bs=512 oflag=direct
	if=f of=o bs=100 oflag=direct
	if=f of=o bs=4096 iflag=nocache oflag=nocache
	if=f of=o iflag=noatime,noctty,nonblock oflag=sync
	if=f of=o oflag=dsync
	if=f count=0 of=o iflag=nocache
	if=f of=o bs=1k ibs=3 count=1
	if=f of=o conv=block cbs=10
	if=text of=o conv=block cbs=10
	if=f of=o conv=lcase,sync,noerror,fsync,fdatasync cbs=10
	if=zeros of=o bs=512 conv=sparse
	if=zeros of=o bs=4096 conv=sparse
	if=zeros of=old bs=512 conv=sparse seek=1
	if=f of=f conv=notrunc seek=1 count=9
	if=big of=big bs=1M conv=notrunc seek=1 count=5
	if=f of=f conv=notrunc,swab bs=100
	if=big of=o
	if=big of=o bs=100 count=20000
	if=big of=o ibs=1000 obs=3000
	if=big of=/dev/full
	if=f conv=fsync
	if=f conv=fdatasync of=/dev/null
	if=f count=2 ibs=3x5 of=o
	if=f of=o ibs=1000 conv=sync
	if=f of=o ibs=1000 obs=512 conv=sync
	if=f of=o ibs=512 obs=1000 count=5
	if=f of=o cbs=0
`
