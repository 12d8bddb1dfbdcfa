package base64

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"rescuebox/internal/applettest"
)

func TestMain(m *testing.M) { applettest.Main(m, &Applet) }

func TestScripts(t *testing.T) { applettest.Scripts(t) }

func TestConfirm(t *testing.T) {
	const late = "takes a text for valid that ends in mid-group or holds stray bytes; a paste that lost bytes must not pass"
	long := strings.Repeat("0123456789\x00\xff", 5000)
	all := []applettest.Case{
		{}, {Line: "big"}, {Line: "-w0 big"}, {Line: "-w 0", Stdin: "x"}, {Line: "-w1", Stdin: "abcdef"},
		{Line: "-w 20 big"}, {Line: "-w76", Stdin: strings.Repeat("x", 57)}, {Line: "-w3", Stdin: long},
		{Line: "-", Stdin: "stdin"}, {Line: "-- big"}, {Line: "nosuch"}, {Line: "dir"}, {Line: "-Z"},
		{Line: "-d", Stdin: "YWJj"}, {Line: "-d", Stdin: "YQ==\n"}, {Line: "-d", Stdin: "YW\nI=\n\n"}, {Line: "-d text"},
		{Line: "-d"}, {Line: "-w x", Stdin: "x"}, {Line: "-w -1", Stdin: "x"},
		{Line: "-d", Stdin: "YWJjYQ", Differs: differs(late)}, {Line: "-d", Stdin: "YWJj YWJj", Differs: differs(late)},
		{Line: "-d", Stdin: "YWJj!", Differs: differs(late)}, {Line: "-d", Stdin: "YQ==YQ==", Differs: differs(late)},
	}
	gnu := []applettest.Case{
		{Line: "--wrap=7 big"}, {Line: "--decode text"}, {Line: "-di", Stdin: "> YW\r\nJj"},
		{Line: "--ignore-garbage -d", Stdin: "é YWJj"}, {Line: "big big"}, {Line: "-w 99999999999999999999 big"},
		{Line: "--wrap= big"}, {Line: "-w 1x big"}, {Line: "-i big"}, {Line: "-w 18446744073709551615 big"},
	}
	for _, text := range []string{
		"YQ", "YQ=", "YWI", "Y", "YQ==YQ==", "YQ=a", "Y=", "=", "YWJj!", "YWJj*YWJj", "YQ==\nYQ==\n", "YW\nJj\r\n",
		" YWJj", "YR==", "YQ===", "YQ=\n=", "YWJjY", "YWJjYQ", "YWJj=", "====", "YQ!=", "YWI!", "YWJj\x00", long,
	} {
		gnu = append(gnu, applettest.Case{Line: "-d", Stdin: text}, applettest.Case{Line: "-di", Stdin: text})
	}
	fixture := func(t testing.TB, dir string) {
		write(t, dir, "big", long)
		write(t, dir, "text", strings.Repeat("QUJDREVG\n", 9000)+"QQ==\n")
		if err := os.Mkdir(filepath.Join(dir, "dir"), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	applettest.Confirmation{Applet: &Applet, Fixture: fixture, Cases: all}.Run(t)
	applettest.Confirmation{
		Applet: &Applet, Fixture: fixture, Cases: gnu, Peers: []applettest.Peer{applettest.Coreutils},
	}.Run(t)
}

func differs(reason string) map[string]string {
	return map[string]string{"busybox": reason, "toybox": reason}
}

func write(t testing.TB, dir, name, data string) {
	t.Helper()
	if err := os.WriteFile(filepath.Join(dir, name), []byte(data), 0o644); err != nil {
		t.Fatal(err)
	}
}
