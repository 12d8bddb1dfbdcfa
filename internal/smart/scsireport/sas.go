package scsireport

import (
	"strings"
	"time"

	"rescuebox/internal/jsontree"
	"rescuebox/internal/smart/scsi"
)

func seconds(n uint16) time.Duration { return time.Duration(n) * time.Second }

func (r *run) phy(p scsi.Phy, n *jsontree.Node) {
	reserved := func(v byte) string { return "reserved [" + decimal(v) + "]" }
	text := func(label, key, value string) {
		r.out.Print("    ", label, value, "\n")
		n.At(key).String(value)
	}
	count := func(label, key string, v uint32) {
		r.out.Print("    ", label, decimal(v), "\n")
		n.At(key).Uint(uint64(v))
	}
	r.out.Print("  phy identifier = ", decimal(p.ID), "\n")
	n.At("identifier").Uint(uint64(p.ID))
	text("attached device type: ", "attached_device_type", of(attachedTypes[:], p.AttachedType, reserved(p.AttachedType)))
	text("attached reason: ", "attached_reason", of(resetReasons[:], p.AttachedReason, "reserved ["+hex(uint64(p.AttachedReason))+"]"))
	text("reason: ", "reason", of(resetReasons[:], p.Reason, "reserved ["+hex(uint64(p.Reason))+"]"))
	text("negotiated logical link rate: ", "negotiated_logical_link_rate", of(linkRates[:], p.Rate, reserved(p.Rate)))
	for _, side := range []struct {
		label, key string
		bits       byte
	}{{"attached initiator port: ", "attached_initiator_port", p.Initiator}, {"attached target port: ", "attached_target_port", p.Target}} {
		ssp, stp, smp := bit(side.bits, 3), bit(side.bits, 2), bit(side.bits, 1)
		r.out.Print("    ", side.label, "ssp=", ssp, " stp=", stp, " smp=", smp, "\n")
		n.At(side.key, "ssp_stp_smp").String(ssp + stp + smp)
	}
	text("SAS address = ", "sas_address", hex(p.Address))
	text("attached SAS address = ", "attached_sas_address", hex(p.Attached))
	count("attached phy identifier = ", "attached_phy_identifier", uint32(p.AttachedID))
	count("Invalid DWORD count = ", "invalid_dword_count", p.InvalidDwords)
	count("Running disparity error count = ", "running_disparity_error_count", p.RunningDisparity)
	count("Loss of DWORD synchronization count = ", "loss_of_dword_synchronization_count", p.LossOfDwordSync)
	count("Phy reset problem count = ", "phy_reset_problem_count", p.ResetProblems)
	r.phyEvents(p.Events, n)
}

func bit(b byte, n int) string { return string('0' + b>>n&1) }

func (r *run) phyEvents(events []scsi.PhyEvent, n *jsontree.Node) {
	first := true
	for _, e := range events {
		text, peak, unit := phyEvent(e.Source)
		if text == "" || e.Source <= 4 { // those are counted above
			continue
		}
		if first {
			r.out.Print("    Phy event descriptors:\n")
		}
		first = false
		if e.Source == 0x2b { // of a byte
			e.Value, e.Detector = e.Value&0xff, e.Detector&0xff
		}
		timed := strings.HasSuffix(text, "(us)")
		if timed {
			r.out.Print("     ", text, ": ", decimal(e.Value), "\n")
		} else {
			r.out.Print("     ", text, " count: ", decimal(e.Value), "\n")
		}
		if !peak {
			n.At(slug(text) + "_count").Uint(uint64(e.Value))
			continue
		}
		r.out.Print("         Peak value detector threshold", unit, ": ", decimal(e.Detector), "\n")
		key := "count"
		if timed {
			key = "event"
		}
		n.At(slug(text), key).Uint(uint64(e.Value))
		n.At(slug(text), "pvd_threshold").Uint(uint64(e.Detector))
	}
}

// slug is a text as a JSON key.
func slug(text string) string {
	words := strings.FieldsFunc(strings.ToLower(text), func(c rune) bool { return (c < 'a' || c > 'z') && (c < '0' || c > '9') })
	return strings.Join(words, "_")
}
