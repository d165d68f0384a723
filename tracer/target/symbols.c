/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * symbols.c - addresses to places with libdw, and places to SITE records.
 */
#include <dwarf.h>
#include <elfutils/libdw.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "event/event_buffer.h"
#include "event/event_table.h"
#include "event/names.h"
#include "base/site_set.h"
#include "symbol_modules.h"
#include "symbols.h"

struct symbols {
	uint32_t pid;  /* whose records are taken; 0: of the first fed */
	bool live;     /* maps of /proc/PID are there */
	bool stale;    /* MODULE records came that are not in `modules` yet */
	uint64_t next; /* number of the next record given out */
	struct symbol_modules modules;
	struct names *names; /* which sites are defined, which modules recorded */
	struct site_set used;
	struct site_set given; /* defined by us */
};

int symbols_open(uint32_t pid, struct symbols **out)
{
	struct symbols *symbols = calloc(1, sizeof(*symbols));
	int code;

	*out = NULL;
	if (!symbols)
		return -ENOMEM;
	symbols->pid = pid;
	symbols->live = pid != 0;
	code = symbol_modules_init(&symbols->modules, pid);
	if (code < 0) {
		free(symbols);
		return code;
	}
	code = names_new(&symbols->names);
	if (code == 0 && pid)
		code = symbol_modules_read(&symbols->modules, pid);
	if (code < 0) {
		symbols_close(symbols);
		return code == -ENOENT ? -ESRCH : code;
	}
	*out = symbols;
	return 0;
}

void symbols_close(struct symbols *symbols)
{
	if (!symbols)
		return;
	symbol_modules_fini(&symbols->modules);
	names_free(symbols->names);
	site_set_fini(&symbols->used);
	site_set_fini(&symbols->given);
	free(symbols);
}

int symbols_refresh(struct symbols *symbols)
{
	if (!symbols->live)
		return 0;
	return symbol_modules_read(&symbols->modules, symbols->pid);
}

/* The innermost function in the debug information at an address, inlined ones included: it is the
 * one that the line belongs to. NULL: there is none. The text lives as long as the module. */
static const char *function_at(Dwfl_Module *module, Dwarf_Addr address)
{
	const char *name = NULL;
	Dwarf_Die *scopes = NULL;
	Dwarf_Addr bias;
	Dwarf_Die *unit = dwfl_module_addrdie(module, address, &bias);
	int count = unit ? dwarf_getscopes(unit, address - bias, &scopes) : 0;

	for (int i = 0; i < count && !name; i++) {
		int tag = dwarf_tag(&scopes[i]);

		if (tag == DW_TAG_subprogram || tag == DW_TAG_inlined_subroutine)
			name = dwarf_diename(&scopes[i]);
	}
	free(scopes);
	return name;
}

static int take_recorded_modules(struct symbols *symbols)
{
	const struct names_module *module;

	for (size_t i = 0; (module = names_module(symbols->names, i)); i++) {
		int code = module->file
		                   ? symbol_modules_add(&symbols->modules, module->start,
		                                        module->end, module->file, module->build_id)
		                   : 0;

		if (code < 0)
			return code;
	}
	symbols->stale = false;
	return 0;
}

int symbols_resolve(struct symbols *symbols, uint64_t address, struct symbols_place *out)
{
	struct symbol_module *module;
	Dwfl_Line *line;
	int number = 0;

	*out = (struct symbols_place){0};
	if (!symbols->live && symbols->stale && take_recorded_modules(symbols) < 0)
		return -ENOMEM;
	module = symbol_modules_find(&symbols->modules, address);
	if (!module)
		return -ENOENT;
	module->used = true;
	out->module = module->path;
	out->offset = address - module->start;
	if (!module->dwfl)
		return 0;
	out->function = function_at(module->dwfl, address);
	if (!out->function)
		out->function = dwfl_module_addrname(module->dwfl, address);
	line = dwfl_module_getsrc(module->dwfl, address);
	if (line)
		out->file = dwfl_lineinfo(line, NULL, &number, NULL, NULL, NULL);
	out->line = number > 0 ? (uint32_t)number : 0;
	return 0;
}

int symbols_feed(void *context, const struct stream_batch *batch)
{
	struct symbols *symbols = context;
	int code = 0;

	if (symbols->pid == 0)
		symbols->pid = batch->pid;
	if (batch->pid != symbols->pid)
		return 0;
	for (size_t i = 0; i < batch->count && code == 0; i++) {
		const struct aw_event *event = &batch->events[i];

		if (event_is_definition(event->kind)) {
			code = names_event(symbols->names, batch->pid, batch->tid, event);
			symbols->stale = symbols->stale || event->kind == AW_MODULE;
			if (event->kind == AW_SITE && code == 0)
				code = site_set_add(&symbols->used, event->site);
		} else if (event_kind_has_site(event->kind)) {
			code = site_set_add(&symbols->used, event->site);
		}
	}
	return code;
}

/* "libfoo.so+0x1f3c": all there is to say in a file without symbols. */
static void name_by_offset(char *out, size_t size, const struct symbols_place *place)
{
	const char *slash = strrchr(place->module, '/');

	snprintf(out, size, "%s+0x%llx", slash ? slash + 1 : place->module,
	         (unsigned long long)place->offset);
}

static int define_site(struct symbols *symbols, struct event_buffer *out, uint64_t time,
                       uint64_t site)
{
	struct aw_event event = {.time = time, .kind = AW_SITE, .object = site};
	char offset[AW_TEXT_MAX];
	struct symbols_place place;
	const char *function;
	int code;

	if (symbols_resolve(symbols, site - 1, &place) <
	    0) /* a return address: the call is before it */
		return 0;
	function = place.function;
	if (!function) {
		name_by_offset(offset, sizeof(offset), &place);
		function = offset;
	}
	event.task = place.line;
	code = event_buffer_add(out, &event);
	if (code == 0)
		code = event_buffer_text(out, time, AW_TEXT_FUNCTION, function, strlen(function));
	if (code == 0 && place.file)
		code = event_buffer_text(out, time, AW_TEXT_FILE, place.file, strlen(place.file));
	return code < 0 ? code : site_set_add(&symbols->given, site);
}

static int define_module(struct event_buffer *out, uint64_t time, struct symbol_module *module)
{
	struct aw_event event = {
		.time = time, .kind = AW_MODULE, .object = module->start, .site = module->end};
	int code = event_buffer_add(out, &event);

	module->told = true;
	if (code == 0)
		code = event_buffer_text(out, time, AW_TEXT_FILE, module->path,
		                         strlen(module->path));
	if (code == 0 && module->build_id)
		code = event_buffer_text(out, time, AW_TEXT_BUILD_ID, module->build_id,
		                         strlen(module->build_id));
	return code;
}

static bool was_given(const struct symbols *symbols, uint64_t site)
{
	return site_set_has(&symbols->given, site) ||
	       names_site(symbols->names, symbols->pid, site) != NULL;
}

int symbols_define(struct symbols *symbols, uint64_t time, stream_fn fn, void *context)
{
	struct event_buffer out = {0};
	struct stream_batch batch = {.pid = symbols->pid, .first = symbols->next};
	int code = 0;

	for (size_t i = 0; i < symbols->used.room && code == 0; i++) {
		uint64_t site = symbols->used.slots[i];

		if (site && !was_given(symbols, site))
			code = define_site(symbols, &out, time, site);
	}
	for (size_t i = 0; symbols->live && i < symbols->modules.count && code == 0; i++) {
		struct symbol_module *module = &symbols->modules.modules[i];

		if (module->used && !module->told)
			code = define_module(&out, time, module);
	}
	batch.events = out.events;
	batch.count = out.count;
	symbols->next += out.count;
	if (code == 0 && out.count)
		code = fn(context, &batch);
	event_buffer_fini(&out);
	return code;
}
