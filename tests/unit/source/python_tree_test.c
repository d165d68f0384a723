/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * python_tree_test.c - lowering and the cache: any bytes give a tree that checks.
 */
#include <criterion/criterion.h>
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/bytes_hash.h"
#include "source/python/python.h"
#include "source/tree/tree_cache.h"
#include "source/tree/tree_check.h"

static struct tree *parse(const char *text, size_t size)
{
	void *parser;
	struct tree *tree;

	cr_assert_eq(python_parser_new(&parser), 0);
	cr_assert_eq(python_parse(parser, text, size, &tree), 0);
	python_parser_free(parser);
	return tree;
}

static uint32_t count(const struct tree *t, enum tree_kind kind)
{
	uint32_t n = 0;

	for (uint32_t i = 0; i < t->node_count; i++)
		n += t->nodes[i].kind == kind;
	return n;
}

/* "open close" `depth` times around "x" */
static char *nested(const char *open, const char *close, size_t depth, size_t *size)
{
	size_t a = strlen(open), b = strlen(close);
	char *text = malloc((a + b) * depth + 2), *at = text;

	for (size_t i = 0; i < depth; i++)
		at = mempcpy(at, open, a);
	*at++ = 'x';
	for (size_t i = 0; i < depth; i++)
		at = mempcpy(at, close, b);
	*at = '\n';
	*size = (size_t)(at - text) + 1;
	return text;
}

Test(python_tree, an_assignment_has_its_value_before_its_targets)
{
	struct tree *t = parse("a = b.c = f(x)\n", 15);
	const struct tree_node *n = &t->nodes[t->nodes[0].first];

	cr_assert_eq(n->kind, TREE_ASSIGN);
	cr_expect_eq(t->nodes[n->first].kind, TREE_CALL);
	n = &t->nodes[t->nodes[n->first].next];
	cr_expect_eq(n->kind, TREE_NAME);
	cr_expect_str_eq(tree_string(t, n->name), "a");
	cr_expect_eq(t->nodes[n->next].kind, TREE_ATTR);
	tree_free(t);
}

Test(python_tree, positions_are_those_of_the_interpreter)
{
	static const char text[] = "async def f():\n    return [await g(), await  h()]\n";
	struct tree *t = parse(text, sizeof(text) - 1);
	uint32_t cols[2] = {12, 23}, seen = 0;

	for (uint32_t i = 0; i < t->node_count; i++)
		if (t->nodes[i].kind == TREE_AWAIT) {
			cr_assert_lt(seen, 2);
			cr_expect_eq(t->nodes[i].line, 2);
			cr_expect_eq(t->nodes[i].col, cols[seen++]);
		}
	cr_expect_eq(seen, 2);
	tree_free(t);
}

Test(python_tree, broken_source_keeps_the_awaits_around_it)
{
	static const char text[] = "async def f():\n    await a()\n    x = t\"{await b()}\" $ 3\n"
				   "    await c()\n";
	struct tree *t = parse(text, sizeof(text) - 1);

	cr_expect_neq(t->error_line, 0);
	cr_expect_geq(count(t, TREE_AWAIT), 2);
	cr_expect_eq(count(t, TREE_FUNC), 1);
	tree_free(t);
}

Test(python_tree, ten_thousand_levels_end_with_a_note)
{
	static const char *const pairs[][2] = {
		{"(", ")"}, {"[", "]"}, {"f(", ")"}, {"not ", ""}, {"a + ", ""}};

	for (size_t i = 0; i < sizeof(pairs) / sizeof(*pairs); i++) {
		size_t size;
		char *text = nested(pairs[i][0], pairs[i][1], 10000, &size);
		struct tree *t = parse(text, size);

		cr_expect(t->too_deep || t->error_line || i == 4, "%s", pairs[i][0]);
		cr_expect(tree_check(t));
		tree_free(t);
		free(text);
	}
}

Test(python_tree, any_bytes_give_a_tree_that_checks)
{
	static const char source[] =
		"class A(B):\n    async def f(self, *a, **k) -> 'T':\n"
		"        async with self.l as x, y: await z\n"
		"        for i in d: del d[i]\n        else: pass\n"
		"        try: a = b if c else await d\n        except E as e: raise\n"
		"        finally: self.n += 1\n        match x:\n"
		"            case {'a': [1, *b]} if c: return\n";
	unsigned int seed = 1;

	for (int round = 0; round < 3000; round++) {
		char text[sizeof(source)];
		struct tree *t;

		memcpy(text, source, sizeof(source));
		for (int i = 0; i < 1 + round % 8; i++) {
			seed = seed * 1103515245u + 12345u;
			text[seed % (sizeof(source) - 1)] =
				"()[]:,= \n\tawaitdefif.\"'#\\"[(seed >> 16) % 25];
		}
		t = parse(text, sizeof(source) - 1);
		cr_assert(tree_check(t), "seed %u:\n%s", seed, text);
		tree_free(t);
	}
}

Test(python_tree, the_cache_gives_back_what_it_got_and_refuses_what_was_damaged)
{
	static const char text[] =
		"async def f():\n    await g('some text')  # awaitness: ignore\n";
	char folder[] = "/tmp/awaitness-cache-XXXXXX", path[512];
	struct tree *t = parse(text, sizeof(text) - 1), *back;
	uint64_t hash = bytes_hash(text, sizeof(text) - 1);
	struct dirent *e;
	DIR *dir;
	FILE *f;

	cr_assert(mkdtemp(folder));
	cr_expect_eq(tree_cache_load(folder, hash, sizeof(text) - 1, &back), -2);
	tree_cache_store(folder, hash, sizeof(text) - 1, t);
	cr_assert_eq(tree_cache_load(folder, hash, sizeof(text) - 1, &back), 0);
	cr_expect_eq(back->node_count, t->node_count);
	cr_expect_eq(memcmp(back->nodes, t->nodes, t->node_count * sizeof(*t->nodes)), 0);
	cr_expect_eq(back->waiver_count, 1);
	cr_expect_str_eq(tree_string(back, back->waivers[0].text), "ignore");
	tree_free(back);
	dir = opendir(folder);
	while ((e = readdir(dir)))
		if (e->d_name[0] != '.')
			snprintf(path, sizeof(path), "%s/%s", folder, e->d_name);
	closedir(dir);
	f = fopen(path, "r+");
	cr_assert(f);
	fseek(f, 90, SEEK_SET);
	fputc('~', f);
	fclose(f);
	cr_expect_eq(tree_cache_load(folder, hash, sizeof(text) - 1, &back), -2);
	unlink(path);
	rmdir(folder);
	tree_free(t);
}
