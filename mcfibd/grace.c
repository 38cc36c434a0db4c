// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * grace.c - a thread that waits for RCU grace periods.
 *
 * One octet in asks for a period, one octet out says it is over.
 */
#include "lib/base.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/membarrier.h>
#include <pthread.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "mcfibd/mcfibd.h"
#include "mcfibd/grace.h"

DEFINE_MTYPE_STATIC(MCFIBD, GRACE, "grace periods");

struct grace {
	int fd, thread_fd;
	pthread_t thread;
	bool runs;
};

/* Programs are RCU readers, and this system call is synchronize_rcu(); kernels with nohz_full
 * refuse it, then a second is taken for the longest run of a program. */
void grace_wait(void)
{
	struct timespec second = {.tv_sec = 1};

	if (syscall(__NR_membarrier, MEMBARRIER_CMD_GLOBAL, 0, 0))
		nanosleep(&second, NULL);
}

static void *run(void *arg)
{
	int fd = ((struct grace *)arg)->thread_fd;
	char octet;

	while (read(fd, &octet, 1) == 1) {
		grace_wait();
		if (send(fd, &octet, 1, MSG_NOSIGNAL) != 1)
			break; /* nobody waits any more */
	}
	return NULL;
}

struct grace *grace_new(void)
{
	struct grace *g = XCALLOC(MTYPE_GRACE, sizeof(*g));
	int fds[2], err;

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds)) {
		XFREE(MTYPE_GRACE, g);
		return NULL;
	}
	g->fd = fds[0];
	g->thread_fd = fds[1];
	fcntl(g->fd, F_SETFL, O_NONBLOCK);
	err = pthread_create(&g->thread, NULL, run, g);
	if (!err)
		return g;
	close(g->fd);
	close(g->thread_fd);
	XFREE(MTYPE_GRACE, g);
	errno = err;
	return NULL;
}

void grace_free(struct grace *g)
{
	if (!g)
		return;
	close(g->fd); /* ends the thread */
	pthread_join(g->thread, NULL);
	close(g->thread_fd);
	XFREE(MTYPE_GRACE, g);
}

int grace_fd(const struct grace *g)
{
	return g->fd;
}

bool grace_begin(struct grace *g)
{
	char octet = 0;

	if (g->runs)
		return false;
	g->runs = send(g->fd, &octet, 1, MSG_NOSIGNAL) == 1;
	return g->runs;
}

bool grace_over(struct grace *g)
{
	char octet;

	if (!g->runs || read(g->fd, &octet, 1) != 1)
		return false;
	g->runs = false;
	return true;
}
