// SPDX-License-Identifier: BSD-2-Clause
/*
 * session_feature_test.c - the feature rows: complete, and switched off by name.
 */
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "feature.h"

static struct feature rows[FEATURE_COUNT];

Test(feature, every_row_says_what_follows_and_what_to_do)
{
	features_probe(rows);
	features_try(rows);
	for (int i = 0; i < FEATURE_COUNT; i++) {
		cr_assert_not_null(rows[i].name);
		cr_assert_neq(rows[i].detail[0], 0, "%s", rows[i].name);
		cr_assert_not_null(rows[i].follows);
		cr_assert((rows[i].state == FEATURE_PRESENT) == (rows[i].remedy == NULL), "%s",
		          rows[i].name);
	}
}

Test(feature, names_are_unique)
{
	features_probe(rows);
	for (int i = 0; i < FEATURE_COUNT; i++)
		for (int j = 0; j < i; j++)
			cr_assert_str_neq(rows[i].name, rows[j].name);
}

Test(feature, what_is_missing_is_required_and_not_usable)
{
	setenv("AWAITNESS_DISABLE", "bpf", 1);
	features_probe(rows);
	cr_assert_not(feature_usable(rows, FEATURE_BPF));
	cr_assert_not_null(features_missing(rows));
	cr_assert(features_missing(rows)->required);
}

Test(feature, only_whole_names_switch_off)
{
	setenv("AWAITNESS_DISABLE", "exit,dynptrs,,prepare_exec_", 1);
	features_probe(rows);
	for (int i = 0; i < FEATURE_COUNT; i++)
		cr_assert_neq(rows[i].state, FEATURE_OFF, "%s", rows[i].name);
}

Test(feature, what_has_no_substitute_is_not_switched_off)
{
	setenv("AWAITNESS_DISABLE", "btf,uprobe,semaphore", 1);
	features_probe(rows);
	cr_assert_neq(rows[FEATURE_BTF].state, FEATURE_OFF);
	cr_assert_neq(rows[FEATURE_UPROBE].state, FEATURE_OFF);
}
