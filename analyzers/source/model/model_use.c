/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * model_use.c - what is done with each lock: every mention of it in the program.
 *
 * A mention that is not understood is an escape: from then on nothing is proven
 * about the lock. Where the receiver's class is not known, a mention counts for
 * every lock of that attribute's name.
 */
#include <string.h>

#include "model_use.h"
#include "model.h"
#include "source/program/language.h"
#include "source/program/program_node.h"

struct mention {
	struct model *model;
	struct program *p; /* the model\'s */
	uint32_t file, node;
	const char *why; /* of an escape */
	uint32_t region; /* of USE_REGION */
};

static bool is_lock_made(const struct mention *m, uint32_t value)
{
	const struct tree_node *n = program_node(m->p, m->file, value);
	uint32_t scope = program_enclosing_scope(m->p, m->file, value), count;
	struct program_ref ref = program_resolve(m->p, scope, value);
	bool certain;

	/* another mention of a lock: what follows from it is told there */
	model_locks_of(m->model, scope, value, &count, &certain);
	if (count)
		return true;

	/* an object of a class that is a lock */
	for (uint32_t l = 1; ref.kind == REF_INSTANCE && l < m->model->locks.count; l++)
		if (m->model->locks.at[l].file == m->file && m->model->locks.at[l].node == value)
			return true;
	if (ref.kind == REF_NONE || ref.kind == REF_CONTAINER ||
	    (ref.kind == REF_EXTERN_INSTANCE &&
	     (n->kind == TREE_CALL || n->kind == TREE_OR || n->kind == TREE_IFEXP)))
		return true;
	/* an empty or comprehended container, filled by places that model_lock.c has seen */
	if ((n->kind == TREE_DICT || n->kind == TREE_LIST) && !n->first)
		return true;
	if (n->kind == TREE_COMP || n->kind == TREE_DICT || n->kind == TREE_LIST)
		return true;
	if (n->kind == TREE_CALL) {
		uint32_t name = program_node(m->p, m->file, n->first)->name;

		return (language_means(m->p, name) & MEANS_CONTAINER) != 0;
	}
	return false;
}

static enum model_use_kind escape(struct mention *m, const char *why)
{
	m->why = why;
	return USE_OTHER;
}

/* Is the value of `at` only tested for truth? */
static bool in_test(const struct mention *m, uint32_t at)
{
	const struct program *p = m->p;

	for (uint32_t up = program_parent(p, m->file, at);;
	     at = up, up = program_parent(p, m->file, at)) {
		const struct tree_node *n = program_node(p, m->file, up);

		switch (n->kind) {
		case TREE_NOT:
		case TREE_COMPARE:
		case TREE_COMP_IF:
		case TREE_EXPR:
			return true;
		case TREE_IF:
		case TREE_WHILE:
			return program_node(p, m->file, at)->kind != TREE_BLOCK;
		case TREE_ASSERT:
		case TREE_IFEXP:
			return n->first == at;
		case TREE_AND:
		case TREE_OR:
			continue;
		default:
			return false;
		}
	}
}

/* x.acquire() and the like: `call` is the CALL, or 0 if the method is not called. */
static enum model_use_kind classify_method(struct mention *m, uint32_t attr, uint32_t call)
{
	struct program *p = m->p;
	uint32_t name = program_node(p, m->file, attr)->name, up, up2;
	uint32_t means = language_means(p, name);

	if (!call)
		return escape(m, "a method of it is handed on");
	if (means & MEANS_ASKS)
		return USE_TEST;
	if (means & MEANS_RELEASES)
		return USE_RELEASE;
	if (!(means & MEANS_ACQUIRES))
		return means & MEANS_HARMLESS ? USE_HARMLESS
		                              : escape(m, "another method of it is called");
	up = program_parent(p, m->file, call);
	if (program_node(p, m->file, up)->kind == TREE_AWAIT) {
		up2 = program_parent(p, m->file, up);
		if (program_node(p, m->file, up2)->kind == TREE_ITEM) {
			m->region = up2;
			return USE_REGION;
		}
	}
	return USE_ACQUIRE;
}

static enum model_use_kind classify_assign(struct mention *m, uint32_t statement, uint32_t at)
{
	struct program *p = m->p;
	const struct tree_node *n = program_node(p, m->file, statement);
	uint32_t target;

	if (n->first != at) /* it is stored to */
		return is_lock_made(m, n->first) ? USE_HARMLESS
		                                 : escape(m, "something unknown is stored in it");
	for (target = program_node(p, m->file, at)->next; target;
	     target = program_node(p, m->file, target)->next)
		if (program_node(p, m->file, target)->kind != TREE_NAME && n->kind == TREE_ASSIGN)
			return escape(m, "it is stored somewhere else too");
	return USE_HARMLESS; /* an alias: the name's own mentions are looked at */
}

static enum model_use_kind classify_container(struct mention *m, uint32_t at);

static enum model_use_kind classify(struct mention *m, uint32_t at)
{
	struct program *p = m->p;
	uint32_t up = program_parent(p, m->file, at), up2;
	const struct tree_node *n = program_node(p, m->file, up);

	switch (n->kind) {
	case TREE_ASSIGN:
	case TREE_ANNASSIGN:
		return classify_assign(m, up, at);
	case TREE_DEL:
	case TREE_GLOBAL:
	case TREE_NONLOCAL:
		return USE_HARMLESS;
	case TREE_TUPLE: /* a, b = x, y stores to it */
		up2 = program_parent(p, m->file, up);
		if (program_node(p, m->file, up2)->kind != TREE_ASSIGN ||
		    program_node(p, m->file, up2)->first == up)
			return escape(m, "it is used as a value");
		up2 = program_tuple_across(p, m->file, at);
		return up2 && is_lock_made(m, up2) ? USE_HARMLESS
		                                   : escape(m, "something unknown is stored in it");
	case TREE_ITEM:
		if (n->first != at)
			return escape(m, "something unknown is stored in it");
		m->region = up;
		return USE_REGION;
	case TREE_ATTR:
		up2 = program_parent(p, m->file, up);
		return classify_method(m, up,
		                       program_node(p, m->file, up2)->kind == TREE_CALL &&
		                                       program_node(p, m->file, up2)->first == up
		                               ? up2
		                               : 0);
	case TREE_CALL:
	case TREE_KEYWORD:
		return escape(m, "it is passed to a call");
	case TREE_RETURN:
	case TREE_YIELD:
		return escape(m, "it is given to the caller");
	default:
		return in_test(m, at) ? USE_HARMLESS : escape(m, "it is used as a value");
	}
}

/* What is done with a container of locks; where an element is taken out, with that. */
static enum model_use_kind classify_container(struct mention *m, uint32_t at)
{
	struct program *p = m->p;
	uint32_t up = program_parent(p, m->file, at), up2 = program_parent(p, m->file, up);
	const struct tree_node *n = program_node(p, m->file, up);
	uint32_t means = language_means(p, n->name);

	if (n->kind == TREE_SUBSCRIPT && n->first == at)
		return classify(m, up);
	if (n->kind == TREE_ATTR && program_node(p, m->file, up2)->kind == TREE_CALL &&
	    program_node(p, m->file, up2)->first == up) {
		if (means & MEANS_ELEMENT)
			return classify(m, up2);
		if (means & MEANS_EMPTIES)
			return USE_HARMLESS;
		return escape(m, "its container is used in another way");
	}
	if (n->kind == TREE_ASSIGN || n->kind == TREE_ANNASSIGN)
		return n->first == at ? escape(m, "its container is stored somewhere else too")
		                      : classify_assign(m, up, at);
	if (n->kind == TREE_CALL && n->first != at &&
	    language_means(p, program_node(p, m->file, n->first)->name) & MEANS_COUNTS)
		return USE_HARMLESS;
	if (n->kind == TREE_DEL || in_test(m, at))
		return USE_HARMLESS;
	return escape(m, "its container is used in another way");
}

static void use_add(struct mention *m, uint32_t lock, enum model_use_kind kind, bool certain)
{
	struct program *p = m->p;
	struct model_lock *l = &m->model->locks.at[lock];
	uint32_t id = program_push(p, &m->model->uses);

	if (!id)
		return;
	m->model->uses.at[id] =
		(struct model_use){.kind = kind,
	                           .certain = certain,
	                           .lock = lock,
	                           .file = m->file,
	                           .func = program_enclosing_func(p, m->file, m->node),
	                           .node = kind == USE_REGION ? m->region : m->node};
	if (kind == USE_REGION)
		l->regions++;
	else if (kind == USE_ACQUIRE || kind == USE_RELEASE)
		l->manual = true;
	else if (kind == USE_TEST)
		l->tested = true;
	else if (kind == USE_OTHER)
		model_lock_escape(m->model, lock, m->file, m->node, m->why);
}

static void mention_add(struct model *model, uint32_t file, uint32_t node)
{
	struct program *p = &model->program;
	struct mention m = {.model = model, .p = p, .file = file, .node = node};
	uint32_t count, scope = program_enclosing_scope(p, file, node), from;
	bool certain;

	from = model_locks_of(model, scope, node, &count, &certain);
	for (uint32_t i = 0; i < count; i++) {
		uint32_t lock = p->lists.at[from + i];
		bool element =
			model->locks.at[lock].container &&
			!program_map_get(
				&model->lock_aliases,
				program_name_scope(p, scope, program_node(p, file, node)->name),
				program_node(p, file, node)->name);
		enum model_use_kind kind =
			element ? classify_container(&m, node) : classify(&m, node);

		use_add(&m, lock, kind, certain);
	}
}

/* NAME = lock, in a function: from here on the name stands for the lock. */
static void alias_find(struct model *model, uint32_t file, uint32_t node)
{
	struct program *p = &model->program;
	const struct tree_node *n = program_node(p, file, node);
	uint32_t scope = program_enclosing_scope(p, file, node), count, from, lock;
	bool certain;

	from = model_locks_of(model, scope, n->first, &count, &certain);
	lock = count ? p->lists.at[from] : 0;
	if (!lock && program_node(p, file, n->first)->kind == TREE_CALL) {
		/* a = self.b = Lock() */
		for (uint32_t t = program_node(p, file, n->first)->next; t;
		     t = program_node(p, file, t)->next)
			if (program_node(p, file, t)->kind != TREE_NAME) {
				from = model_locks_of(model, scope, t, &count, &certain);
				lock = count ? p->lists.at[from] : 0;
			}
	}
	if (!lock)
		return;
	/* the container itself, not an element: no alias of a lock */
	if (model->locks.at[lock].container &&
	    (program_node(p, file, n->first)->kind == TREE_ATTR ||
	     program_node(p, file, n->first)->kind == TREE_NAME))
		return;
	for (uint32_t t = program_node(p, file, n->first)->next; t;
	     t = program_node(p, file, t)->next) {
		uint32_t name = program_node(p, file, t)->name, at, have;

		if (program_node(p, file, t)->kind != TREE_NAME)
			continue;
		at = program_name_scope(p, scope, name);
		if (!at || program_map_get(&model->lock_by_place, at, name))
			continue;
		have = program_map_get(&model->lock_aliases, at, name);
		for (uint32_t i = 0; i < count; i++)
			if (count > 1 || (have && have != lock) ||
			    p->scopes.at[at].kind != SCOPE_FUNC)
				model_lock_escape(model, p->lists.at[from + i], file, t,
				                  "one name stands for several locks");
		if (have && have != lock)
			model_lock_escape(model, have, file, t,
			                  "one name stands for several locks");
		program_map_set(p, &model->lock_aliases, at, name, lock);
		program_map_set(p, &model->lock_alias_names, name, 0, 1);
	}
}

/* getattr(x, "_lock") and other ways to say a name in a string. */
static void string_mention(struct model *model, uint32_t file, uint32_t node)
{
	struct program *p = &model->program;
	uint32_t name = program_node(p, file, node)->name, at = node;
	bool quiet = false, by_name = program_text(p, name)[0] == '_';

	for (uint32_t up = program_parent(p, file, at); up;
	     at = up, up = program_parent(p, file, up)) {
		const struct tree_node *n = program_node(p, file, up);

		if (n->kind == TREE_CALL && n->first != at) {
			const char *f = program_text(p, program_node(p, file, n->first)->name);

			by_name |= strstr(f, "attr") != NULL || strstr(f, "patch") != NULL;
		}
		if (n->kind == TREE_ASSIGN && n->first == at) {
			const struct tree_node *t =
				program_node(p, file, program_node(p, file, at)->next);

			quiet = (language_means(p, t->name) & MEANS_LISTS) != 0;
		}
		if (n->kind == TREE_BLOCK)
			break;
	}
	if (quiet || !by_name)
		return;
	for (uint32_t l = program_map_get(&model->lock_names, name, 0); l;
	     l = model->locks.at[l].next)
		model_lock_escape(model, l, file, node, "its name is said in a string");
}

/* from m import lock as other: its mentions have another name. */
static void import_mention(struct model *model, uint32_t file, uint32_t node)
{
	struct program *p = &model->program;
	uint32_t name = program_node(p, file, program_node(p, file, node)->first)->name;

	if (!program_node(p, file, node)->name)
		return;
	for (uint32_t l = program_map_get(&model->lock_names, name, 0); l;
	     l = model->locks.at[l].next)
		if (!model->locks.at[l].class)
			model_lock_escape(model, l, file, node,
			                  "it is imported under another name");
}

/* A file that was not understood as a whole may do anything with a lock that it names. */
static void broken_file(struct model *model, uint32_t file)
{
	struct program *p = &model->program;
	const struct program_file *f = &p->files.at[file];

	for (uint32_t l = 1; l < model->locks.count; l++) {
		const char *name = program_text(p, model->locks.at[l].name);

		if (!f->text || memmem(f->text, f->size, name, strlen(name)))
			model_lock_escape(model, l, file, 0,
			                  "a file that names it was not fully understood");
	}
}

static void aliases_link(struct model *model)
{
	struct program *p = &model->program;

	for (uint32_t file = 1; file < p->files.count; file++) {
		const struct tree *t = p->files.at[file].tree;

		for (uint32_t i = 1; t && i < t->node_count; i++) {
			uint32_t target;

			if (t->nodes[i].kind != TREE_ASSIGN)
				continue;
			for (target = t->nodes[t->nodes[i].first].next; target;
			     target = t->nodes[target].next)
				if (t->nodes[target].kind == TREE_NAME) {
					alias_find(model, file, i);
					break;
				}
		}
	}
}

void model_uses_link(struct model *model)
{
	struct program *p = &model->program;

	if (model->locks.count < 2)
		return;
	aliases_link(model);
	for (uint32_t file = 1; file < p->files.count; file++) {
		const struct tree *t = p->files.at[file].tree;

		for (uint32_t i = 1; t && i < t->node_count && !p->err; i++) {
			const struct tree_node *n = &t->nodes[i];

			if (n->kind != TREE_ATTR && n->kind != TREE_NAME &&
			    n->kind != TREE_STRING && n->kind != TREE_ALIAS)
				continue;
			if (n->kind == TREE_ALIAS) {
				import_mention(model, file, i);
				continue;
			}
			if (!n->name || (!program_map_get(&model->lock_names, n->name, 0) &&
			                 !(n->kind == TREE_NAME &&
			                   program_map_get(&model->lock_alias_names, n->name, 0))))
				continue;
			if (n->kind == TREE_STRING)
				string_mention(model, file, i);
			else if (t->nodes[p->files.at[file].parent[i]].kind != TREE_ALIAS)
				mention_add(model, file, i);
		}
		if (t && (t->error_line || t->too_deep))
			broken_file(model, file);
	}
}
