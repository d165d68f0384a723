/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * event.h - the contract: event kinds and the record that carries them.
 *
 * Every source (the C runtime's log, USDT probes of another runtime, CPython,
 * a text file, a trace on disk) yields these records, and no analyzer knows
 * which source it was. User space, BPF programs and a target all include it, so
 * it includes nothing but <stdint.h>, and not even that in a BPF program, which
 * brings uint8_t .. uint64_t of its own.
 *
 * A record is 32 bytes, in memory, in a batch and on disk alike. What does not
 * fit (names, source positions) follows its record as TEXT records, contiguous
 * in the same stream.
 *
 * A *stream* is what one thread of one process emitted, in its order. Records
 * of a stream are numbered from 0 by the emitter, before anything can be lost:
 * a gap in the numbers is a loss, and the receiver says so with a LOST record.
 * The stream of thread 0 is the receiver's own; a LOST in it is of any stream of
 * the process, for what was lost had no number.
 */
#ifndef AWAITNESS_EVENT_H
#define AWAITNESS_EVENT_H

#ifndef __bpf__
#include <stdint.h>
#endif

/** One event. Little-endian, naturally aligned, 32 bytes. */
struct aw_event {
	uint64_t time;   /* ns, CLOCK_MONOTONIC. Kinds marked unstamped (READ, WRITE, ...)
	                  * repeat the time of the last stamped event of their stream. */
	uint16_t kind;   /* enum aw_kind */
	uint16_t arg;    /* see the kind's row; AW_ARG_* flags in the top bits */
	uint32_t task;   /* the task that is running, 0: none (a loop callback, a plain thread) */
	uint64_t object; /* what it is about; see the kind's row */
	uint64_t site;   /* where in the program: a site id (address of the code or of a
	                  * static site record); 0: not known. See the kind's row. */
};

/* Flags in aw_event.arg, for kinds whose arg is not a plain number. */
#define AW_ARG_INFERRED 0x8000u /* not seen itself; an INTERVAL record stands right before it */
#define AW_ARG_SNAPSHOT 0x4000u /* tells a state that began before the recording did */
#define AW_ARG_DEADLINE 0x2000u /* SUSPEND, LOCK_WAIT: this wait ends by itself */
#define AW_ARG_TEST     0x2000u /* READ: the value decides whether the task acts (`if (!conn)`) */
#define AW_ARG_USE      0x1000u /* READ: of no memory; a value read earlier is used here */
#define AW_ARG_ITERATE  0x4000u /* READ with AW_ARG_USE: an iteration over it goes on */
#define AW_ARG_SAME     0x1000u /* WRITE: of what stood there already: nobody else can tell */
#define AW_SIZE_MAX     0x0fffu /* READ, WRITE: the size in arg; larger ones are told as this */
#define AW_ARG_VALUE    0x00ffu /* the enumerated part of arg */

/*
 * X(number, NAME, text, object, arg, site)
 *
 * number: never reused, never changed: it stands in traces.
 * object, arg, site: what the three fields hold (enum aw_field below). The text
 * form, the CTF metadata and `print` are made from these rows.
 */
#define AW_EVENT_KINDS(X)                                                                           \
	/* tasks */                                                                                 \
	X(1, TASK_NEW, "task-new", TASK, FLAGS, SITE) /* `task` is the creator */                   \
	X(2, TASK_END, "task-end", NONE, OUTCOME, NONE)                                             \
	X(3, RESUME, "resume", NONE, FLAGS, NONE)     /* a step begins. While another task's        \
	                                               * step runs on the thread: it is nested      \
	                                               * in that step */                            \
	X(4, SUSPEND, "suspend", OBJECT, AWAIT, SITE) /* the step ends: control given back */       \
	X(5, WAKE, "wake", TASK, AWAIT, SITE)         /* `task` made object ready; arg: what        \
	                                               * kind of thing woke it. */                  \
	X(6, CANCEL, "cancel", TASK, FLAGS, SITE)                                                   \
	X(7, CALLBACK, "callback", OBJECT, FLAGS, SITE) /* a plain loop callback starts */          \
	/* locks (Lock, Semaphore, Condition's mutex, read-write locks, thread locks) */            \
	X(8, LOCK_NEW, "lock-new", LOCK, LOCK, SITE)                                                \
	X(9, LOCK_FREE, "lock-free", LOCK, FLAGS, SITE)                                             \
	X(10, LOCK_WAIT, "lock-wait", LOCK, MODE, SITE)   /* not free: will suspend for it */       \
	X(11, LOCK_TAKEN, "lock-taken", LOCK, MODE, SITE) /* told after it happened */              \
	X(12, LOCK_FREED, "lock-freed", LOCK, MODE, SITE) /* told before it happens; `task`         \
	                                                   * releases, not always the holder */     \
	X(13, LOCK_TEST, "lock-test", LOCK, FLAGS, SITE)  /* locked() was asked */                  \
	X(14, LOCK_CONDITION, "lock-condition", LOCK, FLAGS, SITE) /* a Condition's mutex */        \
	X(15, LOCK_WAIVER, "lock-waiver", LOCK, FLAGS, SITE) /* declared "atomic by intent" */      \
	X(16, LOCK_GIVEUP, "lock-giveup", LOCK, MODE, SITE)  /* a wait ended without it:            \
	                                                      * timeout or cancel */                \
	/* happens-before other than by WAKE, TASK_NEW */                                           \
	X(17, SIGNAL, "signal", OBJECT, AWAIT, SITE)   /* future set, event set, queue put */       \
	X(18, OBSERVE, "observe", OBJECT, AWAIT, SITE) /* its result used: wait passed, got */      \
	/* shared state */                                                                          \
	X(19, READ, "read", ADDRESS, SIZE, SITE)       /* unstamped */                              \
	X(20, WRITE, "write", ADDRESS, SIZE, SITE)     /* unstamped; told before it happens */      \
	X(21, IO, "io", OBJECT, FLAGS, SITE)           /* unstamped; an operation on a descriptor   \
	                                                * or transport: an access to that object */ \
	X(22, FORGET, "forget", ADDRESS, FLAGS, BYTES) /* the memory has another meaning now */     \
	/* await sites */                                                                           \
	X(23, AWAIT, "await", NONE, SUSPENDED, SITE) /* a marked await was passed */                \
	/* definitions; each may be repeated, the newest counts */                                  \
	X(24, SITE, "site", SITE, FLAGS, PARENT)     /* object: the site id; site: the caller's     \
	                                              * site in the await chain, 0: none; `task`:   \
	                                              * the line. TEXT: function, file, label */    \
	X(25, NAME, "name", OBJECT, ENTITY, NONE)    /* TEXT: name */                               \
	X(26, TEXT, "text", BYTES, TEXT, BYTES)      /* 16 bytes of the text that the last          \
	                                              * definition of this stream asks for */       \
	X(27, THREAD, "thread", NUMBER, FLAGS, NONE) /* the stream's thread. object: its tid.       \
	                                              * TEXT: name */                               \
	X(28, TARGET, "target", NUMBER, RUNTIME, NUMBER) /* object: pid; site: enum aw_can          \
	                                                  * bits. TEXT: command, version,           \
	                                                  * detail, transport */                    \
	X(29, MODULE, "module", ADDRESS, FLAGS, ADDRESS) /* mapped from object to site; TEXT:       \
	                                                  * file, build id (hex) */                 \
	X(30, THREAD_END, "thread-end", NONE, FLAGS, NONE)                                          \
	/* what was not seen */                                                                     \
	X(31, LOST, "lost", NUMBER, FLAGS, TIME)       /* object: how many records of this stream   \
	                                                * are missing; between `time` and `site` */ \
	X(32, INTERVAL, "interval", TIME, FLAGS, TIME) /* the next record of this stream            \
	                                                * happened between object and site */       \
	/* watching cells in an unmodified program (watch.h) */                                     \
	X(33, CHANGED, "changed", ADDRESS, FLAGS, SITE)    /* a watched cell has another value at   \
	                                                    * the resume of its reader */           \
	X(34, UNWATCHED, "unwatched", NUMBER, FLAGS, NONE) /* object: cells that were not           \
	                                                    * watched because the cap was hit */    \
	/* test suites */                                                                           \
	X(35, TEST, "test", OBJECT, FLAGS, NONE) /* this thread runs that test from here on;        \
	                                          * object 0: none, or it is not known which */

enum aw_kind {
#define AW_KIND_ENUM(number, NAME, text, object, arg, site) AW_##NAME = number,
	AW_EVENT_KINDS(AW_KIND_ENUM)
#undef AW_KIND_ENUM
		AW_KIND_MAX = 36 /* one past the last number */
};

/* What a field of a record holds; the columns of AW_EVENT_KINDS. */
enum aw_field {
	AW_FIELD_NONE,
	AW_FIELD_TASK,   /* a task id, unique while the process lives */
	AW_FIELD_LOCK,   /* object: a lock id. arg: enum aw_lock_type, permits << 8 (max 63) */
	AW_FIELD_OBJECT, /* id of a lock, future, event, queue, task or descriptor */
	AW_FIELD_ADDRESS,
	AW_FIELD_SITE,   /* a site id */
	AW_FIELD_PARENT, /* a site id: the caller in an await chain */
	AW_FIELD_NUMBER,
	AW_FIELD_BYTES,     /* FORGET: size in bytes. TEXT: characters */
	AW_FIELD_TIME,      /* ns, CLOCK_MONOTONIC */
	AW_FIELD_FLAGS,     /* AW_ARG_* only */
	AW_FIELD_OUTCOME,   /* enum aw_outcome */
	AW_FIELD_AWAIT,     /* enum aw_await */
	AW_FIELD_MODE,      /* enum aw_mode */
	AW_FIELD_SIZE,      /* bytes accessed, at most AW_SIZE_MAX; READ: AW_ARG_TEST, AW_ARG_USE */
	AW_FIELD_SUSPENDED, /* 1: this pass really suspended, 0: it did not */
	AW_FIELD_ENTITY,    /* enum aw_entity */
	AW_FIELD_TEXT,      /* enum aw_text | used bytes << 8 (0 to 16) | AW_TEXT_MORE */
	AW_FIELD_RUNTIME    /* enum aw_runtime */
};

/* What a task waits for, and what wakes it. X(number, NAME, text, orders)
 * orders 1: this wake-up is a happens-before edge; 0: an accident of the run. */
#define AW_AWAITS(X)                                                                               \
	X(0, NONE, "nothing", 0) /* a bare yield: sleep(0) */                                      \
	X(1, SLEEP, "sleep", 0)                                                                    \
	X(2, TASK, "task", 1)                                                                      \
	X(3, FUTURE, "future", 1)                                                                  \
	X(4, LOCK, "lock", 0)                                                                      \
	X(5, SEMAPHORE, "semaphore", 0) /* an edge only for one created with 0 permits */          \
	X(6, EVENT, "event", 1)                                                                    \
	X(7, CONDITION, "condition", 1) /* the notify, not the re-acquire */                       \
	X(8, QUEUE, "queue", 1)                                                                    \
	X(9, IO, "io", 0)                                                                          \
	X(10, WORK, "thread-work", 1) /* to-thread */                                              \
	X(11, GATHER, "gather", 1)                                                                 \
	X(12, CANCEL, "cancel", 1)         /* only as what woke */                                 \
	X(13, TIMEOUT, "timeout", 0)       /* only as what woke */                                 \
	X(14, THREADSAFE, "threadsafe", 1) /* a wake-up from another thread */                     \
	X(15, OTHER, "other", 1)

enum aw_await {
#define AW_AWAIT_ENUM(number, NAME, text, orders) AW_AWAIT_##NAME = number,
	AW_AWAITS(AW_AWAIT_ENUM)
#undef AW_AWAIT_ENUM
};

#define AW_LOCK_TYPES(X)                                                                           \
	X(0, UNKNOWN, "lock of unknown type")                                                      \
	X(1, MUTEX, "Lock")                                                                        \
	X(2, SEMAPHORE, "Semaphore") /* permits: initial value */                                  \
	X(3, CONDITION, "Condition") /* the mutex a Condition made for itself */                   \
	X(4, RWLOCK, "RWLock")                                                                     \
	X(5, THREAD_LOCK, "thread lock")                                                           \
	X(6, THREAD_RLOCK, "thread RLock")                                                         \
	X(7, ASYNCIO_LOCK, "asyncio.Lock")                                                         \
	X(8, ASYNCIO_SEMAPHORE, "asyncio.Semaphore")                                               \
	X(9, ASYNCIO_BOUNDED, "asyncio.BoundedSemaphore")                                          \
	X(10, ASYNCIO_CONDITION, "asyncio.Condition")                                              \
	X(11, ANYIO_LOCK, "anyio.Lock")                                                            \
	X(12, ANYIO_SEMAPHORE, "anyio.Semaphore")                                                  \
	X(13, PYTHREAD_LOCK, "threading.Lock")                                                     \
	X(14, PYTHREAD_RLOCK, "threading.RLock")                                                   \
	X(15, THREAD_RWLOCK, "thread RWLock")

enum aw_lock_type {
#define AW_LOCK_TYPE_ENUM(number, NAME, text) AW_LOCK_TYPE_##NAME = number,
	AW_LOCK_TYPES(AW_LOCK_TYPE_ENUM)
#undef AW_LOCK_TYPE_ENUM
};
#define AW_LOCK_PERMITS_MAX 63u /* "63 or more" */

enum aw_mode { AW_MODE_EXCLUSIVE = 0, AW_MODE_SHARED = 1 };
enum aw_outcome { AW_OUTCOME_OK = 0, AW_OUTCOME_ERROR = 1, AW_OUTCOME_CANCELLED = 2 };
enum aw_entity {
	AW_ENTITY_TASK = 0,
	AW_ENTITY_LOCK = 1,
	AW_ENTITY_LOCATION = 2, /* object: an address. A name such as `Pool.size` */
	AW_ENTITY_OBJECT = 3    /* a future, event, queue, descriptor */
};
enum aw_text {
	AW_TEXT_NAME = 0,
	AW_TEXT_FUNCTION = 1,
	AW_TEXT_FILE = 2,
	AW_TEXT_LABEL = 3, /* of a site: the expression, as written */
	AW_TEXT_COMMAND = 4,
	AW_TEXT_VERSION = 5,
	AW_TEXT_DETAIL = 6,
	AW_TEXT_TRANSPORT = 7,
	AW_TEXT_BUILD_ID = 8,
	AW_TEXT_WAIVER = 9 /* of a site: what comments `awaitness: ...` say in its line and in the
	                    * one before, a line each */
};
#define AW_TEXT_MORE 0x2000u /* in arg: this text goes on in the next TEXT record */
#define AW_TEXT_MAX  512u    /* bytes; an emitter cuts longer texts, a reader ignores the rest */
enum aw_runtime { AW_RUNTIME_UNKNOWN = 0, AW_RUNTIME_C = 1, AW_RUNTIME_CPYTHON = 2 };

/* What the source was able to see; TARGET.site. An analyzer may only conclude
 * from an absence where the bit for it is set. */
enum aw_can {
	AW_CAN_ACCESSES = 1,   /* shared accesses are marked or compiled in */
	AW_CAN_ACQUIRES = 2,   /* every acquisition, also those that never suspend */
	AW_CAN_RELEASES = 4,   /* every release, from the lock's own state */
	AW_CAN_AWAITS = 8,     /* passes of await sites */
	AW_CAN_STEP_ENDS = 16, /* when a step ended, not only when the next began */
	AW_CAN_WAKES = 32,     /* who woke whom */
	AW_CAN_CELLS = 64      /* watched cells of an unmodified program (watch.h) */
};

/*
 * The batch: how records travel from a target to the tracer (BPF ring buffer,
 * file transport): this header, then `count` records of one stream.
 */
#define AW_BATCH_MAGIC 0x62574101u /* "\1AWb": the low byte is the version */
struct aw_batch {
	uint32_t magic;
	uint32_t count; /* records that follow */
	uint32_t pid;   /* as the tracer's side knows it; file transport: as the target does */
	uint32_t tid;
	uint64_t first; /* number of the first record in its stream */
	uint64_t time;  /* ns, CLOCK_MONOTONIC: when it was shipped */
};

/*
 * The head of a thread's log inside a target (log_open and log_ship pass its
 * address). The records not shipped yet lie at [records, next); the kernel side
 * reads them when the process dies. Only the owning thread writes it.
 */
#define AW_LOG_MAGIC 0x016c5741u /* "AWl\1" */
struct aw_log_head {
	uint32_t magic;
	uint32_t tid;
	uint64_t first;   /* number of the record at `records` */
	uint64_t records; /* address of the first record not shipped */
	uint64_t next;    /* address where the next record will be written */
	uint64_t end;     /* address one past the room for records */
};
#define AW_LOG_BYTES (64u * 1024u) /* room for records in a log; also the most a batch holds */

#endif
