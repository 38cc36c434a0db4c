// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Configuration of a daemon's mcfib/1 service: the node `fib`, the same in both daemons.
 *
 * A process has one such node; the commands find what they work on through fib_config_vty_init().
 */
#include "lib/fib_config_vty.h"

#include "lib/fib_zmq.h"

#include "lib/fib_config_vty_clippy.c"

static const struct fib_config_vty *node;
static struct cmd_node fib_node;

static struct fib_server_config *fib_config(void)
{
	return node->config();
}

static const struct fib_server_config *fib_defaults(void)
{
	static struct fib_server_config defaults;

	fib_server_config_default(&defaults);
	return &defaults;
}

static int changed(void)
{
	node->changed();
	return CMD_SUCCESS;
}

#define FIB_STR "Interface to forwarding agents (mcfib/1)\n"

DEFUN_NOSH (fib_config_enter,
	    fib_config_enter_cmd,
	    "fib",
	    FIB_STR)
{
	vty->node = MCAST_FIB_NODE;
	return CMD_SUCCESS;
}

DEFUN (fib_config_no,
       fib_config_no_cmd,
       "no fib",
       NO_STR
       FIB_STR)
{
	*fib_config() = *fib_defaults();
	return changed();
}

static bool is_tcp(const char *endpoint)
{
	return strncmp(endpoint, "tcp://", 6) == 0;
}

/* ipc://PATH with an absolute path, or tcp://A.B.C.D:PORT */
static bool endpoint_ok(const char *text)
{
	char host[ADDR_STRLEN], *colon, *end;
	struct addr a;
	long port;

	if (strncmp(text, "ipc://", 6) == 0)
		return text[6] == '/' && text[7];
	if (!is_tcp(text) || strlen(text + 6) >= sizeof(host))
		return false;
	strlcpy(host, text + 6, sizeof(host));
	colon = strchr(host, ':');
	if (!colon)
		return false;
	*colon++ = '\0';
	port = strtol(colon, &end, 10);
	return isdigit((unsigned char)*colon) && !*end && port > 0 && port < 65536 &&
	       addr_parse(host, &a) && addr_is_v4(&a) && !addr_is_multicast(&a);
}

DEFPY (fib_config_endpoint_set,
       fib_config_endpoint_set_cmd,
       "[no] endpoint ![WORD$text]",
       NO_STR
       "Where agents connect; default is a socket in the run directory\n"
       "ipc://PATH or tcp://A.B.C.D:PORT\n")
{
	struct fib_server_config *f = fib_config();

	if (!no && (!endpoint_ok(text) || strlen(text) >= sizeof(f->endpoint)))
		return vty_refuse(vty, "endpoint '%s' is neither ipc://PATH nor tcp://A.B.C.D:PORT",
				  text);
	if (!no && is_tcp(text) && !f->security_none && !f->server_key_file[0])
		return vty_refuse(vty, "endpoint '%s' needs 'security' first", text);
	strlcpy(f->endpoint, no ? "" : text, sizeof(f->endpoint));
	return changed();
}

DEFPY (fib_config_no_security,
       fib_config_no_security_cmd,
       "no security [none]",
       NO_STR
       "Security of tcp endpoints; ipc sockets have file permissions\n"
       "Whoever reaches the port may connect\n")
{
	struct fib_server_config *f = fib_config();

	if (is_tcp(f->endpoint))
		return vty_refuse(vty, "endpoint '%s' needs 'security'", f->endpoint);
	f->security_none = false;
	f->server_key_file[0] = f->allow_file[0] = '\0';
	return changed();
}

DEFPY (fib_config_security_none,
       fib_config_security_none_cmd,
       "security none",
       "Security of tcp endpoints; ipc sockets have file permissions\n"
       "Whoever reaches the port may connect\n")
{
	struct fib_server_config *f = fib_config();

	f->security_none = true;
	f->server_key_file[0] = f->allow_file[0] = '\0';
	return changed();
}

DEFPY (fib_config_security_curve,
       fib_config_security_curve_cmd,
       "security curve server-key-file PATH$key allow-file PATH$allow",
       "Security of tcp endpoints; ipc sockets have file permissions\n"
       "CurveZMQ: encrypted, both sides authenticated\n"
       "Our keys\n"
       "File with the public and the secret key, one a line\n"
       "Agents that may connect\n"
       "File with their public keys, one a line\n")
{
	struct fib_server_config *f = fib_config();

	if (strlen(key) >= sizeof(f->server_key_file))
		return vty_refuse(vty, "path '%s' is too long", key);
	if (strlen(allow) >= sizeof(f->allow_file))
		return vty_refuse(vty, "path '%s' is too long", allow);
	f->security_none = false;
	strlcpy(f->server_key_file, key, sizeof(f->server_key_file));
	strlcpy(f->allow_file, allow, sizeof(f->allow_file));
	return changed();
}

DEFPY (fib_config_no_security_curve,
       fib_config_no_security_curve_cmd,
       "no security curve [server-key-file PATH allow-file PATH]",
       NO_STR
       "Security of tcp endpoints; ipc sockets have file permissions\n"
       "CurveZMQ: encrypted, both sides authenticated\n"
       "Our keys\n"
       "File with the public and the secret key, one a line\n"
       "Agents that may connect\n"
       "File with their public keys, one a line\n")
{
	return fib_config_no_security(self, vty, 0, NULL);
}

DEFPY (fib_config_heartbeat,
       fib_config_heartbeat_cmd,
       "[no] heartbeat ![(100-60000)$interval misses (2-10)$misses]",
       NO_STR
       "Sign of life between daemon and agents; default 1000 misses 3\n"
       "Milliseconds between two heartbeats\n"
       "When the other side counts as dead\n"
       "Heartbeats that did not come\n")
{
	struct fib_server_config *f = fib_config();

	f->heartbeat_ms = no ? fib_defaults()->heartbeat_ms : (uint32_t)interval;
	f->misses = no ? fib_defaults()->misses : (uint32_t)misses;
	return changed();
}

DEFPY (fib_config_activity_interval,
       fib_config_activity_interval_cmd,
       "[no] activity-interval ![(100-3600000)$ms]",
       NO_STR
       "How often agents tell what objects carried; default 10000\n"
       "Milliseconds, for agents that connect from now on\n")
{
	fib_config()->activity_ms = no ? fib_defaults()->activity_ms : (uint32_t)ms;
	return changed();
}

DEFPY (fib_config_hold_on_loss,
       fib_config_hold_on_loss_cmd,
       "[no] hold-on-loss ![(0-3600)$seconds]",
       NO_STR
       "How long agents forward without the daemon; default 300\n"
       "Seconds, 0 is for ever\n")
{
	fib_config()->hold_on_loss_s = no ? fib_defaults()->hold_on_loss_s : (uint32_t)seconds;
	return changed();
}

DEFPY (fib_config_restart_time,
       fib_config_restart_time_cmd,
       "[no] restart-time ![(0-3600)$seconds]",
       NO_STR
       "How long after a start agents keep entries of the run before; default 120\n"
       "Seconds, 0 removes them at once\n")
{
	fib_config()->restart_time_s = no ? fib_defaults()->restart_time_s : (uint32_t)seconds;
	return changed();
}

DEFPY (fib_config_require_ack,
       fib_config_require_ack_cmd,
       "[no] require-ack",
       NO_STR
       "An object is installed only when every primary agent has it; default one is enough\n")
{
	fib_config()->require_ack = !no;
	return changed();
}

void fib_config_vty_write(struct vty *vty)
{
	const struct fib_server_config *f = fib_config(), *d = fib_defaults();

	vty_out(vty, " fib\n");
	if (f->security_none)
		vty_out(vty, "  security none\n");
	if (f->server_key_file[0])
		vty_out(vty, "  security curve server-key-file %s allow-file %s\n",
			f->server_key_file, f->allow_file);
	if (f->endpoint[0])
		vty_out(vty, "  endpoint %s\n", f->endpoint);
	if (f->heartbeat_ms != d->heartbeat_ms || f->misses != d->misses)
		vty_out(vty, "  heartbeat %u misses %u\n", f->heartbeat_ms, f->misses);
	if (f->activity_ms != d->activity_ms)
		vty_out(vty, "  activity-interval %u\n", f->activity_ms);
	if (f->hold_on_loss_s != d->hold_on_loss_s)
		vty_out(vty, "  hold-on-loss %u\n", f->hold_on_loss_s);
	if (f->restart_time_s != d->restart_time_s)
		vty_out(vty, "  restart-time %u\n", f->restart_time_s);
	if (f->require_ack)
		vty_out(vty, "  require-ack\n");
	vty_out(vty, " exit\n");
}

void fib_config_vty_init(const struct fib_config_vty *h)
{
	node = h;
	fib_node = (struct cmd_node){.name = h->name,
				     .node = MCAST_FIB_NODE,
				     .parent_node = MCAST_TOP_NODE,
				     .prompt = h->prompt};
	install_node(&fib_node);
	install_default(MCAST_FIB_NODE);
	install_element(MCAST_TOP_NODE, &fib_config_enter_cmd);
	install_element(MCAST_TOP_NODE, &fib_config_no_cmd);
	install_element(MCAST_FIB_NODE, &fib_config_endpoint_set_cmd);
	install_element(MCAST_FIB_NODE, &fib_config_no_security_cmd);
	install_element(MCAST_FIB_NODE, &fib_config_security_none_cmd);
	if (fib_zmq_has_curve()) {
		install_element(MCAST_FIB_NODE, &fib_config_security_curve_cmd);
		install_element(MCAST_FIB_NODE, &fib_config_no_security_curve_cmd);
	}
	install_element(MCAST_FIB_NODE, &fib_config_heartbeat_cmd);
	install_element(MCAST_FIB_NODE, &fib_config_activity_interval_cmd);
	install_element(MCAST_FIB_NODE, &fib_config_hold_on_loss_cmd);
	install_element(MCAST_FIB_NODE, &fib_config_restart_time_cmd);
	install_element(MCAST_FIB_NODE, &fib_config_require_ack_cmd);
}
