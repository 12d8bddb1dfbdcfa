package ls

import (
	"strings"
	"testing"

	"rescuebox/internal/applettest"
)

// Most options are only GNU's.
func TestConfirmCoreutils(t *testing.T) {
	var cases []applettest.Case
	for line := range strings.Lines(table) {
		line = strings.TrimSpace(line)
		if line == "" || line[0] == '#' {
			continue
		}
		cases = append(cases, row(t, line))
	}
	if len(cases) < 200 {
		t.Errorf("%d cases", len(cases))
	}
	cases = append(cases, applettest.Case{})
	applettest.Confirmation{Applet: &Applet, Fixture: fixture, Cases: cases, Peers: []applettest.Peer{applettest.Coreutils}}.Run(t)
}

func row(t *testing.T, line string) applettest.Case {
	c := applettest.Case{}
	for {
		word, rest, _ := strings.Cut(line, " ")
		if !strings.Contains(word, "=") || strings.HasPrefix(word, "-") {
			break
		}
		c.Env = append(c.Env, word)
		line = strings.TrimSpace(rest)
	}
	line, reason, differs := strings.Cut(line, " ## ")
	if differs {
		c.Differs = map[string]string{"coreutils": reason}
	}
	c.Line = line
	return c
}

// table has a command line a row, after settings of variables; after ## the reason
// for which the applet differs from coreutils.
const table = `
.
-1
-a
-A
-d
-l
-la
-lA
-ld
-1aA
-1Aa
-R
-R dir
-aR dir
-lR dir
-lR
-RA1 dir
-R dir/sub empty
-Rr dir
-Rp dir
-l dir
-l dir file ## a directory that is not in this list does not widen its columns
-l empty
-la empty
empty
-d dir
-d dir file link
-ld dir file link link-dir
file
file dir
dir file
dir empty
dir empty file link
missing
missing file
missing dir
missing dir file nowhere
-l missing file
-d missing
dir/
dir/sub/
./dir
dir/./sub
dir/../dir
-- -dash
-l -- -dash
./-dash
link
link-dir
link-dir/
link-broken
link-loop ## a link in a circle is listed, as later releases list it
link-link
-l link
-l link-dir
-l link-dir/
-l link-broken
-l link-loop
-L link
-L link-dir
-L link-broken
-L
-lL
-lL link-broken
-lL link link-link
-H link-dir
-H link-broken
-H link
-lH link
-lH link-dir
-lH link-broken
-lH link-loop
-lLd link-dir
-lHd link-dir
-d link-dir
-F link-dir
-F link
-p link-dir
-LR dir
-Ld link-dir
-F
-p
-F kinds
-p kinds
--file-type kinds
--indicator-style=none kinds
--indicator-style=slash kinds
--indicator-style=file-type kinds
--indicator-style=classify kinds
--classify kinds
--classify=always kinds
--classify=never kinds
--classify=auto kinds
-lF kinds
-lp kinds
-l kinds
-la kinds
-lL kinds
-LF kinds
-Cw80 kinds
-CF -w80 kinds
-1i kinds
-1iL kinds ## the directory knows the inode number of what cannot be read
-ls kinds
-lis kinds
-1s kinds
-1is kinds
-i file hard
-li file hard plain ## a directory that is not in this list does not widen its columns
-ln
-ln owners
-l owners
-lg owners
-lo owners
-lG owners
-lgo owners
-g owners
-o owners
-n owners
-gG owners
-no owners
-ng owners
-og owners
-go owners
-lnG owners
-s
-s sizes
-sk sizes
-ls sizes
-lsk sizes
-lsh sizes
-lh sizes
-l --si sizes
-ls --si sizes
-sh sizes
-s1h sizes
-lS sizes
-S sizes
-Sr sizes
-lSr sizes
-lSh sizes
-S1s sizes
-hs plain
-lk plain
POSIXLY_CORRECT=1 -s plain
POSIXLY_CORRECT=1 -ls plain
POSIXLY_CORRECT=1 -lsk plain
-t times
-tr times
-lt times
-ltr times
-l times
--full-time times
--full-time -t times
-lc file
-lu file
-ltu times
-tu times
-u times
-c times
-tc a.c b.c b.h c
-u a.c b.c b.h c file
-lu a.c b.c b.h c file
-ltu a.c b.c b.h c file
-utr a.c b.c b.h c file
--time=atime -l a.c b.c
--time=access -t a.c b.c c
--time=use a.c b.c c
--time=ctime -l a.c b.c
--time=status -l a.c b.c
--time=mtime a.c b.c c ## later releases have this word
--time=modification -lt a.c b.c c ## later releases have this word
-l --time-style=long-iso times
-l --time-style=full-iso times
-l --time-style=iso times
-l --time-style=locale times
-l --time-style=posix-iso times
-l --time-style=posix-long-iso times
-l --time-style=+%F times
-l --time-style=+%s times
-l --time-style=+%Y/%m/%d-%H:%M:%S.%N times
-l --time-style=+%a,%A,%b,%B,%h times
-l --time-style=+%c times
-l --time-style=+%C:%d:%D:%e:%g:%G times
-l --time-style=+%I:%j:%k:%l:%p:%P times
-l --time-style=+%r:%R:%T:%u:%U:%V:%w:%W times
-l --time-style=+%x:%X:%y:%z:%:z:%Z:%% times
-l --time-style=+%-d:%_m:%0e:%-H:%-j times
-l --time-style=+%t,%n times
-l --time-style=+ times
-l --time-style=bad times
-l --time-style=long times
TIME_STYLE=long-iso -l times
TIME_STYLE=+%F -l times
TIME_STYLE=full-iso --time-style=iso -l times
TIME_STYLE=bad times
TZ=CET-1CEST,M3.5.0,M10.5.0/3 -l --full-time times
TZ=EST5 -l --full-time times
TZ=<+0330>-3:30 -l --full-time times
TZ=Nowhere/Nothing -l --full-time times
TZ= -l --full-time times
TZ=UTC0 -l --time-style=+%Z times
-X
-Xr
-X versions
-v versions
-vr versions
-va versions
-v
-lv versions
-r versions
-U dir
-U1 dir
-1U dir
-1Ui dir
-1Ua dir
-f dir
-f1 dir
-fi dir
-lf dir ## -f is -aU and does not undo -l, as in later releases
-fl dir
-aU dir
-U file c a.c
-r file c a.c
-tU dir
-Ut times
--sort=none dir
--sort=size sizes
--sort=time times
--sort=version versions
--sort=extension
--sort=name ## later releases have this word
--sort=bad ## of coreutils up to 9.1 a word that is not known has status 1, unlike every other bad option
--sort=ti times
--group-directories-first
-1r --group-directories-first
-l --group-directories-first
-S --group-directories-first
-U --group-directories-first
-R --group-directories-first dir
-C
-C many
-C -w40 many
-C -w20 many
-C -w1 many
-C -w0 many
-C -w100 many
-C -w200 many
-C -w300 many
-C --width=60 many
-C -w80 -T0 many
-C -w80 -T4 many
-C -w80 -T16 many
-x
-x many
-x -w40 many
-x -w0 many
-x -w120 many
-x -w120 -T0 many
-m
-m many
-m -w40 many
-m -w0 many
-m -w1 many
-mi plain
-ms plain
-Ci -w80 many
-Cs -w80 many
-xis -w100 many
-CF -w60 kinds
COLUMNS=40 -C many
COLUMNS=100 -x many
COLUMNS=50 -m many
COLUMNS=0 -C many
COLUMNS=40 -C -w70 many
-C dir empty many
-Cr many
-C empty
-w80
-l1
-1l
-1C dir
-C1 dir
-lC dir
-Cl dir
-mx dir
-xm dir
--format=long dir
--format=verbose dir
--format=single-column dir
--format=vertical dir
--format=across dir
--format=horizontal dir
--format=commas dir
--format=bad dir ## of coreutils up to 9.1 a word that is not known has status 1, unlike every other bad option
--format=s dir
names
-q names
-N names
-b names
-Q names
-bC -w80 names
-qC -w80 names
-C -w80 names
-Qm names
-lb names
-lQ names
-l names
-lq names
-Nq names
-q --show-control-chars names
--quoting-style=literal names
--quoting-style=shell names
--quoting-style=shell-always names
--quoting-style=shell-escape names
--quoting-style=shell-escape-always names
--quoting-style=c names
--quoting-style=escape names
--quoting-style=bad names ## of coreutils up to 9.1 a word that is not known has status 1, unlike every other bad option
-q --quoting-style=shell names
-l --quoting-style=shell-escape names
-C -w80 --quoting-style=shell-escape names
-x -w80 --quoting-style=shell-escape names
-m --quoting-style=shell-escape names
-C -w0 --quoting-style=shell-escape names
-CF -w90 --quoting-style=shell-escape names
-C -w60 --quoting-style=shell names
-C -w60 -b names
-bF names
-QF names
-pb names
-R --quoting-style=shell-escape names empty
--quoting-style=shell-escape dir names/colon:
QUOTING_STYLE=c names
QUOTING_STYLE=shell-escape names
QUOTING_STYLE=bad dir ## a wrong variable is no reason for a message about every directory
LC_ALL=C.UTF-8 -C -w60 utf8
LC_ALL=C.UTF-8 -q utf8 ## a character that shows nothing is made visible
LC_ALL=C.UTF-8 -b utf8 ## a character that shows nothing is made visible
LC_ALL=C.UTF-8 -Q utf8 ## a character that shows nothing is made visible
LC_ALL=C.UTF-8 -x -w40 utf8
LC_ALL=C.UTF-8 --quoting-style=shell-escape utf8 ## a character that shows nothing is made visible
LC_ALL=C.UTF-8 -C --quoting-style=shell-escape utf8 ## a character that shows nothing is made visible
-q utf8
-C utf8
--quoting-style=shell-escape utf8
-B
-B -a
--ignore-backups .
-I *.c
-I *
-a -I .*
-I b.? -I c
--ignore=[ab]*
--hide=*.c
-a --hide=*.c
-A --hide=*.c
--hide=*.c dir a.c
TERM=xterm --color kinds
TERM=xterm --color=always kinds
TERM=xterm --color=always -l kinds
TERM=xterm --color=always -lF kinds
TERM=xterm --color=always -C -w80 kinds
TERM=xterm --color=always -C -w80 many
TERM=xterm --color=always -m -w80 kinds
TERM=xterm --color=always -x -w20 many
TERM=xterm --color=always -R dir
TERM=xterm --color=always -1w5
TERM=xterm --color=always -lw40 kinds
TERM=xterm --color=always -L kinds
TERM=xterm --color=always --group-directories-first kinds
TERM=xterm --color=always -l --group-directories-first kinds
TERM=xterm --color=auto kinds
TERM=xterm --color=never kinds
TERM=xterm --color=bad kinds ## of coreutils up to 9.1 a word that is not known has status 1, unlike every other bad option
TERM=xterm --color=always -C -w80 --quoting-style=shell-escape names
TERM=xterm --color=always missing
--color=always kinds ## always means always, also where TERM is not known
-Z kinds
-lZ kinds
-1Z file dir
-CZ dir
-Zi dir
--context dir
-Zd dir
-lZn owners
--bad-option
-y
-w bad
-w
--width
-T x
--a dir
--al dir
--alm dir
--full dir
--numeric dir
--inode dir
--size dir
--reverse dir
--recursive dir
--directory dir
--literal names
--escape names
--quote-name names
--hide-control-chars names
--no-group -l owners
--numeric-uid-gid owners
--human-readable -l sizes
--dereference kinds
--dereference-command-line link-dir
--kibibytes -s plain
--almost-all dir
--all dir
`
