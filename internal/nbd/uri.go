package nbd

import (
	"errors"
	"strings"
)

// Address is where an export is to be had.
type Address struct {
	Network string // "tcp" or "unix"
	Address string // host:port as package net has it, or the path of a socket
	Export  string // name of the export; empty for the server's default
}

// IsURI reports whether s is meant as a URI of NBD.
func IsURI(s string) bool {
	scheme, _, found := strings.Cut(s, "://")
	return found && (scheme == "nbd" || scheme == "nbds" || scheme == "nbd+unix" || scheme == "nbds+unix")
}

// ParseURI parses nbd://host[:port]/export and nbd+unix:///export?socket=PATH, by
// doc/uri.md of the protocol's folder. Those with TLS are refused.
func ParseURI(uri string) (Address, error) {
	scheme, rest, _ := strings.Cut(uri, "://")
	rest, query, _ := strings.Cut(rest, "?")
	authority, path, _ := strings.Cut(rest, "/")
	export, err := unescape(path)
	if err != nil {
		return Address{}, err
	}
	if len(export) > maxString {
		return Address{}, errors.New("the export's name is too long")
	}
	a := Address{Export: export}
	socket, err := socketOf(query)
	if err != nil {
		return Address{}, err
	}
	switch scheme {
	case "nbd":
		if socket != "" {
			return Address{}, errors.New("a socket needs nbd+unix:///export?socket=PATH")
		}
		a.Network = "tcp"
		a.Address, err = hostPort(authority)
	case "nbd+unix":
		a.Network, a.Address = "unix", socket
		if socket == "" || authority != "" {
			err = errors.New("not of the form nbd+unix:///export?socket=PATH")
		}
	case "nbds", "nbds+unix":
		err = errors.New("TLS is not supported")
	default:
		err = errors.New("not of the form nbd://host:port/export")
	}
	return a, err
}

// hostPort adds the port where there is none.
func hostPort(authority string) (string, error) {
	// The name of a user is for TLS.
	if _, after, found := strings.Cut(authority, "@"); found {
		authority = after
	}
	host, err := unescape(authority)
	if err != nil {
		return "", err
	}
	port := ""
	if i := strings.LastIndexByte(host, ':'); i > strings.LastIndexByte(host, ']') {
		host, port = host[:i], host[i+1:]
	}
	if port == "" {
		port = Port
	}
	if host == "" || host[0] != '[' && strings.Contains(host, ":") {
		return "", errors.New("not of the form nbd://host:port/export, or nbd://[address]:port/export for IPv6")
	}
	return host + ":" + port, nil
}

// socketOf returns the parameter socket. Another one is an error: it may mean that
// the connection has to be encrypted.
func socketOf(query string) (socket string, err error) {
	for query != "" {
		var one string
		one, query, _ = strings.Cut(query, "&")
		key, value, _ := strings.Cut(one, "=")
		if key != "socket" {
			return "", errors.New("unknown parameter '" + key + "'")
		}
		if socket, err = unescape(value); err != nil {
			return "", err
		}
	}
	// Package net writes an abstract socket's first byte as @.
	if socket != "" && socket[0] == 0 {
		socket = "@" + socket[1:]
	}
	return socket, nil
}

// unescape undoes percent-encoding, of RFC 3986, section 2.1.
func unescape(s string) (string, error) {
	var out strings.Builder
	for i := 0; i < len(s); i++ {
		c := s[i]
		if c == '%' {
			if i+2 >= len(s) || hex(s[i+1]) < 0 || hex(s[i+2]) < 0 {
				return "", errors.New("'%' without two hexadecimal digits")
			}
			c = byte(hex(s[i+1])<<4 | hex(s[i+2]))
			i += 2
		}
		out.WriteByte(c)
	}
	return out.String(), nil
}

func hex(c byte) int {
	switch {
	case '0' <= c && c <= '9':
		return int(c - '0')
	case 'a' <= c && c <= 'f':
		return int(c - 'a' + 10)
	case 'A' <= c && c <= 'F':
		return int(c - 'A' + 10)
	}
	return -1
}

// String returns the URI of an address: that which ParseURI makes it of.
func (a Address) String() string {
	if a.Network == "unix" {
		path := a.Address
		if path != "" && path[0] == '@' {
			path = "\x00" + path[1:]
		}
		return "nbd+unix:///" + escape(a.Export) + "?socket=" + escape(path)
	}
	return "nbd://" + a.Address + "/" + escape(a.Export)
}

// escape is the way back from unescape.
func escape(s string) string {
	const digits = "0123456789ABCDEF"
	var out strings.Builder
	for i := range len(s) {
		switch c := s[i]; {
		case 'a' <= c && c <= 'z', 'A' <= c && c <= 'Z', '0' <= c && c <= '9', strings.IndexByte("-._~/", c) >= 0:
			out.WriteByte(c)
		default:
			out.WriteString("%" + digits[c>>4:c>>4+1] + digits[c&15:c&15+1])
		}
	}
	return out.String()
}
