package ddrescuelog

const usage = `usage: ddrescuelog OPERATION [OPTION...] MAPFILE

Show, change, compare and draw the map that ddrescue keeps of a disk; - is
standard input, or for -c and -H standard output. What changes a map writes the
new one to standard output, and keeps what its comments say of the disks.

OPERATIONS
  -t, --show-status           sums by state, of many maps; --json for scripts
      --picture               a picture of the disk for an 80x24 terminal
      --svg                   a picture as SVG
  -D, --done-status           status 0 when all of the domain is rescued
  -d, --delete-if-done        the same, and delete the map
  -l, --list-blocks=TYPES     numbers of blocks of types (?*/-+), for e2fsck -l
  -a, --change-types=OLD,NEW  other types for blocks, as tr(1) does
  -n, --invert-mapfile        finished ones become bad, all others finished
  -A, --annotate-mapfile      with sizes for people as comments
  -C, --complete-mapfile[=T]  fill the gaps of a hand-made map with type T [?]
  -c, --create-mapfile[=TT]   make a map of the block numbers in standard input,
                              which get the first type, others the second [+-]
  -p, --compare-mapfile=FILE  status 1 when the types of blocks differ
  -P, --compare-as-domain=FILE  compare what is finished alone
  -x, --xor-mapfile=FILE      finished in one of both
  -y, --and-mapfile=FILE      finished in both
  -z, --or-mapfile=FILE       finished in any
      --shift                 move all blocks by the difference of -o and -i
  -H, --make-test=C:H:S1[-S2[,T]]:F|FF:B
                              make the map of a disk with a dead head, for the
                              --test-mode of ddrescue: cylinders, heads, sectors
                              of outer and inner tracks, tracks of a zone; F is
                              cylinder by cylinder, FF surface by surface in
                              each zone; the bad head, counted from 0

OPTIONS
  -i, --input-position=BYTES  where the domain begins [0]
  -s, --size=BYTES            how long it is, -1 for no limit
  -m, --domain-mapfile=FILE   only what is finished in this map
  -L, --loose-domain          that map, or that of -P, may have gaps, any order
  -o, --output-position=BYTES  where the domain begins in the output [as -i]
  -b, --block-size=BYTES      of a block or sector [512]
  -F, --format=NAME           of -c and -l: list, bitmap, bitmap-be, bitmap-le
  -B, --binary-prefixes       show KiB and MiB, not kB and MB
  -f, --force                 write over an existing map
  -q, --quiet                 no messages
  -v, --verbose               more of them

Numbers are decimal, 0x hexadecimal or 0 octal, with _ between digits if you
like, then s (sectors), k (1000), Ki (1024), M, Mi, G, Gi ... Colour is shown on
a terminal only, and not where NO_COLOR is set.

EXIT STATUS
  0  done
  1  not done, different, or failed
  2  the map is corrupt

EXAMPLES
  ddrescuelog -t disk.map               how far is it
  ddrescuelog --picture disk.map        where are the holes
  ddrescuelog --svg disk.map >map.svg
  ddrescuelog -l- -b4096 -i1Mi -o0 disk.map >bad; e2fsck -l bad /dev/sdb1
  ddrescuelog -z other.map disk.map >both.map
`
