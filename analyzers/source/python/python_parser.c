/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * python_parser.c - from text to a struct tree, by tree-sitter's grammar of Python.
 *
 * Symbols of the grammar are resolved once per parser into the rows of
 * SYMBOLS; the lowering (python_lower.c) then switches on small numbers.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "python.h"
#include "python_lower.h"

const TSLanguage *tree_sitter_python(void);

struct python_parser {
	TSParser *ts;
	uint8_t *symbols; /* enum symbol by TSSymbol */
};

static const struct {
	const char *name;
	enum symbol symbol;
	bool named;
} symbol_names[] = {
#define SYMBOL_NAMED(NAME, text) {text, SYM_##NAME, true},
#define SYMBOL_TOKEN(NAME, text) {text, SYM_##NAME, false},
	SYMBOLS(SYMBOL_NAMED, SYMBOL_TOKEN)
#undef SYMBOL_NAMED
#undef SYMBOL_TOKEN
};

static enum symbol symbol_of(const char *name, bool named)
{
	for (size_t i = 0; i < sizeof(symbol_names) / sizeof(*symbol_names); i++)
		if (symbol_names[i].named == named && !strcmp(symbol_names[i].name, name))
			return symbol_names[i].symbol;
	return named ? SYM_OTHER : SYM_TOKEN;
}

int python_parser_new(void **out)
{
	const TSLanguage *language = tree_sitter_python();
	struct python_parser *p = calloc(1, sizeof(*p));
	uint32_t count = ts_language_symbol_count(language);

	*out = NULL;
	if (!p)
		return -ENOMEM;
	p->ts = ts_parser_new();
	p->symbols = calloc(count, 1);
	if (!p->ts || !p->symbols) {
		python_parser_free(p);
		return -ENOMEM;
	}
	if (!ts_parser_set_language(p->ts, language)) {
		python_parser_free(p);
		return -ENOTSUP;
	}
	for (uint32_t s = 0; s < count; s++)
		p->symbols[s] =
			symbol_of(ts_language_symbol_name(language, s),
		                  ts_language_symbol_type(language, s) == TSSymbolTypeRegular);
	*out = p;
	return 0;
}

void python_parser_free(void *made)
{
	struct python_parser *parser = made;

	if (!parser)
		return;
	if (parser->ts)
		ts_parser_delete(parser->ts);
	free(parser->symbols);
	free(parser);
}

/* Our comments are rare: look for the word in the text, then ask what it stands in. */
static void waivers_find(struct lowering *l, TSNode root)
{
	static const char word[] = "awaitness:";
	const char *end = l->text + l->size;
	const char *at = l->text;

	while ((at = memmem(at, end - at, word, sizeof(word) - 1))) {
		uint32_t offset = at - l->text;
		TSNode node = ts_node_descendant_for_byte_range(root, offset, offset);
		const char *line_end;

		at += sizeof(word) - 1;
		if (strcmp(ts_node_type(node), "comment") != 0)
			continue;
		line_end = l->text + ts_node_end_byte(node);
		while (at < line_end && (*at == ' ' || *at == '\t'))
			at++;
		tree_build_waiver(&l->tree, ts_node_start_point(node).row + 1, at, line_end - at);
		at = line_end;
	}
}

int python_parse(void *made, const char *text, size_t size, struct tree **out)
{
	const struct python_parser *parser = made;
	struct lowering l = {.text = text, .size = size, .symbols = parser->symbols};
	TSTree *tree;
	int err;

	*out = NULL;
	if (size > UINT32_MAX / 4)
		return -EFBIG;
	tree = ts_parser_parse_string(parser->ts, NULL, text, (uint32_t)size);
	if (!tree)
		return -ENOMEM;
	l.cursor = ts_tree_cursor_new(ts_tree_root_node(tree));
	err = lowering_run(&l);
	if (!err)
		waivers_find(&l, ts_tree_root_node(tree));
	ts_tree_cursor_delete(&l.cursor);
	ts_tree_delete(tree);
	ts_parser_reset(parser->ts);
	return tree_build_finish(&l.tree, err, out);
}
