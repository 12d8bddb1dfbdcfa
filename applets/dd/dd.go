// Package dd is the applet dd: it copies and converts blocks, and of a failing disk
// loses no more than the sectors that cannot be read.
package dd

import (
	"context"
	"errors"
	"os"
	"time"

	"golang.org/x/sys/unix"

	"rescuebox/internal/applet"
	"rescuebox/internal/blockcopy"
	"rescuebox/internal/diskread"
	"rescuebox/internal/ebcdic"
	"rescuebox/internal/errno"
	"rescuebox/internal/getopt"
	"rescuebox/internal/medium"
)

// Applet is dd.
var Applet = applet.Applet{
	Name:    "dd",
	Dir:     "bin",
	Group:   applet.Disk,
	Summary: "copy blocks, past single bad sectors if need be",
	Usage:   usage,
	Run:     run,
}

func reason(err error) string { return errno.Reason(err) }

func run(ctx context.Context, s applet.Streams, args []string) error {
	for _, arg := range args {
		switch arg {
		case "--help":
			return getopt.ErrHelp
		case "--version":
			return getopt.ErrVersion
		}
	}
	o, err := parse(args)
	c := &console{name: s.Name, w: s.Err}
	for _, text := range o.warnings {
		c.message(text)
	}
	if err != nil {
		return err
	}
	j := &job{options: o, console: c, streams: s}
	return j.run(ctx)
}

// job is one run.
type job struct {
	*options
	console *console
	streams applet.Streams
	in, out file
	copy    blockcopy.Copy
	failed  bool
	held    int  // descriptor that keeps others from the output; -1 or 0 is none
	direct  bool // a direct write was done through the cache, and is to be synced
}

func (j *job) run(ctx context.Context) error {
	j.console.stats, j.console.level = &j.copy.Stats, j.status
	stop, err := j.openStreams()
	defer stop()
	if err == nil {
		err = j.open()
	}
	if err != nil {
		j.close()
		return err
	}
	j.prepare()
	unwatch := j.console.watch()
	err = j.transfer(ctx)
	unwatch()
	if text := j.lost(); text != "" {
		j.console.message(text)
	}
	j.console.statistics()
	if err == nil && !j.failed {
		return nil
	}
	return applet.Exit(1)
}

// transfer copies, syncs and closes.
func (j *job) transfer(ctx context.Context) error {
	err := j.copy.Run(ctx)
	var werr *blockcopy.WriteError
	if errors.As(err, &werr) {
		j.writeError(werr)
	}
	if err == nil || errors.Is(err, blockcopy.ErrRead) && werr == nil {
		err = errors.Join(err, j.sync())
	}
	j.in.forget(0, 1)
	j.out.forget(0, 1)
	return errors.Join(err, j.close())
}

// prepare says what is to be copied.
func (j *job) prepare() {
	c := &j.copy
	c.In = blockcopy.Input{
		From: &j.in, Seeker: j.in.seeker(), Size: j.in.size(), Block: j.ibs,
		FullBlock: j.iflag["fullblock"], NoError: j.conv["noerror"], Sync: j.conv["sync"],
		Failed: j.readError, Next: j.console.statistics, Gone: j.gone,
	}
	if j.in.regular() || j.in.isDevice() {
		c.In.Exact = func() (medium.Source, error) { return diskread.Open(j.in.again(), diskread.Direct) }
	}
	if (j.block() || j.unblock()) && c.In.Sync {
		c.In.Pad = ' '
	}
	c.Out = blockcopy.Output{To: &j.out, Seeker: j.out.seeker(), Block: j.obs}
	c.Out.Sparse = j.conv["sparse"] && !j.oflag["append"] && j.out.regular()
	c.Out.Fresh = int64(j.out.stat.Size)
	c.Out.Extend = j.extend
	if j.oflag["direct"] {
		c.Out.Short = func() { j.direct = true; j.out.dropDirect() }
	}
	c.Skip = j.skip.in(j.ibs, j.iflag["skip_bytes"])
	c.Seek = j.seek.in(j.obs, j.oflag["seek_bytes"])
	if j.count.given {
		n := j.count.in(j.ibs, j.iflag["count_bytes"])
		c.Count = &n
	}
	c.Together = j.bs > 0
	j.hasten()
	if !j.iflag["fullblock"] && (j.skip.n > 0 || j.count.given || j.iflag["direct"] || j.oflag["direct"]) && j.bs > 0 {
		c.Short = j.partialRead
	}
	c.Behind = func() {
		if j.status != nothing {
			j.console.message(j.in.name + ": cannot skip to specified offset")
		}
	}
	j.convert()
}

// memoryPace is what reading a MiB takes at most where nobody waits for a disk: 1 GiB/s.
const memoryPace = time.Millisecond

// hasten chooses how small blocks are put together, and large ones read ahead, where
// both files stand still, so that nobody can see it.
func (j *job) hasten() {
	const (
		small = 32 << 10
		batch = 128 << 10
		large = 256 << 10 // takes longer than handing it over
		huge  = 16 << 20  // is not to be in memory several times
	)
	still := func(f *file, s set) bool {
		return (f.regular() || f.isDevice()) && !s["direct"] && !s["sync"] && !s["dsync"]
	}
	c := &j.copy
	if j.same() {
		return // what is written may be to be read
	}
	c.Slow = memoryPace
	// /dev/null takes no time that could be used.
	c.Ahead = j.ibs >= large && j.ibs <= huge && (j.in.regular() || j.in.isDevice()) && j.out.kind() != unix.S_IFCHR
	if !still(&j.in, j.iflag) {
		return
	}
	if j.ibs <= small {
		j.in.buffer = medium.AlignedBuffer(batch)[:0]
		c.In.Batched = true
	}
	if j.obs <= small && still(&j.out, j.oflag) && !c.Out.Sparse {
		c.Out.Batch = batch
	}
}

func (j *job) block() bool   { return j.conv["block"] }
func (j *job) unblock() bool { return j.conv["unblock"] }

// convert sets up the table: case is of ASCII, so it changes before or after the rest.
func (j *job) convert() {
	v := &j.copy.Conv
	*v = blockcopy.Conversion{
		Swap: j.conv["swab"], Block: j.block(), Unblock: j.unblock(), Record: j.cbs, Space: ' ', Newline: '\n',
	}
	var table ebcdic.Table
	toASCII := ebcdic.ToASCII()
	for i := range table {
		b := byte(i)
		if j.conv["ascii"] {
			b = toASCII[i]
		}
		switch {
		case j.conv["lcase"] && 'A' <= b && b <= 'Z':
			b += 'a' - 'A'
		case j.conv["ucase"] && 'a' <= b && b <= 'z':
			b -= 'a' - 'A'
		}
		table[i] = b
	}
	for word, to := range map[string]ebcdic.Table{"ebcdic": ebcdic.FromASCII(), "ibm": ebcdic.IBM()} {
		if j.conv[word] {
			for i, b := range table {
				table[i] = to[b]
			}
			v.Space, v.Newline = table[' '], table['\n']
		}
	}
	for i, b := range table {
		if int(b) != i {
			v.Table = &table
		}
	}
}

// gone reports whether the input's device is no longer there.
func (j *job) gone() bool {
	if !j.in.isDevice() {
		return false
	}
	if _, err := os.Stat("/sys/dev/block"); err != nil {
		return false
	}
	_, err := os.Stat("/sys/dev/block/" + number(unix.Major(uint64(j.in.stat.Rdev))) + ":" + number(unix.Minor(uint64(j.in.stat.Rdev))))
	return errors.Is(err, os.ErrNotExist)
}
