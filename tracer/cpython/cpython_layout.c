/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * cpython_layout.c - the table: one row a version.
 *
 * Sources, for x86-64, release and debug builds alike (Py_TRACE_REFS builds are
 * another matter and fail the self-check):
 *   generators, frames: Include/cpython/genobject.h (3.11: genobject.h),
 *     Include/internal/pycore_frame.h; states: enum _framestate in
 *     pycore_frame.h (3.11: Include/internal/pycore_frame.h)
 *   code objects: Include/cpython/code.h, _PyCode_DEF
 *   tasks and futures: Modules/_asynciomodule.c, FutureObj_HEAD and TaskObj
 *   opcodes: Include/opcode.h (3.13: opcode_ids.h)
 *   interpreter, threads: pycore_interp.h, cpython/pystate.h, pycore_runtime.h
 *   strings, tuples, types: cpython/unicodeobject.h, tupleobject.h, object.h
 * The numbers of 3.11.7, 3.12.1 and 3.13.0 were printed with offsetof() from
 * their own headers where these tell them, else read off the machine code.
 */
#include <stddef.h>

#include "cpython_layout.h"

static const struct cpython_layout layouts[] = {
	{
		.version = CPYTHON_VERSION(3, 11),
		.gen_state = 75,
		.gen_frame = 80,
		.state_created = -2,
		.state_suspended = -1,
		.state_yield_from = -1, /* told by the opcode that follows */
		.state_locked = 127,    /* there is none */
		.state_executing = 0,
		.frame_code = 32,
		.frame_previous = 48,
		.frame_instr = 56,
		.frame_top = 64,
		.frame_locals = 72,
		.awaited_back = 1,
		.op_resume = 151,
		.op_resume_quick = 150,
		.op_yield = 86,
		.op_get_awaitable = 131,
		.op_send = 123,
		.code_nlocals = 76,
		.code_bytes = 184,
		.code_first_line = 72,
		.code_file = 112,
		.code_qualname = 128,
		.code_line_table = 136,
		.code_local_names = 96,
		.code_names = 32,
		.task_argument = 0,
		.future_loop = 16,
		.future_exception = 48,
		.future_state = 88,
		.task_waiter = 128,
		.task_coro = 136,
		.task_name = 144,
		.task_must_cancel = 160,
		.str_ascii = 48,
		.str_compact = 72,
		.tuple_items = 24,
		.attributes = CPYTHON_ATTR_POINTER,
		.cached_keys = 872,
		.type_dict = 264,
		.long_shift = 0,
		.runtime_interpreters = 40,
		.interp_threads = 16,
		.interp_modules = 888,
		.thread_next = 8,
		.thread_id = 152,
		.thread_frame = 56,
		.thread_frame_indirect = 1,
		.cframe_frame = 8,
	},
	{
		.version = CPYTHON_VERSION(3, 12),
		.gen_state = 67,
		.gen_frame = 72,
		.state_created = -2,
		.state_suspended = -1,
		.state_yield_from = -1,
		.state_locked = 127,
		.state_executing = 0,
		.frame_code = 0,
		.frame_previous = 8,
		.frame_instr = 56,
		.frame_top = 64,
		.frame_locals = 72,
		.awaited_back = 1,
		.op_resume = 151,
		.op_resume_quick = 240, /* INSTRUMENTED_RESUME */
		.op_yield = 150,
		.op_get_awaitable = 131,
		.op_send = 123,
		.code_nlocals = 72,
		.code_bytes = 192,
		.code_first_line = 68,
		.code_file = 112,
		.code_qualname = 128,
		.code_line_table = 136,
		.code_local_names = 96,
		.code_names = 32,
		.task_argument = 1,
		.future_loop = 16,
		.future_exception = 48,
		.future_state = 88,
		.task_waiter = 128,
		.task_coro = 136,
		.task_name = 144,
		.task_must_cancel = 160,
		.str_ascii = 40,
		.str_compact = 56,
		.tuple_items = 24,
		.attributes = CPYTHON_ATTR_TAGGED,
		.cached_keys = 880,
		.type_dict = 264,
		.long_shift = 3,
		.runtime_interpreters = 40,
		.interp_threads = 72,
		.interp_modules = 944,
		.thread_next = 8,
		.thread_id = 136,
		.thread_frame = 56,
		.thread_frame_indirect = 1,
	},
	{
		.version = CPYTHON_VERSION(3, 13),
		.gen_state = 67,
		.gen_frame = 72,
		.state_created = -3,
		.state_suspended = -2,
		.state_yield_from = -1,
		.state_locked = 127,
		.state_executing = 0,
		.frame_code = 0,
		.frame_previous = 8,
		.frame_instr = 56,
		.frame_top = 64,
		.frame_locals = 72,
		.awaited_back = 1,
		.instr_back = 2,
		.op_yield = 118,
		.op_get_awaitable = 73,
		.op_send = 104,
		.code_nlocals = 72,
		.code_bytes = 200,
		.code_first_line = 68,
		.code_file = 112,
		.code_qualname = 128,
		.code_line_table = 136,
		.code_local_names = 96,
		.code_names = 32,
		.task_argument = 1,
		.future_loop = 16,
		.future_exception = 48,
		.future_state = 96,
		.task_waiter = 112,
		.task_coro = 120,
		.task_name = 128,
		.task_must_cancel = 144,
		.str_ascii = 40,
		.str_compact = 56,
		.tuple_items = 24,
		.attributes = CPYTHON_ATTR_INLINE,
		.cached_keys = 880,
		.type_dict = 264,
		.long_shift = 3,
		.runtime_interpreters = 632,
		.interp_threads = 7344,
		.interp_modules = 7656,
		.thread_next = 8,
		.thread_id = 152,
		.thread_frame = 72,
	},
};

const struct cpython_layout *cpython_layout_find(uint32_t version)
{
	for (size_t i = 0; i < sizeof(layouts) / sizeof(layouts[0]); i++)
		if (layouts[i].version == version)
			return &layouts[i];
	return NULL;
}
