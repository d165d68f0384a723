/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * model_use.c - what is done with each lock: every mention of it in the program.
 *
 * A mention that is not understood is an escape: from then on nothing is proven
 * about the lock. Where the receiver's class is not known, a mention counts for
 * every lock of that attribute's name.
 */
#include <string.h>

#include "source/program/program_parts.h"

struct mention {
	struct py_program *p;
	uint32_t file, node;
	const char *why; /* of an escape */
	uint32_t region; /* of USE_REGION */
};

static bool is_lock_made(const struct mention *m, uint32_t value)
{
	const struct py_node *n = py_node(m->p, m->file, value);
	uint32_t scope = py_enclosing_scope(m->p, m->file, value), count;
	struct py_ref ref = py_resolve(m->p, scope, value);
	bool certain;

	/* another mention of a lock: what follows from it is told there */
	py_locks_of(m->p, scope, value, &count, &certain);
	if (count)
		return true;

	/* an object of a class that is a lock */
	for (uint32_t l = 1; ref.kind == REF_INSTANCE && l < m->p->locks.count; l++)
		if (m->p->locks.at[l].file == m->file && m->p->locks.at[l].node == value)
			return true;
	if (ref.kind == REF_NONE || ref.kind == REF_CONTAINER ||
	    (ref.kind == REF_EXTERN_INSTANCE &&
	     (n->kind == PY_CALL || n->kind == PY_OR || n->kind == PY_IFEXP)))
		return true;
	/* an empty or comprehended container, filled by places that model_lock.c has seen */
	if ((n->kind == PY_DICT || n->kind == PY_LIST) && !n->first)
		return true;
	if (n->kind == PY_COMP || n->kind == PY_DICT || n->kind == PY_LIST)
		return true;
	if (n->kind == PY_CALL) {
		const char *name = py_text(m->p, py_node(m->p, m->file, n->first)->name);

		return !strcmp(name, "dict") || !strcmp(name, "WeakValueDictionary") ||
		       !strcmp(name, "WeakKeyDictionary") || !strcmp(name, "OrderedDict") ||
		       !strcmp(name, "field");
	}
	return false;
}

static enum py_use_kind escape(struct mention *m, const char *why)
{
	m->why = why;
	return USE_OTHER;
}

/* Is the value of `at` only tested for truth? */
static bool in_test(const struct mention *m, uint32_t at)
{
	const struct py_program *p = m->p;

	for (uint32_t up = py_parent(p, m->file, at);; at = up, up = py_parent(p, m->file, at)) {
		const struct py_node *n = py_node(p, m->file, up);

		switch (n->kind) {
		case PY_NOT:
		case PY_COMPARE:
		case PY_COMP_IF:
		case PY_EXPR:
			return true;
		case PY_IF:
		case PY_WHILE:
			return py_node(p, m->file, at)->kind != PY_BLOCK;
		case PY_ASSERT:
		case PY_IFEXP:
			return n->first == at;
		case PY_AND:
		case PY_OR:
			continue;
		default:
			return false;
		}
	}
}

/* x.acquire() and the like: `call` is the CALL, or 0 if the method is not called. */
static enum py_use_kind classify_method(struct mention *m, uint32_t attr, uint32_t call)
{
	struct py_program *p = m->p;
	uint32_t name = py_node(p, m->file, attr)->name, up, up2;
	const char *text = py_text(p, name);

	if (!call)
		return escape(m, "a method of it is handed on");
	if (name == p->n_locked)
		return USE_TEST;
	if (name == p->n_release)
		return USE_RELEASE;
	if (name != p->n_acquire)
		return !strcmp(text, "notify") || !strcmp(text, "notify_all") ||
		                       !strcmp(text, "wait") || !strcmp(text, "wait_for") ||
		                       !strcmp(text, "set") || !strcmp(text, "clear") ||
		                       !strcmp(text, "is_set") || !strcmp(text, "put") ||
		                       !strcmp(text, "get") || !strcmp(text, "statistics")
		               ? USE_HARMLESS
		               : escape(m, "another method of it is called");
	up = py_parent(p, m->file, call);
	if (py_node(p, m->file, up)->kind == PY_AWAIT) {
		up2 = py_parent(p, m->file, up);
		if (py_node(p, m->file, up2)->kind == PY_ITEM) {
			m->region = up2;
			return USE_REGION;
		}
	}
	return USE_ACQUIRE;
}

static enum py_use_kind classify_assign(struct mention *m, uint32_t statement, uint32_t at)
{
	struct py_program *p = m->p;
	const struct py_node *n = py_node(p, m->file, statement);
	uint32_t target;

	if (n->first != at) /* it is stored to */
		return is_lock_made(m, n->first) ? USE_HARMLESS
		                                 : escape(m, "something unknown is stored in it");
	for (target = py_node(p, m->file, at)->next; target;
	     target = py_node(p, m->file, target)->next)
		if (py_node(p, m->file, target)->kind != PY_NAME && n->kind == PY_ASSIGN)
			return escape(m, "it is stored somewhere else too");
	return USE_HARMLESS; /* an alias: the name's own mentions are looked at */
}

static enum py_use_kind classify_container(struct mention *m, uint32_t at);

static enum py_use_kind classify(struct mention *m, uint32_t at)
{
	struct py_program *p = m->p;
	uint32_t up = py_parent(p, m->file, at), up2;
	const struct py_node *n = py_node(p, m->file, up);

	switch (n->kind) {
	case PY_ASSIGN:
	case PY_ANNASSIGN:
		return classify_assign(m, up, at);
	case PY_DEL:
	case PY_GLOBAL:
	case PY_NONLOCAL:
		return USE_HARMLESS;
	case PY_TUPLE: /* a, b = x, y stores to it */
		up2 = py_parent(p, m->file, up);
		if (py_node(p, m->file, up2)->kind != PY_ASSIGN ||
		    py_node(p, m->file, up2)->first == up)
			return escape(m, "it is used as a value");
		up2 = py_tuple_across(p, m->file, at);
		return up2 && is_lock_made(m, up2) ? USE_HARMLESS
		                                   : escape(m, "something unknown is stored in it");
	case PY_ITEM:
		if (n->first != at)
			return escape(m, "something unknown is stored in it");
		m->region = up;
		return USE_REGION;
	case PY_ATTR:
		up2 = py_parent(p, m->file, up);
		return classify_method(m, up,
		                       py_node(p, m->file, up2)->kind == PY_CALL &&
		                                       py_node(p, m->file, up2)->first == up
		                               ? up2
		                               : 0);
	case PY_CALL:
	case PY_KEYWORD:
		return escape(m, "it is passed to a call");
	case PY_RETURN:
	case PY_YIELD:
		return escape(m, "it is given to the caller");
	default:
		return in_test(m, at) ? USE_HARMLESS : escape(m, "it is used as a value");
	}
}

/* What is done with a container of locks; where an element is taken out, with that. */
static enum py_use_kind classify_container(struct mention *m, uint32_t at)
{
	struct py_program *p = m->p;
	uint32_t up = py_parent(p, m->file, at), up2 = py_parent(p, m->file, up);
	const struct py_node *n = py_node(p, m->file, up);
	const char *name = py_text(p, n->name);

	if (n->kind == PY_SUBSCRIPT && n->first == at)
		return classify(m, up);
	if (n->kind == PY_ATTR && py_node(p, m->file, up2)->kind == PY_CALL &&
	    py_node(p, m->file, up2)->first == up) {
		if (!strcmp(name, "get") || !strcmp(name, "setdefault") || !strcmp(name, "pop"))
			return classify(m, up2);
		if (!strcmp(name, "clear") || !strcmp(name, "keys"))
			return USE_HARMLESS;
		if (!strcmp(name, "append"))
			return USE_HARMLESS;
		return escape(m, "its container is used in another way");
	}
	if (n->kind == PY_ASSIGN || n->kind == PY_ANNASSIGN)
		return n->first == at ? escape(m, "its container is stored somewhere else too")
		                      : classify_assign(m, up, at);
	if (n->kind == PY_CALL && n->first != at &&
	    !strcmp(py_text(p, py_node(p, m->file, n->first)->name), "len"))
		return USE_HARMLESS;
	if (n->kind == PY_DEL || in_test(m, at))
		return USE_HARMLESS;
	return escape(m, "its container is used in another way");
}

static void use_add(struct mention *m, uint32_t lock, enum py_use_kind kind, bool certain)
{
	struct py_program *p = m->p;
	struct py_lock *l = &p->locks.at[lock];
	uint32_t id = py_push(p, &p->uses);

	if (!id)
		return;
	p->uses.at[id] = (struct py_use){.kind = kind,
	                                 .certain = certain,
	                                 .lock = lock,
	                                 .file = m->file,
	                                 .func = py_enclosing_func(p, m->file, m->node),
	                                 .node = kind == USE_REGION ? m->region : m->node};
	if (kind == USE_REGION)
		l->regions++;
	else if (kind == USE_ACQUIRE || kind == USE_RELEASE)
		l->manual = true;
	else if (kind == USE_TEST)
		l->tested = true;
	else if (kind == USE_OTHER)
		py_lock_escape(p, lock, m->file, m->node, m->why);
}

static void mention_add(struct py_program *p, uint32_t file, uint32_t node)
{
	struct mention m = {.p = p, .file = file, .node = node};
	uint32_t count, scope = py_enclosing_scope(p, file, node), from;
	bool certain;

	from = py_locks_of(p, scope, node, &count, &certain);
	for (uint32_t i = 0; i < count; i++) {
		uint32_t lock = p->lists.at[from + i];
		bool element = p->locks.at[lock].container &&
		               !py_map_get(&p->lock_aliases,
		                           py_name_scope(p, scope, py_node(p, file, node)->name),
		                           py_node(p, file, node)->name);
		enum py_use_kind kind = element ? classify_container(&m, node) : classify(&m, node);

		use_add(&m, lock, kind, certain);
	}
}

/* NAME = lock, in a function: from here on the name stands for the lock. */
static void alias_find(struct py_program *p, uint32_t file, uint32_t node)
{
	const struct py_node *n = py_node(p, file, node);
	uint32_t scope = py_enclosing_scope(p, file, node), count, from, lock;
	bool certain;

	from = py_locks_of(p, scope, n->first, &count, &certain);
	lock = count ? p->lists.at[from] : 0;
	if (!lock && py_node(p, file, n->first)->kind == PY_CALL) {
		/* a = self.b = Lock() */
		for (uint32_t t = py_node(p, file, n->first)->next; t;
		     t = py_node(p, file, t)->next)
			if (py_node(p, file, t)->kind != PY_NAME) {
				from = py_locks_of(p, scope, t, &count, &certain);
				lock = count ? p->lists.at[from] : 0;
			}
	}
	if (!lock)
		return;
	/* the container itself, not an element: no alias of a lock */
	if (p->locks.at[lock].container && (py_node(p, file, n->first)->kind == PY_ATTR ||
	                                    py_node(p, file, n->first)->kind == PY_NAME))
		return;
	for (uint32_t t = py_node(p, file, n->first)->next; t; t = py_node(p, file, t)->next) {
		uint32_t name = py_node(p, file, t)->name, at, have;

		if (py_node(p, file, t)->kind != PY_NAME)
			continue;
		at = py_name_scope(p, scope, name);
		if (!at || py_map_get(&p->lock_by_place, at, name))
			continue;
		have = py_map_get(&p->lock_aliases, at, name);
		for (uint32_t i = 0; i < count; i++)
			if (count > 1 || (have && have != lock) ||
			    p->scopes.at[at].kind != SCOPE_FUNC)
				py_lock_escape(p, p->lists.at[from + i], file, t,
				               "one name stands for several locks");
		if (have && have != lock)
			py_lock_escape(p, have, file, t, "one name stands for several locks");
		py_map_set(p, &p->lock_aliases, at, name, lock);
		py_map_set(p, &p->lock_alias_names, name, 0, 1);
	}
}

/* getattr(x, "_lock") and other ways to say a name in a string. */
static void string_mention(struct py_program *p, uint32_t file, uint32_t node)
{
	uint32_t name = py_node(p, file, node)->name, at = node;
	bool quiet = false, by_name = py_text(p, name)[0] == '_';

	for (uint32_t up = py_parent(p, file, at); up; at = up, up = py_parent(p, file, up)) {
		const struct py_node *n = py_node(p, file, up);

		if (n->kind == PY_CALL && n->first != at) {
			const char *f = py_text(p, py_node(p, file, n->first)->name);

			by_name |= strstr(f, "attr") != NULL || strstr(f, "patch") != NULL;
		}
		if (n->kind == PY_ASSIGN && n->first == at) {
			const struct py_node *t = py_node(p, file, py_node(p, file, at)->next);

			quiet = t->name == p->n_slots || t->name == p->n_all;
		}
		if (n->kind == PY_BLOCK)
			break;
	}
	if (quiet || !by_name)
		return;
	for (uint32_t l = py_map_get(&p->lock_names, name, 0); l; l = p->locks.at[l].next)
		py_lock_escape(p, l, file, node, "its name is said in a string");
}

/* from m import lock as other: its mentions have another name. */
static void import_mention(struct py_program *p, uint32_t file, uint32_t node)
{
	uint32_t name = py_node(p, file, py_node(p, file, node)->first)->name;

	if (!py_node(p, file, node)->name)
		return;
	for (uint32_t l = py_map_get(&p->lock_names, name, 0); l; l = p->locks.at[l].next)
		if (!p->locks.at[l].class)
			py_lock_escape(p, l, file, node, "it is imported under another name");
}

/* A file that was not understood as a whole may do anything with a lock that it names. */
static void broken_file(struct py_program *p, uint32_t file)
{
	const struct py_file *f = &p->files.at[file];

	for (uint32_t l = 1; l < p->locks.count; l++) {
		const char *name = py_text(p, p->locks.at[l].name);

		if (!f->text || memmem(f->text, f->size, name, strlen(name)))
			py_lock_escape(p, l, file, 0,
			               "a file that names it was not fully understood");
	}
}

static void aliases_link(struct py_program *p)
{
	for (uint32_t file = 1; file < p->files.count; file++) {
		const struct pytree *t = p->files.at[file].tree;

		for (uint32_t i = 1; t && i < t->node_count; i++) {
			uint32_t target;

			if (t->nodes[i].kind != PY_ASSIGN)
				continue;
			for (target = t->nodes[t->nodes[i].first].next; target;
			     target = t->nodes[target].next)
				if (t->nodes[target].kind == PY_NAME) {
					alias_find(p, file, i);
					break;
				}
		}
	}
}

void py_uses_link(struct py_program *p)
{
	if (p->locks.count < 2)
		return;
	aliases_link(p);
	for (uint32_t file = 1; file < p->files.count; file++) {
		const struct pytree *t = p->files.at[file].tree;

		for (uint32_t i = 1; t && i < t->node_count && !p->err; i++) {
			const struct py_node *n = &t->nodes[i];

			if (n->kind != PY_ATTR && n->kind != PY_NAME && n->kind != PY_STRING &&
			    n->kind != PY_ALIAS)
				continue;
			if (n->kind == PY_ALIAS) {
				import_mention(p, file, i);
				continue;
			}
			if (!n->name ||
			    (!py_map_get(&p->lock_names, n->name, 0) &&
			     !(n->kind == PY_NAME && py_map_get(&p->lock_alias_names, n->name, 0))))
				continue;
			if (n->kind == PY_STRING)
				string_mention(p, file, i);
			else if (t->nodes[p->files.at[file].parent[i]].kind != PY_ALIAS)
				mention_add(p, file, i);
		}
		if (t && (t->error_line || t->too_deep))
			broken_file(p, file);
	}
}
