package b64xfer

// The receivers made of a shell run in a subshell, so that their trap and options
// end with it. noclobber (set -C) keeps > from following a link that somebody else
// put there; when the file cannot be opened the subshell ends before it is ready.
// The shell's read takes lines from the terminal without any program.
const shellStart = `(Q={part};[ -e {dest} ]&&[ -z "{force}" ]&&{ echo "{dest} exists: send with --force, or another --dest";exit 1;};` +
	`rm -f $Q 2>/dev/null;set -C;exec 3>$Q||exit 1;stty -echo 2>/dev/null;trap "stty echo 2>/dev/null" 0;echo RE""ADY;`

// pipe returns the line that feeds a decoder: it gets its end of file from the
// shell's loop, where a clipboard cannot hold ^D.
func pipe(decoder string) func(plan) string {
	return func(p plan) string {
		return p.fill(shellStart) + `while IFS= read -r l;do case $l in .)break;;esac;echo "$l";done|` + decoder + ` >&3)`
	}
}

// builtins is the line for a shell that can run no program at all.
func builtins(p plan) string {
	return p.fill(shellStart) + `while IFS= read -r l;do case $l in .)break;;esac;printf "$l" >&3;done)`
}

// prove is the line after a payload that a shell has taken in. It hashes with
// whatever runs there. Where nothing does, a kit proves itself before it gets its
// name; any other file keeps the name of a part, and the line says so.
//
// The kit renames itself (selfcheck --rename), since mv may not run either.
func prove(p plan) string {
	hash := `(Q={part};S=$({ sha256sum $Q||openssl dgst -r -sha256 $Q||busybox sha256sum $Q||perl -MDigest::SHA -e 'print Digest::SHA->new(256)->addfile(shift)->hexdigest' $Q;} 2>/dev/null);` +
		`case $S in {sum}*)V=1;;?*)V=0;;*)V=;esac;` +
		`if [ "$V" = 0 ];then echo "damaged: some of it lost or changed. Paste it all again";rm -f $Q;`
	if !p.proves {
		return p.fill(hash + `elif [ -z "$V" ];then echo "damaged or whole: nothing here can tell; left as $Q";` +
			`else chmod 700 $Q;mv $Q {dest}&&echo "whole: {dest}, {size} bytes, sha256 {sum}";fi)`)
	}
	rename := "--rename {dest}"
	if p.force {
		rename = "--force " + rename
	}
	return p.fill(hash + `elif chmod 700 $Q&&$Q --selfcheck ` + rename + ` {sum};then {dest};` +
		`else echo "damaged: or chmod does not run; not kept as {dest}";fi)`)
}
