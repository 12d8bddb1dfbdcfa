package b64xfer

import (
	"bytes"
	"errors"
	"io"

	"rescuebox/b64xfer/wire"
	"rescuebox/internal/inflate"
)

// inflated returns what a zlib stream holds, at most wire.MaxSize bytes.
func inflated(stream []byte) ([]byte, error) {
	content, err := io.ReadAll(io.LimitReader(inflate.NewZlib(bytes.NewReader(stream)), wire.MaxSize+1))
	if err == nil && len(content) > wire.MaxSize {
		err = errors.New("what it unpacks to is more than 64 MiB")
	}
	return content, err
}
