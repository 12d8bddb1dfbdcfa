package b64xfer

import "strings"

// perl returns the command for perl 5. It needs no module: echo stays on without
// POSIX, and without Digest::SHA, a core module since 5.10 that Debian's perl-base
// lacks, the checksums of the chunks are all that is compared. Nothing in it is an
// exclamation mark, which some shells take for their history: ${"\41"} is the error.
func perl(p plan) string {
	land, run := perlRename, perlWhole
	if p.Memory {
		land, run = "", perlWhole+perlExecute
	}
	program := replace(perlProgram, "{inflate}", p.when(p.Zlib, perlInflate), "{ack}", p.when(p.Ack, `print"$a\n"if$_ ne"";`),
		"{early}", p.when(!p.Memory, "o();close F;unlink$q;"), "{land}", land, "{run}", run,
		"{taken}", p.taken("-e$p||-l$p", "-d$p", "0"), "{args}", p.list(`,"`, `"`))
	return typedProgram("perl -e '", p.pieces(program))
}

// typedProgram is an interpreter's option and its program in single quotes, whose
// lines may be joined.
func typedProgram(start string, pieces []string) string {
	pieces[0] = start + pieces[0]
	pieces[len(pieces)-1] += "'"
	return fold(pieces, "\n")
}

// 193 is O_WRONLY|O_CREAT|O_EXCL where Linux is no MIPS; Fcntl, in perl-base, has it
// for all. A line of uuencode holds 63 bytes: 80 characters of base64 are 60.
const perlProgram = `
$|=1;$p="{dest}";$q="{part}";$C={count};$f=193;
sub c{die"{refusal}\n"if({taken})}
sub e{die"damaged: $_[0]: ".${"\41"}.". Nothing was kept\n"}
sub g{print"damaged: given up. Nothing was kept\n";exit 1}
eval{require Fcntl;$f=&Fcntl::O_WRONLY|&Fcntl::O_CREAT|&Fcntl::O_EXCL};
eval{require Digest::SHA;$h=1};
for$i(0..255){$c=$i;$c=$c&1?3988292384^$c>>1:$c>>1 for 1..8;push@T,$c}
sub z{if($t){$t->setlflag($o);$t->setattr(0,0)}}
END{z();unlink$q if$m}
sub o{unlink$q;umask 63;sysopen(F,$q,$f,0700)or e($q);$m=1}
sub w{my@r;for my$n(1..$C){
next if defined$d[$n];
if(@r&&$r[-1][1]==$n-1){$r[-1][1]=$n}else{push@r,[$n,$n]}}
if(@r>20){$#r=19;$r[19][1]=$C}
join",",map{$$_[0]==$$_[1]?$$_[0]:"$$_[0]-$$_[1]"}@r}
c();$SIG{$_}=\&g for qw(HUP INT QUIT TERM TSTP);
{early}
binmode STDIN;
eval{require POSIX;$t=POSIX::Termios->new;$t->getattr(0)or die;$o=$t->getlflag;
$t->setlflag($o&~&POSIX::ECHO);$t->setattr(0,0)or die;1}or$t=0;
for(;;){print"RE","ADY\n";
while(1){$_=<STDIN>;defined or g();last if/^(\.\s*$| )/;s/\s+$//;$a="-";
if(/^(\d{1,8}):([A-Za-z0-9+\/]+)=*$/){$j=$1;$b=$2;$b=~tr#A-Za-z0-9+/# -_#;$x="";
$x.=unpack"u",chr(32+int(.75*length$_)).$_ for$b=~/.{1,80}/gs;$c=4294967295;
$c=$T[($c^$_)&255]^$c>>8 for unpack"C*","$j:$x";
if(length$x>3&&$c==3736805603&&$j<=$C){$d[$j]=substr$x,0,-4;$a="+$j"}}
{ack}
}$s=w();
if($s ne""){print"damaged: chunks $s of $C lost or changed; send them again: --chunks $s\n";next}
$v=join"",@d[1..$C];
{inflate}
last if length$v=={bytes}&&($h?Digest::SHA::sha256_hex($v)eq"{sum}":1);
@d=();print"damaged: the sum of all chunks is wrong; send all again\n"}
{land}
{run}
`

const perlInflate = `
eval{require Compress::Zlib;$v=Compress::Zlib::uncompress($v)};
`

const perlRename = `
o();binmode F;(print F$v)or e($q);close F or e($q);c();$SIG{$_}="IGNORE"for qw(HUP INT QUIT TERM TSTP);
rename$q,$p or e($p);$m=0;
`

const perlWhole = `
print"whole: $p, {bytes} bytes, ",$h?"sha256 {sum}":"crc32 of each chunk","\n";
`

// The number of memfd_create by processor. $^F keeps descriptors open in what is
// executed.
const perlExecute = `
z();$t=0;require Config;$a=$Config::Config{archname};$n="rb";
$f=syscall($a=~/^x86_64/?319:$a=~/^aarch64/?279:$a=~/^arm/?385:356,$n,0);$f<0&&e("memory");
$^F=$f;open F,">&=$f"or e("memory");
while(length$v){$k=syswrite F,$v or e("memory");substr($v,0,$k)="";}
exec{"/proc/$$/fd/$f"}$p{args};e("memory");
`

// interpretersInQuotes are the others that take a program in single quotes.
func interpretersInQuotes() []receiver {
	return []receiver{
		{name: "perl", needs: "perl 5; no module", inflates: true, typed: true, memory: true, xbit: "sysopen, mode 0700",
			probe: `perl -e "print chr 65" 2>&-`, start: typed(perl)},
		{name: "ruby", needs: "ruby", inflates: true, typed: true, memory: true, xbit: "File.new, mode 0700",
			probe: `ruby -e "print 65.chr" 2>&-`, start: typed(inQuotes("ruby -e '", rubyProgram))},
		{name: "php", needs: "php on the command line", inflates: true, typed: true, memory: true, xbit: "chmod",
			probe: `php -r "echo chr(65);" 2>&-`, start: typed(inQuotes("php -r '", phpProgram))},
		{name: "node", needs: "node 6 or later", inflates: true, typed: true, xbit: "fs.openSync, mode 0700",
			probe: `node -p '"A"' 2>&-`, start: typed(inQuotes("node -e '", nodeProgram))},
	}
}

// script is a receiver's program and what differs in it by the options.
type script struct {
	program, inflate, ack, early, land, execute string
	careful, forced                             string // conditions under which Dest is taken
	none                                        string // that never holds
	argument                                    [2]string
}

func inQuotes(start string, s script) func(plan) string {
	return func(p plan) string {
		land := s.land
		if p.Memory {
			land = s.execute
		}
		program := replace(s.program, "{inflate}", p.when(p.Zlib, s.inflate), "{ack}", p.when(p.Ack, s.ack),
			"{early}", p.when(!p.Memory, s.early), "{land}", land,
			"{taken}", p.taken(s.careful, s.forced, s.none), "{args}", p.list(s.argument[0], s.argument[1]))
		return typedProgram(start, p.pieces(strings.TrimSpace(program)))
	}
}
