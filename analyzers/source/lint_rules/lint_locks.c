/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * lint_locks.c - rules about locks as wholes: needless, unused, held across a
 * yield, a thread's lock held across a suspension.
 */
#include <stdio.h>
#include <string.h>

#include "lint_parts.h"

static const char *lock_type_text(const struct py_program *p, const struct py_lock *l)
{
	return py_text(p, l->dotted);
}

/* Does a section of the lock start another task, which might run nested in it? */
static bool region_spawns(const struct py_program *p, const struct py_use *use)
{
	uint32_t at = py_node(p, use->file, use->node)->next;

	for (; at; at = py_node(p, use->file, at)->next)
		if (py_suspends_within(p, use->file, at, true))
			return true;
	return false;
}

bool py_lock_needless(const struct py_program *p, uint32_t lock)
{
	const struct py_lock *l = &p->locks.at[lock];

	if (l->type != LOCK_LOCK || !l->regions || l->held || l->escapes || l->tested || l->manual)
		return false;
	if (l->flavour != FLAVOUR_ASYNCIO && l->flavour != FLAVOUR_ANYIO &&
	    l->flavour != FLAVOUR_TRIO)
		return false;
	if (p->greenlets || p->eager || p->nests)
		return false;
	for (uint32_t i = 1; i < p->uses.count; i++) {
		const struct py_use *u = &p->uses.at[i];
		const struct py_node *n;

		if (u->lock != lock)
			continue;
		/* an element of several locks, none of which need be this one */
		if (!u->certain && u->kind != USE_HARMLESS && u->kind != USE_REGION)
			return false;
		if (u->kind != USE_REGION)
			continue;
		n = py_node(p, u->file, py_parent(p, u->file, u->node));
		if (!(n->flags & PY_ASYNC) || region_spawns(p, u))
			return false;
	}
	return true;
}

static bool region_has_await(const struct py_program *p, uint32_t file, uint32_t node)
{
	const struct py_node *n = py_node(p, file, node);

	if (n->kind == PY_FUNC || n->kind == PY_CLASS || n->kind == PY_LAMBDA)
		return false;
	if (n->kind == PY_AWAIT || (n->flags & PY_ASYNC && n->kind != PY_FUNC))
		return true;
	for (uint32_t c = n->first; c; c = py_node(p, file, c)->next)
		if (region_has_await(p, file, c))
			return true;
	return false;
}

static void needless_why(struct pymodel *m, uint32_t id, const struct py_lock *l, bool awaits)
{
	char sections[64];

	snprintf(sections, sizeof(sections),
	         l->regions == 1 ? "The section" : "None of the %u sections", l->regions);
	finding_why(
		m, id,
		"Only one task of a loop runs at a time, and another can only run where this one "
		"suspends. %s of the lock has %s place%s, so no task ever waits for it.",
		sections, l->regions == 1 ? "no such" : "such a",
		awaits ? ", nor has what it awaits" : "");
}

/* The lines to change: where it is made, and each section. */
static void needless_fix(struct pymodel *m, uint32_t id, uint32_t lock)
{
	struct py_program *p = &m->program;
	const struct py_lock *l = &p->locks.at[lock];
	char lines[200] = "";
	size_t used = 0;

	for (uint32_t i = 1; i < p->uses.count; i++) {
		const struct py_use *u = &p->uses.at[i];
		const char *file = strrchr(p->files.at[u->file].path, '/');

		if (u->lock != lock || u->kind != USE_REGION)
			continue;
		if (used + 60 > sizeof(lines)) {
			snprintf(lines + used, sizeof(lines) - used, ", ...");
			break;
		}
		used += snprintf(lines + used, sizeof(lines) - used, "%s%.40s%s%u",
		                 used ? ", " : "",
		                 u->file == l->file ? ""
		                 : file             ? file + 1
		                                    : p->files.at[u->file].path,
		                 u->file == l->file ? "" : ":", py_node(p, u->file, u->node)->line);
	}
	finding_fix(
		m, id, "%s line %u and take the body out of the `async with` (line %s); %s",
		py_tuple_across(p, l->file, l->node) ? "take it out of" : "delete",
		py_node(p, l->file, l->node)->line, lines,
		l->flavour == FLAVOUR_ASYNCIO
			? "or mark the lock `# awaitness: atomic-by-intent` if a later await is "
			  "to be safe"
			: "acquiring it is itself a checkpoint here: keep one (`await "
			  "checkpoint()`) if the loop relies on it");
}

/* The coroutines awaited inside a node, by name. */
static void awaited_names(const struct py_program *p, uint32_t file, uint32_t node, char *out,
                          size_t size)
{
	const struct py_node *n = py_node(p, file, node);
	const struct py_site *s = &p->sites.at[p->files.at[file].owner[node]];
	size_t used = strlen(out);

	if (n->kind == PY_FUNC || n->kind == PY_CLASS || n->kind == PY_LAMBDA)
		return;
	if (n->kind == PY_AWAIT && p->files.at[file].owner[node] && s->callee_count) {
		const char *name = py_text(p, p->funcs.at[p->lists.at[s->callees]].qualname);

		if (!strstr(out, name) && used + strlen(name) + 8 < size)
			snprintf(out + used, size - used, "%s`%s`", used ? ", " : "", name);
	}
	for (uint32_t c = n->first; c; c = py_node(p, file, c)->next)
		awaited_names(p, file, c, out, size);
}

static void region_place(struct pymodel *m, const struct py_use *u, bool awaits)
{
	uint32_t body = py_node(&m->program, u->file, u->node)->next;
	char names[200] = "";

	if (awaits)
		awaited_names(&m->program, u->file, body, names, sizeof(names));
	if (!awaits)
		finding_place(m, u->file, u->node, "region", "nothing in it is awaited");
	else if (*names)
		finding_place(m, u->file, u->node, "region",
		              "what is awaited in it never gives control back: %s", names);
	else
		finding_place(m, u->file, u->node, "region",
		              "what is awaited in it never gives control back");
}

static void needless_report(struct pymodel *m, uint32_t lock)
{
	struct py_program *p = &m->program;
	struct py_lock *l = &p->locks.at[lock];
	uint32_t id = finding_new(m, PYRULE_NEEDLESS, l->label);
	bool awaits = false;

	if (!id)
		return;
	finding_place(m, l->file, l->node, "made", "the lock is made here");
	for (uint32_t i = 1; i < p->uses.count; i++) {
		const struct py_use *u = &p->uses.at[i];
		uint32_t body;
		bool inside;

		if (u->lock != lock || u->kind != USE_REGION)
			continue;
		body = py_node(p, u->file, u->node)->next;
		inside = body && region_has_await(p, u->file, body);
		awaits |= inside;
		region_place(m, u, inside);
	}
	finding_message(m, id, "`%s` (%s) guards nothing: no section of it can suspend",
	                py_text(p, l->label), lock_type_text(p, l));
	needless_why(m, id, l, awaits);
	needless_fix(m, id, lock);
}

/* Is an attribute or variable of that name read anywhere, whatever it belongs to? */
static bool name_read(const struct py_program *p, uint32_t name)
{
	for (uint32_t file = 1; file < p->files.count; file++) {
		const struct pytree *t = p->files.at[file].tree;

		for (uint32_t i = 1; t && i < t->node_count; i++) {
			const struct py_node *n = &t->nodes[i], *up;

			if (n->name != name || (n->kind != PY_ATTR && n->kind != PY_NAME))
				continue;
			up = &t->nodes[p->files.at[file].parent[i]];
			if ((up->kind != PY_ASSIGN && up->kind != PY_ANNASSIGN) || up->first == i)
				return true;
		}
	}
	return false;
}

static bool lock_mentioned(const struct py_program *p, uint32_t lock)
{
	const struct py_lock *l = &p->locks.at[lock];

	for (uint32_t i = 1; i < p->uses.count; i++) {
		const struct py_use *u = &p->uses.at[i];
		uint32_t up;

		if (u->lock != lock)
			continue;
		up = py_parent(p, u->file, u->node);
		if (u->kind == USE_HARMLESS && py_node(p, u->file, up)->kind == PY_ASSIGN &&
		    py_node(p, u->file, up)->first != u->node)
			continue; /* where it is made */
		return true;
	}
	return l->escapes;
}

static void unused_report(struct pymodel *m, uint32_t lock)
{
	struct py_program *p = &m->program;
	struct py_lock *l = &p->locks.at[lock];
	const char *name = py_text(p, l->name);
	uint32_t id;

	if (l->type != LOCK_LOCK || l->flavour == FLAVOUR_THREAD || l->container ||
	    lock_mentioned(p, lock) || !name[0] || name_read(p, l->name))
		return;
	/* a base that is not known may use it */
	if (l->class && p->classes.at[l->class].unknown_base)
		return;
	/* a public attribute of a public class is made for others */
	if (name[0] != '_' && p->scopes.at[l->scope].kind != SCOPE_FUNC)
		return;
	id = finding_new(m, PYRULE_UNUSED, l->label);
	if (!id)
		return;
	finding_place(m, l->file, l->node, "made", "the lock is made here");
	finding_message(m, id, "`%s` (%s) is made and never used", py_text(p, l->label),
	                lock_type_text(p, l));
	finding_why(m, id, "No other line of the program names `%s`.", name);
	finding_fix(m, id, "remove it, or use it where it was meant to be used");
}

/* The with item's lock of the wanted flavour, told by type; or by name if its type is unknown. */
static bool item_is_thread_lock(struct py_program *p, uint32_t file, uint32_t item,
                                uint32_t *object)
{
	uint32_t scope = py_enclosing_scope(p, file, item), value = py_node(p, file, item)->first;
	const struct py_node *n = py_node(p, file, value);
	struct py_ref ref = py_resolve(p, scope, value);
	enum py_flavour flavour;

	if (ref.kind == REF_EXTERN_INSTANCE) {
		enum py_lock_type type = py_known_lock(py_text(p, ref.id), &flavour);

		*object = n->name ? n->name : ref.id;
		return flavour == FLAVOUR_THREAD && type == LOCK_LOCK;
	}
	return false;
}

static void thread_report(struct pymodel *m, uint32_t file, uint32_t with)
{
	struct py_program *p = &m->program;
	uint32_t func = py_enclosing_func(p, file, with);

	if (!func || !(p->funcs.at[func].flags & FUNC_ASYNC))
		return;
	for (uint32_t item = py_node(p, file, with)->first; item;
	     item = py_node(p, file, item)->next) {
		uint32_t site = 0, object, id;

		if (py_node(p, file, item)->kind != PY_ITEM ||
		    !item_is_thread_lock(p, file, item, &object))
			continue;
		for (uint32_t at = py_node(p, file, item)->next; at && !site;
		     at = py_node(p, file, at)->next)
			site = py_suspends_within(p, file, at, false);
		if (!site)
			continue;
		id = finding_new(m, PYRULE_THREAD, object);
		if (!id)
			return;
		finding_place(m, file, item, "region", "a thread's lock is taken here");
		finding_place(m, file, p->sites.at[site].node, "suspends",
		              "the task may suspend here with the lock taken");
		finding_message(
			m, id,
			"thread lock `%s` is held over a suspension: another task that wants it "
			"stops the whole loop, for ever",
			py_text(p, object));
		finding_why(
			m, id,
			"Waiting for this lock blocks the thread, and the task that holds it can "
			"only go on in that thread.");
		finding_fix(m, id, "release it before the await, or use asyncio.Lock");
	}
}

/* async with lock: ... yield: the consumer decides how long the lock is held. */
static void yield_report(struct pymodel *m, const struct py_use *u)
{
	struct py_program *p = &m->program;
	const struct py_func *f = &p->funcs.at[u->func];
	const struct py_lock *l = &p->locks.at[u->lock];
	uint32_t item = u->node, file = u->file, site, id;

	if (!u->func || !(f->flags & FUNC_ASYNC) || !(f->flags & FUNC_GENERATOR) ||
	    f->flags & (FUNC_CONTEXT | FUNC_FIXTURE | FUNC_UNKNOWN_DECO))
		return;
	if (l->type != LOCK_LOCK && l->type != LOCK_CONDITION)
		return;
	for (site = f->sites; site < f->sites + f->site_count; site++) {
		uint32_t at = p->sites.at[site].node;

		if (p->sites.at[site].kind != SITE_YIELD)
			continue;
		while (at && at != py_parent(p, file, item))
			at = py_parent(p, file, at);
		if (at)
			break;
	}
	if (site == f->sites + f->site_count)
		return;
	id = finding_new(m, PYRULE_YIELD, l->label);
	if (!id)
		return;
	finding_place(m, file, item, "region", "the lock is taken here");
	finding_place(m, file, p->sites.at[site].node, "suspends",
	              "control goes to the consumer here");
	finding_message(m, id, "async generator `%s` yields while it holds `%s`",
	                py_text(p, f->qualname), py_text(p, l->label));
	finding_why(m, id,
	            "The consumer may await anything, or stop iterating: then the lock stays taken "
	            "until the generator is closed, in another task or never.");
	finding_fix(m, id,
	            "collect under the lock and yield after it, or release it around the yield");
}

void pyrules_locks(struct pymodel *m)
{
	struct py_program *p = &m->program;

	for (uint32_t i = 1; i < p->locks.count && !p->err; i++) {
		if (py_lock_needless(p, i))
			needless_report(m, i);
		else
			unused_report(m, i);
	}
	for (uint32_t i = 1; i < p->uses.count && !p->err; i++)
		if (p->uses.at[i].kind == USE_REGION && p->uses.at[i].certain)
			yield_report(m, &p->uses.at[i]);
	for (uint32_t file = 1; file < p->files.count; file++) {
		const struct pytree *t = p->files.at[file].tree;

		for (uint32_t i = 1; t && i < t->node_count && !p->err; i++)
			if (t->nodes[i].kind == PY_WITH && !(t->nodes[i].flags & PY_ASYNC))
				thread_report(m, file, i);
	}
}
