package scan

import (
	"strings"

	"rescuebox/internal/smart/drivedb"
)

// usbTable says what carries ATA or NVMe in a USB bridge by the vendor's and product's
// numbers; a product of "" is all of the vendor's. The chips are those of linux-usb.org's
// usb.ids and of their makers' data sheets; which command set each chip has its maker
// says there. Anything else is asked whether it knows the standard.
var usbTable = [...]struct{ vendor, product, spec string }{
	{"04b4", "6830", "usbcypress"}, // CY7C68300A/B
	{"04b4", "6831", "usbcypress"}, // CY7C68310
	{"04fc", "0c05", "usbsunplus"}, // SPIF216
	{"04fc", "0c15", "usbsunplus"}, // SPIF215
	{"04fc", "0c25", "usbsunplus"}, // SPIF225
	{"067b", "2507", "usbprolific"},
	{"067b", "2571", "usbprolific"}, // PL2571
	{"067b", "2771", "usbprolific"}, // PL2771
	{"067b", "2773", "usbprolific"}, // PL2773
	{"067b", "2775", "usbprolific"}, // PL2775
	{"067b", "3507", "usbjmicron,p"},
	{"0bda", "9201", "sat"},        // RTL9201
	{"0bda", "9210", "sntrealtek"}, // RTL9210
	{"0bda", "9211", "sntrealtek"}, // RTL9211
	{"0bda", "9220", "sntrealtek"}, // RTL9220
	{"152d", "0562", "sntjmicron"}, // JMS583
	{"152d", "0581", "sntjmicron"}, // JMS581
	{"152d", "0583", "sntjmicron"}, // JMS583
	{"152d", "0586", "sntjmicron"}, // JMS586
	{"152d", "2329", "usbjmicron"}, // JM20329
	{"152d", "2335", "usbjmicron"}, // JM20335
	{"152d", "2336", "usbjmicron"}, // JM20336
	{"152d", "2337", "usbjmicron"}, // JM20337
	{"152d", "2338", "usbjmicron"}, // JM20338
	{"152d", "2339", "usbjmicron,x"},
	{"152d", "", "sat"},            // JMS539, JMS567, JMS578 and others
	{"174c", "2362", "sntasmedia"}, // ASM2362
	{"174c", "2364", "sntasmedia"}, // ASM2364
	{"174c", "", "sat"},            // ASM1051, ASM1153, ASM1352 and others
	{"2109", "0711", "sat"},        // VL711
	{"2109", "0715", "sat"},        // VL715
	{"2109", "0716", "sat"},        // VL716
	{"05e3", "0719", "sat"},        // GL830
	{"05e3", "0731", "sat"},        // GL3310
	{"05e3", "0735", "sat"},        // GL3321
	{"13fd", "1340", "sat,12"},     // INIC-1530
	{"13fd", "", "sat"},            // INIC-1608, INIC-3609 and others
	{"2537", "1066", "sat"},        // NS1066
	{"2537", "1068", "sat"},        // NS1068
	{"1058", "", "sat"},            // Western Digital's own disks
	{"0bc2", "", "sat"},            // Seagate's
	{"0480", "", "sat"},            // Toshiba's
	{"059f", "", "sat"},            // LaCie's
	{"4971", "", "sat"},            // Hitachi's
}

// usb is the type of a bridge by the host's database, then by the table; "" where
// neither knows it.
func usb(db *drivedb.DB, vendor, product, release string) string {
	if db != nil {
		for _, row := range db.USB("0x"+vendor+":0x"+product, "0x"+release) {
			// "-d sat", and perhaps "#please report" behind it.
			spec, found := strings.CutPrefix(row.Presets, "-d ")
			spec, _, _ = strings.Cut(spec, "#")
			spec, _, _ = strings.Cut(spec, " ")
			if _, err := Parse(spec); found && err == nil {
				return spec
			}
		}
	}
	for _, row := range usbTable {
		if row.vendor == vendor && (row.product == product || row.product == "") {
			return row.spec
		}
	}
	return ""
}
