/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * probe.h - awaitness's fine-grained USDT probes, for any C or C++ task runtime.
 *
 * Needs <sys/sdt.h> (systemtap-sdt-dev) and nothing else of ours. A runtime that has
 *
 *	AW_PROBE(lock_taken, task, object, arg, site);
 *
 * where it takes a lock is traced by awaitness and by bpftrace, perf and gdb. All
 * probes have the same arguments (uint32_t task, uint64_t object, uint16_t arg,
 * uint64_t site); what they mean stands in the rows of event.h, whose kind names
 * the probes have, with '_' for '-'. `object` of task_new and wake is a task.
 *
 * A probe nobody listens to costs a test of its semaphore, which the kernel counts
 * up when a tracer attaches; arguments are not evaluated then.
 *
 * The probe itself is a nop of one byte: a hit is a trap (1 to 5 us) that leaves
 * the program's memory alone, on every kernel. A nop of five bytes must not stand
 * there: Linux 6.18 turns it into a call, which is faster, but overwrites what a
 * leaf function keeps below its stack pointer, and kills a forked child. Nor may
 * one stand behind it, as compilers pad: libbpf 1.7 would probe that one; hence
 * the second nop. (usdt.h of github.com/libbpf/usdt has a nop of ten bytes there,
 * which Linux 7.2 makes fast without harm. It is not used: no distribution has
 * it, nor a libbpf that knows this form, while <sys/sdt.h> is everywhere.)
 *
 * Include it in files of the runtime only: it makes <sys/sdt.h> use semaphores,
 * for other probes in the same file, too.
 */
#ifndef AWAITNESS_PROBE_H
#define AWAITNESS_PROBE_H

#ifdef _SYS_SDT_H
#error "include awaitness/probe.h before sys/sdt.h: it sets how the probes are made"
#endif
#define _SDT_HAS_SEMAPHORES 1
#include <sys/sdt.h>
#if defined(__x86_64__)
/* Set here, whatever another <sys/sdt.h> takes. Expanded where a probe stands, hence after it. */
#undef _SDT_NOP
#define _SDT_NOP                                                                                   \
	nop;                                                                                       \
	nop
#endif

/* X(KIND, name): the kinds of event.h that are probes, and the probes' names. */
#define AW_PROBES(X)                                                                               \
	X(TASK_NEW, task_new)                                                                      \
	X(TASK_END, task_end)                                                                      \
	X(RESUME, resume)                                                                          \
	X(SUSPEND, suspend)                                                                        \
	X(WAKE, wake)                                                                              \
	X(CANCEL, cancel)                                                                          \
	X(CALLBACK, callback)                                                                      \
	X(LOCK_NEW, lock_new)                                                                      \
	X(LOCK_FREE, lock_free)                                                                    \
	X(LOCK_WAIT, lock_wait)                                                                    \
	X(LOCK_TAKEN, lock_taken)                                                                  \
	X(LOCK_FREED, lock_freed)                                                                  \
	X(LOCK_TEST, lock_test)                                                                    \
	X(LOCK_CONDITION, lock_condition)                                                          \
	X(LOCK_WAIVER, lock_waiver)                                                                \
	X(LOCK_GIVEUP, lock_giveup)                                                                \
	X(SIGNAL, signal)                                                                          \
	X(OBSERVE, observe)                                                                        \
	X(READ, read)                                                                              \
	X(WRITE, write)                                                                            \
	X(IO, io)                                                                                  \
	X(FORGET, forget)                                                                          \
	X(AWAIT, await)

#define AW_PROBE_SEMAPHORE(name) awaitness_##name##_semaphore

/* The semaphores: each file that includes this has them, the linker keeps one of each. */
#ifndef AW_PROBE_SEMAPHORES_ELSEWHERE
#ifdef __cplusplus
extern "C" {
#endif
#define AW_PROBE_DEFINE(KIND, name)                                                                \
	__attribute__((weak, visibility("hidden"), section(".probes"),                             \
	               used)) volatile unsigned short AW_PROBE_SEMAPHORE(name);
AW_PROBES(AW_PROBE_DEFINE)
#undef AW_PROBE_DEFINE
#ifdef __cplusplus
}
#endif
#endif

/** True while a tracer listens to this probe. */
#define AW_PROBE_ENABLED(name) __builtin_expect(AW_PROBE_SEMAPHORE(name) != 0, 0)

/* The probe without the test of its semaphore. */
#define AW_PROBE_FIRE(name, task, object, arg, site)                                               \
	STAP_PROBE4(awaitness, name, (unsigned int)(task), (unsigned long long)(object),           \
	            (unsigned short)(arg), (unsigned long long)(site))

/** One event. The arguments are evaluated only while a tracer listens. */
#ifdef AW_NO_PROBES
#define AW_PROBE(name, task, object, arg, site) ((void)0)
#else
#define AW_PROBE(name, task, object, arg, site)                                                    \
	do {                                                                                       \
		if (AW_PROBE_ENABLED(name))                                                        \
			AW_PROBE_FIRE(name, task, object, arg, site);                              \
	} while (0)
#endif

#endif
