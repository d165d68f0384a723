/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * log_define.c - what a listener is told when it has not been there from the start.
 */
#include <elf.h>
#include <link.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "log_internal.h"
#include "task/object.h"
#include "task/task_internal.h"

static void define_name(struct log *log, uint64_t id, enum aw_entity entity, const char *name)
{
	if (!*name)
		return;
	log_group(log, 1 + AW_INSPECT_NAME / 16);
	log_append(log, AW_NAME, entity, aw__thread.task_id, id, 0);
	log_text(log, AW_TEXT_NAME, name);
}

void log_define_held(struct log *log, struct aw_task *task)
{
	task->held_epoch = log->epoch;
	for (struct list *link = task->held.next; link != &task->held; link = link->next) {
		struct lock_base *lock = list_entry(link, struct lock_base, held);

		if (lock->epoch != log->epoch)
			log_define_lock(log, lock, AW_ARG_SNAPSHOT);
	}
}

void log_define_task(struct log *log, struct aw_task *task, unsigned int flags)
{
	uint32_t creator = flags & AW_ARG_SNAPSHOT ? 0 : aw__thread.task_id;

	task->epoch = log->epoch;
	log_append(log, AW_TASK_NEW, flags, creator, task->inspect.id, task->inspect.created);
	define_name(log, task->inspect.id, AW_ENTITY_TASK, task->inspect.name);
}

static void define_waiters(struct log *log, struct lock_base *lock)
{
	for (struct list *link = lock->waiters.next; link != &lock->waiters; link = link->next) {
		struct waiter *waiter = list_entry(link, struct waiter, link);
		struct aw_task *task = waiter->task;
		unsigned int deadline = task && task->inspect.deadline ? AW_ARG_DEADLINE : 0;

		if (!task || waiter->state != WAITER_WAITING)
			continue;
		if (task->epoch != log->epoch)
			log_define_task(log, task, AW_ARG_SNAPSHOT);
		log_append(log, AW_LOCK_WAIT, waiter->mode | deadline | AW_ARG_SNAPSHOT,
		           task->inspect.id, lock->inspect.id, task->inspect.site);
	}
}

void log_define_lock(struct log *log, struct lock_base *lock, unsigned int flags)
{
	unsigned int arg = lock->inspect.type | (unsigned int)lock->permits << 8 | flags;
	uint32_t holder = lock->inspect.holder;

	lock->epoch = log->epoch;
	log_append(log, AW_LOCK_NEW, arg, aw__thread.task_id, lock->inspect.id,
	           lock->inspect.created);
	define_name(log, lock->inspect.id, AW_ENTITY_LOCK, lock->inspect.name);
	if (lock->of_condition)
		log_append(log, AW_LOCK_CONDITION, flags, aw__thread.task_id, lock->inspect.id, 0);
	if (lock->waiver)
		log_append(log, AW_LOCK_WAIVER, flags, aw__thread.task_id, lock->inspect.id, 0);
	if (holder)
		log_append(log, AW_LOCK_TAKEN, AW_MODE_EXCLUSIVE | AW_ARG_SNAPSHOT, holder,
		           lock->inspect.id, lock->inspect.taken);
	define_waiters(log, lock);
}

void log_define_object(struct log *log, struct object *object)
{
	object->epoch = log->epoch;
	define_name(log, object->id, AW_ENTITY_OBJECT, object->name);
}

/* The steps that run now, outermost first: eager starts nest. */
static void define_running(struct log *log, struct aw_task *task)
{
	if (!task)
		return;
	if (task->outer)
		define_running(log, task->outer_task);
	if (task->epoch != log->epoch)
		log_define_task(log, task, AW_ARG_SNAPSHOT);
	log_append(log, AW_RESUME, AW_ARG_SNAPSHOT, task->inspect.id, 0, 0);
	log_define_held(log, task);
}

/* Steps that end or begin with the next record need no record that they run. */
static struct aw_task *running_before(enum aw_kind kind)
{
	struct aw_task *task = aw__thread.task;

	if (kind != AW_RESUME)
		return task;
	return task && task->outer ? task->outer_task : NULL;
}

static void build_id(const struct dl_phdr_info *info, const ElfW(Phdr) * segment, char out[41])
{
	const char *at = (const char *)(info->dlpi_addr + segment->p_vaddr);
	const char *end = at + segment->p_memsz;

	while ((size_t)(end - at) >= sizeof(ElfW(Nhdr))) {
		const ElfW(Nhdr) *note = (const ElfW(Nhdr) *)at;
		const char *name = at + sizeof(*note);
		const unsigned char *id =
			(const unsigned char *)name + (note->n_namesz + 3) / 4 * 4;

		at = (const char *)id + (note->n_descsz + 3) / 4 * 4;
		if (at > end)
			return;
		if (note->n_type != NT_GNU_BUILD_ID || note->n_namesz != 4 ||
		    memcmp(name, "GNU", 4))
			continue;
		for (unsigned int i = 0; i < note->n_descsz && i < 20; i++)
			snprintf(out + 2 * i, 3, "%02x", id[i]);
		return;
	}
}

static int define_module(struct dl_phdr_info *info, size_t size, void *context)
{
	uint64_t page = (uint64_t)sysconf(_SC_PAGESIZE), low = UINT64_MAX, high = 0;
	const char *path = info->dlpi_name;
	struct log *log = context;
	char self[AW_TEXT_MAX + 1] = "", id[41] = "";

	(void)size;
	for (unsigned int i = 0; i < info->dlpi_phnum; i++) {
		const ElfW(Phdr) *segment = &info->dlpi_phdr[i];
		uint64_t start = info->dlpi_addr + segment->p_vaddr;

		if (segment->p_type == PT_NOTE && !*id)
			build_id(info, segment, id);
		if (segment->p_type != PT_LOAD)
			continue;
		low = start < low ? start : low;
		high = start + segment->p_memsz > high ? start + segment->p_memsz : high;
	}
	if (!*path && readlink("/proc/self/exe", self, sizeof(self) - 1) > 0)
		path = self;
	if (*path != '/' || low > high)
		return 0; /* the vdso */
	log_group(log, 1 + 2 * LOG_TEXT_RECORDS);
	log_append(log, AW_MODULE, 0, 0, low / page * page, (high + page - 1) / page * page);
	log_text(log, AW_TEXT_FILE, path);
	log_text(log, AW_TEXT_BUILD_ID, id);
	return 0;
}

static void command_read(char *out, size_t room)
{
	ssize_t length = readlink("/proc/self/exe", out, room - 1);

	out[length > 0 ? length : 0] = '\0';
}

static void define_target(struct log *log)
{
	uint64_t can = AW_CAN_ACQUIRES | AW_CAN_RELEASES | AW_CAN_AWAITS | AW_CAN_STEP_ENDS |
	               AW_CAN_WAKES | (access_marked() ? AW_CAN_ACCESSES : 0);
	char command[AW_TEXT_MAX + 1];

	command_read(command, sizeof(command));
	log_group(log, 1 + 4 * LOG_TEXT_RECORDS);
	log_append(log, AW_TARGET, AW_RUNTIME_C, 0, (uint64_t)log->pid, can);
	log_text(log, AW_TEXT_COMMAND, command);
	log_text(log, AW_TEXT_VERSION, AWAITNESS_VERSION);
	log_text(log, AW_TEXT_DETAIL, "log");
	log_text(log, AW_TEXT_TRANSPORT, log->fd >= 0 ? "file" : "ebpf");
}

void log_define_thread(struct log *log, enum aw_kind kind)
{
	static uint32_t modules_epoch;
	char name[16] = "";

	pthread_getname_np(pthread_self(), name, sizeof(name));
	log_group(log, 2);
	log_append(log, AW_THREAD, 0, 0, log->head->tid, 0);
	log_text(log, AW_TEXT_NAME, name);
	define_target(log);
	/* Of one process, hence once; a tracer with BPF reads /proc/PID/maps instead. */
	if (log->fd >= 0 &&
	    __atomic_exchange_n(&modules_epoch, log->epoch, __ATOMIC_RELAXED) != log->epoch)
		dl_iterate_phdr(define_module, log);
	define_running(log, running_before(kind));
}
