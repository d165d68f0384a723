/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * fault.c - fills in a struct fault.
 */
#include <stdarg.h>
#include <stdio.h>

#include "fault.h"

int fault_set(struct fault *fault, int code, const char *format, ...)
{
	va_list arguments;

	if (!fault)
		return code;
	fault->code = code;
	va_start(arguments, format);
	vsnprintf(fault->message, sizeof(fault->message), format, arguments);
	va_end(arguments);
	return code;
}
