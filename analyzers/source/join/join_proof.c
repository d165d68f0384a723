/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * join_proof.c - see join_proof.h.
 *
 * The model says first that the lock is needless, as lint would. Then each thing is asked again
 * that may be otherwise in the process: who else names the lock, whether what its sections await is
 * what the names say, whether a step can run inside of another.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "join_proof.h"
#include "source/lint_rules/lint_locks.h"
#include "source/lint_rules/lint_model_parts.h"
#include "source/model/model_suspend.h"
#include "source/program/language.h"
#include "source/program/program_load.h"
#include "source/program/program_node.h"

#define STOPS   64 /* that are told of one lock */
#define CHUNK   65536
#define OVERLAP 256 /* longer than any name */

struct proof {
	struct lint_model *m;
	struct model *model;
	struct program *p; /* the model\'s */
	const struct join_program *program;
	struct join_proof_stops *stops;
	uint32_t lock;
	struct program_map met; /* functions that were looked at */
	const char *why;        /* what is missing: the first that was met */
};

static const char *text_of(struct proof *w, uint32_t string)
{
	return program_text(w->p, string);
}

#define SAY(w, ...) text_of(w, program_internf((w)->p, __VA_ARGS__))

/* As the program knows it. */
static const char *file_name(const struct proof *w, uint32_t file)
{
	const char *path = w->p->files.at[file].path;
	size_t length = strlen(w->program->root);

	return strncmp(path, w->program->root, length) ? path : path + length;
}

static bool lack(struct proof *w, const char *why)
{
	if (!w->why)
		w->why = why;
	return false;
}

/* ---- which lock it is ---- */

static bool is_same_function(const char *own, const char *seen)
{
	const char *last = strrchr(own, '.'); /* not every runtime knows qualified names */

	return !strcmp(own, seen) || !strcmp(last ? last + 1 : own, seen);
}

static uint32_t last_line(const struct program *p, uint32_t file, uint32_t node)
{
	uint32_t line = program_node(p, file, node)->line;

	for (uint32_t c = program_node(p, file, node)->first; c;
	     c = program_node(p, file, c)->next) {
		uint32_t last = last_line(p, file, c);

		line = last > line ? last : line;
	}
	return line;
}

/*
 * Does this use begin a section at the place? Before 3.13 all items stand at the statement.
 * `within`: or is the place in such a section, as of one that was under way already?
 */
static bool use_is_at(const struct proof *w, const struct model_use *u,
                      const struct report_place *place, bool within)
{
	const struct program *p = w->p;
	uint32_t with = program_parent(p, u->file, u->node);

	if ((u->kind != USE_REGION && u->kind != USE_ACQUIRE) || !u->func || !u->certain ||
	    !place->file || !place->function || strcmp(file_name(w, u->file), place->file) != 0)
		return false;
	if (within && u->kind == USE_REGION) {
		if (place->line < program_node(p, u->file, with)->line ||
		    place->line > last_line(p, u->file, with))
			return false;
	} else if (program_node(p, u->file, u->node)->line != place->line &&
	           program_node(p, u->file, with)->line != place->line) {
		return false;
	}
	return is_same_function(program_text(p, p->funcs.at[u->func].qualname), place->function);
}

/* The lock taken at a place; of several in one line, the one of that name. 0: not known. */
static uint32_t lock_at(const struct proof *w, const struct report_place *place, const char *name,
                        bool within)
{
	uint32_t found = 0, named = 0;
	bool several = false;

	for (uint32_t i = 1; i < w->model->uses.count; i++) {
		const struct model_use *u = &w->model->uses.at[i];

		if (!use_is_at(w, u, place, within))
			continue;
		several |= found && found != u->lock;
		found = u->lock;
		if (name && !strcmp(program_text(w->p, w->model->locks.at[u->lock].label), name))
			named = u->lock;
	}
	return several ? named : found;
}

static uint32_t lock_of(const struct proof *w, const struct report_lock *lock)
{
	uint32_t found = 0;

	for (size_t i = 0; i < lock->site_count; i++) {
		uint32_t id = lock_at(w, &lock->sites[i].place, lock->name, false);

		if (!id)
			id = lock_at(w, &lock->sites[i].place, lock->name, true);

		if (!id || (found && id != found))
			return 0;
		found = id;
	}
	return found;
}

/* ---- what its sections can do ---- */

static void stop_add(struct proof *w, uint32_t file, uint32_t site)
{
	const struct model_site *s = &w->model->sites.at[site];
	uint32_t id;
	struct report_place place = {
		.function = text_of(w, w->p->funcs.at[s->func].qualname),
		.file = file_name(w, file),
		.line = program_node(w->p, file, s->node)->line,
	};

	for (uint32_t i = 1; i < w->stops->found.count; i++)
		if (w->stops->found.at[i].place.line == place.line &&
		    !strcmp(w->stops->found.at[i].place.file, place.file))
			return;
	id = w->stops->found.count <= STOPS ? program_push(w->p, &w->stops->found) : 0;
	/* Passes of the other kinds stand at different lines from version to version. */
	if (id)
		w->stops->found.at[id] =
			(struct report_stop){.place = place, .counted = s->kind == SITE_AWAIT};
}

static void stops_within(struct proof *w, uint32_t file, uint32_t node)
{
	const struct tree_node *n = program_node(w->p, file, node);
	uint32_t site = w->p->files.at[file].owner[node];

	if (n->kind == TREE_FUNC || n->kind == TREE_CLASS || n->kind == TREE_LAMBDA)
		return;
	if (n->kind == TREE_AWAIT || n->kind == TREE_ITEM || n->kind == TREE_FOR ||
	    n->kind == TREE_COMP_FOR || n->kind == TREE_YIELD) {
		const struct model_site *s = &w->model->sites.at[site];

		if (site && (model_site_suspends(w->model, site) || s->kind == SITE_YIELD ||
		             (s->kind == SITE_ENTER && model_site_suspends(w->model, site + 1))))
			stop_add(w, file, site);
	}
	for (uint32_t c = n->first; c; c = program_node(w->p, file, c)->next)
		stops_within(w, file, c);
}

/* The awaits in the sections of the lock that can suspend. */
static void stops_find(struct proof *w, struct report_source *out)
{
	program_free_table(&w->stops->found);
	for (uint32_t i = 1; i < w->model->uses.count; i++) {
		const struct model_use *u = &w->model->uses.at[i];

		if (u->lock != w->lock || u->kind != USE_REGION)
			continue;
		for (uint32_t at = program_node(w->p, u->file, u->node)->next; at;
		     at = program_node(w->p, u->file, at)->next)
			stops_within(w, u->file, at);
	}
	out->stop_count = w->stops->found.count > 1 ? w->stops->found.count - 1 : 0;
	out->stops = out->stop_count ? w->stops->found.at + 1 : NULL;
}

/* ---- the proof ---- */

/* What else is done with it, which no section shows; NULL: nothing. */
static const char *uses_unseen(struct proof *w)
{
	const struct model_lock *l = &w->model->locks.at[w->lock];

	if (l->escapes)
		return l->escape_node
		               ? SAY(w, "%s (%s:%u)", l->escape_why, file_name(w, l->escape_file),
		                     program_node(w->p, l->escape_file, l->escape_node)->line)
		               : SAY(w, "%s (%s)", l->escape_why, file_name(w, l->escape_file));
	return l->manual ? "it is acquired or released by hand" : NULL;
}

/* Why the model alone does not call it needless. */
static const char *model_doubt(struct proof *w)
{
	const struct model_lock *l = &w->model->locks.at[w->lock];
	const char *unseen = uses_unseen(w);

	if (unseen)
		return unseen;
	if (l->tested)
		return "locked() is asked";
	if (w->p->switches || w->p->nests)
		return "a library that can switch tasks inside of any call is used";
	if (w->p->eager)
		return "eager tasks are asked for: starting one runs it at once";
	return "what its sections call may start or resume a task at once";
}

static bool model_proves(struct proof *w)
{
	const struct model_lock *l = &w->model->locks.at[w->lock];
	uint32_t scope = program_enclosing_scope(w->p, l->file, l->node);

	if (!lint_lock_needless(w->model, w->lock))
		return lack(w, model_doubt(w));
	if (l->flavour != FLAVOUR_STANDARD ||
	    program_resolve(w->p, scope, l->node).kind != REF_EXTERN_INSTANCE || l->container)
		return lack(w, SAY(w, "it is not made where it is kept as an %s",
		                   w->p->language->lock));
	return true;
}

/* Is a mention one of the uses that were looked at? */
static bool is_use(const struct proof *w, uint32_t file, uint32_t node)
{
	for (uint32_t i = 1; i < w->model->uses.count; i++) {
		const struct model_use *u = &w->model->uses.at[i];

		if (u->lock == w->lock && u->file == file &&
		    (u->node == node ||
		     (u->kind == USE_REGION && program_node(w->p, file, u->node)->first == node)))
			return true;
	}
	return false;
}

/* Every mention that may be of the lock, whatever annotations say, is a use that was looked at. */
static bool mentions_prove(struct proof *w)
{
	struct program *p = w->p;
	uint32_t name = w->model->locks.at[w->lock].name, count;
	bool certain;

	for (uint32_t file = 1; file < p->files.count; file++) {
		const struct tree *t = p->files.at[file].tree;

		for (uint32_t i = 1; t && p->files.at[file].scope && i < t->node_count; i++) {
			uint32_t from;

			if (t->nodes[i].name != name || t->nodes[i].kind != TREE_ATTR)
				continue;
			from = model_locks_of(w->model, program_enclosing_scope(p, file, i), i,
			                      &count, &certain);
			for (uint32_t k = 0; k < count; k++)
				if (p->lists.at[from + k] == w->lock && !is_use(w, file, i))
					return lack(w, SAY(w, "what is used at %s:%u may be it",
					                   file_name(w, file), t->nodes[i].line));
		}
	}
	return true;
}

/* Is a function's name said in a string, or stored to from outside? Then it may be another. */
static bool is_replaced(struct proof *w, uint32_t name)
{
	struct program *p = w->p;
	const char *text = program_text(p, name);
	size_t length = strlen(text);
	bool more = false;

	if (program_map_get(&p->stored, name, 0))
		return true;
	for (uint32_t file = 1; file < p->files.count; file++) {
		const struct tree *t = p->files.at[file].tree;

		for (uint32_t i = 1; t && i < t->node_count; i++) {
			const char *said = program_text(p, t->nodes[i].name);
			size_t size = strlen(said);

			if (t->nodes[i].kind == TREE_STRING && size >= length &&
			    !strcmp(said + size - length, text) &&
			    (size == length || said[size - length - 1] == '.'))
				return true;
		}
	}
	return program_load_mentions(p, text, true, &more) || more;
}

static bool node_proves(struct proof *w, uint32_t file, uint32_t node);

/* What a site runs is what the names say, with no annotation believed. */
static bool site_proves(struct proof *w, uint32_t file, uint32_t site)
{
	struct program *p = w->p;
	const struct model_site *s = &w->model->sites.at[site];
	uint32_t callees = s->callees, count = s->callee_count, node = s->node;
	uint32_t locks = s->locks, lock_count = s->lock_count;
	uint32_t scope = program_enclosing_scope(p, file, node);
	struct program_ref ref = program_resolve(p, scope, program_node(p, file, node)->first);

	if (ref.kind == REF_UNKNOWN)
		return lack(w, SAY(w, "what is awaited at %s:%u is only known by an annotation",
		                   file_name(w, file), program_node(p, file, node)->line));
	for (uint32_t i = 0; i < lock_count; i++)
		if (p->lists.at[locks + i] != w->lock)
			return lack(w, SAY(w, "another lock is taken inside, at %s:%u",
			                   file_name(w, file), program_node(p, file, node)->line));
	for (uint32_t i = 0; i < count; i++) {
		uint32_t func = p->lists.at[callees + i];
		const struct program_func *f = &p->funcs.at[func];

		if (program_map_get(&w->met, func, 0))
			continue;
		program_map_set(p, &w->met, func, 0, 1);
		if (is_replaced(w, f->name))
			return lack(w, SAY(w, "`%s` may be replaced while the program runs",
			                   program_text(p, f->qualname)));
		if (!node_proves(w, f->file, program_child(p, f->file, f->node, 3)))
			return false;
	}
	return true;
}

static bool node_proves(struct proof *w, uint32_t file, uint32_t node)
{
	const struct tree_node *n = program_node(w->p, file, node);
	uint32_t site = w->p->files.at[file].owner[node];

	if (n->kind == TREE_FUNC || n->kind == TREE_CLASS || n->kind == TREE_LAMBDA)
		return true;
	if (site && (n->kind == TREE_AWAIT || n->kind == TREE_ITEM || n->kind == TREE_FOR ||
	             n->kind == TREE_COMP_FOR)) {
		if (!site_proves(w, file, site))
			return false;
		if (w->model->sites.at[site].kind == SITE_ENTER && !site_proves(w, file, site + 1))
			return false;
	}
	for (uint32_t c = n->first; c; c = program_node(w->p, file, c)->next)
		if (!node_proves(w, file, c))
			return false;
	return true;
}

static bool sections_prove(struct proof *w)
{
	for (uint32_t i = 1; i < w->model->uses.count; i++) {
		struct model_use u = w->model->uses.at[i];

		if (u.lock != w->lock || u.kind != USE_REGION)
			continue;
		for (uint32_t at = program_node(w->p, u.file, u.node)->next; at;
		     at = program_node(w->p, u.file, at)->next)
			if (!node_proves(w, u.file, at))
				return false;
	}
	return true;
}

static bool files_prove(struct proof *w)
{
	const char *const *switchers = w->p->language->switcher_sources;

	for (uint32_t file = 1; file < w->p->files.count; file++) {
		if (w->p->files.at[file].err)
			return lack(w, SAY(w, "%s could not be read", file_name(w, file)));
		for (size_t i = 0; switchers[i]; i++)
			if (strstr(file_name(w, file), switchers[i]))
				return lack(w, SAY(w, "%s can switch tasks inside of any call",
				                   file_name(w, file)));
	}
	return true;
}

/* Is one of the words in a file? Read in pieces that overlap. -1: it cannot be read. */
static int file_has(const char *path, const char *const *words, size_t count)
{
	char *chunk = malloc(CHUNK + OVERLAP);
	FILE *in = chunk ? fopen(path, "re") : NULL;
	size_t kept = 0, n;
	int has = in ? 0 : -1;

	while (!has && (n = fread(chunk + kept, 1, CHUNK, in))) {
		size_t size = kept + n;

		for (size_t i = 0; i < count; i++)
			has |= memmem(chunk, size, words[i], strlen(words[i])) != NULL;
		kept = size < OVERLAP ? size : OVERLAP;
		memmove(chunk, chunk + size - kept, kept);
	}
	if (in && ferror(in))
		has = -1;
	if (in)
		fclose(in);
	free(chunk);
	return has;
}

/* What was loaded without a source (extensions) does not name it, nor ask for eager tasks. */
static bool others_prove(struct proof *w)
{
	const char *words[] = {text_of(w, w->model->locks.at[w->lock].name),
	                       w->p->language->eager_factory};
	size_t count = sizeof(words) / sizeof(*words);

	for (size_t i = 0; i < w->program->other_count; i++) {
		const char *name = w->program->others[i];
		int has = file_has(SAY(w, "%s%s", w->program->root, name), words, count);

		if (has)
			return lack(w, SAY(w,
			                   has < 0 ? "%s could not be read"
			                           : "%s, which has no source, may use it",
			                   name));
	}
	return true;
}

/* Each names asked for again, without annotations. */
static bool strictly(struct proof *w, bool (*prove)(struct proof *))
{
	bool proven;

	program_map_fini(&w->p->attr_refs);
	program_map_fini(&w->p->name_refs);
	w->p->strict = true;
	proven = prove(w);
	w->p->strict = false;
	program_map_fini(&w->p->attr_refs);
	program_map_fini(&w->p->name_refs);
	return proven;
}

/* The finding that lint has about the lock; NULL: none. */
static const struct lint_finding *finding_of(const struct proof *w)
{
	const struct model_lock *l = &w->model->locks.at[w->lock];
	size_t count;
	const struct lint_finding *findings = lint_model_findings(w->m, &count);

	for (size_t i = 0; i < count; i++)
		if (findings[i].rule == &lint_rules[LINT_NEEDLESS] &&
		    findings[i].places[0].line == program_node(w->p, l->file, l->node)->line &&
		    !strcmp(findings[i].places[0].file, w->p->files.at[l->file].path))
			return &findings[i];
	return NULL;
}

static const char *proof_text(struct proof *w)
{
	uint32_t sections = 0, files = 0, last = 0;

	for (uint32_t i = 1; i < w->model->uses.count; i++) {
		const struct model_use *u = &w->model->uses.at[i];

		if (u->lock != w->lock || u->kind != USE_REGION)
			continue;
		sections++;
		files += u->file != last;
		last = u->file;
	}
	return SAY(w, "%u section%s in %u file%s (%u source file%s read, all that was loaded)",
	           sections, sections == 1 ? "" : "s", files, files == 1 ? "" : "s",
	           w->p->files.count - 1, w->p->files.count == 2 ? "" : "s");
}

static void lock_judge(struct proof *w, struct report_source *out)
{
	const struct lint_finding *finding = finding_of(w);

	out->read = true;
	out->wanted = finding && finding->waived;
	out->unseen = uses_unseen(w);
	stops_find(w, out);
	if (out->stop_count)
		return;
	out->proven = model_proves(w) && !out->wanted && strictly(w, mentions_prove) &&
	              strictly(w, sections_prove) && files_prove(w) && others_prove(w);
	out->why = out->proven ? proof_text(w) : w->why;
}

void join_proof_stops_fini(struct join_proof_stops *stops)
{
	program_free_table(&stops->found);
}

void join_proof_lock(struct lint_model *m, const struct join_program *program,
                     const struct report_lock *lock, struct join_proof_stops *stops,
                     struct report_source *out)
{
	struct proof w = {.m = m,
	                  .model = &m->model,
	                  .p = &m->model.program,
	                  .program = program,
	                  .stops = stops};

	*out = (struct report_source){0};
	w.lock = lock_of(&w, lock);
	if (w.lock)
		lock_judge(&w, out);
	else
		out->why = "not every place where it was taken is one of the source that was read";
	if (out->proven && program->doubt) {
		out->proven = false;
		out->why = program->doubt;
	}
	if (w.p->err) {
		out->proven = false;
		out->why = "there was not enough memory";
	}
	program_map_fini(&w.met);
}
