/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * python_known.c - what asyncio, anyio, trio and their kin do: the only facts about
 * code outside of the program that the model uses.
 *
 * What is not in these tables may suspend. scripts/check-known drives the rows about asyncio and
 * contextlib with an interpreter; 3.9 to 3.13 were found to agree with all that they have of them.
 */
#include <string.h>

#include "python.h"
#include "source/program/program.h"

struct known_await {
	const char *dotted;
	enum await_verdict verdict;
};

/* Awaited: `await FUNCTION(...)` or `await OBJECT.method(...)` by the object's class. */
static const struct known_await awaits[] = {
	{"asyncio.Lock.acquire", CONTENTION},
	{"asyncio.Semaphore.acquire", CONTENTION},
	{"asyncio.BoundedSemaphore.acquire", CONTENTION},
	{"asyncio.UnboundedQueue.put", NEVER},
};

static const struct known_await enters[] = {
	{"asyncio.Lock", CONTENTION},
	{"asyncio.Semaphore", CONTENTION},
	{"asyncio.BoundedSemaphore", CONTENTION},
	{"asyncio.TaskGroup", NEVER},
	{"asyncio.timeout", NEVER},
	{"asyncio.timeout_at", NEVER},
	{"async_timeout.timeout", NEVER},
	{"async_timeout.timeout_at", NEVER},
	{"contextlib.AsyncExitStack", NEVER},
	{"contextlib.nullcontext", NEVER},
	{"contextlib.aclosing", NEVER},
};

static const struct known_await exits[] = {
	{"asyncio.Lock", NEVER},
	{"asyncio.Semaphore", NEVER},
	{"asyncio.BoundedSemaphore", NEVER},
	{"asyncio.Condition", NEVER},
	{"asyncio.timeout", NEVER},
	{"asyncio.timeout_at", NEVER},
	{"async_timeout.timeout", NEVER},
	{"async_timeout.timeout_at", NEVER},
	{"contextlib.nullcontext", NEVER},
};

/* Libraries whose locks are checkpoints. */
enum { ANYIO = FLAVOUR_CHECKPOINT, TRIO };

static const struct {
	const char *dotted;
	enum lock_type type;
	uint8_t flavour; /* enum lock_flavour */
} classes[] = {
	{"asyncio.Lock", LOCK_LOCK, FLAVOUR_STANDARD},
	{"asyncio.Semaphore", LOCK_SEMAPHORE, FLAVOUR_STANDARD},
	{"asyncio.BoundedSemaphore", LOCK_SEMAPHORE, FLAVOUR_STANDARD},
	{"asyncio.Condition", LOCK_CONDITION, FLAVOUR_STANDARD},
	{"asyncio.Event", LOCK_EVENT, FLAVOUR_STANDARD},
	{"asyncio.Queue", LOCK_QUEUE, FLAVOUR_STANDARD},
	{"asyncio.UnboundedQueue", LOCK_QUEUE, FLAVOUR_STANDARD},
	{"asyncio.PriorityQueue", LOCK_QUEUE, FLAVOUR_STANDARD},
	{"asyncio.LifoQueue", LOCK_QUEUE, FLAVOUR_STANDARD},
	{"anyio.Lock", LOCK_LOCK, ANYIO},
	{"anyio.Semaphore", LOCK_SEMAPHORE, ANYIO},
	{"anyio.Condition", LOCK_CONDITION, ANYIO},
	{"anyio.Event", LOCK_EVENT, ANYIO},
	{"anyio.create_lock", LOCK_LOCK, ANYIO},
	{"trio.Lock", LOCK_LOCK, TRIO},
	{"trio.StrictFIFOLock", LOCK_LOCK, TRIO},
	{"trio.Semaphore", LOCK_SEMAPHORE, TRIO},
	{"trio.Condition", LOCK_CONDITION, TRIO},
	{"trio.Event", LOCK_EVENT, TRIO},
	{"tornado.locks.Lock", LOCK_LOCK, FLAVOUR_OTHER},
	{"tornado.locks.Semaphore", LOCK_SEMAPHORE, FLAVOUR_OTHER},
	{"threading.Lock", LOCK_LOCK, FLAVOUR_THREAD},
	{"threading.RLock", LOCK_LOCK, FLAVOUR_THREAD},
	{"threading.Condition", LOCK_CONDITION, FLAVOUR_THREAD},
	{"threading.Semaphore", LOCK_SEMAPHORE, FLAVOUR_THREAD},
	{"threading.BoundedSemaphore", LOCK_SEMAPHORE, FLAVOUR_THREAD},
	{"threading.Event", LOCK_EVENT, FLAVOUR_THREAD},
	{"multiprocessing.Lock", LOCK_LOCK, FLAVOUR_THREAD},
	{"multiprocessing.RLock", LOCK_LOCK, FLAVOUR_THREAD},
};

/* Other classes whose methods or context are in the tables above. */
static const char *const other_classes[] = {"asyncio.TaskGroup",        "asyncio.timeout",
                                            "asyncio.timeout_at",       "async_timeout.timeout",
                                            "async_timeout.timeout_at", "contextlib.AsyncExitStack",
                                            "contextlib.nullcontext",   "contextlib.aclosing"};

static const struct {
	const char *last; /* component of the decorator's name */
	uint32_t flags;
} decorators[] = {
	{"staticmethod", FUNC_STATIC},
	{"classmethod", FUNC_CLASSMETHOD},
	{"property", FUNC_PROPERTY},
	{"cached_property", FUNC_PROPERTY},
	{"abstractmethod", FUNC_STUB},
	{"overload", FUNC_STUB},
	{"asynccontextmanager", FUNC_CONTEXT},
	{"contextmanager", FUNC_CONTEXT},
	{"wraps", 0},
	{"override", 0},
	{"final", 0},
	{"no_type_check", 0},
	{"setter", FUNC_PROPERTY},
	{"deleter", FUNC_PROPERTY},
	{"getter", FUNC_PROPERTY},
	{"coroutine", FUNC_LEGACY},
	{"fixture", FUNC_FIXTURE | FUNC_UNKNOWN_DECO},
};

static enum await_verdict lookup(const struct known_await *rows, size_t count, const char *dotted)
{
	for (size_t i = 0; i < count; i++)
		if (!strcmp(rows[i].dotted, dotted))
			return rows[i].verdict;
	return MAY;
}

enum await_verdict python_known_await(const char *dotted)
{
	return lookup(awaits, sizeof(awaits) / sizeof(*awaits), dotted);
}

enum await_verdict python_known_enter(const char *dotted)
{
	return lookup(enters, sizeof(enters) / sizeof(*enters), dotted);
}

enum await_verdict python_known_exit(const char *dotted)
{
	return lookup(exits, sizeof(exits) / sizeof(*exits), dotted);
}

enum lock_type python_known_lock(const char *dotted, enum lock_flavour *flavour)
{
	for (size_t i = 0; i < sizeof(classes) / sizeof(*classes); i++)
		if (!strcmp(classes[i].dotted, dotted)) {
			*flavour = classes[i].flavour;
			return classes[i].type;
		}
	*flavour = 0;
	return LOCK_TYPE_NONE;
}

bool python_known_class(const char *dotted)
{
	enum lock_flavour flavour;

	for (size_t i = 0; i < sizeof(other_classes) / sizeof(*other_classes); i++)
		if (!strcmp(other_classes[i], dotted))
			return true;
	return python_known_lock(dotted, &flavour) != LOCK_TYPE_NONE;
}

/* "asyncio.locks.Lock" is asyncio.Lock: libraries re-export from their inner modules. */
uint32_t python_canonical(struct program *p, uint32_t dotted)
{
	static const char *const packages[] = {"asyncio.", "anyio.", "trio.", "async_timeout."};
	const char *text = program_text(p, dotted), *last = strrchr(text, '.');

	for (size_t i = 0; last && i < sizeof(packages) / sizeof(*packages); i++) {
		size_t size = strlen(packages[i]);
		const char *middle = text + size;

		if (strncmp(text, packages[i], size) != 0 || last < middle)
			continue;
		/* a lower-case component between the package and a class is a module */
		if (middle < last && strcmp(middle, "locks") && middle[0] >= '_' &&
		    last[1] >= 'A' && last[1] <= 'Z')
			return program_internf(p, "%s%s", packages[i], last + 1);
	}
	return dotted;
}

bool python_known_decorator(const char *dotted, uint32_t *flags)
{
	const char *last = strrchr(dotted, '.');

	last = last ? last + 1 : dotted;
	for (size_t i = 0; i < sizeof(decorators) / sizeof(*decorators); i++)
		if (!strcmp(decorators[i].last, last)) {
			*flags |= decorators[i].flags;
			return true;
		}
	return false;
}

/* A queue without a limit never makes a putter wait. */
uint32_t python_made(struct program *p, uint32_t dotted, bool arguments)
{
	return !arguments && !strcmp(program_text(p, dotted), "asyncio.Queue")
	               ? program_intern_text(p, "asyncio.UnboundedQueue")
	               : dotted;
}

bool python_makes_container(const char *dotted)
{
	return python_text_ends(dotted, "defaultdict");
}
