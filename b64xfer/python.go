package b64xfer

// python returns the command for an interpreter, in the language of 2.4 to 3.13: no
// with, no b"", no print, no try with both except and finally. The program is handed
// to exec in double quotes inside the shell's single ones, so it has single quotes
// nowhere and its newlines are \n.
func python(interpreter string) func(plan) string {
	return func(p plan) string {
		land, run := pythonRename, pythonWhole
		if p.Memory {
			land, run = "", pythonWhole+pythonExecute
		}
		program := replace(pythonProgram, "{inflate}", p.when(p.Zlib, pythonInflate), "{ack}", p.when(p.Ack, "    if k:w(a)"),
			"{early}", p.when(!p.Memory, "  os.close(o());r()"), "{land}", land, "{run}", run,
			"{taken}", p.taken("os.path.lexists(p)", "os.path.isdir(p)", "0"), "{args}", p.list(`,"`, `"`))
		pieces := p.pieces(program)
		for i, line := range pieces {
			pieces[i] = replace(line, `\`, `\\`, `"`, `\"`) + `\n`
		}
		pieces[0] = interpreter + ` -c 'exec("` + pieces[0]
		pieces[len(pieces)-1] += `")'`
		return fold(pieces, "\"\n\"")
	}
}

// The signals are those that a terminal sends: 20 is Ctrl-Z, which would leave the
// terminal without echo to a shell that does not care. They are ignored once one has
// come, so that a second one cannot end what puts all back, and over the rename. A
// line is read as bytes, since damage can be in no encoding at all. 558161692 is
// what CRC-32 makes of anything with its own CRC-32 behind it.
const pythonProgram = `
import sys,os,signal
from binascii import*
p="{dest}";q="{part}";C={count};d={};t=h=None;e=""
try:
 from hashlib import sha256 as h
except Exception:pass
def g(f):
 for s in 1,2,3,15,20:signal.signal(s,f)
def x(*a):
 g(signal.SIG_IGN);raise KeyboardInterrupt
def w(s):
 sys.stdout.write(s+"\n");sys.stdout.flush()
def c():
 if {taken}:sys.exit("{refusal}")
def r():
 try:os.unlink(q)
 except OSError:pass
def o():
 r();os.umask(63);return os.open(q,os.O_WRONLY|os.O_CREAT|os.O_EXCL,448)
def n():
 r=[]
 for j in range(1,C+1):
  if j in d:continue
  if r and r[-1][1]==j-1:r[-1][1]=j
  else:r.append([j,j])
 if r[20:]:r[19:]=[[r[19][0],C]]
 return ",".join([a==z and str(a)or"%d-%d"%(a,z)for a,z in r])
c();g(x)
try:
 try:
{early}
  try:
   import termios
   t=termios.tcgetattr(0);u=t[:];u[3]&=~termios.ECHO;termios.tcsetattr(0,1,u)
  except Exception:pass
  while 1:
   w("RE"+"ADY")
   while 1:
    l=getattr(sys.stdin,"buffer",sys.stdin).readline();s=l.decode("latin1");k=s.strip();a="-"
    if not l:x()
    if k=="."or s[0]==" ":break
    try:
     i=s.find(":")+1;v=a2b_base64(l[i:]);j=int(s[:i-1])
     if crc32(l[:i]+v)&0xffffffff==558161692 and j<=C:d[j]=v[:-4];a="+"+str(j)
    except(ValueError,Error):pass
{ack}
   s=n();v=l[:0]
   if s:w("damaged: chunks "+s+" of {count} lost or changed; send them again: --chunks "+s);continue
   v=v.join([d[j]for j in range(1,C+1)])
{inflate}
   if len(v)=={bytes} and(not h or h(v).hexdigest()=="{sum}"):break
   d={};w("damaged: the sum of all chunks is wrong; send all again")
{land}
 except KeyboardInterrupt:e="damaged: given up. Nothing was kept"
 except EnvironmentError:e="damaged: %s. Nothing was kept"%sys.exc_info()[1]
finally:
 try:
  if t:termios.tcsetattr(0,1,t)
 except Exception:pass
 r()
if e:sys.exit(e)
{run}
`

const pythonInflate = `
   try:
    import zlib;v=zlib.decompress(v)
   except Exception:v=v[:0]
`

const pythonRename = `
  f=os.fdopen(o(),"wb");f.write(v);f.close();c();g(signal.SIG_IGN);os.rename(q,p)
`

const pythonWhole = `
w("whole: "+p+", {bytes} bytes, "+(h and"sha256 {sum}"or"crc32 of each chunk"))
`

// 3.3 executes what is open, the older ones need /proc. ctypes came with 2.5,
// memfd_create of os with 3.8. A signal that is ignored would stay so.
const pythonExecute = `
g(signal.SIG_DFL);signal.signal(13,signal.SIG_DFL)
try:
 if hasattr(os,"memfd_create"):f=os.memfd_create("rb",0)
 else:
  import ctypes
  b=sys.maxsize>2**32;f=ctypes.CDLL(None).syscall(os.uname()[4][0]in"ix"and[356,319][b]or[385,279][b],"rb".encode("ascii"),0)
 while v:v=v[os.write(f,v):]
 os.execve(sys.version_info>(3,3)and f or"/proc/self/fd/%d"%f,[p{args}],os.environ)
except Exception:sys.exit("damaged: cannot execute from memory: %s"%sys.exc_info()[1])
`
