// SPDX-License-Identifier: BSD-2-Clause
/*
 * cli_session_trial_test.c - doctor loads the BPF programs, and says what the kernel said.
 */
#include <criterion/criterion.h>
#include <errno.h>
#include <stdlib.h>
#include <sys/resource.h>

#include "cli/look/doctor_trial.h"
#include "refused.h"

static struct feature rows[FEATURE_COUNT];
static struct doctor_trial trials[DOCTOR_TRIALS];

static void try_all(void)
{
	if (geteuid())
		cr_skip("needs root");
	features_probe(rows);
	cr_assert_null(features_missing_python(rows));
	doctor_trial_make(rows, trials);
}

static char *printed(const struct doctor_trial *trial)
{
	char *text = NULL;
	size_t size;
	FILE *file = open_memstream(&text, &size);

	doctor_trial_print(file, trial);
	fclose(file);
	return text;
}

static int refused_load(void *context, struct bpf_object **object, struct session_refusal *refusal)
{
	int code;

	*object = refused_open(*(bool *)context);
	cr_assert_not_null(*object);
	session_refusal_begin(refusal);
	code = bpf_object__load(*object);
	session_refusal_end(refusal, code);
	bpf_object__close(code ? *object : NULL);
	if (code)
		*object = NULL;
	return code;
}

static struct doctor_trial refused_try(bool harmful)
{
	struct doctor_trial trial = {.key = "x", .what = "X", .instead = "`y` works", .count = 1};

	if (geteuid())
		cr_skip("needs root");
	session_trial_make(trial.objects, "refused", refused_load, &harmful);
	return trial;
}

Test(session_trial, here_all_programs_of_all_objects_load)
{
	try_all();
	for (unsigned i = 0; i < DOCTOR_TRIALS; i++) {
		cr_expect(doctor_trial_works(&trials[i]), "%s", printed(&trials[i]));
		cr_expect(strstr(printed(&trials[i]), "works here"));
		for (unsigned j = 0; j < trials[i].count; j++)
			cr_expect_gt(trials[i].objects[j].programs, 1);
	}
	cr_expect_eq(trials[DOCTOR_TRIAL_C].count, 2);
	cr_expect_eq(trials[DOCTOR_TRIAL_PYTHON].count, 1);
}

Test(session_trial, a_program_that_is_refused_is_told_with_the_last_words)
{
	struct doctor_trial trial = refused_try(true);
	const char *text = printed(&trial);
	json_t *json = doctor_trial_json(&trial), *object;

	cr_expect_not(doctor_trial_works(&trial));
	cr_expect(strstr(text, "X: eBPF tracing does not work here. `y` works.\n"), "%s", text);
	cr_expect(strstr(text, "refuses the BPF program reads_anywhere (refused.bpf.c): "
	                       "Permission denied. The verifier's last words:\n"),
	          "%s", text);
	cr_expect(strstr(text, "invalid mem access 'scalar'\n"), "%s", text);
	cr_expect(strstr(text, "  to do: boot another kernel"), "%s", text);
	cr_assert_not_null(json);
	cr_expect(json_is_false(json_object_get(json, "works")));
	object = json_array_get(json_object_get(json, "objects"), 0);
	cr_expect_str_eq(json_string_value(json_object_get(object, "refused")), "reads_anywhere");
	cr_expect_str_eq(json_string_value(json_object_get(object, "error")), "Permission denied");
	cr_expect_gt(json_array_size(json_object_get(object, "words")), 0);
	cr_expect_not_null(json_object_get(object, "remedy"));
}

Test(session_trial, its_harmless_twin_works)
{
	struct doctor_trial trial = refused_try(false);

	cr_expect(doctor_trial_works(&trial));
	cr_expect(strstr(printed(&trial), "X: eBPF tracing works here (1 BPF program"), "%s",
	          printed(&trial));
}

Test(session_trial, what_fails_without_the_verifier_is_told_as_that)
{
	const struct rlimit few = {16, 16};
	const char *text;

	if (geteuid())
		cr_skip("needs root");
	features_probe(rows);
	cr_assert_eq(setrlimit(RLIMIT_NOFILE, &few), 0);
	doctor_trial_make(rows, trials);
	text = printed(&trials[DOCTOR_TRIAL_PYTHON]);
	cr_expect_not(doctor_trial_works(&trials[DOCTOR_TRIAL_PYTHON]));
	cr_expect(strstr(text, "cpython.bpf.c could not be loaded: Too many open files"), "%s",
	          text);
	cr_expect_null(strstr(text, "verifier"), "%s", text);
	cr_expect(strstr(text, "ulimit -n"), "%s", text);
}

Test(session_trial, what_is_missing_is_not_loaded)
{
	setenv("AWAITNESS_DISABLE", "bpf", 1);
	features_probe(rows);
	doctor_trial_make(rows, trials);
	for (unsigned i = 0; i < DOCTOR_TRIALS; i++) {
		cr_expect_not(doctor_trial_works(&trials[i]));
		cr_expect_eq(trials[i].count, 0);
		cr_expect(strstr(printed(&trials[i]), "does not work here: bpf (above)"), "%s",
		          printed(&trials[i]));
	}
}
