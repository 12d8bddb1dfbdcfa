package b64xfer

import "strings"

// receiver is one way to take a file in on the far side.
type receiver struct {
	name       string
	needs      string
	deflate    bool // always inflates
	canDeflate bool // inflates on demand
	encode     func(data []byte, yield func(string) bool)
	command    func(plan) string
	run        func(plan) string
}

// plan is what a receiver's lines depend on.
type plan struct {
	dest, size, sum string
	force, deflate  bool
	proves          bool // the file can prove itself: rescuebox --selfcheck
}

// part is the name of the file before it is proven.
func (p plan) part() string { return p.dest + ".part" }

var receivers = []receiver{
	{name: "python3", needs: "python3 with zlib", deflate: true,
		encode: base64Lines(1000), command: python("python3"), run: start},
	{name: "python2", needs: "python 2.4 to 2.7 with zlib, as python", deflate: true,
		encode: base64Lines(1000), command: python("python"), run: start},
	// 80 characters are 60 bytes: the most that a line of uuencode can hold is 63.
	{name: "perl", needs: "perl 5; no module", canDeflate: true,
		encode: base64Lines(80), command: perl, run: start},
	{name: "base64", needs: "base64 of coreutils, busybox or toybox", encode: base64Lines(1000),
		command: pipe("base64 -d"), run: prove},
	{name: "openssl", needs: "openssl", encode: base64Lines(64),
		command: pipe("openssl base64 -d"), run: prove},
	{name: "sh", needs: "nothing but a POSIX shell with a printf of its own", encode: octalLines,
		command: builtins, run: prove},
}

// fill replaces the names in braces by what the plan says.
func (p plan) fill(text string) string {
	force := ""
	if p.force {
		force = "1"
	}
	return strings.NewReplacer("{dest}", p.dest, "{part}", p.part(), "{size}", p.size,
		"{sum}", p.sum, "{force}", force).Replace(text)
}

// start runs a file that the receiver has proven and given its final name.
func start(p plan) string {
	if !p.proves {
		return p.fill("ls -l {dest}")
	}
	return p.fill("{dest} --selfcheck {sum} && {dest}")
}

// python returns the line for an interpreter, in the language of 2.4 to 3.13: no
// with, no b"", no print. The program is handed to exec in double quotes, so it has
// single quotes nowhere and its newlines are \n.
func python(interpreter string) func(plan) string {
	return func(p plan) string {
		program := p.fill(pythonProgram)
		program = strings.NewReplacer(`\`, `\\`, "\n", `\n`, `"`, `\"`).Replace(strings.TrimSpace(program))
		return interpreter + ` -c 'exec("` + program + `")'`
	}
}

// After damage the rest of the paste is still read, up to its end: a shell would
// take it for commands.
const pythonProgram = `
import sys,os,zlib,binascii
p="{dest}";q="{part}";t=None;e="";n=0
try:from hashlib import sha256
except ImportError:sha256=None
try:
 import termios
 t=termios.tcgetattr(0);u=t[:];u[3]&=~termios.ECHO;termios.tcsetattr(0,1,u)
except Exception:t=None
if os.path.exists(p) and not "{force}":sys.exit(p+" exists: send with --force, or another --dest")
try:os.unlink(q)
except OSError:pass
f=os.fdopen(os.open(q,os.O_WRONLY|os.O_CREAT|os.O_EXCL,448),"wb")
h=sha256 and sha256();d=zlib.decompressobj();k=l=" "
sys.stdout.write("RE"+"ADY\n");sys.stdout.flush()
def w(b):
 f.write(b)
 if h:h.update(b)
while l and k!=".":
 l=sys.stdin.readline();k=l.strip();n+=1
 if e or k in("","."):continue
 try:w(d.decompress(binascii.a2b_base64(k.encode("ascii"))))
 except Exception:e="line %d of the paste"%n
try:
 if not e:w(d.flush())
except Exception:e="its end"
f.close()
if t:termios.tcsetattr(0,1,t)
if not e and(os.path.getsize(q)!={size} or h and h.hexdigest()!="{sum}" or not l or d.unused_data):e="some of it lost or changed"
if e:
 os.unlink(q);sys.exit("damaged: "+e+". Nothing was kept; paste it all again")
os.rename(q,p)
sys.stdout.write("whole: "+p+", {size} bytes, sha256 {sum}\n")
`

// perl is the line for perl 5. It needs no module; with Digest::SHA, a core module
// since 5.10, it compares the SHA-256, else a sum of all bytes and the length, and
// the file then proves itself.
func perl(p plan) string {
	program := strings.ReplaceAll(strings.TrimSpace(p.fill(perlProgram)), "\n", "")
	inflate := ""
	if p.deflate {
		inflate = "require Compress::Zlib;$z=Compress::Zlib::inflateInit();"
	}
	return "perl -e '" + strings.Replace(program, "{inflate}", inflate, 1) + "'"
}

// ECHO is 8 in c_lflag on Linux; 193 is O_WRONLY|O_CREAT|O_EXCL.
const perlProgram = `
$|=1;$p="{dest}";$q="{part}";
{inflate}
die"$p exists: send with --force, or another --dest\n"if-e$p and"{force}"eq"";
unlink$q;sysopen(F,$q,193,0700)or die"$q: $!\n";binmode F;
eval{require Digest::SHA;$h=Digest::SHA->new(256)};
eval{require POSIX;$t=POSIX::Termios->new;$t->getattr(0)or die;$o=$t->getlflag;$t->setlflag($o&~8);$t->setattr(0,0)or die;1}or$t=0;
print"RE","ADY\n";
while(<STDIN>){
$n++;s/\s+$//;if($_ eq"."){$w=1;last}
next if$e or$_ eq"";
if(length>84 or length()%4 or tr#A-Za-z0-9+/=##c){$e="line $n of the paste";next}
s/=+$//;tr#A-Za-z0-9+/# -_#;
$b=unpack"u",chr(32+int(.75*length)).$_;
if($z){($b,$s)=$z->inflate($b);if($s!=0&&$s!=1){$e="line $n of the paste";next}}
$l+=length$b;$h->add($b)if$h;print F$b or$e="$!"}
close F or$e="$!";
if($t){$t->setlflag($o);$t->setattr(0,0)}
$e||="some of it lost or changed"if!$w or$l!={size}or$h&&$h->hexdigest ne"{sum}";
if($e){unlink$q;die"damaged: $e. Nothing was kept; paste it all again\n"}
rename$q,$p or die"$p: $!\n";
print"whole: $p, {size} bytes, sha256 {sum}\n"
`
