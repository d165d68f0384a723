/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * path_state.c - what is known at one point of a path, and how two paths join.
 */
#include <errno.h>
#include <stdlib.h>

#include "path.h"

struct path_state *path_state_copy(struct program *p, const struct path_state *s)
{
	struct path_state *copy = malloc(sizeof(*copy));

	if (!copy) {
		p->err = -ENOMEM;
		return NULL;
	}
	*copy = *s;
	return copy;
}

static unsigned int token_of(const struct path_state *s, uint32_t node)
{
	for (unsigned int i = 0; i < s->token_count; i++)
		if (s->tokens[i].node == node)
			return i;
	return PATH_TOKENS;
}

unsigned int path_token_add(struct path_state *s, uint32_t location, uint32_t key, uint32_t node)
{
	unsigned int at = token_of(s, node);
	uint16_t open = 0;

	if (at == PATH_TOKENS) {
		if (s->token_count == PATH_TOKENS)
			return PATH_TOKENS;
		at = s->token_count++;
	}
	for (unsigned int i = 0; i < PATH_LOCKS; i++)
		open |= s->locks[i] ? 1u << i : 0;
	s->tokens[at] =
		(struct path_token){.location = location, .key = key, .node = node, .locks = open};
	return at;
}

/* One more suspension that a token crosses; more than there is room for are not followed. */
static void more_add(struct path_token *t, uint32_t site)
{
	for (unsigned int i = 0; site && site != t->site && i < PATH_MORE; i++) {
		if (t->more[i] == site)
			return;
		if (!t->more[i]) {
			t->more[i] = site;
			return;
		}
	}
}

/* Do variables keep what was made from the value of a token, and none the value itself? */
static bool is_copied(const struct path_state *s, unsigned int token)
{
	uint64_t bit = 1ull << token, all = 0, direct = 0;

	for (unsigned int i = 0; i < s->local_count; i++) {
		all |= s->locals[i].value.all;
		direct |= s->locals[i].value.direct;
	}
	return all & bit && !(direct & bit);
}

void path_cross(struct path_state *s, uint32_t site)
{
	for (unsigned int i = 0; i < s->token_count; i++) {
		if (!s->tokens[i].site) {
			s->tokens[i].site = site;
			s->tokens[i].copied = is_copied(s, i);
		} else {
			more_add(&s->tokens[i], site);
		}
	}
	s->suspended = true;
}

static int local_of(const struct path_state *s, uint32_t name)
{
	for (unsigned int i = 0; i < s->local_count; i++)
		if (s->locals[i].name == name)
			return (int)i;
	return -1;
}

void path_local_set(struct path_state *s, uint32_t name, struct path_value value)
{
	int at = local_of(s, name);

	/* an index that is bound anew is another entry */
	for (unsigned int i = 0; i < s->token_count; i++)
		if (s->tokens[i].key == name) {
			s->tokens[i].test = 0;
			s->tokens[i].location = 0;
		}
	if (at < 0) {
		if (s->local_count == PATH_LOCALS)
			return;
		at = (int)s->local_count++;
	}
	s->locals[at].name = name;
	s->locals[at].value = value;
}

struct path_value path_local_get(const struct path_state *s, uint32_t name)
{
	int at = local_of(s, name);

	return at < 0 ? (struct path_value){0, 0, 0} : s->locals[at].value;
}

unsigned int path_lock_open(struct path_state *s, uint32_t key)
{
	for (unsigned int i = 0; i < PATH_LOCKS; i++)
		if (!s->locks[i]) {
			s->locks[i] = key;
			return i;
		}
	return PATH_LOCKS;
}

void path_lock_close(struct path_state *s, unsigned int place)
{
	if (place >= PATH_LOCKS)
		return;
	s->locks[place] = 0;
	for (unsigned int i = 0; i < s->token_count; i++)
		s->tokens[i].locks &= ~(1u << place);
}

/* Renames the tokens of a set as they are placed in the joined state. */
static uint64_t moved(uint64_t set, const uint8_t *place)
{
	uint64_t out = 0;

	for (unsigned int i = 0; i < PATH_TOKENS; i++)
		if (set & (1ull << i) && place[i] < PATH_TOKENS)
			out |= 1ull << place[i];
	return out;
}

static void token_join(struct path_token *a, const struct path_token *b)
{
	if (!a->site)
		a->site = b->site;
	more_add(a, b->site);
	for (unsigned int i = 0; i < PATH_MORE; i++)
		more_add(a, b->more[i]);
	if (a->location != b->location)
		a->location = 0;
	a->locks &= b->locks;
	a->raises &= b->raises;
	a->copied &= b->copied;
	if (a->test != b->test)
		a->test = 0;
	if (a->polarity != b->polarity)
		a->polarity = POLARITY_OTHER;
}

/* Guards hold where both have them; reads, values and suspensions where either has. */
void path_state_join(struct path_state *into, const struct path_state *other)
{
	uint8_t place[PATH_TOKENS] = {0};
	unsigned int mine = into->token_count;

	if (other->dead)
		return;
	if (into->dead) {
		*into = *other;
		return;
	}
	for (unsigned int i = 0; i < mine; i++)
		if (token_of(other, into->tokens[i].node) == PATH_TOKENS)
			into->tokens[i].test = 0;
	for (unsigned int i = 0; i < other->token_count; i++) {
		unsigned int at = token_of(into, other->tokens[i].node);

		if (at == PATH_TOKENS && into->token_count < PATH_TOKENS) {
			at = into->token_count++;
			into->tokens[at] = other->tokens[i];
			into->tokens[at].test = 0;
		} else if (at < PATH_TOKENS) {
			token_join(&into->tokens[at], &other->tokens[i]);
		}
		place[i] = (uint8_t)at;
	}
	for (unsigned int i = 0; i < other->local_count; i++) {
		struct path_value v = other->locals[i].value;
		int at = local_of(into, other->locals[i].name);

		v = (struct path_value){moved(v.all, place), moved(v.direct, place),
		                        moved(v.arith, place)};
		if (at >= 0) {
			into->locals[at].value.all |= v.all;
			into->locals[at].value.direct |= v.direct;
			into->locals[at].value.arith |= v.arith;
		} else if (into->local_count < PATH_LOCALS) {
			into->locals[into->local_count].name = other->locals[i].name;
			into->locals[into->local_count++].value = v;
		}
	}
	for (unsigned int i = 0; i < PATH_LOCKS; i++)
		if (into->locks[i] != other->locks[i])
			path_lock_close(into, i);
	into->suspended |= other->suspended;
}
