package b64xfer

import "strings"

// perl is the line for perl 5. It needs no module. With Digest::SHA, a core module
// since 5.10 that Debian's perl-base lacks, it compares the SHA-256; without, the
// checksum of cksum(1), at about 5 MB/s.
func perl(p plan) string {
	program := strings.Replace(strings.ReplaceAll(strings.TrimSpace(perlProgram), "\n", ""),
		"{taken}", p.either("-e$p||-l$p", "-d$p"), 2)
	inflate := ""
	if p.deflate {
		inflate = "require Compress::Zlib;$z=Compress::Zlib::inflateInit();"
	}
	return "perl -e '" + p.fill(strings.Replace(program, "{inflate}", inflate, 1)) + "'"
}

// 193 is O_WRONLY|O_CREAT|O_EXCL where Linux is no MIPS; Fcntl has it for all, and
// is in perl-base. The rest of a damaged paste is read to its end, as in Python.
const perlProgram = `
$|=1;$p="{dest}";$q="{part}";
{inflate}
die"{refusal}\n"if{taken};
eval{require Fcntl;$f=&Fcntl::O_WRONLY|&Fcntl::O_CREAT|&Fcntl::O_EXCL;1}or$f=193;
eval{require Digest::SHA;$h=Digest::SHA->new(256)};
for$i(0..255){$c=$i<<24;$c=$c&2147483648?($c<<1&4294967295)^79764919:$c<<1 for 1..8;push@c,$c}
$c=$l=0;
sub c{$c=($c<<8&4294967295)^$c[$c>>24^$_]for@_}
$SIG{$_}=sub{exit 1}for qw(HUP INT TERM);
END{if($t){$t->setlflag($o);$t->setattr(0,&POSIX::TCSADRAIN)}unlink$q if$m}
unlink$q;sysopen(F,$q,$f,0700)or die"$q: $!\n";$m=1;binmode F;binmode STDIN;
eval{require POSIX;$t=POSIX::Termios->new;$t->getattr(0)or die;$o=$t->getlflag;$t->setlflag($o&~&POSIX::ECHO);
$t->setattr(0,&POSIX::TCSADRAIN)or die;1}or$t=0;
print"RE","ADY\n";
while(<STDIN>){
$n++;s/\s+$//;if($_ eq"."){$w=1;last}
next if$e or$_ eq"";
if(length>84 or length()%4 or tr#A-Za-z0-9+/=##c){$e="line $n of the paste";next}
s/=+$//;tr#A-Za-z0-9+/# -_#;
$b=unpack"u",chr(32+int(.75*length)).$_;
if($z){($b,$s)=$z->inflate($b);if($s!=0&&$s!=1){$e="line $n of the paste";next}}
$l+=length$b;$h?$h->add($b):c(unpack"C*",$b);print F$b or$e="$!"}
close F or$e||="$!";
if($h){$g=$h->hexdigest eq"{sum}"}
else{for($i=$l;$i>0;$i>>=8){c($i&255)}$g=($c^4294967295)=={crc}}
$e||="some of it lost or changed"if!$w or$l!={size} or!$g;
die"damaged: $e. Nothing was kept; paste it all again\n"if$e;
die"{refusal}\n"if{taken};
rename$q,$p or die"$p: $!\n";$m=0;
print"whole: $p, {size} bytes, ",$h?"sha256 {sum}":"cksum {crc}","\n"
`
