/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * registry.c - the table of analyzers: a new one is a row here and a file.
 */
#include "rules/analyzer.h"

#include <stddef.h>

const struct analyzer *const analyzers[] = {
	&analyzer_never_suspends,
	&analyzer_lock_necessity, /* looks up its counts */
	&analyzer_lost_update,
	&analyzer_check_then_act,
	&analyzer_stale_use,
	&analyzer_inconsistent_guard,
	&analyzer_deadlock,
	&analyzer_lock_order,
	&analyzer_lock_never_released,
	&analyzer_long_step,
	&analyzer_thread_lock_suspension,
	&analyzer_changed_while_iterating,
	&analyzer_data_race,
	NULL,
};
