package elfdep

import (
	"slices"
	"testing"

	"rescuebox/internal/elffile"
)

func TestList(t *testing.T) {
	s := &search{
		loader:  &loader{lib: "lib/x86_64-linux-gnu", platform: "x86_64", folders: []string{"/lib/"}},
		closure: &Closure{Program: Object{origin: "/o"}, Objects: []Object{{origin: "/lib/x"}}},
	}
	for path, want := range map[string][]string{
		"/a:/b//":              {"/a/", "/b/"},
		"/":                    {"/"},
		"$ORIGIN/../lib":       {"/o/../lib/"},
		"${ORIGIN}x:$ORIGINx":  {"/ox/", "$ORIGINx/"},
		"/$LIB:/${PLATFORM}/$": {"/lib/x86_64-linux-gnu/", "/x86_64/$/"},
		":/a:":                 {"", "/a/", ""},
		"${ORIGIN":             {"${ORIGIN/"},
		"$$LIB":                {"$lib/x86_64-linux-gnu/"},
	} {
		if got := s.list(path, ":", self); !slices.Equal(got, want) {
			t.Errorf("%q: %q, want %q", path, got, want)
		}
	}
	s.closure.Secure = true
	for _, c := range []struct {
		path   string
		object int
		want   []string
	}{
		{"$ORIGIN/../lib:/x", self, []string{"/o/../lib/", "/x/"}}, // comes out at /lib
		{"$ORIGIN:/x", self, []string{"/x/"}},
		{"/$ORIGIN:${ORIGIN}x:/x$ORIGIN", 0, nil},
		{"$ORIGIN:$ORIGIN/y", 0, []string{"/lib/x/", "/lib/x/y/"}},
	} {
		if got := s.list(c.path, ":", c.object); !slices.Equal(got, c.want) {
			t.Errorf("with raised rights, %q: %q, want %q", c.path, got, c.want)
		}
	}
	s.loader.platform = ""
	if got := s.list("/$PLATFORM:/x", ":", self); !slices.Equal(got, []string{"/x/"}) {
		t.Errorf("without a platform: %q", got)
	}
}

func TestMuslOrigin(t *testing.T) {
	for path, want := range map[string]string{
		"$ORIGIN/a:${ORIGIN}": "/o/a:/o", "$ORIGINal": "/oal", "/x:$LIB": "", "${ORIGIN": "", "/x": "/x", "$": "",
	} {
		if got := muslOrigin(path, "/o"); got != want {
			t.Errorf("%q: %q, want %q", path, got, want)
		}
	}
	if got := muslOrigin("$ORIGIN/lib", "/"); got != "/lib" {
		t.Errorf("in the root: %q", got)
	}
}

func TestSystemFolders(t *testing.T) {
	image := "\x00junk\x00/usr/lib/other/\x00/etc/ld.so.cache\x00/lib/x/\x00/usr/lib/x/\x00/lib/\x00/usr/lib/\x00rest"
	if got, want := systemFolders([]byte(image)), []string{"/lib/x/", "/usr/lib/x/", "/lib/", "/usr/lib/"}; !slices.Equal(got, want) {
		t.Errorf("%q, want %q", got, want)
	}
	for _, image := range []string{"", "lib\x00", "\x00/lib", "/\x00"} {
		if got := systemFolders([]byte(image)); got != nil {
			t.Errorf("%q: %q", image, got)
		}
	}
	for folder, want := range map[string]string{
		"/lib/x86_64-linux-gnu/": "lib/x86_64-linux-gnu", "/lib64/": "lib64", "/usr/lib/": "lib", "/nix/store/x-glibc-2.38-27/lib/": "lib", "/own/": "own",
	} {
		if got := libToken(folder); got != want {
			t.Errorf("$LIB of %q: %q, want %q", folder, got, want)
		}
	}
}

func TestImage(t *testing.T) {
	for image, want := range map[string]bool{
		"": true, "--glibc-hwcaps-mask\x00ld.so (Debian GLIBC 2.36-9+deb12u14) stable release version 2.36.\n": true,
		"glibc-hwcaps ld.so (GNU libc) stable release version 2.37.\n":    false,
		"glibc-hwcaps ld.so (GNU libc) stable release version 2.4":        true,
		"glibc-hwcaps ld.so (GNU libc) stable release version 2.141.\n":   false,
		"glibc-hwcaps ld.so (GNU libc) development release version 3.1\n": false,
		"glibc-hwcaps": false,
	} {
		if got := searchesLegacy([]byte(image)); got != want {
			t.Errorf("%q: %v", image, got)
		}
	}
	for image, want := range map[string][]string{
		"\x00x86-64-v2\x00\x00x86-64-v4:x86-64-v3:x86-64-v2\x00": {"x86-64-v4", "x86-64-v3", "x86-64-v2"},
		"x86-64-v4:x86-64-v3\x00":                                nil,
		"\x00x86-64-v4:z13\x00":                                  nil,
		"\x00x86-64-v4:x86-64-v3":                                {"x86-64-v4", "x86-64-v3"},
	} {
		if got := knownLevels([]byte(image), "x86-64-"); !slices.Equal(got, want) {
			t.Errorf("%q: %q", image, got)
		}
	}
	if got, ok := muslPathFile([]byte("x\x00%.*s/etc/ld-musl-armhf.path\x00")); !ok || got != "/etc/ld-musl-armhf.path" {
		t.Errorf("musl's path file: %q", got)
	}
	if got, ok := muslPathFile([]byte("/etc/ld-musl-armhf.pat")); ok {
		t.Errorf("a cut name is taken: %q", got)
	}
}

// The order is that of LD_DEBUG=libs of glibc 2.36 on x86-64.
func TestLegacyFolders(t *testing.T) {
	image := []byte("\x00haswell\x00")
	amd64 := &elffile.Object{Machine: elffile.MachineX86_64, Class: elffile.Class64}
	p := processorOf(amd64, nil, image)
	want := []string{"tls/x86_64/x86_64/", "tls/x86_64/", "tls/x86_64/", "tls/", "x86_64/x86_64/", "x86_64/", "x86_64/"}
	if got := p.legacyFolders(); !slices.Equal(got, want) {
		t.Errorf("%q", got)
	}
	p = processorOf(amd64, []string{"haswell", "avx512_1", "xeon_phi", "neon"}, image)
	got := p.legacyFolders()
	if len(got) != 15 || got[0] != "tls/haswell/avx512_1/x86_64/" || got[1] != "tls/haswell/avx512_1/" || got[14] != "x86_64/" ||
		p.bits != 1<<1|1<<2 || p.platformBit != 1<<50 || p.platform != "haswell" {
		t.Errorf("%+v, %q", p, got)
	}
	i386 := processorOf(&elffile.Object{Machine: elffile.Machine386, Class: elffile.Class32}, nil, image)
	if got := i386.legacyFolders(); len(got) != 7 || got[0] != "tls/i686/sse2/" || i386.platformBit != 1<<49 {
		t.Errorf("%+v, %q", i386, got)
	}
	arm := processorOf(&elffile.Object{Machine: elffile.MachineARM64, Class: elffile.Class64}, []string{"atomics"}, nil)
	if got, want := arm.legacyFolders(), []string{"tls/aarch64/atomics/", "tls/aarch64/", "tls/atomics/", "tls/", "aarch64/atomics/", "aarch64/", "atomics/"}; !slices.Equal(got, want) {
		t.Errorf("%q", got)
	}
	for path, want := range map[string]string{"/lib/tls/haswell/libx.so": "tls/haswell", "/lib/libx.so": "", "tls/x": "", "/tls/x": "tls"} {
		if got := legacyLevel(path); got != want {
			t.Errorf("%q: %q, want %q", path, got, want)
		}
	}
}
