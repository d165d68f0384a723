/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * cpython_source_lock.c - what people call a lock: from the text of the statement that takes it.
 *
 * Python is not parsed: a line tells, or it does not.
 */
#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "cpython_source.h"

#define WORD "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_"

enum { ITEM_MAX = 256 };

/* What follows `with` on a line, or NULL when it begins no with statement. */
static const char *with_items(const char *line)
{
	line += strspn(line, " \t");
	if (!strncmp(line, "async ", 6))
		line += 6 + strspn(line + 6, " ");
	if (strncmp(line, "with", 4) || (line[4] != ' ' && line[4] != '('))
		return NULL;
	return line + 4 + strspn(line + 4, " ");
}

/* Copies item number `item` of a list at brackets' depth 0, without ` as name`. */
static bool item_copy(const char *items, unsigned item, char *out, size_t size)
{
	unsigned depth = 0;
	size_t n = 0;

	if (*items == '(' && (!strchr(items, ')') || strstr(items, "):")))
		items++; /* a parenthesised list of items */
	for (; *items; items++) {
		if (strchr("([{", *items))
			depth++;
		else if (strchr(")]}", *items)) {
			if (!depth)
				break;
			depth--;
		}
		if (!depth && (*items == ':' || *items == '#'))
			break;
		if (!depth && *items == ',') {
			if (!item)
				break;
			item--;
			continue;
		}
		if (!depth && !item && !strncmp(items, " as ", 4))
			break;
		if (!item && n < size - 1 && (n || *items != ' '))
			out[n++] = *items;
	}
	while (n && out[n - 1] == ' ')
		n--;
	out[n] = 0;
	return n > 0 && !item;
}

static unsigned items_count(const char *items)
{
	char text[ITEM_MAX];
	unsigned n = 0;

	while (n < 16 && item_copy(items, n, text, sizeof(text)))
		n++;
	return n ? n : 1;
}

static const char stack_enter[] = "enter_async_context(";

bool cpython_source_acquires(const char *line)
{
	return strstr(line, ".acquire(") || strstr(line, stack_enter);
}

/* The expression before `.acquire(` on a line, or in `enter_async_context()`. */
static bool acquire_copy(const char *line, char *out, size_t size)
{
	const char *end = strstr(line, ".acquire("), *start = end;
	size_t n;

	if (!end) {
		start = strstr(line, stack_enter);
		return start && item_copy(start + strlen(stack_enter), 0, out, size);
	}
	while (start > line && (isalnum((unsigned char)start[-1]) || strchr("_.[]", start[-1])))
		start--;
	n = end - start;
	if (!n || n >= size)
		return false;
	memcpy(out, start, n);
	out[n] = 0;
	return true;
}

/* The class a function belongs to, by its qualname: `Class.method`, also of a function defined
 * inside a method. Returns its length, 0: none. */
static size_t class_of(const char *function, const char **class)
{
	static const char locals[] = ".<locals>";
	const char *end = function + strlen(function);

	for (;;) {
		const char *start = function, *dot = NULL;

		for (const char *at = function; at < end; at++) {
			if ((size_t)(end - at) > strlen(locals) + 1 &&
			    !strncmp(at, locals, strlen(locals)) && at[strlen(locals)] == '.')
				start = at + strlen(locals) + 1;
		}
		for (const char *at = start; at < end; at++)
			if (*at == '.') {
				if (dot)
					start = dot + 1;
				dot = at;
			}
		if (dot) {
			*class = start;
			return dot - start;
		}
		if (start == function)
			return 0;
		end = start - strlen(locals) - 1;
	}
}

/* Is the word a variable of the module: assigned to where nothing is indented? */
static bool module_defines(struct cpython_source *source, const char *file, const char *name,
                           size_t length)
{
	const char *line;

	for (uint32_t i = 1; (line = cpython_source_line(source, file, i)); i++) {
		const char *rest = line + length;

		if (!length || strncmp(line, name, length))
			continue;
		rest += strspn(rest, " ");
		if (*rest == '=' || *rest == ':')
			return true;
	}
	return false;
}

static void module_name(const char *file, char *out, size_t size)
{
	const char *base = strrchr(file, '/');
	size_t n;

	base = base ? base + 1 : file;
	n = strcspn(base, ".");
	if (n >= size)
		n = size - 1;
	memcpy(out, base, n);
	out[n] = 0;
}

/* What begins a line of code behind its indentation; `indent` may be NULL. */
static const char *line_code(const char *line, size_t *indent)
{
	size_t n = strspn(line, " \t");

	if (indent)
		*indent = n;
	return line + n;
}

static bool defines_function(const char *code)
{
	return !strncmp(code, "def ", 4) || !strncmp(code, "async def ", 10);
}

/* What a line binds a name to: the text behind `name =` or `name: type =`. `other`: the line binds
 * it in another way (a loop, `as name`, an unpacking). */
static const char *bound_to(const char *line, const char *name, bool *other)
{
	const char *code = line_code(line, NULL), *at = code;
	size_t n = strlen(name);

	for (; (at = strstr(at, name)); at += n) {
		const char *rest = at + n + strspn(at + n, " ");
		bool word =
			(at == line || !(isalnum((unsigned char)at[-1]) || strchr("_.", at[-1]))) &&
			!isalnum((unsigned char)at[n]) && at[n] != '_';

		if (!word)
			continue;
		if (at == code && *rest == ':')
			rest += strcspn(rest, "=");
		if (at == code && *rest == '=' && rest[1] != '=')
			return rest + 1 + strspn(rest + 1, " ");
		if ((at - line >= 3 && !strncmp(at - 3, "as ", 3)) ||
		    (at - line >= 4 && !strncmp(at - 4, "for ", 4)) || !strncmp(rest, ":=", 2) ||
		    (*rest == ',' && strstr(rest, " = ")))
			*other = true;
	}
	return NULL;
}

/*
 * What a local variable stands for, when the function around `line` binds it once, to an attribute
 * or an item of one: `self._lock`, `self._locks[key]`, `self._locks.setdefault(key, ...)`.
 */
static bool alias_copy(struct cpython_source *source, const char *file, uint32_t line,
                       const char *name, char *out, size_t size)
{
	const char *text = cpython_source_line(source, file, line), *value = NULL, *call;
	static const char *const getters[] = {".setdefault(", ".get("};
	size_t inner, indent, n;
	uint32_t at = line;
	bool other = false;

	line_code(text, &inner);
	do {
		text = at > 1 ? cpython_source_line(source, file, --at) : NULL;
		if (!text)
			return false;
	} while (!defines_function(line_code(text, &indent)) || indent >= inner);
	while ((text = cpython_source_line(source, file, ++at))) {
		const char *code = line_code(text, &inner), *bound;

		if (*code && *code != '#' && *code != ')' && inner <= indent)
			break;
		bound = bound_to(text, name, &other);
		if ((bound && value) || other)
			return false;
		if (bound)
			value = bound;
	}
	if (!value)
		return false;
	n = strspn(value, WORD ".");
	if (n >= size || !memchr(value, '.', n))
		return false;
	call = value + n;
	memcpy(out, value, n);
	out[n] = 0;
	for (size_t i = 0; i < sizeof(getters) / sizeof(getters[0]) && *call == '('; i++) {
		size_t m = strlen(getters[i]);
		char key[ITEM_MAX];

		if (n + 1 > m && !strncmp(call + 1 - m, getters[i], m) &&
		    item_copy(call + 1, 0, key, sizeof(key))) {
			snprintf(out + n + 1 - m, size - (n + 1 - m), "[%s]", key);
			return true;
		}
	}
	if (*call == '[')
		return item_copy(value, 0, out, size);
	return !call[strspn(call, " ")] || call[strspn(call, " ")] == '#';
}

/* What a web application keeps by key, `request.app["lock"]`: there is one application. */
static const char *of_application(const char *expression)
{
	const char *app = expression + strspn(expression, WORD);

	app = *app == '.' ? app + 1 : expression;
	return !strncmp(app, "app[", 4) || !strncmp(app, "app.", 4) ? app : NULL;
}

static bool expression_copy(const char *text, unsigned item, char *out, size_t size)
{
	const char *items = with_items(text);

	if (items)
		return item_copy(items, item, out, size);
	return acquire_copy(text, out, size) || item_copy(line_code(text, NULL), 0, out, size);
}

bool cpython_source_lock(struct cpython_source *source, const char *file, uint32_t line,
                         const char *function, unsigned item, char *out, size_t size)
{
	const char *text = cpython_source_line(source, file, line), *class;
	char expression[ITEM_MAX], alias[ITEM_MAX], module[64];
	size_t n;

	if (!text || !expression_copy(text, item, expression, sizeof(expression)))
		return false;
	n = strspn(expression, WORD);
	if (!expression[n] && !module_defines(source, file, expression, n) &&
	    alias_copy(source, file, line, expression, alias, sizeof(alias)))
		memcpy(expression, alias, sizeof(alias));
	if (!strncmp(expression, "self.", 5) || !strncmp(expression, "cls.", 4)) {
		n = class_of(function, &class);
		if (n) {
			snprintf(out, size, "%.*s%s", (int)n, class, strchr(expression, '.'));
			return true;
		}
	}
	n = strcspn(expression, ".[( ");
	if (module_defines(source, file, expression, n)) {
		module_name(file, module, sizeof(module));
		snprintf(out, size, "%s.%s", module, expression);
	} else if (of_application(expression)) {
		snprintf(out, size, "%s", of_application(expression));
	} else {
		snprintf(out, size, "%s in %s", expression, function);
	}
	return true;
}

unsigned cpython_source_item(struct cpython_source *source, const char *file, uint32_t line,
                             unsigned column)
{
	const char *text = cpython_source_line(source, file, line);
	const char *items = text ? with_items(text) : NULL;
	unsigned item = 0, depth = 0;

	if (!items || column >= strlen(text))
		return 0;
	if (*items == '(' && text + column > items)
		items++; /* either of a list of items, or of the item itself: no comma of its own */
	for (; items < text + column; items++) {
		if (strchr("([{", *items))
			depth++;
		else if (strchr(")]}", *items) && depth)
			depth--;
		else if (*items == ',' && !depth)
			item++;
	}
	return item;
}

uint32_t cpython_source_with(struct cpython_source *source, const char *file, uint32_t line,
                             unsigned depth, unsigned *item)
{
	const char *text = cpython_source_line(source, file, line), *items;
	size_t indent = text ? strspn(text, " \t") : 0;

	*item = 0;
	for (uint32_t at = line; at && indent; at--) {
		size_t here;

		text = cpython_source_line(source, file, at);
		if (!text)
			return 0;
		here = strspn(text, " \t");
		if (!text[here] || text[here] == '#' || text[here] == ')' || here >= indent)
			continue;
		indent = here;
		items = with_items(text);
		if (items) {
			unsigned count = items_count(items);

			if (depth < count) {
				*item = count - 1 - depth;
				return at;
			}
			depth -= count;
		}
		if (defines_function(text + here))
			return 0;
	}
	return 0;
}
