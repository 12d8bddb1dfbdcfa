//go:build amd64

package elfdep

import (
	"bytes"
	"context"
	"errors"
	"flag"
	"fmt"
	"os/exec"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"rescuebox/internal/rootfs"
)

var (
	seeds     = flag.Int("elfdep.seeds", 60, "how many random systems are shown to each of the real loaders")
	firstSeed = flag.Int("elfdep.seed", 1, "the first of them")
	other     = flag.String("elfdep.loader", "", "another x86-64 glibc loader to try the random systems with")
)

// command runs the loader inside.
func (w *world) command(args ...string) (out, complaints string, failed error) {
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, w.loader, args...)
	cmd.SysProcAttr = &syscall.SysProcAttr{Chroot: w.dir}
	cmd.Dir = w.cwd
	cmd.Env = []string{"LD_LIBRARY_PATH=" + w.search, "LD_PRELOAD=" + w.preload}
	if !w.musl {
		cmd.Env = append(cmd.Env, "LD_TRACE_LOADED_OBJECTS=1")
	}
	var stdout, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	if failed = cmd.Run(); ctx.Err() != nil {
		failed = ctx.Err()
	}
	return stdout.String(), stderr.String(), failed
}

func (w *world) resolve() *Closure {
	c, err := New(Config{
		Root: rootfs.New(w.dir), Dir: w.cwd, LibraryPath: w.search, Preload: w.preload,
		Levels: HostLevels(), Capabilities: HostCapabilities(),
	}).Closure(context.Background(), "/bin/prog")
	if err != nil {
		w.t.Fatal(err)
	}
	return c
}

// glibc compares with what ld.so traces.
func (w *world) glibc() (objects int) {
	out, stderr, failed := w.command("/bin/prog")
	c := w.resolve()
	if errors.Is(failed, context.DeadlineExceeded) {
		w.t.Fatalf("the loader is still at it:\n%s", listing(c))
	}
	var refused []string
	for line := range strings.Lines(stderr) {
		if name, ok := strings.CutPrefix(line, "ERROR: ld.so: object '"); ok {
			name, _, _ = strings.Cut(name, "'")
			refused = append(refused, name)
		}
	}
	if !slices.Equal(refused, c.NotPreloaded) {
		w.t.Errorf("not preloaded: ours %q, theirs %q", c.NotPreloaded, refused)
	}
	if failed != nil {
		for i := range c.Objects {
			if o := &c.Objects[i]; o.Err != nil && !o.Missing() && (strings.Contains(stderr, ": "+o.Path+":") || strings.Contains(stderr, ": "+o.Name+":")) {
				return len(c.Objects)
			}
		}
		w.t.Errorf("%v: %s\nours knows of no such damage:\n%s", failed, stderr, listing(c))
		return 0
	}
	if ours, theirs := listing(c), w.withoutFiltees(lines(out), c); ours != theirs {
		w.t.Errorf("ours:\n%s\ntheirs:\n%s\n%s", ours, theirs, stderr)
	}
	for i := range c.Objects {
		if o := &c.Objects[i]; o.Err != nil && !o.Missing() && o.Rule != ByLoader {
			w.t.Errorf("%s is taken for damaged, and the loader loads it: %v", o.Path, o.Err)
		}
	}
	return len(c.Objects)
}

// withoutFiltees leaves out of a trace the optional filtees that were not found,
// which the loader keeps only to trace them.
func (w *world) withoutFiltees(trace string, c *Closure) string {
	ours, theirs := strings.Split(listing(c), "\n"), strings.Split(trace, "\n")
	left := slices.Clone(c.NotFiltering)
	var kept []string
	for _, line := range theirs {
		name, _ := strings.CutSuffix(line, " => not found")
		asExpected := len(kept) < len(ours) && ours[len(kept)] == line
		if i := slices.Index(left, name); i >= 0 && !asExpected {
			left = slices.Delete(left, i, i+1)
			continue
		}
		kept = append(kept, line)
	}
	return strings.Join(kept, "\n")
}

// lines are the objects in the output of a loader, without addresses and the vdso.
func lines(out string) string {
	var all []string
	for line := range strings.Lines(out) {
		line, _, _ = strings.Cut(strings.TrimSpace(line), " (0x")
		if line == "" || strings.HasPrefix(line, "linux-vdso") || strings.HasPrefix(line, "linux-gate") || line == "statically linked" {
			continue
		}
		all = append(all, line)
	}
	return strings.Join(all, "\n")
}

// dump shows a system that gave a difference.
func (w *world) dump() string {
	out, _ := exec.Command("sh", "-c", `cd "$1" && find . -type l -printf '%p -> %l\n' -o -type f -printf '%p\n'
		for f in $(find . -type f); do readelf -d "$f" 2>/dev/null | grep -e NEED -e PATH -e SONAME -e NODEF -e FILTER -e AUX | sed "s|^|$f |"; done
		ldconfig -r . -p; cat etc/ld.so.preload`, "sh", w.dir).CombinedOutput()
	return fmt.Sprintf("cwd %s LD_LIBRARY_PATH=%s LD_PRELOAD=%s\n%s", w.cwd, w.search, w.preload, out)
}

// Random systems, shown to the real loaders in a root of their own.
func TestRandomGlibc(t *testing.T) {
	loaders := []struct {
		name, loader, image string
		class               byte
	}{
		{"x86-64", glibc, glibc, 2},
		{"i386", "/lib/ld-linux.so.2", "/lib/ld-linux.so.2", 1},
	}
	if *other != "" {
		loaders[0].image = *other
		loaders = loaders[:1]
	}
	for _, l := range loaders {
		systems, objects := 0, 0
		for seed := *firstSeed; seed < *firstSeed+*seeds; seed++ {
			t.Run(fmt.Sprintf("%s/%d", l.name, seed), func(t *testing.T) {
				w := newWorld(t, seed, l.class, l.loader, l.image)
				systems++
				objects += w.glibc()
				if t.Failed() {
					t.Log(w.dump())
				}
			})
		}
		compared(t, l.name, systems, objects)
	}
}

// compared says how much was: nothing is an error, as when the loader does not run.
// No systems are when -run chooses others.
func compared(t *testing.T, loader string, systems, objects int) {
	t.Helper()
	t.Logf("%s: %d systems, %d objects compared", loader, systems, objects)
	if objects < systems {
		t.Errorf("%s: %d objects of %d systems compared: does the loader run here?", loader, objects, systems)
	}
}

// compareMusl compares with what musl's loader lists.
func (w *world) compareMusl() (objects int) {
	out, stderr, failed := w.command("--list", "/bin/prog")
	c := w.resolve()
	var ours, theirs, missed []string
	for _, o := range c.Objects {
		switch {
		case o.Rule == ByLoader:
		case o.File == nil:
			by := "/bin/prog"
			if o.Requester >= 0 {
				by = c.Objects[o.Requester].Path
			}
			missed = append(missed, fmt.Sprintf("%s (needed by %s)", o.Name, by))
		default:
			ours = append(ours, o.Name+" => "+o.Path)
		}
	}
	for line := range strings.Lines(out) {
		// The loader names itself for each of its names.
		if line, _, _ := strings.Cut(strings.TrimSpace(line), " (0x"); line != w.loader && !strings.HasSuffix(line, " => "+w.loader) {
			theirs = append(theirs, line)
		}
	}
	var complaints []string
	for line := range strings.Lines(stderr) {
		if name, ok := strings.CutPrefix(line, "Error loading shared library "); ok {
			name, reason, _ := strings.Cut(strings.TrimSpace(name), ": ")
			_, by, _ := strings.Cut(reason, " (")
			complaints = append(complaints, name+" ("+by)
		}
	}
	if !slices.Equal(ours, theirs) || !slices.Equal(missed, complaints) {
		w.t.Errorf("ours:\n%s\ntheirs:\n%s\nmissed:\n%s\ntheirs:\n%s\n%v %s", strings.Join(ours, "\n"), strings.Join(theirs, "\n"),
			strings.Join(missed, "\n"), strings.Join(complaints, "\n"), failed, stderr)
	}
	return len(c.Objects)
}

func TestRandomMusl(t *testing.T) {
	const loader = "/lib/ld-musl-x86_64.so.1"
	systems, objects := 0, 0
	for seed := *firstSeed; seed < *firstSeed+*seeds; seed++ {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			w := newWorld(t, seed, 2, loader, loader)
			systems++
			objects += w.compareMusl()
			if t.Failed() {
				t.Log(w.dump())
			}
		})
	}
	compared(t, "musl", systems, objects)
}
