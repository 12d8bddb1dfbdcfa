package nvmereport

import (
	"strconv"
	"strings"

	"rescuebox/internal/jsontree"
	"rescuebox/internal/smart/nvme"
	"rescuebox/internal/smart/report"
)

// line prints a label and a value in smartctl's columns.
func line(out *report.Output, label, value string) {
	out.Print(report.Left(label, 36), value, "\n")
}

func (p *Pages) info(o Options, out *report.Output) {
	c := p.Controller
	text := func(label, key string, field []byte) {
		s := report.Printable(field)
		line(out, label, s)
		out.JSON.At(key).String(s)
	}
	text("Model Number:", "model_name", c.Model)
	if !o.HideSerial {
		text("Serial Number:", "serial_number", c.Serial)
	}
	text("Firmware Version:", "firmware_version", c.Firmware)

	if c.Vendor == c.SubsystemVendor {
		line(out, "PCI Vendor/Subsystem ID:", hex(uint64(c.Vendor), 4))
	} else {
		line(out, "PCI Vendor ID:", hex(uint64(c.Vendor), 4))
		line(out, "PCI Vendor Subsystem ID:", hex(uint64(c.SubsystemVendor), 4))
	}
	pci := out.JSON.At("nvme_pci_vendor")
	pci.At("id").Uint(uint64(c.Vendor))
	pci.At("subsystem_id").Uint(uint64(c.SubsystemVendor))
	line(out, "IEEE OUI Identifier:", hex(uint64(c.OUI), 6))
	out.JSON.At("nvme_ieee_oui_identifier").Uint(uint64(c.OUI))

	p.capacities(out)
	line(out, "Controller ID:", strconv.Itoa(int(c.ID)))
	out.JSON.At("nvme_controller_id").Uint(uint64(c.ID))
	version := versionString(c.Version)
	line(out, "NVMe Version:", version)
	out.JSON.At("nvme_version", "string").String(version)
	out.JSON.At("nvme_version", "value").Uint(uint64(c.Version))
	line(out, "Number of Namespaces:", strconv.FormatUint(uint64(c.Namespaces), 10))
	out.JSON.At("nvme_number_of_namespaces").Uint(uint64(c.Namespaces))
	if p.Namespace != nil {
		p.namespace(o, out)
	}
	line(out, "Local Time is:", o.Now.Format("Mon Jan _2 15:04:05 2006 MST"))
	// There is no NVMe device without it, nor a way to turn it off.
	out.JSON.At("smart_support", "available").Bool(true)
	out.JSON.At("smart_support", "enabled").Bool(true)
}

func (p *Pages) capacities(out *report.Output) {
	none := nvme.Uint128{}
	for _, q := range []struct {
		label, key string
		bytes      nvme.Uint128
	}{
		{"Total NVM Capacity:", "nvme_total_capacity", p.Controller.TotalCapacity},
		{"Unallocated NVM Capacity:", "nvme_unallocated_capacity", p.Controller.UnallocatedCapacity},
	} {
		if p.Controller.TotalCapacity != none || q.bytes != none {
			line(out, q.label, report.Bytes(q.bytes.Hi, q.bytes.Lo))
			report.Exact(&out.JSON, q.key, q.bytes.Hi, q.bytes.Lo)
		}
	}
}

// versionString is a version of BASE 3.1.3.2.
func versionString(v uint32) string {
	if v == 0 {
		return "<1.2"
	}
	s := strconv.Itoa(int(v>>16)) + "." + strconv.Itoa(int(v>>8&255))
	if v&255 != 0 {
		s += "." + strconv.Itoa(int(v&255))
	}
	return s
}

// described is the node of the namespace in nvme_namespaces.
func (p *Pages) described(out *report.Output) *jsontree.Node {
	n := out.JSON.At("nvme_namespaces").Item(0)
	n.At("id").Uint(uint64(p.Described))
	return n
}

func (p *Pages) namespace(o Options, out *report.Output) {
	n := p.Namespace
	if n.Size == 0 {
		return
	}
	node, block := p.described(out), max(n.BlockSize(), 1)
	label := "Namespace " + strconv.FormatUint(uint64(p.Described), 10) + " "
	show := func(name string, blocks uint64) {
		b := product(blocks, block)
		line(out, label+name, report.Bytes(b.Hi, b.Lo))
	}
	keep := func(node *jsontree.Node, blocks uint64) {
		b := product(blocks, block)
		report.Exact(node, "blocks", 0, blocks)
		report.Exact(node, "bytes", b.Hi, b.Lo)
	}
	if n.Size == n.Capacity && n.Features&1 == 0 { // not thinly provisioned
		show("Size/Capacity:", n.Size)
	} else {
		show("Size:", n.Size)
		show("Capacity:", n.Capacity)
	}
	keep(node.At("size"), n.Size)
	keep(node.At("capacity"), n.Capacity)
	keep(out.JSON.At("user_capacity"), n.Capacity)
	if n.Utilization != n.Size {
		show("Utilization:", n.Utilization)
	}
	keep(node.At("utilization"), n.Utilization)
	line(out, label+"Formatted LBA Size:", strconv.FormatUint(block, 10))
	node.At("formatted_lba_size").Uint(block)
	out.JSON.At("logical_block_size").Uint(block)

	if !o.HideSerial && n.EUI64 != [8]byte{} {
		oui, rest := number(n.EUI64[:3]), number(n.EUI64[3:])
		line(out, label+"IEEE EUI-64:", hex(oui, 6)[2:]+" "+hex(rest, 10)[2:])
		node.At("eui64", "oui").Uint(oui)
		node.At("eui64", "ext_id").Uint(rest)
	}
}

// number is the big-endian number that the bytes are.
func number(b []byte) (v uint64) {
	for _, c := range b {
		v = v<<8 | uint64(c)
	}
	return v
}

// flag is a bit of a field with its names in text and in JSON.
type flag struct {
	text, key string
}

// flags prints a field of bits; those that have no name are Other.
func flags(out *report.Output, label string, node *jsontree.Node, value uint64, digits int, names []flag) {
	var words []string
	other := value
	node.At("value").Uint(value)
	for i, f := range names {
		set := value>>i&1 != 0
		if set {
			words = append(words, f.text)
		}
		node.At(f.key).Bool(set)
		other &^= 1 << i
	}
	if other != 0 {
		words = append(words, "*Other*")
	}
	node.At("other").Uint(other)
	if len(words) > 0 {
		line(out, label+" ("+hex(value, digits)+"):", strings.Join(words, " "))
	}
}

var (
	adminFlags = []flag{
		{"Security", "security_send_receive"}, {"Format", "format_nvm"}, {"Frmw_DL", "firmware_download"},
		{"NS_Mngmt", "namespace_management"}, {"Self_Test", "self_test"}, {"Directvs", "directives"},
		{"MI_Snd/Rec", "mi_send_receive"}, {"Vrt_Mngmt", "virtualization_management"},
		{"Drbl_Bf_Cfg", "doorbell_buffer_config"}, {"Get_LBA_Sts", "get_lba_status"},
		{"Lockdown", "command_and_feature_lockdown"},
	}
	nvmFlags = []flag{
		{"Comp", "compare"}, {"Wr_Unc", "write_uncorrectable"}, {"DS_Mngmt", "dataset_management"},
		{"Wr_Zero", "write_zeroes"}, {"Sav/Sel_Feat", "save_select_feature_nonzero"},
		{"Resv", "reservations"}, {"Timestmp", "timestamp"}, {"Verify", "verify"}, {"Copy", "copy"},
	}
	logFlags = []flag{
		{"S/H_per_NS", "smart_health_per_namespace"}, {"Cmd_Eff_Lg", "commands_effects_log"},
		{"Ext_Get_Lg", "extended_get_log_page_cmd"}, {"Telmtry_Lg", "telemetry_log"},
		{"Pers_Ev_Lg", "persistent_event_log"}, {"Log0_FISE_MI", "supported_log_pages_log"},
		{"Telmtry_Ar_4", "telemetry_data_area_4"},
	}
	namespaceFlags = []flag{
		{"Thin_Prov", "thin_provisioning"}, {"NA_Fields", "na_fields"},
		{"Dea/Unw_Error", "dealloc_or_unwritten_block_error"}, {"No_ID_Reuse", "uid_reuse"},
		{"NP_Fields", "np_fields"},
	}
)

func (p *Pages) capabilities(out *report.Output) {
	c := p.Controller
	p.firmware(out)
	flags(out, "Optional Admin Commands", out.JSON.At("nvme_optional_admin_commands"), uint64(c.AdminCommands), 4, adminFlags)
	flags(out, "Optional NVM Commands", out.JSON.At("nvme_optional_nvm_commands"), uint64(c.NVMCommands), 4, nvmFlags)
	flags(out, "Log Page Attributes", out.JSON.At("nvme_log_page_attributes"), uint64(c.LogAttributes), 2, logFlags)
	if c.MaxTransfer > 0 && c.MaxTransfer < 64 {
		pages := uint64(1) << c.MaxTransfer
		line(out, "Maximum Data Transfer Size:", strconv.FormatUint(pages, 10)+" Pages")
		out.JSON.At("nvme_maximum_data_transfer_pages").Uint(pages)
	}
	threshold := func(label, key, common string, kelvin uint16) {
		if t, ok := nvme.Celsius(kelvin); ok {
			line(out, label, strconv.Itoa(t)+" Celsius")
			out.JSON.At("nvme_composite_temperature_threshold", key).Int(int64(t))
			out.JSON.At("temperature", common).Int(int64(t))
		}
	}
	threshold("Warning  Comp. Temp. Threshold:", "warning", "op_limit_max", c.WarningTemperature)
	threshold("Critical Comp. Temp. Threshold:", "critical", "critical_limit_max", c.CriticalTemperature)
	if p.Namespace != nil {
		flags(out, "Namespace "+strconv.FormatUint(uint64(p.Described), 10)+" Features",
			p.described(out).At("features"), uint64(p.Namespace.Features), 2, namespaceFlags)
	}
	powerStates(c.PowerStates, out)
	if p.Namespace != nil {
		p.formats(out)
	}
}

// firmware is the field FRMW (BASE 5.17.2.1).
func (p *Pages) firmware(out *report.Output) {
	v := p.Controller.FirmwareUpdates
	node := out.JSON.At("nvme_firmware_update_capabilities")
	slots := uint64(v >> 1 & 7)
	node.At("value").Uint(uint64(v))
	node.At("slots").Uint(slots)
	text := strconv.FormatUint(slots, 10) + " Slot"
	if slots != 1 {
		text += "s"
	}
	for _, b := range []struct {
		bit       uint8
		text, key string
	}{
		{0, "Slot 1 R/O", "first_slot_is_read_only"},
		{4, "no Reset required", "activiation_without_reset"}, // the key is spelt so
		{5, "multiple detected", "multiple_update_detection"},
	} {
		set := v>>b.bit&1 != 0
		node.At(b.key).Bool(set)
		if set {
			text += ", " + b.text
		}
	}
	node.At("other").Uint(uint64(v & 0xc0))
	if v&0xc0 != 0 {
		text += ", *Other*"
	}
	line(out, "Firmware Updates ("+hex(uint64(v), 2)+"):", text)
}
