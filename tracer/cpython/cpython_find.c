/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * cpython_find.c - finds the interpreter's files, objects and probe places.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "cpython_elf.h"
#include "cpython_find.h"

enum { CALLS_MAX = 512, NAME_MAX_BYTES = 12, OB_TYPE = 8, TYPE_INIT = 296, MODULE_DICT = 16 };

unsigned cpython_find_version(const struct target *target, char *release)
{
	const struct target_module *core = target_module_with(target, TARGET_CPYTHON);
	struct cpython_elf *elf;
	unsigned version = 0;
	const uint8_t *at;
	uint32_t hex;
	size_t left;

	release[0] = 0;
	if (!core || cpython_elf_open(core->open_path, &elf))
		return 0;
	/* const unsigned long Py_Version = PY_VERSION_HEX, since 3.11 */
	at = cpython_elf_at(elf, cpython_elf_symbol(elf, "Py_Version"), &left);
	if (at && left >= sizeof(hex)) {
		memcpy(&hex, at, sizeof(hex));
		version = hex >> 16;
		snprintf(release, 32, "%u.%u.%u", hex >> 24, hex >> 16 & 0xff, hex >> 8 & 0xff);
	}
	cpython_elf_close(elf);
	return version;
}

/* ---- the task step ---- */

/* Is `start` the function that says "Task got bad yield", itself or in a cold part of it? */
static bool is_step(const struct cpython_elf *elf, uint64_t start)
{
	static const char *const texts[] = {"Task got bad yield: %R", "__step(): already done: %R"};
	uint64_t end = cpython_elf_function_end(elf, start);

	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		uint64_t text = cpython_elf_find(elf, texts[i], strlen(texts[i]), false, 0);

		if (text && cpython_elf_refers(elf, start, end, text))
			return true;
	}
	return false;
}

/* The function that sends into a task's coroutine: it calls PyIter_Send directly, is no API itself
 * and is called directly (the eval loop is not). 0: none, or more than one. */
static uint64_t step_function(const struct cpython_elf *elf)
{
	uint64_t calls[CALLS_MAX], target = cpython_elf_symbol(elf, "PyIter_Send"), slot = 0;
	uint64_t candidates[8];
	size_t n, count = 0, confirmed = 0;
	uint64_t found = 0;

	if (!target) {
		slot = cpython_elf_slot(elf, "PyIter_Send");
		if (!slot)
			return 0;
		target = cpython_elf_stub(elf, slot);
	}
	n = cpython_elf_calls(elf, target, slot, calls, CALLS_MAX);
	for (size_t i = 0; i < n && i < CALLS_MAX; i++) {
		uint64_t start = cpython_elf_function(elf, calls[i]), unused;
		size_t j = 0;

		if (!start || cpython_elf_exported(elf, start) ||
		    !cpython_elf_calls(elf, start, 0, &unused, 1))
			continue;
		while (j < count && candidates[j] != start)
			j++;
		if (j == count && count < sizeof(candidates) / sizeof(candidates[0]))
			candidates[count++] = start;
	}
	if (count == 1)
		return candidates[0];
	for (size_t i = 0; i < count; i++)
		if (is_step(elf, candidates[i])) {
			found = candidates[i];
			confirmed++;
		}
	return confirmed == 1 ? found : 0;
}

static void place_add(const struct cpython_elf *elf, struct cpython_places *places,
                      uint64_t address)
{
	uint64_t offset = cpython_elf_offset(elf, address);

	if (offset && places->count < CPYTHON_PLACES)
		places->offsets[places->count++] = offset;
}

/* Where to probe a function so that a hit is cheap: its prologue, else all its call sites. */
static void places_of(const struct cpython_elf *elf, const char *path, uint64_t function,
                      struct cpython_places *out)
{
	uint64_t calls[CPYTHON_PLACES], prologue = cpython_elf_prologue(elf, function);
	size_t n;

	out->path = path;
	if (prologue) {
		place_add(elf, out, prologue);
		return;
	}
	n = cpython_elf_calls(elf, function, 0, calls, CPYTHON_PLACES);
	for (size_t i = 0; i < n && i < CPYTHON_PLACES; i++)
		place_add(elf, out, calls[i]);
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

/* ---- `with` ---- */

/*
 * Address of the interpreter's own str object for a name: it is static, so it
 * is in the file, inside _PyRuntime (elsewhere lies a copy that the runtime is
 * reset from).
 */
static uint64_t static_string(const struct cpython_elf *elf, const struct cpython_layout *layout,
                              const char *name)
{
	size_t length = strlen(name), left;
	uint64_t start, size, hit;

	if (!cpython_elf_section(elf, ".PyRuntime", &start, &size))
		return 0;
	hit = start;
	while ((hit = cpython_elf_find(elf, name, length + 1, true, hit + 1))) {
		const uint8_t *at = cpython_elf_at(elf, hit - layout->str_ascii, &left);
		uint64_t stored;

		if (hit >= start + size)
			break;
		if (!at || left < 24)
			continue;
		memcpy(&stored, at + 16, sizeof(stored));
		if (stored == length)
			return hit - layout->str_ascii;
	}
	return 0;
}

/* Does the code before a call load `address` into rsi? Looks back over the few instructions that
 * may stand between. `base`: what a register may hold, with the address as an offset to it. */
static bool loads_rsi(const struct cpython_elf *elf, uint64_t call, uint64_t address, uint64_t base)
{
	enum { BACK = 32 };
	size_t left;
	const uint8_t *at = cpython_elf_at(elf, call - BACK, &left);

	if (!at || left < BACK)
		return false;
	for (size_t i = 0; i + 5 <= BACK; i++) {
		int32_t value;

		memcpy(&value, at + i + 1, sizeof(value));
		if (at[i] == 0xbe && (uint32_t)value == address) /* mov $imm32, %esi */
			return true;
		if (i + 7 > BACK || (at[i] & 0xfe) != 0x48 || at[i + 1] != 0x8d)
			continue;
		memcpy(&value, at + i + 3, sizeof(value));
		if (at[i + 2] == 0x35 && /* lea disp32(%rip), %rsi */
		    call - BACK + i + 7 + (int64_t)value == address)
			return true;
		if ((at[i + 2] & 0xf8) == 0xb0 && /* lea disp32(register), %rsi */
		    base + (int64_t)value == address)
			return true;
	}
	return false;
}

/* Calls of a function of the interpreter: direct, or through its own PLT in a shared library. */
static size_t own_calls(const struct cpython_elf *elf, const char *name, uint64_t *calls)
{
	uint64_t slot;
	size_t n = cpython_elf_calls(elf, cpython_elf_symbol(elf, name), 0, calls, CALLS_MAX);

	if (!n) {
		slot = cpython_elf_slot(elf, name);
		n = cpython_elf_calls(elf, cpython_elf_stub(elf, slot), slot, calls, CALLS_MAX);
	}
	return n < CALLS_MAX ? n : CALLS_MAX;
}

/* 3.14 and newer: `with` asks for both of its methods by one call in the eval loop. */
static void find_method(const struct cpython_elf *elf, const struct target_module *core,
                        struct cpython_found *out)
{
	uint64_t calls[CALLS_MAX];
	size_t n = own_calls(elf, "_PyObject_LookupSpecialMethod", calls);

	out->method.path = core->open_path;
	for (size_t i = 0; i < n; i++)
		place_add(elf, &out->method, calls[i]);
}

static void find_with(const struct cpython_elf *elf, const struct target_module *core,
                      struct cpython_found *out)
{
	const struct cpython_layout *layout = &out->target.layout;
	uint64_t lookup = cpython_elf_symbol(elf, "_PyObject_LookupSpecial");
	uint64_t exit = static_string(elf, layout, "__exit__");
	uint64_t aexit = static_string(elf, layout, "__aexit__");
	uint64_t runtime = cpython_elf_symbol(elf, "_PyRuntime");
	uint64_t calls[CALLS_MAX];
	bool seen_exit = false, seen_aexit = false;
	size_t n;

	if (!exit || !aexit)
		return;
	out->target.exit_name = exit + core->bias;
	out->target.async_exit_name = aexit + core->bias;
	if (layout->version >= CPYTHON_VERSION(3, 14)) {
		find_method(elf, core, out);
		return;
	}
	if (!lookup)
		return;
	n = own_calls(elf, "_PyObject_LookupSpecial", calls);
	out->with.path = core->open_path;
	for (size_t i = 0; i < n && i < CALLS_MAX; i++) {
		bool for_exit = loads_rsi(elf, calls[i], exit, runtime);
		bool for_aexit = loads_rsi(elf, calls[i], aexit, runtime);

		if (!for_exit && !for_aexit)
			continue;
		seen_exit |= for_exit;
		seen_aexit |= for_aexit;
		place_add(elf, &out->with, calls[i]);
	}
	if (seen_exit && seen_aexit)
		return;
	out->with.count = 0;
	places_of(elf, core->open_path, lookup, &out->named);
}

/* ---- await ---- */

/* The function that makes an iterator of what is awaited; static before 3.13, told by its message.
 */
static uint64_t await_function(const struct cpython_elf *elf)
{
	static const char text[] = "object %.100s can't be used in 'await' expression";
	uint64_t symbol = cpython_elf_symbol(elf, "_PyCoro_GetAwaitableIter");
	uint64_t message, at, start;

	if (symbol)
		return symbol;
	message = cpython_elf_find(elf, text, sizeof(text), false, 0);
	at = message ? cpython_elf_reference(elf, message, 0) : 0;
	start = at ? cpython_elf_function(elf, at) : 0;
	if (!start || cpython_elf_calls(elf, start, 0, &at, 1))
		return start;
	return cpython_elf_leaves_to(elf, start, cpython_elf_function_end(elf, start));
}

static void find_await(const struct cpython_elf *elf, const struct target_module *core,
                       struct cpython_found *out)
{
	uint64_t function = await_function(elf);
	uint64_t prologue = function ? cpython_elf_prologue(elf, function) : 0;

	out->awaits.path = core->open_path;
	if (function)
		place_add(elf, &out->awaits, prologue ? prologue : function);
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
		{"_Py_TrueStruct", &t->true_object, true},
		{"_Py_FalseStruct", &t->false_object, true},
		{"_Py_NoneStruct", &t->none_object, true},
		{"_PyAsyncGenASend_Type", &t->wrappers[0], false},
		{"_PyAsyncGenAThrow_Type", &t->wrappers[1], false},
		{"_PyCoroWrapper_Type", &t->wrappers[2], false},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		*rows[i].to = object_of(elf, core, rows[i].name);
		if (!*rows[i].to && rows[i].needed)
			return fault_set(fault, -ENOTSUP, "the interpreter does not export %s",
			                 rows[i].name);
	}
	return 0;
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
		place_add(elf, &out->make, prologue ? prologue : start);
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
	step = step_function(elf);
	if (step)
		places_of(elf, out->asyncio->open_path, step, &out->step);
	find_make(memory, elf, out);
	cpython_elf_close(elf);
	if (!out->step.count)
		return fault_set(fault, -ENOTSUP,
		                 "the function that runs a task's step was not found in %s",
		                 out->asyncio == out->core ? "the interpreter" : "_asyncio");
	return 0;
}

static int find_core(const struct target *target, struct cpython_found *out, struct fault *fault)
{
	struct cpython_target *t = &out->target;
	pid_t pid = target->pid;
	struct cpython_memory memory = {cpython_memory_process, &pid, &t->layout};
	struct cpython_elf *elf;
	uint64_t runtime;
	int error = cpython_elf_open(out->core->open_path, &elf);

	if (error)
		return fault_set(fault, error, "cannot read the interpreter's file: %s",
		                 strerror(-error));
	runtime = object_of(elf, out->core, "_PyRuntime");
	/* only builds without the GIL have reference counts to merge */
	out->free_threaded = cpython_elf_symbol(elf, "_Py_MergeZeroLocalRefcount") != 0;
	error = find_objects(elf, out->core, t, fault);
	if (!error)
		find_with(elf, out->core, out);
	if (!error)
		find_await(elf, out->core, out);
	cpython_elf_close(elf);
	if (error)
		return error;
	if (out->free_threaded)
		return fault_set(
			fault, -ENOTSUP,
			"this is a free-threaded build of CPython %s, which is not supported; "
			"use the build with the GIL",
			out->release);
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

static int find_version(const struct target *target, struct cpython_found *out, struct fault *fault)
{
	const struct cpython_layout *layout;

	memset(out, 0, sizeof(*out));
	out->core = target_module_with(target, TARGET_CPYTHON);
	if (!out->core)
		return fault_set(fault, -ENOTSUP, "process %d is not CPython", (int)target->pid);
	out->version = cpython_find_version(target, out->release);
	layout = cpython_layout_find(out->version);
	if (!layout)
		return fault_set(fault, -ENOTSUP, "CPython %s is not supported",
		                 out->release[0] ? out->release : "of an unknown version");
	out->target.layout = *layout;
	out->target.pid = target->pid;
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
			place_add(elf, &out->load, function);
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
