/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * cpython_modules.c - see cpython_modules.h.
 *
 * Offsets: PyFunctionObject (Include/cpython/funcobject.h), PyCodeObject, staticmethod,
 * classmethod and property objects (Objects/funcobject.c, descrobject.c); the same
 * from 3.11 to 3.15.
 */
#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "cpython_modules.h"

enum {
	OB_TYPE = 8,
	OB_SIZE = 16,
	MODULE_DICT = 16,
	FUNC_QUALNAME = 40,
	FUNC_CODE = 48,
	FUNC_CLOSURE = 72, /* of 3.10 */
	CELL_OBJECT = 16,
	WRAPPED = 16, /* of a staticmethod, a classmethod; the getter of a property */
	TYPE_FLAGS = 168,
	CONSTS_MAX = 4096,
	CLOSURE_MAX = 16,
	DEPTH_MAX = 8,
	FILE_NAME = 1024,
	TYPES = 64
};

#define TYPE_IS_TYPE (1u << 31) /* Py_TPFLAGS_TYPE_SUBCLASS: its objects are classes */

static bool ends_with(const char *text, const char *ending)
{
	size_t n = strlen(text), m = strlen(ending);

	return n >= m && !strcmp(text + n - m, ending);
}

struct reading {
	struct cpython_modules *modules;
	const struct cpython_memory *memory;
};

static int module_add(struct cpython_modules *m, const char *file, uint64_t dict)
{
	static const char asyncio[] = "asyncio/__init__.py";

	if (m->count == m->room) {
		size_t room = m->room ? m->room * 2 : 256;
		struct cpython_module *at = realloc(m->at, room * sizeof(*at));

		if (!at)
			return -ENOMEM;
		m->at = at;
		m->room = room;
	}
	m->at[m->count].file = strdup(file);
	m->at[m->count].dict = dict;
	if (!m->at[m->count].file)
		return -ENOMEM;
	m->count++;
	if (ends_with(file, asyncio) && !m->library)
		m->library = strndup(file, strlen(file) - strlen(asyncio));
	return 0;
}

static int other_add(struct cpython_modules *m, const char *file)
{
	if (m->other_count == m->other_room) {
		size_t room = m->other_room ? m->other_room * 2 : 64;
		char **others = realloc(m->others, room * sizeof(*others));

		if (!others)
			return -ENOMEM;
		m->others = others;
		m->other_room = room;
	}
	m->others[m->other_count] = strdup(file);
	return m->others[m->other_count] ? (m->other_count++, 0) : -ENOMEM;
}

static int module_read(void *context, uint64_t key, uint64_t module)
{
	struct reading *r = context;
	uint64_t dict = cpython_word(r->memory, module + MODULE_DICT), name;
	char file[FILE_NAME], called[16];

	name = dict ? cpython_dict_get(r->memory, dict, "__file__") : 0;
	if (!name || cpython_str(r->memory, name, file, sizeof(file))) {
		/* built in, a folder without code, or made by hand */
		if (!cpython_str(r->memory, key, called, sizeof(called)) &&
		    !strcmp(called, "__main__"))
			r->modules->nameless = true;
		return 0;
	}
	if (file[0] != '/' || !ends_with(file, ".py"))
		return other_add(r->modules, file);
	return module_add(r->modules, file, dict);
}

int cpython_modules_read(struct cpython_modules *modules, const struct cpython_memory *memory,
                         uint64_t interpreter)
{
	struct reading r = {modules, memory};
	uint64_t dict = cpython_word(memory, interpreter + memory->layout->interp_modules);
	int error = cpython_dict_each(memory, dict, module_read, &r);

	return error == -ENOMEM ? error : 0; /* what cannot be read is not watched */
}

void cpython_modules_fini(struct cpython_modules *modules)
{
	for (size_t i = 0; i < modules->count; i++)
		free(modules->at[i].file);
	for (size_t i = 0; i < modules->other_count; i++)
		free(modules->others[i]);
	free(modules->others);
	free(modules->at);
	free(modules->library);
	memset(modules, 0, sizeof(*modules));
}

int cpython_modules_standard(const struct cpython_modules *modules, const char *file)
{
	return modules->library && !strncmp(file, modules->library, strlen(modules->library)) &&
	       !strstr(file, "/site-packages/") && !strstr(file, "/dist-packages/");
}

uint64_t cpython_modules_dict(const struct cpython_modules *modules, const char *file)
{
	for (size_t i = 0; i < modules->count; i++)
		if (!strcmp(modules->at[i].file, file))
			return modules->at[i].dict;
	return 0;
}

struct search {
	const struct cpython_memory *memory;
	uint64_t function; /* the type of functions */
	cpython_code_fn fn, class_fn;
	cpython_named_code_fn name_fn; /* instead of these */
	void *context;
	unsigned depth;
	uint64_t wrappers[TYPES]; /* types that were met, with whether they wrap a function */
	bool wraps[TYPES];
	unsigned types;
};

/*
 * A code object, and those among its constants: functions defined in it. `name`: its qualified one;
 * of those inside it is the constant behind each (3.10, Python/compile.c, compiler_make_closure).
 */
static void code_visit(struct search *s, uint64_t code, uint64_t name)
{
	const struct cpython_memory *m = s->memory;
	uint64_t consts, type, count;

	if (!code || s->depth >= DEPTH_MAX)
		return;
	if (s->name_fn)
		s->name_fn(s->context, code, name);
	else
		s->fn(s->context, code);
	type = cpython_word(m, code + OB_TYPE);
	consts = cpython_word(m, code + m->layout->code_consts);
	count = cpython_word(m, consts + OB_SIZE);
	if (count > CONSTS_MAX)
		return;
	s->depth++;
	for (uint64_t i = 0; i < count; i++) {
		uint64_t at = consts + m->layout->tuple_items + 8 * i;
		uint64_t value = cpython_word(m, at);

		if (value && cpython_word(m, value + OB_TYPE) == type)
			code_visit(s, value, i + 1 < count ? cpython_word(m, at + 8) : 0);
	}
	s->depth--;
}

static bool is_class(const struct cpython_memory *m, uint64_t type)
{
	return cpython_half(m, type + TYPE_FLAGS) & TYPE_IS_TYPE;
}

/* A staticmethod, a classmethod, a property. */
static bool wraps_function(struct search *s, uint64_t type)
{
	char name[64];
	bool wraps;

	for (unsigned i = 0; i < s->types; i++)
		if (s->wrappers[i] == type)
			return s->wraps[i];
	wraps = !cpython_type_name(s->memory, type, name, sizeof(name)) &&
	        (!strcmp(name, "staticmethod") || !strcmp(name, "classmethod") ||
	         !strcmp(name, "property"));
	if (s->types < TYPES) {
		s->wrappers[s->types] = type;
		s->wraps[s->types++] = wraps;
	}
	return wraps;
}

static void function_visit(struct search *s, uint64_t function)
{
	const struct cpython_memory *m = s->memory;
	uint64_t closure, count;

	code_visit(s, cpython_word(m, function + FUNC_CODE),
	           cpython_word(m, function + FUNC_QUALNAME));
	if (!s->name_fn || s->depth >= DEPTH_MAX)
		return;
	closure = cpython_word(m, function + FUNC_CLOSURE);
	count = closure ? cpython_word(m, closure + OB_SIZE) : 0;
	s->depth++;
	for (uint64_t i = 0; i < count && i < CLOSURE_MAX; i++) {
		uint64_t cell = cpython_word(m, closure + m->layout->tuple_items + 8 * i);
		uint64_t inner = cell ? cpython_word(m, cell + CELL_OBJECT) : 0;

		if (inner && cpython_word(m, inner + OB_TYPE) == s->function)
			function_visit(s, inner);
	}
	s->depth--;
}

static int value_visit(void *context, uint64_t key, uint64_t value)
{
	struct search *s = context;
	const struct cpython_memory *m = s->memory;
	uint64_t type = cpython_word(m, value + OB_TYPE), inner;

	(void)key;
	if (type == s->function) {
		function_visit(s, value);
		return 0;
	}
	if (s->depth >= DEPTH_MAX)
		return 0;
	s->depth++;
	if (is_class(m, type)) {
		uint64_t dict = cpython_word(m, value + m->layout->type_dict);

		if (dict && s->depth < 4) {
			cpython_dict_each(m, dict, value_visit, s);
			if (s->class_fn)
				s->class_fn(s->context, value);
		}
	} else if (wraps_function(s, type)) {
		inner = cpython_word(m, value + WRAPPED);
		if (inner && cpython_word(m, inner + OB_TYPE) == s->function)
			function_visit(s, inner);
	}
	s->depth--;
	return 0;
}

void cpython_module_codes(const struct cpython_memory *memory, uint64_t dict, uint64_t function,
                          cpython_code_fn fn, cpython_code_fn class_fn, void *context)
{
	struct search s = {.memory = memory,
	                   .function = function,
	                   .fn = fn,
	                   .class_fn = class_fn,
	                   .context = context};

	cpython_dict_each(memory, dict, value_visit, &s);
}

void cpython_module_names(const struct cpython_memory *memory, uint64_t dict, uint64_t function,
                          cpython_named_code_fn fn, void *context)
{
	struct search s = {
		.memory = memory, .function = function, .name_fn = fn, .context = context};

	cpython_dict_each(memory, dict, value_visit, &s);
}
