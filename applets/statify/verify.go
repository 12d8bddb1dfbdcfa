package statify

import (
	"bytes"
	"context"
	"errors"
	"path/filepath"
	"strconv"
	"syscall"

	"rescuebox/internal/applet"
	"rescuebox/internal/emptyroot"
)

// verification runs the file in an empty root, and the installed program, and tells
// whether they do the same.
func (j *job) verification(ctx context.Context, path, file string) error {
	args := j.args
	if len(args) == 0 {
		args = []string{"--version"}
	}
	argv := append([]string{filepath.Base(j.program)}, args...)
	env := append([]string{"PATH=/usr/sbin:/usr/bin:/sbin:/bin", "HOME=/", "LC_ALL=C", "TERM=dumb"}, j.env...)
	packed, err := emptyroot.Run(ctx, file, argv, env)
	if errors.Is(err, syscall.EPERM) {
		err = errors.New("--verify needs root, for an empty root to run it in")
	}
	if err != nil {
		return j.unverified(ctx, err)
	}
	root := ""
	if !j.root.IsHost() {
		root = j.root.Host("/")
	} else if v := j.streams.Getenv("LD_LIBRARY_PATH"); v != "" {
		env = append(env, "LD_LIBRARY_PATH="+v)
	}
	installed, err := emptyroot.Installed(ctx, root, path, argv, env)
	if err != nil {
		return j.unverified(ctx, err)
	}
	what := ""
	switch {
	case packed.Status != installed.Status:
		what = "exit status " + strconv.Itoa(packed.Status) + ", installed " + strconv.Itoa(installed.Status)
	case !bytes.Equal(packed.Stdout, installed.Stdout):
		what = "other output"
	case !bytes.Equal(packed.Stderr, installed.Stderr):
		what = "other messages"
	default:
		return j.print(j.target() + ": in an empty root it does what " + j.program + " does\n")
	}
	j.report.Message(j.target() + ": differs in an empty root: " + what)
	if text := bytes.TrimRight(packed.Stderr, "\n"); len(text) > 0 {
		first, _, _ := bytes.Cut(text, []byte("\n"))
		j.report.Note(j.target() + ": it says: " + strconv.QuoteToGraphic(string(first[:min(len(first), 300)])))
	}
	return nil
}

func (j *job) unverified(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return &applet.StatusError{Status: 130, Err: errors.New(j.target() + ": interrupted before it was verified")}
	}
	j.report.Error(j.target(), err)
	return nil
}
