/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * refused.h - opens tests/kernels/refused.bpf.c, which no verifier takes, or only as it is
 * harmless.
 */
#ifndef TESTS_REFUSED_H
#define TESTS_REFUSED_H

#include <bpf/libbpf.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* The object lies beside the tests, where both are built. */
static inline struct bpf_object *refused_open(bool harmful)
{
	static const char beside[] = "/../tests/kernels/refused.bpf.o";
	char path[PATH_MAX] = "";
	struct bpf_object *object;
	struct bpf_map *map;

	if (readlink("/proc/self/exe", path, sizeof(path) - sizeof(beside)) <= 0)
		return NULL;
	strcpy(strrchr(path, '/'), beside);
	object = bpf_object__open_file(path, NULL);
	map = object ? bpf_object__find_map_by_name(object, ".rodata") : NULL;
	if (map)
		bpf_map__set_initial_value(map, &harmful, sizeof(harmful));
	return object;
}

#endif
