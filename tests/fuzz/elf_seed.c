/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * elf_seed.c - what elf_fuzz begins with: a small shared object with a little of all that is looked
 * for in the files of CPython.
 */
extern int PyIter_Send(void *iterator, void *value, void **result);
extern int _PyObject_LookupSpecial(void *object, void *name);

int task_step(void *task);
int take(void *object);
int take_again(void *object);

__attribute__((section(".PyRuntime"))) char _PyRuntime[64] = "xdebugpy\0__aexit__";
const unsigned long Py_Version = 0x030c01f0;
const char *const names[] = {"_asyncio", "call_soon", "async_generator_asend"};

static const char *volatile bad = "Task got bad yield: %R";

__attribute__((noinline)) int task_step(void *task)
{
	void *result = 0;
	int code = PyIter_Send(task, task, &result);

	return code ? code : (int)(long)bad;
}

int take(void *object)
{
	return _PyObject_LookupSpecial(object, _PyRuntime + 9) + task_step(object);
}

int take_again(void *object)
{
	return task_step(names[1] ? object : 0) + 1;
}

__asm__(".pushsection .note.stapsdt,\"\",\"note\"\n"
        ".balign 4\n"
        ".4byte 8, 40, 3\n"
        ".asciz \"stapsdt\"\n"
        ".8byte task_step, 0, 0\n"
        ".asciz \"awaitness\"\n"
        ".asciz \"x\"\n"
        ".balign 4\n"
        ".popsection\n");
