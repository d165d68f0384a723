/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * cpython.h - what the BPF programs for CPython and the session say to each other.
 *
 * The session fills in where things lie (struct cpython_layout, struct
 * cpython_target); the programs send facts (struct cpython_fact and the items
 * behind it), which cpython_translate.c turns into events. A fact is what was
 * read in the target at one moment, never a judgement.
 *
 * Includes nothing: it needs uint8_t .. uint64_t and int8_t .. int32_t.
 */
#ifndef BPF_CPYTHON_H
#define BPF_CPYTHON_H

/* How a version keeps the attributes of an ordinary object. */
enum cpython_attributes {
	CPYTHON_ATTR_DICT = 0,    /* 3.10: tp_dictoffset, split dictionary */
	CPYTHON_ATTR_POINTER = 1, /* 3.11: pointer to values at object - 32 */
	CPYTHON_ATTR_TAGGED = 2,  /* 3.12: word at object - 24, odd: values - 1 */
	CPYTHON_ATTR_INLINE = 3   /* 3.13+: values behind the object, at tp_basicsize */
};

/* Offsets and numbers of one version. The rows, with their sources, are in cpython_layout.c. */
struct cpython_layout {
	uint32_t version; /* major << 8 | minor */
	/* generators, coroutines and asynchronous generators; frames */
	uint32_t gen_state, gen_frame;
	int32_t state_created, state_suspended, state_yield_from, state_locked, state_executing;
	uint32_t frame_code, frame_previous, frame_instr, frame_top, frame_locals;
	/* 3.10: the frame is an object of its own, whose address is at gen_frame; gen_state is in
	 * it, its value stack begins where frame_stack says and has frame_top values, frame_instr
	 * is the number of an instruction (int32), and code_bytes the address of a bytes object. */
	uint32_t frame_apart, frame_stack;
	uint32_t top_is_pointer; /* frame_top: address of the first free slot, else an int32 */
	uint32_t awaited_back;   /* the awaited object is this many slots below the top */
	uint32_t instr_back;     /* bytes from where frame_instr points back to the yield */
	uint32_t pairs;          /* `with` leaves (function, self) instead of a bound method */
	uint32_t tag_mask;       /* low bits of a stack reference that are no address */
	uint32_t op_resume, op_resume_quick; /* 0: yield-from is told by the state alone */
	uint32_t op_yield, op_get_awaitable, op_send;
	/* 3.12+: what stands there instead while sys.settrace, a profiler or coverage looks on:
	 * INSTRUMENTED_YIELD_VALUE, _LINE, _INSTRUCTION. 0: never */
	uint32_t op_yield_traced, op_line_traced, op_each_traced;
	uint32_t qualname_apart; /* 3.10: code objects do not know theirs: code_qualname is co_name
	                          */
	uint32_t op_yield_from;  /* 3.10: an await suspends at this one, which is told by it */
	uint32_t code_nlocals, code_bytes, code_first_line, code_file, code_qualname,
		code_line_table, code_local_names, code_names, code_consts;
	/* tasks and futures */
	uint32_t task_argument; /* 0: the step gets the task as its first argument, 1: as second */
	uint32_t future_loop, future_exception, future_state, task_waiter, task_coro, task_name,
		task_must_cancel;
	/* objects */
	uint32_t str_ascii, str_compact, tuple_items, attributes, cached_keys, type_dict;
	uint32_t long_shift; /* the size word of an int shifted right by this is its digits */
	/* interpreter and threads */
	uint32_t runtime_interpreters, interp_threads, interp_modules, thread_next, thread_id,
		thread_frame;
	uint32_t must_cancel_bit; /* in the byte at task_must_cancel */
	uint32_t task_node; /* 3.14+: the node of a task in its list; 0: there are weak sets */
	uint32_t interp_tasks, thread_tasks; /* heads of these lists */
	uint32_t thread_frame_indirect;      /* thread_frame holds a cframe, the frame is in that */
	uint32_t cframe_frame;
};

enum { CPYTHON_WRAPPERS = 4, CPYTHON_MANAGERS = 2 };

/* One process that is traced. */
struct cpython_target {
	struct cpython_layout layout;
	uint32_t detail; /* enum cpython_detail */
	uint32_t pid;
	uint32_t epoch; /* of the window that is traced, from 1 */
	/* addresses of type objects; 0: not there */
	uint64_t coroutine, generator, async_generator, method, builtin, function, descriptor, str,
		integer, dictionary, set, real, bytes, cell;
	uint64_t wrappers[CPYTHON_WRAPPERS]; /* objects whose word at +16 is what they await */
	uint64_t managers[CPYTHON_MANAGERS]; /* @contextmanager objects: attribute 0 is a generator
	                                      */
	/* addresses of objects */
	uint64_t true_object, false_object, none_object, exit_name, async_exit_name;
	uint64_t interpreter;
	uint32_t cells;  /* there are awaits to watch cells over (cpython_watch.h) */
	uint32_t queues; /* the queues of event loops tell who makes tasks */
	uint64_t
		starting; /* stop it at its first step, and say so: it was started by the session */
};

/* How the state of a lock is read. */
enum cpython_lock_state {
	CPYTHON_STATE_NONE = 0,   /* not a lock: its `with` is not told */
	CPYTHON_STATE_BOOL = 1,   /* attribute `index` is True while locked */
	CPYTHON_STATE_COUNT = 2,  /* attribute `index` is the number of free permits */
	CPYTHON_STATE_OWNER = 3,  /* attribute `index` is None while free */
	CPYTHON_STATE_BYTE = 4,   /* bit 0 of the byte at `index` is set while locked */
	CPYTHON_STATE_THREAD = 5, /* the word at `index` is the id of the thread that owns it */
	CPYTHON_STATE_INNER = 6,  /* attribute `index` is the lock that counts */
	CPYTHON_STATE_UNKNOWN = 7 /* a lock whose state cannot be read */
};

struct cpython_type_key {
	uint64_t type;
	uint64_t target; /* index in the map of targets */
};

struct cpython_type_value {
	uint32_t state; /* enum cpython_lock_state */
	uint32_t index;
	uint32_t basicsize; /* tp_basicsize; for CPYTHON_ATTR_DICT: tp_dictoffset */
	uint32_t pad;
	uint64_t name; /* the str object that is the attribute's name; 0: not known */
	/* of a class that can be freed, so that another one at its address is not it: the address
	 * of its qualified name and of its dictionary; 0: of one that stays */
	uint64_t qualname, dictionary;
};

/* The queue of an event loop (cpython_queue.bpf.h). */
struct cpython_loop_key {
	uint64_t loop;
	uint64_t target; /* index in the map of targets */
};

struct cpython_loop_value {
	uint64_t ready; /* address of its deque, 0: it has none that could be read */
	uint64_t type;  /* of that */
	uint64_t
		factory; /* address of the word that is its task factory; 0: that does not matter */
};

enum cpython_fact_kind {
	CPYTHON_FACT_STEP = 1,  /* a step begins; the one before it on this thread has ended */
	CPYTHON_FACT_IDLE = 2,  /* a step has ended: the loop goes to sleep, or it was nested */
	CPYTHON_FACT_LATE = 3,  /* a task is about to go on that was never seen to suspend */
	CPYTHON_FACT_TAKE = 4,  /* `with` or `async with` is about to enter */
	CPYTHON_FACT_NEW = 5,   /* a task is being made */
	CPYTHON_FACT_AWAIT = 6, /* an await expression is about to run */
	CPYTHON_FACT_WAKE = 7,  /* a task was made ready */
	CPYTHON_FACT_LOAD = 8, /* a target that is starting was stopped: asyncio is being loaded, or
	                        * its first step begins. Not numbered */
	CPYTHON_FACT_END = 9,  /* the interpreter is about to take itself down. Not numbered */
	CPYTHON_FACT_CODE = 10, /* a code object, before it is named: cpython_record.h. Not numbered
	                         */
	CPYTHON_FACT_TEST = 11 /* the thread begins a part of a test: its name, in items NAME; none:
	                        * it has ended */
};

/* What became of the task on top of the thread's stack (cpython_fact.ended). */
enum cpython_settled {
	CPYTHON_SETTLED_NONE = 0, /* there was none, or it still executes (nested step) */
	CPYTHON_SETTLED_SUSPENDED = 1,
	CPYTHON_SETTLED_DONE = 2,
	CPYTHON_SETTLED_GONE = 3 /* its memory has another meaning already */
};

enum {
	CPYTHON_ENTER_FIRST = 1,     /* the first step */
	CPYTHON_ENTER_EXCEPTION = 2, /* resumed by an exception (cancel, failed future) */
	CPYTHON_ENTER_NESTED = 4,    /* in the step of another task */
	CPYTHON_ENTER_FACTORY = 16,  /* FIRST: its loop has a task factory */
	CPYTHON_ENTER_LOOP = 32      /* its loop's queue is not known: there is an item LOOP */
};

enum {
	CPYTHON_ITEMS = 96,
	CPYTHON_STACK = 4,
	CPYTHON_WATCH = 16,
	CPYTHON_FRAMES = 40,
	CPYTHON_SLOTS = 24,
	CPYTHON_SIDES = 2
};

struct cpython_fact {
	uint32_t kind;  /* enum cpython_fact_kind */
	uint32_t count; /* items that follow */
	uint32_t pid;
	uint32_t tid;
	uint64_t number; /* of this thread's facts, from 0, before any loss */
	uint64_t time;   /* ns, CLOCK_MONOTONIC */
	uint64_t task;   /* STEP, LATE: the task entered. TAKE, ...: the task executing, 0: none */
	uint64_t coro;   /* of `task` */
	uint64_t last;   /* the task whose step has ended, see `settled`; NESTED: that goes on */
	uint64_t last_coro;
	uint64_t last_entered; /* ns: when its step began */
	uint32_t flags;
	uint16_t settled; /* enum cpython_settled */
	uint16_t outcome; /* DONE: future_state | 0x100 when it holds an exception */
	/* STEP: handles that its loop's queue has ever taken and given; 0: not known */
	uint64_t pushed, popped;
};

enum cpython_item_kind {
	CPYTHON_ITEM_FRAME = 1,  /* a: generator, b: code, c: first local, d: type; offset, state */
	CPYTHON_ITEM_EXIT = 2,   /* index: frame, a: code or C name, b: self, c: type of self, d:
	                          * inner   lock of a Condition */
	CPYTHON_ITEM_LOCK = 3,   /* a: lock, b: type, c: permits, state: enum cpython_item_lock */
	CPYTHON_ITEM_NAME = 4,   /* state: bytes used; 32 bytes of text in a..d */
	CPYTHON_ITEM_LEAF = 5,   /* a: what the chain's end awaits, b: its type */
	CPYTHON_ITEM_CALLER = 6, /* a running frame. b: code, offset, c: first local */
	CPYTHON_ITEM_OBJECT = 7, /* a: object, b: type; TAKE, of one that is not known: c: address
	                          * of its qualified name, d: of its dictionary */
	CPYTHON_ITEM_NUMBER = 8, /* a: number in the automatic name of a task */
	CPYTHON_ITEM_CODE = 9,   /* a: a coroutine that has not begun, b: its code, c: first local,
	                          * d: the lock that is, or 0 */
	CPYTHON_ITEM_WAKE = 10,  /* a: the task made ready, b: its coroutine, c: the future that was
	                          * done, state: of the future */
	CPYTHON_ITEM_CELL = 11,  /* see enum cpython_cell_fact (cpython_watch.h) */
	CPYTHON_ITEM_LOOP = 12   /* a: an event loop whose queue is not known */
};

enum {
	CPYTHON_LOCK_FREE = 0,
	CPYTHON_LOCK_HELD = 1,
	CPYTHON_LOCK_UNREADABLE = 2,
	CPYTHON_LOCK_GONE = 3
};
enum { CPYTHON_EXIT_CODE = 1, CPYTHON_EXIT_C = 2, CPYTHON_FRAME_SIDE = 4, CPYTHON_NAME_WIDE = 8 };

/* Of a TAKE fact, and of an EXIT item at level `steps`: is it the lock that was at its address? */
enum {
	CPYTHON_LOCK_OTHER = 64, /* another one was */
	CPYTHON_LOCK_SAME = 128  /* what referred to that one does so still */
};

struct cpython_item {
	uint8_t kind; /* enum cpython_item_kind */
	uint8_t index;
	int8_t state;
	uint8_t flags;
	int32_t offset; /* bytes from the first instruction of the code */
	uint64_t a, b, c, d;
};

/* Counters the programs keep; the session reads them. */
enum cpython_counter {
	CPYTHON_COUNT_HITS,   /* of uprobes */
	CPYTHON_COUNT_DENIED, /* hits for which no scratch area was free, whether or not they tell a
	                       * fact */
	CPYTHON_COUNT_BUSY, /* facts for which no scratch area was free; their numbers are taken */
	CPYTHON_COUNT_FULL, /* facts the ring had no room for; likewise */
	CPYTHON_COUNT_UNNUMBERED, /* facts of threads for which the kernel had no room to count */
	CPYTHON_COUNTERS
};

#endif
