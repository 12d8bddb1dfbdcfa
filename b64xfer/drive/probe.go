package drive

import (
	"context"
	"errors"
	"strings"
	"time"

	"rescuebox/b64xfer"
)

// Probe asks the shell what works there. The session must be in Sync, and is again
// afterwards.
func (s *Session) Probe(ctx context.Context) (b64xfer.Answer, error) {
	var last error
	for range tries {
		answer, err := s.probe(ctx)
		if err == nil {
			return answer, s.Sync(ctx)
		}
		if err != ErrEcho && err != errTimeout {
			return answer, err
		}
		if last = err; err == errTimeout {
			last = errors.New("the far side does not say what works there: name a receiver")
		}
		if err := s.again(ctx); err != nil {
			return answer, err
		}
	}
	return b64xfer.Answer{}, last
}

// probe types the question, and reads lines until they hold an answer.
func (s *Session) probe(ctx context.Context) (b64xfer.Answer, error) {
	if err := s.enter(ctx, strings.TrimSuffix(b64xfer.Probe(), "\n")); err != nil {
		return b64xfer.Answer{}, err
	}
	text := ""
	for limit := time.Now().Add(s.o.Timeout); ; {
		line, err := s.reply(ctx, time.Until(limit))
		if err != nil {
			return b64xfer.Answer{}, err
		}
		if text += line + "\n"; len(text) > mostSaid {
			return b64xfer.Answer{}, errTimeout
		}
		if answer, err := b64xfer.ParseProbe(text); err == nil {
			return answer, nil
		}
	}
}
