// SPDX-License-Identifier: BSD-2-Clause
/*
 * session_feature_test.c - the feature rows: complete, and switched off by name.
 */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "kernel/feature.h"
#include "kernel/feature_need.h"
#include "kernel/feature_probe.h"

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

Test(feature, what_all_need_cpython_needs_too)
{
	features_probe(rows);
	for (int i = 0; i < FEATURE_COUNT; i++)
		cr_assert(!rows[i].required || rows[i].python, "%s", rows[i].name);
	for (int i = 0; i < FEATURE_COUNT; i++)
		rows[i].state = FEATURE_PRESENT;
	rows[FEATURE_SLEEPABLE].state = FEATURE_ABSENT;
	cr_assert_eq(features_missing_python(rows), &rows[FEATURE_SLEEPABLE]);
	cr_assert_null(features_missing(rows));
	rows[FEATURE_BPF].state = FEATURE_ABSENT;
	cr_assert_eq(features_missing(rows), &rows[FEATURE_BPF]);
	cr_assert_eq(features_missing_python(rows), &rows[FEATURE_BPF]);
}

static struct probe_context context;

static void context_make(bool permitted)
{
	struct utsname name;

	uname(&name);
	sscanf(name.release, "%u.%u", &context.major, &context.minor);
	context.permitted = permitted;
	kernel_btf_open(NULL, &context.btf);
}

/* The versions of the table, held against the kernel that runs. (test-kernels does it on old ones.)
 * A tracepoint is not tried by its program: its own row looks for it. Kernels that are sold with
 * features of later ones have more. */
Test(feature, each_need_is_there_if_the_kernel_is_as_new_as_the_table_says)
{
	struct utsname name;

	if (geteuid())
		cr_skip("needs root");
	uname(&name);
	context_make(true);
	for (size_t i = 0; i < feature_need_count; i++) {
		const struct feature_need *need = &feature_needs[i];
		bool new = context.major > need->major ||
		           (context.major == need->major && context.minor >= need->minor);
		bool there = feature_need_there(&context, need);

		if (strchr(need->name, '/') || !strncmp(need->name, "LINUX_", 6))
			continue;
		cr_expect(there || !new, "%s is not there", need->name);
		cr_expect(!there || new || strstr(name.release, ".el"), "%s is there already",
		          need->name);
	}
}

Test(feature, where_asking_is_not_permitted_the_version_decides)
{
	char detail[FEATURE_DETAIL];

	context_make(false);
	context.major = 5, context.minor = 16;
	cr_expect_not(feature_probe_needs(&context, FEATURE_LOOP, detail));
	cr_expect_str_eq(detail, "no helper bpf_loop, which Linux 5.17 has (by its version: to ask "
	                         "needs CAP_BPF)");
	context.minor = 17;
	cr_expect(feature_probe_needs(&context, FEATURE_LOOP, detail));
	cr_expect_str_eq(detail, "by its version, 5.17 (to ask needs CAP_BPF)");
}

Test(feature, a_helper_that_no_kernel_has_is_not_there)
{
	const struct feature_need none = {FEATURE_NEED_HELPER, "bpf_none", 100000, 3, 0,
	                                  FEATURE_HELPERS,     false};
	/* reads what only a program that may sleep can */
	const struct feature_need asleep = {
		FEATURE_NEED_HELPER, "bpf_copy_from_user", 148, 3, 0, FEATURE_SLEEPABLE, false};

	if (geteuid())
		cr_skip("needs root");
	context_make(true);
	cr_expect_not(feature_need_there(&context, &none));
	cr_expect_not(feature_need_there(&context, &asleep));
}
