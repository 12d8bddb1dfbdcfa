package smartmetrics

const usage = `usage: smartmetrics [OPTION...] [DEVICE...]

Asks all disks, or those that are named, and writes how they are in the text
format of Prometheus, for the textfile collector of node_exporter. Names are
those of smartctl_exporter; rescuebox_disk_verdict has the class that
smartctl --verdict gives a disk.

OPTIONS
  -o, --output=FILE       replace this file, as a whole, with mode 0644; the
                          collector reads *.prom [standard output]
  -d, --device=DEVICE     ask this disk; - is a recording in standard input
  -i, --interface=TYPE    what carries commands to those disks, as -d of
                          smartctl; megaraid,[0-3] is four disks
  -t, --timeout=SECONDS   of all, from 1 to 3600 [60]; a disk that hangs costs
                          no more, and is DEAD
  -n, --nocheck=standby   let disks sleep
  -h, --help
  -V, --version

It must run as root, from a timer or cron: each 5 minutes is enough. An old
rescuebox_smartmetrics_last_run_timestamp_seconds is a run that did not happen.
Status 0 says that the metrics were written, whatever they say.

EXAMPLES
  smartmetrics
  smartmetrics -o /var/lib/prometheus/node-exporter/smart.prom
  alert: rescuebox_disk_verdict{verdict=~"DEAD|FAILING|DEGRADED"} == 1
`
