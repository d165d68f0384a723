/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * message.c - one line on stderr for whatever went wrong.
 */
#include <stdarg.h>
#include <stdio.h>

#include "command.h"
#include "base/escape.h"
#include "progress.h"

#define MESSAGE_BYTES 1024u

static void message_print(const char *format, va_list list, const char *hint)
{
	char raw[MESSAGE_BYTES], safe[ESCAPE_ROOM(MESSAGE_BYTES)];

	vsnprintf(raw, sizeof(raw), format, list);
	progress_clear();
	fprintf(stderr, "awaitness: %s%s\n", escape_string(safe, sizeof(safe), raw), hint);
}

int fail(const char *format, ...)
{
	va_list list;

	va_start(list, format);
	message_print(format, list, "");
	va_end(list);
	return STATUS_FAILED;
}

int fail_usage(const struct command *command, const char *format, ...)
{
	va_list list;
	char hint[64];

	snprintf(hint, sizeof(hint), " (see awaitness %s --help)", command ? command->name : "");
	va_start(list, format);
	message_print(format, list, command ? hint : " (see awaitness --help)");
	va_end(list);
	return STATUS_USAGE;
}
