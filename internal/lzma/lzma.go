// Package lzma packs and unpacks raw LZMA1 streams: range coder bytes alone, the
// first of them 0, no header and no end marker. Whoever unpacks knows the
// parameters and the size. The format is that of "LZMA specification" by Igor
// Pavlov (DOC/lzma-specification.txt of the LZMA SDK, public domain).
//
// Beside it are the branch filters of x86, ARM and ARM64, which make code easier to
// pack; they give the same bytes as those of xz.
package lzma

import (
	"context"
	"errors"
)

// MaxSize is the largest input that Encode takes, in bytes. The dictionary of a
// stream is all that was written before.
const MaxSize = 64 << 20

// Params are the three numbers that shape the models of a stream; packer and
// unpacker have to agree on them.
type Params struct {
	LC int // high bits of the byte before that choose a literal's model, 0 to 4
	LP int // low bits of the position that choose a literal's model; LC+LP <= 4
	PB int // low bits of the position that choose a match's models, 0 to 4
}

var (
	// ErrParams says that parameters are outside their bounds.
	ErrParams = errors.New("lzma: bad parameters")
	// ErrTooLarge says that an input, or a size asked for, is over MaxSize.
	ErrTooLarge = errors.New("lzma: too large")
	// ErrDamaged says that a stream does not unpack to the size that was asked for.
	ErrDamaged = errors.New("lzma: damaged stream")
)

func (p Params) valid() bool {
	return p.LC >= 0 && p.LP >= 0 && p.LC+p.LP <= 4 && p.PB >= 0 && p.PB <= 4
}

// Encode packs data with the given parameters. It takes some two seconds for each
// MiB of a program, and 40 bytes of memory for each byte.
func Encode(ctx context.Context, data []byte, p Params) ([]byte, error) {
	stream, _, err := pass(ctx, data, p, nil)
	return stream, err
}

// pass packs data and returns the symbols too. A plan is what an earlier pass
// returned, nil for none.
func pass(ctx context.Context, data []byte, p Params, plan []op) ([]byte, []op, error) {
	if !p.valid() {
		return nil, nil, ErrParams
	}
	if len(data) > MaxSize {
		return nil, nil, ErrTooLarge
	}
	q := newParser(data, p, newMatchFinder(data, findDepth), plan)
	for int(q.pos) < len(data) {
		if err := ctx.Err(); err != nil {
			return nil, nil, err
		}
		q.block()
	}
	return q.rc.finish(), q.ops, nil
}
