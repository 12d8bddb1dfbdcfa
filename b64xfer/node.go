package b64xfer

// The receiver in JavaScript, for Node. Its standard input is read as events, so that
// signals are seen between them.
var nodeProgram = script{
	careful: "T(D)", forced: "f.existsSync(D)&&f.statSync(D).isDirectory()", none: "false",
	ack:     `if(l.trim()>"")k(a);`,
	early:   "f.closeSync(o());u();",
	inflate: `try{v=require("zlib").inflateSync(v)}catch(x){v=Buffer.alloc(0)}`,
	land: `const n=o();for(let i=0;i<v.length;)i+=f.writeSync(n,v,i,v.length-i);f.closeSync(n);c();f.renameSync(Q,D);
k("whole: "+D+", {bytes} bytes, "+(h?"sha256 {sum}":"crc32 of each chunk"));x(0);`,
	program: `
const f=require("fs"),D="{dest}",Q="{part}",C={count},R="RE"+"ADY";let d={},r="",s="",h=0;
const k=x=>process.stdout.write(x+"\n");
const S=a=>{try{return String(require("child_process").spawnSync("stty",a,{stdio:[0,"pipe","ignore"]}).stdout||"").trim()}catch(x){return""}};
const u=()=>{try{f.unlinkSync(Q)}catch(x){}};
const x=n=>{if(s>"")S([s]);u();process.exit(n)};
const g=()=>{try{k("damaged: given up. Nothing was kept")}catch(y){}x(1)};
const T=p=>{try{f.lstatSync(p);return true}catch(y){return false}};
const c=()=>{if({taken}){k("{refusal}");x(1)}};
const e=y=>{k("damaged: "+y.message+". Nothing was kept");x(1)};
const o=()=>{u();process.umask(63);return f.openSync(Q,"wx",448)};
try{require("crypto").createHash("sha256");h=1}catch(y){}
const t=[];for(let i=0;i<256;i++){let y=i;for(let j=0;j<8;j++)y=y&1?3988292384^y>>>1:y>>>1;t.push(y>>>0)}
const m=()=>{let q=[];for(let n=1;n<=C;n++){if(d[n])continue;const z=q[q.length-1];
if(z&&z[1]==n-1)z[1]=n;else q.push([n,n])}
if(q.length>20){q=q.slice(0,20);q[19][1]=C}
return q.map(z=>z[0]==z[1]?z[0]:z[0]+"-"+z[1]).join(",")};
const E=()=>{const y=m();
if(y>""){k("damaged: chunks "+y+" of "+C+" lost or changed; send them again: --chunks "+y);k(R);return}
let v=Buffer.concat(Array.from({length:C},(z,i)=>d[i+1]));
{inflate}
if(v.length=={bytes}&&(h?require("crypto").createHash("sha256").update(v).digest("hex")=="{sum}":true)){
{land}
}
d={};k("damaged: the sum of all chunks is wrong; send all again");k(R)};
const L=l=>{if(l[0]==" "||l.trim()=="."){E();return}
let a="-";const z=/^(\d{1,8}:)([A-Za-z0-9+\/]+=*)\s*$/.exec(l);
if(z){const v=Buffer.from(z[2],"base64");let y=-1;
for(const b of Buffer.concat([Buffer.from(z[1]),v]))y=t[(y^b)&255]^y>>>8;const n=parseInt(z[1]);
if(v.length>3&&y>>>0==3736805603&&n<=C){d[n]=v.slice(0,-4);a="+"+n}}
{ack}
};
try{c();
["SIGHUP","SIGINT","SIGQUIT","SIGTERM","SIGTSTP"].forEach(y=>process.on(y,g));
{early}
s=S(["-g"]);if(s>"")S(["-echo"]);
k(R);process.stdin.setEncoding("latin1");
process.stdin.on("data",y=>{try{const q=(r+y).split("\n");r=q.pop();q.forEach(L)}catch(z){e(z)}}).on("end",g).on("error",g)
}catch(y){e(y)}
`,
}
