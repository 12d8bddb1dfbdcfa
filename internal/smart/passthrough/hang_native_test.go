//go:build amd64

package passthrough

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"rescuebox/scripts/faultlab"
)

// hanging is the variable that makes the test binary ask a disk that does not answer.
const hanging = "PASSTHROUGH_HANGING"

func TestMain(m *testing.M) {
	faultlab.Main()
	if path := os.Getenv(hanging); path != "" {
		os.Exit(hang(path))
	}
	os.Exit(m.Run())
}

// hang reads a disk, which takes an uninterruptible wait, and says what came of it.
func hang(path string) int {
	fd, err := unix.Open(path, unix.O_RDONLY|unix.O_DIRECT|unix.O_CLOEXEC, 0)
	if err != nil {
		fmt.Println(err)
		return 1
	}
	a, err := newArea(4096)
	if err != nil {
		fmt.Println(err)
		return 1
	}
	_, err = apart(context.Background(), call{unix.SYS_READ, uintptr(fd), a.data(), 4096}, a, 300*time.Millisecond)
	fmt.Println(err)
	return 3
}

// A call that hangs in the kernel keeps neither its process from ending nor a reader of
// its output from seeing the end of that.
func TestHang(t *testing.T) {
	disk, err := faultlab.NewBlankImage(1 << 20)
	if err != nil {
		t.Fatal(err)
	}
	defer disk.Close()
	device, err := disk.Attach()
	if err != nil {
		t.Fatal(err)
	}
	const delay = 5 * time.Second
	if err := disk.Add(faultlab.Fault{Length: 4096, Times: faultlab.Always, Delay: delay}); err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), hanging+"="+device)
	start := time.Now()
	out, err := cmd.CombinedOutput()
	took := time.Since(start)
	if want := "no answer in 0.3 s, and the command still hangs in the kernel"; !strings.Contains(string(out), want) {
		t.Errorf("%s (%v)", out, err)
	}
	if took > delay/2 {
		t.Errorf("it took %v", took)
	}
	t.Log("took", took)
}
