/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * python_traced.h - traces a program of tests/programs/python that tells its own counts
 * (counting.py): it prints `ready`, works when it gets a line, and prints `done`.
 */
#ifndef PYTHON_TRACED_H
#define PYTHON_TRACED_H

#include "cpython/cpython_session.h"
#include "event/names.h"
#include "python_program.h"

/* Starts it, and waits until it is ready, or says why it has nothing to do here (`there is no`). */
static inline void program_ready(struct program *program, const char *name)
{
	program_start(program, name);
	for (int i = 0; i < 100 && !program_said(program, "ready\n", 100); i++)
		if (!strncmp(program->text, "there ", 6) && strchr(program->text, '\n')) {
			program_end(program);
			cr_skip_test("%s", program->text);
		}
}

/* Attaches to it, lets it work, and hands over what is told until it has done; then it ends. */
static inline void program_traced(struct program *program, enum cpython_detail detail, stream_fn fn,
                                  void *context)
{
	struct cpython_session_options options = {.pid = program->pid, .detail = detail};
	struct fault fault = {0};
	struct source *source;

	cr_assert_eq(cpython_session_open(&options, &source, &fault), 0, "open: %s", fault.message);
	cr_assert_geq(source->ops->poll(source, 5, fn, context), 0);
	fputs("\n", program->in);
	fflush(program->in);
	for (int i = 0; i < 4000 && !program_done(program); i++)
		cr_assert_geq(source->ops->poll(source, 5, fn, context), 0);
	cr_assert(strstr(program->text, "done\n"), "%s", program->text);
	for (int i = 0; i < 4; i++)
		cr_assert_geq(source->ops->poll(source, 5, fn, context), 0);
	cr_assert_eq(source->ops->stop(source, fn, context), 0);
	source->ops->close(source);
	program_end(program);
}

/* The name that was told of a task, "" without one; "-": 0, no task. */
static inline const char *traced_name(const struct names *names, const struct program *program,
                                      uint32_t task)
{
	const char *name = task ? names_object(names, program->pid, task) : "-";

	return name ? name : "";
}

#endif
