// Package statify is the applet statify: a program with its libraries in one file
// that runs where no library can be read.
package statify

import (
	"context"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"

	"rescuebox/internal/applet"
	"rescuebox/internal/bundle"
	"rescuebox/internal/getopt"
	"rescuebox/internal/rootfs"
	"rescuebox/internal/snapshot"
)

// Applet is statify.
var Applet = applet.Applet{
	Name:          "statify",
	Group:         applet.Library,
	Summary:       "pack a program with its libraries into one file",
	Usage:         usage,
	Interruptible: true,
	Run:           run,
}

const (
	optInclude = getopt.LongOnly + iota
	optEnv
	optRoot
	optCompress
	optNoCompress
	optVerify
	optExplain
	optSnapshot
	optCPU
)

var options = []getopt.Option{
	{Short: 'o', Long: "output", Arg: getopt.Required},
	{Short: optInclude, Long: "include", Arg: getopt.Required},
	{Short: optEnv, Long: "env", Arg: getopt.Required},
	{Short: optRoot, Long: "root", Arg: getopt.Required},
	{Short: optCompress, Long: "compress", Arg: getopt.Optional},
	{Short: optNoCompress, Long: "no-compress"},
	{Short: optVerify, Long: "verify"},
	{Short: optExplain, Long: "explain"},
	{Short: optSnapshot, Long: "snapshot"},
	{Short: optCPU, Long: "cpu", Arg: getopt.Required},
}

// defaultLevel halves the size; what levels above gain is under one percent.
const defaultLevel = 6

// job is a command line.
type job struct {
	output                    string
	include, env              []string
	dir                       string // of --root
	level                     int
	verify, explain, snapshot bool
	cpu                       string
	program                   string
	args                      []string

	streams applet.Streams
	root    rootfs.Root
	report  *applet.Reporter
}

func parse(args []string) (*job, error) {
	j := &job{level: defaultLevel}
	p := getopt.New(options, args).Ordered()
	for p.Next() {
		if err := j.option(p); err != nil {
			return nil, err
		}
	}
	if err := p.Err(); err != nil {
		return nil, &applet.UsageError{Err: err}
	}
	if len(p.Operands()) == 0 || p.Operands()[0] == "" {
		return nil, applet.Usage(1, "missing program")
	}
	j.program, j.args = p.Operands()[0], p.Operands()[1:]
	switch {
	case len(j.args) > 0 && !j.verify:
		return nil, applet.Usage(1, "arguments of the program are for --verify")
	case j.cpu != "" && !j.snapshot:
		return nil, applet.Usage(1, "--cpu is for --snapshot")
	}
	return j, nil
}

func (j *job) option(p *getopt.Parser) error {
	value := p.Value()
	switch p.Opt() {
	case 'o':
		// An unset variable must not turn into the default.
		if j.output = value; value == "" {
			return applet.Usage(1, "--output: empty FILE")
		}
	case optInclude:
		j.include = append(j.include, value)
	case optEnv:
		if strings.IndexByte(value, '=') < 1 {
			return applet.Usage(1, "--env: '"+value+"' is not NAME=VALUE")
		}
		j.env = append(j.env, value)
	case optRoot:
		if j.dir = value; value == "" {
			return applet.Usage(1, "--root: empty DIR")
		}
	case optCompress:
		j.level = defaultLevel
		if p.HasValue() {
			if len(value) != 1 || value < "1" || value > "9" {
				return applet.Usage(1, "--compress: '"+value+"' is not a level from 1 to 9")
			}
			j.level = int(value[0] - '0')
		}
	case optNoCompress:
		j.level = 0
	case optVerify:
		j.verify = true
	case optExplain:
		j.explain = true
	case optSnapshot:
		j.snapshot = true
	case optCPU:
		switch value {
		case snapshot.Baseline, snapshot.V2, snapshot.V3, snapshot.Host:
			j.cpu = value
		default:
			return applet.Usage(1, "--cpu: '"+value+"' is not one of x86-64, x86-64-v2, x86-64-v3, host")
		}
	}
	return nil
}

func run(ctx context.Context, s applet.Streams, args []string) error {
	j, err := parse(args)
	if err != nil {
		return err
	}
	j.streams, j.report = s, s.Reporter()
	if j.dir != "" {
		j.root = rootfs.New(s.Path(j.dir))
	}
	if err := j.root.Check(); err != nil {
		return err
	}
	path, err := j.find()
	if err != nil {
		j.report.Error(j.program, err)
		return j.report.Err()
	}
	plan, err := bundle.NewPlan(ctx, j.input(path))
	switch {
	case ctx.Err() != nil:
		return errInterrupted
	case err != nil:
		j.report.Error(j.program, err)
		return j.report.Err()
	}
	if j.explain {
		return j.explanation(plan)
	}
	for _, text := range plan.Warnings {
		j.report.Note(j.program + ": not packed: " + text)
	}
	if err := j.make(ctx, plan, path); err != nil {
		return err
	}
	return j.report.Err()
}

// find returns the path of the program, inside the root.
func (j *job) find() (string, error) {
	if strings.Contains(j.program, "/") {
		return j.inside(j.program), nil
	}
	path := "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
	if v, ok := j.streams.LookupEnv("PATH"); ok && j.root.IsHost() {
		path = v
	}
	for dir := range strings.SplitSeq(path, ":") {
		if !filepath.IsAbs(dir) {
			continue
		}
		file := dir + "/" + j.program
		if info, err := j.root.Stat(file); err == nil && info.Mode().IsRegular() && info.Mode()&0o111 != 0 {
			return file, nil
		}
	}
	return "", syscall.ENOENT
}

// inside returns where a path of the user lies inside the root.
func (j *job) inside(path string) string {
	if j.root.IsHost() {
		return j.streams.Path(path)
	}
	return path
}

func (j *job) input(path string) bundle.Input {
	in := bundle.Input{Root: j.root, Program: path, Env: j.env, Called: filepath.Base(j.target())}
	if j.root.IsHost() {
		in.Dir, in.LibraryPath = j.streams.Dir, j.streams.Getenv("LD_LIBRARY_PATH")
	}
	for _, f := range j.include {
		in.Include = append(in.Include, j.inside(f))
	}
	return in
}

// target is the file to make, as messages show it.
func (j *job) target() string {
	if j.output != "" {
		return j.output
	}
	return filepath.Base(j.program) + ".static"
}

var errInterrupted = &applet.StatusError{Status: 130, Err: errors.New("interrupted: nothing was made")}

var errSource = errors.New("is one of the files to pack")

// make writes the file beside its place, and puts it there when it is whole.
func (j *job) make(ctx context.Context, plan *bundle.Plan, path string) error {
	target := j.target()
	file := j.streams.Path(target)
	if err := j.replaceable(plan, file); err != nil {
		j.report.Error(target, err)
		return nil
	}
	f, err := os.CreateTemp(filepath.Dir(file), "."+filepath.Base(file)+".")
	if err != nil {
		j.report.Error(target, err)
		return nil
	}
	defer os.Remove(f.Name()) // what became the file is not there any more
	size, err := j.write(ctx, plan, path, f)
	if ctx.Err() != nil {
		f.Close()
		return errInterrupted
	}
	if err != nil {
		f.Close()
		j.failed(err, f.Name())
		return nil
	}
	// Synced, because it is often carried away on a stick a moment later.
	err = errors.Join(f.Chmod(0o755), f.Sync())
	if err := errors.Join(err, f.Close()); err != nil {
		j.report.Error(target, err)
		return nil
	}
	if err := os.Rename(f.Name(), file); err != nil {
		j.report.Error(target, err)
		return nil
	}
	if err := j.print(target + ": " + digits(size) + " bytes\n"); err != nil || !j.verify {
		return err
	}
	return j.verification(ctx, path, file)
}

// failed reports why the file could not be written; temp is its name meanwhile.
func (j *job) failed(err error, temp string) {
	var path *fs.PathError
	var refused *snapshot.Refused
	switch {
	case errors.As(err, &path) && path.Path == temp:
		j.report.Error(j.target(), path.Err)
	case errors.As(err, &refused):
		j.report.Error(j.program, errors.New(refused.Reason))
	default:
		j.report.Error(j.program, err)
	}
}

func (j *job) print(text string) error {
	_, err := io.WriteString(j.streams.Out, text)
	return err
}

// replaceable returns why a file that is there must stay.
func (j *job) replaceable(plan *bundle.Plan, file string) error {
	info, err := os.Stat(file)
	switch {
	case errors.Is(err, os.ErrNotExist):
		return nil
	case err != nil:
		return err
	case info.IsDir():
		return syscall.EISDIR
	case !info.Mode().IsRegular():
		return errors.New("not a regular file")
	}
	for i := range plan.Files {
		if plan.Files[i].Role == bundle.Finisher {
			continue
		}
		if source, err := j.root.Stat(plan.Files[i].Path); err == nil && os.SameFile(source, info) {
			return errSource
		}
	}
	return nil
}

// write writes one form or the other and returns its size.
func (j *job) write(ctx context.Context, plan *bundle.Plan, path string, f *os.File) (int64, error) {
	if !j.snapshot {
		return plan.Write(ctx, f, j.level)
	}
	in := snapshot.Input{Program: path, Env: j.env, CPU: j.cpu, Called: j.target()}
	if j.root.IsHost() {
		in.LibraryPath = j.streams.Getenv("LD_LIBRARY_PATH")
	} else {
		in.Root = j.root.Host("/")
	}
	for i := range plan.Files {
		if r := plan.Files[i].Role; r == bundle.Opened || r == bundle.Included {
			in.Preload = append(in.Preload, plan.Files[i].Path)
		}
	}
	if err := snapshot.Make(ctx, in, f); err != nil {
		return 0, err
	}
	return f.Seek(0, io.SeekEnd)
}
