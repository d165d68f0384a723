/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * lint_config.c - reads [tool.awaitness] with tree-sitter's TOML grammar.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <tree_sitter/api.h>

#include "cli/command.h"
#include "lint_config.h"

const TSLanguage *tree_sitter_toml(void);

struct reading {
	const char *path, *text;
	struct lint_config *config;
};

static bool is(TSNode node, const char *type)
{
	return !strcmp(ts_node_type(node), type);
}

static char *node_text(const struct reading *r, TSNode node)
{
	uint32_t from = ts_node_start_byte(node);

	return strndup(r->text + from, ts_node_end_byte(node) - from);
}

static int wrong(const struct reading *r, TSNode node, const char *what)
{
	return fail("%s:%u: [tool.awaitness]: %s", r->path, ts_node_start_point(node).row + 1,
	            what);
}

/* A basic or literal string without escapes; paths and rule names need none. */
static char *string_value(const struct reading *r, TSNode node)
{
	char *text = is(node, "string") ? node_text(r, node) : NULL;
	size_t n = text ? strlen(text) : 0;

	if (n < 2 || text[0] != text[n - 1] || memchr(text, '\\', n) ||
	    (n > 2 && text[1] == text[0])) {
		free(text);
		return NULL;
	}
	text[n - 1] = '\0';
	memmove(text, text + 1, n - 1);
	return text;
}

static void list_free(char ***list, size_t *count)
{
	for (size_t i = 0; i < *count; i++)
		free((*list)[i]);
	free(*list);
	*list = NULL;
	*count = 0;
}

static int list_read(const struct reading *r, TSNode node, char ***out, size_t *count)
{
	uint32_t n = ts_node_named_child_count(node);

	if (!is(node, "array"))
		return wrong(r, node, "a list of strings is wanted");
	list_free(out, count);
	*out = calloc(n + 1, sizeof(**out));
	if (!*out)
		return fail("out of memory");
	for (uint32_t i = 0; i < n; i++) {
		TSNode item = ts_node_named_child(node, i);

		if (is(item, "comment"))
			continue;
		(*out)[*count] = string_value(r, item);
		if (!(*out)[*count])
			return wrong(r, item, "a plain string is wanted");
		(*count)++;
	}
	return 0;
}

static int rules_read(const struct reading *r, TSNode node)
{
	char **list = NULL, *joined;
	size_t count = 0, size = 1;
	int status = list_read(r, node, &list, &count);

	for (size_t i = 0; !status && i < count; i++)
		size += strlen(list[i]) + 1;
	joined = status ? NULL : calloc(size, 1);
	for (size_t i = 0; i < count; i++) {
		if (joined) {
			strcat(joined, i ? "," : "");
			strcat(joined, list[i]);
		}
		free(list[i]);
	}
	free(list);
	if (!status) {
		free(r->config->rules);
		r->config->rules = joined;
	}
	return status;
}

static int tier_read(const struct reading *r, TSNode node)
{
	char *text = string_value(r, node);
	int status = 0;

	if (text && !strcmp(text, "watch"))
		r->config->watch = true;
	else if (!text || strcmp(text, "high") != 0)
		status = wrong(r, node, "tier is \"high\" or \"watch\"");
	free(text);
	return status;
}

static int pair_read(const struct reading *r, TSNode pair)
{
	TSNode key_node = ts_node_named_child(pair, 0), value = ts_node_named_child(pair, 1);
	char *key;
	int status = 0;

	if (ts_node_is_null(value))
		return wrong(r, pair, "a key without a value");
	key = node_text(r, key_node);
	if (!key)
		return fail("out of memory");
	if (!strcmp(key, "paths")) {
		status = list_read(r, value, &r->config->paths, &r->config->path_count);
	} else if (!strcmp(key, "exclude")) {
		status = list_read(r, value, &r->config->exclude, &r->config->exclude_count);
	} else if (!strcmp(key, "rules")) {
		status = rules_read(r, value);
	} else if (!strcmp(key, "tier")) {
		status = tier_read(r, value);
	} else if (!strcmp(key, "baseline")) {
		free(r->config->baseline);
		r->config->baseline = string_value(r, value);
		if (!r->config->baseline)
			status = wrong(r, value, "a plain string is wanted");
	} else {
		status = wrong(r, pair, "the keys are paths, exclude, rules, tier and baseline");
	}
	free(key);
	return status;
}

static bool is_our_table(const struct reading *r, TSNode table)
{
	TSNode name = ts_node_named_child(table, 0);
	char *text = ts_node_is_null(name) ? NULL : node_text(r, name);
	bool ours = text && !strcmp(text, "tool.awaitness");

	free(text);
	return ours;
}

static int document_read(const struct reading *r, TSNode root)
{
	int status = 0;

	for (uint32_t i = 0; i < ts_node_named_child_count(root) && !status; i++) {
		TSNode table = ts_node_named_child(root, i);

		if (!is(table, "table") || !is_our_table(r, table))
			continue;
		if (ts_node_has_error(table))
			return wrong(r, table, "this table is no TOML");
		for (uint32_t k = 1; k < ts_node_named_child_count(table) && !status; k++)
			if (is(ts_node_named_child(table, k), "pair"))
				status = pair_read(r, ts_node_named_child(table, k));
	}
	return status;
}

int lint_config_parse(const char *path, const char *text, size_t size, struct lint_config *config)
{
	struct reading r = {path, text, config};
	TSParser *parser = ts_parser_new();
	TSTree *tree = NULL;
	int status;

	if (size < UINT32_MAX / 2 && ts_parser_set_language(parser, tree_sitter_toml()))
		tree = ts_parser_parse_string(parser, NULL, text, (uint32_t)size);
	status = tree ? document_read(&r, ts_tree_root_node(tree))
	              : fail("%s: it cannot be parsed", path);
	ts_tree_delete(tree);
	ts_parser_delete(parser);
	return status;
}

int lint_config_read(const char *path, struct lint_config *config)
{
	FILE *f = fopen(path, "re");
	char *text;
	size_t n, max = 4u << 20;
	int status;

	if (!f)
		return errno == ENOENT ? 0 : fail("%s: %s", path, strerror(errno));
	text = malloc(max);
	n = text ? fread(text, 1, max, f) : 0;
	fclose(f);
	status = !text      ? fail("out of memory")
	         : n == max ? fail("%s: it is larger than 4 MiB", path)
	                    : lint_config_parse(path, text, n, config);
	free(text);
	return status;
}

int lint_config_set(char **field, const char *value)
{
	char *copy = strdup(value);

	if (!copy)
		return fail("out of memory");
	free(*field);
	*field = copy;
	return 0;
}

int lint_config_exclude(struct lint_config *config, const char *list)
{
	size_t most = 1;

	for (const char *at = list; *at; at++)
		most += *at == ',';
	list_free(&config->exclude, &config->exclude_count);
	config->exclude = calloc(most, sizeof(*config->exclude));
	if (!config->exclude)
		return fail("out of memory");
	while (*list) {
		size_t n = strcspn(list, ",");
		char *part = n ? strndup(list, n) : NULL;

		if (n && !part)
			return fail("out of memory");
		if (part)
			config->exclude[config->exclude_count++] = part;
		list += n + (list[n] == ',');
	}
	return 0;
}

void lint_config_fini(struct lint_config *config)
{
	list_free(&config->paths, &config->path_count);
	list_free(&config->exclude, &config->exclude_count);
	free(config->rules);
	free(config->baseline);
}
