/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * feature_need.h - what our BPF programs are made of, by the row of `doctor` that tries it.
 *
 * One row for each helper, kind of map, kind of program, function of the kernel and new instruction
 * that is in one of our BPF objects. scripts/lint reads the objects (tests/kernels/bpf_uses.c), and
 * fails on a use that has no row here and on a row that nobody uses.
 */
#ifndef TRACER_FEATURE_NEED_H
#define TRACER_FEATURE_NEED_H

#include <stddef.h>

#include "feature.h"

enum feature_need_kind {
	FEATURE_NEED_HELPER,  /* `id` is its BPF_FUNC_... */
	FEATURE_NEED_MAP,     /* `id` is its BPF_MAP_TYPE_... */
	FEATURE_NEED_SECTION, /* what a program is, by its section; `id`: its BPF_PROG_TYPE_... */
	FEATURE_NEED_EXTERN,  /* a function of the kernel, or what libbpf answers (LINUX_...) */
	FEATURE_NEED_INSTRUCTION, /* `id` is an opcode */
};

struct feature_need {
	enum feature_need_kind kind;
	const char *name;
	int id;
	unsigned major, minor; /* the first kernel that has it, for programs of ours */
	enum feature_id row;   /* the row of doctor that tries it */
	bool sleepable;        /* by a program that may sleep */
};

extern const struct feature_need feature_needs[];
extern const size_t feature_need_count;

/** The word for a kind of need, as in "helper bpf_loop". */
const char *feature_need_text(enum feature_need_kind kind);

#endif
