package dd

import (
	"io"
	"os"
	"os/signal"
	"strings"
	"sync"
	"time"

	"golang.org/x/sys/unix"

	"rescuebox/internal/blockcopy"
)

// console is where messages, statistics and progress come out, one at a time.
type console struct {
	name  string
	w     io.Writer
	level level
	stats *blockcopy.Stats

	mu    sync.Mutex
	start time.Time
	shown int // columns of the progress that stands in the line
}

// message prints a line with the name of the program.
func (c *console) message(text string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.print(c.name + ": " + text + "\n")
}

// print begins a new line below the progress. Nothing is left to tell when stderr
// itself fails.
func (c *console) print(text string) {
	if c.shown > 0 {
		text = "\n" + text
		c.shown = 0
	}
	_, _ = io.WriteString(c.w, text)
}

// statistics prints how far the copy is.
func (c *console) statistics() {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.level == nothing {
		return
	}
	text := records(c.stats)
	if c.level != noTransfer {
		text += transfer(c.stats.Bytes.Load(), time.Since(c.start), false) + "\n"
	}
	c.print(text)
}

func (c *console) progress() {
	c.mu.Lock()
	defer c.mu.Unlock()
	text := transfer(c.stats.Bytes.Load(), time.Since(c.start), true)
	blanks := strings.Repeat(" ", max(0, c.shown-len(text)))
	c.shown = len(text)
	_, _ = io.WriteString(c.w, "\r"+text+blanks)
}

// watch answers signals and shows progress, also while a read hangs, until the
// function that it returns is called.
func (c *console) watch() func() {
	c.start = time.Now()
	signals := make(chan os.Signal, 4)
	signal.Notify(signals, unix.SIGUSR1)
	if !signal.Ignored(os.Interrupt) {
		signal.Notify(signals, os.Interrupt)
	}
	var tick <-chan time.Time
	if c.level == withProgress {
		ticker := time.NewTicker(time.Second)
		tick = ticker.C
	}
	done, ended := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(ended)
		for {
			select {
			case <-done:
				return
			case <-tick:
				c.progress()
			case s := <-signals:
				c.statistics()
				if s == os.Interrupt {
					die()
				}
			}
		}
	}()
	return func() {
		signal.Stop(signals)
		close(done)
		<-ended
	}
}

// die ends the program by SIGINT, so that a shell's script ends too.
func die() {
	signal.Reset(os.Interrupt)
	_ = unix.Kill(unix.Getpid(), unix.SIGINT)
	select {}
}
