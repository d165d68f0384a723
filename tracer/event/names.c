/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * names.c - assembles definitions and the texts that follow them into the name
 * table, and looks names up.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "name_table.h"

struct names {
	struct name_table table;
	struct names_module *modules;
	size_t module_count;
	struct name_node *first_target;
	struct name_node *stream; /* looked up last */
	uint64_t ignored;         /* modules past the cap */
};

static int set_text(const char **field, const char *text)
{
	char *copy;

	if (*field && !strcmp(*field, text))
		return 0;
	copy = strdup(text);
	if (!copy)
		return -ENOMEM;
	free((char *)*field);
	*field = copy;
	return 0;
}

/* Where a text of what `node` defines is kept; NULL: nowhere. */
static const char **text_field(struct name_node *node, unsigned what)
{
	switch (node->space) {
	case NAME_SITE:
		return what == AW_TEXT_FUNCTION ? &node->site.function
		       : what == AW_TEXT_FILE   ? &node->site.file
		       : what == AW_TEXT_LABEL  ? &node->site.label
		       : what == AW_TEXT_WAIVER ? &node->site.waiver
		                                : NULL;
	case NAME_TARGET:
		return what == AW_TEXT_COMMAND     ? &node->target.command
		       : what == AW_TEXT_VERSION   ? &node->target.version
		       : what == AW_TEXT_DETAIL    ? &node->target.detail
		       : what == AW_TEXT_TRANSPORT ? &node->target.transport
		                                   : NULL;
	default:
		return what == AW_TEXT_NAME ? (const char **)&node->name : NULL;
	}
}

static const char **module_field(struct names *names, size_t index, unsigned what)
{
	if (index >= names->module_count)
		return NULL;
	return what == AW_TEXT_FILE       ? &names->modules[index].file
	       : what == AW_TEXT_BUILD_ID ? &names->modules[index].build_id
	                                  : NULL;
}

static int take_text(struct names *names, uint32_t pid, struct name_assembly *a,
                     const struct aw_event *event)
{
	size_t used = event->arg >> 8 & 0x1f;
	const char **field;
	char bytes[16];

	if (a->kind == 0 || used > sizeof(bytes))
		return 0;
	memcpy(bytes, &event->object, 8);
	memcpy(bytes + 8, &event->site, 8);
	if (a->length + used >= sizeof(a->text))
		used = sizeof(a->text) - 1 - a->length;
	memcpy(a->text + a->length, bytes, used);
	a->length += (uint16_t)used;
	if (event->arg & AW_TEXT_MORE)
		return 0;
	a->text[a->length] = '\0';
	a->length = 0;
	if (a->kind == AW_MODULE) {
		field = module_field(names, (size_t)a->id, event->arg & AW_ARG_VALUE);
	} else {
		struct name_node *node = name_table_find(&names->table, pid, a->space, a->id);

		field = node ? text_field(node, event->arg & AW_ARG_VALUE) : NULL;
	}
	return field ? set_text(field, a->text) : 0;
}

static int add_module(struct names *names, uint32_t pid, const struct aw_event *event,
                      struct name_assembly *a)
{
	struct names_module *module;
	size_t i = 0;

	while (i < names->module_count &&
	       !(names->modules[i].pid == pid && names->modules[i].start == event->object))
		i++;
	if (i == NAMES_MODULES) {
		names->ignored++;
		a->kind = 0;
		return 0;
	}
	if (i == names->module_count) {
		module = reallocarray(names->modules, i + 1, sizeof(*module));
		if (!module)
			return -ENOMEM;
		names->modules = module;
		names->modules[i] = (struct names_module){.pid = pid, .start = event->object};
		names->module_count++;
	}
	names->modules[i].end = event->site;
	a->id = i;
	return 0;
}

static int add_target(struct names *names, uint32_t pid, const struct aw_event *event)
{
	struct name_node *node;
	int code = name_table_get(&names->table, pid, NAME_TARGET, 0, &node);

	if (!node)
		return code;
	node->target.pid = event->object <= UINT32_MAX ? (uint32_t)event->object : 0;
	node->target.runtime = event->arg & AW_ARG_VALUE;
	node->target.can = event->site;
	if (!names->first_target)
		names->first_target = node;
	return 0;
}

static int add_site(struct names *names, uint32_t pid, const struct aw_event *event)
{
	struct name_node *node;
	int code = name_table_get(&names->table, pid, NAME_SITE, event->object, &node);

	if (node) {
		node->site.line = event->task;
		node->site.parent = event->site;
	}
	return code;
}

/* SITE, NAME, THREAD, TARGET, MODULE: begins something; its texts follow. */
static int define(struct names *names, uint32_t pid, uint32_t tid, struct name_assembly *a,
                  const struct aw_event *event)
{
	struct name_node *node;
	int code;

	a->kind = event->kind;
	a->length = 0;
	a->id = event->object;
	switch (event->kind) {
	case AW_SITE:
		a->space = NAME_SITE;
		return add_site(names, pid, event);
	case AW_TARGET:
		a->space = NAME_TARGET;
		a->id = 0;
		return add_target(names, pid, event);
	case AW_MODULE:
		return add_module(names, pid, event, a);
	case AW_THREAD:
		a->space = NAME_THREAD;
		a->id = tid;
		return name_table_get(&names->table, pid, NAME_THREAD, tid, &node);
	default: /* NAME */
		a->space = (event->arg & AW_ARG_VALUE) == AW_ENTITY_LOCATION ? NAME_LOCATION
		                                                             : NAME_OBJECT;
		code = name_table_get(&names->table, pid, a->space, event->object, &node);
		if (node)
			name_table_revive(&names->table, node);
		return code;
	}
}

static int stream_get(struct names *names, uint32_t pid, uint32_t tid, struct name_node **out)
{
	struct name_node *node = names->stream;
	int code;

	if (node && node->pid == pid && node->id == tid) {
		*out = node;
		return 0;
	}
	code = name_table_get(&names->table, pid, NAME_STREAM, tid, &node);
	if (node && !node->assembly) {
		node->assembly = calloc(1, sizeof(*node->assembly));
		if (!node->assembly)
			return -ENOMEM;
	}
	if (node)
		names->stream = node;
	*out = node;
	return code;
}

int names_event(struct names *names, uint32_t pid, uint32_t tid, const struct aw_event *event)
{
	struct name_node *stream = NULL;
	int code;

	switch (event->kind) {
	case AW_TASK_END:
		name_table_end(&names->table,
		               name_table_find(&names->table, pid, NAME_OBJECT, event->task));
		return 0;
	case AW_LOCK_FREE:
		name_table_end(&names->table,
		               name_table_find(&names->table, pid, NAME_OBJECT, event->object));
		return 0;
	case AW_FORGET:
		name_table_forget(&names->table, pid, event->object, event->site);
		return 0;
	case AW_LOST: /* texts may be missing: what has begun is left as it is */
	case AW_SITE:
	case AW_NAME:
	case AW_TEXT:
	case AW_THREAD:
	case AW_TARGET:
	case AW_MODULE:
		break;
	default:
		return 0;
	}
	code = stream_get(names, pid, tid, &stream);
	if (!stream)
		return code;
	if (event->kind == AW_TEXT)
		return take_text(names, pid, stream->assembly, event);
	if (event->kind == AW_LOST) {
		stream->assembly->kind = 0;
		return 0;
	}
	return define(names, pid, tid, stream->assembly, event);
}

int names_feed(void *names, const struct stream_batch *batch)
{
	for (size_t i = 0; i < batch->count; i++) {
		const struct aw_event *event = &batch->events[i];
		int code;

		if (!names_wants(event->kind))
			continue;
		code = names_event(names, batch->pid, batch->tid, event);
		if (code < 0)
			return code;
	}
	return 0;
}

int names_new(struct names **out)
{
	struct names *names = calloc(1, sizeof(*names));

	*out = NULL;
	if (!names || name_table_init(&names->table) < 0) {
		free(names);
		return -ENOMEM;
	}
	*out = names;
	return 0;
}

void names_free(struct names *names)
{
	if (!names)
		return;
	for (size_t i = 0; i < names->module_count; i++) {
		free((char *)names->modules[i].file);
		free((char *)names->modules[i].build_id);
	}
	free(names->modules);
	name_table_fini(&names->table);
	free(names);
}

const struct names_site *names_site(const struct names *names, uint32_t pid, uint64_t site)
{
	const struct name_node *node = name_table_find(&names->table, pid, NAME_SITE, site);

	return node ? &node->site : NULL;
}

static const char *name_of(const struct names *names, uint32_t pid, unsigned space, uint64_t id)
{
	const struct name_node *node = name_table_find(&names->table, pid, space, id);

	return node ? node->name : NULL;
}

const char *names_object(const struct names *names, uint32_t pid, uint64_t object)
{
	return name_of(names, pid, NAME_OBJECT, object);
}

const char *names_location(const struct names *names, uint32_t pid, uint64_t address)
{
	return name_of(names, pid, NAME_LOCATION, address);
}

const char *names_thread(const struct names *names, uint32_t pid, uint32_t tid)
{
	return name_of(names, pid, NAME_THREAD, tid);
}

const struct names_target *names_target(const struct names *names, uint32_t pid)
{
	const struct name_node *node =
		pid ? name_table_find(&names->table, pid, NAME_TARGET, 0) : names->first_target;

	return node ? &node->target : NULL;
}

const struct names_module *names_module(const struct names *names, size_t index)
{
	return index < names->module_count ? &names->modules[index] : NULL;
}

uint64_t names_ignored(const struct names *names)
{
	return names->ignored + names->table.ignored;
}
