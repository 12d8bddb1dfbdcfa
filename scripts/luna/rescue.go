package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strings"
	"syscall"
	"time"

	"github.com/creack/pty"
	"golang.org/x/sys/unix"

	"rescuebox/b64xfer"
	"rescuebox/scripts/faultlab"
)

// target is where the kit arrives.
const target = "/tmp/rb"

// nobody is the ordinary user that root becomes in user mode.
const nobody = 65534

// rescue breaks a system by the seed, plays its rescue, and cleans up.
func rescue(ctx context.Context, o options, seed uint64) (err error) {
	start := time.Now()
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	dir, err := os.MkdirTemp("", "luna-")
	if err != nil {
		return err
	}
	defer func() {
		err = errors.Join(err, os.RemoveAll(dir), leftOver(dir))
		if err == nil {
			fmt.Fprintf(o.out, "seed %d, mode %s: found as broken; nothing left behind; %.1f s\n", seed, o.mode, time.Since(start).Seconds())
		}
	}()
	if err := os.Chmod(dir, 0o755); err != nil {
		return err
	}
	for _, d := range []string{"root", "at"} {
		if err := os.Mkdir(filepath.Join(dir, d), 0o755); err != nil {
			return err
		}
	}
	s, err := buildSystem(filepath.Join(dir, "root"))
	if err != nil {
		return err
	}
	random := rand.New(rand.NewPCG(seed, 0))
	receiver, path := s.receiver(random, o.receiver)
	if err := s.choose(random, path); err != nil {
		return err
	}
	fmt.Fprintf(o.out, "== seed %d, mode %s: a small system of this machine's programs; one sector of one library is bad\n", seed, o.mode)
	p := plan{Root: s.root.Dir, At: filepath.Join(dir, "at"), Library: s.library, Offset: s.offset}
	if o.mode == "root" {
		return s.playOnDisk(ctx, o, p, receiver, filepath.Join(dir, "disk"))
	}
	if p.Fuse, err = fuseNode(dir); err != nil {
		return err
	}
	return s.play(ctx, o, p, receiver)
}

// playOnDisk makes the broken disk, and plays the rescue on it.
func (s *system) playOnDisk(ctx context.Context, o options, p plan, receiver, image string) (err error) {
	img, err := s.breakDisk(image)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, img.Close()) }()
	if p.Device, err = img.Attach(); err != nil {
		return err
	}
	return s.play(ctx, o, p, receiver)
}

func (s *system) breakDisk(image string) (*faultlab.Image, error) {
	if err := s.makeDisk(image); err != nil {
		return nil, err
	}
	img, err := faultlab.NewImage(image)
	if err != nil {
		return nil, err
	}
	if err := img.FailAlways(s.sector); err != nil {
		return nil, errors.Join(err, img.Close())
	}
	return img, nil
}

// fuseNode names a FUSE device that an ordinary user may open.
func fuseNode(dir string) (string, error) {
	if os.Geteuid() != 0 {
		return "/dev/fuse", nil
	}
	node := filepath.Join(dir, "fuse")
	err := unix.Mknod(node, unix.S_IFCHR|0o666, int(unix.Mkdev(10, 229)))
	return node, errors.Join(err, os.Chmod(node, 0o666))
}

// receiver picks what the kit is pasted into, and its program.
func (s *system) receiver(random *rand.Rand, wanted string) (name, path string) {
	all := []string{"perl", "base64", "openssl", "sh", "stage0"}
	if s.python != "" {
		all = append(all, "python3")
	}
	if wanted == "auto" {
		wanted = all[random.IntN(len(all))]
	}
	if wanted == "sh" || wanted == "stage0" {
		return wanted, "/bin/bash"
	}
	return wanted, "/usr/bin/" + wanted
}

// play is the rescue: the broken system's init is started on a terminal, and a
// person types.
func (s *system) play(ctx context.Context, o options, p plan, receiver string) (err error) {
	init, err := s.startInit(p, o.mode)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, init.stop()) }()
	var users []string
	if err := json.NewDecoder(init.truth).Decode(&users); err != nil {
		b, _ := io.ReadAll(io.LimitReader(init.master, 4096))
		return fmt.Errorf("the system did not start: %w: %s", err, b)
	}
	w := &person{terminal: newTerminal(init.master, o.verbose), out: o.out}
	if err := w.send("ulimit -c 0; PS2=; echo 'HEL''LO'\n"); err != nil {
		return err
	}
	if _, _, err := w.wait(ctx, regexp.MustCompile(`HELLO\r?\n`)); err != nil {
		return err
	}
	if err := w.despair(ctx); err != nil {
		return err
	}
	if err := w.carryOver(ctx, o.kit, receiver); err != nil {
		return err
	}
	found, err := w.libcheck(ctx)
	if err != nil {
		return err
	}
	return s.compare(o.out, found, p.Device, users)
}

// initProcess is the running broken system.
type initProcess struct {
	master *os.File // the terminal
	truth  *os.File
	kill   func() error
	exited chan struct{}
}

func (s *system) startInit(p plan, mode string) (*initProcess, error) {
	argument, err := json.Marshal(p)
	if err != nil {
		return nil, err
	}
	cmd := exec.Command("/proc/self/exe")
	cmd.Args = []string{insideName, string(argument)}
	faultlab.Isolate(cmd)
	if mode == "user" && os.Geteuid() == 0 {
		if cmd.Path, err = publicSelf(filepath.Dir(p.At)); err != nil {
			return nil, err
		}
		cmd.Args[0] = enterName
		cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: nobody, Gid: nobody}, Pdeathsig: syscall.SIGKILL}
	}
	master, slave, err := pty.Open()
	if err != nil {
		return nil, err
	}
	defer slave.Close()
	truth, writer, err := os.Pipe()
	if err != nil {
		return nil, errors.Join(err, master.Close())
	}
	defer writer.Close()
	cmd.Stdin, cmd.Stdout, cmd.Stderr = slave, slave, slave
	cmd.ExtraFiles = []*os.File{writer}
	i := &initProcess{master: master, truth: truth, exited: make(chan struct{})}
	started := make(chan error)
	go func() { // on a thread that lives as long as init: see faultlab.Isolate
		runtime.LockOSThread()
		err := cmd.Start()
		started <- err
		if err == nil {
			cmd.Wait()
			close(i.exited)
		}
	}()
	if err := <-started; err != nil {
		return nil, errors.Join(err, master.Close(), truth.Close())
	}
	i.kill = cmd.Process.Kill
	return i, nil
}

// stop ends the system and all in it.
func (i *initProcess) stop() error {
	select {
	case <-i.exited:
	default:
		i.kill()
	}
	<-i.exited
	return errors.Join(i.master.Close(), i.truth.Close())
}

// publicSelf copies this program to where an ordinary user may run it.
func publicSelf(dir string) (string, error) {
	b, err := os.ReadFile("/proc/self/exe")
	if err != nil {
		return "", err
	}
	path := filepath.Join(dir, "luna")
	return path, os.WriteFile(path, b, 0o755)
}

// person types at the terminal, and tells what appears there.
type person struct {
	*terminal
	out io.Writer
}

// overwritten is what a terminal shows no longer: a line up to its last return.
var overwritten = regexp.MustCompile(`(?m)^.*\r`)

// try runs a command and shows it and its output.
func (w *person) try(ctx context.Context, command string) (string, int, error) {
	output, status, err := w.run(ctx, command)
	output = overwritten.ReplaceAllString(output, "")
	fmt.Fprintf(w.out, "luna# %s\n%s", command, output)
	if output != "" && !strings.HasSuffix(output, "\n") {
		fmt.Fprintln(w.out)
	}
	return output, status, err
}

// busError is the status of a shell's child that SIGBUS ended.
const busError = 128 + int(syscall.SIGBUS)

// despair shows that ls is dead and the shell is not.
func (w *person) despair(ctx context.Context) error {
	output, status, err := w.try(ctx, "ls -l /")
	if err != nil {
		return err
	}
	if status != busError || !strings.Contains(output, "Bus error") {
		return fmt.Errorf("ls ended with %d and %q, not of a bus error", status, output)
	}
	_, status, err = w.try(ctx, "echo *")
	if err == nil && status != 0 {
		err = errors.New("the shell is dead")
	}
	return err
}

// carryOver pastes the kit, as b64xfer says.
func (w *person) carryOver(ctx context.Context, kit, receiver string) error {
	content, err := os.ReadFile(kit)
	if err != nil {
		return fmt.Errorf("%w (make kit)", err)
	}
	t, err := b64xfer.New(receiver, content, b64xfer.Options{Dest: target})
	if err != nil {
		return err
	}
	fmt.Fprintf(w.out, "luna# %s\n", t.Command)
	if err := w.send(t.Command + "\n"); err != nil {
		return err
	}
	if _, _, err := w.wait(ctx, regexp.MustCompile(b64xfer.Ready+`\r?\n`)); err != nil {
		return err
	}
	start := time.Now()
	if err := w.paste(ctx, t); err != nil {
		return err
	}
	// Typed too early, the next command would be read by the receiver.
	verdict, _, err := w.wait(ctx, regexp.MustCompile("luna# "))
	if err != nil {
		return err
	}
	took := time.Since(start)
	verdict = whole.FindString(verdict)
	fmt.Fprintf(w.out, "%s\n[%d characters pasted for %d bytes, into %s: %.1f s, %.1f MB/s]\n%s\n", b64xfer.Ready, t.Characters, t.Size,
		receiver, took.Seconds(), float64(t.Characters)/1e6/took.Seconds(), verdict)
	output, _, err := w.run(ctx, t.Run)
	fmt.Fprintf(w.out, "luna# %s\n%s", t.Run, output)
	if err == nil && !whole.MatchString(verdict+"\n"+output) {
		err = errors.New("the kit did not arrive")
	}
	return err
}

// whole is the line that says that the kit arrived. The payload may hold the word too.
var whole = regexp.MustCompile(`(?m)^` + b64xfer.Whole + ` ` + target + `, .*`)

// paste sends the payload. It does so in a goroutine of its own: a write waits for
// as long as the receiver does not read.
func (w *person) paste(ctx context.Context, t *b64xfer.Transfer) error {
	var text strings.Builder
	for line := range t.Payload() {
		text.WriteString(line + "\n")
	}
	sent := make(chan error, 1)
	go func() { sent <- w.send(text.String()) }()
	select {
	case err := <-sent:
		return err
	case <-time.After(patience):
		return errors.New("the receiver does not read")
	case <-ctx.Done():
		return ctx.Err()
	}
}

// finding is the part of libcheck's JSON that matters here.
type finding struct {
	Damaged []struct {
		Path   string `json:"path"`
		Ranges []struct {
			Offset int64  `json:"offset"`
			Length int64  `json:"length"`
			Device string `json:"device"`
			Sector *int64 `json:"sector"`
		} `json:"ranges"`
		NeededBy []string `json:"needed_by"`
	} `json:"damaged"`
}

// libcheck runs the kit's libcheck, once for the person and once for us.
func (w *person) libcheck(ctx context.Context) (*finding, error) {
	if _, status, err := w.try(ctx, target+" libcheck"); err != nil || status != 1 {
		return nil, fmt.Errorf("libcheck: status %d, %w", status, errors.Join(err, errStatus))
	}
	output, _, err := w.run(ctx, target+" libcheck --json")
	if err != nil {
		return nil, err
	}
	var f finding
	_, object, _ := strings.Cut(output, "{")
	if err := json.NewDecoder(strings.NewReader("{" + object)).Decode(&f); err != nil {
		return nil, fmt.Errorf("libcheck --json: %w in %q", err, output)
	}
	return &f, nil
}

var errStatus = errors.New("1 was expected: damage found")

// compare holds the finding against what was broken.
func (s *system) compare(out io.Writer, f *finding, device string, users []string) error {
	slices.Sort(users)
	fmt.Fprintf(out, "broken: %s, byte %d", s.library, s.offset)
	if s.sector >= 0 {
		fmt.Fprintf(out, ", %s sector %d", device, s.sector)
	}
	fmt.Fprintf(out, "\nneeded by, says the intact system's loader: %s\n", strings.Join(users, " "))
	if len(f.Damaged) != 1 || len(f.Damaged[0].Ranges) != 1 {
		return fmt.Errorf("one place was to be found, not %+v", f.Damaged)
	}
	d := f.Damaged[0]
	r := d.Ranges[0]
	var errs []error
	if d.Path != s.library || r.Offset != s.offset || r.Length != faultlab.SectorSize {
		errs = append(errs, fmt.Errorf("found %s, bytes %d+%d", d.Path, r.Offset, r.Length))
	}
	if s.sector >= 0 && (r.Sector == nil || *r.Sector != s.sector || r.Device != device) {
		errs = append(errs, fmt.Errorf("found %+v on %q", r, r.Device))
	}
	found := slices.Clone(d.NeededBy)
	for i, path := range found { // /bin is /usr/bin where it is a link
		if real, err := filepath.EvalSymlinks(s.root.Path(path)); err == nil {
			found[i] = strings.TrimPrefix(real, s.root.Dir)
		}
	}
	slices.Sort(found)
	if found = slices.Compact(found); !slices.Equal(found, users) {
		errs = append(errs, fmt.Errorf("needed by, says libcheck: %s", strings.Join(found, " ")))
	}
	return errors.Join(errs...)
}
