/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * cpython_define.bpf.h - tells a code object when it is first met (cpython_record.h).
 *
 * Whether it was told is asked for each frame of each chain. Most are in a small table of the
 * thread, by address and by its first line and number of locals: another code object at that
 * address is another one.
 */
#ifndef CPYTHON_DEFINE_BPF_H
#define CPYTHON_DEFINE_BPF_H

#include "cpython_record.h"
#include "cpython_fact.bpf.h"

struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 16384);
	__type(key, struct code_key);
	__type(value, uint64_t); /* code_head() */
} told_codes SEC(".maps");

/* The word that tells code objects apart: the first line and, since 3.11, the number of locals. */
static __always_inline uint64_t code_head(const struct cpython_layout *l, uint64_t code)
{
	return read_word(code + l->code_first_line);
}

/* Copies `size` bytes; 0 when they cannot be read, or are more than there is room for. */
static __always_inline uint32_t block_copy(void *to, const uint32_t room, uint64_t address,
                                           uint64_t size)
{
	uint64_t n = unchecked(size);

	if (n > room)
		return 0;
	return bpf_probe_read_user(to, n, (void *)address) ? 0 : n;
}

/* Bytes that a str object takes, with its head. */
static __always_inline uint64_t str_size(const struct cpython_layout *l, uint64_t str)
{
	enum { LENGTH = 16, STATE = 32 };
	uint32_t state = read_half(str + STATE);

	return (state >> 6 & 1 ? l->str_ascii : l->str_compact) +
	       read_word(str + LENGTH) * (state >> 2 & 7);
}

enum {
	BYTES_SIZE = 16, /* ob_size and ob_sval of a bytes object */
	BYTES_HEAD = 32,
	CODE_OLD = 128 /* 3.10: of a code object, up to what is behind its table of lines */
};

/* Where the parts of a code object are that lie apart from it. */
struct code_parts {
	uint64_t lines, lines_size, bytes, bytes_size;
};

static __always_inline void block_fill(struct cpython_define *define, uint32_t which, void *to,
                                       const uint32_t room, uint64_t address, uint64_t size)
{
	define->blocks[which].address = address;
	define->blocks[which].at = to - (void *)define;
	define->blocks[which].size = block_copy(to, room, address, size);
}

static __always_inline void code_fill(struct cpython_define *define, const struct scratch *s,
                                      const struct cpython_layout *l,
                                      const struct code_parts *parts, void *lines,
                                      const uint32_t lines_room, void *bytes,
                                      const uint32_t bytes_room)
{
	uint64_t code = s->told.task, name = read_word(code + l->code_qualname),
		 file = read_word(code + l->code_file);

	__builtin_memcpy(&define->fact, &s->told, sizeof(s->told));
	block_fill(define, CPYTHON_BLOCK_CODE, define->code, CPYTHON_CODE_ROOM, code,
	           l->frame_apart ? CODE_OLD : l->code_bytes);
	block_fill(define, CPYTHON_BLOCK_NAME, define->name, CPYTHON_STR_ROOM, name,
	           str_size(l, name));
	block_fill(define, CPYTHON_BLOCK_FILE, define->file, CPYTHON_STR_ROOM, file,
	           str_size(l, file));
	block_fill(define, CPYTHON_BLOCK_LINES, lines, lines_room, parts->lines, parts->lines_size);
	block_fill(define, CPYTHON_BLOCK_BYTES, bytes, bytes_room, parts->bytes, parts->bytes_size);
}

/* Tells a code object. 0, or -1: there was no room. */
__noinline int code_define(uint32_t slot, uint64_t code)
{
	uint64_t tgid_tid = bpf_get_current_pid_tgid();
	struct scratch *s = scratch_at(slot);
	struct cpython_define_small *small;
	struct cpython_define_large *large;
	struct code_parts parts;
	struct cpython_target *t;
	struct cpython_layout *l;

	if (!s)
		return -1;
	t = target_of(s);
	if (!t)
		return -1;
	l = &t->layout;
	s->told.kind = CPYTHON_FACT_CODE;
	s->told.pid = tgid_tid >> 32;
	s->told.tid = (uint32_t)tgid_tid;
	s->told.time = s->now;
	s->told.task = code;
	parts.lines = read_word(code + l->code_line_table);
	parts.lines_size = BYTES_HEAD + read_word(parts.lines + BYTES_SIZE);
	parts.bytes = code + l->code_bytes;
	parts.bytes_size = 2 * read_word(code + BYTES_SIZE);
	if (l->frame_apart) {
		parts.bytes = read_word(parts.bytes);
		parts.bytes_size = BYTES_HEAD + read_word(parts.bytes + BYTES_SIZE);
	}
	if (parts.lines_size <= CPYTHON_SMALL_LINES && parts.bytes_size <= CPYTHON_SMALL_BYTES) {
		small = bpf_ringbuf_reserve(&ring, sizeof(*small), 0);
		if (!small)
			return -1;
		code_fill(&small->head, s, l, &parts, small->lines, CPYTHON_SMALL_LINES,
		          small->bytes, CPYTHON_SMALL_BYTES);
		bpf_ringbuf_submit(small, BPF_RB_NO_WAKEUP);
		return 0;
	}
	large = bpf_ringbuf_reserve(&ring, sizeof(*large), 0);
	if (!large)
		return -1;
	code_fill(&large->head, s, l, &parts, large->lines, CPYTHON_LARGE_LINES, large->bytes,
	          CPYTHON_LARGE_BYTES);
	bpf_ringbuf_submit(large, BPF_RB_NO_WAKEUP);
	return 0;
}

/* A fact is about to name a code object, whose code_head() is `head`. */
__noinline int code_note(uint32_t slot, uint64_t code, uint64_t head)
{
	struct scratch *s = scratch_at(slot);
	struct thread *th = thread_here();
	struct code_seen *seen;
	uint64_t *told;

	if (!s || !th || !code || !head)
		return 0;
	seen = &th->codes[(code >> 5 ^ code >> 11) & (CODES_SEEN - 1)];
	if (seen->code == code && seen->head == head)
		return 0;
	s->code.code = code;
	s->code.target = s->target;
	s->code_head = head;
	told = bpf_map_lookup_elem(&told_codes, &s->code);
	if (!told || *told != head) {
		if (code_define(slot, code))
			return 0;
		bpf_map_update_elem(&told_codes, &s->code, &s->code_head, BPF_ANY);
	}
	seen->code = s->code.code;
	seen->head = s->code_head;
	return 1;
}

#endif
