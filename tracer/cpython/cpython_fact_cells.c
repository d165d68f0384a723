/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * cpython_fact_cells.c - see cpython_fact_cells.h.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "cpython_fact_cells.h"

/* ---- members of the two structs, in the order of their words: the numbers, then the texts ---- */

#define NUMBER(type, name) offsetof(struct type, name)
#define COUNT(list)        (sizeof(list) / sizeof((list)[0]))

static const size_t window_numbers[] = {
	NUMBER(aw_watch_window, group),        NUMBER(aw_watch_window, nth),
	NUMBER(aw_watch_window, first_line),   NUMBER(aw_watch_window, await_line),
	NUMBER(aw_watch_window, await_column), NUMBER(aw_watch_window, await_kind),
	NUMBER(aw_watch_window, flags),        NUMBER(aw_watch_window, read_line),
	NUMBER(aw_watch_window, write_line),
};
static const size_t window_texts[] = {
	NUMBER(aw_watch_window, file),       NUMBER(aw_watch_window, function),
	NUMBER(aw_watch_window, path),       NUMBER(aw_watch_window, object),
	NUMBER(aw_watch_window, write_file), NUMBER(aw_watch_window, write_function),
};
static const size_t writer_numbers[] = {NUMBER(aw_watch_writer, line)};
static const size_t writer_texts[] = {
	NUMBER(aw_watch_writer, file),
	NUMBER(aw_watch_writer, function),
	NUMBER(aw_watch_writer, path),
};

static void numbers_put(FILE *out, const void *from, const size_t *offsets, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		uint32_t number;

		memcpy(&number, (const char *)from + offsets[i], sizeof(number));
		cpython_fact_number_put(out, number);
	}
}

static void texts_put(FILE *out, const void *from, const size_t *offsets, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		const char *text;

		memcpy(&text, (const char *)from + offsets[i], sizeof(text));
		cpython_fact_text_put(out, text ? text : "");
	}
}

/* ---- writing ---- */

static bool is_of_window(const struct aw_watch *watch, const char *file)
{
	for (size_t i = 0; i < watch->count; i++)
		if (!strcmp(watch->windows[i].file, file))
			return true;
	return false;
}

void cpython_fact_cells_put(FILE *out, const struct aw_watch *watch,
                            const struct cpython_modules *modules)
{
	if (modules->library) {
		cpython_fact_record_put(out, CPYTHON_ANSWER_LIBRARY);
		cpython_fact_text_put(out, modules->library);
		putc('\n', out);
	}
	for (size_t i = 0; i < modules->count; i++) {
		if (!is_of_window(watch, modules->at[i].file))
			continue;
		cpython_fact_record_put(out, CPYTHON_ANSWER_MODULE);
		cpython_fact_number_put(out, modules->at[i].dict);
		cpython_fact_text_put(out, modules->at[i].file);
		putc('\n', out);
	}
	for (size_t i = 0; i < watch->count; i++) {
		cpython_fact_record_put(out, CPYTHON_ANSWER_WINDOW);
		numbers_put(out, &watch->windows[i], window_numbers, COUNT(window_numbers));
		texts_put(out, &watch->windows[i], window_texts, COUNT(window_texts));
		putc('\n', out);
	}
	for (size_t i = 0; i < watch->writer_count; i++) {
		cpython_fact_record_put(out, CPYTHON_ANSWER_WRITER);
		numbers_put(out, &watch->writers[i], writer_numbers, COUNT(writer_numbers));
		texts_put(out, &watch->writers[i], writer_texts, COUNT(writer_texts));
		putc('\n', out);
	}
}

/* ---- reading ---- */

static int text_take(struct cpython_fact_words *words, char **out)
{
	size_t room = (size_t)(words->end - words->at) + 1;
	char *text = malloc(room);
	bool sound;

	*out = NULL;
	if (!text)
		return -ENOMEM;
	sound = cpython_fact_text_take(words, text, room);
	if (sound)
		*out = strdup(text);
	free(text);
	if (!sound)
		return -EBADMSG;
	return *out ? 0 : -ENOMEM;
}

static int numbers_take(struct cpython_fact_words *words, void *to, const size_t *offsets,
                        size_t count)
{
	for (size_t i = 0; i < count; i++) {
		uint64_t value;
		uint32_t number;

		if (!cpython_fact_number_take(words, UINT32_MAX, &value))
			return -EBADMSG;
		number = (uint32_t)value;
		memcpy((char *)to + offsets[i], &number, sizeof(number));
	}
	return 0;
}

static int texts_take(struct cpython_fact_words *words, void *to, const size_t *offsets,
                      size_t count)
{
	int error = 0;

	for (size_t i = 0; i < count && !error; i++) {
		char *text;

		error = text_take(words, &text);
		memcpy((char *)to + offsets[i], &text, sizeof(text));
	}
	return error;
}

static void texts_free(void *of, const size_t *offsets, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		char *text;

		memcpy(&text, (char *)of + offsets[i], sizeof(text));
		free(text);
	}
}

/* Room for one more at the end. */
static int room_make(void *at, size_t *room, size_t count, size_t each)
{
	size_t more = *room ? 2 * *room : 16;
	void *moved;

	if (count < *room)
		return 0;
	moved = reallocarray(*(void **)at, more, each);
	if (!moved)
		return -ENOMEM;
	*(void **)at = moved;
	*room = more;
	return 0;
}

static int window_take(struct cpython_fact_cells *kept, struct cpython_fact_words *words)
{
	struct aw_watch_window window = {0};
	int error =
		room_make(&kept->windows, &kept->window_room, kept->watch.count, sizeof(window));

	kept->watch.windows = kept->windows;
	if (!error)
		error = numbers_take(words, &window, window_numbers, COUNT(window_numbers));
	if (!error)
		error = texts_take(words, &window, window_texts, COUNT(window_texts));
	if (error)
		texts_free(&window, window_texts, COUNT(window_texts));
	else
		kept->windows[kept->watch.count++] = window;
	return error;
}

static int writer_take(struct cpython_fact_cells *kept, struct cpython_fact_words *words)
{
	struct aw_watch_writer writer = {0};
	int error = room_make(&kept->writers, &kept->writer_room, kept->watch.writer_count,
	                      sizeof(writer));

	kept->watch.writers = kept->writers;
	if (!error)
		error = numbers_take(words, &writer, writer_numbers, COUNT(writer_numbers));
	if (!error)
		error = texts_take(words, &writer, writer_texts, COUNT(writer_texts));
	if (error)
		texts_free(&writer, writer_texts, COUNT(writer_texts));
	else
		kept->writers[kept->watch.writer_count++] = writer;
	return error;
}

static int module_take(struct cpython_modules *modules, struct cpython_fact_words *words)
{
	struct cpython_module module = {0};
	int error = room_make(&modules->at, &modules->room, modules->count, sizeof(module));

	if (!error && !cpython_fact_number_take(words, UINT64_MAX, &module.dict))
		error = -EBADMSG;
	if (!error)
		error = text_take(words, &module.file);
	if (!error)
		modules->at[modules->count++] = module;
	return error;
}

int cpython_fact_cells_take(struct cpython_fact_cells *kept, enum cpython_fact_record record,
                            struct cpython_fact_words *words)
{
	if (kept->cells) /* they point to what is here */
		return -EBADMSG;
	switch (record) {
	case CPYTHON_ANSWER_WINDOW:
		return window_take(kept, words);
	case CPYTHON_ANSWER_WRITER:
		return writer_take(kept, words);
	case CPYTHON_ANSWER_MODULE:
		return module_take(&kept->modules, words);
	case CPYTHON_ANSWER_LIBRARY:
		free(kept->modules.library);
		return text_take(words, &kept->modules.library);
	default:
		return -EBADMSG;
	}
}

static int await_ignore(void *context, const struct cpython_await_key *key,
                        const struct cpython_await_value *value)
{
	(void)context, (void)key, (void)value;
	return 0;
}

static int attribute_ignore(void *context, const struct cpython_attribute_key *key,
                            const struct cpython_attribute_value *value)
{
	(void)context, (void)key, (void)value;
	return 0;
}

int cpython_fact_cells_load(struct cpython_fact_cells *kept, const struct cpython_memory *memory,
                            uint64_t function, struct cpython_codes *codes)
{
	struct cpython_cells_options options = {.memory = *memory,
	                                        .function = function,
	                                        .await_fn = await_ignore,
	                                        .attribute_fn = attribute_ignore};
	int error = cpython_cells_new(&options, &kept->cells);

	return error ? error : cpython_cells_load(kept->cells, &kept->watch, &kept->modules, codes);
}

void cpython_fact_cells_fini(struct cpython_fact_cells *kept)
{
	for (size_t i = 0; i < kept->watch.count; i++)
		texts_free(&kept->windows[i], window_texts, COUNT(window_texts));
	for (size_t i = 0; i < kept->watch.writer_count; i++)
		texts_free(&kept->writers[i], writer_texts, COUNT(writer_texts));
	free(kept->windows);
	free(kept->writers);
	cpython_modules_fini(&kept->modules);
	cpython_cells_free(kept->cells);
}
