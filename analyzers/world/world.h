/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * world.h - the target as the events so far describe it: who runs, who holds
 * which lock, and what happened before what.
 *
 * All analyzers look at this one model; none keeps its own idea of which task
 * runs. It holds what is alive (tasks, locks, open critical sections) and, for
 * locks, what is in the code (identities); nothing grows with the trace.
 *
 * Happens-before has edges for TASK_NEW, WAKE by what orders (event.h),
 * SIGNAL to OBSERVE, the end of a task to its OBSERVE, the start of a nested
 * step and its end. A lock's hand-over is no edge: it is this run's accident.
 * A semaphore created with 0 permits is a signal, not a lock.
 */
#ifndef ANALYZERS_WORLD_H
#define ANALYZERS_WORLD_H

#include <stdbool.h>
#include <stdint.h>

#include <awaitness/event.h>

#include "base/bit_set.h"
#include "clock.h"
#include "base/idmap.h"
#include "event/names.h"
#include "signals.h"
#include "base/slab.h"

#define WORLD_PLAIN      (1ull << 32) /* actor ids of threads outside tasks: this + thread number */
#define WORLD_THREADS    32767u       /* of the target, told apart; later ones are left out */
#define WORLD_NESTING    16u          /* steps nested in each other on one thread */
#define WORLD_GUARDS     4u           /* locks of a lockset; more: `more` */
#define WORLD_GAP_SITES  8u           /* suspension sites remembered per actor */
#define WORLD_IDENTITIES (1u << 15)   /* locks told apart; more share the last row */
#define WORLD_SITE_NAMES 64u /* named identities of one creation site, then they share one */
#define WORLD_LOCK_USERS 3u
#define WORLD_LOCK_SPANS 2u
#define WORLD_LOCK_LASTS 4u
#define WORLD_NEVER      UINT64_MAX /* an order that never comes */
#define WORLD_NEAR       1024u      /* tasks, and locks, that are found at once */

/*
 * A lock in a lockset: its uid, identity, and whether the hold is shared. uids are never
 * reused. 0: none.
 */
typedef uint64_t guard_t;

static inline bool guard_same_lock(guard_t a, guard_t b)
{
	return ((a ^ b) & ~1ull) == 0;
}

enum { GUARD_IDENTITY_BITS = 20, GUARD_UID_SHIFT = 1 + GUARD_IDENTITY_BITS };

static inline guard_t guard_make(uint64_t uid, uint32_t identity, bool shared)
{
	return uid << GUARD_UID_SHIFT | (uint64_t)identity << 1 | shared;
}

static inline uint64_t guard_uid(guard_t guard)
{
	return guard >> GUARD_UID_SHIFT;
}

static inline uint32_t guard_identity(guard_t guard)
{
	return (uint32_t)(guard >> 1) & ((1u << GUARD_IDENTITY_BITS) - 1);
}

/** Locks held at one moment or over one region. */
struct lockset {
	guard_t lock[WORLD_GUARDS];
	uint8_t count;
	bool more; /* more were held than fit: nothing may be concluded from absence */
};

struct lock;
struct actor;

/** A critical section that is open. */
struct section {
	struct lock *lock;
	struct actor *holder; /* NULL: its task ended and nobody took it over yet */
	uint64_t holder_id;
	struct section *next; /* of the same lock */
	uint64_t order;       /* event number at which it was taken */
	uint64_t step;        /* the holder's step then */
	uint64_t wanted;      /* its step when it began to wait for it, or took it at once */
	uint64_t taken_at;    /* ns */
	uint64_t wait_ns;     /* how long the holder had waited */
	uint64_t site;        /* where it was taken */
	uint64_t test;        /* ... and in which test, 0: none that is known */
	uint64_t accesses;    /* recorded accesses made in it */
	uint32_t index;       /* in the slab */
	uint32_t thread;      /* number of the thread it was taken on */
	uint32_t depth;       /* of a recursive lock: times taken */
	uint8_t mode;         /* enum aw_mode */
	bool waited;
	bool spanned;    /* it has spanned a gap */
	bool inferred;   /* its begin or end was not seen itself */
	bool snapshot;   /* it began before the recording did */
	bool doubtful;   /* whether it is still open is not known: a thread that uses the lock lost
	                  * records, or is left out */
	bool other_task; /* the holder was passed on, or another actor freed it */
};

/** Who took a lock first, and in which step. */
struct lock_user {
	uint64_t actor;
	uint64_t step;
};

/** A section that has ended: whose, and in which steps it was wanted and freed. */
struct lock_last {
	uint64_t actor;
	uint64_t wanted, freed; /* 0: there is none */
	uint32_t tag;
	uint8_t mode;
};

/** A lock, semaphore, condition mutex or thread lock that exists. */
struct lock {
	uint64_t id;
	uint64_t uid;     /* never reused, unlike ids of some runtimes */
	uint64_t created; /* site */
	uint64_t known;   /* event number from which its holders are known; WORLD_NEVER: not yet */
	struct section *sections;
	uint32_t index;
	uint32_t identity; /* IDMAP_NONE: not looked up yet */
	uint32_t held;     /* open sections */
	uint8_t type;
	uint8_t permits;  /* initial; 1 for what is no semaphore */
	bool condition;   /* the mutex of a Condition */
	uint64_t threads; /* bit set of threads that used it, by number modulo 64 */
	uint64_t made;    /* event number at which it was made, 0: not seen */
	uint32_t user;    /* 1 + number of the first thread that used it, 0: none */
	bool shared;      /* another one did, too */
	struct lock *known_next, **known_link;   /* world_loss.c; known_link NULL: in no list */
	bool known_shared;                       /* ... the list of `shared` ones */
	struct lock_last last[WORLD_LOCK_LASTS]; /* newest sections that ended, one of an actor */
	/* The first actors that took it. Three: whatever two are asked about, a third is known. */
	struct lock_user users[WORLD_LOCK_USERS];
	uint8_t user_count;
	/* The first actors that held it over a gap. Two: besides any one, another is known. */
	uint8_t spanner_count;
	uint64_t spanners[WORLD_LOCK_SPANS];
};

/** All locks of one creation site and name. */
struct identity {
	char *name; /* NULL: none */
	uint64_t created;
	uint64_t objects;
	uint64_t tasks;         /* different tasks that took it */
	struct bit_set threads; /* that used it, by number */
	uint64_t lost;   /* records that threads which use it lost while it may have been in use */
	uint64_t hidden; /* at most so many sections that suspended are whole among these */
	uint64_t begun;  /* sections that began in a loss, as their end tells */
	uint8_t type;
	uint8_t permits;
	bool condition; /* the mutex of a Condition */
	bool tested;    /* its locked() was asked */
	bool waiver;
	bool pause;  /* it was in use when a thread was not watched (a window) */
	bool shared; /* one of its locks was used by several threads */
};

/** A task, or a thread outside tasks (loop callbacks, plain code). */
struct actor {
	uint64_t id;     /* task id; WORLD_PLAIN + thread number */
	uint64_t step;   /* global number of its current or last step */
	uint64_t first;  /* event number at which it came to be known */
	uint64_t gaps;   /* gaps it has had ... */
	uint64_t nested; /* ... of these, steps nested in its own */
	uint32_t tag;    /* clock_tag(id) */
	uint32_t thread; /* number of the thread it runs on */
	uint32_t index;
	uint32_t entries; /* its accesses (locations.c), SLAB_NONE: none */
	bool unsure;      /* locks may be held that were not seen taken */
	bool running;
	bool counted; /* among world.tasks */
	bool plain;
	bool deadline;   /* the wait it is suspended in ends by itself */
	bool woken;      /* suspended, and already made ready: by what it awaited, or a cancel */
	bool named_only; /* only spoken of so far, has not run */
	uint8_t await;   /* what it is suspended for */
	uint32_t held_count, held_room;
	bool in_cycle;         /* deadlock.c: part of a wait-for cycle that was seen */
	struct lockset guards; /* of the held locks that exclude (no semaphores of more than 1) */
	/* Of all locks held at any time in this step so far: a step is atomic, so a lock that it
	 * held before an access keeps that access out of others' sections, even if freed since. */
	struct lockset step_guards;
	uint64_t step_guard_order[WORLD_GUARDS]; /* event number at which each was taken */
	uint8_t step_kept; /* the first so many were held when the step began */
	bool around;       /* others keep it out, too: held around it, or before a nested step */
	uint64_t guards_sign, step_sign; /* hashes of the two */
	uint64_t lock_sign;              /* of both, and of `around`; 0: there is none of them */
	uint64_t object;                 /* what it is suspended for */
	uint64_t site;                   /* where it is suspended */
	uint64_t since;                  /* ns: when it was suspended, or its step began */
	struct lock *waiting;            /* LOCK_WAIT seen, not yet taken or given up */
	uint64_t wait_since;             /* ns */
	uint64_t wait_step;              /* the step in which it began to wait */
	uint64_t wait_site;
	struct actor *known_next, **known_link; /* world_loss.c; known_link NULL: in no list */
	uint32_t known_thread;                  /* ... of this thread */
	struct section **held;                  /* in the order they were taken */
	uint64_t gap_order[WORLD_GAP_SITES];    /* event number at which gap g began, likewise */
	uint64_t gap_site[WORLD_GAP_SITES];     /* of gap number g: [g % WORLD_GAP_SITES] */
	uint64_t gap_wait[WORLD_GAP_SITES];     /* uid of the lock it waited for in it, 0: none */
	uint64_t searched;                      /* deadlock.c: the last search that came by it */
	uint32_t used[8];                       /* identities it took lately: counted already */
	uint32_t used_next;
	struct idmap used_more; /* the rest of them */
	uint64_t learnt;        /* event number at which its clock last grew within a step */
	struct clock clock;
};

/** A thread of the target. */
struct thread {
	uint32_t tid;
	uint32_t number;
	struct actor *current;
	struct actor *plain;
	struct actor *departed; /* stands in for a task that has ended and still wakes others */
	struct actor *below[WORLD_NESTING]; /* interrupted by nested steps */
	unsigned depth;
	uint64_t nested[WORLD_NESTING]; /* tasks that go on only after the outermost step */
	unsigned nested_count;
	bool had_nested;                /* a step was nested in the outermost one */
	uint64_t created_task;          /* the task the last TASK_NEW of this thread made ... */
	uint64_t created_site;          /* ... and where: an eager start nests there */
	uint64_t loss;                  /* event number of the last LOST, 0: none */
	uint64_t lost;                  /* records */
	uint64_t hidden;                /* sections that can be whole among them, see world_hides */
	uint64_t lost_from, lost_until; /* ns: of the first and the last of them */
	uint32_t loss_identities;       /* identities there were at the last LOST */
	bool loss_unused; /* ... and locks that had none yet, as they had not been used */
	/* What is known of these was learnt since the last LOST (world_loss.c). */
	struct actor *known_actors;
	struct lock *known_locks; /* of those that no other thread uses */
	uint64_t test; /* of a test suite, that it runs; 0: none, or it is not known which */
	bool tests;    /* it has told of one */
	bool pause;    /* it was not watched for a while */
	bool interval; /* INTERVAL seen: the next event is inferred */
	bool ended;
};

struct world;

/** What the world tells its owner, besides the event itself. All may be NULL. */
struct world_hooks {
	void *context;
	void (*section_begin)(void *context, struct section *section, const struct aw_event *event);
	/* `event` NULL: its end was not seen (loss, lock freed). */
	void (*section_end)(void *context, struct section *section, const struct aw_event *event);
	/* Its holder suspends at `site`, or a step is nested in its holder's there. */
	void (*section_gap)(void *context, struct section *section, uint64_t site);
	void (*actor_end)(void *context, struct actor *actor);
};

struct world {
	struct world_hooks hooks;
	const struct names *names;
	uint32_t pid;
	uint64_t can; /* enum aw_can */
	uint16_t runtime;
	uint64_t order;           /* number of the event that is being taken, from 1 */
	uint64_t step;            /* steps begun */
	uint64_t resumes;         /* steps of tasks begun */
	uint64_t tasks;           /* tasks seen */
	uint64_t lost;            /* records */
	uint64_t lost_anywhere;   /* ... of these, of threads that are not known */
	uint64_t hidden_anywhere; /* sections that can be whole among them */
	uint64_t pauses;          /* stretches in which a thread was not watched */
	uint64_t late;         /* processes that were found some time after they began, or never */
	uint64_t started, now; /* ns: first and last time seen */
	uint64_t loss_order;   /* event number of the last LOST, 0: none */
	uint64_t loss_step;    /* steps up to this count as ordered: edges may be lost */
	uint64_t loss_until;   /* ns: end of the newest loss interval */
	uint64_t uids;
	struct thread **threads; /* by number; the tracer's own stream (tid 0) may be one of them */
	uint32_t thread_count, thread_room;
	struct idmap thread_by_tid;
	struct thread *told;     /* what comes now is told by this one; NULL: nothing came yet */
	struct thread *tester;   /* it runs tests, and no other one does; NULL: none, or several */
	bool testers;            /* some do */
	uint32_t target_threads; /* of these, not the tracer's own */
	struct idmap left_out;   /* tids of threads that are left out */
	uint64_t left_out_threads; /* ... how many */
	uint64_t left_out_events;
	struct lock *known_shared; /* locks of several threads, of which something is known */
	uint64_t locks_unused;     /* locks that have no identity yet */
	struct slab actors, locks, sections;
	struct idmap actor_by_id, lock_by_id, lock_by_uid;
	/* The first that came to a place by its id, while it is there; the others: by the maps. */
	struct actor *near_task[WORLD_NEAR];
	struct lock *near_lock[WORLD_NEAR];
	struct signals signals;
	struct identity *identities; /* grows: no pointer into it is kept */
	uint32_t identity_count, identity_room;
	uint64_t identities_shared; /* locks that share the last identity, for there are too many */
	struct idmap identity_by_key, names_of_site;
	struct section **orphans; /* sections whose task ended; unordered */
	uint32_t orphan_count, orphan_room;
	int error; /* first -ENOMEM; the owner stops then */
};

int world_init(struct world *world, const struct names *names, const struct world_hooks *hooks);
void world_fini(struct world *world);

/** The thread with this tid, made if need be. NULL: there are too many, and it is left out; or no
 * memory, which `error` tells. */
struct thread *world_thread(struct world *world, uint32_t tid);

/**
 * Takes an event of a thread that is left out: what it says is not used, what it makes unsure is
 * noted. Edges through it are not known, so all before it counts as ordered before all after it;
 * a lock that it uses may have been freed or taken.
 */
void world_leave_out(struct world *world, uint32_t tid, const struct aw_event *event);

/**
 * How many sections that suspended can be whole among `records` lost in a row. Such a section has
 * at least its acquisition and a suspension among them, whatever the source; one whose end or
 * begin was seen is told by that.
 */
static inline uint64_t world_hides(uint64_t records)
{
	return records / 2;
}

/** The actor that `task` means on this thread when it is not the current one: task 0, a step that
 * is nested ended unseen, or a resume was lost. */
struct actor *world_switch(struct world *world, struct thread *thread, uint32_t task);

/** The actor that runs when an event of `task` comes from this thread. */
static inline struct actor *world_actor(struct world *world, struct thread *thread, uint32_t task)
{
	struct actor *current = thread->current;

	if (current->id == task || (!task && current->plain))
		return current;
	return world_switch(world, thread, task);
}

/** In a bit set of threads, by number modulo 64. */
static inline uint64_t world_thread_bit(uint32_t thread)
{
	return 1ull << thread % 64;
}

/** An event came of an actor that is not running: its resume was not seen. Begins a step for it. */
void world_step_assume(struct world *world, struct thread *thread, struct actor *actor,
                       uint64_t time);

/** The test that what comes now belongs to: its thread's, or, of a thread that runs no tests
 * itself, that of the only one that does. 0: none, or it is not known which. */
uint64_t world_test(const struct world *world);

/** A thread runs another test from now on; 0: none. */
void world_test_begin(struct world *world, struct thread *thread, uint64_t test);

/** Records of a thread were lost, NULL: of any. What it runs is not known until it tells. */
void world_test_lost(struct world *world, struct thread *thread);

/** Takes one event other than READ, WRITE, IO, AWAIT. `actor`: world_actor's. */
void world_event(struct world *world, struct thread *thread, struct actor *actor,
                 const struct aw_event *event);

/* Ids of tasks are counted, those of locks may be addresses. */
static inline unsigned world_task_place(uint64_t id)
{
	return id % WORLD_NEAR;
}

static inline unsigned world_lock_place(uint64_t id)
{
	return (id ^ id >> 4 ^ id >> 14) % WORLD_NEAR;
}

/** The task with this id if it is alive, else NULL. `_find`: by the map. */
struct actor *world_task_find(const struct world *world, uint64_t id);

static inline struct actor *world_task(const struct world *world, uint64_t id)
{
	struct actor *near = world->near_task[world_task_place(id)];

	return near && near->id == id ? near : world_task_find(world, id);
}

/** The lock with this id (uid), or NULL. `_find`: by the map. */
struct lock *world_lock_find(const struct world *world, uint64_t id);
struct lock *world_lock_by_uid(const struct world *world, uint64_t uid);

static inline struct lock *world_lock(const struct world *world, uint64_t id)
{
	struct lock *near = world->near_lock[world_lock_place(id)];

	return near && near->id == id ? near : world_lock_find(world, id);
}

/** The identity of a lock that has none yet; never NULL. */
struct identity *world_identity_find(struct world *world, struct lock *lock);

/** The identity of a lock; never NULL. */
static inline struct identity *world_identity(struct world *world, struct lock *lock)
{
	return lock->identity == IDMAP_NONE ? world_identity_find(world, lock)
	                                    : &world->identities[lock->identity];
}

/** Does step `step` of the actor with id `id` happen before what `actor` does now? */
static inline bool world_ordered(const struct world *world, const struct actor *actor, uint64_t id,
                                 uint32_t tag, uint64_t step)
{
	return actor->id == id || step <= world->loss_step || clock_knows(&actor->clock, tag, step);
}

/** Is it a lock, that is, can it be in a lockset? (No signal, no semaphore of more permits.) */
static inline bool lock_excludes(const struct lock *lock)
{
	return lock->permits == 1;
}

/** Is it one of the thread locks? */
static inline bool lock_is_thread_lock(uint8_t type)
{
	return type == AW_LOCK_TYPE_THREAD_LOCK || type == AW_LOCK_TYPE_THREAD_RLOCK ||
	       type == AW_LOCK_TYPE_THREAD_RWLOCK || type == AW_LOCK_TYPE_PYTHREAD_LOCK ||
	       type == AW_LOCK_TYPE_PYTHREAD_RLOCK;
}

/** Is it a counting semaphore, whatever its permits? */
static inline bool lock_is_semaphore(uint8_t type)
{
	return type == AW_LOCK_TYPE_SEMAPHORE || type == AW_LOCK_TYPE_ASYNCIO_SEMAPHORE ||
	       type == AW_LOCK_TYPE_ASYNCIO_BOUNDED || type == AW_LOCK_TYPE_ANYIO_SEMAPHORE;
}

#endif
