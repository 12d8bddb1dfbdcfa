package ddrescue

import (
	"context"
	"errors"
	"net"
	"os"
	"syscall"

	"rescuebox/internal/applet"
	"rescuebox/internal/errno"
	"rescuebox/internal/nbd"
	"rescuebox/internal/rescue"
)

// isExport reports whether a source is meant as one that another machine exports.
func isExport(name string) bool { return nbd.IsURI(name) }

// openExport opens what another machine exports.
func openExport(ctx context.Context, uri string) (source, error) {
	c, err := nbd.Dial(ctx, uri)
	if ctx.Err() != nil {
		return nil, applet.Exit(interrupted)
	}
	if err != nil {
		return nil, unreachable(uri, err)
	}
	return remote{c}, nil
}

// remote is an export. Its physical sector is not told: the unit that the server
// prefers is for speed.
type remote struct{ *nbd.Client }

// Sectors implements rescue.Medium.
func (r remote) Sectors() (logical, physical int64) {
	n := max(512, int64(r.Block()))
	return n, n
}

// ReadAt implements rescue.Medium.
func (r remote) ReadAt(p []byte, off int64) (int, error) {
	n, err := r.Client.ReadAt(p, off)
	if errors.Is(err, nbd.ErrGone) {
		err = errors.Join(rescue.ErrGone, err)
	}
	return n, err
}

// unreachable says in plain words why there is no server at a URI of NBD, and what to
// type next.
func unreachable(uri string, err error) error {
	a, wrong := nbd.ParseURI(uri)
	if wrong != nil {
		return errors.New(uri + ": " + err.Error())
	}
	text := ""
	if a.Network == "unix" {
		text = noSocket(a.Address, err)
	} else if host, port, split := net.SplitHostPort(a.Address); split == nil {
		text = noHost(host, port, err)
	}
	if text == "" {
		text = err.Error()
	}
	return errors.New(uri + ": " + text)
}

func noSocket(path string, err error) string {
	switch {
	case errors.Is(err, syscall.ENOENT):
		return "there is no socket " + path + " on this machine. Type: rescuebox nbdserve --unix=" + path + " DEVICE"
	case errors.Is(err, syscall.ECONNREFUSED):
		return "nobody serves at " + path + " any more. Type: rm " + path + "; rescuebox nbdserve --unix=" + path + " DEVICE"
	}
	return ""
}

func noHost(host, port string, err error) string {
	serve := "rescuebox nbdserve"
	if port != nbd.Port {
		serve += " --port=" + port
	}
	tunnel := "ssh -fNL " + port + ":127.0.0.1:" + port + " "
	var name *net.DNSError
	switch {
	case errors.As(err, &name) && name.IsNotFound:
		return "no machine is known here by the name of " + host + ". Type its IP address, as in nbd://192.0.2.7/"
	case errors.As(err, &name):
		return "nobody answers here who knows the address of " + host + ". Type its IP address, as in nbd://192.0.2.7/"
	case errors.Is(err, syscall.ECONNREFUSED) && loopback(host):
		return "nothing listens on port " + port + " of this machine. Type on that with the disk: " + serve +
			" DEVICE. If that is another one, type here: " + tunnel + "THAT-MACHINE"
	case errors.Is(err, syscall.ECONNREFUSED):
		return host + " is there, but nothing listens on its port " + port + ". Type there: " + serve + " --bind " + host +
			" DEVICE. Or there: " + serve + " DEVICE, and here: " + tunnel + host + ", and nbd://127.0.0.1:" + port + "/ as the source"
	case errors.Is(err, syscall.EHOSTUNREACH), errors.Is(err, syscall.ENETUNREACH):
		return "there is no way to " + host + " from here: " + errno.Reason(errno.Of(err)) + ". Is the network up, and is it on? Type: ping " + host
	case errors.Is(err, os.ErrDeadlineExceeded), errors.Is(err, syscall.ETIMEDOUT):
		return host + " does not answer. Is it on, and does no firewall keep its port " + port + " shut? Type: ping " + host +
			". A tunnel gets through where ssh does: " + tunnel + host + ", and nbd://127.0.0.1:" + port + "/ as the source"
	}
	return ""
}

func loopback(host string) bool {
	ip := net.ParseIP(host)
	return host == "localhost" || ip != nil && ip.IsLoopback()
}
