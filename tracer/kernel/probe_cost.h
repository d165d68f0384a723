/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * probe_cost.h - what a hit of a uprobe costs here, measured.
 */
#ifndef TRACER_PROBE_COST_H
#define TRACER_PROBE_COST_H

#include <stdint.h>

/**
 * Measures the time a call takes longer with a uprobe (and a BPF program that
 * does nothing) on it: on a `push`, as the probes of CPython are, in a function
 * of this process. Takes some 10 ms. Returns ns (at least 1), or a negative
 * errno when no uprobe can be placed.
 */
int64_t probe_cost_ns(void);

#endif
