/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * cpython_code.c - see cpython_code.h.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "cpython_code.h"

enum { OB_SIZE = 16, BYTES_DATA = 32, TEXT_MAX = 512, TABLE_MAX = 1 << 26, AWAIT_BACK = 6 };

#define CHECK_NS 1000000000ull

/* X(role, ending of the file's name, qualname) */
static const struct {
	enum cpython_role role;
	const char *file;
	const char *function;
} roles[] = {
	{CPYTHON_ROLE_ACQUIRE, "asyncio/locks.py", "Lock.acquire"},
	{CPYTHON_ROLE_ACQUIRE, "asyncio/locks.py", "Semaphore.acquire"},
	{CPYTHON_ROLE_ACQUIRE, "anyio/_core/_synchronization.py", "Lock.acquire"},
	{CPYTHON_ROLE_ACQUIRE, "anyio/_core/_synchronization.py", "Semaphore.acquire"},
	{CPYTHON_ROLE_ACQUIRE, "anyio/_backends/_asyncio.py", "Lock.acquire"},
	{CPYTHON_ROLE_ACQUIRE, "anyio/_backends/_asyncio.py", "Semaphore.acquire"},
	{CPYTHON_ROLE_CHECKPOINT, "anyio/lowlevel.py", "cancel_shielded_checkpoint"},
	{CPYTHON_ROLE_CHECKPOINT, "anyio/_backends/_asyncio.py",
         "AsyncIOBackend.cancel_shielded_checkpoint"},
	/* of Event.wait, once the event is set: the lock has been handed over by then */
	{CPYTHON_ROLE_CHECKPOINT, "anyio/_backends/_asyncio.py", "checkpoint"},
	{CPYTHON_ROLE_CHECKPOINT, "anyio/_backends/_asyncio.py", "AsyncIOBackend.checkpoint"},
	{CPYTHON_ROLE_CONDITION_WAIT, "asyncio/locks.py", "Condition.wait"},
	{CPYTHON_ROLE_EVENT, "asyncio/locks.py", "Event.wait"},
	{CPYTHON_ROLE_EVENT, "anyio/_core/_synchronization.py", "Event.wait"},
	{CPYTHON_ROLE_EVENT, "anyio/_backends/_asyncio.py", "Event.wait"},
	{CPYTHON_ROLE_SLEEP, "asyncio/tasks.py", "sleep"},
	{CPYTHON_ROLE_QUEUE, "asyncio/queues.py", "Queue.get"},
	{CPYTHON_ROLE_QUEUE, "asyncio/queues.py", "Queue.put"},
	{CPYTHON_ROLE_QUEUE, "asyncio/queues.py", "Queue.join"},
	{CPYTHON_ROLE_IO, "asyncio/streams.py", "StreamReader._wait_for_data"},
	{CPYTHON_ROLE_IO, "asyncio/streams.py", "FlowControlMixin._drain_helper"},
	{CPYTHON_ROLE_IO, "asyncio/selector_events.py", NULL},
	{CPYTHON_ROLE_IO, "asyncio/proactor_events.py", NULL},
	{CPYTHON_ROLE_WORK, "asyncio/threads.py", "to_thread"},
	{CPYTHON_ROLE_WAIT_FOR, "asyncio/tasks.py", "wait_for"},
};

/* Exit methods of time-outs: `async with timeout(1):` and the like. */
static const struct {
	const char *file;
	const char *function;
} bounds[] = {
	{"asyncio/timeouts.py", "Timeout.__aexit__"},
	{"async_timeout/__init__.py", "Timeout.__aexit__"},
	{"anyio/_backends/_asyncio.py", "CancelScope.__exit__"},
};

static bool ends_with(const char *text, const char *ending)
{
	size_t n = strlen(text), m = strlen(ending);

	return n >= m && !strcmp(text + n - m, ending);
}

static enum cpython_role role_of(const char *file, const char *function)
{
	if (ends_with(function, "__aexit__") || ends_with(function, "__exit__"))
		return CPYTHON_ROLE_EXIT;
	for (size_t i = 0; i < sizeof(roles) / sizeof(roles[0]); i++)
		if (ends_with(file, roles[i].file) &&
		    (!roles[i].function || !strcmp(function, roles[i].function)))
			return roles[i].role;
	return CPYTHON_ROLE_NONE;
}

/* The files whose classes are locks. */
static bool is_of_lock(const char *file)
{
	static const char *const files[] = {"asyncio/locks.py", "anyio/_core/_synchronization.py",
	                                    "anyio/_backends/_asyncio.py"};

	for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++)
		if (ends_with(file, files[i]))
			return true;
	return false;
}

static bool bounds_what_it_surrounds(const char *file, const char *function)
{
	for (size_t i = 0; i < sizeof(bounds) / sizeof(bounds[0]); i++)
		if (ends_with(file, bounds[i].file) && !strcmp(function, bounds[i].function))
			return true;
	return false;
}

static void code_free(void *pointer)
{
	struct cpython_code *code = pointer, *older;

	for (; code; code = older) {
		older = code->older;
		free(code->function);
		free(code->file);
		free(code->lines);
		free(code->bytes);
		free(code);
	}
}

int cpython_codes_init(struct cpython_codes *codes, const struct cpython_memory *memory,
                       uint64_t interpreter, uint64_t function)
{
	memset(codes, 0, sizeof(*codes));
	codes->memory = *memory;
	return memory->layout && memory->layout->qualname_apart
	               ? cpython_qualnames_new(memory, interpreter, function, &codes->qualnames)
	               : 0;
}

void cpython_codes_fini(struct cpython_codes *codes)
{
	cpython_table_fini(&codes->table, code_free);
	cpython_qualnames_free(codes->qualnames);
}

static char *str_copy(const struct cpython_memory *memory, uint64_t object)
{
	char text[TEXT_MAX];

	return cpython_str(memory, object, text, sizeof(text)) ? NULL : strdup(text);
}

static uint8_t *block_copy(const struct cpython_memory *memory, uint64_t address, uint64_t size)
{
	uint8_t *block;

	if (!size || size > TABLE_MAX)
		return NULL;
	block = malloc(size);
	if (block && cpython_read(memory, address, block, size)) {
		free(block);
		return NULL;
	}
	return block;
}

/* Its function, where its qualified name is not known: its name. */
static char *function_copy(struct cpython_codes *codes, const struct cpython_memory *memory,
                           const struct cpython_code *code)
{
	uint64_t qualname = codes->qualnames && code->file
	                            ? cpython_qualnames_find(codes->qualnames, code->address,
	                                                     code->file, codes->now)
	                            : 0;
	char *function = qualname ? str_copy(&codes->memory, qualname) : NULL;
	char *name = str_copy(memory, code->names[0]);

	/* what stood at this address before may have had another name */
	if (!function || !name || !ends_with(function, name)) {
		free(function);
		return name;
	}
	free(name);
	return function;
}

static void instructions_copy(const struct cpython_memory *memory, struct cpython_code *code)
{
	const struct cpython_layout *l = memory->layout;
	uint64_t start = code->address + l->code_bytes, bytes;

	code->bytes_size = cpython_word(memory, code->address + OB_SIZE) * 2;
	if (l->frame_apart) {
		bytes = cpython_word(memory, start);
		start = bytes + BYTES_DATA;
		code->bytes_size = cpython_word(memory, bytes + OB_SIZE);
	}
	code->bytes = block_copy(memory, start, code->bytes_size);
}

static struct cpython_code *code_read(struct cpython_codes *codes,
                                      const struct cpython_memory *memory, uint64_t address)
{
	const struct cpython_layout *l = memory->layout;
	uint64_t lines = cpython_word(memory, address + l->code_line_table);
	struct cpython_code *code = calloc(1, sizeof(*code));

	if (!code)
		return NULL;
	code->address = address;
	code->old = l->qualname_apart;
	code->names[0] = cpython_word(memory, address + l->code_qualname);
	code->names[1] = cpython_word(memory, address + l->code_file);
	code->file = str_copy(memory, code->names[1]);
	code->function = function_copy(codes, memory, code);
	if (!code->function || !code->file) { /* no code object: it has no lengths, either */
		code_free(code);
		return NULL;
	}
	code->first_line = cpython_half(memory, address + l->code_first_line);
	instructions_copy(memory, code);
	code->lines_size = cpython_word(memory, lines + OB_SIZE);
	code->lines = block_copy(memory, lines + BYTES_DATA, code->lines_size);
	if (!code->bytes || !code->lines) {
		code_free(code);
		return NULL;
	}
	code->role = role_of(code->file, code->function);
	code->of_lock = is_of_lock(code->file);
	code->bounds = bounds_what_it_surrounds(code->file, code->function);
	return code;
}

/* Is what stands at the address still this one? A target that has ended says nothing else. */
static bool code_stands(struct cpython_codes *codes, struct cpython_code *code)
{
	const struct cpython_layout *l = codes->memory.layout;
	uint64_t names[2];

	if (code->defined || codes->now < code->checked + CHECK_NS)
		return true;
	code->checked = codes->now;
	names[0] = cpython_word(&codes->memory, code->address + l->code_qualname);
	names[1] = cpython_word(&codes->memory, code->address + l->code_file);
	if (!names[0] || !names[1])
		return true;
	return names[0] == code->names[0] && names[1] == code->names[1] &&
	       cpython_half(&codes->memory, code->address + l->code_first_line) == code->first_line;
}

/* It stands at its address from now on. Owned by `codes` afterwards, or freed: -ENOMEM. */
static int code_put(struct cpython_codes *codes, struct cpython_code *older,
                    struct cpython_code *code)
{
	code->generation = ++codes->generation;
	code->checked = codes->now;
	code->older = older;
	if (!cpython_table_put(&codes->table, code->address, 0, code))
		return 0;
	code->older = NULL;
	code_free(code);
	return -ENOMEM;
}

const struct cpython_code *cpython_codes_get(struct cpython_codes *codes, uint64_t address)
{
	struct cpython_code *older = cpython_table_get(&codes->table, address, 0), *code;
	size_t place = (address >> 4) % CPYTHON_CODES_MISSING;

	if (!address || (older && code_stands(codes, older)))
		return older;
	if (codes->missing[place].address == address && codes->now < codes->missing[place].until)
		return NULL;
	code = code_read(codes, &codes->memory, address);
	if (!code) {
		codes->missing[place].address = address;
		codes->missing[place].until = codes->now + CHECK_NS;
		return NULL;
	}
	return code_put(codes, older, code) ? NULL : code;
}

/* Places in them are told by function, file and line: then they need not be told again. */
static bool code_same(const struct cpython_code *a, const struct cpython_code *b)
{
	return a->first_line == b->first_line && a->bytes_size == b->bytes_size &&
	       a->lines_size == b->lines_size && !strcmp(a->function, b->function) &&
	       !strcmp(a->file, b->file) && !memcmp(a->lines, b->lines, a->lines_size);
}

int cpython_codes_define(struct cpython_codes *codes, const struct cpython_define *record,
                         size_t size)
{
	struct cpython_defined defined = {record, size, &codes->memory};
	const struct cpython_memory memory = {cpython_define_read, &defined, codes->memory.layout,
	                                      NULL};
	uint64_t address = record->fact.task;
	struct cpython_code *older = cpython_table_get(&codes->table, address, 0);
	struct cpython_code *code = address ? code_read(codes, &memory, address) : NULL;

	if (!code)
		return address ? 0
		               : -EPROTO; /* 0: whoever names it will see that it is not there */
	if (older && code_same(older, code)) {
		code_free(code);
		older->defined = true;
		return 0;
	}
	code->defined = true;
	return code_put(codes, older, code);
}

uint32_t cpython_code_line(const struct cpython_code *code, int32_t offset)
{
	int column;

	return cpython_code_position(code, offset, &column);
}

/* May a tracing tool have put its own instruction in the place of any other? */
static bool is_covered(const struct cpython_layout *layout, uint8_t op)
{
	return (layout->op_line_traced && op == layout->op_line_traced) ||
	       (layout->op_each_traced && op == layout->op_each_traced);
}

static bool is_yield(const struct cpython_layout *layout, uint8_t op)
{
	return op == layout->op_yield ||
	       (layout->op_yield_traced && op == layout->op_yield_traced) ||
	       (layout->op_yield_from && op == layout->op_yield_from);
}

/* GET_AWAITABLE, which stands `units` before the yield. Where it is covered its distance tells it:
 * a load and SEND with its cache stand between. */
static bool is_get_awaitable(const struct cpython_layout *layout, const uint8_t *at, int units)
{
	enum { BETWEEN = 4, LAST_ARGUMENT = 2 };

	return at[0] == layout->op_get_awaitable ||
	       (is_covered(layout, at[0]) && units >= BETWEEN && at[1] <= LAST_ARGUMENT);
}

bool cpython_code_yields(const struct cpython_code *code, const struct cpython_layout *layout,
                         int32_t offset)
{
	return offset >= 0 && !(offset & 1) && (size_t)offset + 2 <= code->bytes_size &&
	       (is_yield(layout, code->bytes[offset]) || is_covered(layout, code->bytes[offset]));
}

/*
 * What GET_AWAITABLE at `offset` belongs to, told by what stands before it until 3.10
 * (Python/compile.c, compiler_async_with, compiler_call_exit_with_nones; Include/opcode.h).
 */
static int await_of_old(const struct cpython_code *code, int32_t offset)
{
	enum { DUP_TOP = 4, WITH_EXCEPT_START = 49, BEFORE_ASYNC_WITH = 52, CALL_FUNCTION = 131 };
	const uint8_t *at = code->bytes + offset;

	if (offset >= 2 && at[-2] == BEFORE_ASYNC_WITH)
		return 1;
	if (offset >= 2 && at[-2] == WITH_EXCEPT_START)
		return 2;
	return offset >= 6 && at[-2] == CALL_FUNCTION && at[-1] == 3 && at[-4] == DUP_TOP &&
	                       at[-6] == DUP_TOP
	               ? 2
	               : 0;
}

int cpython_code_await(const struct cpython_code *code, const struct cpython_layout *layout,
                       int32_t offset, int32_t *at)
{
	/* since 3.12 the unit before the yield is the cache of SEND, which may hold anything */
	int first = layout->version >= 0x030c ? 2 : 1;

	for (int i = first; i <= AWAIT_BACK && offset >= 2 * i; i++) {
		int32_t before = offset - 2 * i;

		if ((size_t)before + 2 > code->bytes_size)
			break;
		if (is_yield(layout, code->bytes[before]))
			break;
		if (!is_get_awaitable(layout, code->bytes + before, i))
			continue;
		if (at)
			*at = before;
		return layout->op_yield_from ? await_of_old(code, before) : code->bytes[before + 1];
	}
	return -1;
}
