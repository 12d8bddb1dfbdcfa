// Wait starts as rescuebox does, says so, and ends when its standard input does.
package main

import (
	"io"
	"os"

	"rescuebox/internal/start"
)

func main() {
	text := "locked\n"
	if err := start.LockSelf(); err != nil {
		text = err.Error() + "\n"
	}
	if _, err := os.Stdout.WriteString(text); err != nil {
		os.Exit(1)
	}
	_, _ = io.Copy(io.Discard, os.Stdin)
}
