/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * dump.c - awaitness dump PID: what its tasks do right now, also when it hangs.
 */
#include "dump.h"

#include <errno.h>
#include <string.h>

#include "command.h"
#include "output.h"
#include "subject.h"

static int dump_fault(const struct target *target, int err)
{
	int pid = (int)target->pid;

	switch (err) {
	case -ENOTSUP:
		return fail("process %d (%.100s) does not carry the awaitness runtime: there are "
		            "no tasks to show",
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
	struct output output;
	int status = output_open(&output, settings), err = 0;

	if (status != STATUS_CLEAN)
		return status;
	if (settings->format == FORMAT_JSON)
		err = dump_json(output.file, dump);
	else
		dump_text(output.file, dump);
	status = output_close(&output);
	return err ? fail("cannot print: %s", strerror(-err)) : status;
}

static int dump_run(const struct settings *settings, const struct arguments *arguments)
{
	struct target *target = NULL;
	struct inspection *inspection = NULL;
	struct dump dump = {0};
	int status, err;

	if (arguments->count != 1 || arguments->command)
		return fail_usage(&command_dump, "dump takes one process id");
	status = subject_find(&command_dump, arguments->values[0], &target);
	if (status != STATUS_CLEAN)
		return status;
	err = inspection_take(target, &inspection);
	if (err) {
		status = dump_fault(target, err);
		target_close(target);
		return status;
	}
	dump.target = target;
	dump.inspection = inspection;
	if (symbols_open((uint32_t)target->pid, &dump.symbols))
		dump.symbols = NULL; /* it ended just now: addresses stay addresses */
	status = dump_print(&dump, settings);
	symbols_close(dump.symbols);
	inspection_free(inspection);
	target_close(target);
	return status;
}

const struct command command_dump = {
	.name = "dump",
	.summary = "show the tasks and locks of a process now",
	.usage = "[OPTIONS] PID",
	.description =
		"Prints every task of process PID: its state, what it awaits, since when and "
		"where; the locks it holds; every lock with its holder and waiters; and deadlocks. "
		"The process is neither stopped nor asked, so it works on one that hangs. What "
		"changed while it was being read is left out and counted.\n\n"
		"Locks and tasks are as they are now, so a busy program shows only a moment. The "
		"process must be linked with libawaitness.",
	.examples = "  awaitness dump 1234\n"
		    "  awaitness dump --format json 1234 | jq '.deadlocks'\n",
	.options = (const struct option_row *const[]){&option_format, &option_output, NULL},
	.run = dump_run,
};
