//go:build !linux || !amd64

package snapshot

import (
	"context"
	"io"
)

func pack(_ context.Context, in Input, _ io.Writer) error {
	return &Refused{in.Program, "snapshots are made on Linux/amd64 only"}
}
