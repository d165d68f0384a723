/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * cpython_state.h - what the translator knows of a process; shared by its files.
 *
 * cpython_translate.c: facts, steps. cpython_tasks.c, cpython_chain.c: tasks,
 * and what they wait for. cpython_sections.c, cpython_settle.c: who holds which
 * lock. cpython_emit.c: records, sites, names. cpython_types.c: types.
 */
#ifndef CPYTHON_STATE_H
#define CPYTHON_STATE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "cpython_cells.h"
#include "cpython_code.h"
#include "cpython_makers.h"
#include "cpython_source.h"
#include "cpython_table.h"
#include "cpython_translate.h"
#include "event/event_buffer.h"

enum { CHAIN_MAX = CPYTHON_FRAMES, EXITS_MAX = CPYTHON_ITEMS, NAME_SIZE = 128 };

/** A type object that was met. */
struct cpython_type {
	uint64_t address;
	char name[64];
	uint16_t lock;                 /* enum aw_lock_type */
	struct cpython_type_value how; /* state CPYTHON_STATE_NONE: not a lock */
	struct cpython_type *older;    /* the one that was at its address before; owned */
};

enum { CPYTHON_LOCK_SPOTS = 4 };

struct cpython_lock {
	uint64_t address;
	uint32_t id;
	const struct cpython_type *type;
	bool named;
	/* cpython_lock_other.c */
	uint64_t called;     /* a hash of its name */
	bool local;          /* that is what one function calls it: others may call it otherwise */
	uint64_t owner;      /* the first local of the function that named it, 0: not known */
	uint64_t owner_type; /* of that object */
	struct {
		uint64_t key, until; /* a place that names it so, up to this time */
	} spots[CPYTHON_LOCK_SPOTS];
	unsigned next_spot;
	bool told;
	bool gone;        /* its memory was given back: what comes at this address is another one */
	bool known;       /* `state` was read at least once */
	bool locked;      /* its state at the last end of a step */
	uint32_t permits; /* the most seen free, at least 1 */
	uint32_t out;     /* sections of it that are told to be open */
	struct cpython_task *holder; /* NULL: free, not known, or it has several permits */
	uint64_t condition;          /* the Condition it belongs to, 0: none */
};

/** A lock a task holds. */
struct cpython_held {
	struct cpython_lock *lock;
	uint64_t since; /* ns: taken at or after this */
	uint64_t site;
	bool by_chain;  /* the chain showed it */
	bool by_hand;   /* taken by a call of acquire(): no chain shows it */
	bool tentative; /* `with` saw it free: others may yet be in line before it */
	bool expects;   /* an acquire() call will come that is part of the same acquisition */
	bool marked;    /* scratch of the walk */
};

/** A function that a suspended task goes on in, and that writes cells of its first argument. */
struct cpython_writer {
	const struct cpython_code *code;
	uint64_t self;  /* address of the object */
	uint32_t await; /* the line where it stands */
};

enum { CPYTHON_TASK_WRITERS = 4 };

struct cpython_task {
	uint64_t address;
	uint64_t coro;
	uint32_t id;
	uint64_t acquires; /* its coroutine is Lock.acquire itself: it acquires the lock at this
	                    * address for its maker; 0: it is another one */
	bool rooted;       /* `acquires` is known */
	struct cpython_stream *ran; /* of the thread on which a step of it began last; NULL: no step
	                             * was seen to begin */
	const struct cpython_code *root; /* of its coroutine; NULL: its first step was not seen */
	uint64_t maker;                  /* address of the task that made it, 0: not known */
	uint32_t maker_id;
	struct cpython_lock *waiting;
	uint64_t waiting_site;
	bool waits_by_hand;           /* in a call of acquire() */
	struct cpython_lock *blocked; /* a lock of threads that was not free when it came */
	uint64_t blocked_site;
	struct cpython_lock *waits_condition; /* in Condition.wait: its lock is not held */
	struct cpython_held *held;            /* owned */
	unsigned held_count, held_room;
	uint64_t site;                                       /* where it suspended last */
	struct cpython_writer writers[CPYTHON_TASK_WRITERS]; /* ... the innermost of its chain */
	unsigned writer_count;
	unsigned await;              /* enum aw_await: what it waits for since then */
	bool bounded;                /* whoever awaits it gives up after a time (wait_for) */
	struct cpython_pass *passes; /* owned */
	size_t pass_count, pass_room;
	bool ended;
	/* It has ended and is kept for the locks that it holds: the list it goes into when it holds
	 * none any more; NULL: it has not. */
	struct cpython_task **emptied, *next;
};

/** An await expression that was begun in the step under way. */
struct cpython_pass {
	const struct cpython_code *code;
	int32_t offset;
	bool suspended;
	uint64_t site;
};

/** A cell that a suspended task holds the value of; cpython_updates.c. */
struct cpython_hold {
	const struct aw_watch_window *window; /* NULL: none */
	uint32_t task;
	uint64_t generator; /* whose frame holds it */
	uint64_t address;   /* of the cell, as events name it */
	uint64_t held;      /* its fingerprint when it was read, */
	uint64_t value;     /* and when it was looked at last */
	bool changed;       /* another wrote it since it was read */
	bool locked;        /* its task held a lock when it suspended */
	bool exception;     /* the task went on by an exception */
	bool carried;       /* held on over another await of its window */
};

/** A thread of the target: a stream, and the step on it that has not ended. */
struct cpython_stream {
	uint32_t tid;
	bool paused;        /* nothing was seen since `time` */
	uint64_t next_fact; /* number expected */
	uint64_t next_event;
	uint64_t time;  /* of the last event */
	uint32_t ended; /* the task that ended on it last: those who await it are woken then */
	uint64_t ended_address;
	/* The task of the step under way, where another thread has made one in its place: its end
	 * is told. 0: none has. */
	uint64_t replaced, replaced_coro;
	struct cpython_makers makers;
	struct event_buffer ready;
	struct event_buffer step; /* of the step under way: may still be corrected */
	struct cpython_hold holds[CPYTHON_CELLS]; /* by slot */
};

/** A place in the program: a code, an offset and the site it was awaited from. */
struct cpython_site {
	uint64_t id;
	uint64_t parent;
	const struct cpython_code *code;
	int32_t offset;
	uint32_t line;
};

struct cpython_translator {
	struct cpython_translate_options options;
	struct cpython_codes codes;
	struct cpython_source *source;
	bool late;                       /* what is told began before it was watched */
	struct cpython_table tasks;      /* address -> struct cpython_task */
	struct cpython_table ended;      /* id -> struct cpython_task that still holds locks */
	struct cpython_task *emptied;    /* ... of these, those that hold none any more */
	struct cpython_table locks;      /* address -> struct cpython_lock */
	struct cpython_table types;      /* address -> struct cpython_type */
	struct cpython_table conditions; /* address of a Condition -> its struct cpython_lock */
	struct cpython_table
		c_names; /* address of a C method's name -> whether it is that of an exit method */
	struct cpython_table streams;    /* tid -> struct cpython_stream */
	struct cpython_site **site_list; /* by id - 1 */
	size_t site_room;
	struct cpython_table sites; /* (code generation, offset), parent -> struct cpython_site */
	uint32_t own_ids, *ids;     /* of tasks and locks, from 1: the last one given */
	uint64_t site_ids;
	struct cpython_cells *cells; /* not owned; NULL: none are watched */
	struct cpython_table places; /* id of a place in the source -> itself: told */
	struct cpython_table named;  /* address of a cell -> the name that was told */
	uint64_t unwatched;          /* cells there was no room for, not told yet */
	uint32_t test;               /* id of the test that was told last; 0: none was */
	char *test_name;             /* what it is called; owned */
	struct cpython_translate_stats stats;
};

/** A frame of a chain, outermost first. */
struct cpython_link {
	const struct cpython_item *item;
	const struct cpython_code *code; /* NULL: not readable */
	uint64_t site;
	int await; /* of cpython_code_await */
};

struct cpython_chain {
	struct cpython_link links[CHAIN_MAX];
	unsigned count;
	struct cpython_link sides[CPYTHON_SIDES * 4];
	unsigned side_count;
	const struct cpython_item *leaf;
	uint64_t site;    /* the innermost */
	bool deadline;    /* inside a time-out: this wait ends by itself */
	uint64_t bounded; /* the task that a wait_for in it waits for, 0: none */
};

/* cpython_emit.c. All return 0 or -ENOMEM. */
int cpython_emit(struct cpython_stream *stream, uint64_t time, unsigned kind, unsigned arg,
                 uint32_t task, uint64_t object, uint64_t site);
int cpython_emit_interval(struct cpython_stream *stream, uint64_t time, uint32_t task,
                          uint64_t from, uint64_t to);
int cpython_emit_name(struct cpython_stream *stream, uint64_t time, uint64_t object,
                      unsigned entity, const char *name);
/** What the source waives at a place, as a text of the site that was told last. */
int cpython_emit_waiver(struct cpython_translator *t, struct cpython_stream *stream,
                        const char *file, uint32_t line);
/** The id of a site, told in this stream when it is new; 0 when the code is not known. */
uint64_t cpython_site(struct cpython_translator *t, struct cpython_stream *stream, uint64_t time,
                      const struct cpython_code *code, int32_t offset, uint64_t parent);

/** The site with an id, or NULL. */
const struct cpython_site *cpython_site_get(const struct cpython_translator *t, uint64_t id);

/* cpython_tasks.c */
/** Frees a task (a void *, for tables). */
void cpython_task_free(void *pointer);
/** Takes a task out of the table; it lives on while it holds a lock. */
void cpython_task_remove(struct cpython_translator *t, struct cpython_task *task);
/** Frees the tasks that had ended with locks, all of which are free by now. Nobody uses them. */
void cpython_tasks_sweep(struct cpython_translator *t);
/** The task's place has been taken by another one: it has ended, though the end of its last step
 * was not told. What it held of threads is free by then; of other locks their state tells. It is
 * gone afterwards. 0 or -ENOMEM. */
int cpython_task_vanish(struct cpython_translator *t, struct cpython_stream *stream, uint64_t time,
                        struct cpython_task *task);
/** A task that was not known, or another one at the address of one that was, whose end is told
 * then. NULL: out of memory. */
struct cpython_task *cpython_task_make(struct cpython_translator *t, struct cpython_stream *stream,
                                       uint64_t time, uint64_t address, uint64_t coro);
/** Defines a task in the stream, by its maker and the site that made it. 0 or -ENOMEM. */
int cpython_task_tell(struct cpython_stream *stream, const struct cpython_task *task, uint64_t time,
                      const char *name, uint32_t maker, uint64_t site, bool snapshot);
/** The task a fact is about; defined in the stream when it is met the first time. NULL: out of
 * memory. */
struct cpython_task *cpython_task_get(struct cpython_translator *t, struct cpython_stream *stream,
                                      const struct cpython_fact *fact,
                                      const struct cpython_item *items, uint64_t address,
                                      uint64_t coro);

/* cpython_chain.c */
/** Reads the chain out of a fact; its sites are defined in the stream. */
void cpython_chain_read(struct cpython_translator *t, struct cpython_stream *stream,
                        const struct cpython_fact *fact, const struct cpython_item *items,
                        struct cpython_chain *chain);
/** What a suspended task waits for (enum aw_await, and the object): by the functions of its chain,
 * the innermost that says something, else by the type of what the chain's end awaits. */
unsigned cpython_chain_await(struct cpython_translator *t, const struct cpython_task *task,
                             const struct cpython_chain *chain, uint64_t *object);

/* cpython_tests.c */
/** The thread begins a part of a test, or has ended one: TEST facts. 0 or -ENOMEM. */
int cpython_test_tell(struct cpython_translator *t, struct cpython_stream *stream,
                      const struct cpython_fact *fact, const struct cpython_item *items);

/* cpython_awaits.c */
/** An await expression begins: AWAIT facts. */
int cpython_pass_begin(struct cpython_translator *t, struct cpython_stream *stream,
                       struct cpython_task *task, const struct cpython_fact *fact,
                       const struct cpython_item *items);
/** Tells of the passes of the step that has ended; `chain` NULL: the task has ended. */
int cpython_pass_settle(struct cpython_translator *t, struct cpython_stream *stream,
                        struct cpython_task *task, uint64_t time,
                        const struct cpython_chain *chain);

/* cpython_translate.c */
/** The stream of a thread, made when it is new; NULL: out of memory, or too many. */
struct cpython_stream *cpython_stream_get(struct cpython_translator *t, uint32_t tid);

/* cpython_wakes.c */
/** A task was made ready: WAKE facts. */
int cpython_wake_tell(struct cpython_translator *t, struct cpython_stream *stream,
                      const struct cpython_fact *fact, const struct cpython_item *items);

/* cpython_updates.c: cells over awaits. CELL items. */
/** Before the step that ended is settled: what was written in it. */
int cpython_updates_written(struct cpython_translator *t, struct cpython_stream *stream,
                            const struct cpython_fact *fact, const struct cpython_item *items);
/** Right before the task's suspension is told: what it holds. */
int cpython_updates_held(struct cpython_translator *t, struct cpython_stream *stream,
                         const struct cpython_task *task, const struct cpython_fact *fact,
                         const struct cpython_item *items);
/** A task goes on. */
void cpython_updates_resume(struct cpython_stream *stream, const struct cpython_task *task,
                            bool exception);
/** Tells of cells that were not watched. */
int cpython_updates_missed(struct cpython_translator *t, struct cpython_stream *stream);
void cpython_updates_fini(struct cpython_translator *t);

/* cpython_writers.c */
/** The id of a line of a function, told in this stream when it is new; 0: out of memory. */
uint64_t cpython_place(struct cpython_translator *t, struct cpython_stream *stream, uint64_t time,
                       const char *function, const char *file, uint32_t line, const char *label);
/** The task has suspended: where it goes on, for the next step that writes. */
void cpython_writers_stand(struct cpython_translator *t, struct cpython_task *task,
                           const struct cpython_fact *fact, const struct cpython_item *items);
/** The place where a function that the task was or is in writes the cell of this very object; 0:
 * none. `fact` is the one that ended the step. */
uint64_t cpython_writer_known(struct cpython_translator *t, struct cpython_stream *stream,
                              const struct cpython_task *task, const struct cpython_fact *fact,
                              const struct cpython_item *items, const struct cpython_hold *hold,
                              uint64_t object);
/** Where a step wrote whose code is not known to write: from where it went on until where it
 * ended. 0: not known. */
uint64_t cpython_writer_step(struct cpython_translator *t, struct cpython_stream *stream,
                             const struct cpython_task *task, const struct cpython_fact *fact,
                             const struct cpython_item *items);

/* cpython_types.c */
/** The type at an address; NULL: out of memory. */
const struct cpython_type *cpython_type_get(struct cpython_translator *t, uint64_t address);
/** Likewise, where the programs did not know it: it is read anew if it is another class by now. */
const struct cpython_type *cpython_type_again(struct cpython_translator *t, uint64_t address);
/** Frees a type and those before it (a void *, for tables). */
void cpython_type_free(void *pointer);

/* cpython_locks.c, cpython_sections.c, cpython_settle.c */
/** The lock at an address, made when it is new, or when one of another type was there, whose end is
 * told then. NULL: not a lock type, or out of memory. */
struct cpython_lock *cpython_lock_get(struct cpython_translator *t, struct cpython_stream *stream,
                                      uint64_t address, uint64_t type);
/** `with` enters: TAKE facts. */
int cpython_section_take(struct cpython_translator *t, struct cpython_stream *stream,
                         struct cpython_task *task, const struct cpython_fact *fact,
                         const struct cpython_item *items);
/** acquire() is about to run: the coroutine of a CODE item, whose lock has a LOCK item. `with`: it
 * is called by __aenter__. */
int cpython_section_acquire(struct cpython_translator *t, struct cpython_stream *stream,
                            struct cpython_task *task, const struct cpython_fact *fact,
                            const struct cpython_item *items, uint64_t site, bool with);
/** The step of `task` has ended, with `chain` (NULL: the task has ended). */
int cpython_section_settle(struct cpython_translator *t, struct cpython_stream *stream,
                           struct cpython_task *task, const struct cpython_fact *fact,
                           const struct cpython_item *items, const struct cpython_chain *chain);
/** What the LOCK items of a fact say of locks whose state changed. `task`: whose step has ended;
 * NULL: it is not known any more. 0 or -ENOMEM. */
int cpython_section_states(struct cpython_translator *t, struct cpython_stream *stream,
                           struct cpython_task *task, const struct cpython_fact *fact,
                           const struct cpython_item *items);
/** The task goes on after it waited for a lock. */
int cpython_section_resume(struct cpython_translator *t, struct cpython_stream *stream,
                           struct cpython_task *task, uint64_t time, bool exception);
/** The task has ended unseen by `time`: the locks of threads that it held are free. 0 or -ENOMEM.
 */
/** Condition.wait is over: it has taken its lock again in this step, whatever it was woken by,
 * between `from` and `time`, and with `freed` freed it, too. 0 or -ENOMEM. */
int cpython_section_wait_over(struct cpython_translator *t, struct cpython_stream *stream,
                              struct cpython_task *task, uint64_t from, uint64_t time, bool freed);
int cpython_section_vanish(struct cpython_stream *stream, struct cpython_task *task, uint64_t time);
/** The task's memory is given up: nobody may point to it. */
void cpython_section_forget(struct cpython_task *task);

#endif
