package snapshot

import (
	"context"
	"errors"
	"io"
	"runtime"
	"strconv"
	"strings"
	"time"

	"rescuebox/internal/elffile"
	"rescuebox/internal/rootfs"
)

// A loader that has not linked a program by then does not get it done.
const patience = 5 * time.Minute

// pack is Make.
func pack(ctx context.Context, in Input, out io.Writer) error {
	lvl, ok := level(in.CPU)
	if !ok {
		return errors.New("no such processor: " + in.CPU + " (" + Baseline + ", " + V2 + ", " + V3 + " or " + Host + ")")
	}
	program, loader, next, err := in.objects()
	if err != nil {
		return err
	}
	defer program.file.Close()
	defer loader.file.Close()
	stop, err := loader.startUser()
	if err != nil {
		return err
	}
	if err := checkEnv(in.Env); err != nil {
		return err
	}
	env, err := in.loaderEnv(lvl)
	if err != nil {
		return err
	}
	s, err := newStack(program, loader, env)
	if err != nil {
		return err
	}

	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	t, err := start()
	if err != nil {
		return err
	}
	kill := func() { _ = t.process.Kill() }
	defer context.AfterFunc(ctx, kill)()
	m := &image{linker: &linker{tracee: t, program: program, next: next, end: heapAt}, stack: s, loader: [2]uint64{loader.bias, next}}
	timer := time.AfterFunc(patience, kill)
	err = m.link(in, loader, stop)
	late := !timer.Stop()
	if err == nil {
		err = in.preloaded(m.hear())
	}
	if err == nil {
		err = m.write(out, in, needed(lvl))
	}
	said := t.end()
	switch {
	case ctx.Err() != nil:
		return context.Cause(ctx)
	case late:
		return errors.New("the loader does not get done")
	case err == errGaveUp && said != "":
		return &Refused{program.path, "the loader says: " + said}
	}
	return err
}

// preloaded looks for complaints about what should be taken along, which the loader
// goes on without.
func (in Input) preloaded(said string) error {
	for line := range strings.Lines(said) {
		for _, p := range in.Preload {
			if strings.Contains(line, "'"+p+"'") && strings.Contains(line, "cannot be preloaded") {
				return &Refused{p, "the loader says: " + strings.TrimSpace(line)}
			}
		}
	}
	return nil
}

func checkEnv(env []string) error {
	if len(env) > maxEnv {
		return errors.New("more than " + strconv.Itoa(maxEnv) + " variables of the environment")
	}
	for _, e := range env {
		if strings.IndexByte(e, '=') <= 0 || strings.IndexByte(e, 0) >= 0 {
			return errors.New(e + ": not NAME=VALUE")
		}
	}
	return nil
}

// objects opens the program and its loader and places them. What the loader maps
// goes to next and on.
func (in Input) objects() (program, loader *object, next uint64, err error) {
	program, err = in.open(in.Program)
	if err != nil {
		return nil, nil, 0, err
	}
	loader, next, err = in.place(program)
	if err != nil {
		program.file.Close()
		return nil, nil, 0, err
	}
	return program, loader, next, nil
}

func (in Input) open(path string) (*object, error) {
	root := rootfs.New(in.Root)
	real, err := root.Resolve(path)
	if err != nil {
		return nil, err
	}
	return open(root.Host(real), real)
}

func (in Input) place(program *object) (loader *object, next uint64, err error) {
	if reason := program.refusal(); reason != "" {
		return nil, 0, &Refused{in.Program, reason}
	}
	if in.Interp == "" {
		in.Interp = program.Interp
	}
	loader, err = in.open(in.Interp)
	var refused *Refused
	if err != nil && !errors.As(err, &refused) {
		err = step("its loader "+in.Interp, err)
	}
	if err != nil {
		return nil, 0, err
	}
	if next, err = program.place(objectsAt); err == nil {
		next, err = loader.place(next)
	}
	if err == nil && loader.Type != elffile.Dyn {
		err = &Refused{in.Interp, "not a loader"}
	}
	if err != nil {
		loader.file.Close()
		return nil, 0, err
	}
	return loader, next, nil
}

const maxEnv = 64 // as in add_env of stub.c

// loaderEnv is the environment that the loader is run with.
func (in Input) loaderEnv(level int) ([]string, error) {
	env := []string{"LD_BIND_NOW=1", "GLIBC_TUNABLES=" + tunables(level)}
	if in.LibraryPath != "" {
		env = append(env, "LD_LIBRARY_PATH="+in.LibraryPath)
	}
	for _, p := range in.Preload {
		if strings.ContainsAny(p, " :") {
			return nil, &Refused{p, "a space or colon in the name of a library to preload"}
		}
	}
	if len(in.Preload) > 0 {
		env = append(env, "LD_PRELOAD="+strings.Join(in.Preload, ":"))
	}
	return env, nil
}

// link lays the objects out, runs the loader on them and collects what it leaves.
func (m *image) link(in Input, loader *object, stop uint64) error {
	if in.Root != "" {
		if err := m.setRoot(in.Root); err != nil {
			return err
		}
	}
	if err := m.stack.load(m.tracee); err != nil {
		return err
	}
	for _, o := range []*object{m.program, loader} {
		if err := o.load(m.tracee); err != nil {
			return err
		}
	}
	if err := m.run(loader, stop); err != nil {
		return err
	}
	if err := m.collect(); err != nil {
		return err
	}
	if err := m.forgetProcessor(); err != nil {
		return err
	}
	return m.scan()
}
