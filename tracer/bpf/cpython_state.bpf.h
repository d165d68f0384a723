/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * cpython_state.bpf.h - what the programs for CPython remember, and their maps.
 *
 * Global functions with scalar arguments are verified once, each by itself;
 * what they share lies in a scratch area, which a program claims for its run
 * (programs of two threads may interleave on one CPU of a preemptible kernel).
 *
 * All that is called within each other shares 512 bytes of stack, and older
 * verifiers round each frame up to 32. So what is done for a step is called one
 * after the other rather than within each other, and static functions are
 * __noinline where what they need is not to count in all that their caller calls.
 */
#ifndef CPYTHON_STATE_BPF_H
#define CPYTHON_STATE_BPF_H

#include "cpython.h"
#include "cpython_watch.h"

enum {
	TARGETS = 256,
	TYPES = 4096,
	SCRATCHES = 256,
	OBJECT = 296, /* header, generator, embedded frame and its first locals in one read */
	PAGE = 4096,
	CELL_DEPENDS = 8,
	CODES_SEEN = 64,
	SELVES = 4 /* Lock.acquire may wait by way of two more: anyio's Event.wait, asyncio's */
};

/* What of the kernel's own structures is read: the thread pointer, which is what CPython calls
 * the thread's id. Relocated by its BTF. */
struct thread_struct {
	unsigned long fsbase;
} __attribute__((preserve_access_index));
struct task_struct {
	struct thread_struct thread;
} __attribute__((preserve_access_index));

struct step {
	uint64_t task, coro, entered;
	uint64_t known; /* is it in known_tasks? */
};

struct watched {
	uint64_t lock, type;
	uint64_t state; /* CPYTHON_LOCK_*, at the last end of a step */
};

/* What refers to a lock; cpython_owner.bpf.h. */
struct owned {
	uint64_t lock;
	/* an object and its type, or a frame and its code; 0: not known */
	uint64_t owner, owner_type;
	uint64_t owner_frame; /* it is a frame */
};
enum { OWNED = 128 };

/* A cell that is watched; cpython_cells.bpf.h. */
struct cell_slot {
	uint64_t task, generator; /* whose frame holds the value that was read */
	uint64_t object, type, name;
	uint64_t self;  /* the object, or that whose attribute it is, where it is the container */
	uint64_t value; /* as it was looked at last: its fingerprint */
	uint64_t key, hash; /* OF_ITEM */
	struct {
		uint64_t at, word;
	} on[CELL_DEPENDS]; /* words that tell where it is and what stands there */
	uint64_t since;     /* ns: armed */
	uint32_t state;     /* CELL_* */
	uint32_t window, kind;
	uint32_t how, index, basicsize; /* struct cpython_attribute_value */
	uint32_t of;                    /* enum cpython_cell_of */
	uint32_t depends;               /* used of `on`; 0: it is looked at each time */
};
enum { CELL_FREE, CELL_ARMED, CELL_RUNNING };

/* A code object that was told; cpython_define.bpf.h. */
struct code_seen {
	uint64_t code, head;
};
struct code_key {
	uint64_t code;
	uint64_t target; /* index in the map of targets */
};

struct thread {
	uint64_t number; /* of the next fact */
	uint64_t state;  /* address of its PyThreadState, 0: not found yet */
	uint32_t tgid;
	uint32_t epoch;
	uint32_t depth;    /* of `steps`, at most CPYTHON_STACK */
	uint32_t next;     /* the watch slot to be replaced next */
	uint32_t searches; /* for the thread state, that failed */
	struct step steps[CPYTHON_STACK];
	struct watched watch[CPYTHON_WATCH];
	struct owned owned[OWNED]; /* by a hash of the lock's address */
	uint32_t owned_turn;       /* which of its places goes when all are taken */
	uint32_t cell_count;       /* of its cells that are not free */
	struct code_seen codes[CODES_SEEN];
	uint64_t loop;                   /* the loop it ran last, 0: not known */
	struct cpython_loop_value queue; /* of that */
};

struct thread_cells {
	struct cell_slot slots[CPYTHON_CELLS];
};

struct scratch {
	uint32_t busy;
	uint32_t target;
	uint64_t now;
	uint64_t tgid_tid;            /* who runs */
	uint64_t current;             /* walk: the object looked at */
	uint64_t side[CPYTHON_SIDES]; /* generators to walk after the chain */
	uint32_t sides;
	uint32_t in_side;
	/* the frame looked at */
	uint64_t locals;         /* address of its first local */
	uint32_t limit;          /* bytes of `object` that are valid */
	uint32_t base;           /* offset of the first local in `object` */
	uint32_t first;          /* index of the first value stack slot */
	uint32_t top;            /* one past the last */
	uint32_t frame;          /* number in the chain */
	uint32_t skip;           /* slots to pass over */
	uint64_t selves[SELVES]; /* first locals of the innermost frames of the chain, in turn */
	uint64_t caller_self;    /* first local of the innermost frame that runs */
	uint64_t caller_frame;   /* that frame */
	uint64_t arming;         /* the task whose cells are armed */
	struct cpython_await_value await;
	struct code_key code;     /* the code object that is looked for */
	uint64_t code_head;       /* of that */
	struct cpython_fact told; /* the head of a record that tells a code object */
	struct cpython_fact fact;
	struct cpython_item items[CPYTHON_ITEMS]; /* right behind the fact */
	uint8_t object[OBJECT];
};

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, TARGETS);
	__type(key, uint32_t); /* tgid */
	__type(value, uint32_t);
} processes SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, TARGETS);
	__type(key, uint32_t);
	__type(value, struct cpython_target);
} targets SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, TYPES);
	__type(key, struct cpython_type_key);
	__type(value, struct cpython_type_value);
} types SEC(".maps");

/* Kept with the thread in the kernel: found without a look-up by number, and gone with it. */
struct {
	__uint(type, BPF_MAP_TYPE_TASK_STORAGE);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, int);
	__type(value, struct thread);
} threads SEC(".maps");

/* Apart from that, and only of threads that have armed a cell: it is much. */
struct {
	__uint(type, BPF_MAP_TYPE_TASK_STORAGE);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, int);
	__type(value, struct thread_cells);
} cells SEC(".maps");

/* Tasks that have suspended: the coroutine says whether it is still the same one. Those that end in
 * their first step need no entry. */
struct known_key {
	uint64_t task;
	uint64_t tgid;
};
struct known {
	uint64_t coro;
	uint64_t epoch; /* its suspensions are told since it was entered in this one */
};
struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 65536);
	__type(key, struct known_key);
	__type(value, struct known);
} known_tasks SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, SCRATCHES);
	__type(key, uint32_t);
	__type(value, struct scratch);
} scratches SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, CPYTHON_COUNTERS);
	__type(key, uint32_t);
	__type(value, uint64_t);
} counters SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 16 << 20);
} ring SEC(".maps");

#include "ring_touch.bpf.h"

/* For tests: one claim of a scratch area in so many fails. 0: none is made to. */
const volatile uint32_t scratch_fails;
uint32_t scratch_claims;

const volatile uint32_t wake_bytes = 4 << 20; /* in the ring, before the session is woken */

/*
 * A number whose bound is checked next, and which is used as it was checked: the compiler knows
 * nothing of it, so it leaves the check out nowhere and makes it with no copy in fewer bits.
 * Verifiers before 6.19 forget a bound that was found on such a copy, and refuse the program.
 */
static __always_inline uint64_t unchecked(uint64_t number)
{
	asm volatile("" : "+r"(number));
	return number;
}

static __always_inline void count(uint32_t counter)
{
	uint64_t *value = bpf_map_lookup_elem(&counters, &counter);

	if (value)
		(*value)++;
}

static __always_inline struct scratch *scratch_at(uint32_t slot)
{
	return bpf_map_lookup_elem(&scratches, &slot);
}

static __always_inline struct cpython_target *target_of(const struct scratch *s)
{
	uint32_t target = s->target;

	return bpf_map_lookup_elem(&targets, &target);
}

/* The thread that runs; 0: it was never met. */
static __always_inline struct thread *thread_here(void)
{
	return bpf_task_storage_get(&threads, bpf_get_current_task_btf(), 0, 0);
}

static __always_inline struct cell_slot *cell_at(uint32_t i)
{
	struct thread_cells *here = bpf_task_storage_get(&cells, bpf_get_current_task_btf(), 0, 0);

	if (!here || i >= CPYTHON_CELLS)
		return 0;
	asm volatile("" : "+r"(here)); /* checked before clang computes with it */
	return &here->slots[unchecked(i) & (CPYTHON_CELLS - 1)];
}

#endif
