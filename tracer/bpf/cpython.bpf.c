/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * cpython.bpf.c - facts about the tasks of a CPython asyncio program.
 *
 * One plain uprobe at the task step does the work ("deferred" mode): when task
 * B is entered, the step of the task entered before it on this thread has
 * ended, B has not run one bytecode yet, and the chain of the other cannot
 * change. So its suspension is read here, completely and consistently. The
 * last task before the loop goes to sleep is settled at the system call it
 * sleeps in. No uretprobe: they kill targets that switch stacks (greenlet).
 *
 * Global functions with scalar arguments are verified once, each by itself;
 * what they share lies in a scratch area, which a program claims for its run
 * (programs of two threads may interleave on one CPU of a preemptible kernel).
 */
#include <linux/bpf.h>
#include <linux/ptrace.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>
#include <bpf/bpf_core_read.h>

typedef __u8 uint8_t;
typedef __u16 uint16_t;
typedef __u32 uint32_t;
typedef __u64 uint64_t;
typedef __s8 int8_t;
typedef __s32 int32_t;
typedef __s64 int64_t;
#include "cpython.h"

char LICENSE[] SEC("license") = "Dual BSD/GPL";

enum {
	TARGETS = 256,
	THREADS = 8192,
	TYPES = 4096,
	SCRATCHES = 256,
	OBJECT = 296, /* header, generator, embedded frame and its first locals in one read */
	PAGE = 4096
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
};

struct watched {
	uint64_t lock, type;
	uint64_t state; /* CPYTHON_LOCK_*, at the last end of a step */
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
};

struct scratch {
	uint32_t busy;
	uint32_t target;
	uint64_t now;
	uint64_t current;             /* walk: the object looked at */
	uint64_t side[CPYTHON_SIDES]; /* generators to walk after the chain */
	uint32_t sides;
	uint32_t in_side;
	/* the frame looked at */
	uint64_t locals; /* address of its first local */
	uint32_t limit;  /* bytes of `object` that are valid */
	uint32_t base;   /* offset of the first local in `object` */
	uint32_t first;  /* index of the first value stack slot */
	uint32_t top;    /* one past the last */
	uint32_t frame;  /* number in the chain */
	uint32_t skip;   /* slots to pass over */
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

struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, THREADS);
	__type(key, uint32_t); /* tid */
	__type(value, struct thread);
} threads SEC(".maps");

/* Tasks seen: the coroutine says whether it is still the same one. */
struct known_key {
	uint64_t task;
	uint64_t tgid;
};
struct known {
	uint64_t coro;
	uint64_t settled; /* the epoch its present suspension was told in, 0: it was not */
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

const volatile uint32_t wake_bytes = 4 << 20; /* in the ring, before the session is woken */

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

static __always_inline uint64_t read_word(uint64_t address)
{
	uint64_t value = 0;

	bpf_probe_read_user(&value, sizeof(value), (void *)address);
	return value;
}

static __always_inline uint32_t read_half(uint64_t address)
{
	uint32_t value = 0;

	bpf_probe_read_user(&value, sizeof(value), (void *)address);
	return value;
}

static __always_inline uint64_t thread_pointer(void)
{
	struct task_struct *task = (void *)bpf_get_current_task();

	return BPF_CORE_READ(task, thread.fsbase);
}

/* A word of the object read last; 0 past what could be read. */
static __always_inline uint64_t object_word(const struct scratch *s, uint32_t offset)
{
	if (offset > OBJECT - 8 || offset + 8 > s->limit)
		return 0;
	return *(const uint64_t *)(s->object + offset);
}

static __always_inline uint32_t object_half(const struct scratch *s, uint32_t offset)
{
	if (offset > OBJECT - 4 || offset + 4 > s->limit)
		return 0;
	return *(const uint32_t *)(s->object + offset);
}

static __always_inline int object_byte(const struct scratch *s, uint32_t offset)
{
	if (offset > OBJECT - 1 || offset + 1 > s->limit)
		return 0;
	return (int8_t)s->object[offset];
}

static __always_inline void object_read(struct scratch *s, uint64_t address)
{
	uint32_t left;

	s->limit = OBJECT;
	if (!bpf_probe_read_user(s->object, OBJECT, (void *)address))
		return;
	/* It ends before an unmapped page: what there is up to the end of its own page. */
	left = PAGE - (address & (PAGE - 1));
	s->limit = 0;
	asm volatile("" : "+r"(left));
	if (left < OBJECT && left > 0 && !bpf_probe_read_user(s->object, left, (void *)address))
		s->limit = left;
}

static __always_inline struct cpython_item *item_add(struct scratch *s, uint32_t kind)
{
	uint32_t n = s->fact.count;
	struct cpython_item *item;

	if (n >= CPYTHON_ITEMS)
		return 0;
	s->fact.count = n + 1;
	item = &s->items[n];
	item->kind = kind;
	item->index = 0;
	item->state = 0;
	item->flags = 0;
	item->offset = 0;
	item->a = item->b = item->c = item->d = 0;
	return item;
}

/* ---- locks ---- */

/* Attribute number `index` of an ordinary object; 0: not there, or kept in a dictionary. */
static __always_inline uint64_t attribute(const struct cpython_layout *l, uint64_t object,
                                          uint32_t index, uint32_t basicsize)
{
	uint64_t values;

	if (l->attributes == CPYTHON_ATTR_POINTER) {
		values = read_word(object - 32);
		return values ? read_word(values + 8 * index) : 0;
	}
	if (l->attributes == CPYTHON_ATTR_TAGGED) {
		values = read_word(object - 24);
		return values & 1 ? read_word(values + 1 + 8 * index) : 0;
	}
	if (l->attributes == CPYTHON_ATTR_INLINE) {
		/* capacity, size, embedded, valid: a byte each */
		if (read_half(object + basicsize) >> 24 != 1)
			return 0;
		return read_word(object + basicsize + 8 + 8 * index);
	}
	return 0;
}

/* Are the attributes of an object kept in a dictionary (somebody asked for its __dict__)? */
static __always_inline int has_dictionary(const struct cpython_target *t, uint64_t object)
{
	uint64_t dictionary = read_word(object - 24);

	return dictionary && !(dictionary & 1) && read_word(dictionary + 8) == t->dictionary;
}

/* The attribute is not what it should be: kept elsewhere, or the memory is something else now. */
static __always_inline int lock_strange(const struct cpython_target *t, struct cpython_item *item)
{
	item->state = has_dictionary(t, item->a) ? CPYTHON_LOCK_UNREADABLE : CPYTHON_LOCK_GONE;
	return item->state;
}

/* Adds a LOCK item with the state of the lock now. Returns it (CPYTHON_LOCK_*). */
__noinline int lock_state(uint32_t slot, uint64_t lock, uint64_t type)
{
	struct scratch *s = scratch_at(slot);
	struct cpython_type_key key = {type, 0};
	struct cpython_type_value *how;
	struct cpython_target *t;
	struct cpython_item *item;
	uint64_t value;

	if (!s)
		return CPYTHON_LOCK_UNREADABLE;
	t = target_of(s);
	if (!t)
		return CPYTHON_LOCK_UNREADABLE;
	key.target = s->target;
	how = bpf_map_lookup_elem(&types, &key);
	item = item_add(s, CPYTHON_ITEM_LOCK);
	if (!item)
		return CPYTHON_LOCK_UNREADABLE;
	item->a = lock;
	item->b = type;
	item->state = CPYTHON_LOCK_UNREADABLE;
	if (!how)
		return CPYTHON_LOCK_UNREADABLE;
	/* a reference count of 0 or none that a count could be, or another type: it is gone */
	if (read_word(lock + 8) != type || (int64_t)read_word(lock) <= 0) {
		item->state = CPYTHON_LOCK_GONE;
		return CPYTHON_LOCK_GONE;
	}
	if (how->state == CPYTHON_STATE_BYTE) {
		item->state = read_half(lock + how->index) & 1;
		return item->state;
	}
	if (how->state == CPYTHON_STATE_THREAD) {
		item->state = read_word(lock + how->index) == thread_pointer();
		return item->state;
	}
	value = attribute(&t->layout, lock, how->index, how->basicsize);
	if (how->state == CPYTHON_STATE_OWNER) { /* not there: the class says None */
		item->state = value && value != t->none_object;
	} else if (how->state == CPYTHON_STATE_BOOL) {
		if (value != t->true_object && value != t->false_object)
			return lock_strange(t, item);
		item->state = value == t->true_object;
	} else if (how->state == CPYTHON_STATE_COUNT) {
		if (read_word(value + 8) != t->integer)
			return lock_strange(t, item);
		item->c = read_word(value + 16) >> t->layout.long_shift ? read_half(value + 24) : 0;
		item->state = item->c == 0;
	} else {
		return CPYTHON_LOCK_UNREADABLE;
	}
	return item->state;
}

/* The lock that counts for an object of this type: a Condition's own lock, else itself. */
static __always_inline uint64_t lock_inner(const struct cpython_layout *l,
                                           const struct cpython_type_value *how, uint64_t object)
{
	if (how->state != CPYTHON_STATE_INNER)
		return object;
	return attribute(l, object, how->index, how->basicsize);
}

/*
 * Remembers to read the state of a lock at each end of a step on this thread.
 * When there is no room, one goes that was free then, else the oldest.
 */
__noinline int watch_add(uint32_t slot, uint64_t lock, uint64_t type)
{
	uint32_t tid = (uint32_t)bpf_get_current_pid_tgid(), i, best = CPYTHON_WATCH;
	struct thread *th = bpf_map_lookup_elem(&threads, &tid);
	struct scratch *s = scratch_at(slot);

	if (!th || !s)
		return 0;
	for (i = 0; i < CPYTHON_WATCH; i++) {
		struct watched *watched = &th->watch[(th->next + i) & (CPYTHON_WATCH - 1)];

		if (watched->lock == lock) {
			watched->type = type;
			watched->state = CPYTHON_LOCK_HELD;
			return 0;
		}
		if (!watched->lock)
			best = i;
		else if (best == CPYTHON_WATCH && watched->state != CPYTHON_LOCK_HELD)
			best = i;
	}
	if (best == CPYTHON_WATCH) {
		s->fact.flags |= CPYTHON_WATCH_FULL;
		best = 0;
	}
	i = (th->next + best) & (CPYTHON_WATCH - 1);
	th->watch[i].lock = lock;
	th->watch[i].type = type;
	th->watch[i].state = CPYTHON_LOCK_HELD;
	th->next = i + 1;
	return 1;
}

/* ---- the walk along an await chain ---- */

/* Slot `j` of the value stack of the frame looked at. */
__noinline int walk_slot(uint32_t slot, uint32_t j)
{
	struct scratch *s = scratch_at(slot);
	struct cpython_target *t;
	struct cpython_item *item;
	struct cpython_type_key key = {};
	struct cpython_type_value *how;
	uint64_t object, self = 0, callable = 0, words[4] = {};
	uint32_t flags = 0, offset;

	if (!s)
		return 1;
	t = target_of(s);
	if (!t)
		return 1;
	j += s->first;
	if (j >= s->top)
		return 1;
	if (s->skip) {
		s->skip--;
		return 0;
	}
	offset = s->base + 8 * j;
	object = offset + 8 <= s->limit ? object_word(s, offset) : read_word(s->locals + 8 * j);
	if (t->layout.tag_mask) {
		if ((object & 3) == 3)
			return 0;
		object &= ~(uint64_t)t->layout.tag_mask;
	}
	if (!object || bpf_probe_read_user(words, sizeof(words), (void *)object))
		return 0;
	if (words[1] == t->method) {
		callable = read_word(words[2] + 48);
		self = words[3];
		flags = CPYTHON_EXIT_CODE;
	} else if (words[1] == t->builtin) {
		callable = read_word(words[2]);
		self = words[3];
		flags = CPYTHON_EXIT_C;
	} else if (t->layout.pairs && (words[1] == t->function || words[1] == t->descriptor)) {
		if (j + 1 >= s->top)
			return 0;
		offset += 8;
		self = offset + 8 <= s->limit ? object_word(s, offset)
		                              : read_word(s->locals + 8 * (j + 1));
		self &= ~(uint64_t)t->layout.tag_mask;
		if (!self)
			return 0;
		s->skip = 1;
		if (words[1] == t->function) {
			callable = read_word(object + 48);
			flags = CPYTHON_EXIT_CODE;
		} else {
			callable = read_word(read_word(object + 40));
			flags = CPYTHON_EXIT_C;
		}
	} else if (words[1] == t->async_generator && j + t->layout.awaited_back < s->top) {
		/* an iterator of `async for`: its own frame may hold locks */
		if (s->sides < CPYTHON_SIDES && !s->in_side) {
			s->side[s->sides & (CPYTHON_SIDES - 1)] = object;
			s->sides++;
		}
		return 0;
	} else {
		return 0;
	}
	item = item_add(s, CPYTHON_ITEM_EXIT);
	if (!item)
		return 1;
	item->index = s->frame;
	item->flags = flags;
	item->offset = j;
	item->a = callable;
	item->b = self;
	item->c = read_word(self + 8);
	if ((item->c == t->managers[0] || item->c == t->managers[1]) && s->sides < CPYTHON_SIDES) {
		s->side[s->sides & (CPYTHON_SIDES - 1)] =
			attribute(&t->layout, self, 0, (uint32_t)read_word(item->c + 32));
		s->sides++;
	}
	key.type = item->c;
	key.target = s->target;
	how = bpf_map_lookup_elem(&types, &key);
	if (how && how->state == CPYTHON_STATE_INNER)
		item->d = lock_inner(&t->layout, how, self);
	return 0;
}

/* The object at the present place of the chain. Returns 1 when the chain ends there. */
__noinline int walk_object(uint32_t slot, uint32_t i)
{
	struct scratch *s = scratch_at(slot);
	struct cpython_target *t;
	struct cpython_layout *l;
	struct cpython_item *item;
	uint64_t type, code, instr, awaited, current;
	uint32_t frame, nlocals, top, j;
	int state;

	if (!s || !s->current)
		return 1;
	t = target_of(s);
	if (!t)
		return 1;
	l = &t->layout;
	current = s->current;
	s->current = 0;
	object_read(s, current);
	type = object_word(s, 8);
	if (type != t->coroutine && type != t->generator && type != t->async_generator) {
		if (type && (type == t->wrappers[0] || type == t->wrappers[1] ||
		             type == t->wrappers[2] || type == t->wrappers[3])) {
			s->current = object_word(s, 16);
			return 0;
		}
		return 1;
	}
	state = object_byte(s, l->gen_state);
	frame = l->gen_frame;
	code = object_word(s, frame + l->frame_code) & ~(uint64_t)l->tag_mask;
	instr = object_word(s, frame + l->frame_instr);
	s->base = frame + l->frame_locals;
	s->locals = current + s->base;
	item = item_add(s, CPYTHON_ITEM_FRAME);
	if (!item)
		return 1;
	item->index = i;
	item->state = state;
	item->flags = s->in_side ? CPYTHON_FRAME_SIDE : 0;
	item->offset = instr - l->instr_back - code - l->code_bytes;
	item->a = current;
	item->b = code;
	item->c = object_word(s, s->base) & ~(uint64_t)l->tag_mask;
	item->d = type;
	if (state != l->state_suspended && state != l->state_yield_from)
		return 1;
	nlocals = read_half(code + l->code_nlocals);
	if (l->top_is_pointer)
		top = (object_word(s, frame + l->frame_top) - s->locals) >> 3;
	else
		top = object_half(s, frame + l->frame_top);
	if (nlocals > 1024 || top > 4096 || top < nlocals)
		return 1;
	s->first = nlocals;
	s->top = top;
	s->frame = i;
	s->skip = 0;
	for (j = 0; j < CPYTHON_SLOTS; j++)
		if (walk_slot(slot, j))
			break;
	if (l->op_resume) {
		uint32_t next = read_half(instr + 2);
		uint32_t op = next & 0xff, arg = next >> 8 & 0xff;

		if ((op != l->op_resume && op != l->op_resume_quick) || (arg & 3) < 2)
			return 1;
	} else if (state != l->state_yield_from) {
		return 1;
	}
	if (top < nlocals + l->awaited_back)
		return 1;
	top -= l->awaited_back;
	awaited = s->base + 8 * top + 8 <= s->limit ? object_word(s, s->base + 8 * top)
	                                            : read_word(s->locals + 8 * top);
	s->current = awaited & ~(uint64_t)l->tag_mask;
	return 0;
}

/* Adds the chain from `coro` on, what its end awaits, and the side generators. */
__noinline int walk(uint32_t slot, uint64_t task, uint64_t coro)
{
	struct scratch *s = scratch_at(slot);
	struct cpython_target *t;
	struct cpython_item *item;
	uint32_t i, side;

	if (!s)
		return 0;
	t = target_of(s);
	if (!t)
		return 0;
	s->current = coro;
	s->in_side = 0;
	s->sides = 0;
	for (i = 0; i < CPYTHON_FRAMES; i++)
		if (walk_object(slot, i))
			break;
	item = item_add(s, CPYTHON_ITEM_LEAF);
	if (item) {
		item->a = read_word(task + t->layout.task_waiter);
		if (item->a)
			item->b = read_word(item->a + 8);
	}
	s->in_side = 1;
	for (side = 0; side < CPYTHON_SIDES; side++) {
		if (side >= s->sides)
			break;
		s->current = s->side[side];
		for (i = 0; i < 4; i++)
			if (walk_object(slot, CPYTHON_FRAMES + 4 * side + i))
				break;
	}
	return 0;
}

/* ---- facts ---- */

static __always_inline void fact_begin(struct scratch *s, uint32_t kind, uint64_t tgid_tid)
{
	s->fact.kind = kind;
	s->fact.count = 0;
	s->fact.pid = tgid_tid >> 32;
	s->fact.tid = (uint32_t)tgid_tid;
	s->fact.time = s->now;
	s->fact.task = s->fact.coro = 0;
	s->fact.last = s->fact.last_coro = s->fact.last_entered = 0;
	s->fact.flags = 0;
	s->fact.settled = 0;
	s->fact.outcome = 0;
}

static __always_inline void fact_send(struct scratch *s, struct thread *th)
{
	uint32_t count_now = s->fact.count;
	uint64_t size, flags = BPF_RB_NO_WAKEUP;

	/* Numbered before anything can be lost. */
	s->fact.number = th->number++;
	asm volatile("" : "+r"(count_now));
	if (count_now > CPYTHON_ITEMS)
		count_now = CPYTHON_ITEMS;
	size = sizeof(struct cpython_fact) + count_now * sizeof(struct cpython_item);
	if (bpf_ringbuf_query(&ring, BPF_RB_AVAIL_DATA) > wake_bytes)
		flags = BPF_RB_FORCE_WAKEUP;
	if (bpf_ringbuf_output(&ring, &s->fact, size, flags))
		count(CPYTHON_COUNT_FULL);
}

static __always_inline struct thread *thread_get(uint64_t tgid_tid)
{
	static const struct thread fresh;
	uint32_t tid = (uint32_t)tgid_tid, tgid = tgid_tid >> 32;
	struct thread *th = bpf_map_lookup_elem(&threads, &tid);

	if (th && th->tgid == tgid)
		return th;
	bpf_map_update_elem(&threads, &tid, &fresh, BPF_ANY);
	th = bpf_map_lookup_elem(&threads, &tid);
	if (th)
		th->tgid = tgid;
	return th;
}

/* Claims a scratch area; -1: none is free. */
static __always_inline int scratch_claim(uint32_t target)
{
	uint32_t cpu = bpf_get_smp_processor_id(), i;

	for (i = 0; i < 4; i++) {
		uint32_t slot = (cpu + i * 61) & (SCRATCHES - 1);
		struct scratch *s = scratch_at(slot);

		if (s && !__sync_val_compare_and_swap(&s->busy, 0, 1)) {
			s->target = target;
			s->now = bpf_ktime_get_ns();
			return slot;
		}
	}
	count(CPYTHON_COUNT_BUSY);
	return -1;
}

static __always_inline void scratch_release(struct scratch *s)
{
	__sync_lock_test_and_set(&s->busy, 0);
}

static __always_inline int generator_state(const struct cpython_layout *l, uint64_t generator)
{
	int8_t state = 0;

	bpf_probe_read_user(&state, sizeof(state), (void *)(generator + l->gen_state));
	return state;
}

static __always_inline struct known *known_get(uint32_t tgid, uint64_t task)
{
	struct known_key key = {task, tgid};

	return bpf_map_lookup_elem(&known_tasks, &key);
}

/*
 * Settles the task on top of the thread's stack: tells how its step ended. A
 * task that still executes stays: what comes now is nested in its step.
 */
__noinline int settle(uint32_t slot, uint32_t tid)
{
	struct scratch *s = scratch_at(slot);
	struct thread *th = bpf_map_lookup_elem(&threads, &tid);
	struct cpython_target *t;
	struct cpython_layout *l;
	struct known *known;
	struct step *step;
	uint32_t depth, j;
	int state;

	if (!s || !th)
		return 0;
	t = target_of(s);
	if (!t)
		return 0;
	l = &t->layout;
	depth = th->depth;
	if (!depth || depth > CPYTHON_STACK)
		return 0;
	step = &th->steps[(depth - 1) & (CPYTHON_STACK - 1)];
	if (read_word(step->task + l->task_coro) != step->coro) {
		s->fact.settled = CPYTHON_SETTLED_GONE;
	} else if (read_half(step->task + l->future_state)) {
		s->fact.settled = CPYTHON_SETTLED_DONE;
		s->fact.outcome = read_half(step->task + l->future_state) & 0xff;
		if (read_word(step->task + l->future_exception))
			s->fact.outcome |= 0x100;
	} else {
		state = generator_state(l, step->coro);
		if (state == l->state_executing) {
			s->fact.flags |= CPYTHON_ENTER_NESTED;
			return 0;
		}
		s->fact.settled = state == l->state_created ? CPYTHON_SETTLED_GONE
		                                            : CPYTHON_SETTLED_SUSPENDED;
	}
	s->fact.last = step->task;
	s->fact.last_coro = step->coro;
	s->fact.last_entered = step->entered;
	if (s->fact.settled == CPYTHON_SETTLED_SUSPENDED) {
		known = known_get(th->tgid, step->task);
		if (known)
			known->settled = t->epoch;
		walk(slot, step->task, step->coro);
	}
	if (t->detail >= 1)
		for (j = 0; j < CPYTHON_WATCH; j++) {
			struct watched *watched = &th->watch[j];

			if (!watched->lock)
				continue;
			watched->state = lock_state(slot, watched->lock, watched->type);
			if (watched->state == CPYTHON_LOCK_GONE)
				watched->lock = 0;
		}
	th->depth = depth - 1;
	return 1;
}

/* Adds the task's name, at most 64 bytes of it. */
__noinline int task_name(uint32_t slot, uint64_t task)
{
	struct scratch *s = scratch_at(slot);
	struct cpython_target *t;
	struct cpython_item *item;
	uint64_t name, length, data;
	uint32_t state, i, kind;

	if (!s)
		return 0;
	t = target_of(s);
	if (!t)
		return 0;
	name = read_word(task + t->layout.task_name);
	if (!name)
		return 0;
	if (read_word(name + 8) != t->str) {
		/* 3.13+: an int stands for "Task-N" until somebody asks */
		item = item_add(s, CPYTHON_ITEM_NUMBER);
		if (item)
			item->a = read_half(name + 24);
		return 0;
	}
	length = read_word(name + 16);
	state = read_half(name + 32);
	kind = state >> 2 & 7; /* bytes of a character */
	data = name + (state >> 6 & 1 ? t->layout.str_ascii : t->layout.str_compact);
	length *= kind;
	for (i = 0; i < 2; i++) {
		uint32_t part = length > 32 ? 32 : length;

		if (!part)
			break;
		item = item_add(s, CPYTHON_ITEM_NAME);
		if (!item)
			break;
		asm volatile("" : "+r"(part));
		if (part > 32)
			break;
		item->state = part;
		item->index = kind;
		bpf_probe_read_user(&item->a, part, (void *)(data + 32 * i));
		length -= part;
	}
	return 0;
}

/*
 * A coroutine that has not begun: adds its code, and, when its first local is a
 * lock (it may be Lock.acquire), the state of that. Returns 1 if it is one.
 */
__noinline int acquire_state(uint32_t slot, uint64_t coro)
{
	struct scratch *s = scratch_at(slot);
	uint32_t tid = (uint32_t)bpf_get_current_pid_tgid();
	struct thread *th = bpf_map_lookup_elem(&threads, &tid);
	struct cpython_type_key key = {};
	struct cpython_type_value *how;
	struct cpython_layout *l;
	struct cpython_target *t;
	struct cpython_item *item;
	uint64_t self, lock;

	if (!s || !th)
		return 0;
	t = target_of(s);
	if (!t)
		return 0;
	l = &t->layout;
	self = read_word(coro + l->gen_frame + l->frame_locals) & ~(uint64_t)l->tag_mask;
	item = item_add(s, CPYTHON_ITEM_CODE);
	if (!item)
		return 0;
	item->a = coro;
	item->b = read_word(coro + l->gen_frame + l->frame_code) & ~(uint64_t)l->tag_mask;
	item->c = self;
	if (!self || t->detail < 1)
		return 0;
	key.type = read_word(self + 8);
	key.target = s->target;
	how = bpf_map_lookup_elem(&types, &key);
	if (!how || how->state == CPYTHON_STATE_NONE)
		return 0;
	lock = lock_inner(l, how, self);
	if (!lock)
		return 0;
	item->d = lock;
	key.type = read_word(lock + 8);
	lock_state(slot, lock, key.type);
	watch_add(slot, lock, key.type);
	return 1;
}

static __always_inline uint32_t *process_get(uint64_t tgid_tid)
{
	uint32_t tgid = tgid_tid >> 32;

	return bpf_map_lookup_elem(&processes, &tgid);
}

/* A task suspended before anybody watched (or behind our back) is told before it goes on. */
static __always_inline void step_late(uint32_t slot, struct scratch *s, struct thread *th,
                                      uint64_t tgid_tid, uint64_t task, uint64_t coro)
{
	fact_begin(s, CPYTHON_FACT_LATE, tgid_tid);
	s->fact.task = task;
	s->fact.coro = coro;
	task_name(slot, task);
	walk(slot, task, coro);
	fact_send(s, th);
}

__noinline int step_enter(uint32_t slot, uint64_t task, uint64_t exception)
{
	uint64_t tgid_tid = bpf_get_current_pid_tgid(), coro;
	struct known_key key = {task, tgid_tid >> 32};
	struct known fresh = {}, *known;
	struct scratch *s = scratch_at(slot);
	struct thread *th = thread_get(tgid_tid);
	struct cpython_target *t;
	struct step *step;
	uint32_t depth;
	int state, named;

	if (!s || !th)
		return 0;
	t = target_of(s);
	if (!t)
		return 0;
	if (th->epoch != t->epoch) { /* what was seen in another window is not known any more */
		th->epoch = t->epoch;
		th->depth = 0;
	}
	coro = read_word(task + t->layout.task_coro);
	state = generator_state(&t->layout, coro);
	known = bpf_map_lookup_elem(&known_tasks, &key);
	named = known && known->coro == coro && state != t->layout.state_created;
	if (state != t->layout.state_created && !(named && known->settled == t->epoch) &&
	    !(th->depth && th->steps[(th->depth - 1) & (CPYTHON_STACK - 1)].task == task))
		step_late(slot, s, th, tgid_tid, task, coro);
	fact_begin(s, CPYTHON_FACT_STEP, tgid_tid);
	s->fact.task = task;
	s->fact.coro = coro;
	if (state == t->layout.state_created)
		s->fact.flags |= CPYTHON_ENTER_FIRST;
	if (exception ||
	    read_half(task + t->layout.task_must_cancel) >> (t->layout.must_cancel_bit & 7) & 1)
		s->fact.flags |= CPYTHON_ENTER_EXCEPTION;
	settle(slot, (uint32_t)tgid_tid);
	if (!named)
		task_name(slot, task);
	if (state == t->layout.state_created)
		acquire_state(slot, coro);
	fresh.coro = coro;
	if (named)
		known->settled = 0;
	else
		bpf_map_update_elem(&known_tasks, &key, &fresh, BPF_ANY);
	depth = th->depth;
	if (depth >= CPYTHON_STACK)
		depth = CPYTHON_STACK - 1; /* deeper than that: the innermost is replaced */
	step = &th->steps[depth & (CPYTHON_STACK - 1)];
	step->task = task;
	step->coro = coro;
	step->entered = s->now;
	th->depth = depth + 1;
	fact_send(s, th);
	return 0;
}

/* Stops a target that the session started, and says so. */
static __always_inline void stop_here(struct scratch *s, uint32_t flags)
{
	enum { STOP = 19 }; /* SIGSTOP */

	fact_begin(s, CPYTHON_FACT_LOAD, bpf_get_current_pid_tgid());
	s->fact.number = 0;
	s->fact.flags = flags;
	bpf_ringbuf_output(&ring, &s->fact, sizeof(s->fact), BPF_RB_FORCE_WAKEUP);
	bpf_send_signal(STOP);
}

/*
 * An extension module is being made from the PyModuleDef in the first argument.
 * Sleepable: nobody may have touched the pages of its name yet.
 */
SEC("uprobe.s")
int module_load(struct pt_regs *ctx)
{
	static const char wanted[] = "_asyncio";
	uint64_t definition = PT_REGS_PARM1(ctx), name = 0;
	uint32_t *target = process_get(bpf_get_current_pid_tgid()), i;
	char text[sizeof(wanted)] = {};
	struct scratch *s;
	int slot;

	if (!target ||
	    bpf_copy_from_user(&name, sizeof(name), (void *)(definition + 40)) || /* m_name */
	    bpf_copy_from_user(text, sizeof(text), (void *)name))
		return 0;
	for (i = 0; i < sizeof(wanted); i++)
		if (text[i] != wanted[i])
			return 0;
	slot = scratch_claim(*target);
	if (slot < 0)
		return 0;
	s = scratch_at(slot);
	if (!s)
		return 0;
	stop_here(s, 0);
	scratch_release(s);
	return 0;
}

SEC("uprobe")
int task_step(struct pt_regs *ctx)
{
	uint64_t tgid_tid = bpf_get_current_pid_tgid();
	/* Read before the choice: clang would add to the context pointer. */
	volatile uint64_t first = PT_REGS_PARM1(ctx), second = PT_REGS_PARM2(ctx),
			  third = PT_REGS_PARM3(ctx);
	uint32_t *target = process_get(tgid_tid);
	struct cpython_target *t;
	struct scratch *s;
	int slot;

	if (!target)
		return 0;
	count(CPYTHON_COUNT_HITS);
	t = bpf_map_lookup_elem(&targets, target);
	if (!t)
		return 0;
	slot = scratch_claim(*target);
	if (slot < 0) {
		struct thread *th = thread_get(tgid_tid);

		if (th)
			th->number++;
		return 0;
	}
	s = scratch_at(slot);
	if (s && t->starting) {
		t->starting = 0;
		stop_here(s, CPYTHON_ENTER_FIRST);
	}
	if (t->layout.task_argument)
		step_enter(slot, second, third);
	else
		step_enter(slot, first, second);
	if (s)
		scratch_release(s);
	return 0;
}

/* The thread goes to sleep in the kernel: the step on top of its stack has ended. */
SEC("tracepoint")
int idle(void *ctx)
{
	uint64_t tgid_tid = bpf_get_current_pid_tgid();
	uint32_t *target = process_get(tgid_tid), tid = (uint32_t)tgid_tid;
	struct cpython_target *t;
	struct thread *th;
	struct scratch *s;
	int slot;

	if (!target)
		return 0;
	th = bpf_map_lookup_elem(&threads, &tid);
	t = bpf_map_lookup_elem(&targets, target);
	if (!th || !t || !th->depth || th->tgid != tgid_tid >> 32 || th->epoch != t->epoch)
		return 0;
	slot = scratch_claim(*target);
	if (slot < 0)
		return 0;
	s = scratch_at(slot);
	if (!s)
		return 0;
	fact_begin(s, CPYTHON_FACT_IDLE, tgid_tid);
	if (settle(slot, tid))
		fact_send(s, th);
	scratch_release(s);
	return 0;
}

/* ---- the frame that runs ---- */

/* Finds the thread's PyThreadState in the interpreter's list (the GIL is held: it is stable). */
__noinline int thread_find(uint32_t target, uint32_t tid)
{
	struct cpython_target *t = bpf_map_lookup_elem(&targets, &target);
	struct thread *th = bpf_map_lookup_elem(&threads, &tid);
	uint64_t pointer = thread_pointer(), state;
	uint32_t i;

	if (!t || !th || th->searches > 8)
		return 0;
	state = read_word(t->interpreter + t->layout.interp_threads);
	for (i = 0; i < 128 && state; i++) {
		if (read_word(state + t->layout.thread_id) == pointer) {
			th->state = state;
			return 1;
		}
		state = read_word(state + t->layout.thread_next);
	}
	th->searches++;
	return 0;
}

/* Adds up to `frames` running Python frames, the innermost first. */
__noinline int callers(uint32_t slot, uint32_t tid, uint32_t frames)
{
	struct scratch *s = scratch_at(slot);
	struct thread *th = bpf_map_lookup_elem(&threads, &tid);
	struct cpython_target *t;
	struct cpython_layout *l;
	struct cpython_item *item;
	uint64_t frame, instr;
	uint32_t i;

	if (!s || !th)
		return 0;
	t = target_of(s);
	if (!t)
		return 0;
	if (!th->state && !thread_find(s->target, tid))
		return 0;
	l = &t->layout;
	frame = read_word(th->state + l->thread_frame);
	if (l->thread_frame_indirect)
		frame = read_word(frame + l->cframe_frame);
	for (i = 0; i < 8; i++) {
		if (i >= frames || !frame)
			break;
		item = item_add(s, CPYTHON_ITEM_CALLER);
		if (!item)
			break;
		item->index = i;
		item->b = read_word(frame + l->frame_code) & ~(uint64_t)l->tag_mask;
		instr = read_word(frame + l->frame_instr);
		item->offset = instr - item->b - l->code_bytes;
		item->a = frame;
		item->c = read_word(frame + l->frame_locals) & ~(uint64_t)l->tag_mask;
		frame = read_word(frame + l->frame_previous);
	}
	return 0;
}

/* The task whose step runs on this thread now, 0: a plain callback, or no loop at all. */
static __always_inline void fact_current(struct scratch *s, const struct thread *th,
                                         const struct cpython_layout *l)
{
	uint32_t depth = th->depth;
	const struct step *step;

	if (!depth || depth > CPYTHON_STACK)
		return;
	step = &th->steps[(depth - 1) & (CPYTHON_STACK - 1)];
	if (read_word(step->task + l->task_coro) != step->coro ||
	    generator_state(l, step->coro) != l->state_executing)
		return;
	s->fact.task = step->task;
	s->fact.coro = step->coro;
}

/* `with` is about to enter `object`: tells it when it is a lock, or of a type not known yet. */
__noinline int take(uint32_t slot, uint64_t object)
{
	uint64_t tgid_tid = bpf_get_current_pid_tgid(), lock;
	struct scratch *s = scratch_at(slot);
	struct cpython_type_key key = {};
	struct cpython_type_value *how;
	struct cpython_target *t;
	struct cpython_item *item;
	struct thread *th;
	uint64_t type;

	if (!s)
		return 0;
	t = target_of(s);
	if (!t)
		return 0;
	type = read_word(object + 8);
	key.type = type;
	key.target = s->target;
	how = bpf_map_lookup_elem(&types, &key);
	if (how && how->state == CPYTHON_STATE_NONE)
		return 0;
	th = thread_get(tgid_tid);
	if (!th)
		return 0;
	fact_begin(s, CPYTHON_FACT_TAKE, tgid_tid);
	fact_current(s, th, &t->layout);
	if (!s->fact.task)
		return 0; /* a plain thread, or a callback between steps */
	item = item_add(s, CPYTHON_ITEM_OBJECT);
	if (item) {
		item->a = object;
		item->b = type;
	}
	callers(slot, (uint32_t)tgid_tid, 2);
	if (how) {
		lock = lock_inner(&t->layout, how, object);
		if (lock) {
			type = read_word(lock + 8);
			lock_state(slot, lock, type);
			watch_add(slot, lock, type);
		}
	}
	fact_send(s, th);
	return 0;
}

static __always_inline int take_probe(uint64_t object)
{
	uint32_t *target = process_get(bpf_get_current_pid_tgid());
	struct scratch *s;
	int slot;

	if (!target)
		return 0;
	count(CPYTHON_COUNT_HITS);
	slot = scratch_claim(*target);
	if (slot < 0)
		return 0;
	take(slot, object);
	s = scratch_at(slot);
	if (s)
		scratch_release(s);
	return 0;
}

/* At a call of _PyObject_LookupSpecial with the name of an exit method. */
SEC("uprobe")
int with_enter(struct pt_regs *ctx)
{
	return take_probe(PT_REGS_PARM1(ctx));
}

/* At any call of it: the name decides. */
SEC("uprobe")
int with_enter_named(struct pt_regs *ctx)
{
	uint32_t *target = process_get(bpf_get_current_pid_tgid());
	uint64_t name = PT_REGS_PARM2(ctx);
	struct cpython_target *t;

	if (!target)
		return 0;
	t = bpf_map_lookup_elem(&targets, target);
	if (!t || (name != t->exit_name && name != t->async_exit_name))
		return 0;
	return take_probe(PT_REGS_PARM1(ctx));
}

/* At a call of _PyObject_LookupSpecialMethod(name, stack): 3.14 and newer. */
SEC("uprobe")
int with_enter_method(struct pt_regs *ctx)
{
	uint32_t *target = process_get(bpf_get_current_pid_tgid());
	uint64_t name = PT_REGS_PARM1(ctx), stack = PT_REGS_PARM2(ctx);
	struct cpython_target *t;

	if (!target)
		return 0;
	t = bpf_map_lookup_elem(&targets, target);
	if (!t || (name != t->exit_name && name != t->async_exit_name))
		return 0;
	return take_probe(read_word(stack + 8) & ~(uint64_t)t->layout.tag_mask);
}

/* A task is being made: Task.__init__(self, ...). */
__noinline int make(uint32_t slot, uint64_t task)
{
	uint64_t tgid_tid = bpf_get_current_pid_tgid();
	struct scratch *s = scratch_at(slot);
	struct cpython_target *t;
	struct cpython_item *item;
	struct thread *th;

	if (!s)
		return 0;
	t = target_of(s);
	th = thread_get(tgid_tid);
	if (!t || !th)
		return 0;
	fact_begin(s, CPYTHON_FACT_NEW, tgid_tid);
	fact_current(s, th, &t->layout);
	item = item_add(s, CPYTHON_ITEM_OBJECT);
	if (item)
		item->a = task;
	callers(slot, (uint32_t)tgid_tid, 6);
	fact_send(s, th);
	return 0;
}

SEC("uprobe")
int task_new(struct pt_regs *ctx)
{
	uint32_t *target = process_get(bpf_get_current_pid_tgid());
	uint64_t task = PT_REGS_PARM1(ctx);
	struct scratch *s;
	int slot;

	if (!target)
		return 0;
	count(CPYTHON_COUNT_HITS);
	slot = scratch_claim(*target);
	if (slot < 0)
		return 0;
	make(slot, task);
	s = scratch_at(slot);
	if (s)
		scratch_release(s);
	return 0;
}

/* An await expression is about to run on `object`. */
__noinline int await_object(uint32_t slot, uint64_t object)
{
	uint64_t tgid_tid = bpf_get_current_pid_tgid();
	struct scratch *s = scratch_at(slot);
	struct cpython_layout *l;
	struct cpython_target *t;
	struct cpython_item *item;
	struct thread *th;
	uint64_t type;

	if (!s)
		return 0;
	t = target_of(s);
	th = thread_get(tgid_tid);
	if (!t || !th)
		return 0;
	l = &t->layout;
	fact_begin(s, CPYTHON_FACT_AWAIT, tgid_tid);
	fact_current(s, th, l);
	if (!s->fact.task)
		return 0;
	type = read_word(object + 8);
	item = item_add(s, CPYTHON_ITEM_OBJECT);
	if (item) {
		item->a = object;
		item->b = type;
	}
	if (type == t->coroutine && acquire_state(slot, object))
		callers(slot, (uint32_t)tgid_tid, 5);
	else
		callers(slot, (uint32_t)tgid_tid, 1);
	fact_send(s, th);
	return 0;
}

SEC("uprobe")
int await_enter(struct pt_regs *ctx)
{
	uint32_t *target = process_get(bpf_get_current_pid_tgid());
	uint64_t object = PT_REGS_PARM1(ctx);
	struct scratch *s;
	int slot;

	if (!target)
		return 0;
	count(CPYTHON_COUNT_HITS);
	slot = scratch_claim(*target);
	if (slot < 0)
		return 0;
	await_object(slot, object);
	s = scratch_at(slot);
	if (s)
		scratch_release(s);
	return 0;
}
