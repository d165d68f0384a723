/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * text_define.c - names of the text form to ids, and the records that define
 * them at their first use.
 */
#include <errno.h>
#include <string.h>

#include "base/escape.h"
#include "text_parse.h"

static const char *entity_text(unsigned entity)
{
	static const char *const texts[] = {"a task", "a lock", "a location", "another object"};

	return texts[entity < 4 ? entity : 3];
}

/* The part after #, or the whole word, as a number: an id that stands there itself. */
static bool explicit_id(struct text_word word, uint64_t *out)
{
	long hash = text_scan_find(word, '#');

	if (hash >= 0)
		word = (struct text_word){word.at + hash + 1, word.length - (size_t)hash - 1};
	return text_scan_number(word, out);
}

/* Takes +N off the end of a location. */
static uint64_t take_offset(struct text_word *word)
{
	long plus = text_scan_find(*word, '+');
	uint64_t offset;

	if (plus <= 0 || !text_scan_number((struct text_word){word->at + plus + 1,
	                                                      word->length - (size_t)plus - 1},
	                                   &offset))
		return 0;
	word->length = (size_t)plus;
	return offset;
}

int text_resolve(struct text_parse *parse, enum text_space space, struct text_word word,
                 struct text_id *out)
{
	char shown[TEXT_SHOWN], name[AW_TEXT_MAX];
	uint64_t offset;
	long length;

	out->symbol = NULL;
	if (text_scan_same(word, "-")) {
		out->id = 0;
		return 0;
	}
	if (explicit_id(word, &out->id))
		return 0;
	if (text_scan_is_number(word) || text_scan_find(word, '#') >= 0)
		return text_bad(parse, "%s is not a number or a name", text_shown(word, shown));
	if (parse->exact)
		return text_bad(parse, "in an exact text a name needs its id: %s#ID",
		                text_shown(word, shown));
	offset = space == TEXT_SPACE_ADDRESS ? take_offset(&word) : 0;
	length = text_scan_text(word, name, sizeof(name));
	if (length <= 0)
		return text_bad(parse, "%s is not a name", text_shown(word, shown));
	out->symbol = text_symbols_get(&parse->symbols, space, name, (size_t)length);
	if (!out->symbol)
		return -ENOMEM;
	out->id = out->symbol->id + offset;
	return 0;
}

int text_name(struct text_parse *parse, struct text_symbol *symbol, const char *text, size_t length)
{
	struct aw_event event = {
		.time = parse->now, .kind = AW_NAME, .object = symbol->id, .arg = symbol->entity};
	int code = event_buffer_add(&parse->out, &event);

	return code < 0 ? code
	                : event_buffer_text(&parse->out, parse->now, AW_TEXT_NAME, text, length);
}

static int define_new(struct text_parse *parse, const struct text_symbol *symbol)
{
	struct aw_event event = {.time = parse->now, .object = symbol->id};

	if (symbol->entity == AW_ENTITY_TASK) {
		event.kind = AW_TASK_NEW;
		event.arg = AW_ARG_SNAPSHOT;
	} else if (symbol->entity == AW_ENTITY_LOCK) {
		event.kind = AW_LOCK_NEW;
		event.arg = (uint16_t)(AW_ARG_SNAPSHOT | 1u << 8 | symbol->type);
	} else {
		return 0;
	}
	return event_buffer_add(&parse->out, &event);
}

int text_define(struct text_parse *parse, struct text_symbol *symbol, unsigned entity,
                unsigned type)
{
	char shown[TEXT_SHOWN];
	int code;

	if (symbol->defined) {
		if (symbol->entity == entity)
			return 0;
		return text_bad(parse, "%s is %s, not %s",
		                text_shown((struct text_word){symbol->name, symbol->length}, shown),
		                entity_text(symbol->entity), entity_text(entity));
	}
	symbol->defined = true;
	symbol->entity = (uint8_t)entity;
	symbol->type = (uint8_t)type;
	code = define_new(parse, symbol);
	return code < 0 ? code : text_name(parse, symbol, symbol->name, symbol->length);
}

/* Splits `text` at its first colon outside quotes; all of it if there is none. */
static struct text_word take_part(struct text_word *text)
{
	long colon = text_scan_find(*text, ':');
	struct text_word part = *text;

	if (colon < 0) {
		*text = (struct text_word){NULL, 0};
		return part;
	}
	part.length = (size_t)colon;
	*text = (struct text_word){text->at + colon + 1, text->length - (size_t)colon - 1};
	return part;
}

static int site_text(struct text_parse *parse, enum aw_text what, struct text_word word)
{
	char text[AW_TEXT_MAX], shown[TEXT_SHOWN];
	long length;

	if (word.length == 0)
		return 0;
	length = text_scan_text(word, text, sizeof(text));
	if (length < 0)
		return text_bad(parse, "%s is not a text of at most %u bytes",
		                text_shown(word, shown), AW_TEXT_MAX);
	return event_buffer_text(&parse->out, parse->now, what, text, (size_t)length);
}

/* Emits SITE and its texts for one link, FUNCTION[:FILE][:LINE]. */
static int define_site(struct text_parse *parse, uint64_t id, uint64_t parent,
                       struct text_word link, struct text_word label)
{
	struct text_word function = take_part(&link), file = {NULL, 0}, line = {NULL, 0};
	struct aw_event event = {.time = parse->now, .kind = AW_SITE, .object = id, .site = parent};
	char shown[TEXT_SHOWN];
	uint64_t number = 0;
	int code;

	if (text_scan_find(link, ':') >= 0 || !text_scan_is_number(link))
		file = take_part(&link);
	line = link;
	if (line.length && (!text_scan_number(line, &number) || number > UINT32_MAX))
		return text_bad(parse, "%s is not a line number", text_shown(line, shown));
	event.task = (uint32_t)number;
	code = event_buffer_add(&parse->out, &event);
	code = code < 0 ? code : site_text(parse, AW_TEXT_FUNCTION, function);
	code = code < 0 ? code : site_text(parse, AW_TEXT_FILE, file);
	return code < 0 ? code : site_text(parse, AW_TEXT_LABEL, label);
}

/* A chain @leaf<caller<root is walked from its root, so that each link's parent is known. */
int text_site(struct text_parse *parse, struct text_word word, struct text_word label,
              uint64_t *out)
{
	struct text_word links[TEXT_SCAN_WORDS], rest = {word.at + 1, word.length - 1};
	char shown[TEXT_SHOWN], key[AW_TEXT_MAX * 2];
	uint64_t parent = 0;
	int count = 0;
	long end;

	if (explicit_id((struct text_word){word.at + 1, word.length - 1}, out))
		return 0;
	if (parse->exact || word.length < 2 || word.length + label.length + 1 > sizeof(key))
		return text_bad(parse, "%s is not a site%s", text_shown(word, shown),
		                parse->exact ? " with its id" : "");
	do {
		if (count == TEXT_SCAN_WORDS)
			return text_bad(parse, "a site has too many callers");
		end = text_scan_find(rest, '<');
		links[count] = rest;
		if (end >= 0)
			rest = (struct text_word){rest.at + end + 1, rest.length - (size_t)end - 1};
		count++;
	} while (end >= 0);
	while (count--) {
		struct text_word mine = count ? (struct text_word){NULL, 0} : label;
		long length = text_scan_find(links[count], '<');
		struct text_symbol *symbol;

		/* The key is all of the chain from here up, and the label. */
		memcpy(key, links[count].at, links[count].length);
		key[links[count].length] = '\n';
		if (mine.length)
			memcpy(key + links[count].length + 1, mine.at, mine.length);
		symbol = text_symbols_get(&parse->symbols, TEXT_SPACE_SITE, key,
		                          links[count].length + 1 + mine.length);
		if (!symbol)
			return -ENOMEM;
		if (length >= 0)
			links[count].length = (size_t)length;
		if (!symbol->defined) {
			int code = define_site(parse, symbol->id, parent, links[count], mine);

			if (code < 0)
				return code;
			symbol->defined = true;
		}
		parent = symbol->id;
	}
	*out = parent;
	return 0;
}
