/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * fact_fuzz.c - any facts about a CPython process, and any memory of that process.
 *
 * An input is a script: a byte for the version and one for the level, then
 * commands. A command sets bytes of the target's memory, which begins as a few
 * code objects and types of locks, or is a fact whose addresses are mostly small
 * numbers: then tasks, coroutines, locks and code objects meet each other again.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "cpython/cpython_cells.h"
#include "cpython/cpython_layout.h"
#include "cpython/cpython_session.h"
#include "cpython/cpython_translate.h"
#include "event/event_table.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum {
	BASE = 0x100000,
	ROOM = 0x8000,
	SLOT = 0x400, /* of a code object or a type */
	FACTS_MAX = 400
};

static uint8_t arena[ROOM];

static int arena_read(void *context, uint64_t address, void *out, size_t size)
{
	(void)context;
	if (address < BASE || address - BASE > ROOM || size > ROOM - (address - BASE))
		return -1;
	memcpy(out, arena + (address - BASE), size);
	return 0;
}

static void word_put(size_t at, uint64_t value)
{
	memcpy(arena + at, &value, sizeof(value));
}

/* A str object, compact and ASCII. */
static void str_put(size_t at, const struct cpython_layout *l, const char *text)
{
	word_put(at + 16, strlen(text));
	arena[at + 32] = 1 << 2 | 1 << 5 | 1 << 6;
	memcpy(arena + at + l->str_ascii, text, strlen(text));
}

/* A code object of 32 instructions: awaits, each with the yield it suspends at. */
static void code_put(size_t at, const struct cpython_layout *l, const char *file,
                     const char *function)
{
	size_t start = at + l->code_bytes, bytes = at + 0x180;

	str_put(at + 0x280, l, file);
	str_put(at + 0x300, l, function);
	word_put(at + 16, 32);
	word_put(at + l->code_qualname, BASE + at + 0x300);
	word_put(at + l->code_file, BASE + at + 0x280);
	word_put(at + l->code_line_table, BASE + at + 0x380);
	word_put(at + 0x380 + 16, 32);
	if (l->frame_apart) {
		word_put(start, BASE + bytes);
		word_put(bytes + 16, 64);
		start = bytes + 32;
	}
	for (size_t i = 0; i < 8; i++) {
		arena[start + 8 * i] = l->op_get_awaitable;
		arena[start + 8 * i + 1] = i % 3;
		arena[start + 8 * i + 6] = l->op_yield_from ? l->op_yield_from : l->op_yield;
	}
	for (size_t i = 0; i < 32; i++)
		arena[at + 0x380 + 32 + i] = 0x80 | (i % 16) << 3;
}

static void type_put(size_t at, const char *name)
{
	word_put(at + 24, BASE + at + 0x380);
	strcpy((char *)arena + at + 0x380, name);
}

static void arena_make(const struct cpython_layout *l)
{
	static const char *const codes[][2] = {
		{"app.py", "main"},
		{"app.py", "Box.use"},
		{"asyncio/locks.py", "Lock.acquire"},
		{"asyncio/locks.py", "Condition.wait"},
		{"asyncio/locks.py", "Lock.__aexit__"},
		{"asyncio/timeouts.py", "Timeout.__aexit__"},
		{"asyncio/tasks.py", "wait_for"},
		{"asyncio/tasks.py", "sleep"},
		{"anyio/lowlevel.py", "cancel_shielded_checkpoint"},
	};
	static const char *const types[] = {
		"asyncio.Lock",  "asyncio.Semaphore", "asyncio.Condition", "_thread.lock",
		"_thread.RLock", "anyio.Lock",        "asyncio.Task"};
	size_t at = 0;

	memset(arena, 0, sizeof(arena));
	for (size_t i = 0; i < sizeof(codes) / sizeof(codes[0]); i++, at += SLOT)
		code_put(at, l, codes[i][0], codes[i][1]);
	for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++, at += SLOT)
		type_put(at, types[i]);
}

struct input {
	const uint8_t *data;
	size_t left;
	uint64_t now; /* ns, of the last fact */
};

static uint64_t take(struct input *in, size_t bytes)
{
	uint64_t value = 0;

	if (bytes > in->left)
		bytes = in->left;
	memcpy(&value, in->data, bytes);
	in->data += bytes;
	in->left -= bytes;
	return value;
}

/* An address: of one of the things in memory, or any word. */
static uint64_t take_address(struct input *in)
{
	uint8_t which = take(in, 1);

	return which == 0xff ? take(in, 8) : which < 64 ? BASE + which * SLOT : which - 64;
}

static struct {
	struct cpython_fact fact;
	struct cpython_item items[CPYTHON_ITEMS];
} packet;

static void item_make(struct input *in, struct cpython_item *item)
{
	uint8_t kind = take(in, 1);

	memset(item, 0, sizeof(*item));
	item->kind = kind & 15;
	item->flags = kind >> 4;
	item->index = take(in, 1);
	item->state = take(in, 1);
	item->offset = (int8_t)take(in, 1);
	if (item->offset == 127)
		item->offset = take(in, 4);
	item->a = take_address(in);
	item->b = take_address(in);
	item->c = take_address(in);
	item->d = take_address(in);
}

static size_t fact_make(struct input *in, uint8_t command)
{
	uint8_t shape = take(in, 1);
	struct cpython_fact *fact = &packet.fact;

	memset(fact, 0, sizeof(*fact));
	fact->kind = command & 15;
	fact->count = shape & 15;
	fact->tid = command >> 6;
	fact->settled = shape >> 4 & 3;
	fact->number = take(in, 1);
	in->now += take(in, 1) << 24;
	fact->time = in->now;
	fact->flags = take(in, 1);
	fact->outcome = take(in, 1);
	fact->task = take_address(in);
	fact->coro = take_address(in);
	fact->last = take_address(in);
	fact->last_coro = take_address(in);
	fact->pushed = take_address(in);
	fact->popped = take_address(in);
	for (unsigned i = 0; i < fact->count; i++)
		item_make(in, &packet.items[i]);
	return sizeof(*fact) + fact->count * sizeof(packet.items[0]);
}

static int check(void *context, const struct stream_batch *batch)
{
	(void)context;
	for (size_t i = 0; i < batch->count; i++)
		if (!event_kind_get(batch->events[i].kind))
			abort();
	return 0;
}

static int await_ignore(void *context, const struct cpython_await_key *key,
                        const struct cpython_await_value *value)
{
	(void)context, (void)key, (void)value;
	return 0;
}

static void play(struct input *in, struct cpython_translator *translator)
{
	for (unsigned i = 0; in->left && i < FACTS_MAX; i++) {
		uint8_t command = take(in, 1);
		size_t at;

		switch (command & 15) {
		case 15: /* memory changes */
			at = take(in, 2) % (ROOM - 8);
			word_put(at, take_address(in));
			break;
		case 14:
			cpython_translate_pause(translator);
			break;
		case 13:
			cpython_translate_flush(translator, command >> 7, check, NULL, NULL);
			break;
		case 12:
		case 11:
			fact_make(in, command);
			cpython_translate_snapshot(translator, &packet.fact, command >> 4 & 3);
			break;
		default:
			at = fact_make(in, command);
			cpython_translate_fact(translator, &packet.fact, at);
		}
	}
	cpython_translate_flush(translator, true, check, NULL, NULL);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct aw_watch_window windows[] = {
		{.file = "app.py",
	         .function = "Box.use",
	         .path = "self.size",
	         .object = "Box.size",
	         .write_file = "app.py",
	         .write_function = "Box.use"},
		{.file = "app.py",
	         .function = "main",
	         .path = "self.d[]",
	         .object = "main.d",
	         .write_file = "app.py",
	         .write_function = "main",
	         .flags = AW_WATCH_ITERATE},
	};
	static struct aw_watch_writer writers[] = {
		{.file = "app.py", .function = "Box.use", .path = "self.size", .line = 1},
	};
	struct aw_watch watch = {
		.windows = windows, .count = 2, .writers = writers, .writer_count = 1};
	struct cpython_modules modules = {0};
	struct input in = {data, size, 0};
	uint32_t version = CPYTHON_VERSION(3, 10 + take(&in, 1) % 6);
	uint8_t level = take(&in, 1);
	const struct cpython_layout *layout = cpython_layout_find(version);
	struct cpython_translate_options options = {.pid = 0, .detail = level % 6};
	struct cpython_cells_options cells_options = {.await_fn = await_ignore};
	struct cpython_translator *translator;
	struct cpython_cells *cells = NULL;

	arena_make(layout);
	options.memory = cells_options.memory =
		(struct cpython_memory){arena_read, NULL, layout, NULL};
	if (cpython_translate_new(&options, &translator))
		abort();
	if (level & 0x80 && !cpython_cells_new(&cells_options, &cells) &&
	    !cpython_cells_load(cells, &watch, &modules, cpython_translate_codes(translator)))
		cpython_translate_cells(translator, cells);
	play(&in, translator);
	cpython_translate_free(translator);
	cpython_cells_free(cells);
	return 0;
}
