/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * cpython_memory.c - see cpython_memory.h. Objects as in Include/cpython/ and
 * Include/internal/pycore_dict.h of 3.11 to 3.15, Objects/dict-common.h of 3.10.
 */
#include <errno.h>
#include <string.h>
#include <sys/uio.h>

#include "cpython_memory.h"
#include "target/kept_memory.h"

enum {
	TYPE_NAME = 24,
	TYPE_BASICSIZE = 32,
	TYPE_BASE = 256,
	TYPE_DICT_OFFSET = 288,
	BASES_MAX = 8,
	FUNC_CODE = 48,
	TUPLE_SIZE = 16,
	NAMES_MAX = 256,
	STR_LENGTH = 16,
	STR_STATE = 32,
	DICT_KEYS = 32,
	DICT_VALUES = 40,
	KEYS_INDEX_BYTES = 9, /* log2 */
	KEYS_KIND = 10,
	KEYS_COUNT = 24,
	KEYS_HEAD = 32,
	OLD_KEYS_SIZE = 8, /* of the table of indices, whose entries are as wide as it takes */
	OLD_KEYS_COUNT = 32,
	OLD_KEYS_HEAD = 40,
	OLD_SIZE_MAX = 1 << 24,
	ENTRIES_MAX = 1 << 16,
	STR_MAX = 4096
};

int cpython_memory_process(void *context, uint64_t address, void *out, size_t size)
{
	struct iovec to = {out, size}, from = {(void *)(uintptr_t)address, size};
	ssize_t n = process_vm_readv(*(pid_t *)context, &to, 1, &from, 1, 0);

	if (n < 0)
		return -errno;
	return (size_t)n == size ? 0 : -EFAULT;
}

int cpython_memory_kept(void *context, uint64_t address, void *out, size_t size)
{
	return kept_memory_read(context, address, out, size);
}

int cpython_read(const struct cpython_memory *memory, uint64_t address, void *out, size_t size)
{
	if (!address)
		return -EFAULT;
	return memory->read(memory->context, address, out, size);
}

uint64_t cpython_word(const struct cpython_memory *memory, uint64_t address)
{
	uint64_t value;

	return cpython_read(memory, address, &value, sizeof(value)) ? 0 : value;
}

uint32_t cpython_half(const struct cpython_memory *memory, uint64_t address)
{
	uint32_t value;

	return cpython_read(memory, address, &value, sizeof(value)) ? 0 : value;
}

int cpython_c_string(const struct cpython_memory *memory, uint64_t address, char *out, size_t size)
{
	enum { PIECE = 16 }; /* of memory: all of it is mapped, or none */
	size_t n = 0, piece;
	int error = 0;

	while (n < size - 1 && !error) {
		piece = PIECE - (address + n) % PIECE;
		if (piece > size - 1 - n)
			piece = size - 1 - n;
		error = cpython_read(memory, address + n, out + n, piece);
		if (!error && memchr(out + n, 0, piece))
			return 0;
		n += error ? 0 : piece;
	}
	out[n] = 0;
	return error;
}

static size_t utf8_put(char *out, size_t room, uint32_t c)
{
	unsigned char bytes[4];
	size_t n;

	if (c < 0x80) {
		bytes[0] = c;
		n = 1;
	} else if (c < 0x800) {
		bytes[0] = 0xc0 | c >> 6;
		bytes[1] = 0x80 | (c & 0x3f);
		n = 2;
	} else if (c < 0x10000) {
		bytes[0] = 0xe0 | c >> 12;
		bytes[1] = 0x80 | (c >> 6 & 0x3f);
		bytes[2] = 0x80 | (c & 0x3f);
		n = 3;
	} else {
		bytes[0] = 0xf0 | (c >> 18 & 7);
		bytes[1] = 0x80 | (c >> 12 & 0x3f);
		bytes[2] = 0x80 | (c >> 6 & 0x3f);
		bytes[3] = 0x80 | (c & 0x3f);
		n = 4;
	}
	if (n > room)
		return 0;
	memcpy(out, bytes, n);
	return n;
}

size_t cpython_utf8(char *out, size_t size, const void *characters, size_t length, unsigned kind)
{
	const unsigned char *from = characters;
	size_t used = 0;

	for (size_t i = 0; i < length; i++) {
		uint32_t c = 0;
		size_t n;

		memcpy(&c, from + i * kind, kind);
		n = utf8_put(out + used, size - 1 - used, c);
		if (!n)
			break;
		used += n;
	}
	out[used] = 0;
	return used;
}

int cpython_str(const struct cpython_memory *memory, uint64_t object, char *out, size_t size)
{
	uint64_t length = cpython_word(memory, object + STR_LENGTH);
	uint32_t state = cpython_half(memory, object + STR_STATE);
	unsigned kind = state >> 2 & 7, ascii = state >> 6 & 1, compact = state >> 5 & 1;
	unsigned char text[STR_MAX];
	int error;

	out[0] = 0;
	if (!compact || (kind != 1 && kind != 2 && kind != 4))
		return -EPROTO;
	if (length > size)
		length = size;
	if (length * kind > sizeof(text))
		length = sizeof(text) / kind;
	error = cpython_read(
		memory, object + (ascii ? memory->layout->str_ascii : memory->layout->str_compact),
		text, length * kind);
	if (error)
		return error;
	cpython_utf8(out, size, text, length, kind);
	return 0;
}

/* The entries of a keys object: {hash, key, value} when general, else {key, value}. */
struct entries {
	uint64_t address;
	uint64_t count;
	unsigned stride;
	unsigned key; /* offset in an entry */
};

static int entries_find_old(uint64_t keys, const unsigned char *head, struct entries *out)
{
	uint64_t size;

	memcpy(&size, head + OLD_KEYS_SIZE, sizeof(size));
	memcpy(&out->count, head + OLD_KEYS_COUNT, sizeof(out->count));
	if (out->count > ENTRIES_MAX || size > OLD_SIZE_MAX)
		return -EPROTO;
	out->address = keys + OLD_KEYS_HEAD + size * (size <= 0xff ? 1 : size <= 0xffff ? 2 : 4);
	out->stride = 24;
	out->key = 8;
	return 0;
}

static int entries_find(const struct cpython_memory *memory, uint64_t keys, struct entries *out)
{
	unsigned char head[OLD_KEYS_HEAD];
	int error = cpython_read(memory, keys, head, sizeof(head));

	if (error)
		return error;
	if (memory->layout->attributes == CPYTHON_ATTR_DICT)
		return entries_find_old(keys, head, out);
	memcpy(&out->count, head + KEYS_COUNT, sizeof(out->count));
	if (out->count > ENTRIES_MAX || head[KEYS_INDEX_BYTES] > 24 || head[KEYS_KIND] > 2)
		return -EPROTO;
	out->address = keys + KEYS_HEAD + (1ull << head[KEYS_INDEX_BYTES]);
	out->stride = head[KEYS_KIND] == 0 ? 24 : 16;
	out->key = head[KEYS_KIND] == 0 ? 8 : 0;
	return 0;
}

int cpython_dict_each(const struct cpython_memory *memory, uint64_t dict, cpython_entry_fn fn,
                      void *context)
{
	uint64_t values = cpython_word(memory, dict + DICT_VALUES);
	struct entries entries;
	int result = entries_find(memory, cpython_word(memory, dict + DICT_KEYS), &entries);

	if (result)
		return result;
	if (values && memory->layout->attributes == CPYTHON_ATTR_INLINE)
		values += 8;
	for (uint64_t i = 0; i < entries.count; i++) {
		uint64_t pair[2];

		result = cpython_read(memory, entries.address + i * entries.stride + entries.key,
		                      pair, sizeof(pair));
		if (result)
			return result;
		if (values)
			pair[1] = cpython_word(memory, values + 8 * i);
		if (!pair[0] || !pair[1])
			continue;
		result = fn(context, pair[0], pair[1]);
		if (result)
			return result;
	}
	return 0;
}

struct search {
	const struct cpython_memory *memory;
	const char *key;
	uint64_t value;
};

static int search_entry(void *context, uint64_t key, uint64_t value)
{
	struct search *search = context;
	char name[128];

	if (cpython_str(search->memory, key, name, sizeof(name)) || strcmp(name, search->key))
		return 0;
	search->value = value;
	return 1;
}

uint64_t cpython_dict_get(const struct cpython_memory *memory, uint64_t dict, const char *key)
{
	struct search search = {memory, key, 0};

	return cpython_dict_each(memory, dict, search_entry, &search) == 1 ? search.value : 0;
}

int cpython_attribute_index(const struct cpython_memory *memory, uint64_t type, const char *name)
{
	uint64_t keys = cpython_word(memory, type + memory->layout->cached_keys);
	struct entries entries;
	char text[128];

	if (!keys || entries_find(memory, keys, &entries))
		return -1;
	for (uint64_t i = 0; i < entries.count && i < 64; i++) {
		uint64_t key =
			cpython_word(memory, entries.address + i * entries.stride + entries.key);

		if (key && !cpython_str(memory, key, text, sizeof(text)) && !strcmp(text, name))
			return (int)i;
	}
	return -1;
}

/* The dictionary of an object's attributes; 0: it has none. */
static uint64_t dictionary_of(const struct cpython_memory *memory, uint64_t object)
{
	uint64_t type = cpython_word(memory, object + 8);
	uint64_t offset = type ? cpython_word(memory, type + TYPE_DICT_OFFSET) : 0;

	return offset && offset < 4096 ? cpython_word(memory, object + offset) : 0;
}

struct place {
	uint64_t name; /* wanted; 0: number `index` */
	uint32_t index;
	uint64_t value;
};

static int place_entry(void *context, uint64_t key, uint64_t value)
{
	struct place *place = context;

	if (place->name ? key != place->name : place->index-- != 0)
		return 0;
	place->value = value;
	return 1;
}

static uint64_t dictionary_attribute(const struct cpython_memory *memory, uint64_t object,
                                     uint32_t index, uint64_t name)
{
	struct place place = {.name = name, .index = index};
	uint64_t dictionary = dictionary_of(memory, object);

	return dictionary && cpython_dict_each(memory, dictionary, place_entry, &place) == 1
	               ? place.value
	               : 0;
}

uint64_t cpython_attribute_named(const struct cpython_memory *memory, uint64_t object,
                                 const char *name)
{
	uint64_t dictionary;
	int index;

	if (memory->layout->attributes == CPYTHON_ATTR_DICT) {
		dictionary = dictionary_of(memory, object);
		return dictionary ? cpython_dict_get(memory, dictionary, name) : 0;
	}
	index = cpython_attribute_index(memory, cpython_word(memory, object + 8), name);
	return index < 0 ? 0 : cpython_attribute(memory, object, index, 0);
}

/* Looks among the names that the code of a method uses. */
static int name_entry(void *context, uint64_t key, uint64_t value)
{
	struct search *search = context;
	const struct cpython_memory *memory = search->memory;
	const struct cpython_layout *l = memory->layout;
	uint64_t code, names, count;
	char type[16], text[128];

	(void)key;
	if (cpython_type_name(memory, cpython_word(memory, value + 8), type, sizeof(type)) ||
	    strcmp(type, "function") != 0)
		return 0;
	code = cpython_word(memory, value + FUNC_CODE);
	names = code ? cpython_word(memory, code + l->code_names) : 0;
	count = names ? cpython_word(memory, names + TUPLE_SIZE) : 0;
	for (uint64_t i = 0; i < count && i < NAMES_MAX; i++) {
		uint64_t str = cpython_word(memory, names + l->tuple_items + 8 * i);

		if (str && !cpython_str(memory, str, text, sizeof(text)) &&
		    !strcmp(text, search->key)) {
			search->value = str;
			return 1;
		}
	}
	return 0;
}

uint64_t cpython_attribute_name(const struct cpython_memory *memory, uint64_t type,
                                const char *name)
{
	struct search search = {memory, name, 0};

	for (int i = 0; type && i < BASES_MAX; i++) {
		uint64_t dict = cpython_word(memory, type + memory->layout->type_dict);

		if (dict && cpython_dict_each(memory, dict, name_entry, &search) == 1)
			return search.value;
		type = cpython_word(memory, type + TYPE_BASE);
	}
	return 0;
}

uint64_t cpython_attribute_place(const struct cpython_memory *memory, uint64_t object,
                                 uint32_t index)
{
	uint64_t values, size;

	switch (memory->layout->attributes) {
	case CPYTHON_ATTR_POINTER:
		values = cpython_word(memory, object - 32);
		return values ? values + 8 * index : 0;
	case CPYTHON_ATTR_TAGGED:
		values = cpython_word(memory, object - 24);
		return values & 1 ? values + 1 + 8 * index : 0;
	case CPYTHON_ATTR_INLINE:
		size = cpython_word(memory, cpython_word(memory, object + 8) + TYPE_BASICSIZE);
		if (size > 4096 || cpython_half(memory, object + size) >> 24 != 1)
			return 0;
		return object + size + 8 + 8 * index;
	default:
		return 0;
	}
}

uint64_t cpython_attribute(const struct cpython_memory *memory, uint64_t object, uint32_t index,
                           uint64_t name)
{
	uint64_t place;

	if (memory->layout->attributes == CPYTHON_ATTR_DICT)
		return dictionary_attribute(memory, object, index, name);
	place = cpython_attribute_place(memory, object, index);
	return place ? cpython_word(memory, place) : 0;
}

int cpython_type_name(const struct cpython_memory *memory, uint64_t type, char *out, size_t size)
{
	char name[256];
	const char *last;
	int error = cpython_c_string(memory, cpython_word(memory, type + TYPE_NAME), name,
	                             sizeof(name));

	out[0] = 0;
	if (error)
		return error;
	last = strrchr(name, '.');
	last = last ? last + 1 : name;
	strncpy(out, last, size - 1);
	out[size - 1] = 0;
	return 0;
}
