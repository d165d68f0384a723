/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * access.h - marks for a program: await sites and accesses to shared state.
 *
 *	int n = AW_READ(pool->size);		an rvalue
 *	AW_WRITE(pool->size) = n + 1;		an lvalue
 *	err = AW_AWAIT(aw_lock_acquire(lock, AW_FOREVER));
 *
 * Each mark has a static record with its place in the program, and is one test of memory while
 * nobody listens. AW_AWAIT counts its passes and those that really suspended
 * in its record, always: the program can read them (aw_site_next).
 *
 * GNU C (statement expressions, __auto_type); in C++ only AW_FORGET.
 */
#ifndef AWAITNESS_ACCESS_H
#define AWAITNESS_ACCESS_H

#include <stddef.h>
#include <stdint.h>

#include <awaitness/event.h>

#ifdef __cplusplus
extern "C" {
#endif

enum aw_site_kind { AW_SITE_AWAIT = 0, AW_SITE_READ = 1, AW_SITE_WRITE = 2 };

/** The record of one mark. Its address is the site id in the events. */
struct aw_site {
	const char *function;
	const char *file;
	const char *label; /* the expression, as written */
	uint32_t line;
	uint32_t kind;          /* enum aw_site_kind */
	uint32_t epoch;         /* the runtime's: when it was last defined in the stream */
	uint32_t flags;         /* AW_ARG_TEST: AW_READ_TEST; AW_ARG_USE: AW_USE, AW_ITERATE */
	uint64_t passed;        /* AW_AWAIT: how often; atomic, several threads may share it */
	uint64_t suspended;     /* of these, how often the task really gave control back */
} __attribute__((aligned(64))); /* also the distance of two in their section */

/** The memory has another meaning now (freed, or used for something else). */
void aw_forget(const void *memory, size_t size);
#define AW_FORGET(memory, size) aw_forget(memory, size)

/**
 * Goes through the marks of the program: the first for NULL, NULL after the last.
 * Marks of all modules that were loaded and include this header are there.
 */
const struct aw_site *aw_site_next(const struct aw_site *site);

/* The rest is what the macros need. */

/** A module's marks; each file that includes this header has one, the runtime drops doubles. */
struct aw__module {
	struct aw_site *first;
	struct aw_site *end;
	struct aw__module *next;
};
/** Returns the array of semaphores, by kind. */
const volatile unsigned short *aw__sites_register(struct aw__module *module);
void aw__read(const volatile void *memory, size_t size, struct aw_site *site);
void aw__write(const volatile void *memory, size_t size, struct aw_site *site);
uint64_t aw__await_begin(void);
void aw__await_end(struct aw_site *site, uint64_t begun);

#ifdef __cplusplus
}
#else

extern struct aw_site __start_aw_sites[] __attribute__((weak, visibility("hidden")));
extern struct aw_site __stop_aw_sites[] __attribute__((weak, visibility("hidden")));

/* What a mark looks at: [0] and [kind] are not 0 while somebody listens. */
static const volatile unsigned short aw__nobody[AW_KIND_MAX];
static const volatile unsigned short *aw__listening __attribute__((unused)) = aw__nobody;

__attribute__((constructor, unused)) static void aw__sites_init(void)
{
	static struct aw__module module;

	module.first = __start_aw_sites;
	module.end = __stop_aw_sites;
	aw__listening = aw__sites_register(&module);
}

#ifdef AW_NO_PROBES
#define AW__LISTENS(kind) 0
#else
#define AW__LISTENS(kind) __builtin_expect((aw__listening[0] | aw__listening[kind]) != 0, 0)
#endif

/* Names of its own for each use, as uses nest and -Wshadow is popular. */
#define AW__PASTE(a, b) a##b
#define AW__NAME(a, id) AW__PASTE(a, id)

#define AW__SITE(id, what, text, flag)                                                             \
	static struct aw_site AW__NAME(aw__site_, id)                                              \
		__attribute__((section("aw_sites"), used)) = {.function = __func__,                \
	                                                      .file = __FILE__,                    \
	                                                      .label = text,                       \
	                                                      .line = __LINE__,                    \
	                                                      .kind = what,                        \
	                                                      .flags = flag}

#define AW__READ(x, text, flag, id)                                                                \
	({                                                                                         \
		AW__SITE(id, AW_SITE_READ, text, flag);                                            \
		__typeof__(&(x)) AW__NAME(aw__at_, id) = &(x);                                     \
		if (AW__LISTENS(AW_KIND_READ))                                                     \
			aw__read(AW__NAME(aw__at_, id), sizeof(x), &AW__NAME(aw__site_, id));      \
		*AW__NAME(aw__at_, id);                                                            \
	})
#define AW__USE(x, text, flags, id)                                                                \
	do {                                                                                       \
		AW__SITE(id, AW_SITE_READ, text, flags);                                           \
		if (AW__LISTENS(AW_KIND_READ))                                                     \
			aw__read(&(x), sizeof(x), &AW__NAME(aw__site_, id));                       \
	} while (0)
#define AW__WRITE(x, text, id)                                                                     \
	(*({                                                                                       \
		AW__SITE(id, AW_SITE_WRITE, text, 0);                                              \
		__typeof__(&(x)) AW__NAME(aw__at_, id) = &(x);                                     \
		if (AW__LISTENS(AW_KIND_WRITE))                                                    \
			aw__write(AW__NAME(aw__at_, id), sizeof(x), &AW__NAME(aw__site_, id));     \
		AW__NAME(aw__at_, id);                                                             \
	}))
#define AW__AWAIT(expr, text, id)                                                                  \
	({                                                                                         \
		AW__SITE(id, AW_SITE_AWAIT, text, 0);                                              \
		uint64_t AW__NAME(aw__begun_, id) = aw__await_begin();                             \
		__auto_type AW__NAME(aw__value_, id) = (expr);                                     \
		aw__await_end(&AW__NAME(aw__site_, id), AW__NAME(aw__begun_, id));                 \
		AW__NAME(aw__value_, id);                                                          \
	})

/* The enum constants of event.h, under names that no macro has. */
enum { AW_KIND_READ = AW_READ, AW_KIND_WRITE = AW_WRITE };

/** The value of `x`, read here; not for bit-fields. */
#define AW_READ(x)      AW__READ(x, #x, 0, __COUNTER__)
/** The same, where the value decides whether the task acts: `if (AW_READ_TEST(pool->size) < 10)`.
 */
#define AW_READ_TEST(x) AW__READ(x, #x, AW_ARG_TEST, __COUNTER__)
/** A value read from `x` earlier is used here; reads no memory itself. `AW_USE(limit); take(mine);`
 */
#define AW_USE(x)       AW__USE(x, #x, AW_ARG_USE, __COUNTER__)
/** An iteration over `x` that began at a read of it goes on here: it must not have changed since.
 */
#define AW_ITERATE(x)   AW__USE(x, #x, AW_ARG_USE | AW_ARG_ITERATE, __COUNTER__)
/** The place `x`, which is written here; not for bit-fields. */
#define AW_WRITE(x)     AW__WRITE(x, #x, __COUNTER__)
/** The value of `expr` (not void), a call that may suspend. */
#define AW_AWAIT(expr)  AW__AWAIT(expr, #expr, __COUNTER__)

#endif
#endif
