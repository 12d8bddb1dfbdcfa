// Rescuebox is a rescue toolbox in one static binary. The name it is called by,
// or its first argument, chooses the applet.
package main

import (
	"context"
	"os"
	"os/signal"
	"runtime"
	"syscall"

	"rescuebox/applets"
	"rescuebox/internal/applet"
	"rescuebox/internal/multicall"
	"rescuebox/internal/start"
)

// Set by the build.
var (
	version = "0.1"
	commit  string
	profile = "full"
)

// The kernel gives a signal for the process to its first thread, even while that hangs
// in a read of a dying disk and cannot take it: so that thread only waits, and all work
// is done in others.
func init() { runtime.LockOSThread() }

func main() {
	status := make(chan int)
	go func() { status <- run() }()
	os.Exit(<-status)
}

func run() (status int) {
	defer func() {
		if what := recover(); what != nil {
			_, _ = os.Stderr.WriteString(crash(what))
			status = crashed
		}
	}()
	start.LockSoon()
	front := multicall.Front{
		Table:     applets.All,
		Build:     multicall.Build{Version: version, Commit: commit, Profile: profile},
		Interrupt: interrupt,
	}
	streams := applet.Streams{In: os.Stdin, Out: os.Stdout, Err: os.Stderr, LookupEnv: os.LookupEnv}
	return front.Main(context.Background(), streams, os.Args)
}

// interrupt cancels at the first signal and lets the second one kill.
func interrupt(ctx context.Context) (context.Context, context.CancelFunc) {
	ctx, stop := signal.NotifyContext(ctx, os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, stop)
	return ctx, stop
}
