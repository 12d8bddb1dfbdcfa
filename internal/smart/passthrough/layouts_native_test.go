//go:build amd64

package passthrough

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"unsafe"
)

// The structures and numbers of ioctls are those of the kernel's headers, for programs
// of both sizes. Those of MegaRAID controllers are in none that programs may include: the
// applet's machine asks a disk behind one through the kernel's own driver.
func TestLayoutsBesideHeaders(t *testing.T) {
	const headers = "#include <stddef.h>\n#include <linux/cciss_ioctl.h>\n#include <linux/nvme_ioctl.h>\n#include <scsi/sg.h>\n"
	programs := map[string]string{"-m64": headers, "-m32": headers}
	var sg sgHeader
	var nvme nvmeCommand
	for _, c := range []struct {
		expression string
		ours       uintptr // of this program
		small      uintptr // of a 32-bit one, as TestLayouts has them there; 0: the same
	}{
		{"sizeof(IOCTL_Command_struct)", cissStruct, 84},
		{"offsetof(IOCTL_Command_struct, Request)", cissRequest, 0},
		{"offsetof(RequestBlock_struct, CDBLen)", 0, 0},
		{"offsetof(RequestBlock_struct, Timeout)", 2, 0},
		{"offsetof(RequestBlock_struct, CDB)", 4, 0},
		{"sizeof(((RequestBlock_struct *)0)->CDB)", cissMaxCDB, 0},
		{"offsetof(IOCTL_Command_struct, error_info)", cissError, 0},
		{"offsetof(ErrorInfo_struct, ScsiStatus)", 0, 0},
		{"offsetof(ErrorInfo_struct, SenseLen)", 1, 0},
		{"offsetof(ErrorInfo_struct, CommandStatus)", 2, 0},
		{"offsetof(ErrorInfo_struct, ResidualCnt)", 4, 0},
		{"offsetof(ErrorInfo_struct, SenseInfo)", 16, 0},
		{"SENSEINFOBYTES", cissSenseMax, 0},
		{"offsetof(IOCTL_Command_struct, buf_size)", cissSize, 0},
		{"offsetof(IOCTL_Command_struct, buf)", cissData, 0},
		{"CCISS_PASSTHRU", cissIoctl, 0xc054420b},
		{"CMD_TARGET_STATUS", cissSCSIStatus, 0},
		{"CMD_DATA_UNDERRUN", cissUnderrun, 0},
		{"CMD_DATA_OVERRUN", cissOverrun, 0},
		{"XFER_READ", 2, 0}, {"XFER_WRITE", 1, 0}, {"ATTR_SIMPLE", 4, 0}, {"TYPE_CMD", 0, 0},

		{"sizeof(sg_io_hdr_t)", unsafe.Sizeof(sg), 64},
		{"offsetof(sg_io_hdr_t, cmd_len)", unsafe.Offsetof(sg.cdbSize), 0},
		{"offsetof(sg_io_hdr_t, mx_sb_len)", unsafe.Offsetof(sg.senseSize), 0},
		{"offsetof(sg_io_hdr_t, dxfer_len)", unsafe.Offsetof(sg.size), 0},
		{"offsetof(sg_io_hdr_t, dxferp)", unsafe.Offsetof(sg.data), 16},
		{"offsetof(sg_io_hdr_t, cmdp)", unsafe.Offsetof(sg.cdb), 20},
		{"offsetof(sg_io_hdr_t, sbp)", unsafe.Offsetof(sg.sense), 24},
		{"offsetof(sg_io_hdr_t, timeout)", unsafe.Offsetof(sg.timeout), 28},
		{"offsetof(sg_io_hdr_t, status)", unsafe.Offsetof(sg.status), 44},
		{"offsetof(sg_io_hdr_t, sb_len_wr)", unsafe.Offsetof(sg.got), 47},
		{"offsetof(sg_io_hdr_t, host_status)", unsafe.Offsetof(sg.host), 48},
		{"offsetof(sg_io_hdr_t, driver_status)", unsafe.Offsetof(sg.driver), 50},
		{"offsetof(sg_io_hdr_t, resid)", unsafe.Offsetof(sg.missing), 52},
		{"SG_IO", sgIO, 0},

		{"sizeof(struct nvme_passthru_cmd)", unsafe.Sizeof(nvme), 0},
		{"offsetof(struct nvme_passthru_cmd, nsid)", unsafe.Offsetof(nvme.nsid), 0},
		{"offsetof(struct nvme_passthru_cmd, addr)", unsafe.Offsetof(nvme.address), 0},
		{"offsetof(struct nvme_passthru_cmd, data_len)", unsafe.Offsetof(nvme.dataLength), 0},
		{"offsetof(struct nvme_passthru_cmd, cdw10)", unsafe.Offsetof(nvme.cdw), 0},
		{"offsetof(struct nvme_passthru_cmd, timeout_ms)", unsafe.Offsetof(nvme.timeout), 0},
		{"offsetof(struct nvme_passthru_cmd, result)", unsafe.Offsetof(nvme.result), 0},
		{"NVME_IOCTL_ADMIN_CMD", nvmeAdmin, 0},
	} {
		large, small := c.ours, c.small
		if small == 0 {
			small = large
		}
		programs["-m64"] += fmt.Sprintf("_Static_assert(%s == %#x, \"\");\n", c.expression, large)
		programs["-m32"] += fmt.Sprintf("_Static_assert(%s == %#x, \"\");\n", c.expression, small)
	}
	for size, program := range programs {
		source := filepath.Join(t.TempDir(), "layouts.c")
		if err := os.WriteFile(source, []byte(program), 0o644); err != nil {
			t.Fatal(err)
		}
		if out, err := exec.Command("gcc", size, "-fsyntax-only", source).CombinedOutput(); err != nil {
			t.Errorf("gcc %s: %v\n%s", size, err, out)
		}
	}
}
