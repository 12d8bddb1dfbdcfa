package ddrescue

import (
	"errors"
	"net"
	"os"
	"strings"
	"syscall"
	"testing"
)

func TestUnreachable(t *testing.T) {
	dial := func(err error) error {
		return &net.OpError{Op: "dial", Net: "tcp", Err: os.NewSyscallError("connect", err)}
	}
	for _, c := range []struct {
		uri  string
		err  error
		want string
	}{
		{"nbd://127.0.0.1/x", dial(syscall.ECONNREFUSED), "nothing listens on port 10809 of this machine. Type on that with the disk: rescuebox nbdserve DEVICE."},
		{"nbd://[::1]:77/", dial(syscall.ECONNREFUSED), "rescuebox nbdserve --port=77 DEVICE. If that is another one, type here: ssh -fNL 77:127.0.0.1:77 THAT-MACHINE"},
		{"nbd://192.0.2.7/", dial(syscall.ECONNREFUSED), "192.0.2.7 is there, but nothing listens on its port 10809. Type there: rescuebox nbdserve --bind 192.0.2.7 DEVICE"},
		{"nbd://192.0.2.7/", dial(syscall.EHOSTUNREACH), "there is no way to 192.0.2.7 from here: No route to host. Is the network up, and is it on? Type: ping 192.0.2.7"},
		{"nbd://luna/", dial(syscall.ETIMEDOUT), "luna does not answer."},
		{"nbd://luna/", &net.OpError{Op: "dial", Err: os.ErrDeadlineExceeded}, "luna does not answer."},
		{"nbd://luna/", &net.DNSError{Name: "luna", IsNotFound: true}, "no machine is known here by the name of luna. Type its IP address"},
		{"nbd://luna/", &net.DNSError{Name: "luna", IsTimeout: true}, "nobody answers here who knows the address of luna."},
		{"nbd+unix:///?socket=/run/s", dial(syscall.ENOENT), "there is no socket /run/s on this machine. Type: rescuebox nbdserve --unix=/run/s DEVICE"},
		{"nbd+unix:///?socket=/run/s", dial(syscall.ECONNREFUSED), "nobody serves at /run/s any more."},
		{"nbds://luna/", errors.New("TLS is not supported"), "TLS is not supported"},
		{"nbd://luna/x", errors.New("the server has no export x"), "the server has no export x"},
	} {
		got := unreachable(c.uri, c.err).Error()
		if !strings.HasPrefix(got, c.uri+": "+c.want) && !strings.Contains(got, c.want) {
			t.Errorf("%s, %v: %s", c.uri, c.err, got)
		}
	}
}
