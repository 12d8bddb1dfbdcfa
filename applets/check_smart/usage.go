package checksmart

const usage = `usage: check_smart [OPTION...] [DEVICE...]

A plugin for Nagios, Icinga and their like: asks all disks, or those that are
named, and says in one line whether one is dying, with performance data. What
disks count is kept, so that a rise alarms, and an old count does not for ever.

STATES
  CRITICAL  a disk is DEAD or FAILING, or DEGRADED by what is new; or it was
            here before and is gone (not if it was behind USB)
  WARNING   DEGRADED by counts that have not risen of late; errors of the LINK;
            WORN; a counter of bad sectors or errors rose
  UNKNOWN   a disk could not be asked, or did not tell enough
The classes are those of smartctl --verdict, which says more of each disk.

OPTIONS
  -d, --device=DEVICE     ask this disk; - is a recording in standard input
  -i, --interface=TYPE    what carries commands to those disks, as -d of
                          smartctl; megaraid,[0-3] is four disks
  -g, --global=PATTERN    ask the devices of these names, as '/dev/sd[a-d]'
      --skip=PATTERN      leave out disks of this name, path or serial number
  -w, --warning=LIST      thresholds of values: RANGE is of the temperature,
                          others are NAME=RANGE with commas between them; NAME
                          is one of the performance data, or the name or number
                          of an attribute, whose raw value is compared
  -c, --critical=LIST     the same
  -t, --timeout=SECONDS   of all, from 1 to 3600 [30]; a disk that hangs costs
                          no more
  -n, --nocheck=standby   let disks sleep; one that does is OK
      --hold=HOURS        how long a rise alarms [24]
      --accept            what disks count now, and which are gone, is known
      --state=FILE        where counts are kept [check_smart.state in
                          $NAGIOS_PLUGIN_STATE_DIRECTORY or /var/lib/rescuebox]
      --no-state          keep none: each count is new
      --hide-sn           print no serial numbers
  -v, --verbose           more lines: all disks, and why; twice: what to do
  -h, --help
  -V, --version

A RANGE is [@]START:END: a value outside alarms, with @ inside. 10 is 0:10,
10: has no end, ~:10 no start.

It must run as root: with sudo, or by an agent that does.

EXAMPLES
  check_smart                         all disks of this machine
  check_smart -w 50 -c 60,used=95     and their temperature and wear
  check_smart -d /dev/bus/0 -i 'megaraid,[0-7]'
  check_smart --accept                yes, I know of these bad sectors
`
