/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * bench.h - figures of `make bench`: each is printed with its ratio to a baseline of the same
 * run, because machines are shared and noisy.
 */
#ifndef TESTS_BENCH_H
#define TESTS_BENCH_H

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

static inline double bench_now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (double)ts.tv_sec + (double)ts.tv_nsec / 1e9;
}

/* For what never waits: other load on the machine does not count. */
static inline double bench_cpu(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &ts);
	return (double)ts.tv_sec + (double)ts.tv_nsec / 1e9;
}

/* One line; baseline 0: this is the baseline. */
static inline void bench_print(const char *what, double value, const char *unit, double baseline)
{
	printf("%-58s %12.0f %-12s", what, value, unit);
	if (baseline > 0)
		printf(" %6.2f x\n", value / baseline);
	else
		printf("   (baseline)\n");
	fflush(stdout);
}

static inline int bench_cmp(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return x < y ? -1 : x > y;
}

/* Sorts the samples; p is 0 .. 100. */
static inline double bench_percentile(double *samples, size_t n, double p)
{
	qsort(samples, n, sizeof(*samples), bench_cmp);
	return n ? samples[(size_t)((double)(n - 1) * p / 100)] : 0;
}

#endif
