package elfdep

import (
	"slices"
	"testing"
)

func TestList(t *testing.T) {
	l := &loader{lib: "lib/x86_64-linux-gnu", platform: "x86_64"}
	for path, want := range map[string][]string{
		"/a:/b":                {"/a", "/b"},
		"$ORIGIN/../lib":       {"/o/../lib"},
		"${ORIGIN}x:$ORIGINx":  {"/ox", "$ORIGINx"},
		"/$LIB:/${PLATFORM}/$": {"/lib/x86_64-linux-gnu", "/x86_64/$"},
		":/a:":                 {"./", "/a", "./"},
		"${ORIGIN":             {"${ORIGIN"},
		"$$LIB":                {"$lib/x86_64-linux-gnu"},
	} {
		if got := l.list(path, ":", "/o"); !slices.Equal(got, want) {
			t.Errorf("%q: %q, want %q", path, got, want)
		}
	}
	musl := &loader{musl: true, lib: "lib"}
	if got := musl.expand("$ORIGIN/$LIB", "/o"); got != "/o/$LIB" {
		t.Errorf("musl: %q", got)
	}
}

func TestSystemFolders(t *testing.T) {
	image := "\x00junk\x00/etc/ld.so.cache\x00/lib/x/\x00/usr/lib/x/\x00/lib/\x00/usr/lib/\x00rest"
	if got, want := systemFolders([]byte(image)), []string{"/lib/x/", "/usr/lib/x/", "/lib/", "/usr/lib/"}; !slices.Equal(got, want) {
		t.Errorf("%q, want %q", got, want)
	}
	for _, image := range []string{"", "\x00/lib/\x00", "/lib/\x00/usr/lib/", "/lib/\x00\x00/usr/lib/\x00"} {
		if got := systemFolders([]byte(image)); got != nil {
			t.Errorf("%q: %q", image, got)
		}
	}
}
