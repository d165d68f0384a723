/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * access.c - the slow side of the marks in access.h.
 */
#include <pthread.h>

/* The enum constants, before access.h makes macros of the same names. */
#include <awaitness/event.h>
static const enum aw_kind kind_read = AW_READ, kind_write = AW_WRITE, kind_await = AW_AWAIT;

#include <awaitness/access.h>

#include "log/log_internal.h"
#include "task_internal.h"

static struct aw__module *modules;
static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;

static struct aw__module *module_find(const struct aw_site *site)
{
	struct aw__module *module;

	for (module = modules; module; module = module->next)
		if (site >= module->first && site < module->end)
			break;
	return module;
}

const volatile unsigned short *aw__sites_register(struct aw__module *module)
{
	pthread_mutex_lock(&mutex);
	if (module->first != module->end && !module_find(module->first)) {
		module->next = modules;
		modules = module;
	}
	pthread_mutex_unlock(&mutex);
	return aw__semaphores;
}

const struct aw_site *aw_site_next(const struct aw_site *site)
{
	const struct aw_site *next = NULL;
	struct aw__module *module;

	pthread_mutex_lock(&mutex);
	module = site ? module_find(site) : modules;
	if (!site)
		next = module ? module->first : NULL;
	else if (module && site + 1 < module->end)
		next = site + 1;
	else if (module && module->next)
		next = module->next->first;
	pthread_mutex_unlock(&mutex);
	return next;
}

bool access_marked(void)
{
	const struct aw_site *site = NULL;

	while ((site = aw_site_next(site)))
		if (site->kind != AW_SITE_AWAIT)
			return true;
	return false;
}

/* A site is used by several threads; defining it twice is harmless. */
static void site_define(struct log *log, struct aw_site *site)
{
	site->epoch = log->epoch;
	log_group(log, 1 + 3 * LOG_TEXT_RECORDS);
	log_append(log, AW_SITE, 0, site->line, (uint64_t)(uintptr_t)site, 0);
	log_text(log, AW_TEXT_FUNCTION, site->function);
	log_text(log, AW_TEXT_FILE, site->file);
	log_text(log, AW_TEXT_LABEL, site->label);
}

static __attribute__((noinline)) void mark_slow(enum aw_kind kind, unsigned int arg,
                                                uint64_t object, struct aw_site *site)
{
	struct log *log = aw__semaphores[0] ? log_ready(kind) : NULL;
	uint64_t id = (uint64_t)(uintptr_t)site;

	if (log) {
		if (site->epoch != log->epoch)
			site_define(log, site);
		log_put(log, kind, arg, aw__thread.task_id, object, id);
	}
	if (aw__semaphores[kind])
		probe_fire(kind, aw__thread.task_id, object, arg, id);
}

/* The usual case needs no call, and so saves no registers: 3 ns are few instructions. */
static inline void mark_event(enum aw_kind kind, unsigned int arg, uint64_t object,
                              struct aw_site *site)
{
	struct log *log = aw__thread.log;

	if (aw__semaphores[kind] || !aw__semaphores[0] || !log ||
	    log->epoch != __atomic_load_n(&log_epoch, __ATOMIC_RELAXED) ||
	    site->epoch != log->epoch ||
	    log->head->next + sizeof(struct aw_event) == log->head->end)
		mark_slow(kind, arg, object, site);
	else
		log_put(log, kind, arg, aw__thread.task_id, object, (uint64_t)(uintptr_t)site);
}

static unsigned int size_arg(size_t size)
{
	return size < AW_SIZE_MAX ? (unsigned int)size : AW_SIZE_MAX;
}

void aw__read(const volatile void *memory, size_t size, struct aw_site *site)
{
	mark_event(kind_read, size_arg(size) | site->flags, (uint64_t)(uintptr_t)memory, site);
}

void aw__write(const volatile void *memory, size_t size, struct aw_site *site)
{
	mark_event(kind_write, size_arg(size), (uint64_t)(uintptr_t)memory, site);
}

void aw_forget(const void *memory, size_t size)
{
	tell(AW_FORGET, 0, (uint64_t)(uintptr_t)memory, size);
}

uint64_t aw__await_begin(void)
{
	return aw__thread.task ? aw__thread.task->suspensions : 0;
}

void aw__await_end(struct aw_site *site, uint64_t begun)
{
	bool suspended = aw__thread.task && aw__thread.task->suspensions != begun;

	__atomic_fetch_add(&site->passed, 1, __ATOMIC_RELAXED);
	if (suspended)
		__atomic_fetch_add(&site->suspended, 1, __ATOMIC_RELAXED);
	if (log_wants(kind_await))
		mark_event(kind_await, suspended, 0, site);
}
