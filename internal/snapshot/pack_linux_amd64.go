package snapshot

import (
	"context"
	"errors"
	"io"
)

func pack(context.Context, Input, io.Writer) error { return errors.ErrUnsupported }
