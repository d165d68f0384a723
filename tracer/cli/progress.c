/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * progress.c - one line on the terminal for whatever takes over a second.
 */
#include "progress.h"

#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <unistd.h>

#include "base/clock_now.h"

#define FIRST_NS 1000000000ull
#define EVERY_NS 200000000ull

static struct {
	bool wanted;
	bool shown;
	uint64_t due; /* ns, CLOCK_MONOTONIC: no line before */
} state;

void progress_begin(void)
{
	state.wanted = isatty(STDERR_FILENO);
	state.due = clock_now() + FIRST_NS;
}

void progress_show(const char *format, ...)
{
	va_list list;
	uint64_t now;

	if (!state.wanted)
		return;
	now = clock_now();
	if (now < state.due)
		return;
	state.due = now + EVERY_NS;
	state.shown = true;
	fputs("\r\033[K", stderr);
	va_start(list, format);
	vfprintf(stderr, format, list);
	va_end(list);
	fflush(stderr);
}

void progress_clear(void)
{
	if (!state.shown)
		return;
	state.shown = false;
	fputs("\r\033[K", stderr);
	fflush(stderr);
}
