package ls

import (
	"strconv"
	"strings"

	"golang.org/x/sys/unix"

	"rescuebox/internal/applet"
)

// screen is what standard output goes to.
type screen struct {
	is    bool // a terminal
	width int
	color bool // wanted there
	utf8  bool
}

func terminal(s applet.Streams) screen {
	t := screen{width: 80, utf8: utf8(s)}
	// On a serial line the terminal does not know its width.
	if n, err := strconv.ParseUint(s.Getenv("COLUMNS"), 10, 31); err == nil {
		t.width = int(n)
	}
	if f, ok := s.Out.(interface{ Fd() uintptr }); ok {
		size, err := unix.IoctlGetWinsize(int(f.Fd()), unix.TIOCGWINSZ)
		if t.is = err == nil; t.is && size.Col > 0 {
			t.width = int(size.Col)
		}
	}
	// https://no-color.org: any value but the empty one.
	term := s.Getenv("TERM")
	t.color = s.Getenv("NO_COLOR") == "" && term != "" && term != "dumb"
	return t
}

// utf8 reports whether the locale says that terminals show UTF-8.
func utf8(s applet.Streams) bool {
	for _, key := range [...]string{"LC_ALL", "LC_CTYPE", "LANG"} {
		if locale := s.Getenv(key); locale != "" {
			_, charset, _ := strings.Cut(locale, ".")
			return charset == "UTF-8" || charset == "utf8" || charset == "UTF8" || charset == "utf-8"
		}
	}
	return false
}
