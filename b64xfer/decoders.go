package b64xfer

// decoders land stage-1 with one program of the host. Each proves before READY that
// it runs: it decodes the letter A.
func decoders() []landing {
	const anyX = "chmod of the host, or of busybox; else none is needed"
	return []landing{
		{name: "base64", needs: "base64 of coreutils, busybox or toybox", decoder: "base64", xbit: anyX,
			probe: `echo QQ==|base64 -d 2>&-`, decode: `p "$t"|base64 -d >|$Q`, newline: true, encode: base64Text(960)},
		{name: "busybox", needs: "busybox with base64", decoder: "busybox base64", xbit: "busybox chmod",
			probe: `echo QQ==|busybox base64 -d 2>&-`, decode: `p "$t"|busybox base64 -d >|$Q`, newline: true, encode: base64Text(960)},
		// Versions before 1.1 take no longer lines.
		{name: "openssl", needs: "openssl", decoder: "openssl", xbit: anyX,
			probe: `echo QQ==|openssl base64 -d 2>&-`, decode: `p "$t"|openssl base64 -d >|$Q`, newline: true, encode: base64Text(64)},
		{name: "uudecode", needs: "uudecode of sharutils or busybox", decoder: "uudecode", xbit: "uudecode", own: true,
			probe: `printf "begin-base64 600 x\nQQ==\n====\n"|uudecode -o /dev/stdout 2>&-`, decode: `p "$t"|uudecode -o $Q`, newline: true, encode: uuText},
		{name: "xxd", needs: "xxd", decoder: "xxd", xbit: anyX,
			probe: `echo 41|xxd -r -p 2>&-`, decode: `p "$t"|xxd -r -p >|$Q`, newline: true, encode: hexText(60)},
		{name: "gpg", needs: "gpg", decoder: "gpg", xbit: anyX,
			probe: `gpg --version >&- 2>&-&&echo A`, decode: `p "$t"|gpg --homedir / --no-permission-warning --dearmor >|$Q`, newline: true, encode: armorText},
		{name: "awk", needs: "awk of any kind", decoder: "awk", xbit: anyX,
			probe: `echo|LC_ALL=C awk "{printf\"%c\",65}" 2>&-`, decode: `p "$t"|LC_ALL=C awk '` + awkBase64 + `' >|$Q`, newline: true, encode: base64Text(960)},
		{name: "lua", needs: "lua 5.1 to 5.4", decoder: "lua", xbit: anyX,
			probe: `lua -e "io.write(string.char(65))" 2>&-`, decode: `p "$t"|lua -e '` + luaBase64 + `' >|$Q`, newline: true, encode: base64Text(960)},
		{name: "tclsh", needs: "tclsh 8.6", decoder: "tclsh", xbit: anyX,
			probe: `echo 'puts -nonewline [binary decode base64 QQ==]'|tclsh 2>&-`, decode: `p "$t"|tclsh >|$Q`, newline: true, encode: tclText},
		{name: "vim", needs: "vim 8.2 or later, with eval", decoder: "vim", xbit: "setfperm of vim", own: true,
			probe:  `vim -u NONE --cmd "if exists('*setfperm')|call writefile(['A'],'/dev/stdout')|endif|qa" -es 2>&-`,
			decode: `p "$t"|vim -u NONE -es >&-`, newline: true, encode: vimText},
		{name: "git", needs: "git", decoder: "git", xbit: "git apply", own: true,
			probe: `git --version >&- 2>&-&&echo A`, decode: `p "$t"|(cd {folder}&&git apply --whitespace=nowarn)`, newline: true, encode: gitPatch},
		{name: "as", needs: "as and ld of binutils", decoder: "as", xbit: "ld", own: true,
			probe:  `as --version >&- 2>&-&&ld --version >&- 2>&-&&echo A`,
			decode: `p "$t"|as -o $Q.o&&ld -Ttext 0 --oformat binary -o $Q $Q.o;rm -f $Q.o||: >|$Q.o`, newline: true, encode: asciiText},
	}
}

// alphabet is that of base64, RFC 4648 section 4.
const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"

// Numbers of awk are floating, so there is int and no shift. In a locale of UTF-8
// gawk would write two bytes for those above 127: LC_ALL=C.
const awkBase64 = `{for(i=1;i<length;i+=4){b=0;for(j=i;j<i+4;j++)b=b*64+index("` + alphabet + `",substr($0,j,1))-1;` +
	`printf"%c%c%c",int(b/65536),int(b/256)%256,b%256}}`

const luaBase64 = `for q in io.read("*a"):gmatch("[%w+/][%w+/][%w+/][%w+/]")do local b=0 for c in q:gmatch(".")do ` +
	`b=b*64+("` + alphabet + `"):find(c,1,true)-1 end io.write(string.char(math.floor(b/65536),math.floor(b/256)%256,b%256))end`
