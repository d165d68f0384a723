/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * cpython_qualnames.c - see cpython_qualnames.h.
 */
#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>

#include "cpython_modules.h"
#include "cpython_qualnames.h"
#include "cpython_table.h"

#define AGAIN_NS 1000000000ull /* between two looks at the same thing */

struct cpython_qualnames {
	struct cpython_memory memory;
	uint64_t interpreter, function;
	struct cpython_modules modules;
	uint64_t modules_read;       /* ns, 0: never */
	struct cpython_table codes;  /* code -> the str object (a void *) */
	struct cpython_table walked; /* a module's variables -> when (ns, a void *) */
};

int cpython_qualnames_new(const struct cpython_memory *memory, uint64_t interpreter,
                          uint64_t function, struct cpython_qualnames **out)
{
	struct cpython_qualnames *names = calloc(1, sizeof(*names));

	*out = names;
	if (!names)
		return -ENOMEM;
	names->memory = *memory;
	names->interpreter = interpreter;
	names->function = function;
	return 0;
}

void cpython_qualnames_free(struct cpython_qualnames *names)
{
	if (!names)
		return;
	cpython_modules_fini(&names->modules);
	cpython_table_fini(&names->codes, NULL);
	cpython_table_fini(&names->walked, NULL);
	free(names);
}

/* Is a look due, the last of which was at `before` (0: none)? */
static bool due(uint64_t before, uint64_t now)
{
	return !before || now >= before + AGAIN_NS;
}

static uint64_t module_find(struct cpython_qualnames *names, const char *file, uint64_t now)
{
	uint64_t dict = cpython_modules_dict(&names->modules, file);

	if (dict || !due(names->modules_read, now))
		return dict;
	names->modules_read = now ? now : 1;
	cpython_modules_fini(&names->modules);
	cpython_modules_read(&names->modules, &names->memory, names->interpreter);
	return cpython_modules_dict(&names->modules, file);
}

/* A code object without memory for its name has none: that is no error. */
static void code_named(void *context, uint64_t code, uint64_t qualname)
{
	struct cpython_qualnames *names = context;

	if (qualname)
		cpython_table_put(&names->codes, code, 0, (void *)(uintptr_t)qualname);
}

uint64_t cpython_qualnames_find(struct cpython_qualnames *names, uint64_t code, const char *file,
                                uint64_t now)
{
	uint64_t dict = module_find(names, file, now);
	uint64_t before = (uintptr_t)cpython_table_get(&names->walked, dict, 0);

	if (dict && due(before, now) &&
	    !cpython_table_put(&names->walked, dict, 0, (void *)(uintptr_t)(now ? now : 1)))
		cpython_module_names(&names->memory, dict, names->function, code_named, names);
	return (uintptr_t)cpython_table_get(&names->codes, code, 0);
}
