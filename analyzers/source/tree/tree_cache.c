/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * tree_cache.c - one file per lowered source file: a header, then the tree's arrays as they are.
 *
 * The format belongs to one build of the tool on one machine: the version is
 * in the name's hash, and whatever does not check is as if it were not there.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tree_cache.h"
#include "tree_check.h"
#include "base/bytes_hash.h"

#define FORMAT 3u

struct header {
	char magic[8];
	uint64_t sum; /* of all that follows the header */
	uint32_t nodes, strings, bytes, waivers;
	uint32_t error_line, too_deep;
};

static void cache_path(char *out, size_t size, const char *folder, uint64_t hash, size_t text)
{
	snprintf(out, size, "%s/%u-%016llx-%zx.tree", folder, FORMAT, (unsigned long long)hash,
	         text);
}

static size_t payload_size(const struct header *h)
{
	return (size_t)h->nodes * sizeof(struct tree_node) + (size_t)h->strings * 4 + h->bytes +
	       (size_t)h->waivers * sizeof(struct tree_waiver);
}

static void *take(char **at, size_t size)
{
	void *copy = malloc(size ? size : 1);

	if (copy)
		memcpy(copy, *at, size);
	*at += size;
	return copy;
}

static bool strings_check(const struct tree *t, uint32_t bytes)
{
	if (!t->string_count || !bytes || t->bytes[bytes - 1])
		return false;
	for (uint32_t i = 0; i < t->string_count; i++)
		if (t->string_at[i] >= bytes)
			return false;
	for (uint32_t i = 0; i < t->waiver_count; i++)
		if (t->waivers[i].text >= t->string_count)
			return false;
	return true;
}

static int tree_from(const struct header *h, char *payload, struct tree **out)
{
	struct tree *t = calloc(1, sizeof(*t));

	if (!t)
		return -ENOMEM;
	*t = (struct tree){.node_count = h->nodes,
	                   .string_count = h->strings,
	                   .waiver_count = h->waivers,
	                   .error_line = h->error_line,
	                   .too_deep = h->too_deep != 0};
	t->nodes = take(&payload, h->nodes * sizeof(struct tree_node));
	t->string_at = take(&payload, (size_t)h->strings * 4);
	t->bytes = take(&payload, h->bytes);
	t->waivers = take(&payload, h->waivers * sizeof(struct tree_waiver));
	if (!t->nodes || !t->string_at || !t->bytes || !t->waivers || !strings_check(t, h->bytes) ||
	    !tree_check(t)) {
		tree_free(t);
		return -ENOENT;
	}
	*out = t;
	return 0;
}

int tree_cache_load(const char *folder, uint64_t hash, size_t size, struct tree **out)
{
	char path[4096];
	struct stat st;
	char *data = NULL;
	int fd, err = -ENOENT;
	struct header h;

	*out = NULL;
	cache_path(path, sizeof(path), folder, hash, size);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return -ENOENT;
	if (!fstat(fd, &st) && st.st_size >= (off_t)sizeof(h) && st.st_size < (1 << 30) &&
	    (data = malloc(st.st_size)) && read(fd, data, st.st_size) == st.st_size) {
		memcpy(&h, data, sizeof(h));
		if (!memcmp(h.magic, "awpytree", 8) &&
		    payload_size(&h) == (size_t)st.st_size - sizeof(h) &&
		    bytes_hash(data + sizeof(h), st.st_size - sizeof(h)) == h.sum)
			err = tree_from(&h, data + sizeof(h), out);
	}
	free(data);
	close(fd);
	return err;
}

void tree_cache_store(const char *folder, uint64_t hash, size_t size, const struct tree *tree)
{
	char path[4096], temporary[4160];
	uint32_t last = tree->string_count - 1;
	struct header h = {.magic = "awpytree",
	                   .nodes = tree->node_count,
	                   .strings = tree->string_count,
	                   .bytes = tree->string_at[last] + strlen(tree_string(tree, last)) + 1,
	                   .waivers = tree->waiver_count,
	                   .error_line = tree->error_line,
	                   .too_deep = tree->too_deep};
	size_t payload = payload_size(&h);
	char *data = malloc(sizeof(h) + payload), *at;
	int fd;

	if (!data)
		return;
	at = mempcpy(data + sizeof(h), tree->nodes, h.nodes * sizeof(struct tree_node));
	at = mempcpy(at, tree->string_at, (size_t)h.strings * 4);
	at = mempcpy(at, tree->bytes, h.bytes);
	if (h.waivers)
		memcpy(at, tree->waivers, h.waivers * sizeof(struct tree_waiver));
	h.sum = bytes_hash(data + sizeof(h), payload);
	memcpy(data, &h, sizeof(h));
	cache_path(path, sizeof(path), folder, hash, size);
	snprintf(temporary, sizeof(temporary), "%s.%d.tmp", path, (int)getpid());
	fd = open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
	if (fd >= 0) {
		bool ok = write(fd, data, sizeof(h) + payload) == (ssize_t)(sizeof(h) + payload);

		close(fd);
		if (!ok || rename(temporary, path))
			unlink(temporary);
	}
	free(data);
}
