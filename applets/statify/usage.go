package statify

const usage = `usage: statify [OPTION]... PROGRAM [ARG]...

Pack PROGRAM with its loader and all its libraries into one file that runs where
no library can be read. PROGRAM is a path, or a name that is looked for in PATH.
Pack on a healthy machine, or from a healthy disk (--root), and carry the file
over: it is started like any program, from any medium and under any path.

The file is a small static runner and a payload. The runner compares the
payload's digests, unpacks it into memory, and starts the loader on it with
every library preloaded, so that none is looked for. For that it needs one of
    /proc
    root, and Linux 5.2 (it unpacks into a file system that is mounted nowhere)
    a writable folder that allows execution: $TMPDIR, /dev/shm, /run, /tmp,
    /var/tmp (it removes what it put there)
A file made with --snapshot needs none of them. It compares its digest too; with
RESCUEBOX_VERIFY=0 in its environment it does not, and what can still be read of
it on a bad medium may do.

    -o, --output FILE    the file to make (default NAME.static, here). A file
                         that is there is replaced once all is written
        --include FILE   take along a shared object that PROGRAM opens by name,
                         such as a plugin, with what it needs (repeatable)
        --env NAME=VALUE set a variable when it runs (repeatable)
        --root DIR       pack from the system below DIR, such as a mounted disk;
                         PROGRAM and the files to include are paths inside it
        --compress[=N]   compress, from 1 (fast) to 9 (small); 6 without N
        --no-compress    store as it is: starts faster, is twice as large
                         (default: compress as with 6)
        --verify         run what was made in an empty root with ARGs (default
                         --version), and PROGRAM itself, and compare; as root
        --explain        say what would be packed, in which order, what it needs
                         and what it will miss, and make nothing
        --snapshot       make the merged form instead: PROGRAM and libraries as
                         the loader has put them into memory, in a plain static
                         executable that needs nothing but the kernel. For that
                         the loader is run. amd64 only
        --cpu LEVEL      with --snapshot: the processors that it must run on:
                         x86-64 (default), x86-64-v2, x86-64-v3 or host

The packed program is called NAME when its file has its first name or is called
NAME.something; under other names and links it is called as they are, as lvm and
git want it. LD_LIBRARY_PATH counts when packing, not with --root. When it runs,
LD_LIBRARY_PATH, LD_PRELOAD and the like do not reach it, but what it starts;
/etc/ld.so.preload and /etc/ld.so.cache are not read.

Only programs and libraries are packed. What else PROGRAM reads (the library of
python, terminfo, certificates, /etc/passwd) must be there when it runs: what is
known of that is printed as a warning. Plugins not included are the host's.

Refused are set-user-ID programs and those with file capabilities, which would
lose their protection; scripts; programs of musl; and static ones, which need no
packing.

EXIT STATUS
    0    the file was made (and does what PROGRAM does, with --verify)
    1    it was not, or differs
    130  interrupted; nothing was made
    Of the packed file: PROGRAM's own; 126 when its payload is damaged, or when
    there is nowhere to unpack it.

EXAMPLES
    statify smartctl && cp smartctl.static /media/usb
    statify --root /mnt -o /tmp/lvm.static /sbin/lvm
    statify --explain /usr/bin/python3
    statify --verify --snapshot bash -c 'echo $((6 * 7))'
    statify --include /lib/x86_64-linux-gnu/libnss_files.so.2 /bin/login
`
