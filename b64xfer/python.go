package b64xfer

import "strings"

// python returns the line for an interpreter, in the language of 2.4 to 3.13: no
// with, no b"", no print, no try with both except and finally. The program is handed
// to exec in double quotes inside the shell's single ones, so it has single quotes
// nowhere and its newlines are \n.
func python(interpreter string) func(plan) string {
	return func(p plan) string {
		program := strings.Replace(strings.TrimSpace(pythonProgram), "{taken}",
			p.either("os.path.lexists(p)", "os.path.isdir(p)"), 2)
		program = replace(p.fill(program), `\`, `\\`, "\n", `\n`, `"`, `\"`)
		return interpreter + ` -c 'exec("` + program + `")'`
	}
}

// After damage the rest of the paste is still read, up to its end: a shell would
// take it for commands. Bytes are read, not text, since damage can be in no
// encoding at all. The byte behind the stream's end (z) tells that its checksum was
// reached: a version without hashlib has nothing else.
const pythonProgram = `
import sys,os,zlib,binascii,signal
p="{dest}";q="{part}";t=h=None;e="";n=r=0
try:
 from hashlib import sha256
 h=sha256()
except Exception:pass
def x(*a):raise KeyboardInterrupt
for s in(1,2,15):signal.signal(s,x)
if {taken}:sys.exit("{refusal}")
try:os.unlink(q)
except OSError:pass
f=os.fdopen(os.open(q,os.O_WRONLY|os.O_CREAT|os.O_EXCL,448),"wb")
d=zlib.decompressobj();i=getattr(sys.stdin,"buffer",sys.stdin);l=z=".".encode("ascii");k=""
def w(b):
 f.write(b)
 if h:h.update(b)
 return len(b)
try:
 try:
  try:
   import termios
   t=termios.tcgetattr(0);u=t[:];u[3]&=~termios.ECHO;termios.tcsetattr(0,termios.TCSADRAIN,u)
  except Exception:pass
  sys.stdout.write("RE"+"ADY\n");sys.stdout.flush()
  while l and k!=z:
   l=i.readline();k=l.strip();n+=1
   if e or not k or k==z:continue
   try:r+=w(d.decompress(binascii.a2b_base64(k)))
   except Exception:e="line %d of the paste: %s"%(n,sys.exc_info()[1])
  if not e:
   try:r+=w(d.decompress(z)+d.flush());f.close()
   except Exception:e="its end: %s"%sys.exc_info()[1]
  if not e and(r!={size} or not l or d.unused_data!=z or h and h.hexdigest()!="{sum}"):e="some of it lost or changed"
  if not e and {taken}:sys.exit("{refusal}")
  if not e:os.rename(q,p)
 except KeyboardInterrupt:e="given up"
finally:
 try:
  if t:termios.tcsetattr(0,termios.TCSADRAIN,t)
 except Exception:pass
 try:os.unlink(q)
 except OSError:pass
if e:sys.exit("damaged: "+e+". Nothing was kept; paste it all again")
sys.stdout.write("whole: "+p+", {size} bytes, "+(h and"sha256 {sum}"or"adler32")+"\n")
`
