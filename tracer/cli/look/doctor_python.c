/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * doctor_python.c - see doctor_python.h.
 */
#include "doctor_python.h"

#include <inttypes.h>
#include <string.h>

#include "awaitness/event.h"
#include "cpython/cpython_prospect.h"
#include "base/escape.h"
#include "kernel/probe_cost.h"

/* The levels, cheapest first: what each adds, when the probe for it is hit, and the bits that a
 * level sees only when its places were found. */
static const struct {
	const char *adds, *hit;
	uint64_t needs;
} rows[CPYTHON_DETAILS] = {
	[CPYTHON_STEPS] = {"suspensions with their await chains, locks held there", "a step", 0},
	[CPYTHON_LOCKS] = {"and every acquisition by `with` (the default)", "a section",
                           AW_CAN_ACQUIRES},
	[CPYTHON_AWAITS] = {"and passes of every await, explicit acquire(), makers of tasks",
                            "an await", AW_CAN_AWAITS},
	[CPYTHON_ALL] = {"and who woke whom: lock order", "a wake-up", AW_CAN_WAKES},
};

static bool level_complete(const struct cpython_prospect *prospect, unsigned level)
{
	return (prospect->sees[level] & rows[level].needs) == rows[level].needs;
}

static void print_tasks(FILE *out, const struct cpython_prospect *prospect)
{
	const struct cpython_picture *picture = &prospect->picture;

	if (!prospect->pictured) {
		fputs("  Its tasks could not be read now.\n", out);
		return;
	}
	fprintf(out, "  %zu %s suspended now; ", picture->tasks,
	        picture->tasks == 1 ? "task is" : "tasks are");
	if (!picture->frames)
		fputs("there is no frame to look at.\n", out);
	else if (!picture->misfits && picture->frames == 1)
		fputs("its one frame fits the layout of this version.\n", out);
	else if (!picture->misfits)
		fprintf(out, "all %" PRIu64 " frames %s fit the layout of this version.\n",
		        picture->frames, picture->tasks == 1 ? "of it" : "of them");
	else
		fprintf(out,
		        "%" PRIu64 " of %" PRIu64 " frames of them do NOT fit the layout of this "
		        "version.\n",
		        picture->misfits, picture->frames);
}

static void print_levels(FILE *out, const struct cpython_prospect *prospect)
{
	int64_t cost = probe_cost_ns();

	if (cost > 0)
		fprintf(out,
		        "  A probe hit costs it %.1f us of CPU on this machine (measured just "
		        "now), "
		        "and reading its\n  memory 1 to 3 us more. Each level includes those "
		        "before "
		        "it:\n",
		        (double)cost / 1000);
	else
		fprintf(out, "  What a probe hit costs cannot be measured here: %s.\n",
		        strerror((int)-cost));
	for (unsigned i = 0; i < CPYTHON_DETAILS; i++)
		fprintf(out, "    --detail %-7s a hit %-9s  %s%s\n", cpython_detail_text(i),
		        rows[i].hit, rows[i].adds,
		        level_complete(prospect, i) ? "" : ": NOT to be seen in this build");
}

void doctor_python_print(FILE *out, const struct target *target)
{
	struct cpython_prospect prospect;
	char safe[ESCAPE_ROOM(sizeof(prospect.fault.message))];

	cpython_prospect(target, &prospect);
	fprintf(out, "  It is CPython %s.\n",
	        prospect.release[0] ? prospect.release : "of an unknown version");
	if (!prospect.supported) {
		fprintf(out, "  It cannot be attached to: %s.\n",
		        escape_string(safe, sizeof(safe), prospect.fault.message));
		return;
	}
	fputs("  attach sees its asyncio tasks and locks; nothing in it is changed or stopped.\n",
	      out);
	if (prospect.uvloop)
		fputs("  It has loaded uvloop, which is seen as asyncio's own loop is.\n", out);
	if (prospect.jit)
		fputs("  Its JIT is on, which hides acquisitions from level locks, and thread "
		      "locks from all.\n",
		      out);
	if (!prospect.cells)
		fputs("  What its objects' attributes hold is not watched before CPython 3.11: no "
		      "lost updates.\n",
		      out);
	print_tasks(out, &prospect);
	print_levels(out, &prospect);
}

json_t *doctor_python_json(const struct target *target)
{
	struct cpython_prospect prospect;
	char safe[ESCAPE_ROOM(sizeof(prospect.fault.message))];
	json_t *levels = json_array();
	int64_t cost = probe_cost_ns();

	cpython_prospect(target, &prospect);
	for (unsigned i = 0; i < CPYTHON_DETAILS && prospect.supported; i++)
		json_array_append_new(levels, json_pack("{s:s, s:s, s:s, s:b}", "detail",
		                                        cpython_detail_text(i), "adds",
		                                        rows[i].adds, "hit", rows[i].hit,
		                                        "complete", level_complete(&prospect, i)));
	return json_pack(
		"{s:s, s:b, s:s?, s:b, s:b, s:b, s:o?, s:o?, s:o}", "version", prospect.release,
		"supported", prospect.supported, "reason",
		prospect.supported ? NULL
				   : escape_string(safe, sizeof(safe), prospect.fault.message),
		"jit", prospect.jit, "cells", prospect.supported && prospect.cells, "uvloop",
		prospect.uvloop, "tasks",
		prospect.pictured ? json_integer((json_int_t)prospect.picture.tasks) : NULL,
		"hit_ns", cost > 0 ? json_integer(cost) : NULL, "levels", levels);
}
