// Command luna replays a whole rescue on a small system made of this machine's own
// programs: one sector of one library that ls needs becomes unreadable; a person
// at the one shell that is still open pastes the kit through the terminal into
// whatever interpreter still runs, and asks it which library is broken.
//
// It prints what that person would see, compares the finding with what was broken,
// and exits with 0 only if they agree and nothing is left behind.
//
// As root the system lies on an ext4 disk whose sector fails, so the kernel reports
// the error and the finding has a sector. As an ordinary user it is a folder whose
// bytes fail, in a user namespace, and the finding has an offset only.
package main

import (
	"context"
	"flag"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"os/signal"
	"path/filepath"
	"time"

	"golang.org/x/sys/unix"

	"rescuebox/b64xfer/pack"
	"rescuebox/scripts/faultlab"
)

// options are what the command line says.
type options struct {
	kit      string
	mode     string // "root" or "user"
	receiver string
	verbose  bool
	out      io.Writer
}

// limit is how long one rescue may take before it is a failure.
const limit = 5 * time.Minute

func main() {
	faultlab.Main()
	insideMain()
	o := options{out: os.Stdout}
	flag.StringVar(&o.kit, "kit", "bin/rescuebox-kit", "the `binary` that is pasted")
	seed := flag.Uint64("seed", rand.Uint64N(1e6), "what is broken, and where")
	times := flag.Int("times", 1, "how many rescues, with consecutive seeds")
	flag.StringVar(&o.mode, "mode", defaultMode(), "root (a disk) or user (a folder in a user namespace)")
	flag.StringVar(&o.receiver, "receiver", "auto", "python3, perl, base64, openssl, sh, stage0 or auto (one by seed)")
	flag.BoolVar(&o.verbose, "v", false, "show the terminal as it is")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), unix.SIGINT, unix.SIGTERM, unix.SIGHUP)
	defer stop()
	dir, err := os.MkdirTemp("", "luna-kit-")
	if err == nil {
		defer os.RemoveAll(dir)
		o.kit, err = packed(ctx, o.kit, filepath.Join(dir, "kit"))
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "luna:", err)
		os.Exit(1)
	}
	failed := 0
	for i := range *times {
		if err := rescue(ctx, o, *seed+uint64(i)); err != nil {
			fmt.Fprintf(o.out, "FAILED, seed %d, mode %s: %v\n", *seed+uint64(i), o.mode, err)
			failed++
		}
		if ctx.Err() != nil {
			break
		}
	}
	if failed > 0 {
		stop()
		os.RemoveAll(dir)
		os.Exit(1)
	}
}

// packed packs the kit into a file, as b64xfer send does.
func packed(ctx context.Context, kit, file string) (string, error) {
	program, err := os.ReadFile(kit)
	if err != nil {
		return "", fmt.Errorf("%w (make kit)", err)
	}
	content, err := pack.Pack(ctx, program)
	if err != nil {
		return "", fmt.Errorf("%s: %w", kit, err)
	}
	return file, os.WriteFile(file, content, 0o755)
}

func defaultMode() string {
	if os.Geteuid() == 0 {
		return "root"
	}
	return "user"
}
