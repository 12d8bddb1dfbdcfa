package tarcmd

import (
	"archive/tar"
	"strconv"
	"strings"

	"rescuebox/internal/errno"
	"rescuebox/internal/filemode"
)

func reasonText(err error) string { return errno.Reason(err) }

// added names a member that is being archived.
func (c *command) added(h *tar.Header) {
	if c.verbose == 0 {
		return
	}
	// A failing output is met again when it is flushed at the end.
	_ = c.line(h, h.Name, c.verbose-1)
}

// show names a member of the archive that is read.
func (c *command) show(h *tar.Header, name string) error {
	level := c.verbose
	if c.mode == 'x' {
		level--
	}
	return c.line(h, name, level)
}

// line writes a member's name, as ls -l does from level 1 on.
func (c *command) line(h *tar.Header, name string, level int) error {
	text := quoted(name)
	if level > 0 {
		text = c.long(h) + " " + text
		switch h.Typeflag {
		case tar.TypeSymlink:
			text += " -> " + quoted(h.Linkname)
		case tar.TypeLink:
			text += " link to " + quoted(h.Linkname)
		}
	}
	_, err := c.out.WriteString(text + "\n")
	return err
}

// long is mode, owner, size and time, in columns as GNU tar's.
func (c *command) long(h *tar.Header) string {
	owner, group := h.Uname, h.Gname
	if owner == "" || c.numeric {
		owner = strconv.Itoa(h.Uid)
	}
	if group == "" || c.numeric {
		group = strconv.Itoa(h.Gid)
	}
	size := strconv.FormatInt(h.Size, 10)
	if h.Typeflag == tar.TypeChar || h.Typeflag == tar.TypeBlock {
		size = strconv.FormatInt(h.Devmajor, 10) + "," + strconv.FormatInt(h.Devminor, 10)
	}
	const least = 19
	c.width = max(c.width, least, len(owner)+len(group)+len(size)+2)
	fill := strings.Repeat(" ", c.width-len(owner)-len(group)-len(size)-1)
	return modeOf(h) + " " + owner + "/" + group + fill + size + " " + h.ModTime.In(c.zone).Format("2006-01-02 15:04")
}

// modeOf is the type and permissions, with h for a hard link.
func modeOf(h *tar.Header) string {
	text := filemode.String(uint32(h.Mode) & 0o7777)
	letter := byte('-')
	switch h.Typeflag {
	case tar.TypeDir:
		letter = 'd'
	case tar.TypeSymlink:
		letter = 'l'
	case tar.TypeLink:
		letter = 'h'
	case tar.TypeChar:
		letter = 'c'
	case tar.TypeBlock:
		letter = 'b'
	case tar.TypeFifo:
		letter = 'p'
	}
	return string([]byte{letter}) + text
}
