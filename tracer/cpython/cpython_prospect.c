/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * cpython_prospect.c - see cpython_prospect.h.
 */
#include <string.h>

#include "cpython_find.h"
#include "cpython_level.h"
#include "cpython_prospect.h"

static int ignore_batch(void *context, const struct stream_batch *batch)
{
	(void)context, (void)batch;
	return 0;
}

static bool module_loaded(const struct target *target, const char *part)
{
	for (size_t i = 0; i < target->module_count; i++)
		if (strstr(target->modules[i].path, part))
			return true;
	return false;
}

void cpython_prospect(const struct target *target, struct cpython_prospect *out)
{
	struct cpython_found found;

	memset(out, 0, sizeof(*out));
	cpython_find_version(target, out->release);
	out->supported = !cpython_find(target, &found, &out->fault);
	if (!out->supported)
		return;
	out->jit = found.jit;
	out->cells = cpython_layout_cells(&found.target.layout);
	out->uvloop = module_loaded(target, "/uvloop/");
	for (unsigned i = 0; i < CPYTHON_DETAILS; i++)
		out->sees[i] = cpython_level_sees(i, &found);
	out->pictured = cpython_snapshot_deliver(target->pid, ignore_batch, NULL, &out->picture,
	                                         &out->fault) >= 0;
	cpython_picture_fini(&out->picture);
}
