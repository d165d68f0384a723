/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * python_class.c - bases, keywords and decorators of classes that leave their methods as they are.
 */
#include <string.h>

#include "python.h"

bool python_base(const char *dotted)
{
	static const char *const names[] = {"object",    "Generic",      "Protocol",  "ABC",
	                                    "Exception", "NamedTuple",   "TypedDict", "Enum",
	                                    "IntEnum",   "RuntimeError", "ValueError"};
	const char *last = strrchr(dotted, '.');

	last = last ? last + 1 : dotted;
	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++)
		if (!strcmp(last, names[i]))
			return true;
	return false;
}

bool python_class_keyword(const char *keyword, const char *value)
{
	return strcmp(keyword, "metaclass") != 0 || strstr(value, "ABCMeta") ||
	       strstr(value, "Enum");
}

bool python_class_decorator(const char *name, bool *data)
{
	static const char *const known[] = {"final", "runtime_checkable", "unique",
	                                    "total_ordering", "python_2_unicode_compatible"};
	static const char *const fields[] = {"dataclass", "define", "frozen",    "mutable",
	                                     "attrs",     "s",      "attributes"};

	for (size_t i = 0; i < sizeof(fields) / sizeof(*fields); i++)
		if (!strcmp(name, fields[i])) {
			*data = true;
			return true;
		}
	for (size_t i = 0; i < sizeof(known) / sizeof(*known); i++)
		if (!strcmp(name, known[i]))
			return true;
	return false;
}
