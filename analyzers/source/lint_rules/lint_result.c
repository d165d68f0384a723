/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * lint_result.c - see lint_result.h. The file is a header and a sequence of numbers and texts; what
 * does not check is as if it were not there.
 */

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "lint_result.h"
#include "base/bytes_hash.h"

#define FORMAT   1u
#define SETTLE_S 2 /* a file that changed this shortly ago may change again unseen */

struct header {
	char magic[8];
	uint64_t key, size;
	uint64_t sum; /* of what follows */
};

static uint64_t mix(uint64_t h, const void *data, size_t size)
{
	uint64_t both[2] = {h, bytes_hash(data, size)};

	return bytes_hash(both, sizeof(both));
}

static uint64_t mix_stat(uint64_t h, const struct stat *st)
{
	uint64_t parts[] = {(uint64_t)st->st_size,         (uint64_t)st->st_ino,
	                    (uint64_t)st->st_dev,          (uint64_t)st->st_mtim.tv_sec,
	                    (uint64_t)st->st_mtim.tv_nsec, (uint64_t)st->st_ctim.tv_sec,
	                    (uint64_t)st->st_ctim.tv_nsec};

	return mix(h, parts, sizeof(parts));
}

uint64_t lint_result_key(const struct program *p)
{
	time_t now = time(NULL);
	uint64_t h = FORMAT;
	struct stat st;

	if (stat("/proc/self/exe", &st))
		return 0;
	h = mix_stat(h, &st);
	for (uint32_t i = 1; i < p->files.count; i++) {
		const char *path = p->files.at[i].path;

		if (stat(path, &st) || st.st_mtim.tv_sec + SETTLE_S >= now ||
		    st.st_ctim.tv_sec + SETTLE_S >= now)
			return 0;
		h = mix_stat(mix(h, path, strlen(path)), &st);
	}
	return h ? h : 1;
}

static void path_of(char *out, size_t size, const char *folder, uint64_t key)
{
	snprintf(out, size, "%s/%016llx.found", folder, (unsigned long long)key);
}

/* What is written, or read: `at` moves through the bytes; `bad` stays. */
struct bytes {
	char *at, *end, *from;
	bool bad;
};

static void put(struct bytes *b, const void *data, size_t size)
{
	size_t used = (size_t)(b->at - b->from), cap = (size_t)(b->end - b->from);
	char *grown;

	if (b->bad)
		return;
	if (used + size > cap) {
		cap = (used + size) * 2 + 4096;
		grown = realloc(b->from, cap);
		if (!grown) {
			b->bad = true;
			return;
		}
		*b = (struct bytes){.at = grown + used, .end = grown + cap, .from = grown};
	}
	b->at = mempcpy(b->at, data, size);
}

static void put_number(struct bytes *b, uint64_t number)
{
	put(b, &number, sizeof(number));
}

static void put_text(struct bytes *b, const char *text)
{
	put(b, text, strlen(text) + 1);
}

static uint64_t get_number(struct bytes *b)
{
	uint64_t number = 0;

	if ((size_t)(b->end - b->at) < sizeof(number)) {
		b->bad = true;
		return 0;
	}
	memcpy(&number, b->at, sizeof(number));
	b->at += sizeof(number);
	return number;
}

static const char *get_text(struct bytes *b, struct program *p)
{
	char *end = memchr(b->at, '\0', (size_t)(b->end - b->at));
	const char *text = b->at;

	if (!end) {
		b->bad = true;
		return "";
	}
	b->at = end + 1;
	return program_text(p, program_intern_text(p, text));
}

static void put_finding(struct bytes *b, const struct lint_finding *f)
{
	put_number(b, (uint64_t)(f->rule - lint_rules));
	put_number(b, f->fingerprint);
	put_number(b, f->waived);
	put_text(b, f->object);
	put_text(b, f->message);
	put_text(b, f->why);
	put_text(b, f->fix);
	put_number(b, f->place_count);
	for (size_t i = 0; i < f->place_count; i++) {
		const struct lint_place *p = &f->places[i];

		put_text(b, p->role);
		put_text(b, p->file);
		put_text(b, p->function);
		put_text(b, p->text);
		put_number(b, p->line);
		put_number(b, (uint64_t)p->col << 32 | p->end);
	}
}

static void get_place(struct lint_model *m, struct bytes *b)
{
	uint32_t id = program_push(&m->model.program, &m->places);
	struct lint_place place = {0};
	uint64_t columns;

	place.role = get_text(b, &m->model.program);
	place.file = get_text(b, &m->model.program);
	place.function = get_text(b, &m->model.program);
	place.text = get_text(b, &m->model.program);
	place.line = (uint32_t)get_number(b);
	columns = get_number(b);
	place.col = (uint32_t)(columns >> 32);
	place.end = (uint32_t)columns;
	if (id)
		m->places.at[id] = place;
}

static void get_finding(struct lint_model *m, struct bytes *b)
{
	uint32_t id = program_push(&m->model.program, &m->findings),
		 first = program_push(&m->model.program, &m->first_place);
	uint64_t rule = get_number(b);
	struct lint_finding *f;

	if (!id || !first || rule >= LINT_COUNT) {
		b->bad = true;
		return;
	}
	m->first_place.at[first] = m->places.count ? m->places.count : 1;
	f = &m->findings.at[id];
	f->rule = &lint_rules[rule];
	f->fingerprint = get_number(b);
	f->waived = get_number(b) != 0;
	f->object = get_text(b, &m->model.program);
	f->message = get_text(b, &m->model.program);
	f->why = get_text(b, &m->model.program);
	f->fix = get_text(b, &m->model.program);
	f->place_count = get_number(b);
	for (size_t i = 0; i < f->place_count && !b->bad; i++)
		get_place(m, b);
}

static void get_all(struct lint_model *m, struct bytes *b)
{
	uint64_t findings = get_number(b), broken = get_number(b);

	if ((size_t)(b->end - b->at) < sizeof(m->stats)) {
		b->bad = true;
		return;
	}
	memcpy(&m->stats, b->at, sizeof(m->stats));
	b->at += sizeof(m->stats);
	for (uint64_t i = 0; i < findings && !b->bad; i++)
		get_finding(m, b);
	for (uint64_t i = 0; i < broken && !b->bad; i++) {
		uint32_t id = program_push(&m->model.program, &m->broken);
		const char *file = get_text(b, &m->model.program);
		uint64_t line = get_number(b);

		if (id)
			m->broken.at[id] = (struct lint_broken){file, (uint32_t)line};
	}
	for (uint32_t i = 1; i < m->findings.count && !b->bad; i++)
		m->findings.at[i].places = m->places.at + m->first_place.at[i];
}

/* The whole file behind its header, checked; NULL: none. */
static char *payload_read(const char *path, uint64_t key, uint64_t *size)
{
	FILE *f = fopen(path, "re");
	struct header h;
	char *data = NULL;

	if (!f)
		return NULL;
	if (fread(&h, sizeof(h), 1, f) == 1 && !memcmp(h.magic, "awfound", 8) && h.key == key &&
	    h.size < 1u << 30)
		data = malloc(h.size + 1);
	if (data && (fread(data, 1, h.size, f) != h.size || bytes_hash(data, h.size) != h.sum)) {
		free(data);
		data = NULL;
	}
	fclose(f);
	*size = data ? h.size : 0;
	return data;
}

bool lint_result_load(struct lint_model *m, const char *folder, uint64_t key)
{
	struct bytes b = {0};
	char path[4096], *data;
	uint64_t size;

	path_of(path, sizeof(path), folder, key);
	data = payload_read(path, key, &size);
	if (!data)
		return false;
	b = (struct bytes){.at = data, .end = data + size, .from = data};
	get_all(m, &b);
	free(data);
	if (b.bad || m->model.program.err) {
		m->findings.count = m->first_place.count = m->places.count = m->broken.count = 0;
		memset(&m->stats, 0, sizeof(m->stats));
		return false;
	}
	return true;
}

static void payload_write(const char *path, const struct header *h, const char *data)
{
	char temporary[4160];
	FILE *f;
	bool ok;

	snprintf(temporary, sizeof(temporary), "%s.%d", path, (int)getpid());
	f = fopen(temporary, "we");
	if (!f)
		return;
	ok = fwrite(h, sizeof(*h), 1, f) == 1 && fwrite(data, 1, h->size, f) == h->size;
	ok &= !fclose(f);
	if (!ok || rename(temporary, path))
		unlink(temporary);
}

void lint_result_store(const struct lint_model *m, const char *folder, uint64_t key)
{
	struct bytes b = {0};
	struct header h = {.magic = "awfound", .key = key};
	char path[4096];

	put_number(&b, m->findings.count > 1 ? m->findings.count - 1 : 0);
	put_number(&b, m->broken.count > 1 ? m->broken.count - 1 : 0);
	put(&b, &m->stats, sizeof(m->stats));
	for (uint32_t i = 1; i < m->findings.count; i++)
		put_finding(&b, &m->findings.at[i]);
	for (uint32_t i = 1; i < m->broken.count; i++) {
		put_text(&b, m->broken.at[i].file);
		put_number(&b, m->broken.at[i].line);
	}
	if (!b.bad) {
		h.size = (uint64_t)(b.at - b.from);
		h.sum = bytes_hash(b.from, h.size);
		path_of(path, sizeof(path), folder, key);
		payload_write(path, &h, b.from);
	}
	free(b.from);
}
