/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * cpython_inspection.h - what the tasks and locks of a Python process are doing right now.
 *
 * The same picture as inspection.h gives of the C runtime, from
 * cpython_snapshot.h: of a process that hangs as well, without stopping it.
 */
#ifndef CPYTHON_INSPECTION_H
#define CPYTHON_INSPECTION_H

#include "cpython_snapshot.h"
#include "dump/inspection.h"
#include "event/names.h"

/**
 * Takes a picture of a process. Its tasks' `site` is a site id of `names`
 * (names_site with the process's id); where a task was made, and a lock made
 * and taken, a snapshot does not know (0). `tid` of the one loop
 * is 0: which thread runs a task is not known. `dropped` counts tasks that
 * changed while they were read; picture->left those that are not suspended.
 *
 * The caller frees *out (inspection_free), *names (names_free) and *picture
 * (cpython_picture_fini). Returns 0,
 * or a negative errno with a message in `fault`: -ENOTSUP also when the layout
 * of the interpreter is not the known one.
 */
int cpython_inspection_take(const struct target *target, struct inspection **out,
                            struct names **names, struct cpython_picture *picture,
                            struct fault *fault);

#endif
