/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * cpython_places.c - see cpython_places.h. All by role: who calls what, who refers to what.
 */
#include <string.h>

#include "cpython_places.h"

enum { CALLS_MAX = CPYTHON_CALLS };

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
uint64_t cpython_places_step(const struct cpython_elf *elf)
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

void cpython_place_add(const struct cpython_elf *elf, struct cpython_places *places,
                       uint64_t address)
{
	uint64_t offset = cpython_elf_offset(elf, address);

	if (offset && places->count < CPYTHON_PLACES)
		places->offsets[places->count++] = offset;
}

void cpython_places_of(const struct cpython_elf *elf, const char *path, uint64_t function,
                       struct cpython_places *out)
{
	uint64_t calls[CPYTHON_PLACES], prologue = cpython_elf_prologue(elf, function);
	size_t n;

	out->path = path;
	if (prologue) {
		cpython_place_add(elf, out, prologue);
		return;
	}
	n = cpython_elf_calls(elf, function, 0, calls, CPYTHON_PLACES);
	for (size_t i = 0; i < n && i < CPYTHON_PLACES; i++)
		cpython_place_add(elf, out, calls[i]);
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

bool cpython_places_loads(const struct cpython_elf *elf, uint64_t call, enum cpython_loaded into,
                          uint64_t address, uint64_t base)
{
	enum { BACK = 32 };
	bool any = into == CPYTHON_LOADED_ANY;
	size_t left;
	const uint8_t *at = cpython_elf_at(elf, call - BACK, &left);

	if (!at || left < BACK)
		return false;
	for (size_t i = 0; i + 5 <= BACK; i++) {
		int32_t value;

		memcpy(&value, at + i + 1, sizeof(value));
		if ((any ? (at[i] & 0xf8) == 0xb8
		         : at[i] == (0xb8 | into)) && /* mov $imm32, into */
		    (uint32_t)value == address)
			return true;
		if (i + 7 > BACK || (at[i] & (any ? 0xf8 : 0xfe)) != 0x48 || at[i + 1] != 0x8d)
			continue;
		memcpy(&value, at + i + 3, sizeof(value));
		if ((any ? (at[i + 2] & 0xc7) == 5 : at[i + 2] == (into << 3 | 5)) &&
		    call - BACK + i + 7 + (int64_t)value == address) /* lea disp32(%rip), into */
			return true;
		if ((at[i + 2] & 0xf8) == (0x80 | into << 3) && /* lea disp32(register), into */
		    base + (int64_t)value == address)
			return true;
	}
	return false;
}

size_t cpython_places_own_calls(const struct cpython_elf *elf, const char *name, uint64_t *calls)
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
	size_t n = cpython_places_own_calls(elf, "_PyObject_LookupSpecialMethod", calls);

	out->method.path = core->open_path;
	for (size_t i = 0; i < n; i++)
		cpython_place_add(elf, &out->method, calls[i]);
}

void cpython_places_with(const struct cpython_elf *elf, const struct target_module *core,
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

	if (layout->version < CPYTHON_VERSION(3, 11)) {
		cpython_places_with_old(elf, core, out);
		return;
	}
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
	n = cpython_places_own_calls(elf, "_PyObject_LookupSpecial", calls);
	out->with.path = core->open_path;
	for (size_t i = 0; i < n && i < CALLS_MAX; i++) {
		bool for_exit =
			cpython_places_loads(elf, calls[i], CPYTHON_LOADED_RSI, exit, runtime);
		bool for_aexit =
			cpython_places_loads(elf, calls[i], CPYTHON_LOADED_RSI, aexit, runtime);

		if (!for_exit && !for_aexit)
			continue;
		seen_exit |= for_exit;
		seen_aexit |= for_aexit;
		cpython_place_add(elf, &out->with, calls[i]);
	}
	if (seen_exit && seen_aexit)
		return;
	out->with.count = 0;
	cpython_places_of(elf, core->open_path, lookup, &out->named);
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

void cpython_places_await(const struct cpython_elf *elf, const struct target_module *core,
                          struct cpython_found *out)
{
	uint64_t function = await_function(elf);
	uint64_t prologue = function ? cpython_elf_prologue(elf, function) : 0;

	out->awaits.path = core->open_path;
	if (function)
		cpython_place_add(elf, &out->awaits, prologue ? prologue : function);
}

/* ---- wake-ups ---- */

/* asyncio is part of the interpreter, which calls methods everywhere: those named call_soon. */
static void find_call_soon(const struct cpython_elf *elf, const struct target_module *core,
                           struct cpython_found *out)
{
	uint64_t name = static_string(elf, &out->target.layout, "call_soon");
	uint64_t runtime = cpython_elf_symbol(elf, "_PyRuntime"), calls[CALLS_MAX];
	size_t n = name ? cpython_places_own_calls(elf, "PyObject_VectorcallMethod", calls) : 0;

	out->wake_method.path = core->open_path;
	for (size_t i = 0; i < n; i++)
		if (cpython_places_loads(elf, calls[i], CPYTHON_LOADED_RDI, name, runtime))
			cpython_place_add(elf, &out->wake_method, calls[i]);
}

void cpython_places_wake(const struct cpython_elf *elf, struct cpython_found *out)
{
	bool method = out->target.layout.version >= CPYTHON_VERSION(3, 12);
	struct cpython_places *places = method ? &out->wake_method : &out->wake_call;
	uint64_t calls[CPYTHON_PLACES], slot;
	size_t n;

	if (out->target.layout.version < CPYTHON_VERSION(3, 11)) {
		cpython_places_wake_old(elf, out);
		return;
	}
	if (out->asyncio == out->core) {
		if (method)
			find_call_soon(elf, out->core, out);
		return;
	}
	slot = cpython_elf_slot(elf, method ? "PyObject_VectorcallMethod" : "PyObject_Vectorcall");
	n = slot ? cpython_elf_calls(elf, cpython_elf_stub(elf, slot), slot, calls, CPYTHON_PLACES)
	         : 0;
	if (n > CPYTHON_PLACES)
		return; /* some would be missed */
	places->path = out->asyncio->open_path;
	for (size_t i = 0; i < n; i++)
		cpython_place_add(elf, places, calls[i]);
}
