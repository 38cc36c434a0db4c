// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * l2mcd_pppd.c - `session interface pppd`: each session is a PPPoL2TP session of the kernel, and
 * a pppd ends its PPP.
 *
 * Authentication, addresses and RADIUS are pppd's business.  Our plugin in it (pppd_plugin.c)
 * reports through a socket; the same socket tells pppd that the session is over, and us that
 * pppd is.  It is reaped then, never waited for.
 *
 * pppd must be root.  The child takes that from CAP_SETUID, which the daemon keeps for this.
 */
#include "l2mcd/l2mcd_kernel.h"
#include "l2mcd/l2mcd_p.h"
#include "l2mcd/l2mcd_pppd_args.h"

#include <grp.h>
#include <libgen.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#define PPPD	      "/usr/sbin/pppd"
#define PLUGIN	      "l2mcd-pppd.so" /* beside our own program */

/* Descriptors in the child. */
#define CHILD_SESSION 3
#define CHILD_REPORT  4

#define REAP_MS	      20
#define KILL_MS	      (10 * MSEC_PER_S)
#define SPARE_FILES   64 /* for everything else the daemon may have to open */

DEFINE_MTYPE_STATIC(L2MCD, L2MCD_PPPD, "pppd");

PREDECL_DLIST(children);

struct child {
	struct children_item item;
	pid_t pid;
	int sock;		       /* to its plugin */
	struct l2mcd_session *session; /* NULL: over, pppd is on its way out */
	struct event *t_read, *t_reap, *t_kill;
};

DECLARE_DLIST(children, struct child, item);

static struct children_head children = INIT_DLIST(children);

/* ---------------------------------------------------------------- root */

/* In a child: nothing but system calls. */
static bool become_root(void)
{
	return syscall(SYS_setgroups, 0, NULL) == 0 && syscall(SYS_setresgid, 0, 0, 0) == 0 &&
	       syscall(SYS_setresuid, 0, 0, 0) == 0;
}

static void kill_as_root(pid_t pid)
{
	pid_t helper = -1;

	frr_with_privs (&l2mcd_privs) {
		helper = fork();
	}
	if (helper == 0) {
		become_root();
		kill(pid, SIGKILL);
		_exit(0);
	}
	if (helper > 0)
		waitpid(helper, NULL, 0); /* it does nothing but that */
}

static FRR_NORETURN void exec_pppd(const struct pppd_args *a, int session, int report)
{
	static char *const env[] = {"PATH=/usr/sbin:/usr/bin:/sbin:/bin", NULL};
	int null = open("/dev/null", O_RDWR);
	sigset_t none;

	/* above the numbers they are to have */
	session = fcntl(session, F_DUPFD, CHILD_REPORT + 1);
	report = fcntl(report, F_DUPFD, CHILD_REPORT + 1);
	for (int fd = 0; fd <= 2; fd++)
		dup2(null, fd);
	dup2(session, CHILD_SESSION);
	dup2(report, CHILD_REPORT);
	close_range(CHILD_REPORT + 1, ~0U, 0);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	signal(SIGPIPE, SIG_DFL);
	setsid(); /* pppd signals its process group */
	if (become_root())
		execve(PPPD, a->word, env);
	_exit(127);
}

/* ---------------------------------------------------------------- options */

static const char *plugin_path(void)
{
	static char path[PATH_MAX + sizeof(PLUGIN) + 1];
	char self[PATH_MAX];
	ssize_t n = readlink("/proc/self/exe", self, sizeof(self) - 1);

	if (n < 0)
		return PLUGIN;
	self[n] = '\0';
	snprintf(path, sizeof(path), "%s/%s", dirname(self), PLUGIN);
	return path;
}

static bool add_words(struct pppd_args *a, const char *const *words)
{
	bool ok = true;

	for (; *words; words++)
		ok = ok && pppd_args_add(a, *words);
	return ok;
}

/*
 * pppol2tp.so turns compression off where its word stands: the operator's lines may turn it on
 * again.  What must be as we need it comes last.
 */
static bool options(struct pppd_args *a, const struct l2mcd_session *s)
{
	const char *const first[] = {"pppd", "plugin", "pppol2tp.so", "pppol2tp", "3", NULL};
	const char *const last[] = {"plugin",	 plugin_path(), "l2mcd-socket", "4", "nodetach",
				    "nopersist", NULL};
	const struct l2mcd_ppp_line *o;
	struct l2tp_session_info info;
	bool ok;

	l2tp_session_info(s->l2tp, &info);
	ok = add_words(a, first);
	if (info.call.calling_number[0]) {
		const char *const number[] = {"remotenumber", info.call.calling_number, NULL};

		ok = ok && add_words(a, number);
	}
	frr_each (l2mcd_ppp_lines_const, &l2mcd_instance()->config.ppp_options, o)
		ok = ok && pppd_args_add_line(a, o->line);
	return ok && add_words(a, last);
}

/* ---------------------------------------------------------------- the end */

static void child_free(struct child *c)
{
	event_cancel(&c->t_read);
	event_cancel(&c->t_reap);
	event_cancel(&c->t_kill);
	close(c->sock);
	children_del(&children, c);
	XFREE(MTYPE_L2MCD_PPPD, c);
}

static void child_over(struct child *c, int status)
{
	struct l2mcd_session *s = c->session;
	enum l2tp_cdn_result result;
	const char *text;

	child_free(c);
	if (!s)
		return;
	s->provider_data = NULL;
	result = pppd_result(status, &text);
	l2mcd_history_add(s->tunnel->tunnel_id, s->session_id, "%s", text);
	l2tp_session_close(s->l2tp, result, L2TP_ERR_NONE, text, l2mcd_now());
	l2mcd_kick();
}

/* Its end of the socket is closed a moment before it can be reaped. */
static void child_reap(struct event *event)
{
	struct child *c = EVENT_ARG(event);
	int status;
	pid_t pid = waitpid(c->pid, &status, WNOHANG);

	if (pid == 0)
		event_add_timer_msec(l2mcd_instance()->master, child_reap, c, REAP_MS, &c->t_reap);
	else
		child_over(c, pid == c->pid ? status : 0);
}

static void child_kill(struct event *event)
{
	struct child *c = EVENT_ARG(event);

	zlog_warn("pppd %d does not end: killed", (int)c->pid);
	kill_as_root(c->pid);
}

/* ---------------------------------------------------------------- reports */

static void child_read(struct event *event)
{
	struct l2mcd *d = l2mcd_instance();
	struct child *c = EVENT_ARG(event);
	struct l2mcd_link link;
	uint8_t buf[2048];
	ssize_t n = recv(c->sock, buf, sizeof(buf), MSG_DONTWAIT);

	if (n == 0 || (n < 0 && errno != EAGAIN && errno != EINTR)) {
		/* it is ending, or about to: if not, it has lost its leash */
		event_add_event(d->master, child_reap, c, 0, &c->t_reap);
		if (!c->t_kill)
			event_add_timer_msec(d->master, child_kill, c, KILL_MS, &c->t_kill);
		return;
	}
	event_add_read(d->master, child_read, c, c->sock, &c->t_read);
	if (n < 0 || !c->session)
		return;
	if (l2mcd_link_read((struct span){buf, n}, &link))
		l2mcd_lns_report(c->session, &link);
	else
		zlog_warn("pppd %d: report not understood", (int)c->pid);
}

/* ---------------------------------------------------------------- calls */

static bool room_for_files(void)
{
	struct rlimit limit;

	return getrlimit(RLIMIT_NOFILE, &limit) < 0 || limit.rlim_cur == RLIM_INFINITY ||
	       children_count(&children) + SPARE_FILES < limit.rlim_cur;
}

static bool reserve(struct l2mcd_session *s, const struct l2tp_call *call, const char *lac_host,
		    const char **why)
{
	if (access(PPPD, X_OK) < 0 && errno == ENOENT)
		*why = "there is no " PPPD " (package ppp)";
	else if (access(plugin_path(), R_OK) < 0)
		*why = "the plugin " PLUGIN " is not beside the daemon's program";
	else if (!room_for_files())
		*why = "the limit of open files (--limit-fds, MAX_FDS)";
	else
		return l2mcd_kernel_tunnel_open(s->tunnel, why);
	return false;
}

static void kernel_options(const struct l2mcd_session *s, struct l2mcd_kernel_session *k)
{
	struct l2tp_session_info info;

	l2tp_session_info(s->l2tp, &info);
	*k = (struct l2mcd_kernel_session){
		.lns = true,
		.send_sequence = s->sequencing,
		/* else the LAC has them only when it has seen ours (R2661-5.4-3) */
		.need_sequence = info.call.sequencing_required,
	};
}

/* The pppd with both descriptors; they stay open here. */
static struct child *launch(const struct pppd_args *a, int session, const char **why)
{
	int pair[2];
	pid_t pid = -1;
	struct child *c;

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) < 0) {
		*why = safe_strerror(errno);
		return NULL;
	}
	frr_with_privs (&l2mcd_privs) {
		pid = fork();
		if (pid == 0)
			exec_pppd(a, session, pair[1]);
	}
	if (pid < 0)
		*why = safe_strerror(errno);
	close(pair[1]);
	if (pid < 0) {
		close(pair[0]);
		return NULL;
	}
	c = XCALLOC(MTYPE_L2MCD_PPPD, sizeof(*c));
	c->pid = pid;
	c->sock = pair[0];
	children_add_tail(&children, c);
	event_add_read(l2mcd_instance()->master, child_read, c, c->sock, &c->t_read);
	return c;
}

static bool start_pppd(struct l2mcd_session *s, const char **why)
{
	struct l2mcd_kernel_session k;
	struct pppd_args args = {};
	struct child *c;
	int fd;

	if (!options(&args, s)) {
		*why = "too many options";
		return false;
	}
	kernel_options(s, &k);
	fd = l2mcd_kernel_session_open(s, &k, why);
	if (fd < 0)
		return false;
	c = launch(&args, fd, why);
	close(fd); /* the session is pppd's now */
	if (!c)
		return false;
	c->session = s;
	s->provider_data = c;
	l2mcd_history_add(s->tunnel->tunnel_id, s->session_id, "pppd %d started", (int)c->pid);
	return true;
}

static void start(struct l2mcd_session *s)
{
	const char *why = "";

	if (start_pppd(s, &why))
		return;
	zlog_warn("session %u of tunnel %u: no pppd: %s", s->session_id, s->tunnel->tunnel_id, why);
	l2tp_session_close(s->l2tp, L2TP_CDN_NO_FACILITIES, L2TP_ERR_NONE, why, l2mcd_now());
}

static void stop(struct l2mcd_session *s)
{
	struct child *c = s->provider_data;

	if (!c)
		return;
	s->provider_data = NULL;
	c->session = NULL;
	shutdown(c->sock, SHUT_WR); /* its end is heard on the same socket */
	if (!c->t_kill)
		event_add_timer_msec(l2mcd_instance()->master, child_kill, c, KILL_MS, &c->t_kill);
}

static void sequencing(struct l2mcd_session *s)
{
	struct l2mcd_kernel_session k;

	kernel_options(s, &k);
	if (s->provider_data && l2mcd_kernel_session_change(s, &k) < 0)
		zlog_warn("session %u of tunnel %u: sequence numbers not changed: %s",
			  s->session_id, s->tunnel->tunnel_id, safe_strerror(errno));
}

void l2mcd_pppd_fini(void)
{
	struct child *c;

	while ((c = children_first(&children)))
		child_free(c); /* its pppd ends with the socket */
}

const struct l2mcd_provider l2mcd_pppd = {
	.name = "pppd",
	.kernel = true,
	.reserve = reserve,
	.start = start,
	.stop = stop,
	.sequencing = sequencing,
};
