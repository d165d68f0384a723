/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * baseline.c - the baseline file: JSON that is pleasant in a diff, one finding a line.
 */
#include <errno.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "baseline.h"
#include "command.h"

struct baseline {
	size_t count;
	struct {
		uint64_t fingerprint;
		bool taken;
	} entries[];
};

int baseline_read(const char *path, struct baseline **out)
{
	json_error_t error;
	json_t *root = json_load_file(path, 0, &error), *list, *entry;
	size_t i, n;

	*out = NULL;
	if (!root)
		return fail("baseline %s: %s", path, error.text);
	list = json_object_get(root, "findings");
	n = json_array_size(list);
	if (!json_is_array(list)) {
		json_decref(root);
		return fail("baseline %s: it has no list of findings", path);
	}
	*out = calloc(1, sizeof(**out) + n * sizeof((*out)->entries[0]));
	if (!*out) {
		json_decref(root);
		return fail("out of memory");
	}
	json_array_foreach(list, i, entry)
	{
		const char *text = json_string_value(json_object_get(entry, "fingerprint"));

		if (text)
			(*out)->entries[(*out)->count++].fingerprint = strtoull(text, NULL, 16);
	}
	json_decref(root);
	return 0;
}

static json_t *text(const char *s)
{
	json_t *value = s ? json_string(s) : NULL;

	return value ? value : json_string("?");
}

int baseline_write(const char *path, const struct baseline_entry *entries, size_t count)
{
	FILE *f = fopen(path, "we");

	if (!f)
		return fail("baseline %s: %s", path, strerror(errno));
	fputs("{\"schema\": \"awaitness-baseline/1\", \"findings\": [\n", f);
	for (size_t i = 0; i < count; i++) {
		char fingerprint[17];
		json_t *o;

		snprintf(fingerprint, sizeof(fingerprint), "%016llx",
		         (unsigned long long)entries[i].fingerprint);
		o = json_pack("{s:s,s:s,s:o,s:o}", "fingerprint", fingerprint, "rule",
		              entries[i].rule, "object", text(entries[i].object), "function",
		              text(entries[i].function));
		if (o)
			json_dumpf(o, f, 0);
		json_decref(o);
		fputs(i + 1 < count ? ",\n" : "\n", f);
	}
	fputs("]}\n", f);
	if (ferror(f) | fclose(f))
		return fail("baseline %s: it could not be written", path);
	return 0;
}

bool baseline_take(struct baseline *baseline, uint64_t fingerprint)
{
	for (size_t i = 0; i < baseline->count; i++)
		if (!baseline->entries[i].taken && baseline->entries[i].fingerprint == fingerprint)
			return baseline->entries[i].taken = true;
	return false;
}

bool baseline_has(const struct baseline *baseline, uint64_t fingerprint)
{
	for (size_t i = 0; i < baseline->count; i++)
		if (baseline->entries[i].fingerprint == fingerprint)
			return true;
	return false;
}

void baseline_free(struct baseline *baseline)
{
	free(baseline);
}
