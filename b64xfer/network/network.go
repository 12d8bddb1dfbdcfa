// Package network carries a transfer over a TCP connection that a bare shell opens:
// bash by /dev/tcp, zsh by its module zsh/net/tcp. What is typed there is one short
// line; the receiver's line and the payload come over the connection, as they would
// over the terminal.
//
// The sender takes connections on one address until one begins with a secret, and
// gives that one the transfer. Others are closed without an answer.
package network

import (
	"context"
	"encoding/hex"
	"errors"
	"net/netip"
	"os"
	"strconv"
	"time"

	"golang.org/x/sys/unix"

	"rescuebox/b64xfer"
)

// Listener waits for one connection.
type Listener struct {
	fd      int
	address netip.AddrPort
	secret  string
}

// Listen opens an address of this machine, which the far side can reach. With port 0
// the system chooses one. The error carries the address.
func Listen(address netip.AddrPort) (*Listener, error) {
	fail := func(err error) error { return &os.PathError{Op: "listen", Path: address.String(), Err: err} }
	family, there := unix.AF_INET, sockaddr(address)
	if address.Addr().Is6() {
		family = unix.AF_INET6
	}
	if address.Addr().IsUnspecified() {
		return nil, fail(errors.New("give the address that the other machine reaches"))
	}
	word, err := secret()
	if err != nil {
		return nil, fail(err)
	}
	fd, err := unix.Socket(family, unix.SOCK_STREAM|unix.SOCK_CLOEXEC|unix.SOCK_NONBLOCK, 0)
	if err != nil {
		return nil, fail(err)
	}
	l := &Listener{fd: fd, address: address, secret: word}
	if err := l.open(there); err != nil {
		unix.Close(fd)
		return nil, fail(err)
	}
	return l, nil
}

func (l *Listener) open(there unix.Sockaddr) error {
	if err := unix.SetsockoptInt(l.fd, unix.SOL_SOCKET, unix.SO_REUSEADDR, 1); err != nil {
		return err
	}
	if err := unix.Bind(l.fd, there); err != nil {
		return err
	}
	if err := unix.Listen(l.fd, 4); err != nil {
		return err
	}
	name, err := unix.Getsockname(l.fd)
	if err != nil {
		return err
	}
	switch name := name.(type) {
	case *unix.SockaddrInet4:
		l.address = netip.AddrPortFrom(l.address.Addr(), uint16(name.Port))
	case *unix.SockaddrInet6:
		l.address = netip.AddrPortFrom(l.address.Addr(), uint16(name.Port))
	}
	return nil
}

func sockaddr(a netip.AddrPort) unix.Sockaddr {
	if a.Addr().Is6() {
		return &unix.SockaddrInet6{Port: int(a.Port()), Addr: a.Addr().As16()}
	}
	return &unix.SockaddrInet4{Port: int(a.Port()), Addr: a.Addr().As4()}
}

// secret is what nobody else on the network can guess: 64 random bits, so short that
// they can be typed.
func secret() (string, error) {
	var b [8]byte
	if _, err := unix.Getrandom(b[:], 0); err != nil {
		return "", err
	}
	return hex.EncodeToString(b[:]), nil
}

// Close ends the listening.
func (l *Listener) Close() error { return unix.Close(l.fd) }

// Address returns where it listens.
func (l *Listener) Address() netip.AddrPort { return l.address }

// Line returns the line to type over there, for bash or zsh. The receiver's command,
// which can have several lines, comes first on the connection, up to a zero byte; read
// takes no byte more than that.
func (l *Listener) Line(shell string) (string, error) {
	host, port := l.address.Addr().String(), strconv.Itoa(int(l.address.Port()))
	switch shell {
	case "bash":
		return " exec 3<>/dev/tcp/" + host + "/" + port + ";echo " + l.secret + ">&3;IFS= read -rd '' l<&3;eval \"$l\" <&3;exec 3>&-", nil
	case "zsh":
		if l.address.Addr().Is6() {
			return "", errors.New("zsh connects to IPv4 alone: listen there, or use bash")
		}
		return " zmodload zsh/net/tcp;ztcp " + host + " " + port + ";f=$REPLY;echo " + l.secret + ">&$f;IFS= read -rd '' l<&$f;eval $l <&$f;ztcp -c $f", nil
	}
	return "", errors.New(shell + " opens no connections: bash and zsh do")
}

// limits of a connection that has yet to say the secret.
const (
	patience = 10 * time.Second
	wait     = 100 // milliseconds between looks at the context
)

// Serve waits for the connection that begins with the secret, and writes the
// transfer to it: the receiver's line, then the payload. It returns the number of
// bytes written. The receiver says its verdict over there, not here.
func (l *Listener) Serve(ctx context.Context, t *b64xfer.Transfer) (int64, error) {
	for {
		if err := await(ctx, l.fd, unix.POLLIN, time.Time{}); err != nil {
			return 0, err
		}
		fd, _, err := unix.Accept4(l.fd, unix.SOCK_CLOEXEC|unix.SOCK_NONBLOCK)
		if err != nil {
			if passing(err) || err == unix.ECONNABORTED {
				continue
			}
			return 0, err
		}
		known, err := l.greet(ctx, fd)
		if err == nil && known {
			n, err := give(ctx, fd, t)
			return n, errors.Join(err, unix.Close(fd))
		}
		unix.Close(fd) // a stranger
		if ctx.Err() != nil {
			return 0, ctx.Err()
		}
	}
}

// greet reads the first line, as long as the secret.
func (l *Listener) greet(ctx context.Context, fd int) (bool, error) {
	want := l.secret + "\n"
	got := make([]byte, 0, len(want))
	for end := time.Now().Add(patience); len(got) < len(want); {
		if err := await(ctx, fd, unix.POLLIN, end); err != nil {
			return false, err
		}
		n, err := unix.Read(fd, got[len(got):len(want)])
		switch {
		case passing(err):
		case err != nil:
			return false, err
		case n == 0:
			return false, nil
		default:
			got = got[:len(got)+n]
		}
	}
	return string(got) == want, nil
}

func passing(err error) bool { return err == unix.EAGAIN || err == unix.EINTR }

// give writes the transfer, and waits until the far side has closed: it may still
// be reading.
func give(ctx context.Context, fd int, t *b64xfer.Transfer) (n int64, err error) {
	buffer := make([]byte, 0, 64<<10)
	flush := func() bool {
		for err == nil && len(buffer) > 0 {
			if err = await(ctx, fd, unix.POLLOUT, time.Time{}); err != nil {
				return false
			}
			var k int
			k, err = unix.Write(fd, buffer)
			if passing(err) {
				k, err = 0, nil
			}
			n += int64(max(k, 0))
			buffer = append(buffer[:0], buffer[max(k, 0):]...)
		}
		return err == nil
	}
	buffer = append(append(buffer, t.Command...), 0)
	for line := range t.Payload() {
		if len(buffer)+len(line)+1 > cap(buffer) && !flush() {
			return n, err
		}
		buffer = append(append(buffer, line...), '\n')
	}
	if !flush() {
		return n, err
	}
	if err := unix.Shutdown(fd, unix.SHUT_WR); err != nil {
		return n, err
	}
	return n, drain(ctx, fd)
}

// drain reads until the far side closes.
func drain(ctx context.Context, fd int) error {
	b := make([]byte, 512)
	for {
		if err := await(ctx, fd, unix.POLLIN, time.Time{}); err != nil {
			return err
		}
		switch n, err := unix.Read(fd, b); {
		case passing(err):
		case err != nil:
			return err
		case n == 0:
			return nil
		}
	}
}

// await waits until a descriptor is ready, the context ends, or the time has come;
// the zero time never comes.
func await(ctx context.Context, fd int, events int16, end time.Time) error {
	for {
		if err := ctx.Err(); err != nil {
			return err
		}
		if !end.IsZero() && time.Now().After(end) {
			return unix.ETIMEDOUT
		}
		polled := []unix.PollFd{{Fd: int32(fd), Events: events}}
		n, err := unix.Poll(polled, wait)
		if err != nil && err != unix.EINTR {
			return err
		}
		if n > 0 && err == nil {
			return nil
		}
	}
}
