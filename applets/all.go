// Package applets is the table of all applets. To add one, write its folder and
// add its line here; a profile under build/ that lists applets is built with a
// table of only those.
package applets

import (
	"rescuebox/applets/b64xfer"
	"rescuebox/applets/base64"
	"rescuebox/applets/cat"
	checksmart "rescuebox/applets/check_smart"
	"rescuebox/applets/chmod"
	"rescuebox/applets/dd"
	"rescuebox/applets/ddrescue"
	"rescuebox/applets/ddrescuelog"
	falsecmd "rescuebox/applets/false"
	findcmd "rescuebox/applets/find"
	gzipcmd "rescuebox/applets/gzip"
	"rescuebox/applets/ldd"
	"rescuebox/applets/libcheck"
	"rescuebox/applets/ls"
	"rescuebox/applets/mkdir"
	"rescuebox/applets/mktemp"
	"rescuebox/applets/mv"
	"rescuebox/applets/nbdserve"
	"rescuebox/applets/selfcheck"
	"rescuebox/applets/shasum"
	"rescuebox/applets/smartctl"
	"rescuebox/applets/smartmetrics"
	"rescuebox/applets/statify"
	tarcmd "rescuebox/applets/tar"
	"rescuebox/applets/touch"
	truecmd "rescuebox/applets/true"
	xargscmd "rescuebox/applets/xargs"
	"rescuebox/internal/applet"
)

// All is every applet, sorted by name.
var All = []*applet.Applet{
	&b64xfer.Applet,
	&base64.Applet,
	&cat.Applet,
	&checksmart.Applet,
	&chmod.Applet,
	&dd.Applet,
	&ddrescue.Applet,
	&ddrescuelog.Applet,
	&falsecmd.Applet,
	&findcmd.Applet,
	&gzipcmd.Applet,
	&ldd.Applet,
	&libcheck.Applet,
	&ls.Applet,
	&mkdir.Applet,
	&mktemp.Applet,
	&mv.Applet,
	&nbdserve.Applet,
	&selfcheck.Applet,
	&shasum.Applet,
	&smartctl.Applet,
	&smartmetrics.Applet,
	&statify.Applet,
	&tarcmd.Applet,
	&touch.Applet,
	&truecmd.Applet,
	&xargscmd.Applet,
}
