package nbd

import (
	"strings"
	"testing"
)

// The examples of uri.md are among these.
func TestParseURI(t *testing.T) {
	for uri, want := range map[string]Address{
		"nbd://example.com/disk":                  {"tcp", "example.com:10809", "disk"},
		"nbd+unix:///disk?socket=sock":            {"unix", "sock", "disk"},
		"nbd://example.com/":                      {"tcp", "example.com:10809", ""},
		"nbd://example.com":                       {"tcp", "example.com:10809", ""},
		"nbd://example.com//disk":                 {"tcp", "example.com:10809", "/disk"},
		"nbd://example.com/hello%20world":         {"tcp", "example.com:10809", "hello world"},
		"nbd://192.0.2.7:1234/a/b":                {"tcp", "192.0.2.7:1234", "a/b"},
		"nbd://[2001:db8::1]/":                    {"tcp", "[2001:db8::1]:10809", ""},
		"nbd://[2001:db8::1]:99/x":                {"tcp", "[2001:db8::1]:99", "x"},
		"nbd://user@host:/x":                      {"tcp", "host:10809", "x"},
		"nbd+unix://?socket=/tmp/a%2fb":           {"unix", "/tmp/a/b", ""},
		"nbd+unix:///?socket=%00/abstract":        {"unix", "@/abstract", ""},
		"nbd+unix:///%C3%A4?socket=/run/a%20b%3F": {"unix", "/run/a b?", "ä"},
	} {
		got, err := ParseURI(uri)
		if err != nil || got != want {
			t.Errorf("%s: %+v, %v", uri, got, err)
		}
		again, err := ParseURI(got.String())
		if err != nil || again != got {
			t.Errorf("%s, as %s: %+v, %v", uri, got, again, err)
		}
		if !IsURI(uri) {
			t.Errorf("%s is none", uri)
		}
	}
	for _, uri := range []string{
		"", "nbd:", "nbd:/host", "nbd://", "nbd:///x", "http://host/", "nbds://host/", "nbds+unix:///?socket=x", "nbd+unix:///x", "nbd+unix://host/x?socket=y",
		"nbd://host/?socket=x", "nbd://host/?tls-type=psk", "nbd://host/%", "nbd://host/%4", "nbd://host/%zz", "nbd://2001:db8::1/", "nbd+unix:///?socket=",
		"nbd://host/" + strings.Repeat("x", maxString+1),
	} {
		if got, err := ParseURI(uri); err == nil {
			t.Errorf("%.40q: %+v", uri, got)
		}
	}
	for _, name := range []string{"", "/dev/sda", "disk.img", "nbd:", "http://host/"} {
		if IsURI(name) {
			t.Errorf("%q is one", name)
		}
	}
}

func FuzzParseURI(f *testing.F) {
	for _, uri := range []string{"nbd://h:1/x%20y", "nbd+unix:///?socket=%00a", "nbd://[::1]/"} {
		f.Add(uri)
	}
	f.Fuzz(func(t *testing.T, uri string) {
		a, err := ParseURI(uri)
		if err != nil {
			return
		}
		if again, err := ParseURI(a.String()); a.Network == "unix" && (err != nil || again != a) {
			t.Errorf("%q, as %q: %+v, %+v, %v", uri, a, a, again, err)
		}
	})
}
