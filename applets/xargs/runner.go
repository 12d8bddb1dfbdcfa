package xargscmd

import (
	"bufio"
	"context"
	"errors"
	"io"
	"os"
	"strconv"
	"strings"
	"sync"

	"golang.org/x/sys/unix"

	"rescuebox/internal/applet"
	"rescuebox/internal/errno"
	"rescuebox/internal/program"
)

// runner runs command lines, several at a time when asked, and keeps the status.
type runner struct {
	ctx     context.Context
	s       applet.Streams
	o       *options
	starter program.Starter
	slots   chan struct{} // nil means no limit
	running sync.WaitGroup

	mu     sync.Mutex
	status int
	stop   bool // nothing more is to be run
}

func newRunner(ctx context.Context, s applet.Streams, o *options, in io.Reader) *runner {
	r := &runner{ctx: ctx, s: s, o: o}
	r.s.Out, r.s.Err = shared(s.Out), shared(s.Err)
	r.starter = program.Starter{Path: s.Getenv("PATH"), Dir: s.Dir, In: in, Out: r.s.Out, Err: r.s.Err}
	if o.procs > 0 {
		r.slots = make(chan struct{}, o.procs)
	}
	return r
}

// shared makes a writer fit for several commands. A file is: they write to it
// themselves.
func shared(w io.Writer) io.Writer {
	if _, ok := w.(*os.File); ok {
		return w
	}
	return &locked{w: w}
}

type locked struct {
	mu sync.Mutex
	w  io.Writer
}

func (l *locked) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.w.Write(p)
}

// command is what items are added to. Without one, items are printed.
func (r *runner) command() []string {
	if len(r.o.command) == 0 {
		return []string{"echo"}
	}
	return r.o.command
}

// start runs a command line, when there is a free slot; it returns false when
// nothing more is to be run.
func (r *runner) start(argv []string) bool {
	if r.slots != nil {
		r.slots <- struct{}{}
	}
	if r.stopped() || !r.agreed(argv) {
		r.free()
		return !r.stopped()
	}
	if r.o.procs == 1 {
		r.run(argv)
		r.free()
		return !r.stopped()
	}
	r.running.Add(1)
	go func() {
		defer r.running.Done()
		defer r.free()
		r.run(argv)
	}()
	return true
}

func (r *runner) free() {
	if r.slots != nil {
		<-r.slots
	}
}

func (r *runner) stopped() bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.stop || r.ctx.Err() != nil
}

// agreed shows the command line, and asks for leave, as far as wanted.
func (r *runner) agreed(argv []string) bool {
	if !r.o.trace {
		return true
	}
	end := "\n"
	if r.o.ask {
		end = "?..."
	}
	if _, err := io.WriteString(r.s.Err, strings.Join(argv, " ")+end); err != nil {
		return false
	}
	if !r.o.ask {
		return true
	}
	tty, err := os.Open("/dev/tty")
	if err != nil {
		r.say(err)
		r.end(1, true)
		return false
	}
	defer tty.Close()
	answer, _ := bufio.NewReader(tty).ReadString('\n')
	return answer != "" && (answer[0] == 'y' || answer[0] == 'Y')
}

func (r *runner) run(argv []string) {
	if len(r.o.command) == 0 {
		if _, err := io.WriteString(r.s.Out, strings.Join(argv[1:], " ")+"\n"); err != nil {
			r.sayOf("write error", err)
			r.end(1, true)
		}
		return
	}
	exit, err := r.starter.Run(r.ctx, argv)
	switch {
	case errors.Is(err, unix.ENOENT):
		r.sayOf(argv[0], err)
		r.end(127, true)
	case err != nil:
		r.sayOf(argv[0], err)
		r.end(126, true)
	case exit.Signal != 0:
		r.sayOf(argv[0], errors.New("terminated by signal "+strconv.Itoa(int(exit.Signal))))
		r.end(125, true)
	case exit.Status == 255:
		r.sayOf(argv[0], errors.New("exited with status 255; aborting"))
		r.end(124, true)
	case exit.Status != 0:
		r.end(123, false)
	}
}

// end notes a status; the first that stops everything stays.
func (r *runner) end(status int, stop bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.stop {
		return
	}
	r.status, r.stop = status, stop
}

// wait returns the status when every command has ended.
func (r *runner) wait() int {
	r.running.Wait()
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.status
}

func (r *runner) say(err error) { r.s.Reporter().Note(errno.Reason(err)) }

func (r *runner) sayOf(name string, err error) { r.s.Reporter().Error(name, err) }
