// Rescuebox is a rescue toolbox in one static binary. The name it is called by,
// or its first argument, chooses the applet.
package main

import (
	"context"
	"os"
	"os/signal"
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

func main() { os.Exit(run()) }

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
