package faultlab

import (
	"bytes"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"rescuebox/scripts/faultlab/hostroot"
)

// ext4 makes an image of a root with bash and ls, and returns its path and the
// library that only ls needs, as a path in the root and as content.
func ext4(t *testing.T) (image, library string, content []byte) {
	t.Helper()
	root := hostroot.New(t.TempDir())
	for _, p := range []string{"/bin/bash", "/bin/ls"} {
		must(t, root.AddProgram(p))
	}
	found, _ := filepath.Glob(root.Path("/usr/lib/*/libselinux.so.1"))
	if len(found) != 1 {
		t.Fatalf("no libselinux beside ls: %q", found)
	}
	content, err := os.ReadFile(found[0])
	must(t, err)
	image = filepath.Join(t.TempDir(), "image")
	out, err := exec.Command("mkfs.ext4", "-q", "-b", "4096", "-d", root.Dir, image, "32M").CombinedOutput()
	if err != nil {
		t.Fatalf("mkfs.ext4 (apt-get install e2fsprogs): %v: %s", err, out)
	}
	return image, strings.TrimPrefix(found[0], root.Dir), content
}

// sectorOf finds a block of content in the image.
func sectorOf(t *testing.T, image string, block []byte) int64 {
	t.Helper()
	b, err := os.ReadFile(image)
	must(t, err)
	for at := 0; at < len(b); at += 4096 {
		if bytes.Equal(b[at:at+4096], block) {
			return int64(at) / SectorSize
		}
	}
	t.Fatal("the block is not in the image")
	return 0
}

// in runs a command of bash in the root dir, and returns its output and status.
func in(dir, command string) (string, int) {
	cmd := exec.Command("/bin/bash", "-c", command)
	cmd.SysProcAttr = &syscall.SysProcAttr{Chroot: dir}
	cmd.Dir, cmd.Env = "/", []string{"PATH=/bin"}
	out, err := cmd.CombinedOutput()
	if cmd.ProcessState == nil {
		return err.Error(), -1
	}
	return string(out), cmd.ProcessState.ExitCode()
}

// One sector of one library: ls dies without a word, the shell goes on.
func TestBadLibrary(t *testing.T) {
	path, library, content := ext4(t)
	img, err := NewImage(path)
	must(t, err)
	defer func() { must(t, img.Close()) }()
	const page = 1 // dynamic symbols, say: read at every start
	sector := sectorOf(t, path, content[page*4096:][:4096]) + 3
	must(t, img.FailAlways(sector))
	dir, err := img.Mount("ext4")
	must(t, err)

	if out, status := in(dir, "echo a builtin; ls /; echo status $?"); status != 0 || !strings.Contains(out, "a builtin\n") || !strings.Contains(out, "status 135\n") {
		t.Errorf("status %d: %s", status, out)
	}
	f, err := openRaw(dir+library, unix.O_RDONLY|unix.O_DIRECT)
	must(t, err)
	defer f.Close()
	var bad []int64
	for offset := int64(0); offset < int64(len(content)); offset += SectorSize {
		if _, err := f.ReadAt(aligned(SectorSize), offset); err != nil && err != io.EOF {
			bad = append(bad, offset)
		}
	}
	if len(bad) != 1 || bad[0] != page*4096+3*SectorSize {
		t.Errorf("bad offsets %d", bad)
	}

	must(t, img.Clear())
	if out, status := in(dir, "ls /"); status != 0 || !strings.Contains(out, "lost+found") {
		t.Errorf("after Clear: status %d: %s", status, out)
	}
}

// A program that is killed while one of its threads waits for the disk which it
// serves leaves nothing behind.
func TestKilled(t *testing.T) {
	cmd := exec.Command("/proc/self/exe")
	cmd.Args = []string{insideDoomed}
	cmd.Stderr = os.Stderr
	out, err := cmd.StdoutPipe()
	must(t, err)
	must(t, cmd.Start())
	line := make([]byte, 200)
	n, err := out.Read(line)
	must(t, err)
	dev, backing, _ := strings.Cut(strings.TrimSpace(string(line[:n])), " ")
	must(t, cmd.Process.Kill())
	cmd.Wait()
	name := "/sys/block/" + filepath.Base(dev) + "/loop/backing_file"
	for deadline := time.Now().Add(patience); ; time.Sleep(10 * time.Millisecond) {
		b, err := os.ReadFile(name)
		if err != nil || !bytes.Contains(b, []byte(backing)) {
			break
		}
		if time.Now().After(deadline) {
			t.Fatalf("%s still holds %s", dev, b)
		}
	}
	// The serving process carries the name of the file in its arguments.
	for deadline := time.Now().Add(patience); running(t, backing); time.Sleep(10 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatal("the server still runs")
		}
	}
}

func running(t *testing.T, argument string) bool {
	t.Helper()
	names, err := filepath.Glob("/proc/[0-9]*/cmdline")
	must(t, err)
	for _, name := range names {
		if b, err := os.ReadFile(name); err == nil && bytes.Contains(b, []byte(argument)) {
			return true
		}
	}
	return false
}

// An ordinary user gets a tree with bad places in a user namespace.
func TestTreeOfUser(t *testing.T) {
	const nobody = 65534
	dir := t.TempDir()
	for d := dir; d != os.TempDir() && d != "/"; d = filepath.Dir(d) {
		must(t, os.Chmod(d, 0o755)) // let nobody in
	}
	source, at, program, device := dir+"/source", dir+"/at", dir+"/program", dir+"/fuse"
	must(t, os.MkdirAll(source+"/folder", 0o755))
	must(t, os.Mkdir(at, 0o755))
	must(t, os.WriteFile(source+"/one", []byte("one"), 0o644))
	must(t, os.WriteFile(source+"/folder/two", make([]byte, 30_000), 0o644))
	self, err := os.ReadFile("/proc/self/exe")
	must(t, err)
	must(t, os.WriteFile(program, self, 0o755))
	// A node of its own: that in /dev may be for root alone.
	must(t, unix.Mknod(device, unix.S_IFCHR|0o666, int(unix.Mkdev(10, 229))))
	must(t, os.Chmod(device, 0o666))
	cmd := exec.Command(program)
	cmd.Args = []string{insideUser, device, source, at}
	cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: nobody, Gid: nobody}, Pdeathsig: syscall.SIGKILL}
	out, err := cmd.CombinedOutput()
	if err != nil || string(out) != "good\n" {
		t.Errorf("%v: %s", err, out)
	}
}
