package b64xfer

// The receiver in PHP, 5.4 or later. Without pcntl nothing could turn echo on again
// after Ctrl-C, so it stays on.
var phpProgram = script{
	careful: "file_exists($p)||is_link($p)", forced: "is_dir($p)", none: "false",
	argument: [2]string{`,"`, `"`},
	ack:      `if(trim($l)>"")k($a);`,
	early:    "fclose(o());unlink($q);",
	inflate:  `$v=(string)@gzuncompress($v);`,
	land: `$f=o();if(fwrite($f,$v)<strlen($v)||fclose($f)==false)e($q);chmod($q,448);c();
if(rename($q,$p)==false)e($p);y();w();exit(0);`,
	execute: `y();w();$F=FFI::cdef("int memfd_create(const char*,int);long write(int,const char*,long);int execv(const char*,char**);");
$n=$F->memfd_create("rb",0);while($v>""){$k=$F->write($n,$v,strlen($v));if($k<1)e("memory");$v=(string)substr($v,$k);}
$A=array($p{args});$x=$F->new("char*[".(count($A)+1)."]");foreach($A as$i=>$a){$t=$F->new("char[".(strlen($a)+1)."]",false);
FFI::memcpy($t,$a,strlen($a));$x[$i]=$F->cast("char*",$t);}
$F->execv("/proc/self/fd/".$n,$x);e("memory");`,
	program: `
$p="{dest}";$q="{part}";$C={count};$d=array();$s="";
function k($x){echo$x,"\n";}
function y(){global$s;if($s>"")shell_exec("stty ".$s);$s="";}
function w(){global$p;k("whole: ".$p.", {bytes} bytes, ".(function_exists("hash")?"sha256 {sum}":"crc32 of each chunk"));}
function e($x){global$q;$m=error_get_last();y();@unlink($q);k("damaged: ".($m?$m["message"]:$x).". Nothing was kept");exit(1);}
function g(){global$q;y();@unlink($q);k("damaged: given up. Nothing was kept");exit(1);}
function c(){global$p;clearstatcache();if({taken}){y();global$q;@unlink($q);k("{refusal}");exit(1);}}
function o(){global$q;umask(63);@unlink($q);$f=@fopen($q,"xb");if($f==false)e($q);return$f;}
function m(){global$C,$d;$r=array();for($n=1;$n<=$C;$n++){
if(isset($d[$n]))continue;$i=count($r)-1;
if($i>=0&&$r[$i][1]==$n-1)$r[$i][1]=$n;else$r[]=array($n,$n);}
if(count($r)>20){$r=array_slice($r,0,20);$r[19][1]=$C;}
foreach($r as&$x)$x=$x[0]==$x[1]?$x[0]:$x[0]."-".$x[1];return implode(",",$r);}
error_reporting(0);ini_set("memory_limit",-1);c();
{early}
if(function_exists("pcntl_async_signals")){pcntl_async_signals(true);foreach(array(1,2,3,15,20)as$x)pcntl_signal($x,"g",false);
$s=trim((string)shell_exec("stty -g 2>&-"));if($s>"")shell_exec("stty -echo");}
for(;;){k("RE"."ADY");
for(;;){$l=fgets(STDIN);if($l===false)g();if($l[0]==" "||trim($l)==".")break;$a="-";
if(preg_match("#^(\\d{1,8}:)([A-Za-z0-9+/]+=*)\\s*$#D",$l,$m)){$v=base64_decode($m[2]);$n=(int)$m[1];
if(strlen($v)>3&&sprintf("%u",crc32($m[1].$v))=="558161692"&&$n<=$C){$d[$n]=(string)substr($v,0,-4);$a="+".$n;}}
{ack}
}$e=m();
if($e>""){k("damaged: chunks $e of $C lost or changed; send them again: --chunks $e");continue;}
$v="";for($n=1;$n<=$C;$n++)$v.=$d[$n];
{inflate}
if(strlen($v)=={bytes}&&(function_exists("hash")?hash("sha256",$v)=="{sum}":true))break;
$d=array();k("damaged: the sum of all chunks is wrong; send all again");}
{land}
`,
}
