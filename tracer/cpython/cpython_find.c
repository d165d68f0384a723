/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * cpython_find.c - finds the interpreter's files and objects; cpython_places.c finds the places.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cpython_places.h"

enum { OB_TYPE = 8, TYPE_NAME = 24, TYPE_INIT = 296, MODULE_DICT = 16 };

/* Before 3.11: the text that Py_GetVersion() begins with is PY_VERSION, "3.10.13". */
static unsigned version_of_text(const struct cpython_elf *elf, char *release)
{
	uint64_t start = cpython_elf_symbol(elf, "Py_GetVersion"), end;
	const uint8_t *code;
	size_t left;

	end = start ? cpython_elf_function_end(elf, start) : 0;
	code = start ? cpython_elf_at(elf, start, &left) : NULL;
	for (size_t at = 0; code && start + at + 4 <= end && at + 4 <= left; at++) {
		unsigned major, minor, micro;
		const uint8_t *text;
		size_t room;
		int32_t value;
		int used = 0;

		memcpy(&value, code + at, sizeof(value));
		text = cpython_elf_at(elf, start + at + 4 + (int64_t)value, &room);
		if (!text) /* not relative to the instruction: an address */
			text = cpython_elf_at(elf, (uint32_t)value, &room);
		if (!text || room < 32 || text[0] < '2' || text[0] > '9' || text[1] != '.' ||
		    !memchr(text, 0, 32) ||
		    sscanf((const char *)text, "%u.%u.%u%n", &major, &minor, &micro, &used) != 3)
			continue;
		snprintf(release, 32, "%.*s", used, (const char *)text);
		return CPYTHON_VERSION(major, minor);
	}
	return 0;
}

int cpython_find_version(const struct target *target, char *release)
{
	const struct target_module *core = target_module_with(target, TARGET_CPYTHON);
	struct cpython_elf *elf;
	int version = 0, error;
	uint64_t address;
	const uint8_t *at;
	uint32_t hex;
	size_t left;

	release[0] = 0;
	if (!core)
		return 0;
	error = cpython_elf_open(core->open_path, &elf);
	if (error)
		return error;
	/* const unsigned long Py_Version = PY_VERSION_HEX, since 3.11 */
	address = cpython_elf_symbol(elf, "Py_Version");
	at = address ? cpython_elf_at(elf, address, &left) : NULL;
	if (at && left >= sizeof(hex)) {
		memcpy(&hex, at, sizeof(hex));
		version = (int)(hex >> 16);
		snprintf(release, 32, "%u.%u.%u", hex >> 24, hex >> 16 & 0xff, hex >> 8 & 0xff);
	} else if (!address) {
		version = (int)version_of_text(elf, release);
	}
	cpython_elf_close(elf);
	return version;
}

static const struct target_module *asyncio_module(const struct target *target,
                                                  const struct target_module *core)
{
	struct cpython_elf *elf;
	bool built_in = false;

	for (size_t i = 0; i < target->module_count; i++) {
		const char *name = strrchr(target->modules[i].path, '/');

		if (name && !strncmp(name + 1, "_asyncio.", 9))
			return &target->modules[i];
	}
	if (!cpython_elf_open(core->open_path, &elf)) {
		built_in = cpython_elf_find(elf, "Task got bad yield: %R", 22, false, 0) != 0;
		cpython_elf_close(elf);
	}
	return built_in ? core : NULL;
}

/* ---- objects ---- */

static uint64_t object_of(const struct cpython_elf *elf, const struct target_module *module,
                          const char *name)
{
	uint64_t address = cpython_elf_symbol(elf, name);

	return address ? address + module->bias : 0;
}

static int find_objects(const struct cpython_elf *elf, const struct target_module *core,
                        struct cpython_target *t, struct fault *fault)
{
	const struct {
		const char *name;
		uint64_t *to;
		bool needed;
	} rows[] = {
		{"PyCoro_Type", &t->coroutine, true},
		{"PyGen_Type", &t->generator, true},
		{"PyAsyncGen_Type", &t->async_generator, true},
		{"PyMethod_Type", &t->method, true},
		{"PyCFunction_Type", &t->builtin, true},
		{"PyFunction_Type", &t->function, true},
		{"PyMethodDescr_Type", &t->descriptor, true},
		{"PyUnicode_Type", &t->str, true},
		{"PyLong_Type", &t->integer, true},
		{"PyDict_Type", &t->dictionary, true},
		{"PySet_Type", &t->set, false},
		{"PyFloat_Type", &t->real, false},
		{"PyBytes_Type", &t->bytes, false},
		{"PyCell_Type", &t->cell, false},
		{"_Py_TrueStruct", &t->true_object, true},
		{"_Py_FalseStruct", &t->false_object, true},
		{"_Py_NoneStruct", &t->none_object, true},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		*rows[i].to = object_of(elf, core, rows[i].name);
		if (!*rows[i].to && rows[i].needed)
			return fault_set(fault, -ENOTSUP, "the interpreter does not export %s",
			                 rows[i].name);
	}
	return 0;
}

/* The static type of the interpreter that has a name, whether or not it is exported. */
static uint64_t static_type(const struct cpython_memory *memory, const struct cpython_elf *elf,
                            const struct target_module *core, const char *name)
{
	uint64_t meta = object_of(elf, core, "PyType_Type"), text = 0;

	while ((text = cpython_elf_find(elf, name, strlen(name) + 1, false, text + 1))) {
		uint64_t word = 0;

		while ((word = cpython_elf_pointer(elf, text, word))) {
			uint64_t type = word - TYPE_NAME + core->bias;

			if (cpython_word(memory, type + OB_TYPE) == meta)
				return type;
		}
	}
	return 0;
}

/* Objects that stand for what they await: the word behind their head. */
static void find_wrappers(const struct cpython_memory *memory, const struct cpython_elf *elf,
                          const struct target_module *core, struct cpython_target *t)
{
	static const char *const names[CPYTHON_WRAPPERS] = {"async_generator_asend",
	                                                    "async_generator_athrow",
	                                                    "coroutine_wrapper", "anext_awaitable"};

	for (size_t i = 0; i < CPYTHON_WRAPPERS; i++)
		t->wrappers[i] = static_type(memory, elf, core, names[i]);
}

uint64_t cpython_find_global(const struct cpython_memory *memory, uint64_t interpreter,
                             const char *module, const char *name)
{
	uint64_t modules = cpython_word(memory, interpreter + memory->layout->interp_modules);
	uint64_t object = cpython_dict_get(memory, modules, module);

	if (!object)
		return 0;
	return cpython_dict_get(memory, cpython_word(memory, object + MODULE_DICT), name);
}

/* Task.__init__ is what the type's slot points to: in the file with the task step. */
static void find_make(const struct cpython_memory *memory, const struct cpython_elf *elf,
                      struct cpython_found *out)
{
	uint64_t type = cpython_find_global(memory, out->target.interpreter, "_asyncio", "Task");
	uint64_t init = type ? cpython_word(memory, type + TYPE_INIT) : 0;
	uint64_t start = init ? init - out->asyncio->bias : 0;

	if (start && cpython_elf_function(elf, start) == start) {
		uint64_t prologue = cpython_elf_prologue(elf, start);

		out->make.path = out->asyncio->open_path;
		cpython_place_add(elf, &out->make, prologue ? prologue : start);
	}
}

static int find_step(const struct cpython_memory *memory, struct cpython_found *out,
                     struct fault *fault)
{
	struct cpython_elf *elf;
	int error = cpython_elf_open(out->asyncio->open_path, &elf);
	uint64_t step;

	if (error)
		return fault_set(fault, error, "cannot read the file with the asyncio module: %s",
		                 strerror(-error));
	step = cpython_places_step(elf);
	if (step)
		cpython_places_of(elf, out->asyncio->open_path, step, &out->step);
	find_make(memory, elf, out);
	cpython_places_wake(elf, out);
	cpython_elf_close(elf);
	if (!out->step.count)
		return fault_set(fault, -ENOTSUP,
		                 "the function that runs a task's step was not found in %s",
		                 out->asyncio == out->core ? "the interpreter" : "_asyncio");
	return 0;
}

/*
 * May the target run compiled code? From 3.14 on builds have a JIT that is off unless PYTHON_JIT
 * says otherwise when the program starts (Python/jit.c, Doc/using/cmdline.rst of 3.14).
 */
static bool jit_on(pid_t pid, unsigned version)
{
	char path[64], *entry = NULL;
	size_t room = 0;
	bool on = false;
	FILE *file;

	if (version < CPYTHON_VERSION(3, 14))
		return false;
	snprintf(path, sizeof(path), "/proc/%d/environ", (int)pid);
	file = fopen(path, "re");
	while (file && getdelim(&entry, &room, 0, file) > 0)
		if (!strncmp(entry, "PYTHON_JIT=", 11))
			on = entry[11] && strcmp(entry + 11, "0") != 0;
	free(entry);
	if (file)
		fclose(file);
	return on;
}

/*
 * Only builds without the GIL have reference counts to merge; and since 3.13 _PyRuntime begins with
 * _Py_DebugOffsets, which says so (Include/internal/pycore_debug_offsets.h).
 */
static bool is_free_threaded(const struct cpython_elf *elf)
{
	static const char cookie[] = "xdebugpy";
	uint64_t runtime = cpython_elf_symbol(elf, "_PyRuntime"), head[3];
	size_t left;
	const uint8_t *at = runtime ? cpython_elf_at(elf, runtime, &left) : NULL;

	if (cpython_elf_symbol(elf, "_Py_MergeZeroLocalRefcount"))
		return true;
	if (!at || left < sizeof(head))
		return false;
	memcpy(head, at, sizeof(head)); /* cookie, version, free_threaded */
	return !memcmp(head, cookie, sizeof(head[0])) && head[2];
}

static void find_end(const struct cpython_elf *elf, struct cpython_found *out)
{
	uint64_t function = cpython_elf_symbol(elf, "Py_FinalizeEx");

	out->end.path = out->core->open_path;
	if (function)
		cpython_place_add(elf, &out->end, function);
}

static int find_core(const struct target *target, struct cpython_found *out, struct fault *fault)
{
	struct cpython_target *t = &out->target;
	pid_t pid = target->pid;
	struct cpython_memory memory = {cpython_memory_process, &pid, &t->layout, NULL};
	struct cpython_elf *elf;
	uint64_t runtime;
	int error = cpython_elf_open(out->core->open_path, &elf);

	if (error)
		return fault_set(fault, error, "cannot read the interpreter's file: %s",
		                 strerror(-error));
	runtime = object_of(elf, out->core, "_PyRuntime");
	out->free_threaded = is_free_threaded(elf);
	error = out->free_threaded
	                ? fault_set(fault, -ENOTSUP,
	                            "this is a free-threaded build of CPython %s, which is not "
	                            "supported; use the build with the GIL",
	                            out->release)
	                : find_objects(elf, out->core, t, fault);
	if (!error)
		find_end(elf, out);
	if (!error)
		cpython_places_with(elf, out->core, out);
	if (!error)
		cpython_places_await(elf, out->core, out);
	if (!error)
		find_wrappers(&memory, elf, out->core, t);
	cpython_elf_close(elf);
	if (error)
		return error;
	t->interpreter = cpython_word(&memory, runtime + t->layout.runtime_interpreters);
	if (!t->interpreter)
		return fault_set(fault, -ENOTSUP, "the interpreter has not started yet");
	t->managers[0] = cpython_find_global(&memory, t->interpreter, "contextlib",
	                                     "_AsyncGeneratorContextManager");
	t->managers[1] = cpython_find_global(&memory, t->interpreter, "contextlib",
	                                     "_GeneratorContextManager");
	if (!out->asyncio)
		return fault_set(
			fault, -ENOTSUP,
			"this Python process has not loaded asyncio's C module (_asyncio)");
	return find_step(&memory, out, fault);
}

/* The C library: musl's is its dynamic linker, too. */
static const struct target_module *c_library(const struct target *target)
{
	static const char *const names[] = {"libc.so", "libc-2.", "ld-musl-"};

	for (size_t i = 0; i < target->module_count; i++) {
		const char *name = strrchr(target->modules[i].path, '/');

		for (size_t j = 0; name && j < sizeof(names) / sizeof(names[0]); j++)
			if (!strncmp(name + 1, names[j], strlen(names[j])))
				return &target->modules[i];
	}
	return NULL;
}

/* Where the environment is changed. Without it no test is told. */
static void find_environment(const struct target *target, struct cpython_found *out)
{
	const struct target_module *library = c_library(target);
	const struct {
		const char *name;
		struct cpython_places *places;
	} rows[] = {{"setenv", &out->set_env}, {"unsetenv", &out->unset_env}};
	struct cpython_elf *elf;

	if (!library || cpython_elf_open(library->open_path, &elf))
		return;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		uint64_t function = cpython_elf_symbol(elf, rows[i].name);

		rows[i].places->path = library->open_path;
		if (function)
			cpython_place_add(elf, rows[i].places, function);
	}
	cpython_elf_close(elf);
}

static int find_version(const struct target *target, struct cpython_found *out, struct fault *fault)
{
	const struct cpython_layout *layout;
	int version;

	memset(out, 0, sizeof(*out));
	out->core = target_module_with(target, TARGET_CPYTHON);
	if (!out->core)
		return fault_set(fault, -ENOTSUP, "process %d is not CPython", (int)target->pid);
	version = cpython_find_version(target, out->release);
	if (version < 0)
		return fault_set(fault, version, "cannot read %s of process %d: %s",
		                 out->core->path, (int)target->pid, strerror(-version));
	out->version = (unsigned)version;
	layout = cpython_layout_find(out->version);
	if (!layout)
		return fault_set(fault, -ENOTSUP, "CPython %s is not supported",
		                 out->release[0] ? out->release : "of an unknown version");
	out->target.layout = *layout;
	out->target.pid = target->pid;
	out->jit = jit_on(target->pid, out->version);
	find_environment(target, out);
	return 0;
}

int cpython_find_start(const struct target *target, struct cpython_found *out, struct fault *fault)
{
	static const char *const makers[] = {"PyModule_Create2", "PyModuleDef_Init"};
	struct cpython_elf *elf;
	int error = find_version(target, out, fault);

	if (error)
		return error;
	error = cpython_elf_open(out->core->open_path, &elf);
	if (error)
		return fault_set(fault, error, "cannot read the interpreter's file: %s",
		                 strerror(-error));
	out->load.path = out->core->open_path;
	for (size_t i = 0; i < sizeof(makers) / sizeof(makers[0]); i++) {
		uint64_t function = cpython_elf_symbol(elf, makers[i]);

		if (function)
			cpython_place_add(elf, &out->load, function);
	}
	cpython_elf_close(elf);
	return 0;
}

int cpython_find(const struct target *target, struct cpython_found *out, struct fault *fault)
{
	int error = find_version(target, out, fault);

	if (error)
		return error;
	out->asyncio = asyncio_module(target, out->core);
	return find_core(target, out, fault);
}
