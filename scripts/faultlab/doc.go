// Package faultlab makes block devices and folders whose chosen places fail, so
// that the kernel itself reports the error, as it does for a failing disk.
//
// An [Image] is a disk: a file served over FUSE and put under a loop device. A
// chosen 512-byte sector fails with EIO always, fails a number of times, or
// answers slowly. A [Tree] is a copy of a folder in which chosen byte ranges of
// chosen files fail; it needs no root, only a user namespace (see [Isolate]).
//
// The file system is served by a process of its own, so that it can be ended, and
// with it every I/O that waits for it, when the program that uses it dies: a
// thread in an uninterruptible wait for a disk which its own process serves would
// never end. That process is this same program under another name, so a program or
// test that uses the package starts with [Main]:
//
//	func TestMain(m *testing.M) {
//		faultlab.Main()
//		os.Exit(m.Run())
//	}
//
//	func TestBadSector(t *testing.T) {
//		img, err := faultlab.NewImage("disk.img")
//		...
//		defer img.Close()
//		img.FailAlways(28674)
//		dev, err := img.Attach() // "/dev/loop3"
//		dir, err := img.Mount("ext4") // "/proc/1234/fd/9"
//
// Nothing outlives the program, however it ends: mounts are in no mount table, but
// are held by open descriptors, loop devices clear themselves, and the serving
// process dies with its parent.
package faultlab
