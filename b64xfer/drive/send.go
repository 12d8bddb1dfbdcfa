package drive

import (
	"context"
	"errors"
	"slices"
	"strconv"
	"strings"
	"time"

	"rescuebox/b64xfer"
	"rescuebox/b64xfer/unshifted"
	"rescuebox/b64xfer/wire"
)

// rounds is how often a payload is repaired, or sent again.
const rounds = 20

// Send carries a transfer over, which was made with Ack, and returns the verdict
// "whole: ...". The session must be in Sync. After an error the far side is at its
// prompt again, if there still is one.
func (s *Session) Send(ctx context.Context, t *b64xfer.Transfer) (verdict string, err error) {
	defer func() {
		if err != nil {
			s.Abandon()
		}
	}()
	first, chunks := split(t)
	w := &window{s: s, t: t, acked: map[int]bool{}, size: min(s.o.Window, 8<<10)}
	if err := s.start(ctx, t); err != nil {
		return "", err
	}
	todo := chunks
	for range rounds {
		if first != nil {
			again, err := s.land(ctx, first)
			if err != nil {
				return "", err
			}
			if again {
				continue
			}
			first = nil
		}
		if err := w.send(ctx, todo); err != nil {
			return "", err
		}
		verdict, err := s.end(ctx, t)
		if err != nil || strings.HasPrefix(verdict, b64xfer.Whole) {
			return verdict, err
		}
		todo = chunks
		if set, named := missing(verdict); named {
			todo = slices.Collect(t.Chunks(set))
			todo = todo[:len(todo)-1]
		}
		w.forget(todo)
	}
	return "", errors.New("after " + strconv.Itoa(rounds) + " rounds the far side is still not content: " + verdict)
}

// split returns the lines that land a receiver of our own, with their end, if there
// are any, and the chunks without theirs.
func split(t *b64xfer.Transfer) (first, chunks []string) {
	all := slices.Collect(t.Payload())
	if i := slices.Index(all, ".."); i >= 0 {
		first, all = all[:i+1], all[i+1:]
	}
	return first, all[:len(all)-1]
}

// start types the command until the receiver is ready.
func (s *Session) start(ctx context.Context, t *b64xfer.Transfer) error {
	var err error
	for range tries {
		last := ""
		err = s.enter(ctx, strings.TrimSuffix(t.Command, "\n"))
		for limit := time.Now().Add(min(s.o.Timeout, 15*time.Second+4*s.trip)); err == nil; {
			var line string
			line, err = s.reply(ctx, time.Until(limit))
			switch {
			case err != nil:
			case line == b64xfer.Ready:
				return nil
			case refusal(line, t):
				return errors.New("over there: " + line)
			default:
				last = line
			}
		}
		if err == errTimeout {
			err = errors.New("the receiver does not start; the far side said last: " + last)
		} else if err != ErrEcho {
			return err
		}
		if err := s.again(ctx); err != nil {
			return err
		}
	}
	return err
}

// refusal reports whether a receiver says that it cannot begin.
func refusal(line string, t *b64xfer.Transfer) bool {
	return strings.HasPrefix(line, b64xfer.Damaged) || strings.HasPrefix(line, t.Dest+" ") || strings.HasSuffix(line, "use another --to") ||
		strings.HasSuffix(line, "use another --arch") || strings.HasSuffix(line, ": not found") || strings.HasSuffix(line, ": command not found")
}

// land pastes a receiver of our own, which has no answers, and waits until it runs.
func (s *Session) land(ctx context.Context, first []string) (again bool, err error) {
	if err := s.write(ctx, strings.Join(first, "\r")+"\r"); err != nil {
		return false, err
	}
	for range tries {
		for {
			line, err := s.reply(ctx, s.silence()+s.takes(8<<10))
			if err == errTimeout {
				break
			}
			if err != nil {
				return false, err
			}
			switch {
			case line == b64xfer.Ready:
				return again, nil
			case strings.HasPrefix(line, b64xfer.Damaged+" line "), strings.HasPrefix(line, b64xfer.Damaged+" the receiver; paste"):
				again = true
			case fatal(line):
				return false, errors.New("over there: " + line)
			}
		}
		// Whoever reads there now says again what it wants.
		if err := s.write(ctx, "\r.\r"); err != nil {
			return false, err
		}
	}
	return false, ErrSilent
}

// fatal reports whether a receiver has ended without the file.
func fatal(line string) bool {
	return strings.HasPrefix(line, b64xfer.Damaged) && !strings.Contains(line, " again")
}

// silence is how long to wait for an answer before asking again.
func (s *Session) silence() time.Duration { return 5*time.Second + 4*s.trip }

// end ends the payload, and returns the verdict when the far side is ready to go on,
// or has ended.
func (s *Session) end(ctx context.Context, t *b64xfer.Transfer) (string, error) {
	for range tries {
		if err := s.write(ctx, b64xfer.End+"\r"); err != nil {
			return "", err
		}
		verdict := ""
		for {
			line, err := s.reply(ctx, s.silence()+s.takes(2000))
			if err == errTimeout {
				break
			}
			if err != nil {
				return "", err
			}
			switch {
			case strings.HasPrefix(line, b64xfer.Whole):
				return line, nil
			case fatal(line):
				return "", errors.New("over there: " + line)
			case strings.HasPrefix(line, b64xfer.Damaged):
				verdict = line
			case line == b64xfer.Ready && verdict != "":
				return verdict, nil
			}
		}
		if s.o.Rate > 0 || verdict == "" {
			if err := s.write(ctx, "\r"); err != nil {
				return "", err
			}
		}
	}
	return s.landed(ctx, t)
}

// landed asks the shell for the file: there is none under its name that is not whole.
// This serves where the verdict itself was damaged.
func (s *Session) landed(ctx context.Context, t *b64xfer.Transfer) (string, error) {
	if err := s.Sync(ctx); err != nil {
		return "", err
	}
	if t.Header.Force || t.Inside {
		return "", errors.New("the verdict was lost on its way: look over there, or send again")
	}
	s.nr++
	end := "end" + strconv.Itoa(s.nr)
	command := ` if [ -f ` + t.Dest + ` ];then echo th''ere;fi;echo e''nd` + strconv.Itoa(s.nr)
	if t.Unshifted {
		var err error
		if command, err = unshifted.Command(command, nil); err != nil {
			return "", err
		}
	}
	answer, err := s.Ask(ctx, command, end)
	if err != nil {
		return "", err
	}
	if strings.Contains("\n"+answer, "\nthere\n") {
		return b64xfer.Whole + " " + t.Dest + ", " + strconv.FormatInt(t.Size, 10) + " bytes", nil
	}
	return "", errors.New("the receiver has ended, and there is no " + t.Dest)
}

// missing reads the chunks that a verdict names.
func missing(verdict string) (wire.Set, bool) {
	_, text, named := strings.Cut(verdict, "--chunks ")
	set, err := wire.ParseSet(text)
	return set, named && err == nil
}

// running is what runs the file, then says with which status it ended: without a
// shift key only whether that was 0.
func running(t *b64xfer.Transfer, nr string) string {
	i := strings.LastIndexByte(t.Run, '\n')
	if !t.Unshifted || i < 0 {
		return t.Run + `;echo e""nd` + nr + `=$?`
	}
	return t.Run[:i] + "\n if " + strings.TrimSpace(t.Run[i:]) + `;then echo e''nd` + nr + `=0;else echo e''nd` + nr + `=1;fi`
}

// Run types the line that runs the file, gives Output what it prints, and returns
// when the shell is back, with the status, or when nothing came for some time.
func (s *Session) Run(ctx context.Context, t *b64xfer.Transfer) (status int, ended bool, err error) {
	s.nr++
	mark := "en" + "d" + strconv.Itoa(s.nr) + "="
	if err := s.enter(ctx, running(t, strconv.Itoa(s.nr))); err != nil {
		return 0, false, err
	}
	for {
		line, err := s.reply(ctx, 10*time.Second+4*s.trip)
		if err == errTimeout {
			return 0, false, nil
		}
		if err != nil {
			return 0, false, err
		}
		if before, text, found := strings.Cut(line, mark); found {
			if before != "" && s.o.Output != nil {
				s.o.Output([]byte(before + "\n"))
			}
			status, err := strconv.Atoi(text)
			return status, err == nil, nil
		}
		if s.o.Output != nil {
			s.o.Output([]byte(line + "\n"))
		}
	}
}
