/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * probes.c - the USDT sites of the runtime: one for each kind, and those of the log.
 *
 * The semaphores are one array, so that a test of the log's and of a kind's
 * touch neighbouring memory; the names that the probes' notes refer to are
 * set to its elements.
 */
#define AW_PROBE_SEMAPHORES_ELSEWHERE
#include <awaitness/probe.h>

#include "log_internal.h"

volatile unsigned short aw__semaphores[AW_KIND_MAX] __attribute__((section(".probes"), used));
/* Those of log_open and log_close are counted up, too, but nothing looks at them. */
volatile unsigned short awaitness_log_open_semaphore
	__attribute__((section(".probes"), used, visibility("hidden")));
volatile unsigned short awaitness_log_close_semaphore
	__attribute__((section(".probes"), used, visibility("hidden")));

#define SET_NUMBER(number, NAME, text, object, arg, site)                                          \
	__asm__(".set .Law_number_" #NAME ", " #number "\n");
AW_EVENT_KINDS(SET_NUMBER)
#define SET_SEMAPHORE(KIND, name)                                                                  \
	extern volatile unsigned short AW_PROBE_SEMAPHORE(name)                                    \
		__attribute__((visibility("hidden")));                                             \
	__asm__(".set awaitness_" #name "_semaphore, aw__semaphores + 2 * .Law_number_" #KIND "\n");
AW_PROBES(SET_SEMAPHORE)
extern volatile unsigned short awaitness_log_ship_semaphore __attribute__((visibility("hidden")));
__asm__(".set awaitness_log_ship_semaphore, aw__semaphores\n");

void probe_fire(enum aw_kind kind, uint32_t task, uint64_t object, unsigned int arg, uint64_t site)
{
#define PROBE_CASE(KIND, name)                                                                     \
	case AW_##KIND:                                                                            \
		AW_PROBE_FIRE(name, task, object, arg, site);                                      \
		break;
	switch (kind) {
		AW_PROBES(PROBE_CASE)
	default:
		break;
	}
}

void probe_log_open(struct aw_log_head *head)
{
	STAP_PROBE1(awaitness, log_open, head);
}

void probe_log_ship(struct aw_log_head *head)
{
	STAP_PROBE1(awaitness, log_ship, head);
}

void probe_log_close(struct aw_log_head *head)
{
	STAP_PROBE1(awaitness, log_close, head);
}
