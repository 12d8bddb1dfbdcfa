package dd

const usage = `usage: dd [OPERAND]...

Copy a file or disk in blocks, and convert it. At conv=noerror,sync only the
sectors that cannot be read are lost, not the blocks they lie in.

  if=FILE  of=FILE    read FILE, write FILE, in place of the standard streams
  bs=BYTES            size of blocks (512); ibs= and obs= of those read, written
  cbs=BYTES           size of records of conv=block and conv=unblock
  count=N             copy N blocks of the input
  skip=N  seek=N      pass over N blocks of the input, output; also iseek, oseek
  conv=WORD,...       noerror  go on after read errors
                      sync     pad blocks with zeros to their size
                      notrunc, nocreat, excl    of the output file
                      fsync, fdatasync          wait for the disk at the end
                      sparse   make holes of blocks of zeros in a new file
                      swab, lcase, ucase, ascii, ebcdic, ibm, block, unblock
  iflag=WORD,...      fullblock  go on after a short read, as of a pipe
  oflag=WORD,...      force  write to a disk that is mounted, swap or part of an
                             array or volume, or that is the input itself
  both                append direct directory dsync sync nonblock noatime
                      nocache noctty nofollow; skip_bytes count_bytes seek_bytes
  status=WORD         none: errors alone; noxfer: no line on bytes; progress

A number may end in c (1) w (2) b (512) kB K MB M GB G T P E Z Y, and be several
with x between. N that ends in B is of bytes: count=10MB, seek=5B.

Read errors name the byte, and the sector of 512 bytes. After one, reading goes
on past the page cache; conv=noerror alone drops each block that fails, and what
follows moves up. USR1 prints the statistics; so does Ctrl-C, and ends.

Unlike GNU dd it refuses to write to disks in use, to the input itself, and to
make files in /dev; it skips and counts bytes of a pipe exactly, and conv=sparse
writes zeros where data were.

EXIT STATUS
  0  everything was copied
  1  something failed, or bytes of the input are missing

EXAMPLES
  dd if=/dev/sdb of=/mnt/sdb.img bs=1M conv=noerror,sync status=progress
  dd if=/mnt/sdb.img of=/dev/sdc bs=1M oflag=direct conv=fsync
  dd if=/dev/sda count=1 | od -c | head        look at the boot record
`
