/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * model_lock.c - which locks there are: every place a lock is made and kept in.
 *
 * A lock's identity is (class, attribute), (module, variable) or (function,
 * variable); one attribute of classes that derive from one another is one lock.
 */
#include <string.h>

#include "model_lock.h"
#include "model.h"
#include "source/program/language.h"
#include "source/program/program_node.h"

struct place {
	uint32_t scope, name, class;
	bool container, maybe; /* maybe: another value is possible: x or Lock() */
	bool foreign;          /* kept in an object whose class is not known */
};

void model_lock_escape(struct model *model, uint32_t lock, uint32_t file, uint32_t node,
                       const char *why)
{
	struct model_lock *l = &model->locks.at[lock];

	if (l->escapes)
		return;
	l->escapes = true;
	l->escape_file = file;
	l->escape_node = node;
	l->escape_why = why;
}

static bool place_of_target(struct program *p, uint32_t file, uint32_t target, struct place *out)
{
	uint32_t scope = program_enclosing_scope(p, file, target);
	const struct tree_node *n = program_node(p, file, target);
	struct program_ref ref;

	out->name = n->name;
	switch (n->kind) {
	case TREE_NAME:
		out->scope = program_name_scope(p, scope, n->name);
		if (!out->scope)
			return false;
		if (p->scopes.at[out->scope].kind == SCOPE_CLASS)
			out->class = p->scopes.at[out->scope].id;
		return true;
	case TREE_ATTR:
		ref = program_resolve(p, scope, n->first);
		if (ref.kind == REF_INSTANCE || ref.kind == REF_CLASS) {
			out->class = ref.id;
			out->scope = p->classes.at[ref.id].scope;
		} else if (ref.kind == REF_MODULE) {
			out->scope = p->files.at[ref.id].scope;
		} else {
			out->scope = scope;
			out->foreign = true;
		}
		return out->scope != 0;
	case TREE_SUBSCRIPT:
		out->container = true;
		return place_of_target(p, file, n->first, out);
	default:
		return false;
	}
}

/* Of a conditional expression's two values: is the one beside `value` None? */
static bool other_is_none(struct program *p, uint32_t file, uint32_t test, uint32_t value)
{
	for (uint32_t c = program_node(p, file, test)->next; c; c = program_node(p, file, c)->next)
		if (c != value && program_node(p, file, c)->name != p->n_none)
			return false;
	return value != test;
}

/* Climbs from the call that makes a lock to what keeps it. */
static bool place_of_call(struct program *p, uint32_t file, uint32_t call, struct place *out)
{
	uint32_t at = program_parent(p, file, call), from = call;

	for (; at; from = at, at = program_parent(p, file, at)) {
		const struct tree_node *n = program_node(p, file, at), *f;
		uint32_t target;

		switch (n->kind) {
		case TREE_OR:
			out->maybe = true;
			continue;
		case TREE_IFEXP: /* Lock() if wanted else None */
			out->maybe |= !other_is_none(p, file, n->first, from);
			continue;
		case TREE_LIST:
		case TREE_COMP:
		case TREE_DICT:
		case TREE_PAIR:
			out->container = true;
			continue;
		case TREE_WALRUS:
			continue;
		case TREE_KEYWORD: /* field(default_factory=Lock) */
			continue;
		case TREE_CALL:
			f = program_node(p, file, n->first);
			if (f->kind == TREE_ATTR &&
			    language_means(p, f->name) & MEANS_PUTS_DEFAULT) {
				out->container = true;
				return place_of_target(p, file, f->first, out);
			}
			return false;
		case TREE_TUPLE:
			target = program_tuple_across(p, file, from);
			return target && place_of_target(p, file, target, out);
		case TREE_ASSIGN:
		case TREE_ANNASSIGN:
			if (n->first != from)
				return false;
			/* of several targets the one that is not a plain name keeps it */
			target = program_node(p, file, from)->next;
			for (uint32_t t = n->kind == TREE_ASSIGN ? target : 0; t;
			     t = program_node(p, file, t)->next)
				if (program_node(p, file, t)->kind != TREE_NAME) {
					target = t;
					break;
				}
			return place_of_target(p, file, target, out);
		default:
			return false;
		}
	}
	return false;
}

/* The lock of that name in the class or one that it derives from or that derives from it. */
static uint32_t lock_in_family(struct model *model, uint32_t class, uint32_t name)
{
	struct program *p = &model->program;

	for (uint32_t l = program_map_get(&model->lock_names, name, 0); l;
	     l = model->locks.at[l].next)
		if (model->locks.at[l].class &&
		    program_class_related(p, model->locks.at[l].class, class))
			return l;
	return 0;
}

static uint32_t label_of(struct program *p, const struct place *at, uint32_t file)
{
	const struct program_scope *s = &p->scopes.at[at->scope];

	if (at->foreign)
		return program_internf(p, "?.%s", program_text(p, at->name));
	if (at->class)
		return program_internf(p, "%s.%s",
		                       program_text(p, p->classes.at[at->class].qualname),
		                       program_text(p, at->name));
	if (s->kind == SCOPE_FUNC)
		return program_internf(p, "%s.%s", program_text(p, p->funcs.at[s->id].qualname),
		                       program_text(p, at->name));
	return program_internf(p, "%s.%s", program_text(p, p->files.at[file].module),
	                       program_text(p, at->name));
}

/* Gives the lock; 0: it is not kept in a place that has a name. */
static uint32_t lock_add(struct model *model, uint32_t file, uint32_t node, uint32_t dotted)
{
	struct program *p = &model->program;
	struct place at = {0};
	enum lock_flavour flavour;
	enum lock_type type = p->language->known_lock(program_text(p, dotted), &flavour);
	uint32_t id;
	struct model_lock *l;

	if (!type || !place_of_call(p, file, node, &at) || !at.name)
		return 0;
	id = at.class ? lock_in_family(model, at.class, at.name)
	              : program_map_get(&model->lock_by_place, at.scope, at.name);
	if (!id) {
		id = program_push(p, &model->locks);
		if (!id)
			return 0;
		l = &model->locks.at[id];
		*l = (struct model_lock){.type = type,
		                         .flavour = flavour,
		                         .class = at.class,
		                         .scope = at.scope,
		                         .name = at.name,
		                         .dotted = dotted,
		                         .file = file,
		                         .node = node,
		                         .container = at.container};
		l->next = program_map_get(&model->lock_names, at.name, 0);
		program_map_set(p, &model->lock_names, at.name, 0, id);
		model->locks.at[id].label = label_of(p, &at, file);
	}
	l = &model->locks.at[id];
	program_map_set(p, &model->lock_by_place, at.scope, at.name, id);
	if (l->type != type || l->flavour != flavour || l->container != at.container)
		model_lock_escape(model, id, file, node, "locks of different kinds are kept in it");
	if (at.maybe)
		model_lock_escape(model, id, file, node,
		                  "it may be a lock that was given from outside");
	if (at.foreign)
		model_lock_escape(model, id, file, node,
		                  "it is kept in an object of unknown class");
	return id;
}

static bool may_make_lock(const char *name)
{
	return strcasestr(name, "lock") || strcasestr(name, "mutex") || strstr(name, "Semaphore") ||
	       !strcmp(name, "Condition") || !strcmp(name, "Event") || strstr(name, "Queue");
}

/* Factories: defaultdict(Lock), field(default_factory=Lock). */
static void factory_find(struct model *model, uint32_t file, uint32_t node)
{
	struct program *p = &model->program;
	const struct tree_node *n = program_node(p, file, node),
			       *f = program_node(p, file, n->first);
	uint32_t scope = program_enclosing_scope(p, file, node), id;
	struct program_ref ref;

	for (uint32_t a = f->next; a; a = program_node(p, file, a)->next) {
		const struct tree_node *arg = program_node(p, file, a);

		if (arg->kind == TREE_KEYWORD && strstr(program_text(p, arg->name), "factory")) {
			ref = program_resolve(p, scope, arg->first);
			if (ref.kind != REF_EXTERN)
				continue;
			id = lock_add(model, file, node, ref.id);
			if (id)
				model_lock_escape(model, id, file, node,
				                  "it is a parameter of its class");
			return;
		}
	}
	ref = program_resolve(p, scope, node);
	id = ref.kind == REF_CONTAINER ? lock_add(model, file, node, ref.id) : 0;
	if (id)
		model->locks.at[id].container = true;
}

/* self.X.acquire() awaited, X being a lock: its type; 0: something else. */
static uint32_t acquired_type(struct program *p, const struct program_func *f, uint32_t await)
{
	uint32_t call = program_node(p, f->file, await)->first, object;
	const struct tree_node *c = program_node(p, f->file, call),
			       *m = program_node(p, f->file, c->first);
	enum lock_flavour flavour;
	struct program_ref ref;

	if (c->kind != TREE_CALL || m->kind != TREE_ATTR ||
	    !(language_means(p, m->name) & MEANS_ACQUIRES))
		return 0;
	object = m->first;
	if (program_node(p, f->file, object)->kind != TREE_ATTR ||
	    program_node(p, f->file, program_node(p, f->file, object)->first)->name != f->self)
		return 0;
	ref = program_resolve(p, f->scope, object);
	if (ref.kind != REF_EXTERN_INSTANCE ||
	    p->language->known_lock(program_text(p, ref.id), &flavour) != LOCK_LOCK ||
	    flavour == FLAVOUR_THREAD)
		return 0;
	return ref.id;
}

/* Awaits and the like inside a node; *only: the last await. */
static unsigned int awaits_within(const struct program *p, uint32_t file, uint32_t node,
                                  uint32_t *only)
{
	const struct tree_node *n = program_node(p, file, node);
	unsigned int count =
		n->kind == TREE_AWAIT || n->flags & TREE_ASYNC || n->kind == TREE_ERROR;

	if (n->kind == TREE_AWAIT)
		*only = node;
	for (uint32_t c = n->first; c; c = program_node(p, file, c)->next)
		count += awaits_within(p, file, c, only);
	return count;
}

/* The one method of that name, its body; 0: there are others, or none. */
static uint32_t method_body(struct program *p, uint32_t class, const char *name,
                            const struct program_func **f)
{
	uint32_t from = p->lists.count, count;

	if (!program_class_methods(p, class, program_intern_text(p, name), &count) || count != 1)
		return 0;
	*f = &p->funcs.at[p->lists.at[from]];
	return (*f)->flags & FUNC_ASYNC ? program_child(p, (*f)->file, (*f)->node, 3) : 0;
}

/* A class that is entered by acquiring a lock of its own, and does not await otherwise: an object
 * of it is a lock of that type. */
static uint32_t wrapped_type(struct program *p, uint32_t class)
{
	const struct program_func *enter, *leave;
	uint32_t body = method_body(p, class, p->language->enter, &enter), await = 0, none = 0;

	if (!body || awaits_within(p, enter->file, body, &await) != 1 || !await)
		return 0;
	body = method_body(p, class, p->language->leave, &leave);
	if (!body || awaits_within(p, leave->file, body, &none))
		return 0;
	return acquired_type(p, enter, await);
}

void model_locks_link(struct model *model)
{
	struct program *p = &model->program;

	for (uint32_t file = 1; file < p->files.count; file++) {
		const struct tree *t = p->files.at[file].tree;

		for (uint32_t i = 1; t && i < t->node_count && !p->err; i++) {
			const struct tree_node *n = &t->nodes[i];
			const char *name;
			struct program_ref ref;

			if (n->kind != TREE_CALL || !n->first)
				continue;
			name = program_text(p, t->nodes[n->first].name);
			if (language_means(p, t->nodes[n->first].name) & MEANS_FACTORY)
				factory_find(model, file, i);
			if (!may_make_lock(name))
				continue;
			ref = program_resolve(p, program_enclosing_scope(p, file, i), i);
			if (ref.kind == REF_EXTERN_INSTANCE && ref.other == i)
				lock_add(model, file, i, ref.id);
			if (ref.kind == REF_INSTANCE && wrapped_type(p, ref.id))
				lock_add(model, file, i, wrapped_type(p, ref.id));
		}
	}
}

static void found(struct program *p, uint32_t lock, uint32_t *count)
{
	uint32_t at = program_push(p, &p->lists);

	if (at) {
		p->lists.at[at] = lock;
		(*count)++;
	}
}

static void locks_of_attribute(struct model *model, uint32_t scope, const struct tree_node *n,
                               uint32_t *count, bool *certain)
{
	struct program *p = &model->program;
	uint32_t first = program_map_get(&model->lock_names, n->name, 0), id;
	struct program_ref ref;

	if (!first)
		return;
	ref = program_resolve(p, scope, n->first);
	*certain = ref.kind == REF_INSTANCE || ref.kind == REF_CLASS || ref.kind == REF_SUPER ||
	           ref.kind == REF_MODULE;
	if (ref.kind == REF_MODULE) {
		id = program_map_get(&model->lock_by_place, p->files.at[ref.id].scope, n->name);
		if (id)
			found(p, id, count);
		/* a name that a module only imports is found by all of that name */
		if (id || program_map_get(&p->bound, p->files.at[ref.id].scope, n->name))
			return;
	}
	for (uint32_t l = first; l; l = model->locks.at[l].next) {
		const struct model_lock *lock = &model->locks.at[l];

		if (*certain && ref.kind != REF_MODULE &&
		    (!lock->class || !program_class_related(p, lock->class, ref.id)))
			continue;
		/* a variable of a function is no attribute */
		if (!lock->class && p->scopes.at[lock->scope].kind == SCOPE_FUNC && !lock->escapes)
			continue;
		found(p, l, count);
	}
}

static void locks_of_name(struct model *model, uint32_t scope, uint32_t name, uint32_t *count)
{
	struct program *p = &model->program;
	uint32_t at = program_name_scope(p, scope, name), id, b, file;

	if (!at)
		return;
	id = program_map_get(&model->lock_by_place, at, name);
	if (!id)
		id = program_map_get(&model->lock_aliases, at, name);
	for (b = program_map_get(&p->bound, at, name); b && !id; b = p->bindings.at[b].next) {
		const struct program_binding *from = &p->bindings.at[b];

		if (from->kind != BIND_FROM)
			continue;
		file = p->language->module_find(p, from->file, from->id);
		if (file && file != from->file && p->files.at[file].scope)
			id = program_map_get(&model->lock_by_place, p->files.at[file].scope,
			                     from->other);
	}
	if (id)
		found(p, id, count);
}

uint32_t model_locks_of(struct model *model, uint32_t scope, uint32_t node, uint32_t *count,
                        bool *certain)
{
	struct program *p = &model->program;
	uint32_t file = p->scopes.at[scope].file, from = p->lists.count ? p->lists.count : 1;
	const struct tree_node *n = program_node(p, file, node);

	*count = 0;
	*certain = true;
	/* an element of a container, whatever the index; what get() and the like give */
	if (n->kind == TREE_CALL && program_node(p, file, n->first)->kind == TREE_ATTR) {
		uint32_t method = program_node(p, file, n->first)->name;

		if (language_means(p, method) & MEANS_ELEMENT)
			n = program_node(p, file, program_node(p, file, n->first)->first);
	} else if (n->kind == TREE_SUBSCRIPT) {
		n = program_node(p, file, n->first);
	}
	if (n->kind == TREE_ATTR)
		locks_of_attribute(model, scope, n, count, certain);
	else if (n->kind == TREE_NAME)
		locks_of_name(model, scope, n->name, count);
	return from;
}
