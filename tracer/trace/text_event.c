/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * text_event.c - what follows the kind in a line of the text form, by the
 * field classes of the kind's row.
 *
 * First the words are sorted out (which is the object, the argument, a key),
 * then ids are resolved, since what a name is defined as may hang on a word
 * after it (`suspend L lock`).
 */
#include <errno.h>
#include <string.h>

#include "event/event_table.h"
#include "text_parse.h"

#define TEXTS_MAX 8

/* The words of a line, sorted. A word that is not there has length 0. */
struct sorted {
	const struct event_kind *row;
	unsigned kind;
	struct text_word object, number, site, label, name, last;
	struct text_word raw_arg, raw_object, raw_site, line, parent, permits, can;
	struct {
		enum aw_text what;
		struct text_word word;
	} texts[TEXTS_MAX];
	int text_count;
	int value;      /* of an enumerated argument, -1: none given */
	unsigned flags; /* AW_ARG_* and AW_TEXT_MORE */
	struct aw_event event;
	struct text_id id; /* of the object */
};

static bool is_enumerated(unsigned class)
{
	return event_value_text(class, 0) != NULL;
}

static bool is_plain_number(unsigned class)
{
	return class == AW_FIELD_NUMBER || class == AW_FIELD_BYTES || class == AW_FIELD_TIME ||
	       class == AW_FIELD_ADDRESS;
}

static int sort_key(struct text_parse *parse, struct sorted *s, struct text_word key,
                    struct text_word value)
{
	const struct {
		const char *text;
		struct text_word *to;
	} keys[] = {{"arg", &s->raw_arg}, {"object", &s->raw_object}, {"site", &s->raw_site},
	            {"line", &s->line},   {"parent", &s->parent},     {"permits", &s->permits},
	            {"can", &s->can},     {"pid", &s->object},        {"size", &s->number},
	            {"until", &s->last}};
	int what = event_value_find(AW_FIELD_TEXT, key.at, key.length);
	char shown[TEXT_SHOWN];

	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++)
		if (text_scan_same(key, keys[i].text)) {
			*keys[i].to = value;
			return 0;
		}
	if (what < 0)
		return text_bad(parse, "unknown key %s", text_shown(key, shown));
	if (what == AW_TEXT_LABEL && s->kind != AW_SITE)
		s->label = value;
	else if (what == AW_TEXT_NAME && (s->kind == AW_TASK_NEW || s->kind == AW_LOCK_NEW))
		s->name = value;
	else if (!event_is_definition(s->kind) || s->kind == AW_TEXT)
		return text_bad(parse, "%s takes no %s", s->row->text, text_shown(key, shown));
	else if (s->text_count == TEXTS_MAX)
		return text_bad(parse, "too many texts");
	else {
		s->texts[s->text_count].what = (enum aw_text)what;
		s->texts[s->text_count++].word = value;
	}
	return 0;
}

static bool sort_flag(struct sorted *s, struct text_word word)
{
	unsigned flag = event_flag_find(s->kind, word.at, word.length);

	if (s->kind == AW_TEXT && text_scan_same(word, "more"))
		flag = AW_TEXT_MORE;
	s->flags |= flag;
	return flag != 0;
}

static int sort_word(struct text_parse *parse, struct sorted *s, struct text_word word)
{
	struct text_word key, value;
	char shown[TEXT_SHOWN];

	if (text_scan_key(word, &key, &value))
		return sort_key(parse, s, key, value);
	if (word.at[0] == '@') {
		if (s->row->site != AW_FIELD_SITE && s->row->site != AW_FIELD_PARENT)
			return text_bad(parse, "%s has no site", s->row->text);
		s->site = word;
		return 0;
	}
	if (s->value < 0 && is_enumerated(s->row->arg) && word.at[0] != '"') {
		s->value = event_value_find(s->row->arg, word.at, word.length);
		if (s->value >= 0)
			return 0;
	}
	/* Only an access always has an object, which may be called as a flag is. */
	if (!s->object.length && s->row->object == AW_FIELD_ADDRESS)
		s->object = word;
	else if (sort_flag(s, word))
		return 0;
	else if (!s->object.length && s->row->object != AW_FIELD_NONE)
		s->object = word;
	else if (s->row->arg == AW_FIELD_SIZE && !s->number.length)
		s->number = word;
	else if (is_plain_number(s->row->site) && !s->last.length)
		s->last = word;
	else if (s->kind == AW_NAME && !s->text_count)
		s->texts[s->text_count++].word = word; /* what: AW_TEXT_NAME is 0 */
	else
		return text_bad(parse, "%s: unexpected %s", s->row->text, text_shown(word, shown));
	return 0;
}

static int number(struct text_parse *parse, struct text_word word, uint64_t most, uint64_t *out)
{
	char shown[TEXT_SHOWN];

	if (word.length && word.at[0] == '#')
		word = (struct text_word){word.at + 1, word.length - 1};
	if (text_scan_number(word, out) && *out <= most)
		return 0;
	return text_bad(parse, "%s is not a number%s", text_shown(word, shown),
	                text_scan_is_number(word) ? " that fits here" : "");
}

static unsigned await_of(const struct text_symbol *symbol, unsigned kind)
{
	if (kind == AW_WAKE)
		return AW_AWAIT_OTHER;
	if (!symbol || !symbol->defined)
		return AW_AWAIT_FUTURE;
	if (symbol->entity == AW_ENTITY_TASK)
		return AW_AWAIT_TASK;
	if (symbol->entity != AW_ENTITY_LOCK)
		return AW_AWAIT_FUTURE;
	switch (symbol->type) {
	case AW_LOCK_TYPE_SEMAPHORE:
	case AW_LOCK_TYPE_ASYNCIO_SEMAPHORE:
	case AW_LOCK_TYPE_ASYNCIO_BOUNDED:
	case AW_LOCK_TYPE_ANYIO_SEMAPHORE:
		return AW_AWAIT_SEMAPHORE;
	default:
		return AW_AWAIT_LOCK;
	}
}

/* What a name that stands for some object is, seen from the line it is first used in. */
static unsigned entity_of(const struct sorted *s)
{
	if (s->row->object == AW_FIELD_TASK)
		return AW_ENTITY_TASK;
	if (s->row->object == AW_FIELD_LOCK)
		return AW_ENTITY_LOCK;
	if (s->row->object == AW_FIELD_ADDRESS)
		return AW_ENTITY_LOCATION;
	if (s->id.symbol && s->id.symbol->defined)
		return s->id.symbol->entity;
	if (s->row->arg == AW_FIELD_AWAIT && s->value == AW_AWAIT_TASK)
		return AW_ENTITY_TASK;
	if (s->row->arg == AW_FIELD_AWAIT &&
	    (s->value == AW_AWAIT_LOCK || s->value == AW_AWAIT_SEMAPHORE))
		return AW_ENTITY_LOCK;
	return AW_ENTITY_OBJECT;
}

static bool brings_its_name(const struct sorted *s)
{
	return s->kind == AW_TASK_NEW || s->kind == AW_LOCK_NEW || s->kind == AW_NAME;
}

static int set_named_object(struct text_parse *parse, struct sorted *s)
{
	bool location = s->row->object == AW_FIELD_ADDRESS ||
	                (s->kind == AW_NAME && s->value == AW_ENTITY_LOCATION);
	int code = text_resolve(parse, location ? TEXT_SPACE_ADDRESS : TEXT_SPACE_OBJECT, s->object,
	                        &s->id);
	struct text_symbol *symbol = s->id.symbol;

	s->event.object = s->id.id;
	if (code < 0 || !symbol)
		return code;
	if (s->kind == AW_NAME && s->value < 0)
		return text_bad(parse, "name: of a task, lock, location or object?");
	if (!brings_its_name(s))
		return text_define(parse, symbol, entity_of(s),
		                   s->value == AW_AWAIT_SEMAPHORE ? AW_LOCK_TYPE_SEMAPHORE
		                                                  : AW_LOCK_TYPE_MUTEX);
	if (s->kind == AW_NAME)
		return text_define(parse, symbol, (unsigned)s->value, AW_LOCK_TYPE_MUTEX);
	if (symbol->defined && symbol->entity != entity_of(s))
		return text_define(parse, symbol, entity_of(s), 0); /* says what is wrong */
	symbol->entity = (uint8_t)entity_of(s);
	symbol->type = s->value < 0 ? AW_LOCK_TYPE_MUTEX : (uint8_t)s->value;
	return 0;
}

static int set_object(struct text_parse *parse, struct sorted *s)
{
	char shown[TEXT_SHOWN];

	switch (s->row->object) {
	case AW_FIELD_TASK:
	case AW_FIELD_LOCK:
	case AW_FIELD_ADDRESS:
		if (!s->object.length && !s->raw_object.length)
			return text_bad(parse, "%s: of what?", s->row->text);
		/* fall through */
	case AW_FIELD_OBJECT:
		return s->object.length ? set_named_object(parse, s) : 0;
	case AW_FIELD_TIME:
		if (!text_scan_time(s->object, parse->now, &s->event.object))
			return text_bad(parse, "%s is not a time", text_shown(s->object, shown));
		return 0;
	case AW_FIELD_NONE:
		return 0;
	default: /* a number; TARGET may leave its pid out */
		s->event.object = parse->threads[parse->thread].pid;
		if (s->kind == AW_TARGET && !s->object.length)
			return 0;
		return number(parse, s->object, UINT64_MAX, &s->event.object);
	}
}

static int set_arg(struct text_parse *parse, struct sorted *s)
{
	uint64_t arg = s->value < 0 ? 0 : (uint64_t)s->value, permits = 1;
	int code = 0;

	if (s->row->arg == AW_FIELD_AWAIT && s->value < 0)
		arg = s->object.length ? await_of(s->id.symbol, s->kind) : AW_AWAIT_NONE;
	if (s->row->arg == AW_FIELD_RUNTIME && s->value < 0)
		arg = AW_RUNTIME_C;
	if (s->row->arg == AW_FIELD_LOCK) {
		arg = s->value < 0 ? AW_LOCK_TYPE_MUTEX : arg;
		if (s->permits.length)
			code = number(parse, s->permits, AW_LOCK_PERMITS_MAX, &permits);
		arg |= permits << 8;
	}
	if (s->row->arg == AW_FIELD_SIZE) {
		arg = 8;
		if (s->number.length)
			code = number(parse, s->number, AW_SIZE_MAX, &arg);
	}
	arg |= s->flags;
	if (s->raw_arg.length && code == 0)
		code = number(parse, s->raw_arg, UINT16_MAX, &arg);
	s->event.arg = (uint16_t)arg;
	return code;
}

/* can=accesses,wakes or can=none. */
static int parse_can(struct text_parse *parse, struct text_word list, uint64_t *out)
{
	char shown[TEXT_SHOWN];

	*out = 0;
	while (list.length && !text_scan_same(list, "none")) {
		const char *comma = memchr(list.at, ',', list.length), *text;
		struct text_word word = {list.at, comma ? (size_t)(comma - list.at) : list.length};
		unsigned bit = 0;

		while ((text = event_can_text(bit)) && !text_scan_same(word, text))
			bit++;
		if (!text)
			return text_bad(parse, "can= knows no %s", text_shown(word, shown));
		*out |= 1ull << bit;
		list.at += word.length + (comma != NULL);
		list.length -= word.length + (comma != NULL);
	}
	return 0;
}

static int set_site(struct text_parse *parse, struct sorted *s)
{
	char shown[TEXT_SHOWN];

	if (s->kind == AW_TARGET) {
		s->event.site = s->event.arg == AW_RUNTIME_C ? TEXT_CAN_ALL : 0;
		return s->can.length ? parse_can(parse, s->can, &s->event.site) : 0;
	}
	if (s->parent.length && s->kind == AW_SITE)
		return number(parse, s->parent, UINT64_MAX, &s->event.site);
	if (s->site.length)
		return text_site(parse, s->site, s->label, &s->event.site);
	if (!s->last.length)
		return 0;
	if (s->row->site == AW_FIELD_TIME) {
		if (!text_scan_time(s->last, parse->now, &s->event.site))
			return text_bad(parse, "%s is not a time", text_shown(s->last, shown));
		return 0;
	}
	return number(parse, s->last, UINT64_MAX, &s->event.site);
}

/* TEXT itself: `text function "..." more`. The words were sorted as if it had an object. */
static int set_text(struct text_parse *parse, struct sorted *s)
{
	char bytes[16] = {0}, shown[TEXT_SHOWN];
	long used = text_scan_text(s->object, bytes, sizeof(bytes));

	if (used < 0)
		return text_bad(parse, "%s is not a text of at most 16 bytes",
		                text_shown(s->object, shown));
	memcpy(&s->event.object, bytes, 8);
	memcpy(&s->event.site, bytes + 8, 8);
	s->event.arg = (uint16_t)((s->value < 0 ? 0 : s->value) | used << 8 | s->flags);
	return s->raw_arg.length ? set_arg(parse, s) : 0;
}

static int set_raw(struct text_parse *parse, struct sorted *s)
{
	uint64_t line = s->event.task;
	int code = 0;

	if (s->raw_object.length)
		code = number(parse, s->raw_object, UINT64_MAX, &s->event.object);
	if (s->raw_site.length && code == 0)
		code = number(parse, s->raw_site, UINT64_MAX, &s->event.site);
	if (s->line.length && s->kind == AW_SITE && code == 0)
		code = number(parse, s->line, UINT32_MAX, &line);
	s->event.task = (uint32_t)line;
	return code;
}

static int emit_texts(struct text_parse *parse, const struct sorted *s)
{
	char text[AW_TEXT_MAX], shown[TEXT_SHOWN];

	for (int i = 0; i < s->text_count; i++) {
		long length = text_scan_text(s->texts[i].word, text, sizeof(text));
		int code;

		if (length < 0)
			return text_bad(parse, "%s is not a text of at most %u bytes",
			                text_shown(s->texts[i].word, shown), AW_TEXT_MAX);
		code = event_buffer_text(&parse->out, parse->now, s->texts[i].what, text,
		                         (size_t)length);
		if (code < 0)
			return code;
	}
	return 0;
}

/* NAME after TASK_NEW or LOCK_NEW of a name. */
static int emit_name(struct text_parse *parse, const struct sorted *s)
{
	struct text_symbol *symbol = s->id.symbol;
	char text[AW_TEXT_MAX], shown[TEXT_SHOWN];
	long length;

	if (!symbol || s->kind == AW_NAME || !brings_its_name(s))
		return 0;
	if (!s->name.length && symbol->defined)
		return 0;
	symbol->defined = true;
	if (!s->name.length)
		return text_name(parse, symbol, symbol->name, symbol->length);
	length = text_scan_text(s->name, text, sizeof(text));
	if (length < 0)
		return text_bad(parse, "%s is not a name", text_shown(s->name, shown));
	return text_name(parse, symbol, text, (size_t)length);
}

static int set_task(struct text_parse *parse, struct text_word actor, struct sorted *s)
{
	char shown[TEXT_SHOWN];
	struct text_id id;
	int code = text_resolve(parse, TEXT_SPACE_OBJECT, actor, &id);

	if (code < 0)
		return code;
	if (id.id > UINT32_MAX)
		return text_bad(parse, "%s is not a task", text_shown(actor, shown));
	s->event.task = (uint32_t)id.id;
	return id.symbol ? text_define(parse, id.symbol, AW_ENTITY_TASK, 0) : 0;
}

int text_event(struct text_parse *parse, struct text_word actor, unsigned kind,
               const struct text_word *words, int count)
{
	struct sorted s = {.row = event_kind_get(kind), .kind = kind, .value = -1};
	int code = set_task(parse, actor, &s);

	code = code < 0 ? code : text_step(parse, kind, s.event.task);
	for (int i = 0; i < count && code == 0; i++)
		code = sort_word(parse, &s, words[i]);
	s.event.kind = (uint16_t)kind;
	s.event.time = parse->now;
	if (code == 0 && kind == AW_TEXT) {
		code = set_text(parse, &s);
	} else {
		code = code < 0 ? code : set_object(parse, &s);
		code = code < 0 ? code : set_arg(parse, &s);
		code = code < 0 ? code : set_site(parse, &s);
	}
	code = code < 0 ? code : set_raw(parse, &s);
	if (kind == AW_TARGET)
		parse->can = s.event.site;
	code = code < 0 ? code : event_buffer_add(&parse->out, &s.event);
	code = code < 0 ? code : emit_name(parse, &s);
	return code < 0 ? code : emit_texts(parse, &s);
}
