/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * log_append.c - what telling an event costs a program that is recorded: run it under a tracer
 * (`awaitness record`, or AWAITNESS_LOG=DIR for the file transport). Alone it says
 * what the marks cost with nobody listening.
 */
#include <awaitness/access.h>
#include <awaitness/task.h>

#include "stopwatch.h"

enum { EVENTS = 40000000, SWITCHES = 2000000 };

static int state;

static int64_t bench(void *arg)
{
	int64_t start;
	int sum = 0;

	(void)arg;
	start = stopwatch_now();
	for (int i = 0; i < EVENTS; i++)
		sum += AW_READ(state);
	stopwatch_print("read", start, EVENTS);
	start = stopwatch_now();
	for (int i = 0; i < SWITCHES; i++)
		aw_yield();
	stopwatch_print("suspend+resume", start, SWITCHES);
	return sum;
}

int main(void)
{
	return (int)aw_run(bench, NULL);
}
