package main

import (
	"bytes"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"rescuebox/internal/mapfile"
	"rescuebox/scripts/faultlab"
)

// tool is a command; the disk, the copy and the map are put behind it.
type tool struct {
	name string
	argv []string
}

// outcome is what a tool needed.
type outcome struct {
	reads, errors int
	at            map[int]moment // of percents of what is recoverable
	end           float64        // seconds
	missing       int            // sectors of 512 bytes
	memory        int64          // most of it at once, in KiB
}

type moment struct {
	seconds float64
	errors  int
}

// run makes the disk, runs a tool on it, and looks at what it did.
func (c *testCase) run(t tool, kind string) (o outcome, err error) {
	dir, err := os.MkdirTemp("", "rescuebench-")
	if err != nil {
		return o, err
	}
	defer os.RemoveAll(dir)
	content := make([]byte, size)
	rand.NewChaCha8([32]byte{7}).Read(content)
	path := filepath.Join(dir, "disk")
	if err := os.WriteFile(path, content, 0o600); err != nil {
		return o, err
	}
	img, err := faultlab.NewImage(path)
	if err != nil {
		return o, err
	}
	defer func() { err = errors.Join(err, img.Close()) }()
	source, first, err := c.prepare(img, kind)
	if err != nil {
		return o, err
	}
	cmd := exec.Command(t.argv[0], append(t.argv[1:len(t.argv):len(t.argv)], source, "copy", "map")...)
	cmd.Dir = dir
	start := time.Now()
	if out, err := cmd.CombinedOutput(); err != nil {
		return o, fmt.Errorf("%w: %s", err, out)
	}
	o.end = time.Since(start).Seconds()
	if usage, ok := cmd.ProcessState.SysUsage().(*syscall.Rusage); ok {
		o.memory = usage.Maxrss
	}
	reads, err := img.ReadsSince(first)
	if err != nil {
		return o, err
	}
	c.look(&o, reads, start)
	o.missing, err = c.verify(dir, content)
	return o, err
}

// prepare breaks the disk, and returns its name and how many reads it has seen.
func (c *testCase) prepare(img *faultlab.Image, kind string) (source string, first int, err error) {
	source = img.Path()
	if kind == "loop" {
		if source, err = img.AttachBlocks(uint32(max(c.sector, 512))); err != nil {
			return "", 0, err
		}
	}
	times := c.times
	if times == 0 {
		times = faultlab.Always
	}
	for _, b := range c.bad {
		if err := img.Add(faultlab.Fault{Offset: b.Offset, Length: b.Length, Times: times}); err != nil {
			return "", 0, err
		}
	}
	fails := c.err
	if fails == 0 {
		fails = 20 * time.Millisecond
	}
	drive := faultlab.Drive{Size: size, Rate: 100e6, Near: 4 * time.Millisecond, Far: 12 * time.Millisecond, Error: fails, Slow: c.slow, SlowRate: 1e6}
	if err := img.Drive(drive); err != nil {
		return "", 0, err
	}
	reads, err := img.Reads()
	return source, len(reads), err
}

// look counts reads and errors, and when how much was there.
func (c *testCase) look(o *outcome, reads []faultlab.Read, start time.Time) {
	const unit = 512
	seen := make([]bool, size/unit)
	total := int64(size / unit)
	if c.times == 0 {
		for _, b := range c.bad {
			total -= b.Length / unit
		}
	}
	o.at = map[int]moment{}
	got := int64(0)
	for _, r := range reads {
		o.reads++
		if r.Err != 0 {
			o.errors++
			continue
		}
		for at := r.Offset / unit; at < min(size, r.Offset+int64(r.Length))/unit; at++ {
			if !seen[at] {
				seen[at] = true
				got++
			}
		}
		for _, percent := range []int{50, 90, 99, 100} {
			if _, known := o.at[percent]; !known && got*100 >= total*int64(percent) {
				o.at[percent] = moment{r.At.Sub(start).Seconds(), o.errors}
			}
		}
	}
}

// verify compares the copy with the disk and the map with the copy, and returns how
// many sectors are missing.
func (c *testCase) verify(dir string, content []byte) (missing int, err error) {
	f, err := os.Open(filepath.Join(dir, "map"))
	if err != nil {
		return 0, err
	}
	defer f.Close()
	m, err := mapfile.Read(f)
	if err != nil {
		return 0, err
	}
	got, err := os.ReadFile(filepath.Join(dir, "copy"))
	if err != nil {
		return 0, err
	}
	var lies []string
	for b := range m.Blocks() {
		if b.Status != mapfile.Finished {
			missing += int(b.Size / 512)
		} else if end := b.Pos + b.Size; end > int64(len(got)) || !bytes.Equal(got[b.Pos:end], content[b.Pos:end]) {
			lies = append(lies, b.String())
		}
	}
	if len(lies) > 0 {
		return missing, errors.New("the copy is not as the disk: " + strings.Join(lies, ", "))
	}
	return missing, nil
}

// peerVersion is GNU's version.
func peerVersion() string {
	out, err := exec.Command("ddrescue", "--version").Output()
	if err != nil {
		return "no GNU ddrescue (apt-get install gddrescue)"
	}
	line, _, _ := strings.Cut(string(out), "\n")
	return line
}
