/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * doctor.c - awaitness doctor: what works on this machine, and for one process.
 */
#include <inttypes.h>
#include <jansson.h>
#include <stdio.h>
#include <string.h>
#include <sys/utsname.h>

#include "cli/command.h"
#include "doctor_python.h"
#include "doctor_trial.h"
#include "base/escape.h"
#include "event/event_table.h"
#include "kernel/feature.h"
#include "cli/output.h"
#include "cli/subject.h"

#define COLUMN 18

static const char *state_text(enum feature_state state)
{
	switch (state) {
	case FEATURE_ABSENT:
		return "absent";
	case FEATURE_PRESENT:
		return "ok";
	case FEATURE_OFF:
		return "off";
	}
	return "absent";
}

static void print_row(FILE *out, const struct feature *row)
{
	fprintf(out, "  %-*s %-7s %s\n", COLUMN, row->name, state_text(row->state), row->detail);
	if (row->follows && *row->follows)
		fprintf(out, "  %-*s         %s\n", COLUMN, "", row->follows);
	if (row->state != FEATURE_PRESENT && row->remedy)
		fprintf(out, "  %-*s         to do: %s\n", COLUMN, "", row->remedy);
}

static void print_machine(FILE *out, const struct feature rows[FEATURE_COUNT],
                          const struct doctor_trial trials[DOCTOR_TRIALS])
{
	struct utsname machine;

	uname(&machine);
	fprintf(out, "awaitness " AWAITNESS_VERSION ", kernel %s, %s\n\n", machine.release,
	        machine.machine);
	for (size_t i = 0; i < FEATURE_COUNT; i++)
		print_row(out, &rows[i]);
	fputc('\n', out);
	for (size_t i = 0; i < DOCTOR_TRIALS; i++)
		doctor_trial_print(out, &trials[i]);
	fputs("`report`, `print`, `convert` and `lint` need neither eBPF nor privileges.\n", out);
}

static json_t *feature_json(const struct feature *row)
{
	return json_pack("{s:s, s:s, s:b, s:b, s:s, s:s*, s:s*}", "name", row->name, "state",
	                 state_text(row->state), "required", row->required, "python", row->python,
	                 "detail", row->detail, "follows", row->follows, "remedy",
	                 row->state == FEATURE_PRESENT ? NULL : row->remedy);
}

static json_t *machine_json(const struct feature rows[FEATURE_COUNT],
                            const struct doctor_trial trials[DOCTOR_TRIALS])
{
	const struct feature *missing = features_missing(rows);
	json_t *features = json_array(), *programs = json_array();
	bool works = true;

	for (size_t i = 0; i < FEATURE_COUNT; i++)
		json_array_append_new(features, feature_json(&rows[i]));
	for (size_t i = 0; i < DOCTOR_TRIALS; i++) {
		works = works && doctor_trial_works(&trials[i]);
		json_array_append_new(programs, doctor_trial_json(&trials[i]));
	}
	return json_pack("{s:s, s:s, s:b, s:s?, s:o, s:o}", "schema", "awaitness-doctor/1",
	                 "version", AWAITNESS_VERSION, "ebpf", works, "missing",
	                 missing ? missing->name : NULL, "features", features, "programs",
	                 programs);
}

/* One sentence about what a process would show, by what it carries. */
static const char *seen_text(const struct target *target)
{
	if (target->runtimes & TARGET_LOG)
		return "It carries the awaitness runtime: attach sees its tasks, suspensions, "
		       "locks, wake-ups and the accesses that are marked.";
	if (target->runtimes & TARGET_PROBES)
		return "It carries awaitness probes of another runtime: attach sees the kinds of "
		       "events listed.";
	if (target->runtimes & TARGET_CPYTHON)
		return "It is a CPython program: attach sees its asyncio tasks, suspensions and "
		       "locks, as --detail says.";
	return "It carries no awaitness runtime and no awaitness probes: attach sees nothing.";
}

static void print_kinds(FILE *out, uint64_t kinds)
{
	for (unsigned k = 1; k < 64; k++)
		if ((kinds & (1ull << k)) && event_kind_get(k))
			fprintf(out, " %s", event_kind_get(k)->text);
}

static void print_target(FILE *out, const struct target *target)
{
	char safe[ESCAPE_ROOM(4096)];

	fprintf(out, "\nProcess %d: %s\n", (int)target->pid,
	        escape_string(safe, sizeof(safe), target->command));
	if (target->runtimes & TARGET_CPYTHON)
		doctor_python_print(out, target);
	else
		fprintf(out, "  %s\n", seen_text(target));
	for (size_t i = 0; i < target->module_count; i++) {
		const struct target_module *m = &target->modules[i];

		if (!m->runtimes)
			continue;
		fprintf(out, "  %s%s%s", escape_string(safe, sizeof(safe), m->path),
		        m->deleted ? " (deleted since)" : "", m->kinds ? ": probes" : "");
		print_kinds(out, m->kinds);
		fputc('\n', out);
	}
	if (target->runtimes & (TARGET_ROOT | TARGET_CPYTHON))
		fputs("  `awaitness dump` can show its tasks and locks.\n", out);
	if (target->other_pid_ns)
		fprintf(out, "  It is in another pid namespace, where its id is %d.\n",
		        (int)target->inner_pid);
	if (target->other_mount_ns)
		fputs("  It is in another mount namespace; its files are read through "
		      "/proc/PID/root.\n",
		      out);
}

static json_t *target_json(const struct target *target)
{
	char safe[ESCAPE_ROOM(4096)];

	return json_pack("{s:i, s:s, s:b, s:b, s:b, s:b, s:s, s:o*}", "pid", (int)target->pid,
	                 "command", escape_string(safe, sizeof(safe), target->command), "log",
	                 (target->runtimes & TARGET_LOG) != 0, "probes",
	                 (target->runtimes & TARGET_PROBES) != 0, "cpython",
	                 (target->runtimes & TARGET_CPYTHON) != 0, "dump",
	                 (target->runtimes & (TARGET_ROOT | TARGET_CPYTHON)) != 0, "seen",
	                 seen_text(target), "python",
	                 target->runtimes & TARGET_CPYTHON ? doctor_python_json(target) : NULL);
}

static void doctor_json(FILE *out, const struct feature *rows, const struct doctor_trial *trials,
                        const struct target *target)
{
	json_t *all = machine_json(rows, trials);

	if (target)
		json_object_set_new(all, "target", target_json(target));
	json_dumpf(all, out, JSON_INDENT(2));
	fputc('\n', out);
	json_decref(all);
}

static int doctor_run(const struct settings *settings, const struct arguments *arguments)
{
	struct feature rows[FEATURE_COUNT];
	struct doctor_trial trials[DOCTOR_TRIALS];
	struct target *target = NULL;
	struct output output;
	int status = STATUS_CLEAN;

	if (arguments->count > 1 || arguments->command)
		return fail_usage(&command_doctor, "doctor takes one process id at most");
	if (arguments->count == 1)
		status = subject_find(&command_doctor, arguments->values[0], &target);
	if (status == STATUS_CLEAN)
		status = output_open(&output, settings);
	if (status != STATUS_CLEAN) {
		target_close(target);
		return status;
	}
	features_probe(rows);
	features_try(rows);
	doctor_trial_make(rows, trials);
	if (settings->format == FORMAT_JSON) {
		doctor_json(output.file, rows, trials, target);
	} else {
		print_machine(output.file, rows, trials);
		if (target)
			print_target(output.file, target);
	}
	target_close(target);
	return output_close(&output);
}

const struct command command_doctor = {
	.name = "doctor",
	.summary = "tell what works on this machine, and for a process",
	.usage = "[OPTIONS] [PID]",
	.description =
		"Tries each feature of the kernel and each permission that awaitness makes use of, "
		"and says what was found, what follows from it, and what to do about it. Then it "
		"loads all BPF programs, as attach does, and throws them away: it says for C and "
		"for CPython apart whether tracing works, and what the kernel's verifier said "
		"last where it does not. That takes half a second. With PID, "
		"also what would be seen of this process; of a Python process at each --detail, "
		"and "
		"what that costs it. Nothing is attached to it.\n\n"
		"The exit status is 0 whatever was found; --format json gives `ebpf`: true if all "
		"works, and `programs` for C and CPython apart.",
	.examples = "  awaitness doctor\n"
		    "  awaitness doctor 1234\n",
	.options = (const struct option_row *const[]){&option_format, &option_output, NULL},
	.run = doctor_run,
};
