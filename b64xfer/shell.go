package b64xfer

// The receivers made of a shell run in a subshell, so that their traps and options
// end with it. noclobber (set -C) keeps > from following a link that somebody else
// put there; when the file cannot be opened the subshell ends before it is ready.
// The shell's read takes lines from the terminal without any program. Messages are
// closed (2>&-) and not sent to /dev/null, which may be missing.
//
// A trap on 0 alone does not do: dash does not run it when a signal kills it. Nor
// may stty be stopped there: when a substitution has died of SIGINT, bash takes the
// terminal away from its own subshell, and SIGTTOU is next. A
// decoder that gives up early must not end the loop by SIGPIPE, which would leave
// the rest of the paste to the shell.
const shellStart = `(D={dest};Q=$D.part;{ {taken};}&&{ echo "{refusal}";exit 1;};` +
	`[ "$({probe})" = A ]||{ echo "no {decoder} runs here: use another --to";exit 1;};` +
	`umask 077;rm -f $Q 2>&-;set -C;exec 3>$Q||exit 1;e=;f=;g=;k=;n=0;w=;s=$(stty -g 2>&-);` +
	`trap '[ "$s" ]&&stty $s;[ "$k" ]||rm -f $Q 2>&-||: >|$Q' 0;trap "exit 1" 1 2 15;trap "" PIPE TTOU;` +
	`[ "$s" ]&&stty -echo;echo RE""ADY;`

// shellLoop checks of each line its number and length, at no cost per character,
// before the action sees its text as $t. Afterwards $e is empty or says what is
// wrong. The lines at the end that repeat the first ones (see twice) are compared
// with them. Unbalanced parentheses in a substitution confuse bash before 4.0.
const shellLoop = `while IFS= read -r l;do case $l in (.)w=1;break;;("")continue;;esac;` +
	`[ "$e" ]&&continue;n=$((n+1));t=${l#*:*:};` +
	`if [ "$l" = "$n:${#t}:$t" ];then if [ $n -gt {once} ];then g=$g$t;else [ $n -gt {twice} ]||f=$f$t;{action} 2>&-;fi;else false;fi||` +
	`e="line $n of the paste";done;[ "$f" = "$g" ]||e=${e:-"its first line"};` +
	`[ "$w$n" = 1{lines} ]||e=${e:-"its end, at line $n of {lines}"};`

const shellEnd = `exec 3>&-;[ "$e" ]&&{ echo "damaged: $e. Nothing was kept; paste it all again";exit 1;};k=1)`

// pipe returns the line that feeds a decoder: it gets its end of file from the
// shell's loop, where a clipboard cannot hold ^D.
func pipe(decoder string) func(plan) string {
	return func(p plan) string {
		return p.shell(decoder, "echo QQ==|"+decoder, `echo "$t"`,
			`e=$({ { `+shellLoop+`echo "$e" >&4;}|`+decoder+` >&3;} 4>&1)||e=${e:-"{decoder} failed"};`)
	}
}

// builtins is the line for a shell that can run no program at all.
func builtins(p plan) string {
	return p.shell("printf", `printf "\101"`, `printf "$t" >&3`, shellLoop)
}

func (p plan) shell(decoder, probe, action, receive string) string {
	text := shellStart + receive + shellEnd
	return p.fill(replace(text, "{taken}", p.taken(), "{probe}", probe, "{action}", action, "{decoder}", decoder))
}

// hash sets V to what proves the file: the SHA-256 or the checksum of cksum(1),
// computed by a program of the host; V is empty where none runs. Old versions of
// openssl print the digest last. w begins a verdict with a restriction.
const hash = `(D={dest};Q=$D.part;X={sum};N=;` +
	`d(){ echo "damaged: ${1-some of it lost or changed}. Paste it all again";rm -f $Q 2>&-||: >|$Q;exit 1;};` +
	`[ -s $Q ]||d "nothing was kept";{ {taken};}&&{ echo "{refusal}; left as $Q";exit 1;};` +
	`case $({ sha256sum $Q||openssl dgst -sha256 $Q||busybox sha256sum $Q||cksum <$Q||busybox cksum <$Q;} 2>&-) in ` +
	`(*$X*)V="sha256 $X";;("{crc} {size}"*)V="cksum {crc}";;(?*)d;;(*)V=;esac;` +
	`w="whole: $Q, {size} bytes, $V; but";[ "$V" ]||w="damaged: or whole, nothing here can tell;";` +
	`{ chmod 700 $Q||busybox chmod 700 $Q;} 2>&-;`

// noChmod is for a host where nothing sets a file's mode.
const noChmod = `no chmod runs; files on vfat (/boot/efi?) need none`

// proveKit lets the file prove itself before it gets its name; it renames itself,
// since mv may not run either.
const proveKit = `if [ -x $Q ];then $Q --selfcheck {forced}--rename $D $X&&exec $D;` +
	`[ "$V" ]||d "some of it lost or changed, or it does not run here";echo "$w it does not run here";` +
	`else echo "$w ` + noChmod + `";fi)`

// proveFile is for any other file.
const proveFile = `[ "$V" ]||{ echo "$w left as $Q";exit 1;};[ -x $Q ]||N="; but ` + noChmod + `";` +
	`{ mv -f $Q $D||busybox mv -f $Q $D;} 2>&-||{ D=$Q;N="$N; but no mv runs";};echo "whole: $D, {size} bytes, $V$N")`

// prove is the line after a payload that a shell has taken in. It hashes with
// whatever runs there. Where nothing does, a kit proves itself; any other file keeps
// the name of a part, and the line says so.
func prove(p plan) string {
	text := hash + proveFile
	if p.executable {
		text = hash + proveKit
	}
	return p.fill(replace(text, "{taken}", p.taken(), "{forced}", p.either("", "--force ")))
}

// taken is the condition under which dest must not be replaced.
func (p plan) taken() string { return p.either("[ -e $D ]||[ -h $D ]", "[ -d $D ]") }
