package faultlab

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"time"

	"golang.org/x/sys/unix"
)

// The test program is also each part of the tests that needs a process of its own;
// argv[0] says which.
const (
	insideDoomed    = "inside-doomed"    // waits for a slow disk until it is killed
	insideUser      = "inside-user"      // enters a user namespace
	insideNamespace = "inside-namespace" // shows a tree there
)

// insideMain is that part, and does not return, if the program was started as one.
func insideMain() {
	parts := map[string]func() error{insideDoomed: doomed, insideUser: enterNamespace, insideNamespace: showTree}
	part, ok := parts[os.Args[0]]
	if !ok {
		return
	}
	if err := part(); err != nil {
		fmt.Fprintln(os.Stderr, os.Args[0]+":", err)
		os.Exit(1)
	}
	os.Exit(0)
}

// doomed reads a sector that takes an hour, and says on which device.
func doomed() error {
	img, err := NewBlankImage(1 << 20)
	if err != nil {
		return err
	}
	dev, err := img.Attach()
	if err != nil {
		return err
	}
	if err := img.Slow(8, time.Hour); err != nil {
		return err
	}
	device, err := openRaw(dev, unix.O_RDONLY|unix.O_DIRECT)
	if err != nil {
		return err
	}
	go func() {
		for {
			if reads, err := img.Reads(); err == nil && len(reads) > 0 && reads[len(reads)-1].Offset == 8*SectorSize {
				fmt.Println(dev, img.loop.backing)
				return
			}
			time.Sleep(10 * time.Millisecond)
		}
	}()
	_, err = device.ReadAt(aligned(SectorSize), 8*SectorSize)
	return err
}

// enterNamespace runs showTree in namespaces of an ordinary user, with the same
// arguments.
func enterNamespace() error {
	if os.Geteuid() == 0 {
		return errors.New("is root")
	}
	cmd := exec.Command("/proc/self/exe")
	cmd.Args = append([]string{insideNamespace}, os.Args[1:]...)
	cmd.Stdout, cmd.Stderr = os.Stdout, os.Stderr
	Isolate(cmd)
	return cmd.Run()
}

// showTree shows the folder of its second argument at that of its third, through
// the device of its first, with bad bytes in one file, and reads.
func showTree() error {
	if err := PrivateMounts(); err != nil {
		return err
	}
	tree, err := NewTree(os.Args[2], os.Args[1])
	if err != nil {
		return err
	}
	at := os.Args[3]
	err = errors.Join(tree.Show(at), tree.Fail("folder/two", 10_000, 5))
	if err != nil {
		return err
	}
	if err := checkTree(at); err != nil {
		return err
	}
	if err := tree.Clear(); err != nil {
		return err
	}
	if b, err := os.ReadFile(filepath.Join(at, "folder/two")); err != nil || len(b) != 30_000 {
		return fmt.Errorf("after Clear: %d bytes, %v", len(b), err)
	}
	fmt.Println("good")
	return errors.Join(unix.Unmount(at, unix.MNT_DETACH), tree.Close())
}

func checkTree(dir string) error {
	if b, err := os.ReadFile(filepath.Join(dir, "one")); err != nil || string(b) != "one" {
		return fmt.Errorf("%q, %v", b, err)
	}
	f, err := os.Open(filepath.Join(dir, "folder/two"))
	if err != nil {
		return err
	}
	defer f.Close()
	for offset, bad := range map[int64]bool{0: false, 9_000: false, 9_001: true, 10_004: true, 10_005: false, 29_000: false} {
		n, err := f.ReadAt(make([]byte, 1000), offset)
		if bad != errors.Is(err, unix.EIO) || !bad && n != 1000 {
			return fmt.Errorf("at %d: %d bytes, %v", offset, n, err)
		}
	}
	return nil
}
