package faultlab

import (
	"errors"
	"fmt"
	"io"
	"net"
	"net/rpc"
	"os"
	"os/exec"
	"runtime"
	"strconv"
	"syscall"
	"time"

	"github.com/hanwen/go-fuse/v2/fs"
	"github.com/hanwen/go-fuse/v2/fuse"
)

// serveName is argv[0] of the serving process; its arguments are the name of the
// one file (an image) or the folder (a tree), after the word for which it is.
const serveName = "faultlab-serve"

// The serving process's descriptors after the standard three.
const (
	fuseFD    = 3 // /dev/fuse, bound to the mount
	controlFD = 4 // socket for Control
	backingFD = 5 // content of an image
)

// patience is how long to wait for what takes no time unless something is stuck.
const patience = 60 * time.Second

// maxRequest is the size of the largest FUSE read and write in bytes: what the
// kernel allows. With smaller ones it would split the reads of a loop device, and
// an error in a later piece would end the read early instead of failing it.
const maxRequest = 1 << 20

// Main turns the process into a server if that is what it was started as, and then
// does not return. It must be called first thing by main or TestMain.
func Main() {
	if os.Args[0] != serveName {
		return
	}
	if err := serve(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "faultlab:", err)
		os.Exit(1)
	}
	os.Exit(0)
}

// serve answers FUSE requests until the other end of the control socket is closed.
func serve(args []string) error {
	if len(args) < 2 {
		return errors.New("bad arguments")
	}
	f := &faults{head: newHead()}
	root, err := newRoot(args[0], args[1], f)
	if err != nil {
		return err
	}
	_, err = fs.Mount("/dev/fd/"+strconv.Itoa(fuseFD), root, &fs.Options{
		MountOptions: fuse.MountOptions{MaxWrite: maxRequest, DisableSplice: true},
	})
	if err != nil {
		return err
	}
	control := os.NewFile(controlFD, "control")
	conn, err := net.FileConn(control)
	if err != nil {
		return err
	}
	control.Close()
	server := rpc.NewServer()
	if err := server.RegisterName("Control", &Control{f}); err != nil {
		return err
	}
	server.ServeConn(conn)
	return nil
}

func newRoot(kind, name string, f *faults) (fs.InodeEmbedder, error) {
	switch kind {
	case "image":
		return newImageRoot(name, os.NewFile(backingFD, name), f)
	case "tree":
		return newTreeRoot(name, f)
	}
	return nil, fmt.Errorf("%s: no such kind", kind)
}

// Control is what the serving process is asked to do, in the form of net/rpc.
type Control struct{ faults *faults }

// Add adds faults.
func (c *Control) Add(list []Fault, _ *struct{}) error {
	for _, fault := range list {
		c.faults.add(fault)
	}
	return nil
}

// Clear removes all faults.
func (c *Control) Clear(struct{}, *struct{}) error {
	c.faults.clear()
	return nil
}

// Drive says how long reads take.
func (c *Control) Drive(d Drive, _ *struct{}) error {
	c.faults.head.set(d)
	return nil
}

// Since answers with the reads from the n-th on.
func (c *Control) Since(n int, reads *[]Read) error {
	*reads = c.faults.since(n)
	return nil
}

// server is the serving process as its parent sees it.
type server struct {
	client *rpc.Client
	exited chan struct{}
	kill   func() error
}

// startServer starts the serving process. It closes its own ends of the files.
func startServer(device *os.File, backing *os.File, args ...string) (*server, error) {
	defer device.Close()
	if os.Args[0] == serveName {
		return nil, errors.New("faultlab: the program does not call faultlab.Main first")
	}
	ours, theirs, err := socketPair()
	if err != nil {
		return nil, err
	}
	defer theirs.Close()
	cmd := exec.Command("/proc/self/exe")
	cmd.Args = append([]string{serveName}, args...)
	cmd.Stderr = os.Stderr
	cmd.ExtraFiles = []*os.File{device, theirs}
	if backing != nil {
		cmd.ExtraFiles = append(cmd.ExtraFiles, backing)
	}
	// A group of its own: Ctrl-C is for the parent, which then ends in order.
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL, Setpgid: true}
	s := &server{exited: make(chan struct{})}
	if err := s.start(cmd); err != nil {
		ours.Close()
		return nil, err
	}
	conn, err := net.FileConn(ours)
	ours.Close()
	if err != nil {
		return nil, errors.Join(err, s.kill())
	}
	s.client = rpc.NewClient(conn)
	// The first answer says that it serves; it also proves that Main was called.
	if err := s.client.Call("Control.Clear", struct{}{}, nil); err != nil {
		return nil, errors.Join(fmt.Errorf("faultlab: no server (does the program call faultlab.Main first?): %w", err), s.close())
	}
	return s, nil
}

// start starts cmd from a thread that lives as long as cmd, for a parent-death
// signal comes at the death of the thread that forked.
func (s *server) start(cmd *exec.Cmd) error {
	started := make(chan error)
	go func() {
		runtime.LockOSThread()
		err := cmd.Start()
		started <- err
		if err == nil {
			cmd.Wait()
			close(s.exited)
		}
	}()
	if err := <-started; err != nil {
		return err
	}
	s.kill = cmd.Process.Kill
	return nil
}

// close ends the process.
func (s *server) close() error {
	err := s.client.Close()
	select {
	case <-s.exited:
	case <-time.After(patience):
		err = errors.Join(err, errors.New("faultlab: the server did not end"), s.kill())
	}
	if errors.Is(err, rpc.ErrShutdown) {
		return nil
	}
	return err
}

func (s *server) add(list ...Fault) error { return s.client.Call("Control.Add", list, nil) }

func (s *server) drive(d Drive) error { return s.client.Call("Control.Drive", d, nil) }

func (s *server) clear() error { return s.client.Call("Control.Clear", struct{}{}, nil) }

func (s *server) since(n int) ([]Read, error) {
	var reads []Read
	err := s.client.Call("Control.Since", n, &reads)
	return reads, err
}

func socketPair() (a, b *os.File, err error) {
	fd, err := syscall.Socketpair(syscall.AF_UNIX, syscall.SOCK_STREAM|syscall.SOCK_CLOEXEC, 0)
	if err != nil {
		return nil, nil, os.NewSyscallError("socketpair", err)
	}
	return os.NewFile(uintptr(fd[0]), "socketpair"), os.NewFile(uintptr(fd[1]), "socketpair"), nil
}

// closeAll closes in order, and returns all errors.
func closeAll(closers ...io.Closer) error {
	var errs []error
	for _, c := range closers {
		errs = append(errs, c.Close())
	}
	return errors.Join(errs...)
}
