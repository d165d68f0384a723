/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * doctor_trial.c - see doctor_trial.h.
 */
#include "doctor_trial.h"

#include <string.h>

#include "cpython/cpython_session.h"

void doctor_trial_make(const struct feature rows[FEATURE_COUNT],
                       struct doctor_trial out[DOCTOR_TRIALS])
{
	struct doctor_trial *c = &out[DOCTOR_TRIAL_C], *python = &out[DOCTOR_TRIAL_PYTHON];

	*c = (struct doctor_trial){.key = "c",
	                           .what = "C programs",
	                           .instead = "`awaitness run --transport file` needs no eBPF",
	                           .missing = features_missing(rows)};
	*python = (struct doctor_trial){.key = "cpython",
	                                .what = "CPython programs",
	                                .instead = "`awaitness dump` needs no eBPF",
	                                .missing = features_missing_python(rows)};
	if (!c->missing) {
		session_try(rows, c->objects);
		c->count = SESSION_TRIALS;
	}
	if (!python->missing) {
		cpython_session_try(python->objects);
		python->count = 1;
	}
}

static const struct session_trial *failure(const struct doctor_trial *trial)
{
	for (unsigned i = 0; i < trial->count; i++)
		if (trial->objects[i].error)
			return &trial->objects[i];
	return NULL;
}

bool doctor_trial_works(const struct doctor_trial *trial)
{
	return !trial->missing && !failure(trial);
}

static void print_words(FILE *out, const struct session_refusal *refusal)
{
	for (unsigned i = 0; i < refusal->count; i++)
		fprintf(out, "      %s\n", refusal->lines[i]);
}

static void print_failure(FILE *out, const struct session_trial *failed)
{
	const struct session_refusal *refusal = &failed->refusal;

	if (refusal->verifier)
		fprintf(out,
		        "  The kernel refuses the BPF program %s (%s.bpf.c): %s. The verifier's "
		        "last words:\n",
		        refusal->program, failed->object, strerror(-failed->error));
	else
		fprintf(out, "  %s.bpf.c could not be loaded: %s%s\n", failed->object,
		        strerror(-failed->error), refusal->count ? ":" : ".");
	print_words(out, refusal);
	fprintf(out, "  to do: %s\n", session_refusal_remedy(refusal, failed->error));
}

void doctor_trial_print(FILE *out, const struct doctor_trial *trial)
{
	const struct session_trial *failed = failure(trial);
	unsigned programs = 0;
	uint64_t ns = 0;

	if (trial->missing) {
		fprintf(out, "%s: eBPF tracing does not work here: %s (above). %s.\n", trial->what,
		        trial->missing->name, trial->instead);
		return;
	}
	if (failed) {
		fprintf(out, "%s: eBPF tracing does not work here. %s.\n", trial->what,
		        trial->instead);
		print_failure(out, failed);
		return;
	}
	for (unsigned i = 0; i < trial->count; i++) {
		programs += trial->objects[i].programs;
		ns += trial->objects[i].ns;
	}
	fprintf(out, "%s: eBPF tracing works here (%u BPF programs were loaded, in %.2f s).\n",
	        trial->what, programs, (double)ns / 1e9);
}

static json_t *object_json(const struct session_trial *object)
{
	const struct session_refusal *refusal = &object->refusal;
	json_t *words = json_array();

	for (unsigned i = 0; i < refusal->count; i++)
		json_array_append_new(words, json_string(refusal->lines[i]));
	return json_pack("{s:s, s:b, s:i, s:I, s:s*, s:s*, s:b, s:o, s:s*}", "object",
	                 object->object, "loads", !object->error, "programs", (int)object->programs,
	                 "load_ns", (json_int_t)object->ns, "error",
	                 object->error ? strerror(-object->error) : NULL, "refused",
	                 *refusal->program ? refusal->program : NULL, "verifier", refusal->verifier,
	                 "words", words, "remedy",
	                 object->error ? session_refusal_remedy(refusal, object->error) : NULL);
}

json_t *doctor_trial_json(const struct doctor_trial *trial)
{
	json_t *objects = json_array();

	for (unsigned i = 0; i < trial->count; i++)
		json_array_append_new(objects, object_json(&trial->objects[i]));
	return json_pack("{s:s, s:b, s:s?, s:o}", "for", trial->key, "works",
	                 doctor_trial_works(trial), "missing",
	                 trial->missing ? trial->missing->name : NULL, "objects", objects);
}
