package drive

import (
	"context"
	"errors"
	"slices"
	"strconv"
	"strings"

	"rescuebox/b64xfer"
)

// window sends chunks and keeps some on their way without an answer.
type window struct {
	s      *Session
	t      *b64xfer.Transfer
	acked  map[int]bool
	bytes  int64 // of content, acknowledged
	size   int   // characters that may be on their way
	flying int   // characters that are
	queue  []string
	out    []string // on their way, in the order in which they were sent
	resent int
}

// send returns when each line has its answer. The far side may also miss that it is
// to answer; then the verdict tells.
func (w *window) send(ctx context.Context, lines []string) error {
	w.queue, w.out, w.flying = slices.Clone(lines), nil, 0
	silent := 0
	for len(w.queue)+len(w.out) > 0 {
		if err := w.fill(ctx); err != nil {
			return err
		}
		limit := w.s.silence() + 2*w.s.takes(w.flying)
		answer, err := w.s.reply(ctx, limit)
		switch {
		case err == errTimeout:
			if silent++; silent == tries {
				return ErrSilent
			}
			w.lost(len(w.out))
			w.size = max(w.size/2, 2<<10)
			// A newline that was lost must not damage one line more.
			if err := w.s.write(ctx, "\r"); err != nil {
				return err
			}
		case err != nil:
			return err
		case answer == "-":
			silent = 0
			w.lost(min(1, len(w.out)))
		case fatal(answer):
			return errors.New("over there: " + answer)
		case answer[0] == '+':
			silent = 0
			if n, err := strconv.Atoi(answer[1:]); err == nil {
				w.taken(n)
			}
		}
	}
	return nil
}

// fill sends what fits into the window, in one write.
func (w *window) fill(ctx context.Context) error {
	var batch strings.Builder
	for len(w.queue) > 0 && (w.flying+len(w.queue[0])+1 <= w.size || len(w.out) == 0) {
		line := w.queue[0]
		w.queue = w.queue[1:]
		if w.acked[number(line)] {
			continue
		}
		w.out = append(w.out, line)
		w.flying += len(line) + 1
		batch.WriteString(line)
		batch.WriteByte('\r')
	}
	if batch.Len() == 0 {
		return nil
	}
	return w.s.write(ctx, batch.String())
}

// lost puts the oldest lines on their way in front of the queue.
func (w *window) lost(n int) {
	for _, line := range w.out[:n] {
		w.flying -= len(line) + 1
	}
	w.queue = append(slices.Clone(w.out[:n]), w.queue...)
	w.out = slices.Delete(w.out, 0, n)
	w.resent += n
}

// taken notes a chunk that has arrived. Answers come in order: what was sent before
// it and has none was lost, or its answer was; again is harmless.
func (w *window) taken(n int) {
	i := slices.IndexFunc(w.out, func(line string) bool { return number(line) == n })
	if i < 0 {
		return
	}
	line := w.out[i]
	w.flying -= len(line) + 1
	w.out = slices.Delete(w.out, i, i+1)
	w.lost(i)
	w.size = min(w.size+len(line), w.s.o.Window)
	if n > 0 && !w.acked[n] {
		w.bytes += w.weight(n)
	}
	w.acked[n] = true
	w.s.o.Progress(Progress{Acked: min(w.bytes, w.t.Header.Size), Total: w.t.Header.Size, Resent: w.resent})
}

// number is a chunk's, as its line begins.
func number(line string) int {
	end := strings.IndexAny(line, ":;")
	n, _ := strconv.Atoi(line[:max(end, 0)])
	return n
}

// forget makes chunks ones to send.
func (w *window) forget(lines []string) {
	for _, line := range lines {
		if n := number(line); w.acked[n] {
			delete(w.acked, n)
			w.bytes -= w.weight(n)
		}
	}
}

// weight is how many bytes of content a chunk carries.
func (w *window) weight(n int) int64 {
	chunk := int64(w.t.Header.Chunk)
	return max(0, min(chunk, w.t.Header.Size-int64(n-1)*chunk))
}
