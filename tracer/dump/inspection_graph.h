/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * inspection_graph.h - who waits for whom in an inspection, and where that is a circle.
 */
#ifndef TRACER_INSPECTION_GRAPH_H
#define TRACER_INSPECTION_GRAPH_H

#include "inspection.h"

/**
 * Fills in `lock`, `waits`, `in_cycle`, `holder` and the cycles from the
 * records. A wait with a deadline ends by itself and is in no cycle. Pure.
 * Returns 0 or -ENOMEM.
 */
int inspection_link(struct inspection *inspection);

#endif
