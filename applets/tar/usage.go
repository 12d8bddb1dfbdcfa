package tarcmd

const usage = `usage: tar -c|-r [OPTION...] [-f ARCHIVE] FILE...
       tar -t|-x [OPTION...] [-f ARCHIVE] [MEMBER...]

Pack files into an archive, list one, or take files out of it. Options may be
written without a dash, as in 'tar xzf ARCHIVE'. An archive to read may be
packed by gzip or bzip2, whatever its name. What is damaged is said, and what
lies behind it is still read; of a file on bad sectors the rest is archived.

  -c, --create           make an archive
  -t, --list             list the members; with -v as ls -l does
  -x, --extract, --get   take members out
  -r, --append           add files to a plain archive
  -f, --file=ARCHIVE     the archive; - or none is standard input or output
  -C, --directory=DIR    go to DIR before what follows
  -v, --verbose          name every member
  -z, --gzip             write packed by gzip; reading needs no option
  -j, --bzip2            for reading; this tar does not write bzip2
  -T, --files-from=FILE  take names from FILE; --null: they end in a zero byte
  -X, --exclude-from=FILE, --exclude=PATTERN
                         leave out what matches, in the whole name or from any /
  -P, --absolute-names   keep a leading / and ..; reading, trust the archive
  -k, --keep-old-files   a file that exists is an error; --skip-old-files: it
                         is passed over; --keep-newer-files: when it is newer
  -O, --to-stdout        write the contents to standard output
  -p, --same-permissions set modes whatever the umask (default for root)
      --same-owner, --no-same-owner, --no-same-permissions
      --numeric-owner    owners by number: for another system's archive
  -m, --touch            files are as old as their extraction
  -h, --dereference      archive what links lead to
      --one-file-system  do not archive what is mounted below
      --no-recursion     folders without what they hold
      --strip-components=N   drop N leading parts of names
      --wildcards        MEMBER is a pattern
  -i, --ignore-zeros     read behind an end mark, as in archives joined together
      --format=gnu|pax|ustar   of headers (default gnu)

Extraction never writes through a symbolic link that the archive made, skips
names with .. and takes a leading / away. A link to a folder that was there
before, as /lib may be, is kept and used. Not kept in an archive: holes in
files, extended attributes, ACLs. Not read: what xz, zstd and others packed.

EXIT STATUS
  0  all went well
  1  a file changed while it was archived
  2  something could not be read, written or found

EXAMPLES
  tar cf - -C /mnt etc | ssh backup 'cat > etc.tar'
  tar xzf root.tgz -C /mnt --numeric-owner
  tar tvf damaged.tar
`
