/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * cpython_cells.c - see cpython_cells.h.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cpython_cells.h"

/* Include/descrobject.h: PyMemberDescrObject, PyMemberDef; cpython/object.h: PyTypeObject. */
enum {
	OB_TYPE = 8,
	OB_SIZE = 16,
	INT_DIGIT = 24, /* the first of an int (Include/cpython/longintrepr.h) */
	DESCR_MEMBER = 40,
	MEMBER_OFFSET = 16,
	TYPE_BASE = 256,
	NAMES_MAX = 1024,
	BASES_MAX = 16
};

struct cpython_cells {
	struct cpython_cells_options options;
	struct aw_watch watch;
	const struct cpython_modules *modules;
	struct cpython_table met;     /* generation of a code object -> itself */
	struct cpython_table writing; /* the same, of those that write a cell */
	size_t bound;
	struct cpython_table names; /* address of a str that names an attribute cell -> itself */
	/* the code object that is looked at while functions are searched */
	struct cpython_codes *codes;
	int error;
};

int cpython_cells_new(const struct cpython_cells_options *options, struct cpython_cells **out)
{
	*out = calloc(1, sizeof(**out));
	if (!*out)
		return -ENOMEM;
	(*out)->options = *options;
	return 0;
}

void cpython_cells_free(struct cpython_cells *cells)
{
	if (!cells)
		return;
	cpython_table_fini(&cells->met, NULL);
	cpython_table_fini(&cells->writing, NULL);
	cpython_table_fini(&cells->names, NULL);
	free(cells);
}

const struct aw_watch_window *cpython_cells_window(const struct cpython_cells *cells,
                                                   uint32_t number)
{
	return number && number <= cells->watch.count ? &cells->watch.windows[number - 1] : NULL;
}

size_t cpython_cells_bound(const struct cpython_cells *cells)
{
	return cells->bound;
}

bool cpython_cells_standard(const struct cpython_cells *cells, const char *file)
{
	return cells->modules && cpython_modules_standard(cells->modules, file);
}

/* Is what is written what the window watches? Of a container: anything that is put in or taken out,
 * under whatever key. */
static bool writes_cell(const struct aw_watch_writer *writer, const struct aw_watch_window *window)
{
	size_t base = strcspn(window->path, "[");
	bool content = window->path[base] || window->flags & (AW_WATCH_CONTENT | AW_WATCH_ITERATE);

	if (content && !strncmp(writer->path, window->path, base) &&
	    !strcmp(writer->path + base, "[]"))
		return true;
	return !(window->flags & AW_WATCH_ITERATE) && !window->path[base] &&
	       !strcmp(writer->path, window->path);
}

uint32_t cpython_cells_writes(const struct cpython_cells *cells,
                              const struct aw_watch_window *window, const char *file,
                              const char *function)
{
	uint32_t line = 0;

	for (size_t i = 0; i < cells->watch.writer_count; i++) {
		const struct aw_watch_writer *w = &cells->watch.writers[i];

		if (strcmp(w->function, function) || strcmp(w->file, file) ||
		    !writes_cell(w, window))
			continue;
		if (line && line != w->line)
			return 0; /* in several places: which it was is not known */
		line = w->line;
	}
	return line;
}

bool cpython_cells_writer(const struct cpython_cells *cells, const struct cpython_code *code)
{
	return cpython_table_get(&cells->writing, code->generation, 0);
}

/* Notes a code object that writes some cell. */
static int writer_bind(struct cpython_cells *cells, const struct cpython_code *code)
{
	for (size_t i = 0; i < cells->watch.writer_count; i++) {
		const struct aw_watch_writer *w = &cells->watch.writers[i];

		if (!strcmp(w->function, code->function) && !strcmp(w->file, code->file))
			return cpython_table_put(&cells->writing, code->generation, 0,
			                         (void *)code);
	}
	return 0;
}

/* Is the yield at `offset` the await of a window? */
static bool stands_at(const struct cpython_cells *cells, const struct aw_watch_window *w,
                      const struct cpython_code *code, int32_t offset)
{
	const struct cpython_layout *layout = cells->options.memory.layout;
	int kind = cpython_code_await(code, layout, offset, NULL), column;

	if (kind != (w->await_kind == AW_WATCH_OTHER ? -1 : (int)w->await_kind) ||
	    cpython_code_position(code, offset, &column) != w->await_line)
		return false;
	/* the position of `async with` is the statement's until 3.12, then the item's */
	return w->await_kind != AW_WATCH_EXPRESSION || column < 0 ||
	       (uint32_t)column == w->await_column;
}

/* The object in a tuple of strings that is this text, by its number too; 0: there is none. */
static uint64_t text_find(const struct cpython_memory *memory, uint64_t tuple, const char *name,
                          size_t length, uint64_t *number)
{
	const struct cpython_layout *l = memory->layout;
	uint64_t count = cpython_word(memory, tuple + OB_SIZE);
	char text[256];

	for (uint64_t i = 0; i < count && i < NAMES_MAX; i++) {
		uint64_t str = cpython_word(memory, tuple + l->tuple_items + 8 * i);

		if (!cpython_str(memory, str, text, sizeof(text)) && strlen(text) == length &&
		    !memcmp(text, name, length)) {
			if (number)
				*number = i;
			return str;
		}
	}
	return 0;
}

/* The small int among the constants of a code object; 0: it is not there. */
static uint64_t integer_find(const struct cpython_memory *memory, uint64_t tuple,
                             const char *digits)
{
	const struct cpython_layout *l = memory->layout;
	uint64_t count = cpython_word(memory, tuple + OB_SIZE), value, size;
	char type[16], *end;

	value = strtoul(digits, &end, 10);
	if (*end != ']' || end == digits || value >= 1u << 30)
		return 0;
	for (uint64_t i = 0; i < count && i < NAMES_MAX; i++) {
		uint64_t object = cpython_word(memory, tuple + l->tuple_items + 8 * i);

		if (cpython_type_name(memory, cpython_word(memory, object + OB_TYPE), type,
		                      sizeof(type)) ||
		    strcmp(type, "int"))
			continue;
		size = cpython_word(memory, object + OB_SIZE);
		if (l->long_shift ? size >> l->long_shift > 1 || (size & 3) == 2 : size > 1)
			continue;
		if (cpython_half(memory, object + INT_DIGIT) == value)
			return object;
	}
	return 0;
}

/* The key of `self.d[k]`, `self.d["k"]` or `self.d[0]`, from behind the bracket. False: not known.
 */
static bool key_make(const struct cpython_memory *memory, uint64_t code, const char *key,
                     struct cpython_cell *out)
{
	uint64_t constants = cpython_word(memory, code + memory->layout->code_names - 8);
	size_t length = strlen(key) - 1; /* without the bracket */

	out->of = CPYTHON_CELL_OF_ITEM;
	out->key_from = CPYTHON_KEY_CONSTANT;
	if (*key == '"') {
		out->key = text_find(memory, constants, key + 1, length - 2, NULL);
		return out->key != 0;
	}
	if (*key >= '0' && *key <= '9') {
		out->key = integer_find(memory, constants, key);
		return out->key != 0;
	}
	out->key_from = CPYTHON_KEY_LOCAL;
	return text_find(memory, cpython_word(memory, code + memory->layout->code_local_names), key,
	                 length, &out->key) != 0;
}

/* The object of a name the code uses. What begins with two underscores in a class is known by the
 * name of the class too: `_Class__name`. 0: it does not use it, or a class in a function is meant.
 */
static uint64_t name_find(const struct cpython_memory *m, const struct cpython_code *code,
                          const char *name, size_t length)
{
	uint64_t names = cpython_word(m, code->address + m->layout->code_names);
	const char *class = code->function, *end = strstr(class, ".<locals>");
	char private[256];

	if (length < 3 || strncmp(name, "__", 2) || !strncmp(name + length - 2, "__", 2))
		return text_find(m, names, name, length, NULL);
	end = memrchr(class, '.', end ? (size_t)(end - class) : strlen(class));
	if (!end)
		return 0;
	for (const char *c = class; c < end; c++)
		if (*c == '.')
			class = c + 1;
	while (*class == '_')
		class ++;
	snprintf(private, sizeof(private), "_%.*s%.*s", (int)(end - class), class, (int)length,
	         name);
	return text_find(m, names, private, strlen(private), NULL);
}

/* How the cell of a window is reached from a frame of `code`. False: it cannot be. */
static bool cell_make(struct cpython_cells *cells, size_t window, const struct cpython_code *code,
                      struct cpython_cell *out)
{
	static const char self[] = "self.";
	const struct cpython_memory *m = &cells->options.memory;
	const struct aw_watch_window *w = &cells->watch.windows[window];
	const char *name = w->path, *bracket = strchr(name, '['), *dot;
	size_t length = bracket ? (size_t)(bracket - name) : strlen(name);

	*out = (struct cpython_cell){.window = (uint32_t)window + 1};
	if (bracket && strcmp(bracket, "[]") && !key_make(m, code->address, bracket + 1, out))
		return false;
	if (w->flags & AW_WATCH_ITERATE)
		out->of = CPYTHON_CELL_OF_SIZE;
	else if (w->flags & AW_WATCH_CONTENT || (bracket && !out->of))
		out->of = CPYTHON_CELL_OF_CONTENT;
	if (!strncmp(name, self, strlen(self))) {
		out->kind = CPYTHON_CELL_ATTRIBUTE;
		dot = name + strlen(self) - 1;
	} else {
		out->kind = CPYTHON_CELL_ENTRY;
		out->object = cpython_modules_dict(cells->modules, w->file);
		dot = memrchr(name, '.', length);
		if (!out->object || !dot)
			return false;
	}
	out->name = name_find(m, code, dot + 1, length - (dot + 1 - name));
	if (out->name && out->kind == CPYTHON_CELL_ATTRIBUTE &&
	    cpython_table_put(&cells->names, out->name, 0, cells))
		return false;
	return out->name != 0;
}

static bool is_of(const struct aw_watch_window *w, const struct cpython_code *code)
{
	return w->first_line == code->first_line && !strcmp(w->function, code->function) &&
	       !strcmp(w->file, code->file);
}

/* All windows whose await is the yield at `offset`. */
static int await_bind(struct cpython_cells *cells, const struct cpython_code *code, int32_t offset)
{
	struct cpython_await_key key = {.code = code->address, .offset = offset};
	struct cpython_await_value value = {.qualname = code->names[0]};
	int error;

	for (size_t i = 0; i < cells->watch.count && value.count < CPYTHON_AWAIT_CELLS; i++)
		if (is_of(&cells->watch.windows[i], code) &&
		    stands_at(cells, &cells->watch.windows[i], code, offset) &&
		    cell_make(cells, i, code, &value.cells[value.count]))
			value.count++;
	if (!value.count)
		return 0;
	error = cells->options.await_fn(cells->options.context, &key, &value);
	if (!error)
		cells->bound++;
	return error;
}

static int code_bind(struct cpython_cells *cells, const struct cpython_code *code)
{
	const struct cpython_layout *layout = cells->options.memory.layout;
	bool any = false;
	int error = 0;

	for (size_t i = 0; i < cells->watch.count && !any; i++)
		any = is_of(&cells->watch.windows[i], code);
	if (!any)
		return 0;
	for (int32_t at = 0; !error && (size_t)at + 2 <= code->bytes_size; at += 2)
		if (cpython_code_yields(code, layout, at))
			error = await_bind(cells, code, at);
	return error;
}

int cpython_cells_meet(struct cpython_cells *cells, const struct cpython_code *code)
{
	if (cpython_table_get(&cells->met, code->generation, 0))
		return 0;
	if (cpython_table_put(&cells->met, code->generation, 0, (void *)code) ||
	    writer_bind(cells, code))
		return -ENOMEM;
	return code_bind(cells, code);
}

/* A code object of a function: one that some window may be of is read. */
static void code_found(void *context, uint64_t address)
{
	struct cpython_cells *cells = context;
	const struct cpython_memory *m = &cells->options.memory;
	uint32_t line = cpython_half(m, address + m->layout->code_first_line);
	const struct cpython_code *code;

	for (size_t i = 0; i < cells->watch.count; i++) {
		if (cells->watch.windows[i].first_line != line)
			continue;
		code = cpython_codes_get(cells->codes, address);
		if (code && !cells->error)
			cells->error = cpython_cells_meet(cells, code);
		return;
	}
}

/* The offset of a slot of __slots__ in the objects of a class, or of one it is derived from; 0: it
 * has no such slot. */
static uint32_t slot_find(const struct cpython_memory *m, uint64_t type, const char *name)
{
	char kind[64];

	for (unsigned i = 0; type && i < BASES_MAX; i++) {
		uint64_t dict = cpython_word(m, type + m->layout->type_dict);
		uint64_t value = dict ? cpython_dict_get(m, dict, name) : 0;

		if (value) {
			uint64_t member = cpython_word(m, value + DESCR_MEMBER);

			if (cpython_type_name(m, cpython_word(m, value + OB_TYPE), kind,
			                      sizeof(kind)) ||
			    strcmp(kind, "member_descriptor"))
				return 0;
			return (uint32_t)cpython_word(m, member + MEMBER_OFFSET);
		}
		type = cpython_word(m, type + TYPE_BASE);
	}
	return 0;
}

static bool has_slots(const struct cpython_memory *m, uint64_t type)
{
	for (unsigned i = 0; type && i < BASES_MAX; i++) {
		uint64_t dict = cpython_word(m, type + m->layout->type_dict);

		if (dict && cpython_dict_get(m, dict, "__slots__"))
			return true;
		type = cpython_word(m, type + TYPE_BASE);
	}
	return false;
}

/* A class: where its objects have the attributes that are watched, if in slots. */
static void class_found(void *context, uint64_t type)
{
	struct cpython_cells *cells = context;
	const struct cpython_memory *m = &cells->options.memory;
	char name[256];

	if (!cells->names.count || !has_slots(m, type))
		return;
	for (size_t i = 0; i < cells->names.room && !cells->error; i++) {
		struct cpython_attribute_key key = {.type = type,
		                                    .name = cells->names.slots[i].key};
		struct cpython_attribute_value value = {.kind = CPYTHON_ATTRIBUTE_SLOT};

		if (!cells->names.slots[i].value || cpython_str(m, key.name, name, sizeof(name)))
			continue;
		value.index = slot_find(m, type, name);
		if (value.index)
			cells->error =
				cells->options.attribute_fn(cells->options.context, &key, &value);
	}
}

static bool has_windows(const struct cpython_cells *cells, const char *file)
{
	for (size_t i = 0; i < cells->watch.count; i++)
		if (!strcmp(cells->watch.windows[i].file, file))
			return true;
	return false;
}

int cpython_cells_load(struct cpython_cells *cells, const struct aw_watch *watch,
                       const struct cpython_modules *modules, struct cpython_codes *codes)
{
	cells->watch = *watch;
	cells->modules = modules;
	cells->codes = codes;
	cells->error = 0;
	for (size_t i = 0; i < modules->count && !cells->error; i++)
		if (has_windows(cells, modules->at[i].file))
			cpython_module_codes(&cells->options.memory, modules->at[i].dict,
			                     cells->options.function, code_found, class_found,
			                     cells);
	return cells->error;
}
