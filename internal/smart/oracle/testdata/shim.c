/*
 * Answers the SCSI and NVMe commands of a program from recorded exchanges, so that it
 * decodes what no disk here has. Preloaded. The file named by EXCHANGES has a line for
 * each: command|status|data|sense in hexadecimal digits; an NVMe command is its opcode,
 * and NSID and dwords 10 to 15 with the most significant byte first. NSID is the
 * namespace of the device. What is not recorded is an illegal request.
 *
 * Where SERVER is a file descriptor instead, SCSI commands go through it to who answers:
 * the lengths of the command, of the data to the device and of that from it, as numbers
 * of 32 bits, then command and data; back come the status, the lengths of data and sense
 * data, and both.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>
#include <scsi/sg.h>
#include <linux/nvme_ioctl.h>

static int digit(int c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c |= 0x20;
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static size_t unhex(const char *s, unsigned char *out, size_t max)
{
	size_t n = 0;
	int high = -1;

	for (; *s && *s != '|' && *s != '\n'; s++) {
		int v = digit(*s);
		if (v < 0)
			continue;
		if (high < 0) {
			high = v;
			continue;
		}
		if (n < max)
			out[n++] = high << 4 | v;
		high = -1;
	}
	return n;
}

static const char *field(const char *line, int i)
{
	while (line && i--)
		if ((line = strchr(line, '|')))
			line++;
	return line ? line : "";
}

static char *find(const unsigned char *command, size_t length)
{
	static char *line;
	static size_t room;
	unsigned char key[64];
	FILE *f = fopen(getenv("EXCHANGES"), "r");
	char *found = NULL;

	if (!f) {
		perror("EXCHANGES");
		abort();
	}
	while (!found && getline(&line, &room, f) > 0)
		if (*line != '#' && unhex(line, key, sizeof key) == length && !memcmp(key, command, length))
			found = line;
	fclose(f);
	return found;
}

static void all(int fd, void *data, size_t n, int out)
{
	for (size_t done = 0; done < n;) {
		ssize_t got = out ? write(fd, (char *)data + done, n - done) : read(fd, (char *)data + done, n - done);
		if (got <= 0) {
			perror("SERVER");
			abort();
		}
		done += got;
	}
}

static int ask(int fd, sg_io_hdr_t *h)
{
	int to = h->dxfer_direction == SG_DXFER_TO_DEV, from = h->dxfer_direction == SG_DXFER_FROM_DEV;
	uint32_t lengths[3] = {h->cmd_len, to ? h->dxfer_len : 0, from ? h->dxfer_len : 0}, reply[3];
	unsigned char sense[64];

	all(fd, lengths, sizeof lengths, 1);
	all(fd, h->cmdp, lengths[0], 1);
	all(fd, h->dxferp, lengths[1], 1);
	all(fd, reply, sizeof reply, 0);
	if (reply[1] > lengths[2] || reply[2] > sizeof sense)
		abort();
	if (from)
		memset(h->dxferp, 0, h->dxfer_len);
	all(fd, h->dxferp, reply[1], 0);
	all(fd, sense, reply[2], 0);
	h->host_status = h->driver_status = h->masked_status = h->msg_status = 0;
	h->info = reply[0] ? SG_INFO_CHECK : 0;
	h->status = reply[0];
	h->resid = lengths[2] - reply[1];
	h->sb_len_wr = reply[2] < h->mx_sb_len ? reply[2] : h->mx_sb_len;
	memcpy(h->sbp, sense, h->sb_len_wr);
	if (h->sb_len_wr)
		h->driver_status = 8;
	return 0;
}

static int scsi(sg_io_hdr_t *h)
{
	static const unsigned char illegal[18] = {0x70, 0, 5, 0, 0, 0, 0, 10, 0, 0, 0, 0, 0x20};
	unsigned char sense[64];
	size_t got = 0, n = sizeof illegal;
	char *line;

	if (getenv("SERVER"))
		return ask(atoi(getenv("SERVER")), h);
	line = find(h->cmdp, h->cmd_len);
	h->host_status = h->driver_status = h->masked_status = h->msg_status = 0;
	h->info = h->sb_len_wr = 0;
	if (h->dxfer_direction == SG_DXFER_FROM_DEV)
		memset(h->dxferp, 0, h->dxfer_len);
	if (line) {
		h->status = strtol(field(line, 1), NULL, 16);
		n = unhex(field(line, 3), sense, sizeof sense);
		if (h->dxfer_direction == SG_DXFER_FROM_DEV)
			got = unhex(field(line, 2), h->dxferp, h->dxfer_len);
	} else {
		h->status = 2;
		memcpy(sense, illegal, n);
	}
	h->resid = h->dxfer_direction == SG_DXFER_FROM_DEV ? h->dxfer_len - got : 0;
	if (h->status == 2) {
		h->driver_status = 8;
		h->sb_len_wr = n < h->mx_sb_len ? n : h->mx_sb_len;
		memcpy(h->sbp, sense, h->sb_len_wr);
	}
	if (h->status)
		h->info |= SG_INFO_CHECK;
	return 0;
}

static int nvme(struct nvme_admin_cmd *c)
{
	uint32_t words[] = {c->nsid, c->cdw10, c->cdw11, c->cdw12, c->cdw13, c->cdw14, c->cdw15};
	unsigned char key[1 + sizeof words] = {c->opcode};
	char *line;

	for (size_t i = 0; i < sizeof words; i++)
		key[1 + i] = words[i / 4] >> (24 - 8 * (i % 4));
	c->result = 0;
	if (!(line = find(key, sizeof key)))
		return 0x4002;
	if (c->data_len) {
		memset((void *)(uintptr_t)c->addr, 0, c->data_len);
		unhex(field(line, 2), (void *)(uintptr_t)c->addr, c->data_len);
	}
	return strtol(field(line, 1), NULL, 16);
}

int ioctl(int fd, unsigned long request, ...)
{
	static int (*next)(int, unsigned long, ...);
	va_list list;
	void *arg;

	va_start(list, request);
	arg = va_arg(list, void *);
	va_end(list);
	switch (request) {
	case SG_IO:
		return scsi(arg);
	case NVME_IOCTL_ADMIN_CMD:
		return nvme(arg);
	case NVME_IOCTL_ID:
		return strtol(getenv("NSID"), NULL, 0);
	}
	if (!next)
		next = dlsym(RTLD_NEXT, "ioctl");
	return next(fd, request, arg);
}
