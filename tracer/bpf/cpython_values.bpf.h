/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * cpython_values.bpf.h - values of the target: entries of dictionaries found by their key, and what
 * of a value is compared.
 *
 * Sources, the same from 3.11 to 3.15 unless said: Include/internal/pycore_dict.h
 * (PyDictKeysObject), Include/cpython/dictobject.h, listobject.h, setobject.h, unicodeobject.h,
 * bytesobject.h; Objects/dictobject.c (the order in which slots are tried), Python/pyhash.c.
 */
#ifndef CPYTHON_VALUES_BPF_H
#define CPYTHON_VALUES_BPF_H

#include "cpython_read.bpf.h"

enum {
	/* bytes: dk_log2_size, dk_log2_index_bytes, dk_kind (0: {hash, key, value}, else {key,
	 * value}); dk_nentries */
	KEYS_LOG2_SIZE = 8,
	KEYS_LOG2_BYTES = 9,
	KEYS_COUNT = 24,
	KEYS_HEAD = 32,
	KEYS_TRIES = 24, /* slots looked at for one key */
	DICT_USED = 16,
	DICT_VERSION = 24, /* until 3.12: changes with every change of the dictionary */
	DICT_KEYS = 32,
	DICT_VALUES = 40,
	LIST_SIZE = 16,
	LIST_ITEMS = 24,
	SET_FILL = 16,
	SET_USED = 24,
	SET_TABLE = 40,
	STR_HASH = 24, /* of bytes too */
	TYPE_FLAGS = 168,
	TYPE_IS_LIST = 1 << 25, /* Py_TPFLAGS_LIST_SUBCLASS, ..._DICT_SUBCLASS */
	TYPE_IS_DICT = 1 << 29,
	CONTENT_ITEMS = 8 /* of a list or dictionary, that are compared one by one */
};

/* Which entry a slot of the index points to; negative: none. */
static __always_inline int keys_slot(uint64_t keys, uint32_t width, uint64_t slot)
{
	uint64_t at = keys + KEYS_HEAD + (slot << width);
	uint32_t value = read_half(at);

	if (width == 0)
		return (int8_t)value;
	if (width == 1)
		return (int32_t)(value << 16) >> 16;
	return (int32_t)value;
}

/* Is the key of an entry this one? By identity, or as text, bytes and ints: by hash and type. */
static __always_inline int keys_same(uint64_t entry, uint32_t kind, uint64_t key, uint64_t hash)
{
	uint64_t other = read_word(entry + (kind ? 0 : 8));

	if (other == key)
		return 1;
	if (!other || read_word(kind ? other + STR_HASH : entry) != hash)
		return 0;
	return read_word(other + 8) == read_word(key + 8);
}

/* The number of the entry with this key, -1: there is none. */
__noinline int keys_find(uint64_t keys, uint64_t key, uint64_t hash)
{
	uint64_t mask, slot, perturb = hash, entries;
	uint32_t head, i, width, kind;
	int at;

	if (!keys || bpf_probe_read_user(&head, sizeof(head), (void *)(keys + KEYS_LOG2_SIZE)))
		return -1;
	mask = (1ull << (head & 31)) - 1;
	width = (head >> 8 & 0xff) - (head & 0xff);
	if (width > 2)
		return -1;
	kind = head >> 16 & 0xff;
	entries = keys + KEYS_HEAD + (1ull << (head >> 8 & 31));
	slot = hash & mask;
	for (i = 0; i < KEYS_TRIES; i++) {
		at = keys_slot(keys, width, slot);
		if (at == -1)
			return -1;
		if (at >= 0 &&
		    keys_same(entries + (uint32_t)at * (kind ? 16 : 24), kind, key, hash))
			return at;
		perturb >>= 5;
		slot = (slot * 5 + perturb + 1) & mask;
	}
	return -1;
}

/* The address of the pointer to the value under a key; 0: it is not there. */
__noinline uint64_t dictionary_place(uint64_t dictionary, uint64_t key, uint64_t hash,
                                     uint32_t inlined)
{
	uint64_t keys = read_word(dictionary + DICT_KEYS), values, entries;
	int at = keys_find(keys, key, hash);
	uint32_t head;

	if (at < 0)
		return 0;
	values = read_word(dictionary + DICT_VALUES);
	if (values)
		return values + (inlined ? 8 : 0) + 8 * (uint32_t)at;
	head = read_half(keys + KEYS_LOG2_SIZE);
	entries = keys + KEYS_HEAD + (1ull << (head >> 8 & 31));
	if (head >> 16 & 0xff)
		return entries + 16 * (uint32_t)at + 8;
	return entries + 24 * (uint32_t)at + 16;
}

/* The value of an int of at most 60 bits, as it is without its sign; `count` becomes the number of
 * its digits, `negative` says. */
static __always_inline uint64_t integer_digits(const struct cpython_layout *l, uint64_t size,
                                               uint64_t digits, uint64_t *count, uint32_t *negative)
{
	*negative = l->long_shift ? (size & 3) == 2 : (int64_t)size < 0;
	*count = l->long_shift ? size >> l->long_shift : *negative ? -size : size;
	if (*count == 2)
		return (digits & 0x3fffffff) | (digits >> 32) << 30;
	return *count ? digits & 0xffffffff : 0;
}

/* The hash of a key: of text, bytes and ints as they are compared, of all else by identity (what
 * has a hash of its own is not found then). */
__noinline uint64_t key_hash(uint32_t target, uint64_t key)
{
	struct cpython_target *t = bpf_map_lookup_elem(&targets, &target);
	uint64_t words[4] = {}, count = 0, value;
	uint32_t negative = 0;

	if (!t || bpf_probe_read_user(words, sizeof(words), (void *)key))
		return 0;
	if (words[1] == t->str || words[1] == t->bytes)
		return words[3];
	if (key == t->true_object)
		return 1;
	if (key == t->false_object)
		return 0;
	if (words[1] != t->integer)
		return key >> 4 | key << 60; /* _Py_HashPointer */
	value = integer_digits(&t->layout, words[2], words[3], &count, &negative);
	if (!negative)
		return value;
	return value == 1 ? -2ull : -value;
}

static __always_inline uint64_t fingerprint_mix(uint64_t hash, uint64_t word)
{
	hash = (hash ^ word) * 0x9e3779b97f4a7c15ull;
	return hash ^ hash >> 29;
}

/* Text: its length, its first bytes. */
static __always_inline uint64_t fingerprint_text(uint64_t data, uint64_t bytes)
{
	uint64_t words[8] = {}, hash = fingerprint_mix(2, bytes);
	uint64_t part = unchecked(bytes > sizeof(words) ? sizeof(words) : bytes);
	uint32_t i;

	if (part > sizeof(words))
		return 0;
	bpf_probe_read_user(words, part, (void *)data);
	for (i = 0; i < 8; i++)
		hash = fingerprint_mix(hash, words[i]);
	return hash;
}

/* What is compared: of numbers and text their value, of all else which object it is. */
__noinline uint64_t fingerprint(uint32_t target, uint64_t object)
{
	struct cpython_target *t = bpf_map_lookup_elem(&targets, &target);
	uint64_t words[5] = {}, digits, data, size;

	if (!t || !object)
		return 0;
	if (bpf_probe_read_user(words, sizeof(words), (void *)object))
		return object;
	if (words[1] == t->integer) {
		uint32_t negative = 0;
		uint64_t count = 0;

		digits = integer_digits(&t->layout, words[2], words[3], &count, &negative);
		if (count > 2)
			return fingerprint_mix(object, words[3]); /* past 60 bits: which object */
		return fingerprint_mix(fingerprint_mix(1, negative), digits);
	}
	if (words[1] == t->real)
		return fingerprint_mix(3, words[2]);
	if (words[1] == t->bytes) {
		data = object + 32;
		size = words[2];
	} else if (words[1] == t->str) {
		uint32_t state = read_half(object + 32);

		data = object + (state >> 6 & 1 ? t->layout.str_ascii : t->layout.str_compact);
		size = words[2] * (state >> 2 & 7);
	} else {
		return object;
	}
	return fingerprint_text(data, size);
}

/* Which list, dict or set it is, and what is in it, as far as a few words tell; 0: it is none. */
__noinline uint64_t fingerprint_content(uint32_t target, uint64_t object)
{
	struct cpython_target *t = bpf_map_lookup_elem(&targets, &target);
	uint64_t words[6] = {}, hash, items;
	uint32_t i, kind, head, stride = 8;

	if (!t || !object || bpf_probe_read_user(words, sizeof(words), (void *)object))
		return 0;
	kind = read_half(words[1] + TYPE_FLAGS) & (TYPE_IS_LIST | TYPE_IS_DICT);
	if (!kind && words[1] != t->set)
		return 0;
	hash = fingerprint_mix(fingerprint_mix(object, words[2]), words[3]);
	if (!kind)
		return fingerprint_mix(hash, words[SET_TABLE / 8]);
	items = words[LIST_ITEMS / 8];
	if (kind & TYPE_IS_DICT) {
		hash = fingerprint_mix(fingerprint_mix(hash, words[DICT_KEYS / 8]),
		                       read_word(words[DICT_KEYS / 8] + KEYS_COUNT));
		head = read_half(words[DICT_KEYS / 8] + KEYS_LOG2_SIZE);
		stride = head >> 16 & 0xff ? 16 : 24;
		items = words[DICT_KEYS / 8] + KEYS_HEAD + (1ull << (head >> 8 & 31)) + stride - 8;
	}
	for (i = 0; i < CONTENT_ITEMS; i++)
		if (i < words[2])
			hash = fingerprint_mix(hash, read_word(items + i * stride));
	return hash;
}

/* The number of entries of a dict or set, and one; 0: it is none of these. */
__noinline uint64_t fingerprint_size(uint32_t target, uint64_t object)
{
	struct cpython_target *t = bpf_map_lookup_elem(&targets, &target);
	uint64_t type = read_word(object + 8);

	if (!t || !object)
		return 0;
	if (type == t->set)
		return read_word(object + SET_USED) + 1;
	return read_half(type + TYPE_FLAGS) & TYPE_IS_DICT ? read_word(object + DICT_USED) + 1 : 0;
}

#endif
