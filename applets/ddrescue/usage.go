package ddrescue

const usage = `usage: ddrescue [OPTION...] SOURCE TARGET [MAP]
       ddrescue --fill-mode=TYPES [OPTION...] DATA TARGET MAP
       ddrescue --generate-mode [OPTION...] SOURCE COPY MAP
       ddrescue --command-mode [OPTION...] SOURCE TARGET [MAP] <COMMANDS

Copy a failing disk, partition or file: what reads well first, then what is
next to it, the hopeless last. MAP keeps what was copied; the same command
line goes on where it stopped. SOURCE is only read, past the page cache; a bad
sector costs that sector. The map never says more than the target's disk has.

SOURCE can be the export of another machine, nbd://HOST/NAME: see nbdserve.
Sizes take k M G (powers of 1000), Ki Mi Gi (of 1024) and s (sectors); times
take s m h d.

What to read
  -i, --input-position=N   begin at this byte of SOURCE
  -s, --size=N             read at most so many bytes
  -o, --output-position=N  and write there (default the same)
  -m, --domain-mapfile=F   read only what map F says is finished; - is standard
                           input
  -L, --loose-domain       that map may have gaps and be out of order
      --used-first=F       read what map F says is finished first, then the rest
  -C, --complete-only      nothing beyond what MAP has
  -I, --check-input-size   SOURCE must be as large as MAP

How to read
  -b, --sector-size=N      what is read alone at a bad place (default what the
                           disk says)
  -c, --cluster-size=N     sectors in a read near a bad place (default 64 KiB)
  -K, --skip-size=N[,MAX]  skip so much at a second failure, at most MAX; 0: no
  -a, --min-read-rate=N    a read that is slower (bytes a second) is skipped
                           from; default: 8 times slower than others
      --delay-slow=TIME    not before so long (default 0)
  -R, --reverse            from the end to the beginning
  -u, --unidirectional     never backward from the end of what was skipped
      --cpass=RANGE        passes of copying: 1 is the first, 2-5 are the edges
                           of what it has skipped; 0: none
  -n, --no-scrape          do not read every sector of bad areas
  -N, --no-sweep           leave what was skipped
      --no-trim            leave areas that failed
  -r, --retry-passes=N     read bad sectors N times more; -1: till none is left
  -A, --try-again          what failed, but is not bad, is untried again
  -M, --retrim             all that failed is read again from its edges
  -d, --idirect            past the page cache: that is the default
      --buffered           through it
  -O, --reopen-on-error    close SOURCE after each error and open it again: some
                           drivers stay slow as long as it is open
      --bad-sector-data=F  sectors with the bytes of file F, which is as long as
                           one, are bad: what some drives send in place of them
  -H, --test-mode=F        try a rescue out: what map F does not call finished
                           fails without being read; - is standard input

How gently
  -Z, --max-read-rate=N    bytes a second at most, one read at a time
      --pause-on-error=TIME  wait after each failed read, as for a disk to cool
      --pause-on-pass=TIME   wait between phases
  -J, --check-on-error     read something known again after each error, and end
                           if that fails (default: after eight in a row)
      --continue-on-errno=N[,N]  these errors do not mean that SOURCE is gone,
                           though 6 (ENXIO), 19 and 123 usually do
      --no-wait            end when SOURCE disappears or TARGET is full. Without
                           it, the rescue goes on when a disk of that serial
                           number is back, under any name, or there is room

When to give up; status 1. What is left is said, and what it would cost
  -X, --max-read-errors=N  more than N reads have failed
  -e, --max-bad-areas=[+]N  more than N bad areas; +N: more than MAP has, and N
  -E, --max-error-rate=N   more than N bytes have failed in a second
  -T, --timeout=TIME       nothing was read for so long
      --max-slow-reads=N   more than N reads were slow
      --reset-slow         of those in a row
      --max-errors-per-mib=N  behind copying: the last 64 failed reads have
                           brought less than a MiB for every N

How to write
  -f, --force              TARGET may be a block device
      --override=NAMES     accept a danger: in-use (mounted, swap, in an array),
                           same-disk, smaller, identity (not the disk of MAP, or
                           not its copy)
  -S, --sparse             leave holes for zeros; files only
  -t, --truncate           empty the target first, for a new rescue
  -x, --extend-outfile=N   make a file at least so long; 0: as SOURCE
  -p, --preallocate        reserve the room first; files only
  -y, --synchronous        each write waits for the disk
  -D, --odirect            past the page cache, where size and place allow it
  -W, --compare-before-write  leave what is there already
      --same-file          TARGET may be SOURCE: in place, which has a drive
                           write each sector anew, or to where nothing overlaps
      --mapfile-interval=[N][,SYNC]  seconds between saves of MAP (default 30);
                           0: after each read. Each save waits for the disk, so
                           that SYNC is only looked at

What is said
  -q, --quiet              errors only
  -v, --verbose            what will be done; twice: each phase, too
  -B, --binary-prefixes    KiB instead of kB
  -P, --data-preview[=N]   N lines (default 3) of what was read last
      --ask                ask before anything is written
      --json               a line of JSON for each second and for the end
      --log-events=FILE    when each phase began, and why it has ended; appended
      --log-rates=FILE     each second: time, position, bytes a second now and
                           on average, bad areas and bytes: for gnuplot
      --log-reads=FILE     each read: position, size, copied, failed, and the
                           errno where it is not EIO
  Logs and MAP are regular files, and none of them is named twice.

Instead of a rescue
  -F, --fill-mode=TYPES    write copies of DATA over the blocks of TARGET that
                           MAP says are of TYPES, some of ? * / - +, and nowhere
                           else. With an l each sector begins with its position
  -w, --ignore-write-errors  and go on behind sectors that cannot be written
  -G, --generate-mode      make MAP of a COPY that was made without one: sectors
                           that are all zeros count as not copied
      --command-mode       read commands from standard input, one a line:
                             c POSITION SIZE  copy; what fails is bad at once
                             s POSITION SIZE  show what MAP says
                             u  save MAP      f  save it and end    q  end
                           The answer ends with done, or is error[: reason]
  All of these take -i -o -s -m -L -b -c, and go on where they were interrupted.

A drive that stops reading altogether is not taken for bad sectors: what failed
last is untried again, and the status is 4. Ctrl-C saves the map and ends, also
while a read hangs in the kernel.

EXIT STATUS
  0  all phases are done; bad sectors may be left: ddrescuelog -t MAP
  1  a file cannot be opened, written or used, a limit was reached, or one of
     the commands has failed
  2  MAP is no map
  4  the drive has died or disappeared; nothing was marked bad for that
  130, 143  interrupted; MAP is saved

EXAMPLES
  # First what is easy, on to a file; MAP lies beside it, not on the sick disk.
  ddrescue -n /dev/sdb /mnt/usb/disk.img /mnt/usb/disk.map
  # Then the hard part, and then three times more what is bad: the same command
  # goes on, whatever has ended it.
  ddrescue -r3 /dev/sdb /mnt/usb/disk.img /mnt/usb/disk.map
  ddrescuelog --picture /mnt/usb/disk.map

  # To another disk. -f: all of it is overwritten.
  ddrescue -f /dev/sdb /dev/sdc disk.map

  # Of another machine. There: rescuebox nbdserve --bind 192.0.2.7 /dev/sdb
  ddrescue nbd://192.0.2.7/ disk.img disk.map

  # Gently: slowly, with rests, and an end when it does not pay any more.
  ddrescue -Z5M --pause-on-error=2 --pause-on-pass=9m /dev/sdb disk.img disk.map
  ddrescue --max-errors-per-mib=100 -T 10m /dev/sdb disk.img disk.map
  # From the other end, where the heads stick on the way.
  ddrescue -R -n /dev/sdb disk.img disk.map

  # One partition, into its place in the image; or only what a map asks for.
  ddrescue -i 1Mi -s 20Gi /dev/sdb disk.img disk.map
  ddrescue -m used.map /dev/sdb disk.img disk.map

  # Which files were hit? Mark what is missing, and look for the mark.
  printf 'BAD-SECTOR ' >mark
  ddrescue --fill-mode='l-/*?' mark disk.img disk.map
  mount -o ro,loop disk.img /mnt/img; grep -rl BAD-SECTOR /mnt/img
  ddrescue --fill-mode='-/*?' /dev/zero disk.img disk.map    # and off again

  # Write to the bad sectors of a drive, so that it replaces them.
  ddrescue --fill-mode=- -f -y /dev/zero /dev/sdb disk.map
  # Erase what can still be erased before a drive is given away.
  ddrescue --fill-mode=+ -f -w /dev/zero /dev/sdb disk.map

  # A copy was made by dd conv=noerror,sync, or without a MAP: go on with it.
  ddrescue --generate-mode /dev/sdb disk.img disk.map
  ddrescue /dev/sdb disk.img disk.map

Option by option beside GNU ddrescue: docs/ddrescue-options.md.
`
