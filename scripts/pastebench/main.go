// Pastebench pastes files of two sizes through each receiver of b64xfer into each
// kind of terminal, as a person would: the command, a wait for READY, the payload.
// It compares what arrives, bit for bit, and writes the seconds and characters of
// every cell to a page of Markdown. Beside them stands what people do without it: a
// plain `base64 -d >FILE`, in the same terminal.
//
//	go run ./scripts/pastebench -o docs/bench-paste.md
//	go run ./scripts/pastebench -receivers python3,base64 -terminals pty,tmux -sizes 2
package main

import (
	"context"
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	"os/signal"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"

	"rescuebox/b64xfer"
)

// cell is one paste and what became of it.
type cell struct {
	receiver, terminal string
	size               int // bytes
	characters         int64
	took               time.Duration // from Enter behind the command to the verdict
	err                error
}

func main() {
	// stage0-plain needs a place where files are executable as they come.
	all := slices.DeleteFunc(append(b64xfer.Receivers(), byHand), func(name string) bool { return name == "stage0-plain" })
	receivers := flag.String("receivers", strings.Join(all, ","), "the `names` of receivers")
	kinds := flag.String("terminals", "pty,tmux,ssh,115200", "the `kinds` of terminals")
	sizes := flag.String("sizes", "2,8", "the sizes of files, in `MB` of 1000000 bytes")
	output := flag.String("o", "", "write the page to this `file` instead of standard output")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := bench(ctx, strings.Split(*receivers, ","), strings.Split(*kinds, ","), strings.Split(*sizes, ","), *output); err != nil {
		fmt.Fprintln(os.Stderr, "pastebench:", err)
		os.Exit(1)
	}
}

func bench(ctx context.Context, receivers, kinds, sizes []string, output string) error {
	dir, err := os.MkdirTemp("/tmp", "paste-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	lab, err := newLab(ctx, dir)
	if err != nil {
		return err
	}
	defer lab.close()
	var cells []cell
	for _, kind := range kinds {
		for _, text := range sizes {
			mega, err := strconv.ParseFloat(text, 64)
			if err != nil {
				return err
			}
			for _, receiver := range receivers {
				cells = append(cells, cell{receiver: receiver, terminal: kind, size: int(mega * 1e6)})
			}
		}
	}
	lab.run(ctx, cells)
	if err := ctx.Err(); err != nil {
		return err
	}
	text := page(cells)
	if output == "" {
		_, err = os.Stdout.WriteString(text)
	} else {
		err = os.WriteFile(output, []byte(text), 0o644)
	}
	failed := 0
	for _, c := range cells {
		if c.err != nil {
			failed++
		}
	}
	if err == nil && failed > 0 {
		err = fmt.Errorf("%d of %d cells failed", failed, len(cells))
	}
	return err
}

// run fills the cells in. The fast terminals come one after the other, so that
// their times mean something. The slow ones hardly need a processor, and all run
// beside each other, after the others.
func (l *lab) run(ctx context.Context, cells []cell) {
	var wait sync.WaitGroup
	defer wait.Wait()
	for slow := range 2 {
		for i := range cells {
			c := &cells[i]
			if (c.terminal == slowKind) != (slow == 1) {
				continue
			}
			if slow == 1 {
				wait.Go(func() { l.fill(ctx, c) })
				continue
			}
			l.fill(ctx, c)
		}
	}
}

func (l *lab) fill(ctx context.Context, c *cell) {
	// A paste at 115200 baud of 8 MB takes a quarter of an hour.
	limit := 5 * time.Minute
	if c.terminal == slowKind {
		limit = 40 * time.Minute
	}
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	c.characters, c.took, c.err = l.paste(ctx, c.receiver, c.terminal, content(c.size))
	verdict := "landed"
	if c.err != nil {
		verdict = c.err.Error()
	}
	fmt.Fprintf(os.Stderr, "%-8s %-8s %4.1f MB %9d characters %8.2f s  %s\n", c.terminal, c.receiver, float64(c.size)/1e6, c.characters, c.took.Seconds(), verdict)
}

// content returns bytes that nothing compresses, the same each time.
func content(size int) []byte {
	r := rand.NewChaCha8([32]byte(slices.Repeat([]byte("rb"), 16)))
	b := make([]byte, size)
	r.Read(b)
	return b
}
