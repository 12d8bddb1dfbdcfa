//go:build amd64

package elfdep

import (
	"context"
	"flag"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"rescuebox/internal/elffile"
	"rescuebox/internal/rootfs"
)

var (
	all   = flag.Bool("elfdep.all", false, "ask the loader about every object, not only programs and every fourth of the others")
	roots = flag.String("elfdep.roots", "/var/cache/rescuebox/roots/small", "systems below folders, parted by commas, as scripts/roots makes them")
)

// inTree returns the ELF files below the /usr of a root and its other folders of
// programs and libraries, by their path inside.
func inTree(t *testing.T, root string) (files []string) {
	seen := map[string]bool{}
	for _, dir := range []string{"/usr", "/bin", "/sbin", "/lib", "/lib64", "/opt"} {
		if root == "" && dir != "/usr" {
			break
		}
		err := filepath.WalkDir(root+dir, func(path string, d fs.DirEntry, err error) error {
			if err != nil || !d.Type().IsRegular() {
				return nil // what others remove meanwhile
			}
			if f, err := os.Open(path); err == nil {
				var magic [4]byte
				_, _ = f.ReadAt(magic[:], 0)
				f.Close()
				if name := path[len(root):]; string(magic[:]) == "\x7fELF" && !seen[name] {
					seen[name] = true
					files = append(files, name)
				}
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	return files
}

// loaderFor returns the loader to ask about a closure: glibc's for the machine that
// this runs on, in either width.
func loaderFor(c *Closure) (string, bool) {
	o := c.Program.File
	switch {
	case header(o, o) != nil: // another system's
		return "", false
	case !o.Dynamic || c.Static() && len(o.Needed) > 0 || strings.Contains(c.Interp.Name, "musl"):
		return "", false
	case o.Machine == elffile.MachineX86_64 && o.Class == elffile.Class64:
		return glibc, true
	case o.Machine == elffile.Machine386:
		return "/lib/ld-linux.so.2", true
	}
	return "", false
}

// compareTree compares every object below a root with what its loader says.
func compareTree(t *testing.T, root string) (compared, errors int) {
	config := Config{Levels: HostLevels(), Capabilities: HostCapabilities(), Secure: SecureNever}
	if root != "" {
		config.Root = rootfs.New(root)
	}
	r := New(config)
	type job struct {
		file, loader, ours string
		closure            *Closure
	}
	jobs := make(chan job)
	var workers sync.WaitGroup
	var mutex sync.Mutex
	for range 2 {
		workers.Go(func() {
			for j := range jobs {
				theirs := traceIn(root, j.loader, nil, j.file)
				if text, failed := strings.CutPrefix(theirs, "error "); failed && explains(j.closure, text) {
					mutex.Lock()
					errors++
					mutex.Unlock()
				} else if theirs != j.ours {
					t.Errorf("%s%s\nours:\n%s\ntheirs:\n%s", root, j.file, j.ours, theirs)
				}
			}
		})
	}
	for i, file := range inTree(t, root) {
		c, err := r.Closure(context.Background(), file)
		if err != nil {
			if _, gone := os.Lstat(root + file); gone == nil {
				t.Logf("%s%s: %v", root, file, err)
			}
			continue
		}
		program := strings.HasPrefix(file, "/usr/bin/") || strings.HasPrefix(file, "/usr/sbin/") || strings.HasPrefix(file, "/bin/")
		if loader, ok := loaderFor(c); ok && (*all || program || i%4 == 0) {
			compared++
			jobs <- job{file, loader, listing(c), c}
		}
	}
	close(jobs)
	workers.Wait()
	if r.CacheErr != nil {
		t.Error(r.CacheErr)
	}
	return compared, errors
}

// explains reports whether a closure knows of what a loader gave up at: an object
// that it calls damaged, or the program itself.
func explains(c *Closure, text string) bool {
	for i := range c.Objects {
		if o := &c.Objects[i]; o.Err != nil && !o.Missing() && (strings.Contains(text, o.Path) || strings.Contains(text, o.Name)) {
			return true
		}
	}
	return c.Program.Err != nil || unfit(c.Program.File, c.Program.File) == errNoDynamic
}

// Every dynamic object below /usr: what the real loader loads, in its order.
func TestAgainstTheLoader(t *testing.T) {
	compared, errors := compareTree(t, "")
	if compared < 200 {
		t.Errorf("only %d objects were compared", compared)
	}
	t.Logf("%d objects compared, of which the loader refuses %d", compared, errors)
}

// The same in systems of other releases, with their own loaders.
func TestForeignRoots(t *testing.T) {
	for root := range strings.SplitSeq(*roots, ",") {
		if _, err := os.Stat(root + glibc); err != nil {
			// A link inside may lead out, to a loader that is not the root's.
			if _, err := os.Lstat(root + "/usr"); err != nil {
				t.Fatalf("%v (scripts/roots small)", err)
			}
		}
		compared, errors := compareTree(t, root)
		if compared < 50 {
			t.Errorf("%s: only %d objects were compared", root, compared)
		}
		t.Logf("%s: %d objects compared, of which the loader refuses %d", root, compared, errors)
	}
}
