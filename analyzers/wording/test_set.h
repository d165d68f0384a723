/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * test_set.h - the tests of a suite that something was seen in, each once.
 *
 * Tests are told by the ids that TEST events give them; what they are called is in the name table.
 * A set grows with the tests there are, which are code, not with the length of the trace.
 */
#ifndef ANALYZERS_TEST_SET_H
#define ANALYZERS_TEST_SET_H

#include <stdint.h>

/** All zero: empty. Owns `ids`. */
struct test_set {
	uint64_t *ids;
	uint32_t count, room;
};

/** Adds a test; 0, which is none, is not added. 0 or -ENOMEM. */
int test_set_add(struct test_set *set, uint64_t test);

/** Adds all of `other`, which stays as it is. 0 or -ENOMEM. */
int test_set_join(struct test_set *set, const struct test_set *other);

/** Frees what it owns; it is empty afterwards. */
void test_set_fini(struct test_set *set);

#endif
