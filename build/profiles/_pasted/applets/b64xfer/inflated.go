package b64xfer

import "errors"

// inflated would cost the kit four kilobytes; it is for the other end of a transfer.
func inflated([]byte) ([]byte, error) {
	return nil, errors.New("compressed, and the kit cannot inflate: get it with --no-zlib")
}
