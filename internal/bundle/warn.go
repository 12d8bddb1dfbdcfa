package bundle

import (
	"path/filepath"
	"strings"
)

// hint is a sign that a program looks for files which are not packed.
type hint struct {
	program string // prefix of its name
	soname  string // or prefix of the name of one of its libraries
	symbol  string // or a name that the program itself imports
	text    string
}

// hints are the cases that are known, without running the program to see.
var hints = []hint{
	{program: "python", soname: "libpython", text: "python's standard library (/usr/lib/python3*): set PYTHONHOME to a readable copy's prefix; -V and the like work without"},
	{program: "perl", soname: "libperl", text: "perl's modules (@INC, /usr/share/perl*): scripts that use none work; set PERL5LIB to a readable copy"},
	{program: "gdb", text: "gdb's data folder (/usr/share/gdb)"},
	{program: "git", text: "git's other commands (/usr/lib/git-core): those built into git work; set GIT_EXEC_PATH"},
	{program: "vi", text: "vim's runtime files (/usr/share/vim): set VIMRUNTIME"},
	{program: "ssh", text: "/etc/passwd: ssh does not start without an entry for its user"},
	{program: "parted", text: "dmidecode, which parted starts through /bin/sh; it crashes where that fails"},
	{program: "systemctl", text: "the sockets of systemd and D-Bus (/run/systemd/private, /run/dbus)"},
	{program: "man", text: "groff and the manual pages"},
	{soname: "libtinfo", text: "terminfo (/lib/terminfo, /usr/share/terminfo): set TERMINFO to a readable copy"},
	{soname: "libncurses", text: "terminfo (/lib/terminfo, /usr/share/terminfo): set TERMINFO to a readable copy"},
	{soname: "libmagic", text: "the magic file (/usr/share/misc/magic.mgc): set MAGIC"},
	{soname: "libcrypto", text: "OpenSSL's configuration, providers and certificates (/usr/lib/ssl, /etc/ssl): set OPENSSL_CONF, SSL_CERT_FILE"},
	{soname: "libgnutls", text: "certificates (/etc/ssl/certs)"},
	{symbol: "iconv_open", text: "gconv modules (/usr/lib/*/gconv) for character sets other than UTF-8, ASCII and Latin-1"},
	{symbol: "dlopen", text: "plugins that it opens by name: the host's are taken unless they were packed with --include"},
	{symbol: "getpwnam", text: "/etc/passwd and what /etc/nsswitch.conf names"},
	{symbol: "getpwuid", text: "/etc/passwd and what /etc/nsswitch.conf names"},
	{symbol: "getaddrinfo", text: "/etc/resolv.conf, /etc/hosts and what /etc/nsswitch.conf names"},
	{symbol: "popen", text: "other programs, which it starts through /bin/sh"},
	{symbol: "system", text: "other programs, which it starts through /bin/sh"},
	{symbol: "execvp", text: "other programs, which it starts from PATH"},
}

// warn notes which hints there are; data is the program's. What only follows from
// functions that it calls is true of half of all programs, and so no warning.
func (p *Plan) warn(data []byte) {
	for _, h := range hints {
		switch {
		case !h.applies(p, data):
		case h.symbol != "":
			p.Notes = appendNew(p.Notes, h.text)
		default:
			p.Warnings = appendNew(p.Warnings, h.text)
		}
	}
}

func appendNew(list []string, text string) []string {
	for _, have := range list {
		if have == text {
			return list
		}
	}
	return append(list, text)
}

func (h *hint) applies(p *Plan, data []byte) bool {
	if h.symbol != "" {
		return holds(data, h.symbol)
	}
	if h.program != "" && strings.HasPrefix(p.Name, h.program) {
		return true
	}
	for i := range p.Files {
		if h.soname != "" && strings.HasPrefix(filepath.Base(p.Files[i].Path), h.soname) {
			return true
		}
	}
	return false
}
