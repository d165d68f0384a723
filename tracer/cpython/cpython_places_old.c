/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * cpython_places_old.c - what is found in another way in 3.10.
 *
 * Names that C code asks for are no str objects there but a struct _Py_Identifier
 * each, whose first word is the address of a C string (Include/cpython/object.h).
 */
#include <string.h>

#include "cpython_places.h"

enum { IDENTIFIERS = 16 };

/* The words that hold the address of a C string; of them, identifiers are some. */
static size_t identifiers_find(const struct cpython_elf *elf, const char *name, uint64_t *out)
{
	uint64_t text = 0, word;
	size_t n = 0;

	while ((text = cpython_elf_find(elf, name, strlen(name) + 1, false, text + 1)))
		for (word = 0; n < IDENTIFIERS && (word = cpython_elf_pointer(elf, text, word));)
			out[n++] = word;
	return n;
}

/* Which of the identifiers a call is made with, 0: none of them. */
static uint64_t loaded(const struct cpython_elf *elf, uint64_t call, const uint64_t *identifiers,
                       size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (cpython_places_loads(elf, call, CPYTHON_LOADED_ANY, identifiers[i], 0))
			return identifiers[i];
	return 0;
}

void cpython_places_with_old(const struct cpython_elf *elf, const struct target_module *core,
                             struct cpython_found *out)
{
	static const char function[] = "_PyObject_LookupSpecial";
	uint64_t calls[CPYTHON_CALLS], exits[IDENTIFIERS], aexits[IDENTIFIERS];
	size_t exit_count = identifiers_find(elf, "__exit__", exits);
	size_t aexit_count = identifiers_find(elf, "__aexit__", aexits);
	size_t n = cpython_places_own_calls(elf, function, calls);
	uint64_t lookup = cpython_elf_symbol(elf, function);
	bool seen_exit = false, seen_aexit = false;

	out->with.path = core->open_path;
	for (size_t i = 0; i < n; i++) {
		bool exit = loaded(elf, calls[i], exits, exit_count);
		bool aexit = loaded(elf, calls[i], aexits, aexit_count);

		if (exit || aexit)
			cpython_place_add(elf, &out->with, calls[i]);
		seen_exit |= exit;
		seen_aexit |= aexit;
	}
	if (seen_exit && seen_aexit)
		return;
	out->with.count = 0;
	if (!lookup || exit_count != 1 || aexit_count != 1)
		return; /* which of them `with` uses is not known */
	out->target.exit_name = exits[0] + core->bias;
	out->target.async_exit_name = aexits[0] + core->bias;
	cpython_places_of(elf, core->open_path, lookup, &out->named);
}

/* Is a function the one that makes a task? It schedules the first step: that wakes nobody. */
static bool makes_task(const struct cpython_elf *elf, const struct cpython_found *out,
                       uint64_t function)
{
	uint64_t start = cpython_elf_offset(elf, function);
	uint64_t end = start + cpython_elf_function_end(elf, function) - function;

	return out->make.count && out->make.offsets[0] >= start && out->make.offsets[0] < end;
}

/*
 * The indirect call right before one of _Py_CheckFunctionResult: together they are the inlined
 * PyObject_Vectorcall (Include/cpython/abstract.h). Between them only registers are copied, and one
 * is cleared, and before them one is copied to rdi: so an instruction does begin there (a probe
 * elsewhere would change what the target does). 0: it is not there.
 */
static uint64_t vectorcall_before(const struct cpython_elf *elf, uint64_t check)
{
	enum { BACK = 24 };
	size_t left;
	const uint8_t *at = cpython_elf_at(elf, check - BACK, &left);

	for (int i = BACK - 2; at && left >= BACK && i >= 3; i--) {
		int next = i + 2;

		if (at[i] != 0xff || (at[i + 1] & 0xf8) != 0xd0 || /* call *register */
		    (at[i - 3] & 0xfb) != 0x48 || at[i - 2] != 0x89 || (at[i - 1] & 0xc7) != 0xc7)
			continue;
		while (next < BACK) {
			if ((at[next] & 0xf8) == 0x48 && at[next + 1] == 0x89) /* mov */
				next += 3;
			else if (at[next] == 0x31) /* xor */
				next += 2;
			else
				break;
		}
		if (next == BACK)
			return check - BACK + i;
	}
	return 0;
}

/* Adds the calls of what the function that `at` lies in has asked for. Returns how many. */
static size_t vectorcalls_add(const struct cpython_elf *elf, struct cpython_places *places,
                              uint64_t at)
{
	uint64_t start = cpython_elf_function(elf, at), end = cpython_elf_function_end(elf, start);
	uint64_t slot = cpython_elf_slot(elf, "_Py_CheckFunctionResult"), calls[CPYTHON_CALLS];
	uint64_t target = slot ? cpython_elf_stub(elf, slot) : 0, call;
	size_t n = slot ? cpython_elf_calls(elf, target, slot, calls, CPYTHON_CALLS) : 0;
	size_t before = places->count;

	for (size_t i = 0; i < n && i < CPYTHON_CALLS; i++) {
		call = calls[i] >= start && calls[i] < end ? vectorcall_before(elf, calls[i]) : 0;
		if (call)
			cpython_place_add(elf, places, call);
	}
	return places->count - before;
}

/*
 * asyncio's call_soon calls loop.call_soon; it may be inlined elsewhere. Each function that takes
 * the address of that identifier is such a place, or else some would be missed.
 */
void cpython_places_wake_old(const struct cpython_elf *elf, struct cpython_found *out)
{
	uint64_t identifiers[IDENTIFIERS], at = 0, function = 0;
	size_t n = identifiers_find(elf, "call_soon", identifiers);

	if (n != 1 || out->asyncio == out->core)
		return;
	out->wake_call.path = out->asyncio->open_path;
	while ((at = cpython_elf_reference(elf, identifiers[0], at + 1))) {
		if (cpython_elf_function(elf, at) == function ||
		    makes_task(elf, out, cpython_elf_function(elf, at)))
			continue;
		function = cpython_elf_function(elf, at);
		if (!vectorcalls_add(elf, &out->wake_call, at)) {
			out->wake_call.count = 0;
			return;
		}
	}
}
