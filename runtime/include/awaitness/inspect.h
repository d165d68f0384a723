/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * inspect.h - what a tracer may read of a target's C runtime from outside.
 *
 * `awaitness dump` works on a hung process: it cannot ask the target, so it
 * reads these structures with process_vm_readv while the target may be
 * changing them. Therefore: fixed layouts, addresses as uint64_t, names held
 * inline and always NUL-terminated, and every list walk is bounded and checked
 * by the reader (magic, `self`), which reads each record twice and drops it
 * when it changed in between.
 *
 * The root lies alone in the ELF section "aw_root" of whatever module carries
 * the runtime (the section survives strip), so that no symbol table is needed.
 * The contract of event.h holds: numbers never change; a new layout is a new version.
 */
#ifndef AWAITNESS_INSPECT_H
#define AWAITNESS_INSPECT_H

#include <awaitness/event.h>

#define AW_ROOT_MAGIC   0x746f6f7277610001ull /* "\1\0awroot" */
#define AW_ROOT_SECTION "aw_root"
#define AW_INSPECT_NAME 48u /* bytes, with the NUL */

/** The one root of a process. `loops` and `locks` are heads of NULL-terminated singly linked `next`
 * chains. */
struct aw_root {
	uint64_t magic;
	uint64_t loops; /* address of the first struct aw_inspect_loop, 0: none */
	uint64_t locks; /* address of the first struct aw_inspect_lock, 0: none */
};

/** One event loop. First member of the runtime's own loop structure. */
struct aw_inspect_loop {
	uint64_t self; /* own address: a check against stale pointers */
	uint64_t next;
	uint64_t tasks;   /* address of the first struct aw_inspect_task */
	uint64_t running; /* address of the task running now, 0: none (idle or callback) */
	uint32_t tid;
	uint32_t count; /* tasks alive */
};

enum aw_inspect_state {
	AW_STATE_READY = 0, /* will run */
	AW_STATE_RUNNING = 1,
	AW_STATE_SUSPENDED = 2,
	AW_STATE_ENDED = 3 /* done, its result not collected yet */
};

/** One task. First member of the runtime's own task structure. */
struct aw_inspect_task {
	uint64_t self;
	uint64_t next;
	uint64_t object;  /* what it awaits: a lock id, task id, ... as in SUSPEND */
	uint64_t site;    /* address in the program where it suspended */
	uint64_t since;   /* ns, CLOCK_MONOTONIC: when it suspended; 0: not recorded */
	uint64_t created; /* address in the program where it was created */
	uint32_t id;
	uint8_t state;    /* enum aw_inspect_state */
	uint8_t await;    /* enum aw_await, while suspended */
	uint8_t deadline; /* 1: this wait ends by itself */
	uint8_t pad;
	char name[AW_INSPECT_NAME];
};

/** One lock, semaphore or condition mutex. First member of the runtime's own structure. */
struct aw_inspect_lock {
	uint64_t self;
	uint64_t next;
	uint64_t id;
	uint64_t created; /* address in the program where it was created */
	uint64_t taken;   /* address in the program where the holder took it */
	uint32_t holder;  /* task id; 0: free, or a semaphore */
	uint32_t waiters;
	uint32_t permits; /* free now */
	uint8_t type;     /* enum aw_lock_type */
	uint8_t pad[3];
	char name[AW_INSPECT_NAME];
};

#endif
