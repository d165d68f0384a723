/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * cpython_fact_log_test.c - what is kept of facts is what they were: also where memory changes
 * under the reader's hands; and a file of facts that is cut, damaged or of another format is told
 * as that.
 */
#include <criterion/criterion.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <awaitness/event.h>

#include "cpython/cpython_fact_log.h"
#include "cpython/cpython_fact_replay.h"
#include "cpython/cpython_layout.h"
#include "cpython/cpython_session.h"
#include "cpython/cpython_translate.h"

enum { EVENTS = 4096, BASE = 0x10000, ROOM = 0x1000, NAME_AT = BASE + 0xc00, LOCK = 0x8000 };

/* ---- events, in the order they are told ---- */

struct told {
	struct aw_event events[EVENTS];
	size_t count;
};

static struct told live, again;

static int keep(void *context, const struct stream_batch *batch)
{
	struct told *told = context;

	for (size_t i = 0; i < batch->count && told->count < EVENTS; i++)
		told->events[told->count++] = batch->events[i];
	return 0;
}

/* ---- a target made of a few types, whose memory changes ---- */

static struct {
	uint8_t bytes[ROOM];
	unsigned reads, fails; /* each so many-th read fails; 0: none does */
	unsigned flips; /* each so many-th read changes the name of all types; 0: none does */
} target;

static int target_read(void *context, uint64_t address, void *out, size_t size)
{
	static const char *const names[] = {"asyncio.Lock", "mine.Thing", "asyncio.Semaphore"};

	(void)context;
	target.reads++;
	if (target.fails && target.reads % target.fails == 0)
		return -ESRCH;
	if (target.flips && target.reads % target.flips == 0)
		strcpy((char *)target.bytes + (NAME_AT - BASE),
		       names[target.reads / target.flips % 3]);
	if (address < BASE || address - BASE > ROOM || size > ROOM - (address - BASE))
		return -EFAULT;
	memcpy(out, target.bytes + (address - BASE), size);
	return 0;
}

static uint64_t type_at(unsigned number)
{
	return BASE + 0x180 * (1 + number);
}

static void types_make(void)
{
	for (unsigned i = 0; i < 6; i++) {
		uint64_t name = NAME_AT;

		memcpy(target.bytes + (type_at(i) - BASE) + 24, &name, sizeof(name));
	}
	strcpy((char *)target.bytes + (NAME_AT - BASE), "asyncio.Lock");
}

static char path[64];

static void folder_make(void)
{
	strcpy(path, "/tmp/awaitness-facts-XXXXXX");
	cr_assert_not_null(mkdtemp(path));
	strcat(path, "/facts");
}

static void folder_remove(void)
{
	unlink(path);
	*strrchr(path, '/') = 0;
	rmdir(path);
}

static char *file_text(const char *name, size_t *size)
{
	FILE *in = fopen(name, "re");
	char *text = malloc(1 << 20);

	cr_assert(in && text, "%s", name);
	*size = fread(text, 1, (1 << 20) - 1, in);
	text[*size] = 0;
	fclose(in);
	return text;
}

struct packet {
	struct cpython_fact fact;
	struct cpython_item items[4];
};

static void give(struct cpython_translator *translator, uint64_t number, uint64_t type)
{
	struct packet packet = {
		.fact = {.kind = CPYTHON_FACT_TAKE,
	                 .count = 2,
	                 .tid = 7,
	                 .number = number,
	                 .time = 1000 * number,
	                 .task = 0x5000,
	                 .coro = 0x7000},
		.items = {{.kind = CPYTHON_ITEM_OBJECT, .a = LOCK + 0x40 * number, .b = type},
	                  {.kind = CPYTHON_ITEM_LOCK, .a = LOCK + 0x40 * number, .b = type}},
	};

	cr_assert_eq(cpython_translate_fact(translator, &packet.fact, sizeof(packet)), 0);
}

/* A session with all there is: the translator and the log of it. */
static void session_play(void)
{
	const struct aw_event own = {.kind = AW_TARGET, .time = 5, .object = 77};
	const struct stream_batch batch = {.pid = 77, .events = &own, .count = 1};
	struct cpython_translate_options options = {.pid = 77, .detail = CPYTHON_LOCKS};
	struct cpython_translator *translator;
	struct fault fault = {0};

	options.memory = (struct cpython_memory){target_read, NULL,
	                                         cpython_layout_find(CPYTHON_VERSION(3, 13)), NULL};
	types_make();
	cr_assert_eq(cpython_fact_log_open(path, false, &options.log, &fault), 0, "%s",
	             fault.message);
	cr_assert_eq(cpython_translate_new(&options, &translator), 0);
	cr_assert_eq(cpython_translate_type(translator, type_at(0)), 0);
	cr_assert_eq(cpython_translate_number(translator, 1), 0);
	cpython_fact_log_events(options.log, &batch);
	keep(&live, &batch);
	for (unsigned i = 0; i < 60; i++) {
		give(translator, i, type_at(i % 7));
		if (i == 20)
			cpython_translate_missed(translator);
		if (i == 30)
			cpython_translate_pause(translator);
		if (i % 8 == 0)
			cr_assert_eq(cpython_translate_flush(translator, i > 30, keep, &live, NULL),
			             0);
	}
	cr_assert_eq(cpython_translate_flush(translator, true, keep, &live, NULL), 0);
	cpython_translate_free(translator);
	cr_assert_eq(cpython_fact_log_close(options.log), 0);
}

static void expect_same(void)
{
	struct cpython_fact_replay told;
	struct fault fault = {0};
	size_t size;
	char *text = file_text(path, &size);

	cr_assert_eq(cpython_fact_replay(text, size, keep, &again, &told, &fault), 0, "%s",
	             fault.message);
	cr_expect(told.whole);
	cr_expect_eq(told.unanswered, 0);
	cr_expect_gt(live.count, 20);
	cr_assert_eq(again.count, live.count);
	cr_expect_eq(memcmp(again.events, live.events, live.count * sizeof(live.events[0])), 0);
	free(text);
}

Test(cpython_fact_log, a_session_is_told_again_as_it_was, .init = folder_make,
     .fini = folder_remove)
{
	session_play();
	expect_same();
}

Test(cpython_fact_log, memory_that_changes_between_two_reads_is_kept_as_each_read_it,
     .init = folder_make, .fini = folder_remove)
{
	target.flips = 3;
	session_play();
	expect_same();
}

Test(cpython_fact_log, a_read_that_failed_fails_again, .init = folder_make, .fini = folder_remove)
{
	target.fails = 5;
	session_play();
	expect_same();
}

Test(cpython_fact_log, both_at_once, .init = folder_make, .fini = folder_remove)
{
	target.fails = 11;
	target.flips = 5;
	session_play();
	expect_same();
}

Test(cpython_fact_log, a_second_translator_is_refused, .init = folder_make, .fini = folder_remove)
{
	struct cpython_translate_options options = {.pid = 1};
	struct cpython_translator *first, *second;

	options.memory = (struct cpython_memory){target_read, NULL,
	                                         cpython_layout_find(CPYTHON_VERSION(3, 13)), NULL};
	cr_assert_eq(cpython_fact_log_open(path, false, &options.log, NULL), 0);
	cr_assert_eq(cpython_translate_new(&options, &first), 0);
	cr_expect_eq(cpython_translate_new(&options, &second), -EBUSY);
	cr_expect_null(second);
	cpython_translate_free(first);
	cr_expect_eq(cpython_fact_log_close(options.log), 0);
}

/* ---- the file ---- */

static int reopen(bool force)
{
	struct cpython_fact_log *log;
	int error = cpython_fact_log_open(path, force, &log, NULL);

	cpython_fact_log_close(log);
	return error;
}

Test(cpython_fact_log, the_file_is_private_and_nothing_else_is_replaced, .init = folder_make,
     .fini = folder_remove)
{
	struct stat about;
	int other;

	session_play();
	cr_assert_eq(stat(path, &about), 0);
	cr_expect_eq(about.st_mode & 0777, 0600);
	cr_expect_eq(reopen(false), -EEXIST);
	cr_expect_eq(reopen(true), 0);
	other = open(path, O_WRONLY | O_TRUNC | O_CLOEXEC);
	cr_assert_eq(write(other, "dear diary\n", 11), 11);
	close(other);
	cr_expect_eq(reopen(true), -EEXIST);
	unlink(path);
	cr_assert_eq(mkfifo(path, 0600), 0);
	cr_expect_lt(reopen(true), 0);
}

Test(cpython_fact_log, a_full_disk_is_told_and_harms_nothing)
{
	struct cpython_translate_options options = {.pid = 1};
	struct cpython_translator *translator;
	struct stat about;

	if (stat("/dev/full", &about))
		cr_skip_test("there is no /dev/full");
	folder_make();
	types_make();
	cr_assert_eq(symlink("/dev/full", path), 0);
	cr_expect_eq(reopen(true), -ELOOP); /* no link is followed */
	unlink(path);
	options.memory = (struct cpython_memory){target_read, NULL,
	                                         cpython_layout_find(CPYTHON_VERSION(3, 13)), NULL};
	cr_assert_eq(cpython_fact_log_open(path, false, &options.log, NULL), 0);
	cr_assert_eq(cpython_translate_new(&options, &translator), 0);
	/* the descriptor leads to a device that is full from here on */
	for (int fd = 3; fd < 64; fd++) {
		char link[64], name[128] = "";

		snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
		if (readlink(link, name, sizeof(name) - 1) > 0 && !strcmp(name, path))
			cr_assert_eq(dup2(open("/dev/full", O_WRONLY | O_CLOEXEC), fd), fd);
	}
	for (unsigned i = 0; i < 1000; i++)
		give(translator, i, type_at(0));
	cr_expect_eq(cpython_fact_log_flush(options.log), -ENOSPC);
	cr_assert_eq(cpython_translate_flush(translator, true, keep, &live, NULL), 0);
	cr_expect_gt(live.count, 100);
	cpython_translate_free(translator);
	cr_expect_eq(cpython_fact_log_close(options.log), -ENOSPC);
	folder_remove();
}

/* ---- reading what is not whole ---- */

static int replay(const char *text, size_t size, struct cpython_fact_replay *told,
                  struct fault *fault)
{
	*fault = (struct fault){0};
	again.count = 0;
	return cpython_fact_replay(text, size, keep, &again, told, fault);
}

#define GOLDEN "tests/golden/facts/3.13-locks.facts"

Test(cpython_fact_log, a_file_that_is_cut_anywhere_is_told_up_to_there)
{
	struct cpython_fact_replay told;
	struct fault fault;
	uint64_t calls = 0;
	size_t size, head;
	char *text = file_text(GOLDEN, &size);

	head = (size_t)(strchr(text, '\n') - text) + 1;
	cr_expect_eq(replay(text, head - 1, &told, &fault), -EBADMSG);
	for (size_t cut = head; cut < size; cut += cut % 97 + 1) {
		cr_assert_eq(replay(text, cut, &told, &fault), 0, "%zu: %s", cut, fault.message);
		cr_expect_not(told.whole);
		cr_expect_geq(told.calls, calls, "cut at %zu", cut);
		calls = told.calls;
	}
	cr_assert_eq(replay(text, size, &told, &fault), 0);
	cr_expect(told.whole);
	cr_expect_geq(told.calls, calls);
	free(text);
}

static void expect_refused(const char *was, const char *now, int error, const char *message)
{
	struct cpython_fact_replay told;
	struct fault fault;
	size_t size;
	char *text = file_text(GOLDEN, &size), *at = strstr(text, was);

	cr_assert(at && strlen(was) == strlen(now), "%s", was);
	memcpy(at, now, strlen(now));
	cr_expect_eq(replay(text, size, &told, &fault), error, "%s", now);
	cr_expect(strstr(fault.message, message), "%s", fault.message);
	free(text);
}

Test(cpython_fact_log, what_is_none_or_of_another_format_is_refused)
{
	expect_refused("awaitness-facts 1", "awaitness-fakts 1", -EBADMSG, "no file of facts");
	expect_refused("awaitness-facts 1", "awaitness-facts 2", -EPROTONOSUPPORT, "format 2");
	expect_refused("facts 1 30d", "facts 1 309", -EPROTONOSUPPORT, "CPython 3.9");
	expect_refused("\ntype ", "\ntipe ", -EBADMSG, "line 2 ");
	expect_refused("\ntype ", "\ntypez", -EBADMSG, "line 2 ");
	expect_refused("\nread 1 ", "\nread  1", -EBADMSG, "line 3 ");
}
