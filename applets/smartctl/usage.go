package smartctl

const usage = `usage: smartctl [OPTION...] DEVICE
       smartctl --verdict [OPTION...] [DEVICE...]
       smartctl --scan | --scan-open [-d TYPE]
       smartctl [OPTION...] - <RECORDING

Ask a disk of its health, as smartctl 7.5 of smartmontools does. Nothing is
written to it unless -s, -o, -S, -t or a log's reset says so. A disk that does
not answer costs its time limit and no more.

VERDICT
      --verdict          which disk is dying, why, what lies on it, and what to
                         do: of each disk named, or all, the worst first. One of
                         DEAD      it does not answer: power, cable, port
                         FAILING   it says so, or it is beyond doubt: image it
                         DEGRADED  it has lost data, or is about to: image it
                         LINK      its cable, port or power
                         WORN      flash near the end of what it can write
                         UNKNOWN   not, or not enough, could be asked
                         OK        nothing was found; that is not much
                         With -d, -j, -n, -B, --timeout; it tops -a and -x

SHOW
  -a, --all              all of SMART: -i -H -c -A -l error -l selftest ...
  -x, --xall             and all else that is known to ask
  -i, --info             model, serial number, size, versions
  -H, --health           what the disk itself says: PASSED of a dying disk is
                         common, so look at -A and -l error too
  -c, --capabilities     what it can do, and how long its tests take
  -A, --attributes       counters of wear and errors
  -f, --format=FORMAT    of these: old, brief, hex[,id|val]
  -l, --log=TYPE         a log: error[,NUM], xerror[,N][,error], selftest,
                         xselftest[,N][,selftest], selective, directory[,g|s],
                         scttemp[sts|hist], scterc, devstat[,N], defects[,N],
                         sataphy[,reset], ssd, background, sasphy, envrep,
                         genstats, gplog,N[,RANGE], smartlog,N[,RANGE],
                         nvmelog,N,SIZE. RANGE is FIRST, FIRST+, FIRST+SIZE or
                         FIRST-LAST, in pages of 512 bytes
  -g, --get=NAME         a setting: all, aam, apm, dsn, lookahead, security,
                         wcache, rcache, wcreorder, wcache-sct
      --scan             list the disks, with what -d would be
      --scan-open        the same, and try to open each

HOW
  -d, --device=TYPE      what carries the commands: auto, ata, scsi,
                         nvme[,NSID], sat[,auto][,12] (SATA behind SAS or USB),
                         usbcypress, usbjmicron[,p][,x][,PORT], usbprolific,
                         usbsunplus, sntasmedia, sntjmicron[,NSID], sntrealtek
                         (NVMe in a USB case; /sat behind it: or SATA),
                         megaraid,N (a disk behind a PERC or LSI controller:
                         --scan lists them), cciss,N (HP Smart Array),
                         sat+megaraid,N; test says what was detected
  -j, --json[=cgosy]     JSON with smartctl's keys: c compact, g a line for each
                         value, o with the text, s sorted, y YAML
  -q, --quietmode=TYPE   silent (only the exit status), noserial
  -n, --nocheck=MODE[,STATUS[,STATUS2]]
                         leave a disk alone that sleeps: sleep, standby, idle
  -T, --tolerance=TYPE   normal, conservative, permissive, verypermissive: how
                         many failed commands are gone on from
  -b, --badsum=TYPE      a wrong checksum: warn, exit, ignore
  -r, --report=TYPE      tell each exchange with the disk: ioctl, ataioctl,
                         scsiioctl, nvmeioctl[,2]. What ataioctl,2 prints is a
                         recording that any smartctl reads
      --timeout=SECONDS[,SECONDS]
                         of each command [15], and of a disk in all [60]

NAMES OF ATTRIBUTES
  -B, --drivedb=[+]FILE  a drivedb.h of smartmontools: instead of, or before,
                         the host's. Without one, only common names are known
  -v, --vendorattribute=N,FORMAT[:ORDER][,NAME]  how attribute N is shown
  -F, --firmwarebug=TYPE none, nologdir, samsung, samsung2, samsung3, xerrorlba,
                         swapid
  -P, --presets=TYPE     use or ignore what the database says of the drive

CHANGE
  -s, --smart=on|off     SMART as such
  -s, --set=NAME[,VALUE] aam,N apm,N dsn,on lookahead,on security-freeze
                         standby,N|off|now wcache,on rcache,on wcreorder,on[,p]
                         wcache-sct,ata|on|off[,p]
  -o, --offlineauto=on|off  tests every four hours
  -S, --saveauto=on|off  that the disk saves its counters
  -l scterc,READ,WRITE[,p]  limits of error recovery in tenths of a second, with
                         p those after power on; scterc,reset: the maker's
  -l scttempint,N[,p]    minutes between entries of the temperature log

TEST
  -t, --test=TEST        short (2 minutes), long (hours: every sector is read,
                         which a dying disk may not survive: rescue it first),
                         conveyance, offline, select,M-N, vendor,N; force,
                         pending,N, afterselect,on
  -C, --captive          the disk does nothing else meanwhile
  -X, --abort            end the test

EXIT STATUS, the sum of
    1  the command line is wrong      16  an attribute at its threshold
    2  not opened, or asleep          32  one that was in the past
    4  a command failed, or a         64  errors are logged
       checksum is wrong             128  a self-test has failed
    8  the disk says that it fails
  With --verdict of all disks together, and 2 of a DEAD one, 4 of an UNKNOWN
  one, 8 of one that is FAILING or DEGRADED.

EXAMPLES
  smartctl --verdict                   which disk is it, and what now
  smartctl --scan-open                 which disks are there
  smartctl -a /dev/sda                 how is it
  smartctl -x -j /dev/nvme0            all of it, for a program
  smartctl -a -d megaraid,3 /dev/sda   the fourth disk behind a controller
  smartctl -t short /dev/sda; sleep 130; smartctl -l selftest /dev/sda
  smartctl -r ataioctl,2 -a /dev/sda >disk.txt; smartctl -a - <disk.txt
`
