// SPDX-License-Identifier: BSD-2-Clause
/*
 * kernel_btf.c - a walk over BTF (Documentation/bpf/btf.rst in the kernel).
 */
#include "kernel_btf.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/btf.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define FILE_MAX (256u << 20)

struct kernel_btf {
	char *data;
	size_t size;
	const char *types;
	size_t types_size;
	const char *strings;
	size_t strings_size;
};

/* sysfs does not tell the size: read until the end. */
static int file_read(int fd, char **out, size_t *size)
{
	size_t room = 8 << 20, length = 0;
	char *data = NULL;
	ssize_t n = 1;

	while (n > 0 && room <= FILE_MAX) {
		char *more = realloc(data, room);

		if (!more) {
			free(data);
			return -ENOMEM;
		}
		data = more;
		while (length < room && (n = read(fd, data + length, room - length)) > 0)
			length += n;
		room *= 2;
	}
	*out = data;
	*size = length;
	return n < 0 ? -errno : 0;
}

static int header_check(struct kernel_btf *btf)
{
	const struct btf_header *header = (const void *)btf->data;
	uint64_t types, strings;

	if (btf->size < sizeof(*header) || header->magic != BTF_MAGIC)
		return -EPROTO;
	types = (uint64_t)header->hdr_len + header->type_off;
	strings = (uint64_t)header->hdr_len + header->str_off;
	if (types + header->type_len > btf->size || strings + header->str_len > btf->size ||
	    types % 4 || !header->str_len || btf->data[strings + header->str_len - 1])
		return -EPROTO;
	btf->types = btf->data + types;
	btf->types_size = header->type_len;
	btf->strings = btf->data + strings;
	btf->strings_size = header->str_len;
	return 0;
}

int kernel_btf_open(const char *path, struct kernel_btf **out)
{
	int fd = open(path ? path : "/sys/kernel/btf/vmlinux", O_RDONLY | O_CLOEXEC);
	struct kernel_btf *btf = calloc(1, sizeof(*btf));
	int code = fd < 0 ? -errno : btf ? 0 : -ENOMEM;

	*out = NULL;
	if (!code)
		code = file_read(fd, &btf->data, &btf->size);
	if (fd >= 0)
		close(fd);
	if (!code)
		code = header_check(btf);
	if (code) {
		kernel_btf_close(btf);
		return code;
	}
	*out = btf;
	return 0;
}

void kernel_btf_close(struct kernel_btf *btf)
{
	if (!btf)
		return;
	free(btf->data);
	free(btf);
}

/* Bytes that follow a type's struct btf_type, by its kind. */
static size_t type_tail(const struct btf_type *type)
{
	size_t count = BTF_INFO_VLEN(type->info);

	switch (BTF_INFO_KIND(type->info)) {
	case BTF_KIND_INT:
	case BTF_KIND_VAR:
	case BTF_KIND_DECL_TAG:
		return sizeof(uint32_t);
	case BTF_KIND_ARRAY:
		return sizeof(struct btf_array);
	case BTF_KIND_STRUCT:
	case BTF_KIND_UNION:
		return count * sizeof(struct btf_member);
	case BTF_KIND_ENUM:
		return count * sizeof(struct btf_enum);
	case BTF_KIND_ENUM64:
		return count * sizeof(struct btf_enum64);
	case BTF_KIND_FUNC_PROTO:
		return count * sizeof(struct btf_param);
	case BTF_KIND_DATASEC:
		return count * sizeof(struct btf_var_secinfo);
	default:
		return 0;
	}
}

/* The type `at` bytes into the types, NULL: past the end. Sets `next`. */
static const struct btf_type *type_at(const struct kernel_btf *btf, size_t at, size_t *next)
{
	const struct btf_type *type = (const void *)(btf->types + at);

	if (at + sizeof(*type) > btf->types_size)
		return NULL;
	*next = at + sizeof(*type) + type_tail(type);
	return *next <= btf->types_size ? type : NULL;
}

static const struct btf_type *type_by_id(const struct kernel_btf *btf, uint32_t id)
{
	const struct btf_type *type;
	size_t at = 0, next;

	while ((type = type_at(btf, at, &next)) && --id)
		at = next;
	return id ? NULL : type;
}

static const struct btf_type *type_by_name(const struct kernel_btf *btf, unsigned kind,
                                           const char *name)
{
	const struct btf_type *type;
	size_t at = 0, next;

	while ((type = type_at(btf, at, &next))) {
		if (BTF_INFO_KIND(type->info) == kind && type->name_off < btf->strings_size &&
		    !strcmp(btf->strings + type->name_off, name))
			return type;
		at = next;
	}
	return NULL;
}

bool kernel_btf_has_function(const struct kernel_btf *btf, const char *name)
{
	return type_by_name(btf, BTF_KIND_FUNC, name);
}

int kernel_btf_tracepoint(const struct kernel_btf *btf, const char *name)
{
	const struct btf_type *type;
	char text[128];

	snprintf(text, sizeof(text), "btf_trace_%s", name);
	type = type_by_name(btf, BTF_KIND_TYPEDEF, text);
	if (!type)
		return -1;
	/* A typedef of a pointer to a function whose first argument is the kernel's own. */
	type = type_by_id(btf, type->type);
	type = type && BTF_INFO_KIND(type->info) == BTF_KIND_PTR ? type_by_id(btf, type->type)
	                                                         : NULL;
	if (!type || BTF_INFO_KIND(type->info) != BTF_KIND_FUNC_PROTO || !BTF_INFO_VLEN(type->info))
		return -1;
	return BTF_INFO_VLEN(type->info) - 1;
}
