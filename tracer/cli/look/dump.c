/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * dump.c - awaitness dump PID: what its tasks do right now, also when it hangs.
 */
#include "dump.h"

#include <errno.h>
#include <string.h>

#include "cli/command.h"
#include "cpython/cpython_inspection.h"
#include "dump_group.h"
#include "cli/output.h"
#include "cli/subject.h"

static int dump_fault(const struct target *target, int err)
{
	int pid = (int)target->pid;

	switch (err) {
	case -ENOTSUP:
		return fail("process %d (%.100s) carries no awaitness runtime and is no CPython "
		            "program: there are no tasks to show",
		            pid, target->command);
	case -EPERM:
	case -EACCES:
		return fail("not permitted to read the memory of process %d: run as its user, as "
		            "root, or with CAP_SYS_PTRACE (see also kernel.yama.ptrace_scope)",
		            pid);
	case -ESRCH:
		return fail("process %d has ended", pid);
	case -EPROTO:
		return fail("process %d has a runtime of another version, whose tasks cannot be "
		            "read: use the awaitness it was built with",
		            pid);
	}
	return fail("cannot read the tasks of process %d: %s", pid, strerror(-err));
}

static int dump_print(struct dump *dump, const struct settings *settings)
{
	struct dump_groups groups;
	struct output output;
	int status, err;

	dump->all = settings->all;
	err = dump_groups_make(dump->inspection, dump->all, &groups);
	if (err)
		return fail("cannot print: %s", strerror(-err));
	status = output_open(&output, settings);
	if (status != STATUS_CLEAN) {
		dump_groups_fini(&groups);
		return status;
	}
	if (settings->format == FORMAT_JSON)
		err = dump_json(output.file, dump, &groups);
	else
		dump_text(output.file, dump, &groups);
	dump_groups_fini(&groups);
	status = output_close(&output);
	return err ? fail("cannot print: %s", strerror(-err)) : status;
}

/* A program of the C runtime: its places are addresses. */
static int dump_runtime(struct dump *dump, const struct settings *settings)
{
	struct inspection *inspection = NULL;
	int status, err = inspection_take(dump->target, &inspection);

	if (err)
		return dump_fault(dump->target, err);
	dump->inspection = inspection;
	if (symbols_open((uint32_t)dump->target->pid, &dump->symbols))
		dump->symbols = NULL; /* it ended just now: addresses stay addresses */
	status = dump_print(dump, settings);
	symbols_close(dump->symbols);
	inspection_free(inspection);
	return status;
}

static int dump_cpython(struct dump *dump, const struct settings *settings)
{
	struct inspection *inspection = NULL;
	struct cpython_picture picture = {0};
	struct names *names = NULL;
	struct fault fault = {0};
	int status,
		err = cpython_inspection_take(dump->target, &inspection, &names, &picture, &fault);

	if (err)
		return *fault.message ? fail("%s", fault.message) : dump_fault(dump->target, err);
	dump->inspection = inspection;
	dump->names = names;
	dump->left = (struct dump_left){
		.running = picture.left.states[CPYTHON_TASK_RUNS],
		.not_begun = picture.left.states[CPYTHON_TASK_NOT_BEGUN],
		.done = picture.left.states[CPYTHON_TASK_DONE],
		.foreign = picture.left.states[CPYTHON_TASK_FOREIGN],
		.unreadable = picture.left.unreadable,
	};
	status = dump_print(dump, settings);
	cpython_picture_fini(&picture);
	inspection_free(inspection);
	names_free(names);
	return status;
}

static int dump_run(const struct settings *settings, const struct arguments *arguments)
{
	struct target *target = NULL;
	struct dump dump = {0};
	int status;

	if (arguments->count != 1 || arguments->command)
		return fail_usage(&command_dump, "dump takes one process id");
	status = subject_find(&command_dump, arguments->values[0], &target);
	if (status != STATUS_CLEAN)
		return status;
	dump.target = target;
	/* a Python program may have loaded a module that carries the C runtime: that one counts */
	status = target->runtimes & TARGET_CPYTHON && !(target->runtimes & TARGET_ROOT)
	                 ? dump_cpython(&dump, settings)
	                 : dump_runtime(&dump, settings);
	target_close(target);
	return status;
}

const struct command command_dump = {
	.name = "dump",
	.summary = "show the tasks and locks of a process now",
	.usage = "[OPTIONS] PID",
	.description =
		"Prints the tasks of process PID: their state, what they await, since when and "
		"where; the locks they hold; every lock with its state, holder and waiters; and "
		"deadlocks. Tasks that wait for the same at the same place are shown once, with "
		"their number; --all shows each. One that holds a lock others wait for always "
		"stands by itself.\n\n"
		"The process is neither stopped nor asked, so it works on one that hangs. What "
		"changed while it was being read is left out and counted.\n\n"
		"Locks and tasks are as they are now, so a busy program shows only a moment. The "
		"process is a CPython program that uses asyncio, or one linked with libawaitness. "
		"Of a Python program the suspended tasks are shown, each with its await chain, the "
		"innermost place first; how many others there are is told. With more than 1,000 "
		"tasks or locks, the JSON form without --all leaves out of `tasks` and `locks` "
		"what "
		"no wait refers to; `groups` sums up all.",
	.examples = "  awaitness dump 1234\n"
		    "  awaitness dump --format json 1234 | jq '.deadlocks'\n",
	.options = (const struct option_row *const[]){&option_all, &option_format, &option_output,
                                                      NULL},
	.run = dump_run,
};
