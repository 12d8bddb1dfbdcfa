package multicall

import (
	"errors"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"

	"rescuebox/internal/applet"
)

// linker makes the links of --install.
type linker struct {
	symbolic bool
	force    bool // replace what is there
}

// install puts a link for each name into the folder that operands name, says
// what it did, and returns the status: 1 when a name is missing afterwards.
func (f *Front) install(s applet.Streams, argv0 string, link linker, operands []string) int {
	if len(operands) != 1 {
		report(s, applet.Usage(1, "--install: name one folder for the links"))
		return 1
	}
	dir := operands[0]
	self, err := selfPath(argv0, s.Getenv("PATH"))
	if err != nil {
		report(s, err)
		return 1
	}
	if err := os.MkdirAll(s.Path(dir), 0o755); err != nil {
		report(s, err)
		return 1
	}
	r := s.Reporter()
	made, kept := 0, []string{}
	for _, a := range f.Table {
		for _, name := range names(a) {
			file := filepath.Join(dir, name)
			switch err := link.make(self, s.Path(file)); {
			case err == nil:
				made++
			case errors.Is(err, os.ErrExist):
				kept = append(kept, name)
			default:
				r.Error(file, err)
			}
		}
	}
	say(s, link.summary(made, kept, dir, self))
	return applet.Status(r.Err())
}

// make links file to self. An existing file is replaced by rename, so that no
// moment is without one, and only when forced.
func (l linker) make(self, file string) error {
	link := os.Link
	if l.symbolic {
		link = os.Symlink
	}
	err := link(self, file)
	if !l.force || !errors.Is(err, os.ErrExist) {
		return err
	}
	if same(self, file) && !l.symbolic {
		return nil
	}
	tmp := file + ".rescuebox-new"
	if err := link(self, tmp); err != nil {
		return err
	}
	// Not os.Rename, which says that a folder in the way "exists".
	if err := syscall.Rename(tmp, file); err != nil {
		_ = os.Remove(tmp)
		return err
	}
	return nil
}

// same reports whether both names are one file already. Renaming a hard link
// over another link of the same file does nothing and leaves both.
func same(a, b string) bool {
	fa, err := os.Lstat(a)
	if err != nil {
		return false
	}
	fb, err := os.Lstat(b)
	return err == nil && os.SameFile(fa, fb)
}

func (l linker) summary(made int, kept []string, dir, self string) string {
	kind := "hard"
	if l.symbolic {
		kind = "symbolic"
	}
	text := "made " + strconv.Itoa(made) + " " + kind + " links to " + self + " in " + dir + "\n"
	if len(kept) > 0 {
		text += "left " + strconv.Itoa(len(kept)) + " existing files alone (--force replaces them): " +
			strings.Join(kept, " ") + "\n"
	}
	return text
}

// selfPath returns the absolute path of the running binary, also where /proc is
// not mounted: from argv0, looked up in path when it has no slash.
func selfPath(argv0, path string) (string, error) {
	if exe, err := os.Executable(); err == nil {
		if _, err := os.Stat(exe); err == nil {
			return exe, nil
		}
	}
	if strings.Contains(argv0, "/") {
		return filepath.Abs(argv0)
	}
	for _, dir := range filepath.SplitList(path) {
		file := filepath.Join(dir, argv0)
		if info, err := os.Stat(file); err == nil && info.Mode()&0o111 != 0 && !info.IsDir() {
			return filepath.Abs(file)
		}
	}
	return "", errors.New("cannot find the path of this program: call it by its full path")
}
