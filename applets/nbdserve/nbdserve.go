// Package nbdserve is the applet nbdserve: one disk of this machine, for another one
// to read over a network.
package nbdserve

import (
	"context"
	"errors"
	"io"
	"net"
	"net/netip"
	"path/filepath"
	"strconv"
	"sync"
	"syscall"

	"rescuebox/internal/applet"
	"rescuebox/internal/diskread"
	"rescuebox/internal/errno"
	"rescuebox/internal/getopt"
	"rescuebox/internal/nbd"
)

const usage = `usage: nbdserve [OPTION...] DEVICE

Let another machine read DEVICE, a disk or the image of one, over a network, so
that a healthy one can make the image of a broken one's disk. Nothing is ever
written. What to type over there is printed.

The protocol is that of the Network Block Device, which ddrescue (nbd://HOST/),
nbdcopy, nbdfuse, qemu-img and the kernel's nbd-client understand. A sector that
cannot be read is one for them, too; each such read is told here. Of a disk in
use, what is written while it is copied may not fit together with the rest.

There is no password and no encryption: whoever can connect can read all of
DEVICE. So only this machine can, unless --bind says otherwise; others come
through a tunnel, such as that of ssh, which has both.

      --bind=ADDRESS  listen on this IP address (default 127.0.0.1); 0.0.0.0 or
                      :: for all that this machine has
      --port=N        listen on this port (default 10809; 0 for any free one)
      --unix=PATH     listen on a socket at PATH instead, for this user alone
      --name=EXPORT   a name for what is served; the empty one works as well
      --direct        read past the page cache even where DEVICE is a file, so
                      that one bad sector costs one sector; the default of block
                      devices
      --buffered      read through the page cache: a bad sector may take others
                      along, but the cache may hold what the disk has lost
      --once          end when the first client has gone

EXIT STATUS
  0  ended by Ctrl-C, or the client of --once has gone
  1  DEVICE cannot be served

EXAMPLES
  nbdserve /dev/sda                        for this machine, and tunnels to it
  ssh -fNL 10809:127.0.0.1:10809 luna      on the healthy machine: the tunnel
  rescuebox ddrescue nbd://127.0.0.1/ luna.img luna.map

  nbdserve --bind 192.0.2.7 /dev/sda       in a network that you trust
  nbdserve --unix /run/sda.sock /dev/sda
  qemu-img convert --salvage -O raw nbd://192.0.2.7/ sda.img
`

// Applet is nbdserve.
var Applet = applet.Applet{
	Name:          "nbdserve",
	Dir:           "usr/sbin",
	Group:         applet.Disk,
	Summary:       "let another machine read a disk over a network (NBD)",
	Usage:         usage,
	Interruptible: true,
	Run:           run,
}

const (
	optBind = getopt.LongOnly + iota
	optPort
	optUnix
	optName
	optDirect
	optBuffered
	optOnce
)

func options() []getopt.Option {
	return []getopt.Option{
		{Short: optBind, Long: "bind", Arg: getopt.Required},
		{Short: optPort, Long: "port", Arg: getopt.Required},
		{Short: optUnix, Long: "unix", Arg: getopt.Required},
		{Short: optName, Long: "name", Arg: getopt.Required},
		{Short: optDirect, Long: "direct"},
		{Short: optBuffered, Long: "buffered"},
		{Short: optOnce, Long: "once"},
	}
}

// settings are what the command line says.
type settings struct {
	address netip.AddrPort
	socket  string // a path; empty for the address
	name    string
	mode    diskread.Mode
	once    bool
	device  string // as it was typed
}

func parse(args []string) (*settings, error) {
	c := &settings{}
	bind, port := "127.0.0.1", nbd.Port
	var tcp bool
	p := getopt.New(options(), args)
	for p.Next() {
		switch p.Opt() {
		case optBind:
			bind, tcp = p.Value(), true
		case optPort:
			port, tcp = p.Value(), true
		case optUnix:
			c.socket = p.Value()
			if c.socket == "" {
				return nil, applet.Usage(1, "--unix needs a path")
			}
		case optName:
			c.name = p.Value()
		case optDirect:
			c.mode = diskread.Direct
		case optBuffered:
			c.mode = diskread.Buffered
		case optOnce:
			c.once = true
		}
	}
	if err := p.Err(); err != nil {
		if err == getopt.ErrHelp || err == getopt.ErrVersion {
			return nil, err
		}
		return nil, &applet.UsageError{Err: err}
	}
	if len(p.Operands()) != 1 {
		return nil, applet.Usage(1, "one DEVICE is needed")
	}
	c.device = p.Operands()[0]
	if c.socket != "" {
		if tcp {
			return nil, applet.Usage(1, "--unix excludes --bind and --port")
		}
		return c, nil
	}
	ip, err := netip.ParseAddr(bind)
	if err != nil {
		return nil, applet.Usage(1, "--bind needs an IP address, not '"+bind+"'")
	}
	number, err := strconv.ParseUint(port, 10, 16)
	if err != nil {
		return nil, applet.Usage(1, "'"+port+"' is no port")
	}
	c.address = netip.AddrPortFrom(ip, uint16(number))
	return c, nil
}

func run(ctx context.Context, s applet.Streams, args []string) error {
	c, err := parse(args)
	if err != nil {
		return err
	}
	disk, err := diskread.Open(s.Path(c.device), c.mode)
	if err != nil {
		return operand(c.device, err)
	}
	defer disk.Close()
	l, err := listen(s, c)
	if err != nil {
		return err
	}
	log := &log{w: s.Err, name: s.Name, device: c.device, disk: disk, where: whereabouts(disk)}
	server := &nbd.Server{
		Device: disk, Name: c.name, Description: describe(c.device, disk), Rotational: rotational(disk), Once: c.once,
		Opened: log.opened, Closed: log.closed, Failed: log.failed,
	}
	if _, err := io.WriteString(s.Out, invitation(c, server.Description, disk, l.Addr(), addresses)); err != nil {
		_ = l.Close()
		return err
	}
	if w := warning(c, l.Addr()); w != "" {
		log.line(w)
	}
	err = server.Serve(ctx, l)
	log.end()
	if err != nil {
		return errors.New(errno.Reason(err))
	}
	return nil
}

// operand words an error about an operand.
func operand(name string, err error) error {
	return errors.New(name + ": " + errno.Reason(err))
}

func listen(s applet.Streams, c *settings) (net.Listener, error) {
	if c.socket != "" {
		return listenUnix(s.Path(c.socket), c.socket)
	}
	l, err := net.ListenTCP("tcp", net.TCPAddrFromAddrPort(c.address))
	if err != nil {
		text := c.address.String() + ": " + errno.Reason(cause(err))
		if errors.Is(err, syscall.EADDRINUSE) {
			text += "; try another --port"
		}
		return nil, errors.New(text)
	}
	return l, nil
}

// cause takes the addresses off an error of package net.
func cause(err error) error {
	var op *net.OpError
	if errors.As(err, &op) {
		return op.Err
	}
	return err
}

// invitation is what a person is told: what is served, and what to type next.
func invitation(c *settings, description string, disk *diskread.Disk, at net.Addr, local func() []netip.Addr) string {
	how := ", past the page cache"
	if !disk.Direct() {
		how = ", through the page cache"
	}
	text := description + ", " + strconv.FormatInt(disk.Size(), 10) + " bytes, to be read only" + how + "\n" +
		"Type on the healthy machine:\n"
	for _, line := range commands(c, at, local) {
		text += "  " + line + "\n"
	}
	return text + "Ctrl-C here ends it.\n"
}

// commands are the lines to type. A tunnel leads to what only this machine reaches.
func commands(c *settings, at net.Addr, local func() []netip.Addr) []string {
	const through = "127.0.0.1:" + nbd.Port
	copying := func(host string) string {
		return "rescuebox ddrescue " + nbd.Address{Network: "tcp", Address: host, Export: c.name}.String() + " image map"
	}
	if c.socket != "" {
		path := at.String()
		if abs, err := filepath.Abs(path); err == nil {
			path = abs
		}
		return []string{"ssh -fNL " + through + ":" + path + " root@THIS-HOST", copying(through)}
	}
	port := at.(*net.TCPAddr).AddrPort().Port()
	ip := c.address.Addr()
	if ip.IsLoopback() {
		return []string{"ssh -fNL " + through + ":" + netip.AddrPortFrom(ip, port).String() + " root@THIS-HOST", copying(through)}
	}
	list := []netip.Addr{ip}
	if ip.IsUnspecified() {
		list = local()
	}
	if len(list) == 0 {
		return []string{copying("THIS-HOST:" + strconv.Itoa(int(port)))}
	}
	var lines []string
	for _, ip := range list {
		lines = append(lines, copying(netip.AddrPortFrom(ip, port).String()))
	}
	return lines
}

// addresses are those of this machine that others may reach, a few of them.
func addresses() []netip.Addr {
	all, err := net.InterfaceAddrs()
	if err != nil {
		return nil
	}
	var list []netip.Addr
	for _, a := range all {
		prefix, err := netip.ParsePrefix(a.String())
		if ip := prefix.Addr(); err == nil && ip.IsGlobalUnicast() && len(list) < 4 {
			list = append(list, ip)
		}
	}
	return list
}

// warning is for those who can be reached by others.
func warning(c *settings, at net.Addr) string {
	if c.socket != "" || c.address.Addr().IsLoopback() {
		return ""
	}
	return "warning: no password, no encryption: whoever can reach " + at.String() + " can read all of " + c.device
}

// log tells what happens, a line at a time.
type log struct {
	w      io.Writer
	name   string // of the applet
	device string
	disk   *diskread.Disk
	where  []place

	mu     sync.Mutex
	errors int // reads that failed
}

func (l *log) line(text string) {
	// Nothing is left to tell when stderr itself fails.
	_, _ = io.WriteString(l.w, l.name+": "+text+"\n")
}

func (l *log) opened(client net.Addr) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.line(peer(client) + " has connected")
}

func (l *log) closed(client net.Addr, err error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	text := peer(client) + " has gone"
	if err != nil {
		text += ": " + errno.Reason(cause(err))
	}
	l.line(text)
}

func (l *log) failed(_ net.Addr, err *nbd.ReadError) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.errors++
	l.line(l.device + ": bytes " + span(err.Offset, int64(err.Length), 1) + ", " + sectors(l.where, err.Offset, int64(err.Length)) +
		": " + errno.Reason(err.Err))
}

func (l *log) end() {
	l.mu.Lock()
	defer l.mu.Unlock()
	switch l.errors {
	case 0:
		l.line("ended; no read failed")
	case 1:
		l.line("ended; 1 read failed")
	default:
		l.line("ended; " + strconv.Itoa(l.errors) + " reads failed")
	}
}

// peer names a client; those of a socket have no name.
func peer(a net.Addr) string {
	if a == nil || a.Network() == "unix" {
		return "a client"
	}
	return a.String()
}
