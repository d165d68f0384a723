/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * path.c - walks the paths of one function; expressions are in path_expr.c.
 *
 * Loops are walked twice, which is enough for a read at a body's end to meet a
 * write at its start. Exceptions are taken to leave a try anywhere.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "path.h"
#include "path_walk.h"
#include "source/program/language.h"

static void walk_block(struct path_walk *w, struct path_state *s, uint32_t block)
{
	for (uint32_t c = walk_node_of(w, block)->first; c && !s->dead && !w->p->err;
	     c = walk_node_of(w, c)->next)
		walk_statement(w, s, c);
}

static bool block_raises(struct path_walk *w, uint32_t block)
{
	uint32_t last = 0;

	for (uint32_t c = walk_node_of(w, block)->first; c; c = walk_node_of(w, c)->next)
		last = c;
	return last && walk_node_of(w, last)->kind == TREE_RAISE;
}

/* Guards of the test at hand whose other way out raises. */
static void mark_raises(struct path_state *s, uint32_t test)
{
	for (unsigned int i = 0; i < s->token_count; i++)
		if (s->tokens[i].test == test)
			s->tokens[i].raises = true;
}

static void walk_if(struct path_walk *w, struct path_state *s, uint32_t node)
{
	struct path_state *out = path_state_copy(w->p, s), *yes;
	uint32_t c = walk_node_of(w, node)->first;

	if (!out)
		return;
	out->dead = true;
	while (c && walk_node_of(w, c)->kind != TREE_BLOCK) {
		uint32_t block = walk_node_of(w, c)->next;

		walk_expr(w, s, c);
		yes = path_state_copy(w->p, s);
		if (!yes)
			break;
		walk_test(w, yes, c, true, c);
		walk_test(w, s, c, false, c);
		walk_block(w, yes, block);
		if (yes->dead && block_raises(w, block))
			mark_raises(s, c);
		path_state_join(out, yes);
		free(yes);
		c = walk_node_of(w, block)->next;
	}
	if (c)
		walk_block(w, s, c);
	path_state_join(s, out);
	free(out);
}

static void walk_loop(struct path_walk *w, struct path_state *s, uint32_t node)
{
	const struct tree_node *n = walk_node_of(w, node);
	bool is_for = n->kind == TREE_FOR;
	uint32_t head = n->first, second = walk_node_of(w, head)->next;
	uint32_t body = is_for ? walk_node_of(w, second)->next : second;
	uint32_t orelse = walk_node_of(w, body)->next;
	struct path_state *left = path_state_copy(w->p, s), *start;
	struct path_loop loop = {.left = left, .outer = w->loop};

	if (!left)
		return;
	left->dead = true;
	if (is_for)
		walk_expr(w, s, head);
	for (int pass = 0; pass < 2 && !w->p->err; pass++) {
		start = path_state_copy(w->p, s);
		if (!start)
			break;
		loop.again = start; /* continue joins here */
		start->dead = true;
		w->loop = &loop;
		if (is_for) {
			struct path_state *none = path_state_copy(w->p, s);

			if (n->flags & TREE_ASYNC)
				walk_site(w, s, node, 0);
			walk_bind(w, s, second, (struct path_value){0, 0, 0}, 0, node);
			walk_block(w, s, body);
			if (none)
				path_state_join(s, none);
			free(none);
		} else {
			struct path_state *no;

			walk_expr(w, s, head);
			no = path_state_copy(w->p, s);
			if (no)
				walk_test(w, no, head, false, head);
			walk_test(w, s, head, true, head);
			walk_block(w, s, body);
			if (no && pass == 0)
				path_state_join(s, no);
			else if (no) /* the loop is left by its test alone */
				*s = *no;
			free(no);
		}
		w->loop = loop.outer;
		path_state_join(s, start);
		free(start);
	}
	if (walk_node_of(w, orelse)->kind == TREE_BLOCK)
		walk_block(w, s, orelse);
	path_state_join(s, left);
	free(left);
}

static void walk_try(struct path_walk *w, struct path_state *s, uint32_t node)
{
	uint32_t c = walk_node_of(w, node)->first;
	struct path_state *raised = path_state_copy(w->p, s), *out;

	if (!raised)
		return;
	walk_block(w, s, c);
	/* somewhere in the body: what held at its start or at its end */
	if (s->dead) {
		path_cross_maybe(w, raised, c);
	} else {
		path_state_join(raised, s);
	}
	out = path_state_copy(w->p, s);
	for (c = walk_node_of(w, c)->next; c && out && !w->p->err; c = walk_node_of(w, c)->next) {
		const struct tree_node *n = walk_node_of(w, c);

		if (n->kind == TREE_HANDLER) {
			struct path_state *h = path_state_copy(w->p, raised);

			if (!h)
				break;
			walk_block(w, h, walk_node_of(w, n->first)->next);
			path_state_join(out, h);
			free(h);
		} else if (n->kind == TREE_ELSE) {
			struct path_state *e = path_state_copy(w->p, s);

			if (!e)
				break;
			walk_block(w, e, n->first);
			path_state_join(out, e);
			free(e);
		} else if (n->kind == TREE_FINALLY) {
			bool dead = out->dead;

			if (dead) {
				*out = *raised;
				out->dead = false;
			}
			walk_block(w, out, n->first);
			out->dead |= dead;
		}
	}
	if (out)
		*s = *out;
	free(out);
	free(raised);
}

static bool names_lock(const char *name)
{
	return strcasestr(name, "lock") || strcasestr(name, "mutex") || strcasestr(name, "sem") ||
	       strcasestr(name, "cond") || strcasestr(name, "throttl");
}

/* Condition(lock) stands for the lock. */
static uint32_t condition_mutex(struct model *model, uint32_t lock)
{
	struct program *p = &model->program;
	const struct model_lock *l = &model->locks.at[lock];
	const struct tree_node *made = program_node(p, l->file, l->node);
	uint32_t given, count, at;
	bool certain;

	given = made->kind == TREE_CALL ? program_node(p, l->file, made->first)->next : 0;
	if (l->type != LOCK_CONDITION || !given)
		return lock;
	at = model_locks_of(model, program_enclosing_scope(p, l->file, l->node), given, &count,
	                    &certain);
	return count == 1 && certain ? p->lists.at[at] : lock;
}

/* The key of what an item of `async with` locks; 0: it is no lock. */
static uint32_t item_lock(struct path_walk *w, uint32_t item)
{
	struct program *p = w->p;
	uint32_t value = walk_node_of(w, item)->first, count, at;
	const struct tree_node *n = walk_node_of(w, value);
	bool certain;

	if (n->kind == TREE_AWAIT)
		n = walk_node_of(w, value = n->first);
	if (n->kind == TREE_CALL) {
		const struct tree_node *f = walk_node_of(w, n->first);

		if (f->kind == TREE_ATTR && language_means(p, f->name) & MEANS_ACQUIRES)
			n = walk_node_of(w, value = f->first);
		else
			n = f;
	}
	at = model_locks_of(w->model, w->scope, value, &count, &certain);
	if (count)
		return w->model->locks.at[condition_mutex(w->model, p->lists.at[at])].name;
	return names_lock(program_text(p, n->name)) ? n->name : 0;
}

static void walk_with(struct path_walk *w, struct path_state *s, uint32_t node)
{
	const struct tree_node *n = walk_node_of(w, node);
	unsigned int opened[8], count = 0;
	uint32_t c;

	for (c = n->first; c && walk_node_of(w, c)->kind == TREE_ITEM;
	     c = walk_node_of(w, c)->next) {
		const struct tree_node *item = walk_node_of(w, c);
		uint32_t key = item_lock(w, c);

		walk_expr(w, s, item->first);
		if (n->flags & TREE_ASYNC)
			walk_site(w, s, c, 0);
		walk_bind(w, s, walk_node_of(w, item->first)->next, (struct path_value){0, 0, 0}, 0,
		          c);
		if (key && count < 8)
			opened[count++] = path_lock_open(s, key);
	}
	if (c)
		walk_block(w, s, c);
	while (count)
		path_lock_close(s, opened[--count]);
	for (c = n->first; c && n->flags & TREE_ASYNC; c = walk_node_of(w, c)->next)
		if (walk_node_of(w, c)->kind == TREE_ITEM)
			walk_site(w, s, c, 1);
}

static void walk_assign(struct path_walk *w, struct path_state *s, uint32_t node)
{
	const struct tree_node *n = walk_node_of(w, node);
	struct path_value v = {0, 0, 0};
	uint32_t c = n->first, last = 0;

	if (walk_node_of(w, c)->kind == TREE_NONE)
		return;
	v = walk_expr(w, s, c);
	if (n->kind == TREE_ANNASSIGN) {
		last = walk_node_of(w, c)->next;
		walk_bind(w, s, last, v, n->first, node);
		return;
	}
	for (c = walk_node_of(w, c)->next; c; c = walk_node_of(w, c)->next)
		walk_bind(w, s, c, v, n->first, node);
}

static void walk_augmented(struct path_walk *w, struct path_state *s, uint32_t node)
{
	const struct tree_node *n = walk_node_of(w, node);
	const char *op = program_text(w->p, n->name);
	struct path_value old = walk_expr(w, s, n->first), v;

	v = walk_expr(w, s, walk_node_of(w, n->first)->next);
	v.all |= old.all;
	v.direct = 0;
	if (*op == '+' || *op == '-' || (*op == '*' && op[1] == '='))
		v.arith |= old.direct | old.arith;
	walk_bind(w, s, n->first, v, walk_node_of(w, n->first)->next, node);
}

static void walk_leave(struct path_walk *w, struct path_state *s, bool again)
{
	if (w->loop)
		path_state_join(again ? w->loop->again : w->loop->left, s);
	s->dead = true;
}

static void walk_match(struct path_walk *w, struct path_state *s, uint32_t node)
{
	uint32_t c = walk_node_of(w, node)->first;
	struct path_state *out;

	walk_expr(w, s, c);
	out = path_state_copy(w->p, s);
	for (c = walk_node_of(w, c)->next; c && out; c = walk_node_of(w, c)->next) {
		uint32_t pattern = walk_node_of(w, c)->first;
		uint32_t guard = walk_node_of(w, pattern)->next;
		struct path_state *one = path_state_copy(w->p, s);

		if (!one)
			break;
		walk_bind(w, one, pattern, (struct path_value){0, 0, 0}, 0, c);
		walk_expr(w, one, guard);
		walk_block(w, one, walk_node_of(w, guard)->next);
		path_state_join(out, one);
		free(one);
	}
	if (out)
		*s = *out;
	free(out);
}

void walk_statement(struct path_walk *w, struct path_state *s, uint32_t node)
{
	const struct tree_node *n = walk_node_of(w, node);

	if (++w->pass->steps > PATH_STEPS) {
		s->dead = true;
		return;
	}
	switch (n->kind) {
	case TREE_FUNC:
	case TREE_CLASS:
	case TREE_IMPORT:
	case TREE_FROM:
		return;
	case TREE_IF:
		walk_if(w, s, node);
		return;
	case TREE_WHILE:
	case TREE_FOR:
		walk_loop(w, s, node);
		return;
	case TREE_TRY:
		walk_try(w, s, node);
		return;
	case TREE_WITH:
		walk_with(w, s, node);
		return;
	case TREE_MATCH:
		walk_match(w, s, node);
		return;
	case TREE_ASSIGN:
	case TREE_ANNASSIGN:
		walk_assign(w, s, node);
		return;
	case TREE_AUGASSIGN:
		walk_augmented(w, s, node);
		return;
	case TREE_DEL:
		for (uint32_t c = n->first; c; c = walk_node_of(w, c)->next)
			walk_remove(w, s, c, node);
		return;
	case TREE_BREAK:
	case TREE_CONTINUE:
		walk_leave(w, s, n->kind == TREE_CONTINUE);
		return;
	case TREE_ASSERT:
		walk_expr(w, s, n->first);
		walk_test(w, s, n->first, true, n->first);
		mark_raises(s, n->first);
		return;
	case TREE_RETURN:
	case TREE_RAISE:
		for (uint32_t c = n->first; c; c = walk_node_of(w, c)->next)
			walk_expr(w, s, c);
		s->dead = true;
		return;
	default:
		walk_expr(w, s, node);
	}
}

void path_function(struct path_pass *pass, uint32_t func)
{
	struct program *p = pass->p;
	struct path_summary *summary = &pass->summaries[func];
	const struct program_func *f = &p->funcs.at[func];
	struct path_walk w = {.model = pass->model,
	                      .p = p,
	                      .pass = pass,
	                      .func = func,
	                      .file = f->file,
	                      .scope = f->scope};
	struct path_state *s;
	unsigned int steps;

	if (summary->done || summary->running || pass->depth > 8)
		return;
	s = calloc(1, sizeof(*s));
	if (!s)
		return;
	summary->running = true;
	steps = pass->steps;
	pass->steps = 0;
	pass->depth++;
	walk_block(&w, s, program_child(p, f->file, f->node, 3));
	pass->depth--;
	pass->steps = steps;
	summary->running = false;
	summary->done = true;
	free(s);
}

int path_pass_run(struct model *model, struct path_pass *out)
{
	struct program *p = &model->program;

	*out = (struct path_pass){.model = model, .p = p};
	out->summaries = calloc(p->funcs.count + 1, sizeof(*out->summaries));
	if (!out->summaries)
		return p->err = -ENOMEM;
	for (uint32_t i = 1; i < p->funcs.count && !p->err; i++)
		if (p->funcs.at[i].class || p->funcs.at[i].flags & FUNC_ASYNC)
			path_function(out, i);
	return p->err;
}

void path_pass_fini(struct path_pass *pass)
{
	for (uint32_t i = 0; pass->summaries && i < pass->p->funcs.count; i++)
		free(pass->summaries[i].effects.at);
	free(pass->summaries);
	free(pass->hits.at);
	free(pass->writers.at);
}
