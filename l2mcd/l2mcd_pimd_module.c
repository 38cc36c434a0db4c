// SPDX-License-Identifier: GPL-2.0-or-later
/* l2mcd_pimd_module.c - reader of the module in pimd (lib/pimd_wire.h, pimd/). */
#include "l2mcd/l2mcd_p.h"
#include "l2mcd/l2mcd_pimd.h"
#include "lib/pimd_wire.h"

#define READ_BUDGET 16 /* reads per wake-up */

static int fd = -1;
static struct event *t_read;
static uint8_t buf[4 * PIMD_WIRE_MAX];
static size_t len;
static struct pimd_wire_decoder decoder;
static bool in_snapshot;

/* False: the connection is gone. */
static bool hello(const struct pimd_wire_msg *m)
{
	if (m->version == PIMD_WIRE_VERSION) {
		l2mcd_pimd_is(fd, m->pimd_version);
		return true;
	}
	l2mcd_pimd_no_module("the module in pimd speaks version %u, not %u", m->version,
			     PIMD_WIRE_VERSION);
	return false;
}

static bool input(const struct pimd_wire_msg *m)
{
	struct pimd_state *st = l2mcd_pimd_state();
	msec_t now = l2mcd_now();

	switch (m->type) {
	case PIMD_WIRE_HELLO:
		return hello(m);
	case PIMD_WIRE_BEGIN:
		in_snapshot = true;
		pimd_state_begin(st);
		break;
	case PIMD_WIRE_GROUP:
		if (m->vrf == VRF_DEFAULT)
			pimd_state_set(st, m->ifindex, &m->group, m->igmp_version, &m->filter, now);
		break;
	case PIMD_WIRE_GONE:
		if (m->vrf == VRF_DEFAULT)
			pimd_state_gone(st, m->ifindex, &m->group);
		break;
	case PIMD_WIRE_END:
		pimd_state_end(st, now);
		l2mcd_pimd_heard(in_snapshot);
		in_snapshot = false;
		break;
	}
	return true;
}

/* The messages that are whole; the rest stays.  False: the connection is gone. */
static bool take_messages(void)
{
	struct rd in = rd_init(buf, len);
	enum pimd_wire_result result;
	struct pimd_wire_msg m;

	while ((result = pimd_wire_decode(&decoder, &in, &m)) != PIMD_WIRE_SHORT) {
		if (result == PIMD_WIRE_MALFORMED) {
			l2mcd_pimd_lost("the module in pimd sent a malformed message");
			return false;
		}
		if (result == PIMD_WIRE_OK && !input(&m))
			return false;
	}
	len = rd_left(&in);
	memmove(buf, in.p, len);
	return true;
}

static void module_read(struct event *event)
{
	struct l2mcd *d = l2mcd_instance();

	event_add_read(d->master, module_read, NULL, fd, &t_read);
	for (int i = 0; i < READ_BUDGET; i++) {
		ssize_t n = recv(fd, buf + len, sizeof(buf) - len, MSG_DONTWAIT);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0 && errno == EAGAIN)
			break;
		if (n <= 0) {
			l2mcd_pimd_lost("the module in pimd is gone");
			return;
		}
		len += (size_t)n;
		if (!take_messages())
			return;
	}
	l2mcd_pimd_heard(false);
}

static bool reader_open(struct l2mcd *d, const char *directory)
{
	fd = l2mcd_pimd_connect(directory, PIMD_WIRE_SOCKET);
	if (fd < 0)
		return false;
	len = 0;
	in_snapshot = false;
	event_add_read(d->master, module_read, NULL, fd, &t_read);
	return true;
}

static void reader_close(void)
{
	event_cancel(&t_read);
	close(fd);
	fd = -1;
}

static void reader_wake(void)
{
}

const struct pimd_reader l2mcd_pimd_module = {
	.name = "module",
	.open = reader_open,
	.close = reader_close,
	.wake = reader_wake,
};
